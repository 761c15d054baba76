//! The general ledger's balances at the end of the last month that is over, drawn from the books below it.

use chrono::{Datelike, Days, NaiveDate};

use super::company::{Company, HOME_CURRENCY};
use super::defects::quota;
use super::inventory::{GOODS_SHIPPED, Inventory, account_of};
use super::random::{Random, Topic};
use super::receivables::Receivables;
use super::spelling::Cents;
use super::truth::{Cause, Innocence, PREPAYMENTS, RECEIVABLES, STOCK_VALUE, Truth, cents, text_subject};
use crate::audit::breaks::Class;

const RECEIVABLE: &str = "1122";
const PREPAYMENT: &str = "2203";
const BALANCE: (&str, Class) = ("balance", Class::Amount);

/// One account over the month, or one customer's part of it. Figures are positive on the account's own side.
pub(super) struct Balance {
    pub(super) account: String,
    pub(super) name: &'static str,
    pub(super) party: Option<usize>,
    pub(super) currency: &'static str,
    pub(super) opening: Cents,
    pub(super) debit: Cents,
    pub(super) credit: Cents,
    pub(super) closing: Cents,
}

/// Draws the balances, and makes what is wrong in them.
pub(super) fn draw(
    company: &Company,
    inventory: &Inventory,
    books: &Receivables,
    truth: &mut Truth,
    seed: u64,
) -> Vec<Balance> {
    let mut balances = stock_accounts(company, inventory);
    balances.extend(customer_accounts(company, books));
    Injector { company, balances: &mut balances, truth, random: Random::stream(seed, Topic::GeneralLedger) }.inject();
    balances
}

fn stock_accounts(company: &Company, inventory: &Inventory) -> Vec<Balance> {
    const NAMES: [&str; 5] = ["紧固件", "传动与管线", "材料与劳保", "工具", "设备与配件"];
    let account = |(index, name)| Balance::new(format!("1405{:02}", index + 1), name, None, HOME_CURRENCY);
    let mut accounts: Vec<Balance> = NAMES.into_iter().enumerate().map(account).collect();
    let mut shipped = Balance::new(GOODS_SHIPPED.to_owned(), "发出商品", None, HOME_CURRENCY);
    for row in inventory.ledger.iter().filter(|row| row.period_end == company.month_end()) {
        let Some(account) = accounts.iter_mut().find(|account| account.account == account_of(row.item)) else {
            continue;
        };
        account.opening += row.value.opening;
        account.debit += row.value.received;
        account.closing += row.value.closing;
        shipped.debit += row.value.issued;
    }
    shipped.closing = inventory.goods_shipped.iter().map(|row| row.cost).sum();
    accounts.push(shipped);
    for account in &mut accounts {
        account.credit = account.opening + account.debit - account.closing;
    }
    accounts
}

fn customer_accounts(company: &Company, books: &Receivables) -> Vec<Balance> {
    let month_end = company.month_end();
    let before = month_end - Days::new(u64::from(month_end.day()));
    let figures =
        |sum: &dyn Fn(NaiveDate) -> Vec<Cents>| sum(before).into_iter().zip(sum(month_end)).collect::<Vec<_>>();
    let owed = figures(&|day| books.owed(company, day));
    let invoiced = figures(&|day| books.invoiced(company, day));
    let prepaid = figures(&|day| books.prepaid(company, day));
    let received = figures(&|day| books.received(company, day));
    let mut balances = Vec::new();
    for (party, customer) in company.customers.iter().enumerate() {
        let balance = |account: &str, name| Balance::new(account.to_owned(), name, Some(party), customer.currency);
        let mut receivable = balance(RECEIVABLE, "应收账款");
        (receivable.opening, receivable.closing) = owed[party];
        receivable.debit = invoiced[party].1 - invoiced[party].0;
        receivable.credit = receivable.opening + receivable.debit - receivable.closing;
        let mut prepayment = balance(PREPAYMENT, "预收账款");
        (prepayment.opening, prepayment.closing) = prepaid[party];
        prepayment.credit = received[party].1 - received[party].0;
        prepayment.debit = prepayment.opening + prepayment.credit - prepayment.closing;
        // A ledger prints no account that stands at nothing.
        balances.extend([receivable, prepayment].into_iter().filter(|balance| balance.closing != 0));
    }
    balances
}

impl Balance {
    fn new(account: String, name: &'static str, party: Option<usize>, currency: &'static str) -> Balance {
        Balance { account, name, party, currency, opening: 0, debit: 0, credit: 0, closing: 0 }
    }

    /// A voucher on the account's own side, or on the other where it is negative.
    fn post(&mut self, amount: Cents) {
        self.closing += amount;
        match (self.account.starts_with('2'), amount > 0) {
            (false, true) | (true, false) => self.debit += amount.abs(),
            _ => self.credit += amount.abs(),
        }
    }
}

struct Injector<'a> {
    company: &'a Company,
    balances: &'a mut Vec<Balance>,
    truth: &'a mut Truth,
    random: Random,
}

impl Injector<'_> {
    fn inject(&mut self) {
        let places = |balances: &[Balance], suits: &dyn Fn(&Balance) -> bool| -> Vec<usize> {
            (0..balances.len()).filter(|place| suits(&balances[*place])).collect()
        };
        let mut stock = places(self.balances, &|balance| balance.party.is_none());
        self.random.shuffle(&mut stock);
        for (turn, place) in stock.into_iter().enumerate() {
            match turn {
                0 => drop(self.by_hand(place, STOCK_VALUE, Cause::StockVoucherByHand)),
                _ => self.spare(place, STOCK_VALUE),
            }
        }
        let count = quota(self.company.lines.len(), 1).min(4) as usize;
        let of = |account: &'static str, currency: &'static str| {
            move |balance: &Balance| balance.account == account && balance.currency == currency && balance.closing > 0
        };
        let mut owing = places(self.balances, &of(RECEIVABLE, HOME_CURRENCY));
        self.random.shuffle(&mut owing);
        for place in owing.split_off(owing.len().saturating_sub(count)) {
            self.by_hand(place, RECEIVABLES, Cause::ReceivableVoucherByHand);
        }
        for pair in owing.split_off(owing.len().saturating_sub(2 * count)).chunks_exact(2) {
            self.wrong_customer(pair[0], pair[1]);
        }
        for place in owing.split_off(owing.len().saturating_sub(2)) {
            self.spare(place, RECEIVABLES);
        }
        self.prepayments();
    }

    /// A voucher that no book below the general ledger knows of.
    fn by_hand(&mut self, place: usize, rule: &str, cause: Cause) -> Cents {
        let amount = self.random.between(1, 800_000);
        self.balances[place].post(amount);
        self.raise(place, rule, amount, cause);
        amount
    }

    /// A receipt of one customer, credited to another.
    fn wrong_customer(&mut self, from: usize, to: usize) {
        let amount = self.random.between(10_000, 500_000);
        self.balances[from].post(amount);
        self.balances[to].post(-amount);
        self.raise(from, RECEIVABLES, amount, Cause::WrongCustomer);
        self.raise(to, RECEIVABLES, amount, Cause::WrongCustomer);
    }

    /// Of the customers who paid in advance, the first one's money was credited to receivables; the others' was not.
    fn prepayments(&mut self) {
        let is_prepayment = |place: &usize| {
            let balance = &self.balances[*place];
            let named = |receivable: &Balance| receivable.account == RECEIVABLE && receivable.party == balance.party;
            balance.account == PREPAYMENT
                && balance.closing > 0
                && !self.balances.iter().any(|other| {
                    named(other)
                        && self.truth.must_raise.iter().any(|found| {
                            found.rule == RECEIVABLES && Some(&found.subject) == self.subject(other).as_ref()
                        })
                })
        };
        let places: Vec<usize> = (0..self.balances.len()).filter(is_prepayment).collect();
        for (turn, place) in places.into_iter().enumerate() {
            if turn > 0 {
                self.spare(place, PREPAYMENTS);
                continue;
            }
            let amount = self.balances[place].closing;
            let party = self.balances[place].party;
            self.raise(place, PREPAYMENTS, amount, Cause::PrepaymentInReceivables);
            let receivable = self.balances.iter().position(|other| other.account == RECEIVABLE && other.party == party);
            let receivable = receivable.unwrap_or_else(|| {
                let currency = self.balances[place].currency;
                self.balances.push(Balance::new(RECEIVABLE.to_owned(), "应收账款", party, currency));
                self.balances.len() - 1
            });
            self.balances[place].post(-amount);
            self.balances[receivable].post(-amount);
            self.raise(receivable, RECEIVABLES, amount, Cause::PrepaymentInReceivables);
        }
    }

    fn subject(&self, balance: &Balance) -> Option<crate::audit::value::Subject> {
        Some(match balance.party {
            Some(party) => text_subject(&[&self.company.customers[party].no]),
            None => text_subject(&[&balance.account]),
        })
    }

    fn raise(&mut self, place: usize, rule: &str, amount: Cents, cause: Cause) {
        let balance = &self.balances[place];
        let Some(subject) = self.subject(balance) else { return };
        self.truth.raise(rule, BALANCE, subject, cents(balance.currency, amount), cause);
    }

    fn spare(&mut self, place: usize, rule: &str) {
        let Some(subject) = self.subject(&self.balances[place]) else { return };
        self.truth.spare(rule, subject, Innocence::BalanceTiesOut);
    }
}

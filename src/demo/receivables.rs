//! The finance side: invoices with their due dates, credit notes, receipts, and which customers owe too much.

mod settling;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::company::{Company, CreditNote, HOME_CURRENCY, Numbers};
use super::defects::{quota, with_tax};
use super::random::{Random, Topic};
use super::spelling::{Cents, Spelling, Tenths};
use super::truth::{Cause, Innocence, OVERDUE, Truth, cents, text_subject};
use crate::audit::breaks::Class;
use crate::audit::value::{Subject, Value};

pub(super) struct Invoice {
    pub(super) no: String,
    pub(super) date: NaiveDate,
    pub(super) customer: usize,
    pub(super) void: bool,
    pub(super) net: Cents,
    pub(super) tax: Cents,
    pub(super) gross: Cents,
    /// The due date as agreed for this invoice; without it the customer's terms hold.
    pub(super) agreed_due: Option<NaiveDate>,
    /// When it is due, from either.
    due: NaiveDate,
    /// The order it bills as a whole.
    order: Option<usize>,
    pub(super) lines: Vec<InvoiceLine>,
}

pub(super) struct InvoiceLine {
    pub(super) order_ref: Option<String>,
    pub(super) order_line: i64,
    pub(super) item: usize,
    pub(super) qty: Tenths,
    pub(super) amount: Cents,
    pub(super) copies: u8,
    pub(super) full_width_figures: bool,
}

pub(super) struct PostedCredit {
    pub(super) no: String,
    pub(super) invoice: usize,
    /// Index among the company's credit notes.
    pub(super) note: usize,
    pub(super) gross: Cents,
}

pub(super) struct Receipt {
    pub(super) no: String,
    pub(super) customer: usize,
    pub(super) date: NaiveDate,
    pub(super) amount: Cents,
    pub(super) bounced_on: Option<NaiveDate>,
}

/// What settles (a part of) an invoice.
#[derive(Clone, Copy)]
pub(super) enum Settler {
    Receipt(usize),
    Credit(usize),
}

pub(super) struct Allocation {
    pub(super) settler: Settler,
    pub(super) invoice: usize,
    pub(super) amount: Cents,
    pub(super) date: NaiveDate,
    pub(super) reversed_on: Option<NaiveDate>,
}

#[derive(Default)]
pub(super) struct Receivables {
    /// In the order of their numbers' months.
    pub(super) invoices: Vec<Invoice>,
    pub(super) credits: Vec<PostedCredit>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) allocations: Vec<Allocation>,
}

/// Posts the invoices of `company`, has them paid, and makes what is overdue and who is over the limit.
pub(super) fn post(company: &mut Company, truth: &mut Truth, seed: u64) -> Receivables {
    let mut random = Random::stream(seed, Topic::Receivables);
    let mut books = Receivables::default();
    books.post_invoices(company, &mut random);
    books.post_credit_notes(company);
    let mut settled = vec![false; books.invoices.len()];
    let mut injector = Injector { company, truth, random, books: &mut books, settled: &mut settled };
    injector.overdue();
    injector.near_misses();
    injector.ordinary_payments();
    injector.credit_limits();
    let mut random = Random::stream(seed, Topic::Settling);
    books.receive_deposits(company, &mut random);
    books.number_receipts();
    books.spoil(company, truth, random);
    books
}

/// Ageing buckets: the first and last day, and the cause they are recorded under.
const BUCKETS: [(Cause, u64, u64); 4] = [
    (Cause::Overdue1To30, 1, 30),
    (Cause::Overdue31To60, 31, 60),
    (Cause::Overdue61To90, 61, 90),
    (Cause::Overdue91, 91, 110),
];

/// Credit limits are given in steps of ten thousand.
const LIMIT_STEP: Cents = 1_000_000;
/// Who owes less than a thousand is not worth a limit of its own.
const WORTH_A_LIMIT: Cents = 100_000;

impl Receivables {
    fn post_invoices(&mut self, company: &Company, random: &mut Random) {
        let mut invoices = Vec::new();
        for (index, order) in company.orders.iter().enumerate() {
            let lines: Vec<InvoiceLine> = order.lines.clone().filter_map(|line| billed(company, line)).collect();
            if !lines.is_empty() {
                invoices.push(invoice(company, order.customer, order.invoice_date, lines, Some(index)));
            }
        }
        for extra in &company.extra_invoices {
            let line = InvoiceLine {
                order_ref: Some(extra.order_no.clone()),
                order_line: extra.order_line,
                item: extra.item,
                qty: extra.qty,
                amount: extra.amount,
                copies: 1,
                full_width_figures: false,
            };
            let mut posted = invoice(company, extra.customer, extra.date, vec![line], None);
            posted.void = extra.void;
            if extra.bare {
                posted.lines.clear();
            }
            invoices.push(posted);
        }
        invoices.sort_by_key(|invoice| invoice.date);
        let mut numbers = Numbers::default();
        for invoice in &mut invoices {
            let number = numbers.next_in_month(invoice.date);
            invoice.no = format!("INV{}-{number:05}", invoice.date.format("%Y%m"));
            if random.chance(80) {
                invoice.agreed_due = Some(invoice.due);
            }
        }
        self.invoices = invoices;
    }

    fn post_credit_notes(&mut self, company: &Company) {
        let by_order: BTreeMap<usize, usize> =
            self.invoices.iter().enumerate().filter_map(|(index, invoice)| Some((invoice.order?, index))).collect();
        let mut order: Vec<usize> = (0..company.credit_notes.len()).collect();
        order.sort_by_key(|note| company.credit_notes[*note].date);
        let mut numbers = Numbers::default();
        for note in order {
            let CreditNote { line, date, amount, .. } = company.credit_notes[note];
            let Some(invoice) = by_order.get(&company.lines[line].order).copied() else { continue };
            let no = format!("RL{}-{:04}", date.format("%Y%m"), numbers.next_in_month(date));
            let gross = gross(company, self.invoices[invoice].customer, amount);
            let settler = Settler::Credit(self.credits.len());
            self.credits.push(PostedCredit { no, invoice, note, gross });
            self.allocations.push(Allocation { settler, invoice, amount: gross, date, reversed_on: None });
        }
    }

    /// Receipts get their numbers in the order of their days.
    fn number_receipts(&mut self) {
        let mut order: Vec<usize> = (0..self.receipts.len()).collect();
        order.sort_by_key(|receipt| self.receipts[*receipt].date);
        let mut numbers = Numbers::default();
        for receipt in order {
            let date = self.receipts[receipt].date;
            self.receipts[receipt].no = format!("RC{}-{:04}", date.format("%Y%m%d"), numbers.next(date));
        }
    }

    fn receive(&mut self, invoice: usize, amount: Cents, date: NaiveDate, reversed_on: Option<NaiveDate>) {
        let customer = self.invoices[invoice].customer;
        let settler = Settler::Receipt(self.receipts.len());
        self.receipts.push(Receipt { no: String::new(), customer, date, amount, bounced_on: reversed_on });
        self.allocations.push(Allocation { settler, invoice, amount, date, reversed_on });
    }
}

fn billed(company: &Company, line: usize) -> Option<InvoiceLine> {
    let line = &company.lines[line];
    let billing = line.billing.as_ref()?;
    Some(InvoiceLine {
        order_ref: Spelling::write(billing.order_ref, &company.orders[line.order].no),
        order_line: line.number,
        item: line.item,
        qty: billing.qty,
        amount: billing.amount,
        copies: billing.copies,
        full_width_figures: billing.full_width_figures,
    })
}

/// Domestic sales carry value added tax, exports none.
fn gross(company: &Company, customer: usize, net: Cents) -> Cents {
    if company.customers[customer].currency == HOME_CURRENCY { with_tax(net) } else { net }
}

fn invoice(
    company: &Company,
    customer: usize,
    date: NaiveDate,
    lines: Vec<InvoiceLine>,
    order: Option<usize>,
) -> Invoice {
    let net = lines.iter().map(|line| line.amount).sum();
    let due = date + Days::new(company.customers[customer].net_days);
    let gross = gross(company, customer, net);
    Invoice {
        no: String::new(),
        date,
        customer,
        void: false,
        net,
        tax: gross - net,
        gross,
        agreed_due: None,
        due,
        order,
        lines,
    }
}

struct Injector<'a> {
    company: &'a mut Company,
    truth: &'a mut Truth,
    random: Random,
    books: &'a mut Receivables,
    /// Invoices whose payment is decided.
    settled: &'a mut [bool],
}

impl Injector<'_> {
    /// Invoices on which nothing was injected yet, in random order.
    fn untouched(&mut self) -> Vec<usize> {
        let orders = &self.company.orders;
        let is_untouched = |index: &usize| {
            let order = self.books.invoices[*index].order;
            !self.settled[*index] && order.is_some_and(|order| !orders[order].used)
        };
        let mut free: Vec<usize> = (0..self.books.invoices.len()).filter(is_untouched).collect();
        self.random.shuffle(&mut free);
        free
    }

    /// In every bucket: its first and its last day, then wherever the terms lead. In turn unpaid, paid in part, and
    /// paid by a cheque that bounced.
    fn overdue(&mut self) {
        let day = self.company.day;
        for (cause, first, last) in BUCKETS {
            let mut free = self.untouched();
            let old_enough =
                |books: &Receivables, index: usize, days: u64| books.invoices[index].date < day - Days::new(days);
            for turn in 0..quota(self.company.lines.len(), 6) {
                let age = match turn {
                    0 => first,
                    1 => last,
                    _ => self.random.between(first as i64, last as i64).unsigned_abs(),
                };
                let Some(place) = free.iter().position(|index| old_enough(self.books, *index, age)) else { break };
                let index = free.swap_remove(place);
                self.books.invoices[index].due = day - Days::new(age);
                self.books.invoices[index].agreed_due = Some(day - Days::new(age));
                self.leave_open(index, turn, cause);
            }
        }
    }

    fn leave_open(&mut self, index: usize, turn: u64, cause: Cause) {
        self.settled[index] = true;
        let Invoice { gross, date, customer, .. } = self.books.invoices[index];
        let mut outstanding = gross;
        match turn % 3 {
            1 => {
                let part = gross * self.random.between(20, 70) / 100;
                outstanding -= part;
                self.books.receive(index, part, date, None);
            }
            2 => {
                let bounced = self.company.day - Days::new(1);
                self.books.receive(index, gross, date, Some(bounced));
            }
            _ => {}
        }
        let amount = cents(self.company.customers[customer].currency, outstanding);
        let subject = text_subject(&[&self.books.invoices[index].no]);
        self.truth.raise(OVERDUE, ("overdue", Class::Overdue), subject, amount, cause);
    }

    fn near_misses(&mut self) {
        let day = self.company.day;
        let mut free = self.untouched();
        for (innocence, share) in [(Innocence::DueToday, 4), (Innocence::PaidInParts, 6)] {
            for _ in 0..quota(self.company.lines.len(), share) {
                let is_old = |index: &usize| self.books.invoices[*index].date + Days::new(12) <= day;
                let Some(place) = free.iter().position(is_old) else { break };
                let index = free.swap_remove(place);
                self.settled[index] = true;
                let Invoice { gross, date, .. } = self.books.invoices[index];
                if innocence == Innocence::DueToday {
                    self.books.invoices[index].due = day;
                    self.books.invoices[index].agreed_due = Some(day);
                } else {
                    let due = date + Days::new(10);
                    self.books.invoices[index].due = due;
                    self.books.invoices[index].agreed_due = Some(due);
                    let third = gross / 3;
                    self.books.receive(index, third, date + Days::new(3), None);
                    self.books.receive(index, third, date + Days::new(6), None);
                    self.books.receive(index, gross - 2 * third, due, None);
                }
                let subject = text_subject(&[&self.books.invoices[index].no]);
                self.truth.spare(OVERDUE, subject, innocence);
            }
        }
    }

    /// What is due is paid; of what is not due yet, some.
    fn ordinary_payments(&mut self) {
        let day = self.company.day;
        let mut open: Vec<Cents> = self.books.invoices.iter().map(|invoice| invoice.gross).collect();
        for allocation in &self.books.allocations {
            open[allocation.invoice] -= allocation.amount;
        }
        for (index, rest) in open.into_iter().enumerate() {
            let Invoice { void, date, due, .. } = self.books.invoices[index];
            if void || rest <= 0 || self.settled[index] {
                continue;
            }
            let late = if self.random.chance(15) { 7 } else { 0 };
            let last = day.min(due + Days::new(late));
            let paid_on = date + Days::new(self.random.below(days_between(date, last) + 1) as u64);
            if due >= day && !self.random.chance(35) {
                continue;
            }
            if self.random.chance(12) && rest > 1 {
                let first = rest / 2;
                self.books.receive(index, first, date, None);
                self.books.receive(index, rest - first, paid_on, None);
            } else {
                self.books.receive(index, rest, paid_on, None);
            }
        }
    }

    /// Sets every customer's limit well above what it owes, but for those that are to be over it or exactly at it.
    fn credit_limits(&mut self) {
        let mut owed = vec![0; self.company.customers.len()];
        for invoice in self.books.invoices.iter().filter(|invoice| !invoice.void) {
            owed[invoice.customer] += invoice.gross;
        }
        for allocation in self.books.allocations.iter().filter(|allocation| allocation.reversed_on.is_none()) {
            owed[self.books.invoices[allocation.invoice].customer] -= allocation.amount;
        }
        for (customer, owed) in self.company.customers.iter_mut().zip(&owed) {
            customer.credit_limit = (owed * 3 / 2 / LIMIT_STEP + 5) * LIMIT_STEP;
        }
        let mut debtors: Vec<usize> = (0..owed.len()).filter(|customer| owed[*customer] >= WORTH_A_LIMIT).collect();
        self.random.shuffle(&mut debtors);
        let lines = self.company.lines.len();
        for turn in 0..quota(lines, 2).min(6) {
            let Some(index) = debtors.pop() else { break };
            let excess = if turn == 0 { 1 } else { owed[index] * self.random.between(2, 30) / 100 };
            let customer = &mut self.company.customers[index];
            customer.credit_limit = owed[index] - excess;
            let check = ("over_credit_limit", Class::OverCreditLimit);
            let (subject, amount) = (party(&customer.no), cents(customer.currency, excess));
            self.truth.raise(OVERDUE, check, subject, amount, Cause::OverCreditLimit);
        }
        for _ in 0..quota(lines, 1).min(3) {
            let Some(index) = debtors.pop() else { break };
            let customer = &mut self.company.customers[index];
            customer.credit_limit = owed[index];
            self.truth.spare(OVERDUE, party(&customer.no), Innocence::CreditFullyUsed);
        }
    }
}

fn party(customer: &str) -> Subject {
    Subject::party(Value::Text(customer.to_owned()))
}

fn days_between(first: NaiveDate, last: NaiveDate) -> usize {
    usize::try_from((last - first).num_days()).unwrap_or(0)
}

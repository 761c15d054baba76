//! What is wrong in finance's books of the goods, and what only seems to be.

use chrono::NaiveDate;

use super::{GoodsShipped, Inventory, LedgerRow, Roll};
use crate::audit::breaks::Class;
use crate::audit::value::Subject;
use crate::demo::company::{Company, HOME_CURRENCY};
use crate::demo::defects::quota;
use crate::demo::random::Random;
use crate::demo::spelling::{Cents, full_width};
use crate::demo::stock::Stock;
use crate::demo::truth::{
    Cause, Innocence, ROLL_FORWARD, SHIPPED_NOT_INVOICED, STOCK_ON_HAND, Truth, cents, line_subject, text_subject,
};

const CARRIED_FORWARD: (&str, Class) = ("carried-forward", Class::Quantity);
const ADDS_UP: (&str, Class) = ("adds-up", Class::Quantity);
const VALUE_CARRIED_FORWARD: (&str, Class) = ("value-carried-forward", Class::Amount);
const VALUE_ADDS_UP: (&str, Class) = ("value-adds-up", Class::Amount);
const ON_HAND: (&str, Class) = ("on-hand", Class::Quantity);
const CARRIED: (&str, Class) = ("carried-in-1406", Class::Quantity);

/// How often each defect of the stock ledger is injected, in ten thousand order lines.
const DEFECTS: [(Cause, u64); 6] = [
    (Cause::OpeningNotCarriedForward, 2),
    (Cause::RollDoesNotAddUp, 2),
    (Cause::ValueDoesNotAddUp, 2),
    (Cause::IssueUnknownToWarehouse, 3),
    (Cause::ItemNotInLedger, 2),
    (Cause::ItemNotCounted, 2),
];

/// Of each kind at most: there are only so many items.
const MOST: u64 = 20;

pub(super) fn inject(
    company: &Company,
    stock: &mut Stock,
    inventory: &mut Inventory,
    truth: &mut Truth,
    mut random: Random,
) {
    let month_end = company.month_end();
    let mut places: Vec<(usize, &'static str)> = stock.settings.iter().map(|row| (row.item, row.warehouse)).collect();
    random.shuffle(&mut places);
    let mut injector = Injector { company, stock, inventory, truth, random, places, month_end };
    let lines = injector.company.lines.len();
    for (cause, share) in DEFECTS {
        for turn in 0..quota(lines, share).min(MOST) {
            injector.defect(cause, turn);
        }
    }
    for _ in 0..quota(lines, 2).min(MOST) {
        injector.typed_otherwise();
    }
    injector.goods_shipped();
}

struct Injector<'a> {
    company: &'a Company,
    stock: &'a mut Stock,
    inventory: &'a mut Inventory,
    truth: &'a mut Truth,
    random: Random,
    /// Items and warehouses nothing was done to.
    places: Vec<(usize, &'static str)>,
    month_end: NaiveDate,
}

impl Injector<'_> {
    /// Where the last month's row of an item stands that nothing was done to.
    fn take(&mut self) -> Option<usize> {
        let (item, warehouse) = self.places.pop()?;
        let wanted = (self.month_end, item, warehouse);
        self.inventory.ledger.iter().position(|row| (row.period_end, row.item, row.warehouse) == wanted)
    }

    fn defect(&mut self, cause: Cause, turn: u64) -> Option<()> {
        match cause {
            Cause::ItemNotInLedger => self.not_in_ledger(),
            Cause::ItemNotCounted => self.not_counted(),
            _ => self.wrong_row(cause, turn),
        }
    }

    fn wrong_row(&mut self, cause: Cause, turn: u64) -> Option<()> {
        let delta = 10 * self.random.between(1, 9);
        let fen = if turn == 0 { 1 } else { self.random.between(1, 90_000) };
        let place = self.take()?;
        let row: &mut LedgerRow = &mut self.inventory.ledger[place];
        let subject = text_subject(&[&row.sku, row.warehouse]);
        let cost = self.company.items[row.item].cost;
        let mut raise = |rule: &str, check: (&str, Class), amount: Cents| {
            self.truth.raise(rule, check, subject.clone(), cents(HOME_CURRENCY, amount), cause);
        };
        let worth = delta * cost / 10;
        match cause {
            Cause::OpeningNotCarriedForward => {
                row.qty.opening += delta;
                row.qty.received -= delta;
                row.value = Roll::valued(&row.qty, cost);
                raise(ROLL_FORWARD, CARRIED_FORWARD, worth);
                raise(ROLL_FORWARD, VALUE_CARRIED_FORWARD, worth);
            }
            Cause::RollDoesNotAddUp => {
                row.qty.received += delta;
                raise(ROLL_FORWARD, ADDS_UP, worth);
            }
            Cause::ValueDoesNotAddUp => {
                row.value.issued += fen;
                raise(ROLL_FORWARD, VALUE_ADDS_UP, fen);
            }
            _ => {
                row.qty.issued += delta;
                row.qty.closing -= delta;
                row.value = Roll::valued(&row.qty, cost);
                raise(STOCK_ON_HAND, ON_HAND, worth);
            }
        }
        Some(())
    }

    /// The warehouse has no stock figure of what finance carries.
    fn not_counted(&mut self) -> Option<()> {
        let place = self.take()?;
        let LedgerRow { period_end, item, warehouse, .. } = self.inventory.ledger[place];
        let wanted = (period_end, item, warehouse);
        self.stock.closings.retain(|closing| (closing.date, closing.item, closing.warehouse) != wanted);
        let subject = text_subject(&[&self.company.items[item].sku, warehouse]);
        let amount = cents(HOME_CURRENCY, self.inventory.ledger[place].value.closing);
        self.truth.raise_on((STOCK_ON_HAND, "warehouse"), Class::Missing, subject, amount, Cause::ItemNotCounted);
        Some(())
    }

    /// An item that finance never opened an account for.
    fn not_in_ledger(&mut self) -> Option<()> {
        let (item, warehouse) = self.places.pop()?;
        self.inventory.ledger.retain(|row| (row.item, row.warehouse) != (item, warehouse));
        let subject = text_subject(&[&self.company.items[item].sku, warehouse]);
        self.truth.raise_on((STOCK_ON_HAND, "books"), Class::Missing, subject, None, Cause::ItemNotInLedger);
        Some(())
    }

    fn typed_otherwise(&mut self) -> Option<()> {
        let place = self.take()?;
        let row = &mut self.inventory.ledger[place];
        let subject = text_subject(&[&row.sku, row.warehouse]);
        row.sku = full_width(&row.sku.to_lowercase());
        self.truth.spare(STOCK_ON_HAND, subject.clone(), Innocence::FullWidthKey);
        self.truth.spare(ROLL_FORWARD, subject, Innocence::FullWidthKey);
        Some(())
    }

    /// Order lines that 1406 should carry and does not, carries rightly, and carries although they are invoiced.
    fn goods_shipped(&mut self) {
        let company = self.company;
        for (index, line) in company.carried_over.iter().copied().enumerate() {
            let rows = &mut self.inventory.goods_shipped;
            let Some(place) = rows.iter().position(|row| row.line == line) else { continue };
            if index.is_multiple_of(2) {
                let row = rows.remove(place);
                self.raise_goods_shipped(&row, Cause::NotCarriedAsShipped);
            } else {
                self.truth.spare(SHIPPED_NOT_INVOICED, subject(&rows[place]), Innocence::CarriedOverMonthEnd);
            }
        }
        for line in company.invoiced_in_time.iter().copied() {
            let row = GoodsShipped::new(company, line, company.lines[line].qty);
            self.raise_goods_shipped(&row, Cause::StillCarriedAsShipped);
            self.inventory.goods_shipped.push(row);
        }
    }

    fn raise_goods_shipped(&mut self, row: &GoodsShipped, cause: Cause) {
        let amount = cents(self.company.currency_of(row.line), self.company.lines[row.line].amount());
        self.truth.raise(SHIPPED_NOT_INVOICED, CARRIED, subject(row), amount, cause);
    }
}

fn subject(row: &GoodsShipped) -> Subject {
    line_subject(&row.order_no, row.order_line)
}

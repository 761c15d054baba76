//! Finance's own books of the goods: the stock ledger month by month, and what was shipped and not invoiced.

mod defects;

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::company::Company;
use super::names;
use super::random::{Random, Topic};
use super::receivables::Receivables;
use super::spelling::{Cents, Tenths};
use super::stock::Stock;
use super::truth::Truth;

/// The account of goods that left the house and were not invoiced (发出商品).
pub(super) const GOODS_SHIPPED: &str = "1406";

/// One item in one warehouse over one month (收发存), in quantities and at cost.
pub(super) struct LedgerRow {
    pub(super) period_end: NaiveDate,
    pub(super) warehouse: &'static str,
    pub(super) item: usize,
    /// The item's number as it was typed.
    pub(super) sku: String,
    pub(super) qty: Roll,
    pub(super) value: Roll,
}

/// A month's opening, what came in, went out and was found by counting, and the closing: in tenths or in fen.
#[derive(Clone, Copy, Default)]
pub(super) struct Roll {
    pub(super) opening: i64,
    pub(super) received: i64,
    pub(super) issued: i64,
    pub(super) counted: i64,
    pub(super) closing: i64,
}

/// What account 1406 carries for an order line.
pub(super) struct GoodsShipped {
    /// Index of the order line.
    line: usize,
    pub(super) order_no: String,
    pub(super) order_line: i64,
    pub(super) qty: Tenths,
    pub(super) cost: Cents,
}

pub(super) struct Inventory {
    /// In the order of months.
    pub(super) ledger: Vec<LedgerRow>,
    /// At the end of the last month that is over.
    pub(super) goods_shipped: Vec<GoodsShipped>,
}

/// The account an item is carried in: one for each five kinds of goods.
pub(super) fn account_of(item: usize) -> String {
    format!("1405{:02}", item / names::SIZES.len() / 5 + 1)
}

/// Closes the months that are over, and makes what is wrong in them.
pub(super) fn close(
    company: &Company,
    stock: &mut Stock,
    books: &Receivables,
    truth: &mut Truth,
    seed: u64,
) -> Inventory {
    let ledger = roll(company, stock);
    let goods_shipped = shipped_not_invoiced(company, stock, books);
    let mut inventory = Inventory { ledger, goods_shipped };
    let random = Random::stream(seed, Topic::Inventory);
    defects::inject(company, stock, &mut inventory, truth, random);
    inventory
}

fn roll(company: &Company, stock: &Stock) -> Vec<LedgerRow> {
    let mut rows: BTreeMap<(NaiveDate, usize, &'static str), Roll> = BTreeMap::new();
    let last = company.month_end();
    for movement in stock.movements.iter().filter(|movement| movement.date <= last) {
        let row = rows.entry((end_of_month(movement.date), movement.item, movement.warehouse)).or_default();
        match movement.kind {
            "opening" => row.opening += movement.qty,
            "receipt" => row.received += movement.qty,
            "shipment" => row.issued -= movement.qty,
            _ => row.counted += movement.qty,
        }
    }
    for closing in stock.closings.iter().filter(|closing| closing.date <= last) {
        let row = rows.entry((closing.date, closing.item, closing.warehouse)).or_default();
        row.closing = closing.on_hand;
        row.opening = row.closing - row.received + row.issued - row.counted;
    }
    let row = |((period_end, item, warehouse), qty): ((NaiveDate, usize, &'static str), Roll)| {
        let value = Roll::valued(&qty, company.items[item].cost);
        LedgerRow { period_end, warehouse, item, sku: company.items[item].sku.clone(), qty, value }
    };
    rows.into_iter().map(row).collect()
}

fn end_of_month(date: NaiveDate) -> NaiveDate {
    let next = (date + Days::new(32 - u64::from(date.day()))).with_day(1);
    next.map_or(date, |next| next - Days::new(1))
}

impl Roll {
    fn valued(qty: &Roll, cost: Cents) -> Roll {
        let value = |qty: Tenths| qty * cost / 10;
        Roll {
            opening: value(qty.opening),
            received: value(qty.received),
            issued: value(qty.issued),
            counted: value(qty.counted),
            closing: value(qty.closing),
        }
    }
}

/// What had left the house by the month's end and was on no invoice by then, line by line as the books hold it.
fn shipped_not_invoiced(company: &Company, stock: &Stock, books: &Receivables) -> Vec<GoodsShipped> {
    let last = company.month_end();
    let mut open = vec![0; company.lines.len()];
    for shipped in stock.shipped.iter().filter(|shipped| shipped.date <= last) {
        if let Some(line) = shipped.line
            && shipped.names_its_order()
        {
            open[line] += shipped.qty;
        }
    }
    for (line, qty) in books.billed_until(company, last) {
        open[line] -= qty;
    }
    let carried = open.into_iter().enumerate().filter(|(_, qty)| *qty > 0);
    carried.map(|(line, qty)| GoodsShipped::new(company, line, qty)).collect()
}

impl GoodsShipped {
    fn new(company: &Company, line: usize, qty: Tenths) -> GoodsShipped {
        let order_line = &company.lines[line];
        let cost = company.items[order_line.item].cost * qty / 10;
        let order_no = company.orders[order_line.order].no.clone();
        GoodsShipped { line, order_no, order_line: order_line.number, qty, cost }
    }
}

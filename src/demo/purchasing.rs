//! What the company buys: orders to its suppliers, what arrived of them, and what the suppliers billed.
//!
//! The warehouses say what they must have received; orders and invoices are made to fit. Receipts are therefore never
//! changed by a defect: the order or the invoice is.

mod accruals;
mod defects;
mod invoices;
mod paying;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::company::{Company, Numbers};
use super::names;
use super::random::{Random, Topic};
use super::spelling::{Cents, Tenths};
use super::stock::{Inbound, Movement, Stock};
use super::truth::Truth;
use paying::{SupplierPayment, Terms};

/// Days after the promised date in which goods may still arrive; the rule's grace for `received`.
pub(super) const DELIVERY_GRACE: u64 = 7;
/// Days in which billed goods may still be on their way; the rule's grace for `invoiced-quantity`.
pub(super) const ON_THE_WAY: u64 = 10;
/// Days in which an invoice may still be missing from the books or from the tax bureau's list.
pub(super) const LISTING_GRACE: u64 = 15;

pub(super) struct Supplier {
    pub(super) no: String,
    pub(super) name: String,
    /// The unified social credit code, under which the tax bureau knows the supplier.
    pub(super) tax_no: String,
    pub(super) terms: Terms,
}

pub(super) struct PurchaseOrder {
    pub(super) no: String,
    pub(super) supplier: usize,
    pub(super) date: NaiveDate,
    pub(super) warehouse: &'static str,
    pub(super) lines: Vec<PurchaseLine>,
    /// When the supplier bills what arrived; may lie behind the day the books stand at.
    invoice_date: NaiveDate,
    /// Whether one of its lines, or its invoice, already carries a defect or a near miss.
    used: bool,
}

pub(super) struct PurchaseLine {
    pub(super) item: usize,
    pub(super) qty: Tenths,
    /// A quantity times it is always whole fen.
    pub(super) price: Cents,
    pub(super) due: NaiveDate,
    pub(super) receipts: Vec<Delivery>,
    /// Its line on the supplier's invoice, once that is posted.
    billing: Option<Billed>,
}

/// One delivery of an order line.
pub(super) struct Delivery {
    pub(super) date: NaiveDate,
    pub(super) qty: Tenths,
}

#[derive(Clone, Copy)]
struct Billed {
    qty: Tenths,
    amount: Cents,
}

pub(super) struct SupplierInvoice {
    pub(super) voucher_no: String,
    /// The number printed on the invoice, as it was typed.
    pub(super) invoice_no: String,
    pub(super) supplier: usize,
    pub(super) date: NaiveDate,
    pub(super) net: Cents,
    pub(super) tax: Cents,
    pub(super) void: bool,
    /// The due date as agreed for this invoice; without it the supplier's terms hold.
    pub(super) due: Option<NaiveDate>,
    pub(super) lines: Vec<SupplierLine>,
    /// The order it bills as a whole.
    order: Option<usize>,
}

pub(super) struct SupplierLine {
    pub(super) po_no: String,
    pub(super) po_line: usize,
    pub(super) item: usize,
    pub(super) qty: Tenths,
    pub(super) amount: Cents,
}

/// An invoice as the tax bureau lists it.
pub(super) struct ListedInvoice {
    pub(super) invoice_no: String,
    pub(super) supplier: usize,
    pub(super) issued_on: NaiveDate,
    pub(super) net: Cents,
    pub(super) tax: Cents,
}

/// What the books carry at the month's end for goods that came without an invoice.
pub(super) struct Accrual {
    pub(super) po_no: String,
    pub(super) po_line: usize,
    pub(super) qty: Tenths,
    pub(super) amount: Cents,
}

pub(super) struct Purchases {
    pub(super) suppliers: Vec<Supplier>,
    pub(super) orders: Vec<PurchaseOrder>,
    pub(super) invoices: Vec<SupplierInvoice>,
    pub(super) listed: Vec<ListedInvoice>,
    pub(super) accruals: Vec<Accrual>,
    pub(super) payments: Vec<SupplierPayment>,
}

/// An order and the place of one of its lines.
#[derive(Clone, Copy)]
struct Place {
    order: usize,
    line: usize,
}

/// Buys what the warehouses received, and books the receipts there.
pub(super) fn buy(company: &Company, stock: &mut Stock, truth: &mut Truth, seed: u64) -> Purchases {
    let mut random = Random::stream(seed, Topic::Purchasing);
    let orders = place_orders(company, &stock.inbound, &mut random);
    let suppliers = suppliers(random.below(20));
    let (invoices, listed, accruals, payments) = Default::default();
    let mut purchases = Purchases { suppliers, orders, invoices, listed, accruals, payments };
    let extra = defects::inject(company, &mut purchases, truth, &mut random);
    purchases.post_invoices(company, extra, truth, &mut random);
    purchases.accrue(company, truth, &mut random);
    purchases.pay(company, truth, seed);
    stock.receive(purchases.movements());
    purchases
}

impl Purchases {
    fn movements(&self) -> impl Iterator<Item = Movement> {
        self.orders.iter().flat_map(|order| {
            order.lines.iter().flat_map(|line| {
                line.receipts.iter().map(|receipt| {
                    let (warehouse, item) = (order.warehouse, line.item);
                    Movement { date: receipt.date, warehouse, item, kind: "receipt", qty: receipt.qty }
                })
            })
        })
    }

    fn line(&mut self, place: Place) -> &mut PurchaseLine {
        &mut self.orders[place.order].lines[place.line]
    }

    /// Receipts and invoices of every line on or before `day`: how much came, and how much was billed.
    fn until(&self, day: NaiveDate) -> BTreeMap<(&str, usize), (Tenths, Tenths)> {
        let mut figures: BTreeMap<(&str, usize), (Tenths, Tenths)> = BTreeMap::new();
        for order in &self.orders {
            for (index, line) in order.lines.iter().enumerate() {
                let came = line.receipts.iter().filter(|receipt| receipt.date <= day).map(|receipt| receipt.qty).sum();
                figures.insert((&order.no, index + 1), (came, 0));
            }
        }
        for invoice in self.invoices.iter().filter(|invoice| !invoice.void && invoice.date <= day) {
            for line in &invoice.lines {
                figures.entry((&line.po_no, line.po_line)).or_default().1 += line.qty;
            }
        }
        figures
    }
}

/// One supplier for each kind of goods.
fn suppliers(shift: usize) -> Vec<Supplier> {
    let supplier = |(index, product): (usize, &names::Product)| Supplier {
        no: format!("S{:03}", index + 1),
        name: names::supplier(index, product.zh, shift),
        tax_no: format!("91330200{:08}{}", 10_442_901 + index * 7_919, ["X", "3", "K", "7"][index % 4]),
        terms: Terms::of(index),
    };
    names::PRODUCTS.iter().enumerate().map(supplier).collect()
}

/// One order for everything a warehouse received from one supplier between two closings.
fn place_orders(company: &Company, inbound: &[Inbound], random: &mut Random) -> Vec<PurchaseOrder> {
    let mut drafts: BTreeMap<(NaiveDate, &'static str, usize), Vec<&Inbound>> = BTreeMap::new();
    for wanted in inbound {
        let supplier = wanted.item / names::SIZES.len();
        drafts.entry((wanted.opened, wanted.warehouse, supplier)).or_default().push(wanted);
    }
    let mut numbers = Numbers::default();
    let mut orders = Vec::new();
    for ((opened, warehouse, supplier), wanted) in drafts {
        let closed = wanted[0].closed;
        let span = (closed - opened).num_days().unsigned_abs() as usize;
        let arrived = opened + Days::new(random.below(span + 1) as u64);
        let date = arrived - Days::new(10 + random.below(16) as u64);
        let lines: Vec<_> = wanted.into_iter().map(|wanted| order_line(company, wanted, arrived, random)).collect();
        let no = format!("PO{}-{:04}", date.format("%Y%m%d"), numbers.next(date));
        let invoice_date = arrived + Days::new(2 + random.below(19) as u64);
        orders.push(PurchaseOrder { no, supplier, date, warehouse, lines, invoice_date, used: false });
    }
    for order in &mut orders {
        if order.invoice_date <= company.day {
            for line in &mut order.lines {
                line.billing = Some(Billed { qty: line.qty, amount: line.amount() });
            }
        }
    }
    orders
}

/// A line whose goods arrived, some of them a day later, and never after the promised date.
fn order_line(company: &Company, wanted: &Inbound, arrived: NaiveDate, random: &mut Random) -> PurchaseLine {
    let Inbound { closed, item, qty, .. } = *wanted;
    let (step, price) = (company.items[item].step, company.items[item].cost);
    let due = arrived + Days::new(1 + random.below(4) as u64);
    let later = arrived + Days::new(1);
    let receipts = if qty >= 2 * step && later <= closed && random.chance(8) {
        let first = step * random.between(1, qty / step - 1);
        vec![Delivery { date: arrived, qty: first }, Delivery { date: later, qty: qty - first }]
    } else {
        vec![Delivery { date: arrived, qty }]
    };
    PurchaseLine { item, qty, price, due, receipts, billing: None }
}

impl PurchaseLine {
    pub(super) fn amount(&self) -> Cents {
        self.price * self.qty / 10
    }
}

//! The company as it should be: customers, goods, orders, and what was shipped and invoiced for each order line.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::names;
use super::random::{Random, Topic};
use super::spelling::{Cents, Spelling, Tenths};
use super::{DemoError, Options};

pub(super) const HOME_CURRENCY: &str = "CNY";
pub(super) const WAREHOUSES: [&str; 2] = ["SHA", "SZX"];
const CUSTOMERS: usize = 120;
/// Nobody sells for less, in hundredths of the list price.
const LOWEST_PERCENT: i64 = 90;

/// Days after the promised date in which a line may still be shipped; the rule's grace for `shipped`.
pub(super) const SHIPPING_GRACE: u64 = 3;
/// Days after the promised date in which a line may still be invoiced; the rule's grace for invoices.
pub(super) const INVOICING_GRACE: u64 = 10;

pub(super) struct Customer {
    pub(super) no: String,
    pub(super) name: String,
    pub(super) country: &'static str,
    pub(super) currency: &'static str,
    /// Days after the invoice date until payment is due.
    pub(super) net_days: u64,
    pub(super) credit_limit: Cents,
}

pub(super) struct Item {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) name_en: String,
    pub(super) unit: &'static str,
    /// The smallest quantity sold, and the step between quantities.
    pub(super) step: Tenths,
    /// The list price in fen.
    pub(super) price: Cents,
    /// What a unit costs in purchasing, and is carried at in stock. A quantity times it is always whole fen.
    pub(super) cost: Cents,
}

impl Item {
    /// The lowest and the highest price it may be sold at in a currency.
    pub(super) fn price_bounds(&self, currency: &str) -> (Cents, Cents) {
        let at = |percent| price_at(percent, (self.price, self.step), currency);
        (at(LOWEST_PERCENT), at(100))
    }

    /// The step between its prices.
    pub(super) fn price_step(&self) -> Cents {
        least_step(self.step)
    }
}

pub(super) struct Order {
    pub(super) no: String,
    pub(super) customer: usize,
    pub(super) date: NaiveDate,
    pub(super) warehouse: &'static str,
    /// When the last of it leaves the house as planned; may lie behind the day the books stand at.
    pub(super) shipped_by: NaiveDate,
    /// When its lines are invoiced; may lie behind the day the books stand at.
    pub(super) invoice_date: NaiveDate,
    /// The indices of its lines.
    pub(super) lines: std::ops::Range<usize>,
    /// Whether one of its lines, or its invoice, already carries a defect or a near miss.
    pub(super) used: bool,
}

/// An order while its lines are taken.
struct Draft {
    order: usize,
    customer: usize,
    date: NaiveDate,
    /// Days until the goods are promised.
    lead: usize,
}

pub(super) struct Line {
    pub(super) order: usize,
    pub(super) number: i64,
    pub(super) item: usize,
    pub(super) qty: Tenths,
    /// In hundredths of the customer's currency; `qty` times it is always a whole number of hundredths.
    pub(super) price: Cents,
    pub(super) promised: NaiveDate,
    /// How many times the line stands in the order system.
    pub(super) copies: u8,
    /// Only what left the house by the day the books stand at.
    pub(super) parts: Vec<Part>,
    /// Its line on the order's invoice, once that is posted.
    pub(super) billing: Option<Billing>,
}

impl Line {
    pub(super) fn amount(&self) -> Cents {
        self.price * self.qty / 10
    }
}

/// One shipment of an order line.
pub(super) struct Part {
    pub(super) date: NaiveDate,
    pub(super) qty: Tenths,
    pub(super) order_ref: Spelling,
}

/// What finance booked for an order line.
pub(super) struct Billing {
    pub(super) qty: Tenths,
    pub(super) amount: Cents,
    /// How many times the invoice line was posted.
    pub(super) copies: u8,
    pub(super) order_ref: Spelling,
    pub(super) full_width_figures: bool,
}

/// An invoice of one line beside the order's own.
pub(super) struct ExtraInvoice {
    pub(super) customer: usize,
    pub(super) order_no: String,
    pub(super) order_line: i64,
    pub(super) item: usize,
    pub(super) date: NaiveDate,
    pub(super) qty: Tenths,
    pub(super) amount: Cents,
    pub(super) void: bool,
    /// Whether only its head is posted.
    pub(super) bare: bool,
}

/// A red-letter note over one line of an order's invoice. Its figures are positive here and red in the books.
pub(super) struct CreditNote {
    pub(super) line: usize,
    pub(super) date: NaiveDate,
    pub(super) qty: Tenths,
    pub(super) amount: Cents,
}

pub(super) struct Company {
    /// The day the books stand at: nothing in them is later.
    pub(super) day: NaiveDate,
    pub(super) start: NaiveDate,
    pub(super) customers: Vec<Customer>,
    pub(super) items: Vec<Item>,
    pub(super) orders: Vec<Order>,
    pub(super) lines: Vec<Line>,
    pub(super) extra_invoices: Vec<ExtraInvoice>,
    pub(super) credit_notes: Vec<CreditNote>,
    /// Shipments that belong to no order at all: samples, booked by hand.
    pub(super) samples: Vec<Sample>,
    /// Lines that had left the house at the last month's end and were invoiced after it.
    pub(super) carried_over: Vec<usize>,
    /// Lines shipped and invoiced before it.
    pub(super) invoiced_in_time: Vec<usize>,
}

pub(super) struct Sample {
    pub(super) date: NaiveDate,
    pub(super) warehouse: &'static str,
    pub(super) item: usize,
    pub(super) qty: Tenths,
    pub(super) order_ref: Spelling,
}

impl Company {
    /// A company without any fault.
    pub(super) fn plan(options: &Options) -> Result<Company, DemoError> {
        let day = options.day;
        let start = day.checked_sub_months(Months::new(6)).unwrap_or(day);
        let customers = customers(options.seed);
        let items = items(options.seed);
        let mut company = Company {
            day,
            start,
            customers,
            items,
            orders: Vec::new(),
            lines: Vec::new(),
            extra_invoices: Vec::new(),
            credit_notes: Vec::new(),
            samples: Vec::new(),
            carried_over: Vec::new(),
            invoiced_in_time: Vec::new(),
        };
        company.take_orders(options)?;
        Ok(company)
    }

    /// The last day of the month before the company's day: what the books were last closed at.
    pub(super) fn month_end(&self) -> NaiveDate {
        self.day - Days::new(u64::from(self.day.day()))
    }

    pub(super) fn currency_of(&self, line: usize) -> &'static str {
        self.customers[self.orders[self.lines[line].order].customer].currency
    }

    fn take_orders(&mut self, options: &Options) -> Result<(), DemoError> {
        let mut random = Random::stream(options.seed, Topic::Orders);
        let sizes = order_sizes(options.lines, &mut random)?;
        let span = (self.day - self.start).num_days().unsigned_abs() + 1;
        let mut numbers = Numbers::default();
        for (index, size) in sizes.iter().enumerate() {
            let date = self.start + Days::new(index as u64 * span / sizes.len() as u64);
            let first = self.lines.len();
            let customer = random.below(self.customers.len());
            let draft = Draft { order: index, customer, date, lead: 3 + random.below(8) };
            for number in 1..=*size {
                let line = self.take_line(&draft, number, &mut random);
                self.lines.push(line);
            }
            let shipped = self.lines[first..].iter().flat_map(|line| &line.parts).map(|part| part.date);
            let last_shipped = shipped.max().unwrap_or(date);
            self.orders.push(Order {
                no: format!("SO{}-{:04}", date.format("%Y%m%d"), numbers.next(date)),
                customer,
                date,
                warehouse: WAREHOUSES[usize::from(random.chance(35))],
                shipped_by: last_shipped,
                invoice_date: last_shipped + Days::new(random.below(6) as u64),
                lines: first..self.lines.len(),
                used: false,
            });
        }
        self.post_ordinary_books();
        Ok(())
    }

    /// One order line with its shipments as planned, those behind the day included. Its last shipment is at most three
    /// days late, and the order's invoice follows within five: an ordinary line never leaves its grace.
    fn take_line(&self, draft: &Draft, number: i64, random: &mut Random) -> Line {
        let Draft { order, customer, date, lead } = *draft;
        let item = random.below(self.items.len());
        let Item { step, price, .. } = self.items[item];
        let widest = if random.chance(8) { 400 } else { 60 };
        let qty = step * random.between(1, widest);
        let discounted = random.between(LOWEST_PERCENT, 100);
        let price = price_at(discounted, (price, step), self.customers[customer].currency);
        let shipped = date + Days::new(1 + random.below(lead + 2) as u64);
        let order_ref = Spelling::Plain;
        let parts = if qty >= 2 * step && random.chance(10) {
            let first = step * random.between(1, qty / step - 1);
            let later = shipped + Days::new(1);
            vec![Part { date: shipped, qty: first, order_ref }, Part { date: later, qty: qty - first, order_ref }]
        } else {
            vec![Part { date: shipped, qty, order_ref }]
        };
        let promised = date + Days::new(lead as u64);
        Line { order, number, item, qty, price, promised, copies: 1, parts, billing: None }
    }

    /// Leaves in the books what happened by the day, and posts the invoices that were written by then.
    fn post_ordinary_books(&mut self) {
        for line in &mut self.lines {
            line.parts.retain(|part| part.date <= self.day);
            if self.orders[line.order].invoice_date <= self.day {
                line.billing = Some(Billing {
                    qty: line.qty,
                    amount: line.amount(),
                    copies: 1,
                    order_ref: Spelling::Plain,
                    full_width_figures: false,
                });
            }
        }
    }
}

/// How many lines each order has: one to four, and together `lines`.
fn order_sizes(lines: u64, random: &mut Random) -> Result<Vec<i64>, DemoError> {
    let mut left = i64::try_from(lines).map_err(|_| DemoError::Refused(format!("{lines} order lines do not fit")))?;
    let mut sizes = Vec::new();
    while left > 0 {
        let size = match random.below(100) {
            0..35 => 1,
            35..65 => 2,
            65..85 => 3,
            _ => 4,
        };
        sizes.push(size.min(left));
        left -= size.min(left);
    }
    Ok(sizes)
}

/// So many hundredths of the list price in a currency. Prices of goods sold in parts of a unit are whole dimes, so that
/// quantity times price never needs rounding.
fn price_at(percent: i64, (list, step): (Cents, Tenths), currency: &str) -> Cents {
    let list = if currency == HOME_CURRENCY { list } else { list / 7 };
    let price = list * percent / 100;
    (price / least_step(step) * least_step(step)).max(10)
}

/// The step between prices of goods that are sold in steps of `step`.
fn least_step(step: Tenths) -> Cents {
    if step % 10 == 0 { 1 } else { 10 }
}

fn customers(seed: u64) -> Vec<Customer> {
    let mut random = Random::stream(seed, Topic::Customers);
    let shift = random.below(20);
    let terms = [15, 30, 30, 30, 45, 60];
    let customer = |index: usize| {
        let abroad = index % 6 == 5;
        let (name, country, currency) = if abroad {
            (names::english_company(index / 6, shift), ["US", "DE", "GB", "AU"][random.below(4)], "USD")
        } else {
            (names::chinese_company(index, shift), "CN", HOME_CURRENCY)
        };
        let net_days = terms[random.below(terms.len())];
        Customer { no: format!("C{:03}", index + 1), name, country, currency, net_days, credit_limit: 0 }
    };
    (0..CUSTOMERS).map(customer).collect()
}

fn items(seed: u64) -> Vec<Item> {
    let mut random = Random::stream(seed, Topic::Items);
    let mut items = Vec::new();
    for product in &names::PRODUCTS {
        for (index, size) in names::SIZES.iter().enumerate() {
            let price = random.between(product.price.0, product.price.1);
            let cost = price * 3 / 5;
            items.push(Item {
                sku: format!("{}-{:03}", product.code, index + 1),
                name: format!("{} {size}", product.zh),
                name_en: format!("{} {size}", product.en),
                unit: product.unit,
                step: if product.whole { 10 } else { 5 },
                price,
                cost: if product.whole { cost } else { cost / 10 * 10 },
            });
        }
    }
    items
}

/// Running numbers of documents, one series for each first-of-period.
#[derive(Default)]
pub(super) struct Numbers(BTreeMap<NaiveDate, u32>);

impl Numbers {
    pub(super) fn next(&mut self, period: NaiveDate) -> u32 {
        let last = self.0.entry(period).or_default();
        *last += 1;
        *last
    }

    /// The next number of the month `date` lies in.
    pub(super) fn next_in_month(&mut self, date: NaiveDate) -> u32 {
        self.next(date.with_day(1).unwrap_or(date))
    }
}

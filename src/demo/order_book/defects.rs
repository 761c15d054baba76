//! What is made wrong with the order book, and what is made to look wrong in it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::OrderBook;
use crate::audit::breaks::Class;
use crate::demo::company::{Company, INVOICING_GRACE, Numbers};
use crate::demo::defects::quota;
use crate::demo::random::Random;
use crate::demo::spelling::{Cents, full_width};
use crate::demo::truth::{COMPLETE_LINES, Cause, Innocence, STUCK_ORDERS, Truth, cents, line_subject, text_subject};

const COMPLETE: (&str, Class) = ("complete", Class::Invalid);
const CUSTOMER: (&str, Class) = ("known-customer", Class::UnknownReference);
const ITEM: (&str, Class) = ("known-item", Class::UnknownReference);
const PRICE: (&str, Class) = ("price-in-bounds", Class::Invalid);
const NOT_APPROVED: (&str, Class) = ("not-approved", Class::Stalled);
const NOT_SHIPPED: (&str, Class) = ("approved-not-shipped", Class::Stalled);
const NOT_INVOICED: (&str, Class) = ("shipped-not-invoiced", Class::Stalled);

/// Working days an order may wait to be approved, and an approved one to be shipped; as the shipped rule has them.
const APPROVAL: usize = 2;
const SHIPPING: usize = 10;

/// How often each defect is injected, in ten thousand lines.
const DEFECTS: [(Cause, u64); 8] = [
    (Cause::UnknownCustomer, 1),
    (Cause::UnknownItem, 2),
    (Cause::NoPromisedDate, 2),
    (Cause::PriceBelowFloor, 2),
    (Cause::PriceAboveList, 2),
    (Cause::WaitsForApproval, 2),
    (Cause::PromisePutOff, 2),
    (Cause::InvoiceNotReported, 1),
];

const NEAR_MISSES: [(Innocence, u64); 6] = [
    (Innocence::PriceAtFloor, 1),
    (Innocence::PriceAtList, 1),
    (Innocence::ItemSpelling, 1),
    (Innocence::CustomerSpelling, 1),
    (Innocence::ApprovalInTime, 1),
    (Innocence::ShippingInTime, 1),
];

/// Lines with a smaller amount stay as they are.
const WORTH_A_DEFECT: Cents = 20_00;

pub(super) fn inject(company: &mut Company, book: &mut OrderBook, truth: &mut Truth, random: Random) {
    let lines = company.lines.len();
    let mut injector = Injector::new(company, book, truth, random);
    for (cause, share) in DEFECTS {
        for turn in 0..quota(lines, share) {
            injector.defect(cause, turn);
        }
    }
    for (innocence, share) in NEAR_MISSES {
        for turn in 0..quota(lines, share) {
            injector.near_miss(innocence, turn);
        }
    }
}

struct Injector<'a> {
    company: &'a mut Company,
    book: &'a mut OrderBook,
    truth: &'a mut Truth,
    random: Random,
    /// Lines shipped and invoiced in full and out of every grace, in random order.
    settled: Vec<usize>,
    /// Orders to come: first those of which nothing was shipped or invoiced yet.
    fresh: Vec<usize>,
    /// Orders that carry a defect or a near miss.
    used: BTreeSet<usize>,
    /// The numbers given to orders so far.
    numbers: Numbers,
}

impl<'a> Injector<'a> {
    fn new(company: &'a mut Company, book: &'a mut OrderBook, truth: &'a mut Truth, mut random: Random) -> Self {
        let used: BTreeSet<usize> = (0..company.orders.len()).filter(|order| company.orders[*order].used).collect();
        let is_settled = |line: &usize| {
            let line = &company.lines[*line];
            line.promised + Days::new(INVOICING_GRACE + 2) <= company.day && line.amount() >= WORTH_A_DEFECT
        };
        let mut settled: Vec<usize> = (0..company.lines.len()).filter(is_settled).collect();
        random.shuffle(&mut settled);
        let mut fresh: Vec<usize> = (0..company.orders.len()).collect();
        random.shuffle(&mut fresh);
        // In a small company there are too few to come, and what was shipped or billed last is taken back.
        fresh.sort_by_key(|order| {
            let lines = &company.lines[company.orders[*order].lines.clone()];
            let billed = lines.iter().any(|line| line.billing.is_some());
            let shipped = lines.iter().any(|line| !line.parts.is_empty());
            (billed, shipped, Reverse(billed.then_some(company.orders[*order].date)))
        });
        let mut numbers = Numbers::default();
        for order in &company.orders {
            numbers.next(order.date);
        }
        Injector { company, book, truth, random, settled, fresh, used, numbers }
    }

    fn defect(&mut self, cause: Cause, turn: u64) -> Option<()> {
        match cause {
            Cause::UnknownCustomer => self.unknown_customer(turn),
            Cause::UnknownItem => self.unknown_item(),
            Cause::NoPromisedDate => {
                let line = self.take(|_, _| true)?;
                self.book.lines[line].is_promised = false;
                self.raise(line, COMPLETE, cause);
                Some(())
            }
            Cause::PriceBelowFloor | Cause::PriceAboveList => self.price_out_of_bounds(cause, turn),
            Cause::WaitsForApproval => {
                let date = self.allowed_since(APPROVAL) - Days::new(1 + turn.min(3));
                let order = self.put_back(date, None)?;
                self.raise_order(order, NOT_APPROVED, cause);
                Some(())
            }
            Cause::PromisePutOff => {
                let longer = if turn == 0 { 1 } else { self.random.between(2, 40).unsigned_abs() };
                let approved = self.allowed_since(SHIPPING) - Days::new(longer);
                let order = self.put_back(approved - Days::new(1), Some(approved))?;
                self.raise_order(order, NOT_SHIPPED, cause);
                Some(())
            }
            Cause::InvoiceNotReported => {
                let line = self.take(|_, _| true)?;
                let order = self.company.lines[line].order;
                self.book.heads[order].invoiced_on = None;
                self.raise_order(order, NOT_INVOICED, cause);
                Some(())
            }
            // Other books have injectors of their own.
            _ => None,
        }
    }

    /// The order names a customer of whom there is no record; every line of it says so.
    fn unknown_customer(&mut self, turn: u64) -> Option<()> {
        let line = self.take(|_, _| true)?;
        let order = self.company.lines[line].order;
        self.book.heads[order].customer_no = format!("C{}", 901 + turn % 99);
        for line in self.company.orders[order].lines.clone() {
            self.raise(line, CUSTOMER, Cause::UnknownCustomer);
        }
        Some(())
    }

    /// The line names an item of a number that was never given out.
    fn unknown_item(&mut self) -> Option<()> {
        let line = self.take(|_, _| true)?;
        let sku = &mut self.book.lines[line].sku;
        let kind = sku.split('-').next().unwrap_or_default();
        *sku = format!("{kind}-9{:02}", self.random.below(100));
        self.raise(line, ITEM, Cause::UnknownItem);
        Some(())
    }

    /// The first one is outside by the least step there is between prices.
    fn price_out_of_bounds(&mut self, cause: Cause, turn: u64) -> Option<()> {
        let line = self.take(|_, _| true)?;
        let (floor, list) = self.bounds(line);
        let step = self.company.items[self.company.lines[line].item].price_step();
        let below = cause == Cause::PriceBelowFloor;
        let price = match (turn, below) {
            (0, true) => floor - step,
            (0, false) => list + step,
            (_, true) => (floor * self.random.between(40, 95) / 100 / step * step).clamp(step, floor - step),
            (_, false) => (list * self.random.between(105, 160) / 100 / step * step).max(list + step),
        };
        self.agree(line, price);
        self.raise(line, PRICE, cause);
        Some(())
    }

    fn near_miss(&mut self, innocence: Innocence, turn: u64) -> Option<()> {
        match innocence {
            Innocence::PriceAtFloor | Innocence::PriceAtList => {
                let bound = move |(floor, list): (Cents, Cents)| match innocence {
                    Innocence::PriceAtFloor => floor,
                    _ => list,
                };
                let at_bound =
                    |company: &Company, line: usize| company.lines[line].price == bound(bounds(company, line));
                let line = self.take(at_bound).or_else(|| self.take(|_, _| true))?;
                let price = bound(self.bounds(line));
                self.agree(line, price);
                self.spare_line(line, innocence);
            }
            Innocence::ItemSpelling => {
                let line = self.take(|_, _| true)?;
                let sku = &mut self.book.lines[line].sku;
                *sku = sloppy(sku, turn);
                self.spare_line(line, innocence);
            }
            Innocence::CustomerSpelling => {
                let line = self.take(|_, _| true)?;
                let head = &mut self.book.heads[self.company.lines[line].order];
                head.customer_no = sloppy(&head.customer_no, turn);
                self.spare_line(line, innocence);
            }
            Innocence::ApprovalInTime => {
                let order = self.put_back(self.allowed_since(APPROVAL), None)?;
                self.spare_order(order, innocence);
            }
            Innocence::ShippingInTime => {
                let approved = self.allowed_since(SHIPPING);
                let order = self.put_back(approved - Days::new(1), Some(approved))?;
                self.spare_order(order, innocence);
            }
            // Other books have injectors of their own.
            _ => return None,
        }
        Some(())
    }

    /// A settled line that `suits`, of an order nothing was done to; the order is used from now on.
    fn take(&mut self, suits: impl Fn(&Company, usize) -> bool) -> Option<usize> {
        let is_free = |line: usize| !self.used.contains(&self.company.lines[line].order) && suits(self.company, line);
        let line = self.settled.iter().copied().find(|line| is_free(*line))?;
        self.used.insert(self.company.lines[line].order);
        Some(line)
    }

    /// An order moved to `date`, approved or not, of which nothing was shipped or invoiced; all of it is promised for days
    /// to come.
    fn put_back(&mut self, date: NaiveDate, approved_on: Option<NaiveDate>) -> Option<usize> {
        let place = self.fresh.iter().copied().find(|order| !self.used.contains(order))?;
        self.used.insert(place);
        let promised = self.company.day + Days::new(self.random.between(1, 8).unsigned_abs());
        let order = &mut self.company.orders[place];
        order.no = format!("SO{}-{:04}", date.format("%Y%m%d"), self.numbers.next(date));
        order.date = date;
        (order.shipped_by, order.invoice_date) = (promised, promised + Days::new(1));
        for line in &mut self.company.lines[order.lines.clone()] {
            (line.promised, line.billing) = (promised, None);
            line.parts.clear();
        }
        let head = &mut self.book.heads[place];
        (head.approved_on, head.shipped_on, head.invoiced_on) = (approved_on, None, None);
        Some(place)
    }

    /// The earliest day since which something may last that is allowed so many working days: as many follow it up to and
    /// including today.
    fn allowed_since(&self, working: usize) -> NaiveDate {
        let is_working = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let mut back = (0..).map(|days| self.company.day - Days::new(days)).filter(is_working);
        back.nth(working).unwrap_or(self.company.day)
    }

    fn bounds(&self, line: usize) -> (Cents, Cents) {
        bounds(self.company, line)
    }

    /// Has the line sold, and invoiced, at a price.
    fn agree(&mut self, line: usize, price: Cents) {
        let line = &mut self.company.lines[line];
        line.price = price;
        let amount = line.amount();
        if let Some(billing) = &mut line.billing {
            billing.amount = amount;
        }
    }

    fn raise(&mut self, line: usize, check: (&str, Class), cause: Cause) {
        let amount = cents(self.company.currency_of(line), self.company.lines[line].amount());
        let line = &self.company.lines[line];
        let subject = line_subject(&self.company.orders[line.order].no, line.number);
        self.truth.raise(COMPLETE_LINES, check, subject, amount, cause);
    }

    fn raise_order(&mut self, place: usize, check: (&str, Class), cause: Cause) {
        let order = &self.company.orders[place];
        let total = self.company.lines[order.lines.clone()].iter().map(|line| line.amount()).sum();
        let amount = cents(self.company.customers[order.customer].currency, total);
        self.truth.raise(STUCK_ORDERS, check, text_subject(&[&order.no]), amount, cause);
    }

    fn spare_line(&mut self, line: usize, innocence: Innocence) {
        let line = &self.company.lines[line];
        let subject = line_subject(&self.company.orders[line.order].no, line.number);
        self.truth.spare(COMPLETE_LINES, subject, innocence);
    }

    fn spare_order(&mut self, order: usize, innocence: Innocence) {
        self.truth.spare(STUCK_ORDERS, text_subject(&[&self.company.orders[order].no]), innocence);
    }
}

/// Between which prices the line's item may be sold to its customer.
fn bounds(company: &Company, line: usize) -> (Cents, Cents) {
    company.items[company.lines[line].item].price_bounds(company.currency_of(line))
}

/// As careless hands write a number: in small letters, or in full width.
fn sloppy(number: &str, turn: u64) -> String {
    if turn.is_multiple_of(2) { number.to_lowercase() } else { full_width(number) }
}

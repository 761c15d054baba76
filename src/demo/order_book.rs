//! What the order system holds of orders beside their figures: whose they are, what their lines ask for, and how far it
//! believes they have come. Its belief is its own: what warehouse and finance do wrong does not change it.

mod defects;

use chrono::{Days, NaiveDate};

use super::company::{Company, Order};
use super::random::{Random, Topic};
use super::truth::Truth;

/// Beside the company's orders and lines, place by place.
pub(super) struct OrderBook {
    pub(super) heads: Vec<Head>,
    pub(super) lines: Vec<Entry>,
}

/// An order's head as it was typed, and the days it passed each step.
pub(super) struct Head {
    pub(super) customer_no: String,
    pub(super) approved_on: Option<NaiveDate>,
    pub(super) shipped_on: Option<NaiveDate>,
    pub(super) invoiced_on: Option<NaiveDate>,
}

/// An order line as it was typed.
pub(super) struct Entry {
    pub(super) sku: String,
    /// Whether the line says when it was promised.
    pub(super) is_promised: bool,
}

/// Writes the order book, with what is wrong in it and what looks wrong. Prices that are wrong are so in the company too:
/// they were shipped and invoiced as they were ordered.
pub(super) fn keep(company: &mut Company, truth: &mut Truth, seed: u64) -> OrderBook {
    let mut random = Random::stream(seed, Topic::OrderBook);
    let heads = company.orders.iter().map(|order| head(company, order, &mut random)).collect();
    let entry = |item: usize| Entry { sku: company.items[item].sku.clone(), is_promised: true };
    let lines = company.lines.iter().map(|line| entry(line.item)).collect();
    let mut book = OrderBook { heads, lines };
    defects::inject(company, &mut book, truth, random);
    book
}

/// Approved on the order's day or the next, and before anything leaves.
fn head(company: &Company, order: &Order, random: &mut Random) -> Head {
    let approved = order.date + Days::new(u64::from(random.chance(30)));
    let passed = |day: NaiveDate| (day <= company.day).then_some(day);
    Head {
        customer_no: company.customers[order.customer].no.clone(),
        approved_on: passed(approved),
        shipped_on: passed(order.shipped_by),
        invoiced_on: passed(order.invoice_date),
    }
}

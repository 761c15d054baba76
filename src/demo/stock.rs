//! What lies in the warehouses: movements, closing stock, and which items run low.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::company::{Company, WAREHOUSES};
use super::defects::quota;
use super::planning;
use super::random::{Random, Topic};
use super::spelling::{Spelling, Tenths};
use super::truth::{Cause, Innocence, LOW_STOCK, Truth, text_subject};
use crate::audit::breaks::Class;

/// One line of a shipment.
pub(super) struct Shipped {
    pub(super) date: NaiveDate,
    pub(super) warehouse: &'static str,
    pub(super) item: usize,
    pub(super) qty: Tenths,
    /// The order line it serves; `None` for a sample.
    pub(super) line: Option<usize>,
    pub(super) order_ref: Option<String>,
}

impl Shipped {
    /// Whether the order it was shipped for can be told from its papers.
    pub(super) fn names_its_order(&self) -> bool {
        self.order_ref.as_deref().is_some_and(|order| !matches!(order, "-" | "无"))
    }
}

pub(super) struct Movement {
    pub(super) date: NaiveDate,
    pub(super) warehouse: &'static str,
    pub(super) item: usize,
    pub(super) kind: &'static str,
    pub(super) qty: Tenths,
}

pub(super) struct Closing {
    pub(super) date: NaiveDate,
    pub(super) warehouse: &'static str,
    pub(super) item: usize,
    pub(super) on_hand: Tenths,
}

pub(super) struct ReorderSetting {
    pub(super) warehouse: &'static str,
    pub(super) item: usize,
    pub(super) point: Tenths,
    /// Whether the warehouse system holds the point; where it does not, it follows from demand.
    pub(super) is_set: bool,
    pub(super) lead_days: Option<i64>,
    pub(super) safety: Option<Tenths>,
    pub(super) pack: Option<Tenths>,
}

/// What a warehouse must have received of an item between two closings.
pub(super) struct Inbound {
    pub(super) opened: NaiveDate,
    pub(super) closed: NaiveDate,
    pub(super) warehouse: &'static str,
    pub(super) item: usize,
    pub(super) qty: Tenths,
}

pub(super) struct Stock {
    /// In the order of days, then of orders.
    pub(super) shipped: Vec<Shipped>,
    /// What purchasing has to bring in; its receipts become movements when they are booked.
    pub(super) inbound: Vec<Inbound>,
    pub(super) movements: Vec<Movement>,
    /// At every month's end, and on the day the books stand at.
    pub(super) closings: Vec<Closing>,
    pub(super) settings: Vec<ReorderSetting>,
}

/// Items and warehouses of low and of negative stock at most: there are only so many.
const MOST_LOW: u64 = 40;
const MOST_NEGATIVE: u64 = 10;

/// Lays out the warehouses so that on the company's day each item holds what is wanted of it.
pub(super) fn keep(company: &Company, truth: &mut Truth, seed: u64) -> Stock {
    let mut random = Random::stream(seed, Topic::Stock);
    let shipped = shipments(company);
    let (settings, wanted) = wanted(company, &shipped, truth, (seed, &mut random));
    let days = closing_days(company);
    let mut out: BTreeMap<(usize, &str), Vec<Tenths>> = BTreeMap::new();
    for line in &shipped {
        let period = days.partition_point(|day| *day < line.date);
        out.entry((line.item, line.warehouse)).or_insert_with(|| vec![0; days.len()])[period] += line.qty;
    }
    let nothing = vec![0; days.len()];
    let (mut movements, mut closings, mut inbound) = (Vec::new(), Vec::new(), Vec::new());
    for (setting, wanted) in settings.iter().zip(wanted) {
        let ReorderSetting { warehouse, item, point, .. } = *setting;
        let sold = out.get(&(item, warehouse)).unwrap_or(&nothing);
        let mut held = point + 10 * random.between(5, 60);
        movements.push(Movement { date: company.start, warehouse, item, kind: "opening", qty: held });
        let mut opened = company.start;
        for (period, day) in days.iter().enumerate() {
            let last = period + 1 == days.len();
            let closing = if last { wanted } else { point + 10 * random.between(5, 60) };
            let received = closing - held + sold[period];
            match received {
                0 => {}
                ..0 => movements.push(Movement { date: opened, warehouse, item, kind: "count", qty: received }),
                _ => inbound.push(Inbound { opened, closed: *day, warehouse, item, qty: received }),
            }
            closings.push(Closing { date: *day, warehouse, item, on_hand: closing });
            (held, opened) = (closing, (*day + Days::new(1)).min(company.day));
        }
    }
    movements.extend(shipped.iter().map(|line| {
        let Shipped { date, warehouse, item, qty, .. } = *line;
        Movement { date, warehouse, item, kind: "shipment", qty: -qty }
    }));
    closings.sort_by_key(|closing| closing.date);
    Stock { shipped, inbound, movements, closings, settings }
}

impl Stock {
    /// Books what purchasing received.
    pub(super) fn receive(&mut self, receipts: impl Iterator<Item = Movement>) {
        self.movements.extend(receipts);
        self.movements.sort_by_key(|movement| movement.date);
    }
}

fn shipments(company: &Company) -> Vec<Shipped> {
    let mut shipped = Vec::new();
    for (index, line) in company.lines.iter().enumerate() {
        let order = &company.orders[line.order];
        shipped.extend(line.parts.iter().map(|part| Shipped {
            date: part.date,
            warehouse: order.warehouse,
            item: line.item,
            qty: part.qty,
            line: Some(index),
            order_ref: part.order_ref.write(&order.no),
        }));
    }
    shipped.extend(company.samples.iter().map(|sample| Shipped {
        date: sample.date,
        warehouse: sample.warehouse,
        item: sample.item,
        qty: sample.qty,
        line: None,
        order_ref: Spelling::write(sample.order_ref, ""),
    }));
    let order_of = |shipped: &Shipped| shipped.line.map_or(usize::MAX, |line| company.lines[line].order);
    shipped.sort_by_key(|shipped| (shipped.date, order_of(shipped)));
    shipped
}

/// Every reorder point, and what each item is to hold on the company's day.
fn wanted(
    company: &Company,
    shipped: &[Shipped],
    truth: &mut Truth,
    (seed, random): (u64, &mut Random),
) -> (Vec<ReorderSetting>, Vec<Tenths>) {
    let mut settings = Vec::new();
    for item in 0..company.items.len() {
        for warehouse in WAREHOUSES {
            settings.push(planning::set(warehouse, item, 10 * random.between(12, 200)));
        }
    }
    let mut wanted: Vec<Tenths> = settings.iter().map(|setting| setting.point + 10 * random.between(20, 600)).collect();
    let mut order: Vec<usize> = (0..settings.len()).collect();
    random.shuffle(&mut order);
    let mut places = order.into_iter();
    let lines = company.lines.len();
    let subject = |place: usize| {
        let ReorderSetting { warehouse, item, .. } = settings[place];
        text_subject(&[&company.items[item].sku, warehouse])
    };
    let low = ("low_stock", Class::LowStock);
    for (turn, place) in places.by_ref().take(quota(lines, 10).min(MOST_LOW) as usize).enumerate() {
        let point = settings[place].point;
        wanted[place] = match turn % 3 {
            0 => point,
            1 => 10 * random.between(1, point / 10 - 1),
            _ => 0,
        };
        truth.raise(LOW_STOCK, low, subject(place), None, Cause::LowStock);
    }
    for place in places.by_ref().take(quota(lines, 3).min(MOST_NEGATIVE) as usize) {
        wanted[place] = -10 * random.between(1, 20);
        truth.raise(LOW_STOCK, low, subject(place), None, Cause::NegativeStock);
        let negative = ("negative_stock", Class::NegativeStock);
        truth.raise(LOW_STOCK, negative, subject(place), None, Cause::NegativeStock);
    }
    for place in places.by_ref().take(quota(lines, 3).min(MOST_NEGATIVE) as usize) {
        wanted[place] = settings[place].point + 10;
        truth.spare(LOW_STOCK, subject(place), Innocence::OneAboveReorderPoint);
    }
    planning::plan(company, shipped, (&mut settings, &mut wanted), places, truth, seed);
    (settings, wanted)
}

/// The last days of the months that ended before the company's day, and that day itself.
fn closing_days(company: &Company) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = company
        .start
        .iter_days()
        .take_while(|day| *day < company.day)
        .filter(|day| (*day + Days::new(1)).day() == 1)
        .collect();
    days.push(company.day);
    days
}

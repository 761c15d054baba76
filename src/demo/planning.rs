//! What the warehouse system knows about ordering again, and the reorder points that follow from demand where it holds
//! none.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::company::Company;
use super::defects::quota;
use super::random::{Random, Topic};
use super::spelling::Tenths;
use super::stock::{ReorderSetting, Shipped};
use super::truth::{Cause, Innocence, LOW_STOCK, Truth, text_subject};
use crate::audit::breaks::Class;

/// Days before the company's day whose shipments are demand, as the shipped rule has them.
const WINDOW: i64 = 90;
/// Hundredths of the Z that the shipped rule's service level stands for.
const Z: i64 = 165;
/// Items and warehouses of each kind at most: there are only so many.
const MOST: u64 = 10;

/// A point that is set, with nothing else known yet.
pub(super) fn set(warehouse: &'static str, item: usize, point: Tenths) -> ReorderSetting {
    ReorderSetting { warehouse, item, point, is_set: true, lead_days: None, safety: None, pack: None }
}

/// Gives every item its lead time and the like, and takes the points of a few away. `places` are the settings to which
/// nothing was done yet; `wanted` is what each item is to hold on the company's day.
pub(super) fn plan(
    company: &Company,
    shipped: &[Shipped],
    (settings, wanted): (&mut [ReorderSetting], &mut [Tenths]),
    places: impl Iterator<Item = usize>,
    truth: &mut Truth,
    seed: u64,
) {
    let mut random = Random::stream(seed, Topic::Planning);
    for setting in settings.iter_mut() {
        setting.lead_days = Some(random.between(3, 20));
        setting.safety = random.chance(50).then(|| 10 * random.between(5, 60));
        setting.pack = [None, Some(100), Some(120), Some(240)][random.below(4)];
    }
    let demand = demand(company.day, shipped);
    let lines = company.lines.len();
    let subject = |setting: &ReorderSetting| text_subject(&[&company.items[setting.item].sku, setting.warehouse]);
    let (mut moved, mut still): (Vec<usize>, Vec<usize>) =
        places.partition(|place| demand.contains_key(&(settings[*place].item, settings[*place].warehouse)));
    for turn in 0..2 * quota(lines, 3).min(MOST) {
        let Some(place) = moved.pop() else { break };
        let setting = &mut settings[place];
        setting.is_set = false;
        // Every other one has a safety stock; the others have a service level to reach.
        setting.safety = (turn % 4 < 2).then(|| setting.safety.unwrap_or(100));
        setting.point = computed(setting, &demand[&(setting.item, setting.warehouse)]);
        if turn % 2 == 0 {
            wanted[place] = if turn == 0 { setting.point } else { 10 * random.between(0, setting.point / 10 - 1) };
            truth.raise(LOW_STOCK, ("low_stock", Class::LowStock), subject(setting), None, Cause::LowByDemand);
        } else {
            wanted[place] = setting.point + 10;
            truth.spare(LOW_STOCK, subject(setting), Innocence::OneAboveComputedPoint);
        }
    }
    for _ in 0..quota(lines, 1).min(MOST) {
        let Some(place) = still.pop().or_else(|| moved.pop()) else { break };
        let setting = &mut settings[place];
        (setting.is_set, setting.lead_days) = (false, None);
        let unset = ("no_reorder_point", Class::NoReorderPoint);
        truth.raise(LOW_STOCK, unset, subject(setting), None, Cause::NoReorderPoint);
    }
}

/// What was shipped of each item from each warehouse, day by day.
fn demand(day: NaiveDate, shipped: &[Shipped]) -> BTreeMap<(usize, &'static str), BTreeMap<NaiveDate, Tenths>> {
    let since = day - Days::new(WINDOW.unsigned_abs());
    let mut demand: BTreeMap<(usize, &'static str), BTreeMap<NaiveDate, Tenths>> = BTreeMap::new();
    for line in shipped.iter().filter(|line| since <= line.date && line.date < day) {
        *demand.entry((line.item, line.warehouse)).or_default().entry(line.date).or_default() += line.qty;
    }
    demand
}

/// Average daily demand × lead time + safety stock, in whole units rounded up.
fn computed(setting: &ReorderSetting, days: &BTreeMap<NaiveDate, Tenths>) -> Tenths {
    let sum: i64 = days.values().sum();
    let squares: i64 = days.values().map(|qty| qty * qty).sum();
    let lead_days = setting.lead_days.unwrap_or_default();
    let safety = setting.safety.unwrap_or_else(|| 10 * cover(lead_days, sum, squares));
    10 * rounded_up(i128::from(sum * lead_days + safety * WINDOW), i128::from(10 * WINDOW))
}

/// Z standard deviations of the demand over the lead time, in whole units rounded up.
fn cover(lead_days: i64, sum: i64, squares: i64) -> i64 {
    let spread = i128::from(WINDOW) * i128::from(squares) - i128::from(sum) * i128::from(sum);
    let square = i128::from(Z * Z * lead_days) * spread;
    let least = rounded_up(square, i128::from(100 * 100 * WINDOW * (WINDOW - 1) * 10 * 10)).unsigned_abs();
    let root = least.isqrt();
    (if root * root < least { root + 1 } else { root }).cast_signed()
}

fn rounded_up(figure: i128, by: i128) -> i64 {
    i64::try_from((figure + by - 1) / by).unwrap_or(i64::MAX)
}

//! How the figures of a stock break come about.

use super::arithmetic::{Written, at_risk, summed};
use super::tables::count;
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Evidence, Message, StockFigure};
use crate::audit::replenishment::{ComputedPoint, Demanded, Replenishment};
use crate::audit::rulebook::{Body, Rule};
use crate::words;

const SHOW: Written = words::quantity;

/// A line a step, for low and for negative stock.
pub(super) fn lines(found: &Break, evidence: &Evidence, rule: Option<&Rule>) -> Vec<String> {
    match &found.message {
        Message::NegativeStock { on_hand } => summed(evidence, "on_hand", *on_hand, SHOW)
            .map(|sum| format!("on hand = {sum} = {}", SHOW(*on_hand)))
            .into_iter()
            .collect(),
        Message::LowStock { judged, figure, point, on_hand, reserved, incoming, plan } => {
            let strict = rule.is_some_and(|rule| matches!(&rule.body, Body::LowStock(body) if body.strict));
            let mut lines = stock(*judged, *figure, [*on_hand, *reserved, *incoming], evidence);
            if let Some(until) = plan.as_ref().and_then(|plan| plan.incoming_until) {
                lines.push(format!("incoming counts up to {until}, when something ordered today would come"));
            }
            let demand = plan.as_ref().and_then(|plan| plan.demand.as_ref());
            lines.extend(demand.into_iter().flat_map(average));
            let computed = plan.as_ref().and_then(|plan| plan.computed.as_ref());
            lines.extend(demand.zip(computed).into_iter().flat_map(|(demand, by)| computed_point(demand, by, *point)));
            let relation = if strict { "under" } else { "at or under" };
            lines.push(format!("{} is {relation} the reorder point of {}", SHOW(*figure), SHOW(*point)));
            lines.extend(plan.iter().flat_map(|plan| supply_and_order(*figure, plan)));
            lines.extend(at_risk(found, "what is short of the reorder point"));
            lines
        }
        _ => Vec::new(),
    }
}

/// The stock figure that was judged, from what it is made of.
fn stock(judged: StockFigure, figure: Amount, parts: [Amount; 3], evidence: &Evidence) -> Vec<String> {
    let names = ["on hand", "reserved", "incoming"];
    let sides = ["on_hand", "reserved", "incoming"];
    let used = match judged {
        StockFigure::OnHand => 1,
        StockFigure::Available => 2,
        StockFigure::Projected => 3,
    };
    let mut lines = Vec::new();
    for ((name, side), part) in names.into_iter().zip(sides).zip(parts).take(used) {
        let sum = summed(evidence, side, part, SHOW).map(|sum| format!("{sum} = ")).unwrap_or_default();
        lines.push(format!("{name} = {sum}{}", SHOW(part)));
    }
    let [on_hand, reserved, incoming] = parts.map(SHOW);
    match judged {
        StockFigure::OnHand => {}
        StockFigure::Available => lines.push(format!("available = {on_hand} - {reserved} = {}", SHOW(figure))),
        StockFigure::Projected => {
            lines.push(format!("projected = {on_hand} - {reserved} + {incoming} = {}", SHOW(figure)));
        }
    }
    lines
}

fn average(demand: &Demanded) -> Vec<String> {
    let window = format!("the {} from {} to {}", count(demand.days.into(), "day"), demand.since, demand.until);
    let sum = SHOW(demand.sum);
    if demand.sum <= Amount::ZERO {
        let as_none = if demand.sum.is_zero() { "" } else { ": more came back than went out, which counts as none" };
        return vec![format!("demand in {window} = {sum}{as_none}")];
    }
    let daily = demand.shown_daily().map(equals).unwrap_or_default();
    vec![format!("demand in {window} = {sum}, a day {sum} ÷ {}{daily}", demand.days)]
}

/// How a reorder point that nobody set comes about.
fn computed_point(demand: &Demanded, by: &ComputedPoint, point: Amount) -> Vec<String> {
    let mut lines = Vec::new();
    let covered = by.covered_days().unwrap_or(by.lead_days);
    let covered_text = match by.review_days {
        None => SHOW(covered),
        Some(review) => {
            let (lead, review, both) = (SHOW(by.lead_days), SHOW(review), SHOW(covered));
            lines.push(format!("days to cover = {lead} lead time + {review} between reviews = {both}"));
            both
        }
    };
    let none = demand.sum <= Amount::ZERO;
    let daily = if none { "0".to_owned() } else { format!("{} ÷ {}", SHOW(demand.sum), demand.days) };
    match &by.cover {
        None => lines.push(format!("safety stock = {}, as set", SHOW(by.safety))),
        Some(_) if none => lines.push("safety stock = 0: there is no demand to guard against".to_owned()),
        Some(cover) => {
            let (n, sum) = (demand.days, SHOW(demand.sum));
            let (squares, less) = (SHOW(demand.squares), i64::from(demand.days) - 1);
            let deviation = demand.shown_deviation().map(equals).unwrap_or_default();
            lines.push(format!(
                "standard deviation of a day's demand = √(({n} × {squares} - {sum}²) ÷ ({n} × {less})){deviation} ({squares} \
                 is the sum of the squares of each day's demand)"
            ));
            let deviation = demand.shown_deviation().map(|(shown, _)| SHOW(shown)).unwrap_or_default();
            let lead_time = cover.lead_days_sd.map(|sd| {
                let daily = demand.shown_daily().map(|(shown, _)| SHOW(shown)).unwrap_or_default();
                format!(" + {daily}² × {}²", SHOW(sd))
            });
            let exactly = cover.shown_safety(demand, covered).map(equals).unwrap_or_default();
            lines.push(format!(
                "safety stock = {} × √({covered_text} × {deviation}²{}){exactly}, rounded up = {}",
                SHOW(cover.z),
                lead_time.unwrap_or_default(),
                SHOW(by.safety)
            ));
        }
    }
    lines.push(format!(
        "reorder point = {daily} × {covered_text} + {} safety, rounded up = {}",
        SHOW(by.safety),
        SHOW(point)
    ));
    lines
}

fn supply_and_order(figure: Amount, plan: &Replenishment) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((lasts, demand)) = plan.lasts.as_ref().zip(plan.demand.as_ref()) {
        let until = lasts.until.map(|until| format!(", until {until}")).unwrap_or_default();
        let stock = SHOW(figure.max(Amount::ZERO));
        let days = SHOW(lasts.days);
        lines.push(format!("days of supply = {stock} ÷ ({} ÷ {}) = {days}{until}", SHOW(demand.sum), demand.days));
    }
    if let Some(order) = &plan.order {
        let lack = order.target.checked_sub(figure).unwrap_or_default();
        let mut line = format!("to order: {} - {} = {}", SHOW(order.target), SHOW(figure), SHOW(lack));
        line.extend(order.minimum.map(|least| format!(", at least {}", SHOW(least))));
        line.extend(order.pack.map(|pack| format!(", in packs of {}", SHOW(pack))));
        if order.quantity != lack {
            line.push_str(&format!(": {}", SHOW(order.quantity)));
        }
        lines.push(line);
    }
    lines
}

/// A figure that may have lost digits.
fn equals((figure, exact): (Amount, bool)) -> String {
    format!(" {} {}", if exact { "=" } else { "≈" }, SHOW(figure))
}

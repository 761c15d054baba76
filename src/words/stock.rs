//! What is said of stock: below zero, too low, or without a reorder point.

use super::quantity;
use crate::audit::amount::Amount;
use crate::audit::breaks::{Message, PlanningNeed, StockFigure};
use crate::audit::replenishment::{Demanded, Lasts, Replenishment};
use crate::language::Language;

/// Empty for a message about anything else.
pub(super) fn message(message: &Message, language: Language) -> String {
    match (message, language) {
        (Message::NegativeStock { on_hand }, Language::En) => {
            format!("Stock on hand is negative: {}", quantity(*on_hand))
        }
        (Message::NegativeStock { on_hand }, Language::Zh) => format!("现存量为负：{}", quantity(*on_hand)),
        (Message::LowStock { judged, figure, point, on_hand, reserved, incoming, plan }, _) => {
            let parts = [on_hand, reserved, incoming].map(|part| quantity(*part));
            let computed = plan.as_ref().is_some_and(|plan| plan.computed.is_some());
            let sentence = low((*judged, *figure), (*point, computed), &parts, language);
            let planned = plan.as_ref().map(|plan| planned(*figure, plan, language)).unwrap_or_default();
            sentence + &planned
        }
        (Message::NoReorderPoint { on_hand, lacks }, _) => no_point(*on_hand, lacks, language),
        _ => String::new(),
    }
}

fn low(
    (judged, figure): (StockFigure, Amount),
    (point, computed): (Amount, bool),
    [on_hand, reserved, incoming]: &[String; 3],
    language: Language,
) -> String {
    let lack = point.checked_sub(figure).unwrap_or_default();
    let (name, figure, point) = (stock_figure(judged, language), quantity(figure), quantity(point));
    match language {
        Language::En => {
            let computed = if computed { " computed from demand" } else { "" };
            let verdict = if lack.is_zero() {
                format!("has come down to the reorder point of {point}{computed}")
            } else {
                format!("is {} short of the reorder point of {point}{computed}", quantity(lack))
            };
            let parts = format!("on hand {on_hand}, reserved {reserved}, incoming {incoming}");
            format!("{name} stock of {figure} {verdict} ({parts})")
        }
        Language::Zh => {
            let computed = if computed { "（按需求计算）" } else { "" };
            let verdict = if lack.is_zero() {
                format!("已降到再订货点 {point}{computed}")
            } else {
                format!("低于再订货点 {point}{computed}，缺 {}", quantity(lack))
            };
            format!("{name} {figure} {verdict}（现存 {on_hand}，占用 {reserved}，在途 {incoming}）")
        }
    }
}

/// How long the stock lasts, and what to order: a continuation of the sentence.
fn planned(figure: Amount, plan: &Replenishment, language: Language) -> String {
    let demand = plan.demand.as_ref().map(|demand| supply(figure, demand, plan.lasts.as_ref(), language));
    let order = plan.order.map(|order| match (language, order.pack) {
        (Language::En, Some(pack)) => format!("; order {} (packs of {})", quantity(order.quantity), quantity(pack)),
        (Language::En, None) => format!("; order {}", quantity(order.quantity)),
        (Language::Zh, Some(pack)) => {
            format!("；建议订货 {}（每包 {}）", quantity(order.quantity), quantity(pack))
        }
        (Language::Zh, None) => format!("；建议订货 {}", quantity(order.quantity)),
    });
    demand.unwrap_or_default() + &order.unwrap_or_default()
}

fn supply(figure: Amount, demand: &Demanded, lasts: Option<&Lasts>, language: Language) -> String {
    let Some((lasts, (daily, exact))) = lasts.zip(demand.shown_daily()) else {
        let back = demand.sum.is_negative().then(|| demand.sum.checked_abs().unwrap_or(demand.sum)).map(quantity);
        return match (language, back) {
            (Language::En, None) => format!("; no demand in {} days", demand.days),
            (Language::En, Some(back)) => {
                format!("; in {} days {back} more came back than went out, which counts as no demand", demand.days)
            }
            (Language::Zh, None) => format!("；近 {} 天没有需求", demand.days),
            (Language::Zh, Some(back)) => {
                format!("；近 {} 天退回比售出多 {back}，按没有需求计", demand.days)
            }
        };
    };
    let (daily, days) = (quantity(daily), quantity(lasts.days));
    let until = lasts.until.map(|until| until.to_string());
    match language {
        Language::En => {
            let about = if exact { "" } else { "about " };
            if figure <= Amount::ZERO {
                return format!("; at {about}{daily} a day nothing is left");
            }
            let until = until.map(|until| format!(", until {until}")).unwrap_or_default();
            let unit = if days == "1" { "day" } else { "days" };
            format!("; at {about}{daily} a day it lasts {days} {unit}{until}")
        }
        Language::Zh => {
            let about = if exact { "" } else { "约 " };
            let daily = format!("按日均需求{}{daily}", if exact { " " } else { about });
            if figure <= Amount::ZERO {
                return format!("；{daily}，已无货可供");
            }
            let until = until.map(|until| format!("，预计 {until} 断货")).unwrap_or_default();
            format!("；{daily}，可供 {days} 天{until}")
        }
    }
}

fn no_point(on_hand: Amount, lacks: &[PlanningNeed], language: Language) -> String {
    let on_hand = quantity(on_hand);
    let need = |need: &PlanningNeed| match (need, language) {
        (PlanningNeed::LeadTime, Language::En) => "a lead time",
        (PlanningNeed::LeadTime, Language::Zh) => "提前期",
        (PlanningNeed::SafetyStock, Language::En) => "a safety stock or service level",
        (PlanningNeed::SafetyStock, Language::Zh) => "安全库存或服务水平",
    };
    let needs: Vec<&str> = lacks.iter().map(need).collect();
    match language {
        Language::En if needs.is_empty() => format!("No reorder point is set; {on_hand} on hand"),
        Language::En => {
            let needs = needs.join(" and ");
            format!("No reorder point is set, and none can be computed without {needs}; {on_hand} on hand")
        }
        Language::Zh if needs.is_empty() => format!("没有设再订货点，现存量 {on_hand}"),
        Language::Zh => format!("没有设再订货点，缺{}，也无法计算；现存量 {on_hand}", needs.join("和")),
    }
}

fn stock_figure(figure: StockFigure, language: Language) -> &'static str {
    match (figure, language) {
        (StockFigure::OnHand, Language::En) => "On-hand",
        (StockFigure::OnHand, Language::Zh) => "现存量",
        (StockFigure::Available, Language::En) => "Available",
        (StockFigure::Available, Language::Zh) => "可用量",
        (StockFigure::Projected, Language::En) => "Projected",
        (StockFigure::Projected, Language::Zh) => "预计可用量",
    }
}

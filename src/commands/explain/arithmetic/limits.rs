//! A figure beyond its limit, or too far from its own past.

use super::{Written, at_risk, operand};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Evidence, Message, Relation};
use crate::audit::rulebook::Reconcile;
use crate::audit::swing::{Against, Allowance, PastFigure, Swing};
use crate::words;

/// A line a step; none for a message about anything else.
pub(super) fn lines(found: &Break, evidence: &Evidence, settings: Option<&Reconcile>) -> Vec<String> {
    match &found.message {
        Message::BeyondLimit { relation, figure, limit, difference, currency, .. } => {
            let show = written(currency.as_deref());
            let mut lines = operand(figure, evidence, settings, show);
            let relation = if *relation == Relation::AtLeast { "at least" } else { "at most" };
            lines.push(format!("wanted: {relation} {}, missed by {}", show(*limit), show(size(*difference))));
            lines.extend(at_risk(found, "what it is off"));
            lines
        }
        Message::Swung { figure, swing, .. } => {
            let show = written(swing.currency.as_deref());
            let mut lines = operand(figure, evidence, settings, show);
            lines.extend(past(swing, show));
            lines.extend(at_risk(found, "the change"));
            lines
        }
        _ => Vec::new(),
    }
}

/// The past figures a line each, what they come to, and how far the figure lies from that.
fn past(swing: &Swing, show: Written) -> Vec<String> {
    let Swing { against, allowed, base, change, percent, past, .. } = swing;
    let figure = |past: &PastFigure| format!("{} found {}", past.day, show(past.amount));
    let mut lines: Vec<String> = past.iter().map(figure).collect();
    if let Against::Median { .. } = against {
        lines.push(format!("median of {} = {}", super::super::tables::count(past.len() as u64, "run"), show(*base)));
    }
    let share = percent.map(|percent| format!(", {} %", words::quantity(percent))).unwrap_or_default();
    lines.push(format!("change = {}{share}", show(*change)));
    let allowed = match allowed {
        Allowance::Percent(percent) => format!("{} %", words::quantity(*percent)),
        Allowance::Amount(amount) => show(*amount),
    };
    lines.push(format!("wanted: a change of at most {allowed}"));
    lines
}

fn written(currency: Option<&str>) -> Written {
    if currency.is_some() { words::figure } else { words::quantity }
}

fn size(difference: Amount) -> Amount {
    difference.checked_abs().unwrap_or(difference)
}

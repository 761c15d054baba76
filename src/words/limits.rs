//! What is said of a figure beyond its limit, or too far from its own past.

use super::names::{column_in_zh, side_in_zh};
use super::{money, quantity, visible};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Message, Operand, Relation};
use crate::audit::swing::{Against, Allowance, Swing};
use crate::audit::value::Value;
use crate::language::Language;

/// Empty for a message about anything else.
pub(super) fn message(message: &Message, language: Language) -> String {
    match message {
        Message::BeyondLimit { relation, figure, limit, difference, currency, counts_rows } => {
            let named = Named { figure, currency: currency.as_deref(), counts_rows: *counts_rows };
            named.beyond(*relation, *limit, difference.checked_abs().unwrap_or(*difference), language)
        }
        Message::Swung { figure, swing, counts_rows } => {
            let named = Named { figure, currency: swing.currency.as_deref(), counts_rows: *counts_rows };
            named.swung(swing, language)
        }
        _ => String::new(),
    }
}

/// A figure of a group, and what it is called.
struct Named<'a> {
    figure: &'a Operand,
    currency: Option<&'a str>,
    counts_rows: bool,
}

impl Named<'_> {
    fn beyond(&self, relation: Relation, limit: Amount, by: Amount, language: Language) -> String {
        let (stated, limit) = (self.stated(language, " is"), self.shown(limit));
        let by = match self.currency {
            Some(_) => super::figure(by),
            None => quantity(by),
        };
        let missed = !self.counts_rows && !self.figure.value.is_null();
        let (few, many) = match language {
            Language::En => (format!(": {by} too little"), format!(": {by} too much")),
            Language::Zh => (format!("，少 {by}"), format!("，多 {by}")),
        };
        let by = match relation {
            _ if !missed => String::new(),
            Relation::AtLeast => few,
            Relation::AtMost | Relation::Equal => many,
        };
        match (language, self.counts_rows, relation) {
            (Language::En, _, Relation::AtLeast) => format!("{stated}, at least {limit} expected{by}"),
            (Language::En, _, _) => format!("{stated}, at most {limit} allowed{by}"),
            (Language::Zh, true, Relation::AtLeast) => format!("{stated}，至少应有 {limit} 行"),
            (Language::Zh, true, _) => format!("{stated}，最多允许 {limit} 行"),
            (Language::Zh, false, Relation::AtLeast) => format!("{stated}，下限 {limit}{by}"),
            (Language::Zh, false, _) => format!("{stated}，上限 {limit}{by}"),
        }
    }

    fn swung(&self, swing: &Swing, language: Language) -> String {
        let (stated, base) = (self.stated(language, ""), self.shown(swing.base));
        let size = self.shown(swing.change.checked_abs().unwrap_or(swing.change));
        let less = swing.change.is_negative();
        // A share is said where one is allowed; of nothing there is none.
        let share = swing.percent.filter(|_| matches!(swing.allowed, Allowance::Percent(_)));
        let allowed = match swing.allowed {
            Allowance::Percent(percent) => Err(quantity(percent)),
            Allowance::Amount(amount) => Ok(self.shown(amount)),
        };
        match language {
            Language::En => {
                let is = if self.counts_rows { "," } else { " is" };
                let size = share.map_or(size, |share| format!("{} %", quantity(share)));
                let direction = if less { "below" } else { "above" };
                let against = match swing.against {
                    Against::LastRun => "the figure of the last run".to_owned(),
                    Against::Median { .. } => format!("the median of the last {} runs", swing.past.len()),
                };
                let allowed = allowed.unwrap_or_else(|percent| format!("{percent} %"));
                format!("{stated}{is} {size} {direction} {against}, {base} (at most {allowed} allowed)")
            }
            Language::Zh => {
                let size = share.map_or(size, |share| format!("{}%", quantity(share)));
                let direction = if less { "低" } else { "高" };
                let against = match swing.against {
                    Against::LastRun => "上次运行的".to_owned(),
                    Against::Median { .. } => format!("最近 {} 次运行的中位数", swing.past.len()),
                };
                let allowed = allowed.unwrap_or_else(|percent| format!("{percent}%"));
                format!("{stated}，比{against} {base} {direction} {size}（最多允许 {allowed}）")
            }
        }
    }

    /// The figure with its name: the column, or what is counted. `is` joins both in English.
    fn stated(&self, language: Language, is: &str) -> String {
        let expression = &self.figure.expression;
        let (table, column) = expression.rsplit_once('.').unwrap_or(("", expression));
        match (&self.figure.value, language) {
            (Value::Amount(rows), Language::En) if self.counts_rows => {
                let unit = if *rows == Amount::from(1) { "row" } else { "rows" };
                format!("{} {unit} of {}", quantity(*rows), visible(table))
            }
            (Value::Amount(rows), Language::Zh) if self.counts_rows => {
                format!("{}有 {} 行", side_in_zh(table), quantity(*rows))
            }
            (Value::Amount(amount), Language::En) => format!("{}{is} {}", visible(column), self.shown(*amount)),
            (Value::Amount(amount), Language::Zh) => format!("{} {}", column_in_zh(column), self.shown(*amount)),
            (_, Language::En) => format!("{}{is} empty", visible(column)),
            (_, Language::Zh) => format!("{}为空", column_in_zh(column)),
        }
    }

    fn shown(&self, amount: Amount) -> String {
        self.currency.map_or_else(|| quantity(amount), |currency| money(currency, amount))
    }
}

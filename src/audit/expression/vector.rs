//! One cell of a column of results.

use chrono::{DateTime, Duration, NaiveDate};

use super::Vector;
use crate::audit::amount::Amount;
use crate::audit::value::Value;

impl Vector {
    /// The value in a row; null for a fault, which [`super::Decimals::state`] tells apart.
    pub fn value(&self, row: usize) -> Value {
        let value = match self {
            Vector::Text(texts) => texts.get(row).map(|text| Value::Text(text.to_owned())),
            Vector::Decimal(decimals) => {
                decimals.value(row).map(|units| Value::Amount(Amount::new(units, decimals.scale)))
            }
            Vector::Date(days) => days[row]
                .and_then(|days| NaiveDate::default().checked_add_signed(Duration::days(i64::from(days))))
                .map(Value::Date),
            Vector::Instant(micros) => micros[row].and_then(DateTime::from_timestamp_micros).map(Value::Instant),
            Vector::Boolean(flags) => flags[row].map(Value::Bool),
        };
        value.unwrap_or_default()
    }
}

//! Money in another currency, at the last rate on or before a day.

use super::super::age::day_of;
use super::super::exchange::{Rate, Series, last, series};
use super::super::rows::{self, Currencies};
use super::prepared::{Prepared, RowFault, What};
use crate::audit::amount::Amount;
use crate::audit::expression::{Cell, DecimalsBuilder, Shared, Vector};
use crate::audit::judgement::Context;
use crate::audit::rulebook::{Conversion, Rates};
use crate::audit::snapshot::Table;

/// Adds the converted column and the rates it was converted at.
pub(super) fn convert(
    prepared: &mut Prepared<'_>,
    index: usize,
    conversion: &Conversion,
    rates: &Rates,
    table: &Table,
    context: &Context,
) {
    let series = series(table, rates, &conversion.to);
    let days = days(&prepared.table, &conversion.on, context);
    let cells = rows::decimals(&prepared.table, &conversion.from);
    let currencies = Currencies::of(&prepared.table, &conversion.from, context);
    let rate_scale = conversion.rate.kind.scale().unwrap_or_default();
    let mut converted = DecimalsBuilder::with_room(cells.scale, days.len());
    let mut applied = DecimalsBuilder::with_room(rate_scale, days.len());
    // A row is converted by the rates of its currency, which are looked up once.
    let own: Vec<Option<&Series>> = currencies.codes().iter().map(|code| series.get(code)).collect();
    let same: Vec<bool> = currencies.codes().iter().map(|code| *code == conversion.to).collect();
    for (row, day) in days.iter().enumerate() {
        let row = row as u32;
        let Some(amount) = rows::amount(&cells, row) else {
            converted.push_absent(Cell::Null);
            applied.push_absent(Cell::Null);
            continue;
        };
        let currency = currencies.number(row);
        let rate = if same[currency] {
            Rate::Known(Amount::from(1))
        } else {
            day.zip(own[currency]).map_or(Rate::Unknown, |(day, series)| last(series, day))
        };
        match rate {
            Rate::Known(rate) => {
                match amount.checked_mul_rounded(rate, cells.scale) {
                    Some(figure) => converted.push(figure.units()),
                    None => converted.push_absent(Cell::Fault),
                }
                match rate.rescale(rate_scale) {
                    Some(rate) => applied.push(rate.units()),
                    None => applied.push_absent(Cell::Null),
                }
            }
            Rate::Unknown | Rate::Disputed => {
                let unknown = rate == Rate::Unknown;
                let what =
                    if unknown { What::NoRate { conversion: index } } else { What::TwoRates { conversion: index } };
                prepared.faults.push(RowFault { row, what });
                converted.push_absent(Cell::Null);
                applied.push_absent(Cell::Null);
            }
        }
    }
    let unfit = What::Overflow { conversion: index };
    prepared.add(conversion.column.clone(), Vector::Decimal(converted.finish()), unfit);
    prepared.add(conversion.rate.clone(), Vector::Decimal(applied.finish()), unfit);
}

/// The day of each row of a date or instant column.
fn days(table: &Table, column: &str, context: &Context) -> Shared<Option<i32>> {
    match table.vector(column) {
        Vector::Date(days) => days,
        Vector::Instant(at) => at.iter().map(|at| at.and_then(|at| day_of(at, context))).collect(),
        _ => vec![None; table.len()].into(),
    }
}

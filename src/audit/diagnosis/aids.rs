//! The tables a rule converts by, read for what may have gone wrong in converting: factors of units, rates of exchange.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::rows::day;
use crate::audit::amount::Amount;
use crate::audit::rulebook::{Rates, Reconcile, Units};
use crate::audit::rules::Tables;
use crate::audit::snapshot::Table;
use crate::audit::value::Value;

#[derive(Debug, Default)]
pub(super) struct Aids {
    /// By item, how many of its base unit each of its units holds.
    units: HashMap<Value, Vec<(Amount, Value)>>,
    /// The columns that name the item, on any side.
    items: Vec<String>,
    /// By the two currencies, the rates and the days from which they hold, rising.
    rates: BTreeMap<(String, String), Vec<(NaiveDate, Amount)>>,
}

impl Aids {
    pub fn of(settings: &Reconcile, tables: &Tables) -> Aids {
        let mut aids = Aids::default();
        if let Some((units, table)) = settings.units.as_ref().and_then(|units| Some((units, tables.get(&units.table)?)))
        {
            aids.read_units(units, table);
            let measured = settings.sides.iter().flat_map(|side| &side.added.measured);
            aids.items = measured.map(|measured| measured.item.clone()).chain([units.item.clone()]).collect();
            aids.items.dedup();
        }
        if let Some((rates, table)) = settings.rates.as_ref().and_then(|rates| Some((rates, tables.get(&rates.table)?)))
        {
            aids.read_rates(rates, table);
        }
        aids
    }

    fn read_units(&mut self, units: &Units, table: &Table) {
        for row in 0..table.len() {
            if let Value::Amount(factor) = table.value(&units.factor, row) {
                let unit = table.value(&units.unit, row);
                self.units.entry(table.value(&units.item, row)).or_default().push((factor, unit));
            }
        }
        // Rows of a table have no order of their own.
        for factors in self.units.values_mut() {
            factors.sort_by_cached_key(|(factor, unit)| (*factor, unit.to_string()));
        }
    }

    fn read_rates(&mut self, rates: &Rates, table: &Table) {
        for row in 0..table.len() {
            let of = |column: &String| table.value(column, row);
            if let (Value::Text(from), Value::Text(to), Value::Amount(rate)) =
                (of(&rates.from), of(&rates.to), of(&rates.rate))
                && let Some(since) = day(&of(&rates.date))
            {
                self.rates.entry((from, to)).or_default().push((since, rate));
            }
        }
        self.rates.values_mut().for_each(|series| series.sort());
    }

    /// The columns that name the item whose units are known.
    pub fn items(&self) -> &[String] {
        &self.items
    }

    /// The unit of an item that holds exactly `factor` of its base unit.
    pub fn unit(&self, item: &Value, factor_times: impl Fn(Amount) -> bool) -> Option<(Amount, Value)> {
        let factors = self.units.get(item)?;
        factors.iter().find(|(factor, _)| *factor != Amount::from(1) && factor_times(*factor)).cloned()
    }

    /// The rates that held on a day: what one `from` was worth in `to`.
    pub fn rates_on(&self, day: NaiveDate) -> impl Iterator<Item = (&str, &str, Amount)> {
        self.rates.iter().filter_map(move |((from, to), series)| {
            let (_, rate) = series.iter().rev().find(|(since, _)| *since <= day)?;
            Some((from.as_str(), to.as_str(), *rate))
        })
    }
}

//! What the settings say of each item: its own row first, then less specific ones, then the rule's defaults.

use std::collections::{BTreeMap, HashMap};

use super::roles::Role;
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::Message;
use crate::audit::expression::{Decimals, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::key_values;
use crate::audit::rulebook::{LowStock, Planned, Settings};
use crate::audit::rules::rows::{self, Currencies};
use crate::audit::value::Value;

/// The table of settings, laid out for looking items up.
pub(super) struct Planning<'a> {
    settings: &'a Settings,
    role: &'a Role<'a>,
    columns: BTreeMap<Planned, Decimals>,
    price: Option<(Decimals, Currencies)>,
    /// For each level of the rule's `fallback`, the rows by the parts of the key they fill in.
    levels: Vec<HashMap<Vec<Value>, Vec<u32>>>,
}

/// What they say of one item.
pub(super) struct Plan {
    pub figures: BTreeMap<Planned, Amount>,
    /// What a unit is worth.
    pub price: Option<Money>,
}

impl<'a> Planning<'a> {
    /// `incomplete` are the rows whose key is not whole. Those that stand for no level are left there.
    pub fn of(rule: &'a LowStock, role: &'a Role<'a>, incomplete: &mut Vec<u32>, context: &Context) -> Planning<'a> {
        let settings = &rule.settings;
        let parts: Vec<Vector> = rule.key.iter().map(|column| role.table.vector(column)).collect();
        let mut levels = vec![HashMap::new(); settings.fallback.len()];
        incomplete.retain(|row| {
            // What cannot be read is not left empty on purpose.
            if role.is_unreadable(*row, &rule.key) {
                return true;
            }
            let values = key_values(&parts, *row);
            let filled: Vec<usize> = (0..values.len()).filter(|place| !values[*place].is_null()).collect();
            let Some(level) = settings.fallback.iter().position(|places| *places == filled) else { return true };
            let rows: &mut Vec<u32> = levels[level].entry(at(&values, &filled)).or_default();
            rows.push(*row);
            false
        });
        let columns = settings.figures.iter().filter_map(|(planned, setting)| {
            let column = setting.column.as_ref()?;
            Some((*planned, rows::decimals(role.table, column)))
        });
        let price = settings
            .price
            .as_ref()
            .map(|column| (rows::decimals(role.table, column), Currencies::of(role.table, column, context)));
        Planning { settings, role, columns: columns.collect(), price, levels }
    }

    /// The rows that speak of an item, the most specific first: its `own`, and those of each level for its key.
    pub fn rows(&self, own: &[u32], key: &[Value]) -> Vec<Vec<u32>> {
        let levels = self.settings.fallback.iter().zip(&self.levels);
        let less = levels.filter_map(|(places, rows)| rows.get(&at(key, places)).cloned());
        std::iter::once(own.to_vec()).chain(less).filter(|rows| !rows.is_empty()).collect()
    }

    /// The figures, each from the first of `rows` that holds it. What no figure of its kind can be is told.
    pub fn plan(&self, rows: &[u32]) -> Result<Plan, Box<Message>> {
        let mut figures = BTreeMap::new();
        for (planned, setting) in &self.settings.figures {
            let column = self.columns.get(planned);
            let cell = column.and_then(|cells| rows.iter().find_map(|row| rows::amount(cells, *row)));
            if let (Some(cell), Some(column)) = (cell.filter(|cell| cell.is_negative()), &setting.column)
                && *planned != Planned::Point
            {
                return Err(Box::new(self.role.faulty(column, cell.normalised().to_string(), 1)));
            }
            let figure = cell.or(setting.default);
            figures.extend(figure.map(|figure| (*planned, figure.normalised())));
        }
        let priced = self.price.as_ref().and_then(|(cells, currencies)| {
            let found = rows.iter().find_map(|row| Some((*row, rows::amount(cells, *row)?)));
            found.map(|(row, amount)| Money { currency: currencies.at(row).to_owned(), amount })
        });
        Ok(Plan { figures, price: priced })
    }
}

impl Plan {
    pub fn get(&self, planned: Planned) -> Option<Amount> {
        self.figures.get(&planned).copied()
    }

    /// A figure that says nothing where it is zero, as systems write it.
    pub fn over_zero(&self, planned: Planned) -> Option<Amount> {
        self.get(planned).filter(|figure| *figure > Amount::ZERO)
    }
}

fn at(values: &[Value], places: &[usize]) -> Vec<Value> {
    places.iter().map(|place| values[*place].clone()).collect()
}

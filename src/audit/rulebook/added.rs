//! What a side adds to its table's columns before anything is matched, in the order in which it is added: columns
//! looked up in other tables, quantities in base units, derived columns, and money in another currency.

use std::collections::BTreeSet;

use crate::audit::expression::Expression;
use crate::audit::snapshot::ColumnSpec;

/// Everything one side adds. Each may read what was added before it.
#[derive(Clone, Debug, Default)]
pub struct Added {
    pub lookups: Vec<Lookup>,
    pub measured: Vec<Measured>,
    pub derived: Vec<Derived>,
    pub conversions: Vec<Conversion>,
}

/// Columns of another table, found by key. It never makes rows more or fewer.
#[derive(Clone, Debug)]
pub struct Lookup {
    pub table: String,
    /// Pairs of a column of the side and the column of the other table that must be equal.
    pub key: Vec<(String, String)>,
    /// The columns as they stand on the side, each read from the column that `from` names there.
    pub take: Vec<ColumnSpec>,
    /// Whether a row without a hit is a break.
    pub required: bool,
}

/// A quantity that is turned into the item's base unit, in place.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The quantity in base units, fine enough to be exact.
    pub column: ColumnSpec,
    /// The quantity as the table states it, kept beside for the evidence.
    pub stated: ColumnSpec,
    pub item: String,
    pub unit: String,
}

/// A column computed from the others of its row.
#[derive(Clone, Debug)]
pub struct Derived {
    pub column: ColumnSpec,
    pub expression: Expression,
}

/// A money column in another currency.
#[derive(Clone, Debug)]
pub struct Conversion {
    pub column: ColumnSpec,
    /// The rate that was used, kept beside for the evidence.
    pub rate: ColumnSpec,
    pub from: String,
    /// The currency's code.
    pub to: String,
    /// The date whose rate counts.
    pub on: String,
}

/// Where rates of exchange stand: one `from` is worth `rate` of `to`, from `date` until a later row says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    pub table: String,
    pub date: String,
    pub from: String,
    pub to: String,
    pub rate: String,
}

/// Where units stand: one `unit` of `item` is `factor` of its base unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    pub table: String,
    pub item: String,
    pub unit: String,
    pub factor: String,
}

impl Added {
    pub fn is_empty(&self) -> bool {
        let Added { lookups, measured, derived, conversions } = self;
        lookups.is_empty() && measured.is_empty() && derived.is_empty() && conversions.is_empty()
    }

    /// Adds to some columns those they are made of, down to the table's own.
    pub fn close(&self, used: &mut BTreeSet<String>) {
        for conversion in &self.conversions {
            if used.contains(&conversion.column.name) || used.contains(&conversion.rate.name) {
                used.extend([conversion.from.clone(), conversion.on.clone()]);
            }
        }
        for derived in self.derived.iter().rev() {
            if used.contains(&derived.column.name) {
                used.extend(derived.expression.columns().iter().map(|column| column.column.clone()));
            }
        }
        for measured in &self.measured {
            if used.contains(&measured.column.name) {
                used.extend([measured.item.clone(), measured.unit.clone()]);
            }
        }
        for lookup in self.lookups.iter().rev() {
            if lookup.required || lookup.take.iter().any(|column| used.contains(&column.name)) {
                used.extend(lookup.key.iter().map(|(own, _)| own.clone()));
            }
        }
    }
}

//! Signs that depend on the row: a credit note's amount, which its table states without a minus.

use super::{ColumnSpec, Table, TableSpec};
use crate::audit::expression::{Decimals, Parameters, Vector, truth};
use std::collections::BTreeSet;

/// Turns the sign of every figure whose column says `negate_when`, where that is true. All conditions are asked before
/// any sign is turned, so that they do not depend on each other.
pub(super) fn turn(table: Table) -> Table {
    let signed = |column: &&ColumnSpec| column.negate_when.is_some();
    let columns: Vec<ColumnSpec> = table.spec.columns.iter().filter(signed).cloned().collect();
    let turned: Vec<(ColumnSpec, Vector)> = columns
        .into_iter()
        .filter_map(|column| {
            let condition = column.negate_when.as_ref()?.evaluate(&table, &Parameters::new());
            let Vector::Decimal(figures) = table.vector(&column.name) else { return None };
            let signed = figures.iter().zip(truth(&condition));
            let signed = signed.map(|((units, state), turn)| (if turn { -units } else { units }, state));
            Some((column, Vector::Decimal(Decimals::new(figures.scale, signed))))
        })
        .collect();
    turned.into_iter().fold(table, |table, (column, figures)| table.with_column(column, figures))
}

impl TableSpec {
    /// Adds to some columns those that decide their signs: what cannot be read there leaves the figure unknown.
    pub fn with_signs(&self, used: &BTreeSet<String>) -> BTreeSet<String> {
        let mut all = used.clone();
        for column in self.columns.iter().filter(|column| used.contains(&column.name)) {
            let read = column.negate_when.iter().flat_map(|condition| condition.columns());
            all.extend(read.map(|column| column.column.clone()));
        }
        all
    }
}

//! Quantities in an item's base unit, from what the table states them in.

use std::collections::HashSet;

use super::super::rows;
use super::prepared::{Prepared, RowFault, What};
use crate::audit::amount::Amount;
use crate::audit::expression::{Cell, DecimalsBuilder, Vector};
use crate::audit::matching::Index;
use crate::audit::rulebook::{Measured, Units};
use crate::audit::snapshot::Table;

/// Converts every quantity of `measured` in place and keeps the stated one beside it. A row without a unit is in base
/// units already.
pub(super) fn convert(prepared: &mut Prepared<'_>, measured: &[Measured], units: &Units, table: &Table) {
    let factors = Factors::of(table, units);
    for (index, measured) in measured.iter().enumerate() {
        let parts = [prepared.table.vector(&measured.item), prepared.table.vector(&measured.unit)];
        let found = factors.find(&parts, prepared.table.len());
        let stated = prepared.table.vector(&measured.column.name);
        let Vector::Decimal(quantities) = &stated else { continue };
        let scale = measured.column.kind.scale().unwrap_or(quantities.scale);
        let mut base = DecimalsBuilder::with_room(scale, found.len());
        for (row, factor) in found.into_iter().enumerate() {
            let factor = factor.unwrap_or_else(|| parts[1].value(row).is_null().then_some(Amount::from(1)));
            let quantity = quantities.value(row).map(|units| Amount::new(units, quantities.scale));
            match (quantity, factor) {
                (None, _) => base.push_absent(Cell::Null),
                (Some(quantity), Some(factor)) => {
                    match quantity.checked_mul(factor).and_then(|product| product.rescale(scale)) {
                        Some(product) => base.push(product.units()),
                        None => base.push_absent(Cell::Fault),
                    }
                }
                (Some(_), None) => {
                    base.push_absent(Cell::Null);
                    let what = What::NoFactor { measured: index };
                    prepared.faults.push(RowFault { row: row as u32, what });
                }
            }
        }
        let unfit = What::TooLarge { measured: index };
        prepared.add(measured.column.clone(), Vector::Decimal(base.finish()), unfit);
        prepared.add(measured.stated.clone(), stated, unfit);
    }
}

/// The factors of a units table.
struct Factors {
    index: Index,
    /// By row; none where the cell is null, could not be read or is not above zero, and where the same unit of the same
    /// item stands again with another factor.
    factors: Vec<Option<Amount>>,
}

impl Factors {
    fn of(table: &Table, units: &Units) -> Factors {
        let parts = vec![table.vector(&units.item), table.vector(&units.unit)];
        let index = Index::new(parts.clone(), table.len());
        let cells = rows::decimals(table, &units.factor);
        let factor = |row| rows::amount(&cells, row).filter(|factor| *factor > Amount::ZERO);
        let mut factors: Vec<Option<Amount>> = (0..table.len() as u32).map(factor).collect();
        let first = index.find(&parts, table.len());
        let again = first.iter().enumerate().filter(|(_, hits)| hits.count > 1);
        let disputed: HashSet<u32> =
            again.filter(|(row, hits)| factors[*row] != factors[hits.row as usize]).map(|(_, hits)| hits.row).collect();
        disputed.into_iter().for_each(|row| factors[row as usize] = None);
        Factors { index, factors }
    }

    /// The factor of each row's unit; the outer `None` where the table does not know the unit.
    fn find(&self, parts: &[Vector], rows: usize) -> Vec<Option<Option<Amount>>> {
        let found = self.index.find(parts, rows).into_iter();
        found.map(|hits| (hits.count > 0).then(|| self.factors[hits.row as usize])).collect()
    }
}

//! A rule over one table: the part that `validity`, `stalled` and `threshold` read alike.

use super::added::Added;
use super::adding::Given;
use super::aggregates::Aggregates;
use super::reading::{ANY, Reading, column};
use super::{Asserted, Check, Reconcile, Side, SidesKind, adding, given};
use crate::audit::expression::Expression;
use crate::audit::snapshot::TableSpec;
use crate::problem::Section;

/// The table of a rule being read, and which of its rows count as what.
pub(super) struct OneSide {
    /// With the columns the rule adds. `None` where it could not be read, whose problem is then reported elsewhere.
    pub table: Option<TableSpec>,
    key: Option<Vec<String>>,
    added: Option<Added>,
    filter: Option<Option<Expression>>,
    given: Given,
}

impl OneSide {
    /// `key` is what the file calls the columns that tell subjects apart, with an example.
    pub fn read(section: &Section<'_>, reading: &Reading<'_>, (key, accepted): (&str, &str)) -> Self {
        let pulled = reading.table_of(section);
        let given = given::read(section, reading);
        let (table, added) = adding::read(section, reading, pulled, &given).unzip();
        let key = section.need(key, accepted).and_then(|node| node.texts(1)).and_then(|parts| {
            let columns = parts.into_iter().map(|(_, node)| column(&node, table.as_ref(), &ANY));
            columns.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
        });
        let filter = reading.filter(section, table.as_ref());
        OneSide { table, key, added, filter, given }
    }

    /// The whole rule.
    pub fn rule(
        self,
        kind: SidesKind,
        aggregates: Aggregates,
        checks: Vec<Check>,
        asserted: Option<Asserted>,
        owner: &str,
    ) -> Option<Reconcile> {
        let rates = self.given.rates.map_or(Some(None), |rates| rates.map(|(rates, _)| Some(rates)))?;
        let units = self.given.units.map_or(Some(None), |units| units.map(|(units, _)| Some(units)))?;
        let (table, key) = (self.table?, self.key?);
        let Aggregates { sum, min, max, first, count } = aggregates;
        let side = Side {
            name: table.name.clone(),
            table: table.name,
            key: key.clone(),
            added: self.added?,
            filter: self.filter?,
            sum,
            min,
            max,
            first,
            count,
            expected: true,
            absent_zero: false,
            owner: owner.to_owned(),
        };
        let (sides, asserted) = (vec![side], asserted.map(Box::new));
        let (price, window, settled) = (None, None, None);
        Some(Reconcile { kind, key, sides, checks, price, rates, units, window, settled, asserted })
    }
}

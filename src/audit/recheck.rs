//! `recheck`: what breaks is read a second time, and only what breaks both times counts.

use std::collections::{BTreeMap, BTreeSet};

use super::exception::{self, Exception};
use super::judge::Seen;
use super::rulebook::{Body, Reconcile, Rule, Side};
use super::snapshot::{ColumnType, TableSpec};
use super::value::{Subject, SubjectKind, Value};

/// Subjects that are read again by their keys. Of more, whole tables are read again.
pub const KEYS: usize = 10_000;

/// Some keys of a table. A source may answer more rows than theirs, and never fewer: each row whose key, once cleaned,
/// could be one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    pub parts: Vec<KeyPart>,
    /// For each key its values, in the order of the parts: text or amounts, as the parts say.
    pub rows: Vec<Vec<Value>>,
}

/// One column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// As the source calls it.
    pub column: String,
    pub cells: Cells,
}

/// What of a column's cells can be compared before they are cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// Text, and whole numbers as their digits: two of them are equal exactly where they are the same.
    Text,
    /// The same, of cells made of `A` to `Z`, digits, `-`, `_`, `.` and `/` alone, which no cleaning changes. Every
    /// other cell may be any key.
    CleanText,
    /// Whole numbers, by value. Every other cell may be any key.
    Numbers,
}

/// The subjects whose rows must be read again, and none where nothing is new: what breaks and is not known to, and
/// the open ones that would be closed.
pub fn asked(seen: &Seen, known: &[Exception]) -> BTreeSet<Subject> {
    let known: BTreeMap<&Subject, &Exception> = known.iter().map(|known| (&known.subject, known)).collect();
    let is_news = |subject, breaks| known.get(subject).is_none_or(|known| !exception::stands(known, breaks));
    let findings = seen.findings().filter(|finding| is_news(&finding.subject, &finding.breaks));
    let mut asked: BTreeSet<Subject> = findings.map(|finding| finding.subject.clone()).collect();
    if !asked.is_empty() {
        asked.extend(seen.closing().cloned());
    }
    asked
}

/// By table, the keys that are enough to judge some subjects again. A table that is not named must be read whole, and so
/// is one of several companies: its sources know nothing of the column that says whose a row is.
pub fn keys(rule: &Rule, specs: &BTreeMap<String, TableSpec>, asked: &BTreeSet<Subject>) -> BTreeMap<String, Keys> {
    let Body::Reconcile(settings) = &rule.body else { return BTreeMap::new() };
    if asked.len() > KEYS || asked.iter().any(|subject| subject.kind() != SubjectKind::Key) {
        return BTreeMap::new();
    }
    let sides = settings.sides.iter().filter(|side| serves_alone(settings, side));
    let sides = sides.filter_map(|side| Some((side, specs.get(&side.table)?)));
    let of_one = sides.filter(|(_, spec)| spec.companies.is_empty());
    let keyed = of_one.filter_map(|(side, spec)| Some((side.table.clone(), of_side(side, spec, asked)?)));
    keyed.collect()
}

/// Whether the side is all that its table is read for.
fn serves_alone(settings: &Reconcile, side: &Side) -> bool {
    let looked_up = settings.sides.iter().flat_map(|side| &side.added.lookups).map(|lookup| &lookup.table);
    let given = settings.rates.iter().map(|rates| &rates.table).chain(settings.units.iter().map(|units| &units.table));
    let sides = settings.sides.iter().map(|side| &side.table);
    let asserted = settings.asserted.iter().flat_map(|asserted| asserted.looked_for().map(|exists| &exists.table));
    looked_up.chain(given).chain(sides).chain(asserted).filter(|table| **table == side.table).count() == 1
}

fn of_side(side: &Side, spec: &TableSpec, asked: &BTreeSet<Subject>) -> Option<Keys> {
    let parts: Option<Vec<KeyPart>> = side.key.iter().map(|column| part(side, spec, column)).collect();
    let parts = parts?;
    let fits = |subject: &&Subject| {
        let values = subject.values();
        values.len() == parts.len() && parts.iter().zip(values).all(|(part, value)| part.cells.hold(value))
    };
    if !asked.iter().all(|subject| fits(&subject)) {
        return None;
    }
    Some(Keys { parts, rows: asked.iter().map(|subject| subject.values().to_vec()).collect() })
}

/// A column of the table's own, whose cells can be compared by the source.
fn part(side: &Side, spec: &TableSpec, column: &str) -> Option<KeyPart> {
    let added = &side.added;
    let measured = added.measured.iter().map(|measured| &measured.column.name);
    let derived = added.derived.iter().map(|derived| &derived.column.name);
    let converted = added.conversions.iter().map(|conversion| &conversion.column.name);
    if measured.chain(derived).chain(converted).any(|name| name == column) {
        return None;
    }
    let column = spec.column(column)?;
    let cells = match &column.kind {
        ColumnType::Text if column.normalise.is_empty() => Cells::Text,
        ColumnType::Text => Cells::CleanText,
        ColumnType::Number { .. } | ColumnType::Quantity { .. } if !column.negate && column.negate_when.is_none() => {
            Cells::Numbers
        }
        _ => return None,
    };
    Some(KeyPart { column: column.from.clone(), cells })
}

impl Cells {
    /// Whether a key's value is one that such cells become.
    fn hold(self, value: &Value) -> bool {
        match self {
            Cells::Text | Cells::CleanText => matches!(value, Value::Text(_)),
            Cells::Numbers => matches!(value, Value::Amount(_)),
        }
    }
}

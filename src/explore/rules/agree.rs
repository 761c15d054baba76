//! Which columns of two tables hold the same values, and which figures of theirs agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::{Column, Profile, Role};
use crate::audit::amount::Amount;
use crate::audit::snapshot::ColumnType;

/// Columns of the other table that are tried for one column of a key.
const TRIED: usize = 4;
/// Of the keys of the smaller table, at least so many percent must stand in the larger one.
const SHARED_PERCENT: usize = 50;
/// Of the keys that both tables have, the figures must agree in at least so many percent.
const AGREED_PERCENT: usize = 60;
/// Fewer keys in common show nothing.
const FEWEST: usize = 3;

/// Two tables that speak of the same things.
pub(super) struct Pair {
    /// For each column of the first table's key, the column of the second that holds the same values.
    pub columns: Vec<(usize, usize)>,
    /// Keys of the first table, those of them that the second has, and keys of the second.
    pub keys: usize,
    pub shared: usize,
    pub other_keys: usize,
    /// Figures of both tables that agree, those of the second added up by key.
    pub figures: Vec<Agreement>,
}

/// Two figures that agree in most keys.
pub(super) struct Agreement {
    pub left: usize,
    pub right: usize,
    /// Keys in which they agree, of so many that have both.
    pub agreed: usize,
    pub compared: usize,
}

type RowKey<'p> = Vec<&'p str>;

/// How the second table speaks of what the first one's key names; `None` where it does not.
pub(super) fn pair(first: &Profile, second: &Profile) -> Option<Pair> {
    let key = &first.key.as_ref()?.columns;
    // Numbers that count from one look alike everywhere: a text must tell things apart.
    let telling = |place: &usize| first.columns[*place].proposed.kind == ColumnType::Text;
    if key.len() > 3 || !key.iter().any(telling) || key.iter().any(|place| is_figure(&first.columns[*place])) {
        return None;
    }
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for place in key {
        let alike = alike(&first.columns[*place], second);
        sets =
            sets.iter().flat_map(|set| alike.iter().map(move |other| [set.as_slice(), &[*other]].concat())).collect();
    }
    sets.retain(|set| set.iter().collect::<BTreeSet<_>>().len() == set.len());
    let left = rows_by_key(first, key);
    let mut best: Option<Pair> = None;
    for set in sets {
        let right = rows_by_key(second, &set);
        let shared = left.keys().filter(|key| right.contains_key(*key)).count();
        let enough = shared >= FEWEST && shared * 100 >= left.len().min(right.len()) * SHARED_PERCENT;
        if enough && best.as_ref().is_none_or(|best| best.shared < shared) {
            let columns = key.iter().copied().zip(set).collect();
            let figures = figures(first, second, &left, &right);
            best = Some(Pair { columns, keys: left.len(), shared, other_keys: right.len(), figures });
        }
    }
    best
}

/// The columns of a table that share values with `wanted`, those of the same name first.
fn alike(wanted: &Column, table: &Profile) -> Vec<usize> {
    let values: BTreeSet<&str> = wanted.cells.iter().flatten().map(|cell| cell.trim()).collect();
    let mut found: Vec<(bool, std::cmp::Reverse<usize>, usize)> = Vec::new();
    for (place, column) in table.columns.iter().enumerate() {
        if is_figure(column) || column.proposed.kind.name() != wanted.proposed.kind.name() {
            continue;
        }
        let own: BTreeSet<&str> = column.cells.iter().flatten().map(|cell| cell.trim()).collect();
        let shared = own.intersection(&values).count();
        if shared > 0 {
            let same = column.declared.name.eq_ignore_ascii_case(&wanted.declared.name);
            found.push((!same, std::cmp::Reverse(shared), place));
        }
    }
    found.sort();
    found.into_iter().take(TRIED).map(|(.., place)| place).collect()
}

pub(super) fn is_figure(column: &Column) -> bool {
    matches!(column.proposed.kind, ColumnType::Money { .. } | ColumnType::Quantity { .. })
}

/// The rows of each key; rows without a whole key are left out.
fn rows_by_key<'p>(profile: &'p Profile, key: &[usize]) -> HashMap<RowKey<'p>, Vec<usize>> {
    let mut rows: HashMap<RowKey<'p>, Vec<usize>> = HashMap::new();
    for row in 0..profile.sampled {
        let cells = key.iter().map(|place| profile.columns[*place].cells[row].as_deref().map(str::trim));
        if let Some(cells) = cells.collect::<Option<Vec<&str>>>() {
            rows.entry(cells).or_default().push(row);
        }
    }
    rows
}

/// For each figure of the second table the one of the first that it agrees with most often, prices aside.
fn figures<'p>(
    first: &'p Profile,
    second: &'p Profile,
    left: &HashMap<RowKey<'p>, Vec<usize>>,
    right: &HashMap<RowKey<'p>, Vec<usize>>,
) -> Vec<Agreement> {
    let figures = |profile: &'p Profile| {
        let columns = profile.columns.iter().enumerate();
        columns.filter(|(_, column)| is_figure(column) && column.role != Role::Price).map(|(place, _)| place)
    };
    let mut found: BTreeMap<usize, Agreement> = BTreeMap::new();
    for other in figures(second) {
        for own in figures(first) {
            let (one, two) = (&first.columns[own], &second.columns[other]);
            if one.proposed.kind.name() != two.proposed.kind.name() {
                continue;
            }
            let Some(agreement) = agreement((own, one), (other, two), left, right) else { continue };
            let better = found.get(&other).is_none_or(|known| known.agreed < agreement.agreed);
            if better {
                found.insert(other, agreement);
            }
        }
    }
    found.into_values().collect()
}

fn agreement<'p>(
    (left, one): (usize, &Column),
    (right, two): (usize, &Column),
    first: &HashMap<RowKey<'p>, Vec<usize>>,
    second: &HashMap<RowKey<'p>, Vec<usize>>,
) -> Option<Agreement> {
    let (mut agreed, mut compared, mut telling) = (0, 0, 0);
    for (key, rows) in first {
        let Some(others) = second.get(key) else { continue };
        let (Some(own), Some(sum)) = (rows.first().and_then(|row| amount(one, *row)), total(two, others)) else {
            continue;
        };
        compared += 1;
        agreed += usize::from(own == sum);
        telling += usize::from(own == sum && !own.is_zero());
    }
    let enough = telling >= FEWEST && agreed * 100 >= compared * AGREED_PERCENT;
    enough.then_some(Agreement { left, right, agreed, compared })
}

fn total(column: &Column, rows: &[usize]) -> Option<Amount> {
    rows.iter().try_fold(Amount::default(), |sum, row| sum.checked_add(amount(column, *row)?))
}

fn amount(column: &Column, row: usize) -> Option<Amount> {
    column.cells[row].as_ref()?.trim().replace(',', "").parse().ok()
}

//! Which rows pair: by value and type, never on a null, and as polars' own join does.

use std::collections::BTreeMap;

use crate::bench::day;
use polars::prelude::{
    Column, DataFrame, DataFrameJoinOps, Int64Chunked, IntoColumn, JoinArgs, JoinType, NewChunkedArray, PlSmallStr,
    StringChunked,
};
use proptest::prelude::*;
use tieout::audit::expression::{Cell, Decimals, Vector};
use tieout::audit::matching::{Kept, Keyed, alike, cut, digest, key_values, pair};
use tieout::audit::value::Subject;

/// A key of a code and a line number, either of which may be null.
type Key = (Option<String>, Option<i64>);

fn texts<'t>(cells: impl Iterator<Item = Option<&'t str>>) -> Vector {
    Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, cells))
}

fn figures(scale: u8, cells: impl Iterator<Item = Option<i128>>) -> Vector {
    let cells: Vec<(i128, Cell)> =
        cells.map(|units| units.map_or((0, Cell::Null), |units| (units, Cell::Value))).collect();
    Vector::Decimal(Decimals::new(scale, cells))
}

fn keyed(keys: &[Key]) -> Keyed {
    let codes = texts(keys.iter().map(|(code, _)| code.as_deref()));
    let lines = figures(0, keys.iter().map(|(_, line)| line.map(i128::from)));
    Keyed { rows: Kept::All(keys.len() as u32), parts: vec![codes, lines] }
}

/// Few codes and lines, so that keys repeat within a side and meet across sides.
fn keys() -> impl Strategy<Value = Vec<Key>> {
    let code = prop_oneof![1 => Just(None), 8 => "[ABab]{1,2}".prop_map(Some), 1 => Just(Some("SO-2026-000000123".to_owned()))];
    let line = prop_oneof![1 => Just(None), 9 => (-1..4i64).prop_map(Some)];
    prop::collection::vec((code, line), 0..60)
}

fn frame(keys: &[Key], row: &'static str) -> DataFrame {
    let name = PlSmallStr::from_static;
    let columns: Vec<Column> = vec![
        StringChunked::from_iter_options(name("code"), keys.iter().map(|(code, _)| code.as_deref())).into_column(),
        Int64Chunked::from_iter_options(name("line"), keys.iter().map(|(_, line)| *line)).into_column(),
        Int64Chunked::from_iter_values(name(row), 0..keys.len() as i64).into_column(),
    ];
    DataFrame::new(keys.len(), columns).unwrap()
}

/// Every pair of rows that polars' inner join makes, in order.
fn joined(left: &[Key], right: &[Key]) -> Vec<(u32, u32)> {
    let on = ["code", "line"];
    let joined =
        frame(left, "left").join(&frame(right, "right"), on, on, JoinArgs::new(JoinType::Inner), None).unwrap();
    let column = |name: &str| -> Vec<i64> { joined.column(name).unwrap().i64().unwrap().iter().flatten().collect() };
    let mut pairs: Vec<(u32, u32)> =
        column("left").into_iter().zip(column("right")).map(|(left, right)| (left as u32, right as u32)).collect();
    pairs.sort_unstable();
    pairs
}

proptest! {
    #[test]
    fn rows_pair_as_polars_joins_them(left in keys(), right in keys(), partitions in 1..9usize) {
        let sides = [keyed(&left), keyed(&right)];
        let cut = cut(&sides, partitions);
        let mut pairs = Vec::new();
        for partition in 0..cut.partitions() {
            let pairing = cut.pair(&sides, partition);
            for group in 0..pairing.groups {
                for one in pairing.sides[0].of(group) {
                    pairs.extend(pairing.sides[1].of(group).iter().map(|other| (*one, *other)));
                }
            }
        }
        pairs.sort_unstable();
        prop_assert_eq!(pairs, joined(&left, &right));
    }

    #[test]
    fn every_row_is_in_one_group_or_keyless_and_its_group_is_found_by_its_values(side in keys(), partitions in 1..9usize) {
        let sides = [keyed(&side)];
        let cut = cut(&sides, partitions);
        let mut seen: BTreeMap<u32, String> = BTreeMap::new();
        for partition in 0..cut.partitions() {
            let pairing = cut.pair(&sides, partition);
            for group in 0..pairing.groups {
                let rows = pairing.sides[0].of(group);
                prop_assert!(rows.is_sorted() && !rows.is_empty());
                let key = key_values(&sides[0].parts, rows[0]);
                prop_assert_eq!(pairing.digest(group), digest(&sides[0].parts, &key));
                for row in rows {
                    prop_assert_eq!(&key_values(&sides[0].parts, *row), &key);
                    let first = seen.insert(*row, format!("{key:?}")).is_none();
                    prop_assert!(first);
                }
            }
        }
        let keyless: Vec<u32> = (0..side.len() as u32)
            .filter(|row| side[*row as usize].0.is_none() || side[*row as usize].1.is_none())
            .collect();
        prop_assert_eq!(cut.keyless(0), keyless.as_slice());
        prop_assert_eq!(seen.len() + keyless.len(), side.len());
    }

    #[test]
    fn rows_alike_are_those_of_one_key(side in keys()) {
        let parts = keyed(&side).parts;
        let rows: Vec<u32> = (0..side.len() as u32).collect();
        let mut runs: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for row in &rows {
            if let (Some(code), Some(line)) = &side[*row as usize] {
                runs.entry(format!("{code} {line}")).or_default().push(*row);
            }
        }
        let mut expected: Vec<Vec<u32>> = runs.into_values().filter(|run| run.len() > 1).collect();
        let mut found = alike(&parts, &rows);
        expected.sort_unstable();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn figures_pair_by_value_whatever_their_scale() {
    let one = Keyed { rows: Kept::All(4), parts: vec![figures(0, [Some(1), Some(-20), Some(0), None].into_iter())] };
    let wide = 10i128.pow(30);
    let other = [Some(100), Some(-2000), Some(0), Some(wide), Some(101)];
    let other = Keyed { rows: Kept::All(5), parts: vec![figures(2, other.into_iter())] };
    let third = Keyed { rows: Kept::All(1), parts: vec![figures(18, [Some(10i128.pow(18))].into_iter())] };
    let pairing = pair(&[one, other, third]);
    let of = |group: usize| -> Vec<Vec<u32>> { pairing.sides.iter().map(|side| side.of(group).to_vec()).collect() };
    assert_eq!(of(0), [vec![0], vec![0], vec![0]]);
    assert_eq!(of(1), [vec![1], vec![1], vec![]]);
    assert_eq!(of(2), [vec![2], vec![2], vec![]]);
    assert_eq!((pairing.groups, pairing.sides[0].keyless.as_slice()), (5, &[3][..]));
}

#[test]
fn a_stored_key_has_the_digest_of_the_column_it_came_from() {
    let moment = day("2026-10-05").and_hms_micro_opt(4, 30, 0, 7).unwrap().and_utc();
    let parts = [
        figures(4, [Some(15_000)].into_iter()),
        texts([Some("订单")].into_iter()),
        Vector::Date([Some(20_731)].into_iter().collect()),
        Vector::Instant([Some(moment.timestamp_micros())].into_iter().collect()),
        Vector::Boolean([Some(false)].into_iter().collect()),
    ];
    let pairing = pair(&[Keyed { rows: Kept::All(1), parts: parts.to_vec() }]);
    let key = Subject::key(key_values(&parts, 0));
    assert_eq!(key.canonical(), r#"[1.5,"订单","2026-10-05","2026-10-05T04:30:00.000007Z",false]"#);
    assert_eq!(pairing.digest(0), digest(&parts, key.values()));
    assert_eq!(pairing.digest(0), digest(&parts, Subject::parse(key.canonical()).unwrap().values()));
}

#[test]
fn only_kept_rows_take_part() {
    let mut kept = Kept::All(5);
    kept.retain(|row| row != 1 && row != 4);
    assert_eq!(kept, Kept::Some(vec![0, 2, 3]));
    let parts = vec![texts(["a", "a", "b", "a", "c"].map(Some).into_iter())];
    let pairing = pair(&[Keyed { rows: kept, parts }]);
    assert_eq!((pairing.sides[0].of(0), pairing.sides[0].of(1)), (&[0, 3][..], &[2][..]));
}

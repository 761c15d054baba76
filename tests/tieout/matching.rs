//! Which rows pair: by value and type, never on a null, and as polars' own join does.

use std::collections::{BTreeMap, HashSet};

use crate::bench::day;
use polars::prelude::{
    Column, DataFrame, DataFrameJoinOps, Int64Chunked, IntoColumn, JoinArgs, JoinType, NewChunkedArray, PlSmallStr,
    StringChunked,
};
use proptest::prelude::*;
use tieout::audit::expression::{Cell, Decimals, Vector};
use tieout::audit::matching::{Dealing, Kept, Keyed, alike, digest, key_values, pair, pair_dealt};
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

/// Blocks and partitions of a few rows, and hashes of so few bits that unlike keys often share one.
fn dealings() -> impl Strategy<Value = Dealing> {
    (1..9usize, 1..20usize, 1..=64u32).prop_map(|(block_rows, partition_rows, hash_bits)| Dealing {
        block_rows,
        partition_rows,
        hash_bits,
    })
}

proptest! {
    #[test]
    fn rows_pair_as_polars_joins_them(left in keys(), right in keys(), dealing in dealings()) {
        let pairing = pair_dealt(&[keyed(&left), keyed(&right)], dealing);
        let mut pairs = Vec::new();
        for group in 0..pairing.groups {
            for one in pairing.sides[0].of(group) {
                pairs.extend(pairing.sides[1].of(group).iter().map(|other| (*one, *other)));
            }
        }
        pairs.sort_unstable();
        prop_assert_eq!(pairs, joined(&left, &right));
    }

    #[test]
    fn every_row_is_in_one_group_or_keyless(one in keys(), other in keys(), dealing in dealings()) {
        let sides = [keyed(&one), keyed(&other)];
        let pairing = pair_dealt(&sides, dealing);
        let mut first_seen: BTreeMap<String, usize> = BTreeMap::new();
        for (number, side) in [&one, &other].into_iter().enumerate() {
            let members = &pairing.sides[number];
            let mut seen: Vec<u32> = members.keyless.clone();
            for group in 0..pairing.groups {
                let rows = members.of(group);
                prop_assert!(rows.is_sorted());
                for row in rows {
                    let key = format!("{:?}", key_values(&sides[number].parts, *row));
                    prop_assert_eq!(*first_seen.entry(key).or_insert(group), group);
                }
                seen.extend(rows);
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..side.len() as u32).collect::<Vec<u32>>());
            let has_no_key = |row: &u32| side[*row as usize].0.is_none() || side[*row as usize].1.is_none();
            prop_assert!(members.keyless.iter().all(has_no_key));
            prop_assert_eq!(members.keyless.len(), side.iter().filter(|key| key.0.is_none() || key.1.is_none()).count());
        }
        let firsts: Vec<u32> = (0..pairing.groups).filter_map(|group| pairing.sides[0].of(group).first().copied()).collect();
        prop_assert!(firsts.is_sorted(), "groups are numbered as their rows come");
    }

    #[test]
    fn however_rows_are_dealt_out_the_same_groups_come_in_the_same_order(one in keys(), other in keys(), dealing in dealings()) {
        let sides = [keyed(&one), keyed(&other)];
        prop_assert_eq!(format!("{:?}", pair_dealt(&sides, dealing)), format!("{:?}", pair(&sides)));
    }

    #[test]
    fn a_part_has_its_groups_and_knows_which_are_awaited(one in keys(), other in keys(), from in 0..20usize, to in 0..20usize) {
        let sides = [keyed(&one), keyed(&other)];
        let pairing = pair(&sides);
        let to = to.min(pairing.groups);
        let from = from.min(to);
        let key_of = |group: usize| {
            let side = usize::from(pairing.sides[0].of(group).is_empty());
            key_values(&sides[side].parts, pairing.sides[side].of(group)[0])
        };
        let awaited: HashSet<u64> =
            (0..pairing.groups).step_by(3).map(|group| digest(&sides[0].parts, &key_of(group))).collect();
        let part = pairing.part(&sides, from, to, &awaited);
        prop_assert_eq!(part.groups, to - from);
        for group in 0..part.groups {
            for side in 0..2 {
                prop_assert_eq!(part.sides[side].of(group), pairing.sides[side].of(from + group));
            }
            prop_assert_eq!(part.is_awaited(group), (from + group) % 3 == 0);
        }
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
    let sides = [Keyed { rows: Kept::All(1), parts: parts.to_vec() }];
    let key = Subject::key(key_values(&parts, 0));
    assert_eq!(key.canonical(), r#"[1.5,"订单","2026-10-05","2026-10-05T04:30:00.000007Z",false]"#);
    for stored in [key.clone(), Subject::parse(key.canonical()).unwrap()] {
        let awaited = HashSet::from([digest(&parts, stored.values())]);
        assert!(pair(&sides).part(&sides, 0, 1, &awaited).is_awaited(0));
    }
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

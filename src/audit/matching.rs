//! Pairing rows of N sides by key.
//!
//! Keys are compared as typed, normalised values: text by bytes, decimals by value whatever their scale. A row with a
//! null in any part of its key is keyless and pairs with nothing: null never equals null.
//!
//! Rows are first dealt into partitions by a hash of their key ([`Cut`]), so that each partition's table of keys stays
//! in the processor's cache and partitions can be paired side by side. Within one, a hash only finds candidates; that
//! two keys are equal is always decided on the keys themselves.

mod hash;
mod index;

use std::collections::BTreeMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;

use super::expression::Vector;
use super::value::Value;
use hash::{equal, hash_values};

pub use index::{Hits, Index};

/// Rows of a table, in table order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The first so many: every row, where no filter left one out.
    All(u32),
    /// Row numbers, rising.
    Some(Vec<u32>),
}

impl Kept {
    pub fn len(&self) -> usize {
        match self {
            Kept::All(rows) => *rows as usize,
            Kept::Some(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.range(0, self.len())
    }

    /// Those of places `from..to` among the kept rows.
    fn range(&self, from: usize, to: usize) -> impl Iterator<Item = u32> + '_ {
        (from..to).map(move |place| match self {
            Kept::All(_) => place as u32,
            Kept::Some(rows) => rows[place],
        })
    }

    /// Keeps the rows for which `holds` is true.
    pub fn retain(&mut self, mut holds: impl FnMut(u32) -> bool) {
        let rows: Vec<u32> = self.iter().filter(|row| holds(*row)).collect();
        if rows.len() < self.len() {
            *self = Kept::Some(rows);
        }
    }
}

/// The rows of one side that take part, with the vectors of their key columns (over the whole table).
pub struct Keyed {
    pub rows: Kept,
    pub parts: Vec<Vector>,
}

/// Which rows of each side share a key. Groups are numbered by first appearance, side by side.
pub struct Pairing {
    pub groups: usize,
    /// One entry per side, in side order.
    pub sides: Vec<Members>,
    /// A hash of each group's key, as [`digest`] gives it for the same values.
    digests: Vec<u64>,
}

impl Pairing {
    pub fn digest(&self, group: usize) -> u64 {
        self.digests[group]
    }
}

/// The rows of one side, group by group.
#[derive(Debug, Default)]
pub struct Members {
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// Rows without a usable key.
    pub keyless: Vec<u32>,
}

impl Members {
    /// The table rows of `group`, in table order.
    pub fn of(&self, group: usize) -> &[u32] {
        &self.rows[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// Groups with at least one row here.
    pub fn distinct(&self) -> u64 {
        self.starts.windows(2).filter(|pair| pair[0] < pair[1]).count() as u64
    }

    /// The same groups with only the rows for which `holds` is true of group and row.
    pub fn filtered(&self, groups: usize, mut holds: impl FnMut(usize, u32) -> bool) -> Members {
        let mut kept = Members { starts: Vec::with_capacity(groups + 1), rows: Vec::new(), keyless: Vec::new() };
        kept.rows.reserve(self.rows.len());
        kept.starts.push(0);
        for group in 0..groups {
            kept.rows.extend(self.of(group).iter().filter(|row| holds(group, **row)));
            kept.starts.push(kept.rows.len() as u32);
        }
        kept
    }
}

/// Rows that are dealt out together, on one thread: small enough that their hashes stay in the cache.
const BLOCK_ROWS: usize = 1 << 16;

/// The sides' rows, dealt into partitions by a hash of their key. Rows of one key are in one partition.
pub struct Cut {
    partitions: usize,
    sides: Vec<CutSide>,
}

struct CutSide {
    blocks: Vec<Block>,
    keyless: Vec<u32>,
}

/// Some consecutive rows, in the order of their partitions.
struct Block {
    /// Where each partition begins.
    starts: Vec<u32>,
    rows: Vec<Hashed>,
    keyless: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct Hashed {
    hash: u32,
    row: u32,
}

/// Deals the rows of all sides into `partitions`. Every side has the same number of key parts, of agreeing types.
pub fn cut(sides: &[Keyed], partitions: usize) -> Cut {
    let partitions = partitions.max(1);
    let cut_side = |side: &Keyed| {
        let blocks = side.rows.len().div_ceil(BLOCK_ROWS);
        let mut blocks: Vec<Block> =
            (0..blocks).into_par_iter().map(|block| deal(side, block * BLOCK_ROWS, partitions)).collect();
        let keyless = blocks.iter_mut().flat_map(|block| std::mem::take(&mut block.keyless)).collect();
        CutSide { blocks, keyless }
    };
    Cut { partitions, sides: sides.iter().map(cut_side).collect() }
}

fn deal(side: &Keyed, from: usize, partitions: usize) -> Block {
    let to = side.rows.len().min(from + BLOCK_ROWS);
    let rows: Vec<u32> = side.rows.range(from, to).collect();
    let (hashes, is_keyless) = hash::hash_rows(&side.parts, &rows);
    let mut starts = vec![0u32; partitions + 1];
    for (hash, keyless) in hashes.iter().zip(&is_keyless) {
        starts[partition_of(*hash, partitions) + 1] += u32::from(!keyless);
    }
    for partition in 0..partitions {
        starts[partition + 1] += starts[partition];
    }
    let mut next = starts.clone();
    let mut dealt = vec![Hashed::default(); starts[partitions] as usize];
    let mut without = Vec::new();
    for ((hash, keyless), row) in hashes.iter().zip(&is_keyless).zip(rows) {
        if *keyless {
            without.push(row);
            continue;
        }
        let place = &mut next[partition_of(*hash, partitions)];
        dealt[*place as usize] = Hashed { hash: *hash as u32, row };
        *place += 1;
    }
    Block { starts, rows: dealt, keyless: without }
}

/// The upper half of the hash chooses the partition, the lower half the place in its table.
fn partition_of(hash: u64, partitions: usize) -> usize {
    (((hash >> 32) * partitions as u64) >> 32) as usize
}

impl Cut {
    pub fn partitions(&self) -> usize {
        self.partitions
    }

    /// The rows of a side without a usable key, in table order.
    pub fn keyless(&self, side: usize) -> &[u32] {
        &self.sides[side].keyless
    }

    /// Pairs the rows of one partition. `sides` are those that were cut.
    pub fn pair(&self, sides: &[Keyed], partition: usize) -> Pairing {
        let rows_of = |side: &CutSide| side.blocks.iter().map(|block| block.of(partition).len()).sum::<usize>();
        let mut table: HashTable<u32> = HashTable::with_capacity(self.sides.iter().map(rows_of).max().unwrap_or(0));
        let mut groups: Vec<First> = Vec::with_capacity(table.capacity());
        let mut assigned: Vec<Vec<Placed>> = Vec::with_capacity(self.sides.len());
        for (number, side) in self.sides.iter().enumerate() {
            let mut placed = Vec::with_capacity(rows_of(side));
            for hashed in side.blocks.iter().flat_map(|block| block.of(partition)) {
                let is_same = |group: &u32| {
                    let first = &groups[*group as usize];
                    first.hash == hashed.hash
                        && equal(&sides[first.side].parts, first.row, &sides[number].parts, hashed.row)
                };
                let rehash = |group: &u32| spread(groups[*group as usize].hash);
                let group = match table.entry(spread(hashed.hash), is_same, rehash) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(place) => {
                        let next = groups.len() as u32;
                        place.insert(next);
                        groups.push(First { hash: hashed.hash, side: number, row: hashed.row });
                        next
                    }
                };
                placed.push((group, hashed.row));
            }
            assigned.push(placed);
        }
        let digests = groups.iter().map(|first| u64::from(first.hash)).collect();
        let members = assigned.into_iter().map(|placed| lay_out(groups.len(), &placed)).collect();
        Pairing { groups: groups.len(), sides: members, digests }
    }
}

impl Block {
    fn of(&self, partition: usize) -> &[Hashed] {
        &self.rows[self.starts[partition] as usize..self.starts[partition + 1] as usize]
    }
}

/// The row that made a group.
struct First {
    hash: u32,
    side: usize,
    row: u32,
}

/// The table wants its tag bits at the top and its place bits at the bottom of 64.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A group and a row of it.
type Placed = (u32, u32);

/// Pairs all rows at once.
pub fn pair(sides: &[Keyed]) -> Pairing {
    let cut = cut(sides, 1);
    let mut pairing = cut.pair(sides, 0);
    for (members, side) in pairing.sides.iter_mut().zip(cut.sides) {
        members.keyless = side.keyless;
    }
    pairing
}

/// Counts, then places: rows of one group stand together, in table order.
fn lay_out(groups: usize, placed: &[Placed]) -> Members {
    let mut starts = vec![0u32; groups + 1];
    for (group, _) in placed {
        starts[*group as usize + 1] += 1;
    }
    for group in 0..groups {
        starts[group + 1] += starts[group];
    }
    let mut next = starts.clone();
    let mut rows = vec![0u32; placed.len()];
    for (group, row) in placed {
        let place = &mut next[*group as usize];
        rows[*place as usize] = *row;
        *place += 1;
    }
    Members { starts, rows, keyless: Vec::new() }
}

/// The runs of two or more of `rows` that have the same values in `parts`. A row with a null there is like no other.
pub fn alike(parts: &[Vector], rows: &[u32]) -> Vec<Vec<u32>> {
    if let [one, other] = rows {
        let complete = [one, other].into_iter().all(|row| hash::is_complete(parts, *row));
        let same = complete && equal(parts, *one, parts, *other);
        return if same { vec![vec![*one, *other]] } else { Vec::new() };
    }
    let (hashes, incomplete) = hash::hash_rows(parts, rows);
    let mut by_hash: BTreeMap<u64, Vec<Vec<u32>>> = BTreeMap::new();
    for ((hash, incomplete), row) in hashes.into_iter().zip(incomplete).zip(rows) {
        if incomplete {
            continue;
        }
        let runs = by_hash.entry(hash).or_default();
        match runs.iter_mut().find(|run| equal(parts, run[0], parts, *row)) {
            Some(run) => run.push(*row),
            None => runs.push(vec![*row]),
        }
    }
    by_hash.into_values().flatten().filter(|run| run.len() > 1).collect()
}

/// The values of a row's key.
pub fn key_values(parts: &[Vector], row: u32) -> Vec<Value> {
    parts.iter().map(|part| part.value(row as usize)).collect()
}

/// The hash that a group with this key has, whose parts stand in columns of the types of `parts`; equal keys have
/// equal digests.
pub fn digest(parts: &[Vector], key: &[Value]) -> u64 {
    u64::from(hash_values(parts, key) as u32)
}

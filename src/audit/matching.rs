//! Pairing rows of N sides by key.
//!
//! Keys are compared as typed, normalised values: text by bytes, decimals by value whatever their scale. A row with a
//! null in any part of its key is keyless and pairs with nothing: null never equals null.
//!
//! Rows are dealt into partitions by a hash of their key, so that each partition's table of hashes stays in the
//! processor's cache and partitions can be worked on side by side. A hash only finds candidates: every row's key is then
//! compared with that of its group's first row, in the order of the rows, where neighbours lie together in memory.
//! Groups are numbered in that order too, so that whoever judges them one after the other reads the columns in order.

mod hash;
mod index;

use std::collections::{BTreeMap, HashSet};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;

use super::expression::Vector;
use super::value::{Subject, Value};
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

    /// The row at a place among the kept ones.
    fn at(&self, place: usize) -> u32 {
        match self {
            Kept::All(_) => place as u32,
            Kept::Some(rows) => rows[place],
        }
    }

    /// Those of places `from..to` among the kept rows.
    fn range(&self, from: usize, to: usize) -> impl Iterator<Item = u32> + '_ {
        (from..to).map(|place| self.at(place))
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
#[derive(Debug, Default)]
pub struct Pairing {
    pub groups: usize,
    /// One entry per side, in side order.
    pub sides: Vec<Members>,
    /// Which groups have a key whose digest was asked for; empty where none was.
    awaited: Vec<bool>,
}

impl Pairing {
    /// Groups `from..to` as a pairing of their own, without keyless rows. `awaited` are digests of keys that somebody
    /// waits for.
    pub fn part(&self, sides: &[Keyed], from: usize, to: usize, awaited: &HashSet<u64>) -> Pairing {
        let members = self.sides.iter().map(|members| members.part(from, to)).collect();
        let mut part = Pairing { groups: to - from, sides: members, awaited: Vec::new() };
        if !awaited.is_empty() {
            part.awaited = (0..part.groups).map(|group| awaited.contains(&part.digest(sides, group))).collect();
        }
        part
    }

    /// Whether the group's key has a digest that was asked for: a sign that it may be that key, never a proof.
    pub fn is_awaited(&self, group: usize) -> bool {
        self.awaited.get(group).copied().unwrap_or_default()
    }

    /// What [`digest`] gives for the values of the group's key.
    fn digest(&self, sides: &[Keyed], group: usize) -> u64 {
        let first = sides.iter().zip(&self.sides).find_map(|(side, members)| Some((side, members.of(group).first()?)));
        first.map_or(0, |(side, row)| hash::hash_row(&side.parts, *row))
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
        let mut kept = Members { starts: Vec::with_capacity(groups + 1), ..Members::default() };
        kept.rows.reserve(self.rows.len());
        kept.starts.push(0);
        for group in 0..groups {
            kept.rows.extend(self.of(group).iter().filter(|row| holds(group, **row)));
            kept.starts.push(kept.rows.len() as u32);
        }
        kept
    }

    fn part(&self, from: usize, to: usize) -> Members {
        let (first, last) = (self.starts[from], self.starts[to]);
        let starts = self.starts[from..=to].iter().map(|start| start - first).collect();
        Members { starts, rows: self.rows[first as usize..last as usize].to_vec(), keyless: Vec::new() }
    }

    /// Counts, then places: rows of one group stand together, in table order. `groups_of` has the group of each kept
    /// row, or [`NOWHERE`].
    fn lay_out(groups: usize, groups_of: &[u32], kept: &Kept) -> Members {
        let mut members = Members { starts: vec![0; groups + 1], ..Members::default() };
        for group in groups_of.iter().filter(|group| **group != NOWHERE) {
            members.starts[*group as usize + 1] += 1;
        }
        for group in 0..groups {
            members.starts[group + 1] += members.starts[group];
        }
        members.rows = vec![0; members.starts[groups] as usize];
        for (group, row) in groups_of.iter().zip(kept.iter()) {
            if *group == NOWHERE {
                members.keyless.push(row);
                continue;
            }
            let next = &mut members.starts[*group as usize];
            members.rows[*next as usize] = row;
            *next += 1;
        }
        // Each start has moved to where the next one was.
        members.starts.copy_within(0..groups, 1);
        members.starts[0] = 0;
        members
    }
}

/// Rows that are worked on together, on one thread: few enough that their hashes stay in the cache.
const BLOCK_ROWS: usize = 1 << 16;

/// How rows are dealt out to be matched. What is matched does not depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Dealing {
    /// Rows dealt together, at most 65,536: few enough that their hashes stay in the cache.
    pub block_rows: usize,
    /// Rows matched together: few enough that the table of their hashes stays in the cache.
    pub partition_rows: usize,
    /// Bits of a hash that are looked at.
    pub hash_bits: u32,
}

impl Default for Dealing {
    fn default() -> Self {
        Dealing { block_rows: BLOCK_ROWS, partition_rows: 1 << 15, hash_bits: u64::BITS }
    }
}

/// The group, or leader, of a row without a key.
const NOWHERE: u32 = u32::MAX;

/// Pairs the rows of all sides. Every side has the same number of key parts, of agreeing types.
pub fn pair(sides: &[Keyed]) -> Pairing {
    pair_dealt(sides, Dealing::default())
}

/// [`pair`], with the rows dealt out as `dealing` says.
///
/// # Panics
/// When the sides have more than four billion rows together, or a block is to have more than 65,536.
pub fn pair_dealt(sides: &[Keyed], dealing: Dealing) -> Pairing {
    assert!((1..=1 << 16).contains(&dealing.block_rows), "a block's places are counted in 16 bits");
    let rows: usize = sides.iter().map(|side| side.rows.len()).sum();
    assert!(rows < NOWHERE as usize, "the rows of all sides are numbered in 32 bits");
    let partitions = rows.div_ceil(dealing.partition_rows).max(1);
    let places = Places::of(sides, dealing.block_rows);
    let mut blocks: Vec<Block> =
        places.blocks.par_iter().map(|place| Block::deal(&sides[place.side], place, partitions, dealing)).collect();
    match_blocks(&mut blocks, partitions);
    let mut leaders = vec![NOWHERE; rows];
    let cut = places.cut(&mut leaders);
    cut.into_par_iter().zip(blocks).for_each(|(leaders, block)| block.hand_over(leaders));
    part_strays(sides, &places, &mut leaders);
    let groups = number(&mut leaders);
    let members = |(side, keyed): (usize, &Keyed)| {
        let from = places.offsets[side];
        Members::lay_out(groups, &leaders[from..from + keyed.rows.len()], &keyed.rows)
    };
    let sides = sides.par_iter().enumerate().map(|(side, keyed)| members((side, keyed))).collect();
    Pairing { groups, sides, awaited: Vec::new() }
}

/// The kept rows of all sides in one line: a row's place is its number in it.
struct Places {
    /// The first place of each side.
    offsets: Vec<usize>,
    blocks: Vec<Place>,
}

/// Where a block stands: its side, its first row among the side's kept ones, how many, and its first place.
struct Place {
    side: usize,
    from: usize,
    rows: usize,
    first: usize,
}

impl Places {
    fn of(sides: &[Keyed], block_rows: usize) -> Places {
        let (mut offsets, mut blocks, mut first) = (Vec::new(), Vec::new(), 0);
        for (side, keyed) in sides.iter().enumerate() {
            offsets.push(first);
            for from in (0..keyed.rows.len()).step_by(block_rows) {
                let rows = block_rows.min(keyed.rows.len() - from);
                blocks.push(Place { side, from, rows, first });
                first += rows;
            }
        }
        Places { offsets, blocks }
    }

    /// The side and the table row of a place.
    fn row(&self, sides: &[Keyed], place: u32) -> (usize, u32) {
        let place = place as usize;
        let side = self.offsets.iter().rposition(|first| *first <= place).unwrap_or_default();
        (side, sides[side].rows.at(place - self.offsets[side]))
    }

    /// A list with one entry for each place, cut into the blocks' shares.
    fn cut<'l>(&self, list: &'l mut [u32]) -> Vec<&'l mut [u32]> {
        let mut rest = list;
        let share = |place: &Place| rest.split_off_mut(..place.rows).unwrap_or_default();
        self.blocks.iter().map(share).collect()
    }
}

/// Some consecutive rows of a side, in the order of their partitions.
struct Block {
    first: usize,
    /// Where each partition begins.
    starts: Vec<u32>,
    hashes: Vec<u64>,
    /// Places, counted from the block's first.
    places: Vec<u16>,
    /// The place of the first row with the same hash.
    leaders: Vec<u32>,
}

impl Block {
    fn deal(side: &Keyed, place: &Place, partitions: usize, dealing: Dealing) -> Block {
        let rows: Vec<u32> = side.rows.range(place.from, place.from + place.rows).collect();
        let (mut hashes, keyless) = hash::hash_rows(&side.parts, &rows);
        if dealing.hash_bits < u64::BITS {
            hashes.iter_mut().for_each(|hash| *hash <<= u64::BITS - dealing.hash_bits);
        }
        let mut starts = vec![0u32; partitions + 1];
        for (hash, keyless) in hashes.iter().zip(&keyless) {
            starts[partition_of(*hash, partitions) + 1] += u32::from(!keyless);
        }
        for partition in 0..partitions {
            starts[partition + 1] += starts[partition];
        }
        let keyed = starts[partitions] as usize;
        let mut block = Block {
            first: place.first,
            hashes: vec![0; keyed],
            places: vec![0; keyed],
            leaders: vec![0; keyed],
            starts: starts.clone(),
        };
        for (place, (hash, keyless)) in hashes.iter().zip(&keyless).enumerate() {
            if !keyless {
                let next = &mut starts[partition_of(*hash, partitions)];
                block.hashes[*next as usize] = *hash;
                block.places[*next as usize] = place as u16;
                *next += 1;
            }
        }
        block
    }

    /// Writes the leaders to the rows' own places.
    fn hand_over(self, leaders: &mut [u32]) {
        for (place, leader) in self.places.into_iter().zip(self.leaders) {
            leaders[usize::from(place)] = leader;
        }
    }
}

/// The upper half of the hash chooses the partition.
fn partition_of(hash: u64, partitions: usize) -> usize {
    (((hash >> 32) * partitions as u64) >> 32) as usize
}

/// One partition's share of a block.
struct Share<'b> {
    first: usize,
    hashes: &'b [u64],
    places: &'b [u16],
    leaders: &'b mut [u32],
}

/// Finds for every row the first with its hash, partition by partition.
fn match_blocks(blocks: &mut [Block], partitions: usize) {
    let mut shares: Vec<Vec<Share<'_>>> = Vec::new();
    shares.resize_with(partitions, || Vec::with_capacity(blocks.len()));
    for Block { first, starts, hashes, places, leaders } in blocks {
        let mut rest = leaders.as_mut_slice();
        for (partition, shares) in shares.iter_mut().enumerate() {
            let range = starts[partition] as usize..starts[partition + 1] as usize;
            let leaders = rest.split_off_mut(..range.len()).unwrap_or_default();
            shares.push(Share { first: *first, hashes: &hashes[range.clone()], places: &places[range], leaders });
        }
    }
    shares.into_par_iter().for_each(|shares| {
        let rows: usize = shares.iter().map(|share| share.hashes.len()).sum();
        let mut table: HashTable<(u64, u32)> = HashTable::with_capacity(rows / 2);
        for Share { first, hashes, places, leaders } in shares {
            for ((hash, place), leader) in hashes.iter().zip(places).zip(leaders) {
                let place = (first + usize::from(*place)) as u32;
                *leader = match table.entry(spread(*hash), |known| known.0 == *hash, |known| spread(known.0)) {
                    Entry::Occupied(known) => known.get().1,
                    Entry::Vacant(free) => free.insert((*hash, place)).get().1,
                };
            }
        }
    });
}

/// The table takes its tags from the top bits, which are alike within a partition.
fn spread(hash: u64) -> u64 {
    hash.rotate_left(32)
}

/// Takes the rows whose key is not that of their leader, only its hash, out of their groups. All rows of such a key are
/// among them, because the leader is none of theirs: so they can be grouped by key among themselves.
fn part_strays(sides: &[Keyed], places: &Places, leaders: &mut [u32]) {
    let stray = |place: usize, side: usize, row: u32| {
        let leader = leaders[place];
        if leader == NOWHERE || leader as usize == place {
            return false;
        }
        let (other, other_row) = places.row(sides, leader);
        !equal(&sides[side].parts, row, &sides[other].parts, other_row)
    };
    let strays_of = |block: &Place| -> Vec<u32> {
        let rows = sides[block.side].rows.range(block.from, block.from + block.rows).enumerate();
        rows.map(|(index, row)| (block.first + index, row))
            .filter(|(place, row)| stray(*place, block.side, *row))
            .map(|(place, _)| place as u32)
            .collect()
    };
    let strays: Vec<Vec<u32>> = places.blocks.par_iter().map(strays_of).collect();
    let mut by_key: BTreeMap<String, u32> = BTreeMap::new();
    for place in strays.into_iter().flatten() {
        let (side, row) = places.row(sides, place);
        let key = Subject::key(key_values(&sides[side].parts, row));
        leaders[place as usize] = *by_key.entry(key.canonical().to_owned()).or_insert(place);
    }
}

/// Turns leaders into groups, numbered as their leaders come; answers how many there are.
fn number(leaders: &mut [u32]) -> usize {
    let mut groups = 0;
    for place in 0..leaders.len() {
        let leader = leaders[place];
        if leader == place as u32 {
            leaders[place] = groups;
            groups += 1;
        } else if leader != NOWHERE {
            leaders[place] = leaders[leader as usize];
        }
    }
    groups as usize
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
    hash_values(parts, key)
}

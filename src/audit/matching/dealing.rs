//! Finding, for every row, the first with the same key: dealt out by hash, matched in pieces that fit the processor's
//! cache, and proven by key in the order of the rows.

use std::collections::BTreeMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;

use super::hash;
use super::{Keyed, key_values};
use crate::audit::value::Subject;

/// Rows that are worked on together, on one thread: few enough that their hashes stay in the cache.
pub(super) const BLOCK_ROWS: usize = 1 << 16;

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
pub(super) const NOWHERE: u32 = u32::MAX;

/// The place of the first row with its key, for each row of all sides in one line; [`NOWHERE`] for a row without a key.
pub(super) fn leaders(sides: &[Keyed], dealing: Dealing) -> Vec<u32> {
    assert!((1..=1 << 16).contains(&dealing.block_rows), "a block's places are counted in 16 bits");
    let rows: usize = sides.iter().map(|side| side.rows.len()).sum();
    let partitions = rows.div_ceil(dealing.partition_rows).max(1);
    let places = Places::of(sides, dealing.block_rows);
    let mut blocks: Vec<Block> =
        places.blocks.par_iter().map(|place| Block::deal(&sides[place.side], place, partitions, dealing)).collect();
    match_blocks(&mut blocks, partitions);
    let mut leaders = vec![NOWHERE; rows];
    let cut = places.cut(&mut leaders);
    cut.into_par_iter().zip(blocks).for_each(|(leaders, block)| block.hand_over(leaders));
    part_strays(sides, &places, &mut leaders);
    leaders
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

/// That a row has the key of its leader, which its hash says and its key must prove.
pub(super) struct Claim {
    place: u32,
    pub row: u32,
    /// The leader's side and table row.
    pub side: usize,
    pub leader_row: u32,
    pub holds: bool,
}

/// Takes the rows whose key is not that of their leader, only its hash, out of their groups. All rows of such a key are
/// among them, because the leader is none of theirs: so they can be grouped by key among themselves.
fn part_strays(sides: &[Keyed], places: &Places, leaders: &mut [u32]) {
    let strays_of = |block: &Place| -> Vec<u32> {
        let rows = sides[block.side].rows.range(block.from, block.from + block.rows);
        let mut claims: Vec<Claim> = Vec::with_capacity(block.rows);
        for (place, row) in (block.first as u32..).zip(rows) {
            let leader = leaders[place as usize];
            if leader != NOWHERE && leader != place {
                let (side, leader_row) = places.row(sides, leader);
                claims.push(Claim { place, row, side, leader_row, holds: true });
            }
        }
        for side in 0..sides.len() {
            hash::prove(&sides[block.side].parts, &sides[side].parts, side, &mut claims);
        }
        claims.into_iter().filter(|claim| !claim.holds).map(|claim| claim.place).collect()
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
pub(super) fn number(leaders: &mut [u32]) -> usize {
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

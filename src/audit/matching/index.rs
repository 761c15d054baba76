//! Rows of one table found by key, for the rows of another.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;

use super::BLOCK_ROWS;
use super::hash::{equal, hash_rows};
use crate::audit::expression::Vector;

/// The rows of a table by the values of some of its columns. A row with a null among them is never found.
pub struct Index {
    parts: Vec<Vector>,
    keys: HashTable<(u64, Hits)>,
}

/// The rows that carry one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hits {
    /// The first of them.
    pub row: u32,
    /// None at all where this is zero.
    pub count: u32,
}

impl Index {
    /// Over `rows` rows of the columns `parts`.
    pub fn new(parts: Vec<Vector>, rows: usize) -> Index {
        Index::of_rows(parts, (0..rows as u32).collect())
    }

    /// Over some rows of the columns `parts`.
    pub fn of_rows(parts: Vec<Vector>, rows: Vec<u32>) -> Index {
        let (hashes, keyless) = hash_rows(&parts, &rows);
        let mut keys: HashTable<(u64, Hits)> = HashTable::with_capacity(rows.len());
        for ((row, hash), _) in rows.into_iter().zip(hashes).zip(keyless).filter(|(_, keyless)| !keyless) {
            let same = |(known, hits): &(u64, Hits)| *known == hash && equal(&parts, hits.row, &parts, row);
            match keys.entry(hash, same, |(hash, _)| *hash) {
                Entry::Occupied(mut known) => known.get_mut().1.count += 1,
                Entry::Vacant(free) => drop(free.insert((hash, Hits { row, count: 1 }))),
            }
        }
        Index { parts, keys }
    }

    /// For each of `rows` rows of the columns `parts`, the rows here that carry its key.
    pub fn find(&self, parts: &[Vector], rows: usize) -> Vec<Hits> {
        let blocks: Vec<Vec<Hits>> = (0..rows.div_ceil(BLOCK_ROWS))
            .into_par_iter()
            .map(|block| {
                let numbers: Vec<u32> =
                    (block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(rows)).map(|row| row as u32).collect();
                let (hashes, keyless) = hash_rows(parts, &numbers);
                let found = numbers.iter().zip(hashes).zip(keyless);
                found.map(|((row, hash), keyless)| self.hits(parts, *row, hash, keyless)).collect()
            })
            .collect();
        blocks.concat()
    }

    fn hits(&self, parts: &[Vector], row: u32, hash: u64, keyless: bool) -> Hits {
        let same = |(known, hits): &(u64, Hits)| *known == hash && equal(&self.parts, hits.row, parts, row);
        let found = if keyless { None } else { self.keys.find(hash, same) };
        found.map_or(Hits { row: 0, count: 0 }, |(_, hits)| *hits)
    }
}

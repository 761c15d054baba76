//! Pairing rows of N sides by key.
//!
//! Keys are compared as typed, normalised values: text by bytes, decimals by value whatever their scale. A row with a
//! null in any part of its key is keyless and pairs with nothing: null never equals null.

use std::collections::HashMap;

use super::amount::Amount;
use super::expression::{Cell, Vector};
use super::value::Value;

/// The rows of one side that take part, with the vectors of their key columns (over the whole table).
pub struct Keyed {
    /// Row numbers in the table, rising.
    pub rows: Vec<u32>,
    pub parts: Vec<Vector>,
}

/// Which rows of each side share a key. Groups are numbered by first appearance, side by side.
pub struct Pairing {
    pub groups: usize,
    /// One entry per side, in side order.
    pub sides: Vec<Members>,
}

/// The rows of one side, group by group.
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
}

/// Pairs the sides. Every side has the same number of key parts, of agreeing types.
pub fn pair(sides: &[Keyed]) -> Pairing {
    let mut groups: HashMap<Vec<u8>, u32> = HashMap::new();
    let mut assigned: Vec<(Vec<(u32, u32)>, Vec<u32>)> = Vec::with_capacity(sides.len());
    let mut key = Vec::new();
    for side in sides {
        let mut placed = Vec::with_capacity(side.rows.len());
        let mut keyless = Vec::new();
        for &row in &side.rows {
            key.clear();
            if !side.parts.iter().all(|part| encode(part, row as usize, &mut key)) {
                keyless.push(row);
                continue;
            }
            let group = match groups.get(key.as_slice()) {
                Some(group) => *group,
                None => {
                    let next = groups.len() as u32;
                    groups.insert(key.clone(), next);
                    next
                }
            };
            placed.push((group, row));
        }
        assigned.push((placed, keyless));
    }
    let count = groups.len();
    let sides = assigned.into_iter().map(|(placed, keyless)| lay_out(count, &placed, keyless)).collect();
    Pairing { groups: count, sides }
}

/// Counts, then places: rows of one group stand together, in table order.
fn lay_out(groups: usize, placed: &[(u32, u32)], keyless: Vec<u32>) -> Members {
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
    Members { starts, rows, keyless }
}

/// Appends one part of a key in a form that is equal exactly where the values are; `false` for a null.
fn encode(part: &Vector, row: usize, key: &mut Vec<u8>) -> bool {
    match part {
        Vector::Text(texts) => match texts.get(row) {
            Some(text) => {
                key.extend_from_slice(&(text.len() as u32).to_le_bytes());
                key.extend_from_slice(text.as_bytes());
                true
            }
            None => false,
        },
        Vector::Decimal(decimals) => {
            if decimals.state[row] != Cell::Value {
                return false;
            }
            let amount = Amount::new(decimals.units[row], decimals.scale).normalised();
            key.extend_from_slice(&amount.units().to_le_bytes());
            key.push(amount.scale());
            true
        }
        Vector::Date(days) => append(key, days[row].map(|day| i64::from(day).to_le_bytes())),
        Vector::Instant(micros) => append(key, micros[row].map(i64::to_le_bytes)),
        Vector::Boolean(flags) => append(key, flags[row].map(|flag| [u8::from(flag)])),
    }
}

fn append<const N: usize>(key: &mut Vec<u8>, bytes: Option<[u8; N]>) -> bool {
    bytes.is_some_and(|bytes| {
        key.extend_from_slice(&bytes);
        true
    })
}

/// The values of a row's key.
pub fn key_values(parts: &[Vector], row: u32) -> Vec<Value> {
    parts.iter().map(|part| part.value(row as usize)).collect()
}

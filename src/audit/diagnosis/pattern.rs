//! What the breaks of one check have in common far beyond what all rows have.

use std::collections::{BTreeMap, HashMap};

use super::figures::Ties;
use super::{Pattern, Trait, rows};
use crate::audit::breaks::{Class, Finding};
use crate::audit::value::Value;

/// Fewer breaks than this have things in common by chance.
const FEWEST: u64 = 5;
/// Patterns that are told of one rule.
const TOLD: usize = 5;
/// How many halvings away from chance the breaks must be, beside those for the number of values that were tried: 2^-11
/// is less than one in a thousand.
const BEYOND_CHANCE: u32 = 11;
/// The fractional bits of a logarithm.
const FRACTION: u32 = 16;

/// What breaks are counted together: of one check, class and side.
type Kind<'f> = (&'f str, Class, Option<&'f str>);

/// Looks through every column whose values group its side's rows. The most telling first; values that the same breaks
/// share are one pattern.
pub(super) fn patterns(ties: &Ties<'_>, findings: &[Finding]) -> Vec<Pattern> {
    let mut kinds: BTreeMap<Kind<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        for found in &finding.breaks {
            let members = kinds.entry((&found.check, found.class, found.side.as_deref())).or_default();
            if members.last().is_none_or(|last| !std::ptr::eq(*last, finding)) {
                members.push(finding);
            }
        }
    }
    let mut patterns: Vec<Pattern> =
        kinds.into_iter().flat_map(|(kind, members)| of_kind(ties, kind, &members)).collect();
    // Stable: what covers as many stays in the order of check, class and side.
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.breaks));
    patterns.truncate(TOLD);
    patterns
}

struct Candidate {
    told: Trait,
    members: Vec<usize>,
}

fn of_kind(ties: &Ties<'_>, (check, class, side): Kind<'_>, members: &[&Finding]) -> Vec<Pattern> {
    let of = members.len() as u64;
    if of < FEWEST {
        return Vec::new();
    }
    let mut tried = 0_u64;
    let mut candidates: Vec<Candidate> = Vec::new();
    for index in 0..ties.settings.sides.len() {
        for column in ties.backdrop.groupings(index) {
            let mut sharing: HashMap<&Value, Vec<usize>> = HashMap::new();
            for (place, finding) in members.iter().enumerate() {
                let held = rows::rows(finding, &ties.side(index).name);
                if let Some(value) = held.and_then(|held| rows::common(held, column)) {
                    sharing.entry(value).or_default().push(place);
                }
            }
            tried += sharing.len() as u64;
            // More than half of the breaks can share only one value of a column.
            let most = sharing.into_iter().find(|(_, members)| 2 * members.len() as u64 > of);
            let Some((value, members)) = most else { continue };
            let Some((rows, all)) = ties.backdrop.share(index, column, value) else { continue };
            let told = Trait {
                side: ties.side(index).name.clone(),
                column: column.to_owned(),
                value: value.clone(),
                rows,
                all,
            };
            let known = |known: &Candidate| known.told.column == told.column && known.told.value == told.value;
            if !candidates.iter().any(known) {
                candidates.push(Candidate { told, members });
            }
        }
    }
    candidates.retain(|candidate| is_beyond_chance(candidate, of, tried));
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.members.len()));
    let mut patterns: Vec<(Vec<usize>, Pattern)> = Vec::new();
    for Candidate { told, members } in candidates {
        let breaks = members.len() as u64;
        match patterns.iter_mut().find(|(known, _)| *known == members) {
            Some((_, pattern)) => pattern.traits.push(told),
            None => {
                let (check, side) = (check.to_owned(), side.map(str::to_owned));
                patterns.push((members, Pattern { check, class, side, breaks, of, traits: vec![told] }));
            }
        }
    }
    patterns.into_iter().map(|(_, pattern)| pattern).collect()
}

/// Whether so many breaks with a value are out of proportion to the rows that have it: at least twice their share, and
/// by Chernoff's bound less likely than one in a thousand, however many values were tried.
fn is_beyond_chance(candidate: &Candidate, of: u64, tried: u64) -> bool {
    let (with, Trait { rows, all, .. }) = (candidate.members.len() as u64, &candidate.told);
    let (rows, all) = ((*rows).max(1), (*all).max(1));
    if with < FEWEST || u128::from(with) * u128::from(all) < 2 * u128::from(of) * u128::from(rows) {
        return false;
    }
    // n·D(k/n ‖ p) in bits, with k of n breaks and the share p of all rows, without a float that machines could round
    // each in its own way.
    let (with, of, rows, all) = (u128::from(with), u128::from(of), u128::from(rows), u128::from(all));
    let for_those = with as i128 * logarithm(with * all, of * rows);
    let for_others = match of - with {
        0 => 0,
        others => others as i128 * logarithm(others * all, of * (all - rows)),
    };
    let wanted = (i128::from(BEYOND_CHANCE) << FRACTION) + logarithm(u128::from(tried.max(1)), 1);
    for_those + for_others > wanted
}

/// The binary logarithm of a ratio of two numbers above zero, in units of 2^-[`FRACTION`]: whole by the length of the
/// numbers, then bit by bit, by squaring.
fn logarithm(above: u128, below: u128) -> i128 {
    const ONE: u128 = 1 << 62;
    let whole = below.leading_zeros() as i128 - above.leading_zeros() as i128;
    // Both are brought to 63 bits, so that their ratio lies between a half and two.
    let long = |number: u128| (number << number.leading_zeros()) >> 65;
    let mut ratio = long(above) * ONE / long(below);
    let mut bits = whole << FRACTION;
    if ratio < ONE {
        ratio *= 2;
        bits -= 1 << FRACTION;
    }
    for place in (0..FRACTION).rev() {
        ratio = ratio * ratio / ONE;
        if ratio >= 2 * ONE {
            ratio /= 2;
            bits += 1 << place;
        }
    }
    bits
}

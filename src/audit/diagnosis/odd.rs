//! Whose figure is the odd one: the side that disagrees while the others agree, or that the cause lies on.

use super::figures::{Ties, plain};
use super::{Because, Cause, Odd, rows};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Finding, Message};
use crate::audit::rulebook::Check;
use crate::audit::snapshot::{ColumnType, Tax};
use crate::audit::value::Value;

pub(super) fn odd(ties: &Ties<'_>, finding: &Finding, found: &Break, cause: Option<&Cause>) -> Option<Odd> {
    let voted = match &found.message {
        Message::Missing { side, .. } => missing(ties, finding, side),
        Message::AmountDiffers { .. } | Message::QuantityDiffers { .. } => outvoted(ties, finding, found),
        _ => None,
    };
    voted.or_else(|| by_cause(ties, found, cause?)).or_else(|| changed_last(ties, finding, found)).map(
        |(side, because)| Odd {
            side: ties.side(side).name.clone(),
            department: ties.side(side).owner.clone(),
            because,
        },
    )
}

/// The one side whose figure differs while all others, at least two, have the same.
fn outvoted(ties: &Ties<'_>, finding: &Finding, found: &Break) -> Option<(usize, Because)> {
    let check = ties.check(found)?;
    let figure = plain(&check.left).and_then(|column| ties.figure_of(column))?;
    let mut said: Vec<(usize, Amount)> = Vec::new();
    for (side, column) in figure {
        if said.iter().all(|(known, _)| known != side) {
            said.extend(ties.value(finding, *side, column).map(|value| (*side, value)));
        }
    }
    one_against_all(&said).map(|(odd, others)| (odd, Because::OthersAgree { sides: names(ties, &others) }))
}

/// The side that stands alone against at least two others that are of one mind.
fn one_against_all(said: &[(usize, Amount)]) -> Option<(usize, Vec<usize>)> {
    if said.len() < 3 {
        return None;
    }
    let mut alone = said.iter().filter_map(|(side, value)| {
        let others: Vec<&(usize, Amount)> = said.iter().filter(|(other, _)| other != side).collect();
        let of_one_mind = others.iter().all(|(_, other)| *other == others[0].1);
        (of_one_mind && *value != others[0].1).then(|| (*side, others.iter().map(|(other, _)| *other).collect()))
    });
    alone.next()
}

/// The one side that lacks what at least two others have and agree on; or the one side, not the reference, that has
/// what all others lack.
fn missing(ties: &Ties<'_>, finding: &Finding, lacking: &str) -> Option<(usize, Because)> {
    let lacking = ties.index(lacking)?;
    let sides: Vec<usize> = (0..ties.settings.sides.len()).filter(|side| ties.side(*side).expected).collect();
    let (having, without): (Vec<usize>, Vec<usize>) =
        sides.iter().partition(|side| rows::has_rows(finding, &ties.side(**side).name));
    if sides.len() < 3 {
        return None;
    }
    match (&having[..], &without[..]) {
        ([only], others) if *only != 0 => Some((*only, Because::OthersLackIt { sides: names(ties, others) })),
        (others, [one]) if *one == lacking && agree(ties, finding, others) => {
            Some((lacking, Because::OthersAgree { sides: names(ties, others) }))
        }
        _ => None,
    }
}

/// Whether neighbouring sides state the same in every figure that their checks have in common, and have one. What
/// differs inside a grace or a tolerance is no break, and no agreement either.
fn agree(ties: &Ties<'_>, finding: &Finding, sides: &[usize]) -> bool {
    sides.iter().zip(&sides[1..]).all(|(left, right)| {
        let common = ties.between(*left, *right);
        let same = |(one, other): &(&str, &str)| {
            let stated = ties.value(finding, *left, one);
            stated.is_some() && stated == ties.value(finding, *right, other)
        };
        !common.is_empty() && common.iter().all(same)
    })
}

/// The side on which the likely cause lies by its nature.
fn by_cause(ties: &Ties<'_>, found: &Break, cause: &Cause) -> Option<(usize, Because)> {
    let side = match cause {
        Cause::RedLetter { side, .. } | Cause::PostedTwice { side, .. } => ties.index(side)?,
        Cause::LostLink { side, key: None, .. } => ties.index(side)?,
        Cause::TaxIncluded { figure, .. } => with_tax(ties, ties.check(found)?, figure)?,
        _ => return None,
    };
    Some((side, Because::Cause))
}

/// The side whose column holds tax though its table says it does not, or lacks it though its table says it does.
fn with_tax(ties: &Ties<'_>, check: &Check, figure: &str) -> Option<usize> {
    let declared = |expression| {
        let column = plain(expression)?;
        let side = ties.index(column.side.as_deref()?)?;
        match ties.spec(side)?.column(&column.column)?.kind {
            ColumnType::Money { tax, .. } => Some((side, tax)),
            _ => None,
        }
    };
    let (with, without) =
        if check.left.text() == figure { (&check.left, &check.right) } else { (&check.right, &check.left) };
    let (with, without) = (declared(with)?, declared(without)?);
    match (with.1, without.1) {
        (Tax::Excluded, Tax::Excluded) => Some(with.0),
        (Tax::Included, Tax::Included) => Some(without.0),
        _ => None,
    }
}

/// Of two sides whose rows say when they were changed, the one that was changed last.
fn changed_last(ties: &Ties<'_>, finding: &Finding, found: &Break) -> Option<(usize, Because)> {
    let differs = matches!(found.message, Message::AmountDiffers { .. } | Message::QuantityDiffers { .. });
    let by = &ties.settings.settled.as_ref().filter(|_| differs)?.by;
    let mut changed: Vec<(usize, &Value)> = Vec::new();
    for column in by {
        let side = ties.index(column.side.as_deref()?)?;
        let cells = rows::cells(rows::whole(finding, &ties.side(side).name)?, &column.column)?;
        changed.push((side, cells.max_by_key(|value| rows::moment(value)).filter(|value| !value.is_null())?));
    }
    let [(one, at_one), (two, at_two)] = changed[..] else { return None };
    let (side, at, other) = match rows::moment(at_one).cmp(&rows::moment(at_two)) {
        std::cmp::Ordering::Greater => (one, at_one, at_two),
        std::cmp::Ordering::Less => (two, at_two, at_one),
        std::cmp::Ordering::Equal => return None,
    };
    (one != two).then(|| (side, Because::ChangedLast { at: at.clone(), other: other.clone() }))
}

fn names(ties: &Ties<'_>, sides: &[usize]) -> Vec<String> {
    sides.iter().map(|side| ties.side(*side).name.clone()).collect()
}

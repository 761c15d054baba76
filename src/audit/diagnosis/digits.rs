//! What fingers do to figures: digits that change places, are left out, or lie on the wrong side of the point.

use crate::audit::amount::Amount;

/// Figures with fewer digits are too often alike by chance.
const TELLING_DIGITS: usize = 3;

/// Both figures as digits of one scale, without signs; nothing where the signs differ or one is zero.
pub(super) fn digits(left: Amount, right: Amount) -> Option<(String, String)> {
    if left.is_zero() || right.is_zero() || left.is_negative() != right.is_negative() {
        return None;
    }
    let (left, right) = (left.normalised(), right.normalised());
    let scale = left.scale().max(right.scale());
    let text = |amount: Amount| Some(amount.rescale(scale)?.units().unsigned_abs().to_string());
    Some((text(left)?, text(right)?))
}

/// The two neighbouring digits that changed places, as the left and the right figure have them.
pub(super) fn swapped(left: &str, right: &str) -> Option<(String, String)> {
    if left.len() != right.len() || left.len() < TELLING_DIGITS {
        return None;
    }
    let unlike: Vec<usize> =
        (0..left.len()).filter(|place| left.as_bytes()[*place] != right.as_bytes()[*place]).collect();
    let [first, second] = unlike[..] else { return None };
    let (one, two) = (&left[first..=second], &right[first..=second]);
    let turned: String = two.chars().rev().collect();
    (second == first + 1 && one == turned).then(|| (one.to_owned(), two.to_owned()))
}

/// The digit without which the longer figure is the shorter one.
pub(super) fn dropped(longer: &str, shorter: &str) -> Option<String> {
    if longer.len() != shorter.len() + 1 || shorter.len() < TELLING_DIGITS {
        return None;
    }
    let place = longer.bytes().zip(shorter.bytes()).take_while(|(one, two)| one == two).count();
    (longer[place + 1..] == shorter[place..]).then(|| longer[place..=place].to_owned())
}

/// How many places further right the point of the larger figure is.
pub(super) fn shifted(larger: Amount, smaller: Amount) -> Option<u32> {
    let mut moved = smaller;
    for places in 1..=4 {
        moved = moved.checked_mul(Amount::from(10))?;
        if moved == larger {
            return Some(places);
        }
    }
    None
}

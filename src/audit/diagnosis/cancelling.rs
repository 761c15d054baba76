//! Two breaks of one check that sum to zero: something stands with the wrong one of two, or in the wrong period.

use std::collections::HashMap;

use super::figures::Ties;
use super::{Cause, rows};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Finding, Message};
use crate::audit::value::{Subject, SubjectKind, Value};

/// How far apart two periods may be, in days, for one to hold what the other lacks.
const NEXT_PERIOD: i64 = 31;
/// A difference of so many digits is its own proof where it occurs exactly twice with opposite signs.
const TELLING_DIGITS: usize = 5;
/// With fewer digits the two subjects must also have something in common.
const FEW_DIGITS: usize = 3;

/// A break: its finding, and its place among the finding's breaks.
type At = (usize, usize);

/// What two breaks that cancel out have in common: check, size and currency.
type Kind<'f> = (&'f str, Amount, Option<&'f str>);

/// The breaks that cancel out, by finding and place among its breaks.
pub(super) struct Pairs {
    causes: HashMap<At, Cause>,
}

impl Pairs {
    pub fn of(ties: &Ties<'_>, findings: &[Finding]) -> Pairs {
        let mut by_size: HashMap<Kind<'_>, [Vec<At>; 2]> = HashMap::new();
        for (place, finding) in
            findings.iter().enumerate().filter(|(_, found)| found.subject.kind() == SubjectKind::Key)
        {
            for (number, found) in finding.breaks.iter().enumerate() {
                let (difference, currency) = match &found.message {
                    Message::AmountDiffers { difference, currency, .. } => (*difference, Some(currency.as_str())),
                    Message::QuantityDiffers { difference, .. } => (*difference, None),
                    _ => continue,
                };
                let Some(size) = difference.checked_abs() else { continue };
                let signs = by_size.entry((&found.check, size.normalised(), currency)).or_default();
                signs[usize::from(difference.is_negative())].push((place, number));
            }
        }
        let mut causes = HashMap::new();
        for ((_, size, _), [over, under]) in by_size {
            let ([one], [two]) = (&over[..], &under[..]) else { continue };
            let pair = (&findings[one.0], &findings[two.0]);
            let days = period(&pair.0.subject, &pair.1.subject);
            if days.is_none() && !is_telling(ties, pair, size) {
                continue;
            }
            for (at, other, sign) in [(one, &pair.1.subject, 1), (two, &pair.0.subject, -1)] {
                let other = other.clone();
                let cause = match days {
                    Some(days) => Cause::CutOff { other, days: days * sign },
                    None => Cause::CancellingPair { other },
                };
                causes.insert(*at, cause);
            }
        }
        Pairs { causes }
    }

    pub fn cause(&self, place: usize, number: usize) -> Option<Cause> {
        self.causes.get(&(place, number)).cloned()
    }
}

/// Whether two such breaks belong together: by how particular their figure is, and by what their subjects share.
fn is_telling(ties: &Ties<'_>, (one, two): (&Finding, &Finding), size: Amount) -> bool {
    let digits = size.units().unsigned_abs().to_string().trim_end_matches('0').len();
    if digits >= TELLING_DIGITS {
        return true;
    }
    let parts = one.subject.values().iter().zip(two.subject.values());
    let mut texts = parts.filter(|(value, _)| matches!(value, Value::Text(_)));
    if texts.any(|(left, right)| left == right) {
        return true;
    }
    digits >= FEW_DIGITS && share_a_party(ties, one, two)
}

/// Whether the rows of both agree in every text column that groups the reference's rows and is no key.
fn share_a_party(ties: &Ties<'_>, one: &Finding, two: &Finding) -> bool {
    let side = ties.side(0);
    let (Some(left), Some(right), Some(spec)) =
        (rows::rows(one, &side.name), rows::rows(two, &side.name), ties.spec(0))
    else {
        return false;
    };
    let own = spec
        .columns
        .iter()
        .map(|column| &column.name)
        .filter(|name| !side.key.contains(name) && !spec.unique.contains(name) && !ties.backdrop.is_currency(name));
    let mut texts = own.filter_map(|name| match (rows::common(left, name), rows::common(right, name)) {
        (Some(Value::Text(left)), Some(Value::Text(right))) => Some(left == right),
        _ => None,
    });
    texts.next().is_some_and(|agrees| agrees && texts.all(|agrees| agrees))
}

/// How many days later the second subject's period is, where both are alike but for that.
fn period(one: &Subject, two: &Subject) -> Option<i64> {
    let parts = one.values().iter().zip(two.values());
    let unlike: Vec<(&Value, &Value)> = parts.filter(|(left, right)| left != right).collect();
    let [(left, right)] = unlike[..] else { return None };
    let days = (period_day(right)? - period_day(left)?).num_days();
    (days.abs() <= NEXT_PERIOD).then_some(days)
}

/// The first day of a period as keys name them: a date, `2026-11`, or `202611`.
fn period_day(value: &Value) -> Option<chrono::NaiveDate> {
    match value {
        Value::Text(text) => {
            let digits: String = text.chars().filter(|each| *each != '-').collect();
            let is_month = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit());
            let (year, month) = is_month.then(|| digits.split_at(4))?;
            chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)
        }
        value => rows::day(value),
    }
}

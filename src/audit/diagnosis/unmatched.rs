//! Rows that found no partner, and the partner they would have had under another key: written otherwise, or lost.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::figures::{Shared, Ties};
use super::{Cause, Spelling, rows};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Finding, Message, SideRows};
use crate::audit::snapshot::trim;
use crate::audit::value::{SubjectKind, Value};

/// How far apart, in days, two rows may be dated that belong together though their keys do not say so.
const NEAR_DAYS: i64 = 62;

/// Where an unmatched row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Finding(usize),
    /// Among the rows without a key.
    Keyless(usize),
}

/// What two sides could be tied by beside the key: their figures, and what they have in common.
type Likeness = (Vec<Amount>, Vec<Value>);

/// What is unmatched between two sides: `having` has it, `lacking` does not.
struct Ends<'a> {
    having: usize,
    lacking: usize,
    /// The columns of the having side's figures that the other side has too.
    figures: Vec<&'a str>,
    /// In one order for both directions.
    shared: Vec<Shared<'a>>,
    places: Vec<Place>,
    by_likeness: HashMap<Likeness, Vec<usize>>,
    /// By the key as it would be if spelling did not matter.
    by_spelling: HashMap<Vec<String>, Vec<usize>>,
}

pub(super) struct Links<'f> {
    findings: &'f [Finding],
    ends: Vec<Ends<'f>>,
}

impl<'f> Links<'f> {
    pub fn of(ties: &Ties<'f>, findings: &'f [Finding]) -> Links<'f> {
        let sides = ties.settings.sides.len();
        let lacks: Vec<Vec<usize>> = findings.iter().map(|finding| lacking(ties, finding)).collect();
        let mut ends = Vec::new();
        for having in 0..sides {
            for lacking in (0..sides).filter(|lacking| *lacking != having) {
                let is_end = |place: &usize| {
                    lacks[*place].contains(&lacking) && rows::has_rows(&findings[*place], &ties.side(having).name)
                };
                let places = (0..findings.len()).filter(is_end).map(Place::Finding);
                let keyless = (0..ties.backdrop.keyless(having).len()).map(Place::Keyless);
                let places: Vec<Place> = places.chain(keyless).collect();
                ends.extend((!places.is_empty()).then(|| Ends::new(ties, findings, (having, lacking), places)));
            }
        }
        Links { findings, ends }
    }

    /// Why a side lacks a row, where an unmatched row of that side is the one.
    pub fn cause(&self, ties: &Ties<'_>, place: usize, found: &Break) -> Option<Cause> {
        let Message::Missing { side, present } = &found.message else { return None };
        let lacking = ties.index(side)?;
        let having = present.iter().filter_map(|side| ties.index(side));
        let mut pairs: Vec<(&Ends<'_>, &Ends<'_>)> = having
            .filter_map(|having| Some((self.between(having, lacking)?, self.between(lacking, having)?)))
            .collect();
        pairs.sort_by_key(|(own, _)| own.having);
        let spelled = pairs.iter().find_map(|(own, other)| self.spelled(ties, place, own, other));
        spelled.or_else(|| pairs.iter().find_map(|(own, other)| self.linked(ties, place, own, other)))
    }

    fn between(&self, having: usize, lacking: usize) -> Option<&Ends<'f>> {
        self.ends.iter().find(|ends| ends.having == having && ends.lacking == lacking)
    }

    /// The one unmatched key of the other side that is this one, written otherwise.
    fn spelled(&self, ties: &Ties<'_>, place: usize, own: &Ends<'_>, other: &Ends<'_>) -> Option<Cause> {
        let values = self.findings[place].subject.values();
        let alike = alike(values);
        let ([_], [only]) = (&own.by_spelling.get(&alike)?[..], &other.by_spelling.get(&alike)?[..]) else {
            return None;
        };
        let Place::Finding(met) = other.places[*only] else { return None };
        let key = self.findings[met].subject.values();
        let by = differ(values, key).filter(|by| !by.is_empty() && met != place)?;
        Some(Cause::KeySpelling { side: ties.side(other.having).name.clone(), key: key.to_vec(), by })
    }

    /// The one unmatched row of the other side that is the same in all but the key.
    fn linked(&self, ties: &Ties<'_>, place: usize, own: &Ends<'_>, other: &Ends<'_>) -> Option<Cause> {
        let finding = &self.findings[place];
        let held = rows::whole(finding, &ties.side(own.having).name)?;
        let likeness = own.likeness_of_finding(ties, finding)?;
        let ([_], [only]) = (&own.by_likeness.get(&likeness)?[..], &other.by_likeness.get(&likeness)?[..]) else {
            return None;
        };
        let met = other.places[*only];
        let other_rows = self.rows(ties, other.having, met)?;
        let key = match met {
            Place::Finding(met) => Some(self.findings[met].subject.values().to_vec()),
            Place::Keyless(_) => None,
        };
        let same_key_part = key.iter().any(|key| {
            let parts = key.iter().zip(finding.subject.values());
            parts.filter(|(value, _)| matches!(value, Value::Text(_))).any(|(left, right)| left == right)
        });
        let shared = &own.shared;
        let proves = shared.iter().zip(&likeness.1).any(|(column, value)| column.proves && !value.is_null());
        if !proves && !same_key_part {
            return None;
        }
        let days = days_between(ties, (own.having, held), (other.having, &other_rows));
        if days.is_some_and(|days| days.abs() > NEAR_DAYS) {
            return None;
        }
        let spec = ties.spec(other.having)?;
        let document = spec.unique.iter().filter(|name| !ties.side(other.having).key.contains(name));
        let document = document.filter_map(|name| Some((name.clone(), rows::common(&other_rows, name)?.clone())));
        let agree = shared.iter().zip(&likeness.1).filter(|(column, value)| column.proves && !value.is_null());
        Some(Cause::LostLink {
            side: ties.side(other.having).name.clone(),
            key,
            document: document.collect(),
            agree: agree.map(|(column, value)| (column.column.to_owned(), value.clone())).collect(),
            figure: *likeness.0.last()?,
            days,
        })
    }

    /// The rows of an unmatched place.
    fn rows(&self, ties: &Ties<'_>, side: usize, place: Place) -> Option<Cow<'f, SideRows>> {
        let name = &ties.side(side).name;
        match place {
            Place::Finding(place) => rows::whole(&self.findings[place], name).map(Cow::Borrowed),
            Place::Keyless(place) => keyless(ties, side, place).map(Cow::Owned),
        }
    }
}

impl<'a> Ends<'a> {
    fn new(ties: &Ties<'a>, findings: &[Finding], (having, lacking): (usize, usize), places: Vec<Place>) -> Ends<'a> {
        let figures = ties.between(having, lacking).into_iter().map(|(own, _)| own).collect();
        let shared = ties.shared(having.min(lacking), having.max(lacking));
        let (by_likeness, by_spelling) = (HashMap::new(), HashMap::new());
        let mut ends = Ends { having, lacking, figures, shared, places, by_likeness, by_spelling };
        for (number, place) in ends.places.iter().enumerate() {
            let likeness = match place {
                Place::Finding(place) => {
                    let finding = &findings[*place];
                    ends.by_spelling.entry(alike(finding.subject.values())).or_default().push(number);
                    ends.likeness_of_finding(ties, finding)
                }
                Place::Keyless(place) => keyless(ties, having, *place).and_then(|row| {
                    let figures = ends.figures.iter().map(|own| rows::amounts(&row, own)?.first().copied());
                    ends.likeness(figures.collect::<Option<_>>()?, &row)
                }),
            };
            if let Some(likeness) = likeness {
                ends.by_likeness.entry(likeness).or_default().push(number);
            }
        }
        ends
    }

    fn likeness_of_finding(&self, ties: &Ties<'_>, finding: &Finding) -> Option<Likeness> {
        let held = rows::whole(finding, &ties.side(self.having).name)?;
        let figures = self.figures.iter().map(|own| ties.value(finding, self.having, own));
        self.likeness(figures.collect::<Option<_>>()?, held)
    }

    /// What a row of one side and a row of the other would have alike; both sides list the same columns in one order.
    fn likeness(&self, figures: Vec<Amount>, held: &SideRows) -> Option<Likeness> {
        if figures.iter().all(|figure| figure.is_zero()) {
            return None;
        }
        let common = self.shared.iter().map(|column| rows::common(held, column.column).cloned().unwrap_or_default());
        Some((figures, common.collect()))
    }
}

/// The sides a finding is missing on.
fn lacking(ties: &Ties<'_>, finding: &Finding) -> Vec<usize> {
    let missing = finding.breaks.iter().filter_map(|found| match &found.message {
        Message::Missing { side, .. } => ties.index(side),
        _ => None,
    });
    if finding.subject.kind() == SubjectKind::Key { missing.collect() } else { Vec::new() }
}

/// A row without a key, as the rows of a side.
fn keyless(ties: &Ties<'_>, side: usize, place: usize) -> Option<SideRows> {
    let spec = ties.spec(side)?;
    Some(SideRows {
        side: ties.side(side).name.clone(),
        table: spec.name.clone(),
        columns: spec.columns.iter().map(|column| column.name.clone()).collect(),
        total: 1,
        rows: vec![ties.backdrop.keyless(side).get(place)?.clone()],
    })
}

/// How many days later the second side's rows are dated.
fn days_between(ties: &Ties<'_>, one: (usize, &SideRows), two: (usize, &SideRows)) -> Option<i64> {
    let day = |(side, held): (usize, &SideRows)| rows::earliest(held, ties.spec(side)?.date.as_ref()?);
    Some((day(two)? - day(one)?).num_days())
}

/// A key as it would be if spelling did not matter.
fn alike(key: &[Value]) -> Vec<String> {
    let plain = |value: &Value| match value {
        Value::Text(text) => Spelling::ALL.into_iter().fold(text.clone(), |text, step| step.apply(&text)),
        Value::Amount(amount) => amount.normalised().to_string(),
        other => other.to_string(),
    };
    key.iter().map(plain).collect()
}

/// In what two keys differ that are alike but for spelling: as little as explains it.
fn differ(one: &[Value], two: &[Value]) -> Option<Vec<Spelling>> {
    let spell = |steps: &[Spelling], key: &[Value]| -> Vec<String> {
        let spelled = key.iter().map(|value| steps.iter().fold(value.to_string(), |text, step| step.apply(&text)));
        spelled.collect()
    };
    let equal = |steps: &[Spelling]| {
        let numbers = one.iter().zip(two).all(|(left, right)| !matches!(left, Value::Amount(_)) || left == right);
        let texts =
            |key: &[Value]| key.iter().filter(|value| !matches!(value, Value::Amount(_))).cloned().collect::<Vec<_>>();
        numbers && spell(steps, &texts(one)) == spell(steps, &texts(two))
    };
    let mut steps = Spelling::ALL.to_vec();
    if !equal(&steps) {
        return None;
    }
    // What can be left out without telling them apart again is no part of the answer.
    for step in Spelling::ALL.into_iter().rev() {
        let fewer: Vec<Spelling> = steps.iter().copied().filter(|known| *known != step).collect();
        if equal(&fewer) {
            steps = fewer;
        }
    }
    Some(steps)
}

impl Spelling {
    pub const ALL: [Spelling; 5] =
        [Spelling::Trim, Spelling::HalfWidth, Spelling::Upper, Spelling::LeadingZeros, Spelling::Separators];

    fn apply(self, text: &str) -> String {
        match self {
            Spelling::Trim => trim(text).to_owned(),
            Spelling::HalfWidth => text.nfkc().collect(),
            Spelling::Upper => text.to_uppercase(),
            Spelling::LeadingZeros => without_leading_zeros(text),
            Spelling::Separators => {
                let is_separator =
                    |each: char| each.is_whitespace() || matches!(each, '-' | '/' | '.' | '_' | '–' | '—');
                text.chars().filter(|each| !is_separator(*each)).collect()
            }
        }
    }
}

/// Zeros in front of the number that ends a code, or that is one.
fn without_leading_zeros(text: &str) -> String {
    let head = text.trim_end_matches(|each: char| each.is_ascii_digit());
    let number = text[head.len()..].trim_start_matches('0');
    let kept = if number.is_empty() && head.len() < text.len() { "0" } else { number };
    format!("{head}{kept}")
}

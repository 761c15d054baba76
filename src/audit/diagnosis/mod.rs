//! Why a break probably happened, and whose figure is the odd one: said with evidence, or not at all.
//!
//! Precision before recall. A cause is named only where chance would hardly produce the same picture; where nothing is
//! named the cause is unknown, which is an answer. Diagnosis reads what judging found, the rows it found it in, and how
//! often values occur in all rows; it never changes what breaks.

mod aids;
mod backdrop;
mod cancelling;
mod digits;
mod figures;
mod history;
mod odd;
mod pair;
mod pattern;
mod rows;
mod unmatched;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::breaks::{Class, Finding};
use super::judgement::Context;
use super::rulebook::{Body, Rule, SidesKind};
use super::snapshot::Normaliser;
use super::value::{Subject, Value};
pub(crate) use backdrop::Backdrop;
use figures::Ties;
pub use history::recall;

/// What the data itself says of a break beyond that it is one. Absent parts are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub odd: Option<Odd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// At which figures it agreed when it was resolved; only of a break that is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed: Option<Agreed>,
}

/// A likely cause, with typed arguments. Stored beside the break's message and under the same law: a variant may gain
/// optional fields, and never loses or renames one. Figures are named by their expression in the rule, as the message
/// names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Cause {
    /// `figure` is the other one rounded to whole `step`s.
    Rounded { figure: String, step: Amount },
    /// `rows` figures were each rounded before they were added up.
    RoundedEach { rows: u64 },
    /// `figure` is the other one with `tax` at `rate` percent on top.
    TaxIncluded { figure: String, rate: Amount, tax: Amount },
    /// `figure` is `factor` times the other one, as two units of one thing are; `unit` is the one that the table of
    /// units has with this factor.
    UnitRatio {
        figure: String,
        factor: Amount,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<Value>,
    },
    /// `figure` is the other one with its decimal point `places` further to the right.
    DecimalPoint { figure: String, places: u32 },
    /// Two neighbouring digits changed places: `left` in the left figure is `right` in the right one.
    SwappedDigits { left: String, right: String },
    /// `figure` is the other one without one of its digits, `digit`.
    DroppedDigit { figure: String, digit: String },
    /// One figure is the other one with its sign turned.
    SignTurned,
    /// `rows` red-letter rows of `side`, `amount` together, take back what the other figure still has.
    RedLetter { side: String, rows: u64, amount: Amount },
    /// `rows` rows of `side` say again what another one says already; `amount` is what they add, where they are added up.
    PostedTwice {
        side: String,
        rows: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    },
    /// `figure` is the other one converted at the day's rate: one `from` is `rate` of `to`.
    Converted { figure: String, from: String, to: String, rate: Amount },
    /// The figures are the same, `amount`, and only the currency codes differ.
    CurrencyCode { amount: Amount },
    /// The smaller figure is that of `parts` of the `of` rows of `side`.
    Partial { side: String, parts: u64, of: u64 },
    /// What is too much here is missing in `other`, of a period `days` later (earlier below zero).
    CutOff { other: Subject, days: i64 },
    /// The break of `other` is the same one with its sign turned: together nothing is missing.
    CancellingPair { other: Subject },
    /// `side` has the row under `key`, which is the same key but for how it is written.
    KeySpelling { side: String, key: Vec<Value>, by: Vec<Spelling> },
    /// Exactly one row of `side` that belongs to nothing has the same figures and agrees in `agree`; it stands under
    /// `key`, or under none. `document` are the columns that name it, `days` how much later it is dated.
    LostLink {
        side: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Vec<Value>>,
        document: Vec<(String, Value)>,
        agree: Vec<(String, Value)>,
        figure: Amount,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<i64>,
    },
}

impl Cause {
    /// The name used in JSON, and by which causes are counted.
    pub fn name(&self) -> &'static str {
        match self {
            Cause::Rounded { .. } => "rounded",
            Cause::RoundedEach { .. } => "rounded_each",
            Cause::TaxIncluded { .. } => "tax_included",
            Cause::UnitRatio { .. } => "unit_ratio",
            Cause::DecimalPoint { .. } => "decimal_point",
            Cause::SwappedDigits { .. } => "swapped_digits",
            Cause::DroppedDigit { .. } => "dropped_digit",
            Cause::SignTurned => "sign_turned",
            Cause::RedLetter { .. } => "red_letter",
            Cause::PostedTwice { .. } => "posted_twice",
            Cause::Converted { .. } => "converted",
            Cause::CurrencyCode { .. } => "currency_code",
            Cause::Partial { .. } => "partial",
            Cause::CutOff { .. } => "cut_off",
            Cause::CancellingPair { .. } => "cancelling_pair",
            Cause::KeySpelling { .. } => "key_spelling",
            Cause::LostLink { .. } => "lost_link",
        }
    }
}

/// In what two keys differ that mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// `normalise = ["trim"]` would have matched them.
    Trim,
    HalfWidth,
    Upper,
    /// Zeros in front of a number.
    LeadingZeros,
    /// Blanks, dashes, slashes, dots and underscores inside.
    Separators,
}

impl Spelling {
    /// The normaliser of a column that would make the keys alike, where there is one.
    pub fn normaliser(self) -> Option<Normaliser> {
        match self {
            Spelling::Trim => Some(Normaliser::Trim),
            Spelling::HalfWidth => Some(Normaliser::HalfWidth),
            Spelling::Upper => Some(Normaliser::Upper),
            Spelling::LeadingZeros | Spelling::Separators => None,
        }
    }
}

/// The side whose figure is the odd one, and the department that keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Odd {
    pub side: String,
    pub department: String,
    pub because: Because,
}

/// Why a side is the odd one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Because {
    /// The other sides agree with each other.
    OthersAgree { sides: Vec<String> },
    /// The other sides have nothing of the kind.
    OthersLackIt { sides: Vec<String> },
    /// The likely cause lies on it.
    Cause,
    /// It was changed last, at `at`; the other side stood since `other`.
    ChangedLast { at: Value, other: Value },
    /// Its figure moved last, as [`Moved`] says; the other one stood still.
    Moved,
}

/// One figure of a break that is another one since the break was seen before, or since it was resolved, while the other
/// figure is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub side: String,
    /// The figure's expression in the rule.
    pub figure: String,
    pub from: Value,
    pub to: Value,
    /// The last business day on which a run recorded it as it was.
    pub since: NaiveDate,
}

/// The figures at which a check was passed when its break was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    pub left: Value,
    pub right: Value,
    pub on: NaiveDate,
    /// The hash of the rule by which they were made.
    pub rule: String,
}

/// What breaks of one check have in common far beyond what all rows have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    pub check: String,
    pub class: Class,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// How many of the check's breaks have all the traits, among `of`.
    pub breaks: u64,
    pub of: u64,
    pub traits: Vec<Trait>,
}

/// One value that breaks share, and how common it is anyway: `rows` of the `all` rows of the side have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trait {
    pub side: String,
    pub column: String,
    pub value: Value,
    pub rows: u64,
    pub all: u64,
}

/// What diagnosis gave beside the breaks' own causes.
#[derive(Debug, Default)]
pub(crate) struct Diagnosed {
    pub patterns: Vec<Pattern>,
    /// Subjects that were left without a diagnosis because the limit was reached.
    pub undiagnosed: u64,
}

/// Diagnoses the findings of one rule, the largest first by amount at risk, as many as the context allows; patterns are
/// looked for among all of them.
pub(crate) fn diagnose(rule: &Rule, context: &Context, backdrop: &Backdrop, findings: &mut [Finding]) -> Diagnosed {
    let Body::Reconcile(settings) = &rule.body else { return Diagnosed::default() };
    if settings.kind != SidesKind::Reconcile || findings.is_empty() || context.diagnosed == 0 {
        return Diagnosed::default();
    }
    let ties = Ties::new(settings, backdrop);
    let patterns = pattern::patterns(&ties, findings);
    let undiagnosed = findings.len().saturating_sub(context.diagnosed);
    let chosen = chosen(findings, context.diagnosed);
    let links = unmatched::Links::of(&ties, findings);
    let pairs = cancelling::Pairs::of(&ties, findings);
    let diagnoses: Vec<(usize, Vec<Option<Diagnosis>>)> = chosen
        .into_par_iter()
        .map(|place| {
            let finding = &findings[place];
            let each = (0..finding.breaks.len()).map(|number| {
                let found = &finding.breaks[number];
                let cause = pair::cause(&ties, finding, found)
                    .or_else(|| links.cause(&ties, place, found))
                    .or_else(|| pairs.cause(place, number));
                let odd = odd::odd(&ties, finding, found, cause.as_ref());
                (cause.is_some() || odd.is_some()).then_some(Diagnosis { cause, odd, ..Diagnosis::default() })
            });
            (place, each.collect())
        })
        .collect();
    for (place, each) in diagnoses {
        for (found, diagnosis) in findings[place].breaks.iter_mut().zip(each) {
            found.diagnosis = diagnosis.map(Box::new);
        }
    }
    Diagnosed { patterns, undiagnosed: undiagnosed as u64 }
}

/// The places of the findings that are diagnosed: the largest of every currency first, then by subject. Money is
/// compared inside each currency only; what is unpriced comes last.
fn chosen(findings: &[Finding], limit: usize) -> Vec<usize> {
    if findings.len() <= limit {
        return (0..findings.len()).collect();
    }
    let mut currencies: BTreeMap<String, Vec<(Reverse<Amount>, usize)>> = BTreeMap::new();
    for (place, finding) in findings.iter().enumerate() {
        for (currency, amount) in finding.at_risk().iter() {
            currencies.entry(currency.to_owned()).or_default().push((Reverse(amount), place));
        }
    }
    let mut ranks = vec![usize::MAX; findings.len()];
    for mut held in currencies.into_values() {
        held.sort_unstable();
        held.iter().enumerate().for_each(|(rank, (_, place))| ranks[*place] = rank.min(ranks[*place]));
    }
    let mut places: Vec<usize> = (0..findings.len()).collect();
    places.sort_by_key(|place| ranks[*place]);
    places.truncate(limit);
    places
}

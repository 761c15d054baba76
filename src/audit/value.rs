//! One cell's value, and the subject a rule judges.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::amount::Amount;

/// A normalised, typed cell. As JSON: null, or an object with the type as its one member (`{"amount":"1.50"}`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Option<Held>", into = "Option<Held>")]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Amount(Amount),
    Text(String),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
}

/// A cell that holds something: how a [`Value`] that is not null is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Held {
    Bool(bool),
    Amount(Amount),
    Text(String),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
}

impl From<Option<Held>> for Value {
    fn from(held: Option<Held>) -> Self {
        match held {
            None => Value::Null,
            Some(Held::Bool(flag)) => Value::Bool(flag),
            Some(Held::Amount(amount)) => Value::Amount(amount),
            Some(Held::Text(text)) => Value::Text(text),
            Some(Held::Date(date)) => Value::Date(date),
            Some(Held::Instant(at)) => Value::Instant(at),
        }
    }
}

impl From<Value> for Option<Held> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => None,
            Value::Bool(flag) => Some(Held::Bool(flag)),
            Value::Amount(amount) => Some(Held::Amount(amount)),
            Value::Text(text) => Some(Held::Text(text)),
            Value::Date(date) => Some(Held::Date(date)),
            Value::Instant(at) => Some(Held::Instant(at)),
        }
    }
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// How the value is written in a subject: text and dates as JSON strings, decimals without trailing zeros.
    fn canonical(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Amount(amount) => amount.normalised().to_string(),
            other => serde_json::Value::String(other.to_string()).to_string(),
        }
    }

    /// Reads one element of a canonical array back. Dates come back as text: they are written and sorted alike.
    fn from_canonical(text: &str) -> Option<Value> {
        match serde_json::from_str(text).ok()? {
            serde_json::Value::Null => Some(Value::Null),
            serde_json::Value::Bool(value) => Some(Value::Bool(value)),
            serde_json::Value::Number(_) => text.parse().ok().map(Value::Amount),
            serde_json::Value::String(text) => Some(Value::Text(text)),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Amount(_) => 2,
            Value::Text(_) | Value::Date(_) | Value::Instant(_) => 3,
        }
    }
}

impl fmt::Display for Value {
    /// The plain form: nothing for null, exact decimals with their scale, ISO dates, instants in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Amount(amount) => write!(f, "{amount}"),
            Value::Text(text) => f.write_str(text),
            Value::Date(date) => write!(f, "{}", date.format("%Y-%m-%d")),
            Value::Instant(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

/// What kind of thing a subject stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// The rule's own key: an order line, an item in a warehouse, an invoice.
    Key,
    /// A business partner as a whole, as a credit limit judges it.
    Party,
    /// All rows of one side that carry no usable key.
    Keyless,
    /// The rule itself, when it found more than its flood limit.
    Flood,
}

/// What a rule judges, in the one form that identifies it for good.
///
/// The canonical form of a key is a JSON array of its values (`["SO-1",2]`); the other kinds are an object with one
/// member (`{"keyless":["warehouse"]}`), which no key can look like. Identity, equality and hashing go by that text;
/// order goes by kind, then value by value: nulls first, numbers by value, text by bytes.
#[derive(Clone)]
pub struct Subject {
    kind: SubjectKind,
    values: Vec<Value>,
    canonical: String,
}

/// The version of the canonical form, stored beside every subject.
pub const SUBJECT_VERSION: i64 = 1;

impl Subject {
    pub fn new(kind: SubjectKind, values: Vec<Value>) -> Self {
        let array = values.iter().map(Value::canonical).collect::<Vec<_>>().join(",");
        let canonical = match kind.member() {
            None => format!("[{array}]"),
            Some(member) => format!("{{\"{member}\":[{array}]}}"),
        };
        Subject { kind, values, canonical }
    }

    pub fn key(values: Vec<Value>) -> Self {
        Subject::new(SubjectKind::Key, values)
    }

    pub fn party(value: Value) -> Self {
        Subject::new(SubjectKind::Party, vec![value])
    }

    pub fn keyless(side: &str) -> Self {
        Subject::new(SubjectKind::Keyless, vec![Value::Text(side.to_owned())])
    }

    pub fn flood() -> Self {
        Subject::new(SubjectKind::Flood, Vec::new())
    }

    pub fn kind(&self) -> SubjectKind {
        self.kind
    }

    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The text that identifies the subject.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// SHA-256 of the canonical form, in lower-case hex.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.canonical.as_bytes()))
    }

    /// Reads a canonical form back; `None` when it is none.
    pub fn parse(canonical: &str) -> Option<Subject> {
        if canonical.starts_with('[') {
            return Some(Subject::new(SubjectKind::Key, parse_values(canonical)?));
        }
        let members: std::collections::BTreeMap<String, Box<RawValue>> = serde_json::from_str(canonical).ok()?;
        let (member, array) = members.iter().next().filter(|_| members.len() == 1)?;
        let kinds = [SubjectKind::Party, SubjectKind::Keyless, SubjectKind::Flood];
        let kind = kinds.into_iter().find(|kind| kind.member() == Some(member))?;
        Some(Subject::new(kind, parse_values(array.get())?))
    }
}

fn parse_values(array: &str) -> Option<Vec<Value>> {
    let elements: Vec<Box<RawValue>> = serde_json::from_str(array).ok()?;
    elements.iter().map(|element| Value::from_canonical(element.get())).collect()
}

impl SubjectKind {
    fn member(self) -> Option<&'static str> {
        match self {
            SubjectKind::Key => None,
            SubjectKind::Party => Some("party"),
            SubjectKind::Keyless => Some("keyless"),
            SubjectKind::Flood => Some("flood"),
        }
    }
}

impl fmt::Display for Subject {
    /// The values a person reads, separated by ` / `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.values.iter().map(Value::to_string).collect();
        match self.kind {
            SubjectKind::Flood => f.write_str("*"),
            SubjectKind::Keyless => write!(f, "({})", texts.join(" / ")),
            SubjectKind::Key | SubjectKind::Party => f.write_str(&texts.join(" / ")),
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Subject {}

impl Hash for Subject {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl PartialOrd for Subject {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Subject {
    fn cmp(&self, other: &Self) -> Ordering {
        let values = || {
            let pairs = self.values.iter().zip(&other.values);
            let unlike = pairs.map(|(left, right)| compare(left, right)).find(|order| order.is_ne());
            unlike.unwrap_or_else(|| self.values.len().cmp(&other.values.len()))
        };
        self.kind.cmp(&other.kind).then_with(values).then_with(|| self.canonical.cmp(&other.canonical))
    }
}

/// The order of two values of a subject: by type, then numbers by value and text by bytes.
fn compare(left: &Value, right: &Value) -> Ordering {
    left.rank().cmp(&right.rank()).then_with(|| match (left, right) {
        (Value::Amount(left), Value::Amount(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        _ => left.to_string().as_bytes().cmp(right.to_string().as_bytes()),
    })
}

impl Serialize for Subject {
    /// A subject serialises as its canonical text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.canonical)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Subject::parse(&text).ok_or_else(|| serde::de::Error::custom("not the canonical form of a subject"))
    }
}

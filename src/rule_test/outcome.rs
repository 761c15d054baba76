//! What testing gave, as text and JSON show it.

use std::path::PathBuf;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::audit::value::Subject;
use crate::language::Bilingual;

/// The name and version the JSON begins with.
pub const FORMAT: &str = "tieout.test/1";

/// The whole answer of one `tieout test`.
#[derive(Clone, Debug, Serialize)]
pub struct Outcomes {
    /// [`FORMAT`].
    pub format: &'static str,
    pub passed: u64,
    pub failed: u64,
    /// In the order of the files.
    pub files: Vec<SuiteOutcome>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SuiteOutcome {
    pub file: PathBuf,
    pub rule: String,
    pub cases: Vec<CaseOutcome>,
}

#[derive(Clone, Debug, Serialize)]
pub struct CaseOutcome {
    pub name: Bilingual,
    /// The line of the case's name in its file.
    pub line: usize,
    /// Empty: the case passed.
    pub differences: Vec<Difference>,
}

/// How expectation and judgement differ in one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub what: What,
    /// `None` where the case as a whole is meant.
    #[serde(serialize_with = "as_json")]
    pub subject: Option<Subject>,
    /// The part that differs, such as `at_risk of shipped`, where only a part does.
    pub part: Option<String>,
    /// `None`: nothing was expected.
    pub expected: Option<String>,
    pub found: String,
    /// What the rule says of it, one sentence per break, in the words of mails and pages.
    pub sentences: Vec<Bilingual>,
}

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    NotRaised,
    NotExpected,
    /// An exception is raised as expected, and a part of it differs.
    Differs,
    /// An exception is raised as expected, without one of the expected breaks.
    BreakNotFound,
    /// An exception is raised as expected, with a break more.
    BreakNotExpected,
    NotInTransit,
    InTransitNotExpected,
    /// It must not be raised, and is.
    MustNotRaise,
    /// What became of an open exception.
    Verdict,
    /// No row of the case names the subject: the expectation is likely mistyped.
    NoSuchSubject,
    NotJudged,
}

impl What {
    /// The difference as the second half of a sentence about its subject.
    pub fn says(self) -> &'static str {
        match self {
            What::NotRaised => "not raised",
            What::NotExpected => "raised, and not expected",
            What::Differs => "differs",
            What::BreakNotFound => "raised without a break that is expected",
            What::BreakNotExpected => "raised with a break that is not expected",
            What::NotInTransit => "not in transit",
            What::InTransitNotExpected => "in transit, and not expected",
            What::MustNotRaise => "raised, and must not be",
            What::Verdict => "the open exception ends differently",
            What::NoSuchSubject => "must not be raised, and cannot be",
            What::NotJudged => "not judged",
        }
    }
}

impl Difference {
    pub(super) fn not_judged(sentence: String) -> Self {
        Difference {
            what: What::NotJudged,
            subject: None,
            part: None,
            expected: None,
            found: sentence,
            sentences: Vec::new(),
        }
    }
}

impl CaseOutcome {
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Outcomes {
    pub(super) fn of(files: Vec<SuiteOutcome>) -> Self {
        let cases = || files.iter().flat_map(|file| &file.cases);
        let passed = cases().filter(|case| case.passed()).count() as u64;
        let failed = cases().count() as u64 - passed;
        Outcomes { format: FORMAT, passed, failed, files }
    }

    /// The outcomes as JSON, one line-broken document.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("every path of a test file was read from text")
    }
}

fn as_json<S: Serializer>(subject: &Option<Subject>, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = subject.as_ref().map(|subject| RawValue::from_string(subject.canonical().to_owned()));
    raw.transpose().map_err(serde::ser::Error::custom)?.serialize(serializer)
}

//! Rule tests: what a rule must say of rows written by hand.
//!
//! A test file names a rule, gives rows as the sources would hand them over, a day, and what is expected. The rows go
//! through the same normalising and judging as those of a run; no source and no store is opened, and the day is the
//! file's, so that a test says the same for ever.

mod compare;
mod expectation;
mod history;
mod judging;
mod outcome;
mod reading;
mod rows;
mod subject;

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Class, Severity};
use crate::audit::judgement::Verdict;
use crate::audit::swing::History;
use crate::audit::value::{Subject, Value};
use crate::config::Config;
use crate::language::Bilingual;

pub use outcome::{CaseOutcome, Difference, FORMAT, Outcomes, SuiteOutcome, What};
pub use reading::read_suites;
pub use rows::Rows;

/// One test file.
#[derive(Clone, Debug)]
pub struct Suite {
    /// As the user named it.
    pub path: PathBuf,
    /// The id of the rule it tests.
    pub rule: String,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// One case: rows, a moment, and what the rule must say.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: Bilingual,
    /// The line of its name in the file.
    pub line: usize,
    pub as_of: DateTime<Utc>,
    /// What a job would bind by name, standard parameters left out.
    pub params: BTreeMap<String, Value>,
    /// By table name. A table of the rule that is not here is empty.
    pub tables: BTreeMap<String, Rows>,
    /// What earlier days' runs found, where the rule looks back.
    pub history: History,
    pub expected: Expected,
}

/// What a case expects.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub raised: Vec<Raised>,
    pub in_transit: Vec<Subject>,
    /// Subjects that must not be raised, whatever else is allowed.
    pub silent: Vec<Subject>,
    /// Subjects whose exceptions are open when the case begins, with what must become of them.
    pub open: Vec<(Subject, Option<Verdict>)>,
    /// Whether more may be raised or in transit than is named.
    pub others_allowed: bool,
}

/// An exception that must be raised. What is not given is not looked at.
#[derive(Clone, Debug)]
pub struct Raised {
    pub subject: Subject,
    pub severity: Option<Severity>,
    /// All breaks it must have; `None`: whichever.
    pub breaks: Option<Vec<ExpectedBreak>>,
}

/// One break that an exception must have. What is not given is not looked at.
#[derive(Clone, Debug, Default)]
pub struct ExpectedBreak {
    pub check: Option<String>,
    pub class: Option<Class>,
    pub side: Option<String>,
    pub owner: Option<String>,
    pub at_risk: Option<AtRisk>,
    /// Left minus right; for dates in days.
    pub difference: Option<Amount>,
}

/// The money that must be at risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtRisk {
    /// The break carries no figure.
    Unpriced,
    /// This figure, in whatever currency.
    Figure(Amount),
    Money(Money),
}

/// Judges every case of every file.
pub fn run(config: &Config, suites: &[Suite]) -> Outcomes {
    let suites = suites.iter().filter_map(|suite| {
        let rule = config.rules.iter().find(|rule| rule.id == suite.rule)?;
        let cases = suite.cases.iter().map(|case| CaseOutcome {
            name: case.name.clone(),
            line: case.line,
            differences: match judging::judge(config, rule, case) {
                Ok(judged) => compare::differences(&case.expected, &judged),
                Err(fault) => vec![Difference::not_judged(fault.to_string())],
            },
        });
        Some(SuiteOutcome { file: suite.path.clone(), rule: suite.rule.clone(), cases: cases.collect() })
    });
    Outcomes::of(suites.collect())
}

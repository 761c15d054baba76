//! Rules as they are meant: what every file of `rules/` says, checked against the tables it names.

mod added;
mod adding;
mod aggregates;
mod checks;
mod file;
mod file_layout;
mod given;
mod guards;
mod hash;
mod limit;
mod low_stock;
mod one_side;
mod overdue;
mod payment;
mod reading;
mod reconcile;
mod settled;
mod severity;
mod sources;
mod stalled;
mod stock;
mod stock_settings;
mod table;
mod threshold;
mod titles;
mod tolerance;
mod validity;
mod window;
mod within;

use std::collections::BTreeSet;
use std::time::Duration;

use super::amount::Amount;
use super::breaks::Relation;
use super::expression::Expression;
use super::snapshot::TableSpec;
use crate::language::Bilingual;

pub use added::{Added, Conversion, Derived, Lookup, Measured, Rates, Units};
pub use file::{read_rules, rule_id};
pub use hash::{asked, column_meaning};
pub use limit::Limit;
pub use payment::{
    Applied, Credit, Direction, Instalments, Items, Open, OverduePayment, PartyTerms, Share, Term, Terms,
};
pub use reading::{Surroundings, standard_parameters};
pub use settled::Settled;
pub use severity::{Ceiling, SeverityScale, SeverityStep, Threshold};
pub use stalled::Stay;
pub use stock::{Demand, Incoming, LowStock, Outgoing, Planned, Setting, Settings};
pub use table::{Asking, Sources, is_currency_code, read_table};
pub use titles::{CheckTitles, Titles};
pub use tolerance::{Allowed, Base, Choose, Grace, Margins, PerCurrency, Within};
pub use validity::{Asserted, Assertion, Condition, Exists, Required};
pub use window::{Bound, Span, Window};

/// A checked rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The file's stem, unless the file says `id`.
    pub id: String,
    pub title: Bilingual,
    pub why: Bilingual,
    /// The department that must act, where nothing narrower is named.
    pub owner: String,
    pub severity: SeverityScale,
    pub worsened: Worsened,
    pub threshold: Threshold,
    /// After how long what breaks is read again; only what breaks both times counts.
    pub recheck: Option<Duration>,
    /// SHA-256 (hex) over everything that can change a judgement: the rule's meaning and its tables', not its words.
    pub hash: String,
    /// SHA-256 (hex) over what the figures are that later runs compare with, of a rule that looks back; a limit that
    /// changes leaves it as it is.
    pub figures: Option<String>,
    pub body: Body,
    /// The tables it reads, by name.
    pub tables: BTreeSet<String>,
}

impl Rule {
    /// The `kind` as the file writes it.
    pub fn kind(&self) -> &'static str {
        match &self.body {
            Body::Reconcile(body) => body.kind.name(),
            Body::LowStock(_) => "low_stock",
            Body::OverduePayment(_) => "overdue_payment",
        }
    }

    /// How many past figures of a group the rule looks at; 0 where it looks back at none.
    pub fn looks_back(&self) -> u32 {
        let Body::Reconcile(body) = &self.body else { return 0 };
        let runs = body.checks.iter().map(|check| match &check.limit {
            Some(Limit::Change(change)) => change.against.runs(),
            _ => 0,
        });
        runs.max().unwrap_or_default()
    }

    /// Every department whose desk an exception of the rule can land on.
    pub fn departments(&self) -> BTreeSet<&str> {
        let mut departments = BTreeSet::from([self.owner.as_str()]);
        if let Body::Reconcile(body) = &self.body {
            let assertions = body.asserted.iter().flat_map(|asserted| &asserted.assertions);
            departments.extend(assertions.map(|assertion| assertion.owner.as_str()));
            departments.extend(body.sides.iter().map(|side| side.owner.as_str()));
            departments.extend(body.checks.iter().map(|check| check.owner.as_str()));
        }
        departments
    }
}

/// How much an amount at risk must grow before a change is told as worsened: by more than both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worsened {
    pub amount: Amount,
    pub percent: Amount,
}

#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one per rule file: a handful exist, and each lives as long as the config"
)]
pub enum Body {
    Reconcile(Reconcile),
    LowStock(LowStock),
    OverduePayment(OverduePayment),
}

/// What a rule over sides is for, as its file's `kind` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SidesKind {
    /// Several sides are compared.
    Reconcile,
    /// One side, and what its rows must satisfy.
    Validity,
    /// One side, and how long its rows may stay as they are.
    Stalled,
    /// One side, and the limits of a figure of each group of its rows.
    Threshold,
}

impl SidesKind {
    pub fn name(self) -> &'static str {
        match self {
            SidesKind::Reconcile => "reconcile",
            SidesKind::Validity => "validity",
            SidesKind::Stalled => "stalled",
            SidesKind::Threshold => "threshold",
        }
    }
}

/// N sides, paired by key and compared; or one, held to what the rule says of it.
#[derive(Clone, Debug)]
pub struct Reconcile {
    pub kind: SidesKind,
    /// Names of the key's parts.
    pub key: Vec<String>,
    /// The first is the reference.
    pub sides: Vec<Side>,
    pub checks: Vec<Check>,
    /// Values a quantity break; over matched sides.
    pub price: Option<Expression>,
    /// Where rates of exchange stand, for sides that convert money.
    pub rates: Option<Rates>,
    /// Where units stand, for sides whose quantities say theirs.
    pub units: Option<Units>,
    /// Which subjects are judged; all of them without.
    pub window: Option<Window>,
    /// How long a row must have stood unchanged; any row counts without.
    pub settled: Option<Settled>,
    /// What each row of the one side must satisfy, in a validity rule.
    pub asserted: Option<Box<Asserted>>,
}

/// A table's role in a reconcile rule.
#[derive(Clone, Debug)]
pub struct Side {
    pub name: String,
    pub table: String,
    /// This side's column for each part of the rule's key.
    pub key: Vec<String>,
    /// What stands beside the table's own columns.
    pub added: Added,
    /// Over the table's columns and the added ones; rows for which it is not true are left out.
    pub filter: Option<Expression>,
    /// Columns added up over the rows of one key. Without this and the aggregates below the key must be unique.
    pub sum: Vec<String>,
    /// Columns of which the smallest value of one key's rows counts; null where all are null.
    pub min: Vec<String>,
    /// Columns of which the largest value counts.
    pub max: Vec<String>,
    /// Columns of which the first row's value counts: the earliest by the table's `date`, then by the text of its cells.
    pub first: Vec<String>,
    /// The name under which checks read how many rows of one key count.
    pub count: Option<String>,
    /// Whether a subject without a row here is a break.
    pub expected: bool,
    /// `absent = "zero"`: a missing row counts as zero in every check, and is itself no break.
    pub absent_zero: bool,
    /// The department for missing, duplicate, keyless and unreadable rows of this side.
    pub owner: String,
}

impl Side {
    /// Whether several rows may carry one key, because something is made of them.
    pub fn gathers(&self) -> bool {
        self.count.is_some() || [&self.sum, &self.min, &self.max, &self.first].iter().any(|columns| !columns.is_empty())
    }
}

#[derive(Clone, Debug)]
pub struct Check {
    pub name: String,
    /// What people read beside what it finds.
    pub title: Option<Bilingual>,
    pub relation: Relation,
    pub left: Expression,
    /// In a threshold rule the figure itself where `limit` is no single number, which it is held to instead.
    pub right: Expression,
    /// What a threshold rule holds `left` to.
    pub limit: Option<Limit>,
    /// The check applies only where this is true.
    pub when: Option<Expression>,
    pub within: Within,
    pub grace: Option<Grace>,
    pub owner: String,
}

/// A column of a table, with the rows that count.
#[derive(Clone, Debug)]
pub struct Figure {
    pub table: String,
    pub column: String,
    pub filter: Option<Expression>,
}

/// Every rule, and the tables that rules write inline.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    /// In id order.
    pub rules: Vec<Rule>,
    pub inline_tables: Vec<TableSpec>,
}

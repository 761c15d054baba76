//! A rule and its tables as plain data: what the files say, and the cells as a source gives them.

use chrono::NaiveDate;

/// The business's own currency.
pub const CURRENCY: &str = "CNY";

/// The department of the rule.
pub const OWNER: &str = "finance";

#[derive(Clone)]
pub struct Case {
    /// The parts of the key, by the rule's names for them.
    pub key: Vec<&'static str>,
    pub sides: Vec<Side>,
    pub checks: Vec<Check>,
    pub price: Option<Term>,
    /// The business day on which the rule is judged.
    pub day: NaiveDate,
    pub holidays: Vec<NaiveDate>,
    pub workdays: Vec<NaiveDate>,
    /// Subjects whose exceptions are open, in canonical form.
    pub open: Vec<String>,
}

/// A side with its table. Every side has a table of its own, of the same name.
#[derive(Clone)]
pub struct Side {
    pub name: &'static str,
    pub columns: Vec<Column>,
    /// The columns of a document's own key.
    pub unique: Vec<&'static str>,
    /// The side's columns for the parts of the key, in their order.
    pub key: Vec<&'static str>,
    pub filter: Option<Condition>,
    pub sum: Vec<&'static str>,
    pub expected: bool,
    pub absent_zero: bool,
    pub owner: Option<&'static str>,
    /// Cells as text, in the order of the columns; an empty one is null.
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub normalise: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Money { scale: usize, currency: Currency },
    Quantity { scale: usize },
    Number { scale: usize },
    Date,
    Boolean,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    Business,
    Fixed(&'static str),
    Column(&'static str),
}

#[derive(Clone)]
pub struct Check {
    pub name: String,
    pub relation: Relation,
    pub left: Term,
    pub right: Term,
    pub when: Option<Condition>,
    pub within: Option<Within>,
    pub grace: Option<Grace>,
    pub owner: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Equal,
    AtMost,
    AtLeast,
}

/// A tolerance of figures.
#[derive(Clone)]
pub struct Within {
    pub amount: Option<&'static str>,
    pub percent: Option<&'static str>,
    /// The side whose figure the percentage is of; otherwise it is of the larger one.
    pub of: Option<Of>,
    /// Both amount and percentage must be kept, and not one of them.
    pub smaller: bool,
}

#[derive(Clone)]
pub enum Of {
    Left(&'static str),
    Right(&'static str),
}

#[derive(Clone)]
pub struct Grace {
    pub days: u32,
    pub working: bool,
    /// Dates, each a side and its column.
    pub after: Vec<Reference>,
}

/// A column of a side; the side is left out where an expression is over one table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reference {
    pub side: Option<&'static str>,
    pub column: &'static str,
}

#[derive(Clone)]
pub enum Term {
    Column(Reference),
    Figure(&'static str),
    Plus(Box<(Term, Term)>),
    Minus(Box<(Term, Term)>),
    Times(Box<(Term, Term)>),
    Coalesce(Box<(Term, Term)>),
}

#[derive(Clone)]
pub enum Condition {
    IsTrue(Term),
    IsNull(Term),
    Above(Term, Term),
    /// A text, and what it must be, or must not be.
    IsText(Term, &'static str),
    IsNotText(Term, &'static str),
    Both(Box<(Condition, Condition)>),
}

impl Case {
    pub fn side(&self, name: &str) -> &Side {
        self.sides.iter().find(|side| side.name == name).expect("a case names its own sides")
    }
}

impl Side {
    pub fn column(&self, name: &str) -> &Column {
        &self.columns[self.place(name)]
    }

    pub fn place(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column.name == name).expect("a case names its own columns")
    }

    /// Whether the column has one value per subject: it is added up, it is part of the key, or nothing is added up.
    pub fn has_one_value(&self, name: &str) -> bool {
        self.sum.is_empty() || self.sum.contains(&name) || self.key.contains(&name)
    }
}

impl Kind {
    pub fn is_money(self) -> bool {
        matches!(self, Kind::Money { .. })
    }

    pub fn scale(self) -> Option<usize> {
        match self {
            Kind::Money { scale, .. } | Kind::Quantity { scale } | Kind::Number { scale } => Some(scale),
            Kind::Text | Kind::Date | Kind::Boolean => None,
        }
    }
}

impl Term {
    /// Every column it reads, in the order of their names, each once.
    pub fn columns(&self) -> Vec<Reference> {
        let mut columns = match self {
            Term::Column(reference) => vec![*reference],
            Term::Figure(_) => Vec::new(),
            Term::Plus(pair) | Term::Minus(pair) | Term::Times(pair) | Term::Coalesce(pair) => {
                [pair.0.columns(), pair.1.columns()].concat()
            }
        };
        columns.sort();
        columns.dedup();
        columns
    }
}

impl Condition {
    pub fn columns(&self) -> Vec<Reference> {
        match self {
            Condition::IsTrue(term) | Condition::IsNull(term) => term.columns(),
            Condition::IsText(term, _) | Condition::IsNotText(term, _) => term.columns(),
            Condition::Above(left, right) => [left.columns(), right.columns()].concat(),
            Condition::Both(pair) => [pair.0.columns(), pair.1.columns()].concat(),
        }
    }
}

impl Check {
    /// The columns that its two figures read.
    pub fn columns(&self) -> Vec<Reference> {
        [self.left.columns(), self.right.columns()].concat()
    }
}

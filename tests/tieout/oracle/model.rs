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
    /// A table that sides look things up in.
    pub other: Other,
    pub checks: Vec<Check>,
    pub price: Option<Term>,
    pub scope: Option<Scope>,
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
    /// The table's own columns, then those that the side adds, in the order in which it adds them.
    pub columns: Vec<Column>,
    /// The columns of a document's own key.
    pub unique: Vec<&'static str>,
    /// The column that dates a row.
    pub date: Option<&'static str>,
    /// The side's columns for the parts of the key, in their order.
    pub key: Vec<&'static str>,
    pub filter: Option<Condition>,
    pub lookup: Option<Lookup>,
    pub sum: Vec<&'static str>,
    pub min: Vec<&'static str>,
    pub max: Vec<&'static str>,
    pub first: Vec<&'static str>,
    /// The name of the number of rows.
    pub count: Option<&'static str>,
    pub expected: bool,
    pub absent_zero: bool,
    pub owner: Option<&'static str>,
    /// Cells as text, in the order of the table's own columns; an empty one is null.
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub origin: Origin,
}

/// Where a column's cells come from.
#[derive(Clone)]
pub enum Origin {
    Pulled {
        normalise: &'static [&'static str],
        /// Where it is true, the sign of the figure is turned.
        negate_when: Option<Condition>,
    },
    /// The column of this name of the table that the side looks things up in.
    Taken(&'static str),
    Derived(Term),
}

/// A table that sides look things up in.
#[derive(Clone)]
pub struct Other {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
}

/// The name of that table.
pub const OTHER: &str = "other";

#[derive(Clone)]
pub struct Lookup {
    /// The side's column, and the other table's, that must be equal.
    pub key: (&'static str, &'static str),
    pub required: bool,
}

/// The subjects that are judged: those with a row that is dated between both ends.
#[derive(Clone)]
pub struct Scope {
    /// A date of the first side.
    pub by: &'static str,
    pub since: Length,
    pub until: Option<Length>,
}

/// A time before the day of judging.
#[derive(Clone, Copy)]
pub enum Length {
    Days(u32),
    Months(u32),
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

/// A tolerance.
#[derive(Clone)]
pub struct Within {
    /// What is let through where the left figure is less, and where it is more.
    pub under: Option<Allowed>,
    pub over: Option<Allowed>,
    /// Whether the file tells both directions apart.
    pub signed: bool,
    /// The side whose figure a percentage is of; otherwise it is of the larger one.
    pub of: Option<Of>,
    /// Both amount and percentage must be kept, and not one of them.
    pub smaller: bool,
    pub per_row: bool,
}

#[derive(Clone, Default)]
pub struct Allowed {
    pub amount: Option<Amounts>,
    pub percent: Option<&'static str>,
    pub days: Option<u32>,
}

/// One amount, or one by currency.
#[derive(Clone)]
pub enum Amounts {
    One(&'static str),
    /// By currency code, or `other`.
    Each(&'static [(&'static str, &'static str)]),
}

#[derive(Clone)]
pub enum Of {
    Left(&'static str),
    Right(&'static str),
}

#[derive(Clone)]
pub enum Grace {
    Days {
        days: u32,
        working: bool,
        /// Dates of sides.
        after: Vec<Reference>,
    },
    Until(Reference),
}

impl Grace {
    pub fn columns(&self) -> Vec<Reference> {
        match self {
            Grace::Days { after, .. } => after.clone(),
            Grace::Until(date) => vec![*date],
        }
    }
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
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The type of a column, or of the number of rows.
    pub fn kind(&self, name: &str) -> Kind {
        let column = self.column(name).map(|column| column.kind);
        column.unwrap_or_else(|| {
            assert!(self.count == Some(name), "{} has no column {name}", self.name);
            Kind::Number { scale: 0 }
        })
    }

    pub fn place(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column.name == name).expect("a case names its own columns")
    }

    /// Whether several rows of one subject are taken together.
    pub fn gathers(&self) -> bool {
        self.count.is_some() || [&self.sum, &self.min, &self.max, &self.first].iter().any(|list| !list.is_empty())
    }

    /// Whether the column stands in several rows with the same figure, as a document's does on its lines.
    pub fn repeats(&self, name: &str) -> bool {
        let taken = self.column(name).is_some_and(|column| matches!(column.origin, Origin::Taken(_)));
        taken || [&self.min, &self.max, &self.first].iter().any(|list| list.contains(&name))
    }

    /// Whether the column has one value per subject.
    pub fn has_one_value(&self, name: &str) -> bool {
        if self.column(name).is_none() {
            return self.count == Some(name);
        }
        let gathered = [&self.sum, &self.min, &self.max, &self.first, &self.key];
        !self.gathers() || gathered.iter().any(|list| list.contains(&name))
    }
}

impl Column {
    /// The columns of the same row that decide its cell.
    pub fn made_of(&self) -> Vec<&'static str> {
        let names = |columns: Vec<Reference>| columns.into_iter().map(|column| column.column).collect();
        match &self.origin {
            Origin::Pulled { negate_when, .. } => {
                negate_when.as_ref().map(|when| names(when.columns())).unwrap_or_default()
            }
            Origin::Taken(_) => Vec::new(),
            Origin::Derived(term) => names(term.columns()),
        }
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

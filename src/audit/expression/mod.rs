//! SQL-style expressions over the columns of a table or of matched sides: parsed, typed, and evaluated exactly.
//!
//! Decimals are scaled 128-bit integers from the literal to the result. A figure that leaves their range makes that
//! one cell a fault, never the whole column, and nothing is ever rounded unless the expression says `round`.
//!
//! Logic is SQL's, of three values. A condition over a faulted figure is neither true nor false, as over null; even
//! `is null` cannot be answered for it. Comparing never faults: figures of different scales are compared exactly.
//! A date that leaves the calendar is null.

mod bind;
mod cells;
mod decimals;
mod evaluate;
mod functions;
mod logic;
mod lower;
mod names;
mod operand;
mod operators;
mod parse;
mod texts;
mod tree;

mod vector;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use polars::prelude::StringChunked;

pub use cells::{Decimals, DecimalsBuilder, Shared};
pub use lower::MAX_EXPRESSION_DEPTH;
pub use parse::{MAX_EXPRESSION_BYTES, MAX_EXPRESSION_NESTING};

use super::snapshot::ColumnType;
use super::value::Value;

/// A column an expression reads: `side.column` over matched sides, `column` over one table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    pub side: Option<String>,
    pub column: String,
}

impl std::fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.side {
            Some(side) => write!(f, "{side}.{}", self.column),
            None => f.write_str(&self.column),
        }
    }
}

/// The type of an expression's result. The unit of a decimal tells a check's class: a difference of money is an
/// amount break, of anything else a quantity break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Decimal { scale: u8, money: bool },
    Date,
    Instant,
    Boolean,
}

impl From<&ColumnType> for Type {
    fn from(kind: &ColumnType) -> Self {
        match kind {
            ColumnType::Text => Type::Text,
            ColumnType::Money { scale, .. } => Type::Decimal { scale: *scale, money: true },
            ColumnType::Quantity { scale } | ColumnType::Number { scale } => {
                Type::Decimal { scale: *scale, money: false }
            }
            ColumnType::Date => Type::Date,
            ColumnType::Instant => Type::Instant,
            ColumnType::Boolean => Type::Boolean,
        }
    }
}

/// The columns an expression may name, with their types; the map's keys are the references as written, so an
/// unknown name can be answered with the nearest known one.
pub type Scope = BTreeMap<ColumnRef, Type>;

/// The typed parameters of a run: `:as_of`, `:as_of_day`, `:period_start`, `:period_end` and the job's own. Names
/// carry no colon.
pub type Parameters = BTreeMap<String, Value>;

/// The types of the parameters an expression may name, known before any run.
pub type ParameterTypes = BTreeMap<String, Type>;

/// Why a text is no usable expression. `at` is a byte range of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionFault {
    pub at: Range<usize>,
    pub sentence: String,
    pub accepted: Option<String>,
}

/// A checked expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    kind: Type,
    columns: BTreeSet<ColumnRef>,
    tree: Arc<tree::Node>,
}

impl Expression {
    /// Parses and types `text`.
    ///
    /// Money plus or minus anything is money, and so is money times or divided by what is not money; a ratio of
    /// money to money is a plain number.
    pub fn parse(text: &str, scope: &Scope, parameters: &ParameterTypes) -> Result<Expression, ExpressionFault> {
        let source = parse::Source::new(text);
        let syntax = source.parse()?;
        let mut lowering = lower::Lowering::new(&source, scope, parameters);
        let tree = lowering.lower(&syntax)?;
        let Some(kind) = tree.kind else {
            return Err(lowering.fault(&syntax, "the expression is always null", "a value, or a condition"));
        };
        Ok(Expression { text: text.to_owned(), kind, columns: lowering.columns, tree: Arc::new(tree) })
    }

    /// The conditions that a condition joins by `and`, each by itself and in the order they are written: it holds where
    /// all of them do. `scope` and `parameters` are those it was parsed with; itself alone where it joins none.
    pub fn conjuncts(&self, scope: &Scope, parameters: &ParameterTypes) -> Vec<Expression> {
        let texts = parse::Source::new(&self.text).conjuncts();
        let parts = texts.iter().map(|text| Expression::parse(text, scope, parameters).ok());
        let parts: Option<Vec<Expression>> = parts.map(|part| part.filter(|part| part.kind == Type::Boolean)).collect();
        parts.filter(|parts| parts.len() > 1).unwrap_or_else(|| vec![self.clone()])
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> Type {
        self.kind
    }

    /// Every column the expression reads.
    pub fn columns(&self) -> &BTreeSet<ColumnRef> {
        &self.columns
    }

    /// One result per row of `rows`.
    ///
    /// # Panics
    /// When the rows or parameters are not those the expression was checked against: a column of another type or
    /// length, a parameter that the run does not carry. Both are mistakes of the caller.
    pub fn evaluate(&self, rows: &dyn Rows, parameters: &Parameters) -> Vector {
        evaluate::evaluate(self, rows, parameters)
    }
}

/// Columns of one length, by reference.
pub trait Rows {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column; only called with references of the scope the expression was checked against.
    fn column(&self, column: &ColumnRef) -> Vector;
}

impl<R: Rows + ?Sized> Rows for &R {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn column(&self, column: &ColumnRef) -> Vector {
        (**self).column(column)
    }
}

/// Which rows a condition holds for. Null is not true, and neither is a condition over a faulted figure.
///
/// # Panics
/// When the vector is not boolean: callers check [`Expression::kind`] first.
pub fn truth(condition: &Vector) -> Vec<bool> {
    let Vector::Boolean(cells) = condition else {
        panic!("a condition must be boolean");
    };
    cells.iter().map(|cell| *cell == Some(true)).collect()
}

/// A column of cells. Cloning it shares them.
#[derive(Clone, Debug)]
pub enum Vector {
    Text(StringChunked),
    Decimal(Decimals),
    /// Days since 1970-01-01.
    Date(Shared<Option<i32>>),
    /// Microseconds since 1970-01-01T00:00Z.
    Instant(Shared<Option<i64>>),
    Boolean(Shared<Option<bool>>),
}

/// What a decimal cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Value,
    Null,
    /// The exact result does not fit, or there is none: a division by zero.
    Fault,
}

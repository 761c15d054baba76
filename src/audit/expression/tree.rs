//! The typed tree an expression is lowered to: everything that can be said, and nothing else.

use std::cmp::Ordering;

use super::{ColumnRef, Type};
use crate::audit::value::Value;

/// A part of an expression. Typing is done when it is built; evaluation relies on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub op: Op,
    /// `None` only for a bare `null` that no neighbour has given a type yet.
    pub kind: Option<Type>,
}

pub(super) type Pair = Box<(Node, Node)>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    Column(ColumnRef),
    Constant(Value),
    Parameter(String),

    Add(Pair),
    Subtract(Pair),
    Multiply(Pair),
    Negate(Box<Node>),
    Absolute(Box<Node>),
    /// To this many fractional digits, fewer than the operand has; half away from zero.
    Round(Box<Node>, u8),
    /// The first divided by the second, rounded to this many fractional digits, half away from zero.
    RoundedQuotient(Pair, u8),

    /// A date and a whole number of days to add.
    AddDays(Pair),
    SubtractDays(Pair),
    /// From the second date to the first.
    DaysBetween(Pair),

    /// The first that is not null.
    Coalesce(Vec<Node>),
    NullIf(Pair),
    /// The least (`Ordering::Less`) or the greatest of those that are not null.
    Extreme(Ordering, Vec<Node>),
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },

    Compare(Comparison, Pair),
    Between {
        subject: Box<Node>,
        bounds: Pair,
    },
    OneOf {
        subject: Box<Node>,
        choices: Vec<Node>,
    },
    IsNull(Box<Node>),
    Is(bool, Box<Node>),
    Not(Box<Node>),
    And(Pair),
    Or(Pair),

    Upper(Box<Node>),
    Lower(Box<Node>),
    Trim(Box<Node>),
    Length(Box<Node>),
    Left(Pair),
    Right(Pair),
    Substring {
        text: Box<Node>,
        start: Box<Node>,
        length: Option<Box<Node>>,
    },
    Concatenate(Pair),
    Like(Pair),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }
    }
}

impl Node {
    pub fn new(op: Op, kind: Type) -> Self {
        Node { op, kind: Some(kind) }
    }

    pub fn is_bare_null(&self) -> bool {
        self.kind.is_none()
    }
}

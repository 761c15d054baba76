//! From sqlparser's tree to ours: the whitelist of what an expression may say.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlparser::ast::{self, Expr, Spanned, UnaryOperator};

use super::names::{choice, nearest};
use super::parse::Source;
use super::tree::{Node, Op};
use super::{ColumnRef, ExpressionFault, ParameterTypes, Scope, Type};
use crate::audit::amount::{Amount, AmountFault, MAX_SCALE};
use crate::audit::value::Value;

/// How deeply operations may nest, each operator of a chain counting as one level.
pub const MAX_EXPRESSION_DEPTH: usize = 200;

pub(super) type Lowered = Result<Node, ExpressionFault>;

const SPEAKABLE: &str = "columns, numbers, 'text', date '2026-01-31', :parameters, + - * and round(a / b, digits), || \
                         between texts, comparisons, between, in, like, is null, is true, is false, case, and, or, not, \
                         and the functions abs, coalesce, greatest, least, left, length, lower, nullif, right, round, \
                         substring, trim, upper";

/// Lowers one expression, collecting the columns it reads.
pub(super) struct Lowering<'a> {
    pub source: &'a Source<'a>,
    pub scope: &'a Scope,
    pub parameters: &'a ParameterTypes,
    pub columns: BTreeSet<ColumnRef>,
    depth: usize,
}

impl<'a> Lowering<'a> {
    pub fn new(source: &'a Source<'a>, scope: &'a Scope, parameters: &'a ParameterTypes) -> Self {
        Lowering { source, scope, parameters, columns: BTreeSet::new(), depth: 0 }
    }

    pub fn lower(&mut self, expr: &Expr) -> Lowered {
        if self.depth == MAX_EXPRESSION_DEPTH {
            let accepted = format!("at most {MAX_EXPRESSION_DEPTH} levels; long lists go into in (…)");
            return Err(self.fault(expr, "the expression is nested too deeply", accepted));
        }
        self.depth += 1;
        let lowered = self.lower_one(expr);
        self.depth -= 1;
        lowered
    }

    fn lower_one(&mut self, expr: &Expr) -> Lowered {
        match expr {
            Expr::Nested(inner) => self.lower(inner),
            Expr::Identifier(name) => self.column(expr, None, &name.value),
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [side, name] => self.column(expr, Some(&side.value), &name.value),
                _ => Err(self.fault(expr, format!("`{expr}` names no column"), "column or side.column")),
            },
            Expr::Value(value) => self.literal(expr, &value.value),
            Expr::TypedString(typed) => self.typed_literal(expr, typed),
            Expr::UnaryOp { op, expr: operand } => self.unary(expr, *op, operand),
            Expr::BinaryOp { left, op, right } => self.binary(expr, left, op, right),
            Expr::Function(function) => self.function(expr, function),
            Expr::Trim { expr: text, trim_where: None, trim_what: None, trim_characters: None } => {
                let text = self.text(text, "trim")?;
                Ok(Node::new(Op::Trim(Box::new(text)), Type::Text))
            }
            Expr::Substring { expr: text, substring_from: Some(start), substring_for, .. } => {
                self.substring(text, start, substring_for.as_deref())
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(expr, operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { .. } | Expr::Convert { .. } => {
                let accepted = "the column's own type, declared in its table file; round(x, digits) for a number";
                Err(self.fault(expr, "an expression converts no types", accepted))
            }
            _ => self.predicate(expr),
        }
    }

    fn column(&mut self, at: &Expr, side: Option<&str>, name: &str) -> Lowered {
        let column = ColumnRef { side: side.map(str::to_owned), column: name.to_owned() };
        if let Some(kind) = self.scope.get(&column) {
            self.columns.insert(column.clone());
            return Ok(Node::new(Op::Column(column), *kind));
        }
        let known: Vec<String> = self.scope.keys().map(ColumnRef::to_string).collect();
        let same = self.scope.keys().filter(|known| known.column == name && known.side.is_some() != side.is_some());
        let same: Vec<String> = same.map(ColumnRef::to_string).collect();
        let sentence = match (side, same.is_empty(), nearest(&column.to_string(), &known)) {
            (None, false, _) => format!("column `{name}` needs its side: {}", choice(&same, "or")),
            (Some(_), false, _) => format!("column `{column}` has no side here: `{name}`"),
            (_, _, Some(near)) => format!("there is no column `{column}`; did you mean `{near}`?"),
            _ => format!("there is no column `{column}`"),
        };
        Err(self.fault(at, sentence, choice(&known, "or")))
    }

    fn literal(&mut self, at: &Expr, value: &ast::Value) -> Lowered {
        match value {
            ast::Value::Number(digits, false) => self.number(at, digits),
            ast::Value::SingleQuotedString(text) => Ok(Node::new(Op::Constant(Value::Text(text.clone())), Type::Text)),
            ast::Value::Boolean(value) => Ok(Node::new(Op::Constant(Value::Bool(*value)), Type::Boolean)),
            ast::Value::Null => Ok(Node { op: Op::Constant(Value::Null), kind: None }),
            ast::Value::Placeholder(name) => match name.strip_prefix(':') {
                Some(name) => self.parameter(at, name),
                None => Err(self.fault(at, format!("`{name}` is no parameter"), "a name after a colon, as :as_of_day")),
            },
            _ => Err(self.fault(at, format!("`{value}` is no literal of an expression"), LITERALS)),
        }
    }

    fn number(&mut self, at: &Expr, digits: &str) -> Lowered {
        match digits.parse::<Amount>() {
            Ok(amount) => {
                let kind = Type::Decimal { scale: amount.scale(), money: false };
                Ok(Node::new(Op::Constant(Value::Amount(amount)), kind))
            }
            Err(AmountFault::NotANumber) => Err(self.fault(at, format!("`{digits}` is no plain decimal"), LITERALS)),
            Err(fault) => {
                let accepted = format!("at most 38 digits, {MAX_SCALE} of them after the point");
                Err(self.fault(at, format!("`{digits}` is no usable number: {fault}"), accepted))
            }
        }
    }

    fn parameter(&mut self, at: &Expr, name: &str) -> Lowered {
        if let Some(kind) = self.parameters.get(name) {
            return Ok(Node::new(Op::Parameter(name.to_owned()), *kind));
        }
        let known: Vec<String> = self.parameters.keys().map(|name| format!(":{name}")).collect();
        let sentence = match nearest(&format!(":{name}"), &known) {
            Some(near) => format!("there is no parameter `:{name}`; did you mean `{near}`?"),
            None => format!("there is no parameter `:{name}`"),
        };
        Err(self.fault(at, sentence, choice(&known, "or")))
    }

    fn typed_literal(&mut self, at: &Expr, typed: &ast::TypedString) -> Lowered {
        let ast::Value::SingleQuotedString(text) = &typed.value.value else {
            return Err(self.fault(at, format!("`{at}` is no literal of an expression"), LITERALS));
        };
        if typed.data_type != ast::DataType::Date {
            return Err(self.fault(at, format!("there is no literal of type `{}`", typed.data_type), LITERALS));
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
        let Some(day) = day else {
            return Err(self.fault(at, format!("`{text}` is no day of the calendar"), "date 'YYYY-MM-DD'"));
        };
        Ok(Node::new(Op::Constant(Value::Date(day)), Type::Date))
    }

    fn unary(&mut self, at: &Expr, op: UnaryOperator, operand: &Expr) -> Lowered {
        match op {
            UnaryOperator::Not => {
                let operand = self.condition(operand, "not")?;
                Ok(Node::new(Op::Not(Box::new(operand)), Type::Boolean))
            }
            UnaryOperator::Minus | UnaryOperator::Plus => {
                let node = self.lower(operand)?;
                let Some(kind @ Type::Decimal { .. }) = node.kind else {
                    let sentence = format!("a sign cannot stand before {}", kind_name(&node));
                    return Err(self.fault(operand, sentence, "a number"));
                };
                if op == UnaryOperator::Plus {
                    return Ok(node);
                }
                Ok(Node::new(Op::Negate(Box::new(node)), kind))
            }
            _ => Err(self.unspeakable(at)),
        }
    }

    /// An operand that must be a condition. A bare null is an unknown one.
    pub fn condition(&mut self, expr: &Expr, place: &str) -> Lowered {
        let mut node = self.lower(expr)?;
        if node.is_bare_null() {
            node.kind = Some(Type::Boolean);
        }
        if node.kind == Some(Type::Boolean) {
            return Ok(node);
        }
        let sentence = format!("`{place}` needs a condition, and this is {}", kind_name(&node));
        Err(self.fault(expr, sentence, "a comparison, or a boolean column"))
    }

    /// An operand that must be text.
    pub fn text(&mut self, expr: &Expr, place: &str) -> Lowered {
        let node = self.lower(expr)?;
        if node.kind == Some(Type::Text) {
            return Ok(node);
        }
        Err(self.fault(expr, format!("`{place}` needs text, and this is {}", kind_name(&node)), "text"))
    }

    /// An operand that must count something: a number without fractional digits.
    pub fn whole_number(&mut self, expr: &Expr, place: &str) -> Lowered {
        let node = self.lower(expr)?;
        if matches!(node.kind, Some(Type::Decimal { scale: 0, .. })) {
            return Ok(node);
        }
        let sentence = format!("`{place}` needs a whole number, and this is {}", kind_name(&node));
        Err(self.fault(expr, sentence, "a number without fractional digits"))
    }

    pub fn unspeakable(&self, at: &Expr) -> ExpressionFault {
        self.fault(at, format!("an expression cannot say `{at}`"), SPEAKABLE)
    }

    pub fn fault(
        &self,
        at: &impl Spanned,
        sentence: impl Into<String>,
        accepted: impl Into<String>,
    ) -> ExpressionFault {
        let at = self.source.range(at.span());
        ExpressionFault { at, sentence: sentence.into(), accepted: Some(accepted.into()) }
    }
}

const LITERALS: &str = "a number as 12.50, text as 'A', date '2026-01-31', true, false, null";

/// The type's name, for a sentence.
pub(super) fn kind_name(node: &Node) -> &'static str {
    node.kind.map_or("null", Type::name)
}

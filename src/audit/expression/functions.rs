//! Lowering of function calls.

use std::cmp::Ordering;

use sqlparser::ast::{self, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::lower::{Lowered, Lowering, kind_name};
use super::names::{choice, nearest};
use super::tree::{Node, Op};
use super::{ExpressionFault, Type};
use crate::audit::amount::MAX_SCALE;

/// Every function, by the name it is called with.
const FUNCTIONS: [&str; 13] = [
    "abs",
    "coalesce",
    "greatest",
    "least",
    "left",
    "length",
    "lower",
    "nullif",
    "right",
    "round",
    "substring",
    "trim",
    "upper",
];

impl Lowering<'_> {
    pub fn function(&mut self, at: &Expr, function: &ast::Function) -> Lowered {
        let name = function.name.to_string().to_lowercase();
        let known = FUNCTIONS.map(str::to_owned);
        if !known.contains(&name) {
            let sentence = match nearest(&name, &known) {
                Some(near) => format!("there is no function `{name}`; did you mean `{near}`?"),
                None => format!("there is no function `{name}`"),
            };
            return Err(self.fault(&function.name, sentence, choice(&known, "or")));
        }
        let arguments = self.arguments(at, function)?;
        match (name.as_str(), arguments.as_slice()) {
            ("abs", [operand]) => {
                let (node, kind) = self.decimal(operand, "abs")?;
                Ok(Node::new(Op::Absolute(Box::new(node)), kind))
            }
            ("round", [operand]) => self.round(operand, 0),
            ("round", [operand, digits]) => {
                let digits = self.digits(digits)?;
                self.round(operand, digits)
            }
            ("coalesce", [_, _, ..]) => self.alternatives(at, "coalesce", &arguments, Op::Coalesce),
            ("least", [_, _, ..]) => {
                self.alternatives(at, "least", &arguments, |nodes| Op::Extreme(Ordering::Less, nodes))
            }
            ("greatest", [_, _, ..]) => {
                self.alternatives(at, "greatest", &arguments, |nodes| Op::Extreme(Ordering::Greater, nodes))
            }
            ("nullif", [value, unwanted]) => {
                let value = (*value, self.lower(value)?);
                let kind = value.1.kind;
                let nodes = vec![value, (*unwanted, self.lower(unwanted)?)];
                let (nodes, common) = self.unify(at, "nullif", nodes)?;
                let [value, unwanted] = <[Node; 2]>::try_from(nodes).map_err(|_| self.unspeakable(at))?;
                Ok(Node::new(Op::NullIf(Box::new((value, unwanted))), kind.unwrap_or(common)))
            }
            ("upper", [text]) => self.of_text(text, "upper", Type::Text, Op::Upper),
            ("lower", [text]) => self.of_text(text, "lower", Type::Text, Op::Lower),
            ("trim", [text]) => self.of_text(text, "trim", Type::Text, Op::Trim),
            ("length", [text]) => self.of_text(text, "length", Type::Decimal { scale: 0, money: false }, Op::Length),
            ("left", [text, count]) => {
                let pair = (self.text(text, "left")?, self.whole_number(count, "left")?);
                Ok(Node::new(Op::Left(Box::new(pair)), Type::Text))
            }
            ("right", [text, count]) => {
                let pair = (self.text(text, "right")?, self.whole_number(count, "right")?);
                Ok(Node::new(Op::Right(Box::new(pair)), Type::Text))
            }
            ("substring", [text, start]) => self.substring(text, start, None),
            ("substring", [text, start, length]) => self.substring(text, start, Some(length)),
            _ => {
                let sentence = format!("`{name}` does not take {} arguments", arguments.len());
                Err(self.fault(at, sentence, signature(&name)))
            }
        }
    }

    /// The plain arguments of a call; windows, filters, orders and names are refused.
    fn arguments<'e>(&self, at: &Expr, function: &'e ast::Function) -> Result<Vec<&'e Expr>, ExpressionFault> {
        let bare = function.over.is_none()
            && function.filter.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && function.parameters == FunctionArguments::None
            && !function.uses_odbc_syntax;
        let FunctionArguments::List(list) = &function.args else {
            return Err(self.unspeakable(at));
        };
        if !bare || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(self.unspeakable(at));
        }
        let plain = list.args.iter().map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
            _ => Err(self.unspeakable(at)),
        });
        plain.collect()
    }

    fn alternatives(
        &mut self,
        at: &Expr,
        place: &str,
        arguments: &[&Expr],
        build: impl FnOnce(Vec<Node>) -> Op,
    ) -> Lowered {
        let mut nodes = Vec::with_capacity(arguments.len());
        for argument in arguments {
            nodes.push((*argument, self.lower(argument)?));
        }
        let (nodes, kind) = self.unify(at, place, nodes)?;
        Ok(Node::new(build(nodes), kind))
    }

    fn of_text(&mut self, text: &Expr, place: &str, kind: Type, build: impl FnOnce(Box<Node>) -> Op) -> Lowered {
        let text = self.text(text, place)?;
        Ok(Node::new(build(Box::new(text)), kind))
    }

    fn decimal(&mut self, expr: &Expr, place: &str) -> Result<(Node, Type), ExpressionFault> {
        let node = self.lower(expr)?;
        match node.kind {
            Some(kind @ Type::Decimal { .. }) => Ok((node, kind)),
            _ => {
                let sentence = format!("`{place}` needs a number, and this is {}", kind_name(&node));
                Err(self.fault(expr, sentence, "a number"))
            }
        }
    }

    fn digits(&self, expr: &Expr) -> Result<u8, ExpressionFault> {
        let written = match expr {
            Expr::Value(value) => match &value.value {
                ast::Value::Number(digits, false) => digits.parse::<u8>().ok(),
                _ => None,
            },
            _ => None,
        };
        written.filter(|digits| *digits <= MAX_SCALE).ok_or_else(|| {
            let sentence = format!("`{expr}` is no number of digits to round to");
            self.fault(expr, sentence, format!("a whole number from 0 to {MAX_SCALE}"))
        })
    }

    /// The only place where a division may stand is directly inside `round`.
    fn round(&mut self, operand: &Expr, digits: u8) -> Lowered {
        let mut inner = operand;
        while let Expr::Nested(nested) = inner {
            inner = nested;
        }
        if let Expr::BinaryOp { left, op: BinaryOperator::Divide, right } = inner {
            let (dividend, first) = self.decimal(left, "/")?;
            let (divisor, second) = self.decimal(right, "/")?;
            let is_money = |kind| matches!(kind, Type::Decimal { money: true, .. });
            let kind = Type::Decimal { scale: digits, money: is_money(first) && !is_money(second) };
            return Ok(Node::new(Op::RoundedQuotient(Box::new((dividend, divisor)), digits), kind));
        }
        let (node, kind) = self.decimal(operand, "round")?;
        match kind {
            Type::Decimal { scale, money } if scale > digits => {
                Ok(Node::new(Op::Round(Box::new(node), digits), Type::Decimal { scale: digits, money }))
            }
            _ => Ok(node),
        }
    }

    pub fn substring(&mut self, text: &Expr, start: &Expr, length: Option<&Expr>) -> Lowered {
        let text = Box::new(self.text(text, "substring")?);
        let start = Box::new(self.whole_number(start, "substring")?);
        let length = match length {
            Some(length) => Some(Box::new(self.whole_number(length, "substring")?)),
            None => None,
        };
        Ok(Node::new(Op::Substring { text, start, length }, Type::Text))
    }
}

fn signature(name: &str) -> &'static str {
    match name {
        "abs" => "abs(number)",
        "coalesce" => "coalesce(value, value, …)",
        "greatest" => "greatest(value, value, …)",
        "least" => "least(value, value, …)",
        "left" => "left(text, characters)",
        "length" => "length(text)",
        "lower" => "lower(text)",
        "nullif" => "nullif(value, unwanted)",
        "right" => "right(text, characters)",
        "round" => "round(number, digits), or round(a / b, digits)",
        "substring" => "substring(text, start), or substring(text, start, characters)",
        "trim" => "trim(text)",
        _ => "upper(text)",
    }
}

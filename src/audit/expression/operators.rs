//! Lowering of operators, predicates and `case`: what may meet what, and the type of the result.

use sqlparser::ast::{BinaryOperator, CaseWhen, Expr};

use super::lower::{Lowered, Lowering, kind_name};
use super::tree::{Comparison, Node, Op};
use super::{ExpressionFault, Type};
use crate::audit::amount::MAX_SCALE;

impl Lowering<'_> {
    pub fn binary(&mut self, at: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr) -> Lowered {
        if let Some(comparison) = comparison(op) {
            let pair = self.comparable(at, left, right)?;
            return Ok(Node::new(Op::Compare(comparison, Box::new(pair)), Type::Boolean));
        }
        match op {
            BinaryOperator::And => {
                let pair = (self.condition(left, "and")?, self.condition(right, "and")?);
                Ok(Node::new(Op::And(Box::new(pair)), Type::Boolean))
            }
            BinaryOperator::Or => {
                let pair = (self.condition(left, "or")?, self.condition(right, "or")?);
                Ok(Node::new(Op::Or(Box::new(pair)), Type::Boolean))
            }
            BinaryOperator::StringConcat => {
                let pair = (self.text(left, "||")?, self.text(right, "||")?);
                Ok(Node::new(Op::Concatenate(Box::new(pair)), Type::Text))
            }
            BinaryOperator::Divide => {
                let sentence = "a division needs to say how its result is rounded";
                Err(self.fault(at, sentence, format!("round({at}, digits)")))
            }
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply => {
                self.arithmetic(at, left, op, right)
            }
            _ => Err(self.unspeakable(at)),
        }
    }

    fn arithmetic(&mut self, at: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr) -> Lowered {
        let pair = Box::new((self.lower(left)?, self.lower(right)?));
        let (Some(first), Some(second)) = (pair.0.kind, pair.1.kind) else {
            return Err(self.fault(at, "arithmetic with `null` is always null", "two numbers"));
        };
        let whole = |kind| matches!(kind, Type::Decimal { scale: 0, .. });
        match (op, first, second) {
            (_, Type::Decimal { scale, money }, Type::Decimal { scale: other, money: also }) => {
                if *op == BinaryOperator::Multiply {
                    let kind = Type::Decimal { scale: self.product_scale(at, scale, other)?, money: money != also };
                    return Ok(Node::new(Op::Multiply(pair), kind));
                }
                let kind = Type::Decimal { scale: scale.max(other), money: money || also };
                let op = if *op == BinaryOperator::Plus { Op::Add(pair) } else { Op::Subtract(pair) };
                Ok(Node::new(op, kind))
            }
            (BinaryOperator::Plus, Type::Date, days) if whole(days) => Ok(Node::new(Op::AddDays(pair), Type::Date)),
            (BinaryOperator::Plus, days, Type::Date) if whole(days) => {
                let (days, date) = *pair;
                Ok(Node::new(Op::AddDays(Box::new((date, days))), Type::Date))
            }
            (BinaryOperator::Minus, Type::Date, days) if whole(days) => {
                Ok(Node::new(Op::SubtractDays(pair), Type::Date))
            }
            (BinaryOperator::Minus, Type::Date, Type::Date) => {
                Ok(Node::new(Op::DaysBetween(pair), Type::Decimal { scale: 0, money: false }))
            }
            _ => {
                let sentence = format!("`{op}` cannot take {} and {}", first.name(), second.name());
                let accepted = match op {
                    BinaryOperator::Multiply => "two numbers",
                    BinaryOperator::Plus => "two numbers, or a date and a whole number of days",
                    _ => "two numbers, two dates, or a date and a whole number of days",
                };
                Err(self.fault(at, sentence, accepted))
            }
        }
    }

    fn product_scale(&self, at: &Expr, left: u8, right: u8) -> Result<u8, ExpressionFault> {
        let scale = left + right;
        if scale <= MAX_SCALE {
            return Ok(scale);
        }
        let sentence = format!("the product would have {scale} digits after the point, more than {MAX_SCALE}");
        Err(self.fault(at, sentence, "factors with fewer digits: round(x, digits)"))
    }

    /// Two operands that can be compared. Comparing with null is refused, since it is never true.
    fn comparable(&mut self, at: &Expr, left: &Expr, right: &Expr) -> Result<(Node, Node), ExpressionFault> {
        let pair = (self.lower(left)?, self.lower(right)?);
        self.check_comparable(at, &pair.0, &pair.1)?;
        Ok(pair)
    }

    fn check_comparable(&self, at: &Expr, left: &Node, right: &Node) -> Result<(), ExpressionFault> {
        let (Some(first), Some(second)) = (left.kind, right.kind) else {
            return Err(self.fault(at, "a comparison with `null` is never true", "is null, or is not null"));
        };
        if first.is_like(second) {
            return Ok(());
        }
        let sentence = format!("{} cannot be compared with {}", first.name(), second.name());
        let accepted = match (first, second) {
            (Type::Date, Type::Text) | (Type::Text, Type::Date) => "a date on both sides, as date '2026-01-31'",
            _ => "two of one type",
        };
        Err(self.fault(at, sentence, accepted))
    }

    /// Everything that asks a question and is no comparison operator.
    pub fn predicate(&mut self, expr: &Expr) -> Lowered {
        match expr {
            Expr::IsNull(operand) => self.is_null(operand),
            Expr::IsNotNull(operand) => self.is_null(operand).map(|node| negated(true, node)),
            Expr::IsTrue(operand) => self.is(true, operand),
            Expr::IsNotTrue(operand) => self.is(true, operand).map(|node| negated(true, node)),
            Expr::IsFalse(operand) => self.is(false, operand),
            Expr::IsNotFalse(operand) => self.is(false, operand).map(|node| negated(true, node)),
            Expr::Between { expr: subject, negated: turned, low, high } => {
                let subject = self.lower(subject)?;
                let bounds = (self.lower(low)?, self.lower(high)?);
                self.check_comparable(expr, &subject, &bounds.0)?;
                self.check_comparable(expr, &subject, &bounds.1)?;
                let op = Op::Between { subject: Box::new(subject), bounds: Box::new(bounds) };
                Ok(negated(*turned, Node::new(op, Type::Boolean)))
            }
            Expr::InList { expr: subject, list, negated: turned } => {
                let subject = self.lower(subject)?;
                let mut choices = Vec::with_capacity(list.len());
                for choice in list {
                    let node = self.lower(choice)?;
                    if node.is_bare_null() {
                        let sentence = "`null` in a list is never found, and makes `not in` never true";
                        return Err(self.fault(choice, sentence, "values; beside them: or x is null"));
                    }
                    self.check_comparable(choice, &subject, &node)?;
                    choices.push(node);
                }
                let op = Op::OneOf { subject: Box::new(subject), choices };
                Ok(negated(*turned, Node::new(op, Type::Boolean)))
            }
            Expr::Like { negated: turned, any: false, expr: text, pattern, escape_char: None } => {
                let pair = (self.text(text, "like")?, self.text(pattern, "like")?);
                Ok(negated(*turned, Node::new(Op::Like(Box::new(pair)), Type::Boolean)))
            }
            _ => Err(self.unspeakable(expr)),
        }
    }

    fn is_null(&mut self, operand: &Expr) -> Lowered {
        let mut node = self.lower(operand)?;
        node.kind = node.kind.or(Some(Type::Boolean));
        Ok(Node::new(Op::IsNull(Box::new(node)), Type::Boolean))
    }

    fn is(&mut self, wanted: bool, operand: &Expr) -> Lowered {
        let node = self.condition(operand, if wanted { "is true" } else { "is false" })?;
        Ok(Node::new(Op::Is(wanted, Box::new(node)), Type::Boolean))
    }

    pub fn case(
        &mut self,
        at: &Expr,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Lowered {
        let mut tests = Vec::with_capacity(conditions.len());
        let mut results = Vec::with_capacity(conditions.len() + 1);
        for CaseWhen { condition, result } in conditions {
            let test = match operand {
                None => self.condition(condition, "when")?,
                Some(operand) => {
                    let pair = self.comparable(condition, operand, condition)?;
                    Node::new(Op::Compare(Comparison::Equal, Box::new(pair)), Type::Boolean)
                }
            };
            tests.push(test);
            results.push((result, self.lower(result)?));
        }
        if let Some(otherwise) = otherwise {
            results.push((otherwise, self.lower(otherwise)?));
        }
        let (mut results, kind) = self.unify(at, "case", results)?;
        let otherwise = if otherwise.is_some() { results.pop().map(Box::new) } else { None };
        let branches = tests.into_iter().zip(results).collect();
        Ok(Node::new(Op::Case { branches, otherwise }, kind))
    }

    /// Brings alternatives to one type: the widest scale, money when one is. Bare nulls take the others' type.
    pub fn unify(
        &self,
        at: &Expr,
        place: &str,
        nodes: Vec<(&Expr, Node)>,
    ) -> Result<(Vec<Node>, Type), ExpressionFault> {
        let mut common: Option<Type> = None;
        for (expr, node) in &nodes {
            let Some(kind) = node.kind else { continue };
            common = match common {
                None => Some(kind),
                Some(held) => match held.joined(kind) {
                    Some(joined) => Some(joined),
                    None => {
                        let sentence = format!("`{place}` cannot give both {} and {}", held.name(), kind_name(node));
                        return Err(self.fault(*expr, sentence, "alternatives of one type"));
                    }
                },
            };
        }
        let Some(common) = common else {
            return Err(self.fault(at, format!("`{place}` would always be null"), "at least one value"));
        };
        let typed = nodes.into_iter().map(|(_, mut node)| {
            node.kind = node.kind.or(Some(common));
            node
        });
        Ok((typed.collect(), common))
    }
}

fn negated(turned: bool, node: Node) -> Node {
    if turned { Node::new(Op::Not(Box::new(node)), Type::Boolean) } else { node }
}

fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::AtMost,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::AtLeast,
        _ => return None,
    })
}

impl Type {
    /// The name used in messages.
    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Decimal { money: true, .. } => "money",
            Type::Decimal { money: false, .. } => "a number",
            Type::Date => "a date",
            Type::Instant => "an instant",
            Type::Boolean => "a condition",
        }
    }

    /// Whether values of both types can be compared with each other.
    fn is_like(self, other: Type) -> bool {
        self.joined(other).is_some()
    }

    /// The type that holds values of both exactly.
    fn joined(self, other: Type) -> Option<Type> {
        match (self, other) {
            (Type::Decimal { scale, money }, Type::Decimal { scale: other, money: also }) => {
                Some(Type::Decimal { scale: scale.max(other), money: money || also })
            }
            _ => (self == other).then_some(self),
        }
    }
}

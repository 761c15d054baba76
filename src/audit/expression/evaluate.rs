//! Evaluation: one pass per node over all rows.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::bind::{conform, single};
use super::operand::{Extent, Operand};
use super::tree::{Node, Op, Pair};
use super::{Cell, ColumnRef, Decimals, Expression, Parameters, Rows, Type, Vector, decimals, logic, texts};
use crate::audit::snapshot;

pub(super) fn evaluate(expression: &Expression, rows: &dyn Rows, parameters: &Parameters) -> Vector {
    let held = |column: &ColumnRef, kind: Type| conform(column, rows.column(column), kind, rows.len());
    if let (Op::Column(column), Some(kind)) = (&expression.tree.op, expression.tree.kind) {
        return held(column, kind);
    }
    let columns = expression.columns.iter().map(|column| (column, rows.column(column))).collect();
    let evaluation = Evaluation { columns, parameters, rows: rows.len() };
    evaluation.run(&expression.tree).spread(rows.len())
}

struct Evaluation<'e> {
    columns: BTreeMap<&'e ColumnRef, Vector>,
    parameters: &'e Parameters,
    rows: usize,
}

impl Evaluation<'_> {
    fn extent(&self, operands: &[&Operand<'_>]) -> Extent {
        let constant = operands.iter().all(|operand| operand.constant);
        Extent { cells: if constant { 1 } else { self.rows }, constant }
    }

    fn run(&self, node: &Node) -> Operand<'_> {
        match &node.op {
            Op::Column(column) => self.column(column, node),
            Op::Constant(value) => Operand::constant(single(value, node.kind, "a literal")),
            Op::Parameter(name) => {
                let value = self.parameters.get(name);
                let value = value.unwrap_or_else(|| panic!("the run carries no parameter :{name}"));
                Operand::constant(single(value, node.kind, name))
            }
            Op::Add(pair) => self.combine(pair, i128::checked_add),
            Op::Subtract(pair) => self.combine(pair, i128::checked_sub),
            Op::Multiply(_) | Op::Negate(_) | Op::Absolute(_) | Op::Round(..) | Op::RoundedQuotient(..) => {
                self.scale(node)
            }
            Op::AddDays(_) | Op::SubtractDays(_) | Op::DaysBetween(_) => self.calendar(node),
            Op::Coalesce(nodes) => self.coalesce(nodes, node),
            Op::NullIf(pair) => self.null_if(pair, node),
            Op::Extreme(wanted, nodes) => self.extreme(*wanted, nodes, node),
            Op::Case { branches, otherwise } => self.case(branches, otherwise.as_deref(), node),
            Op::Upper(_)
            | Op::Lower(_)
            | Op::Trim(_)
            | Op::Length(_)
            | Op::Left(_)
            | Op::Right(_)
            | Op::Substring { .. }
            | Op::Concatenate(_) => self.text(node),
            _ => self.condition(node),
        }
    }

    fn column(&self, column: &ColumnRef, node: &Node) -> Operand<'_> {
        let held = self.columns.get(column);
        let held = held.unwrap_or_else(|| panic!("column {column} was not collected when the expression was parsed"));
        let fits = match (held, node.kind) {
            (Vector::Decimal(decimals), Some(Type::Decimal { scale, .. })) => decimals.scale == scale,
            _ => true,
        };
        if fits && held.len() == self.rows {
            return Operand { vector: Cow::Borrowed(held), constant: false };
        }
        let kind = node.kind.unwrap_or(Type::Text);
        Operand { vector: Cow::Owned(conform(column, held.clone(), kind, self.rows)), constant: false }
    }

    fn pair(&self, pair: &Pair) -> (Operand<'_>, Operand<'_>, Extent) {
        let (left, right) = (self.run(&pair.0), self.run(&pair.1));
        let extent = self.extent(&[&left, &right]);
        (left, right, extent)
    }

    fn combine(&self, pair: &Pair, of: impl Fn(i128, i128) -> Option<i128>) -> Operand<'_> {
        let (left, right, extent) = self.pair(pair);
        let figures = decimals::combine(&left.figures(), &right.figures(), extent, of);
        Operand::result(Vector::Decimal(figures), extent)
    }

    /// Arithmetic whose scale differs from its operands', or that has one operand.
    fn scale(&self, node: &Node) -> Operand<'_> {
        let map = |inner: &Node, scale: Option<u8>, of: &dyn Fn(i128) -> Option<i128>| {
            let operand = self.run(inner);
            let extent = self.extent(&[&operand]);
            let scale = scale.unwrap_or(operand.decimals().scale);
            let figures = decimals::map(&operand.figures(), extent, scale, of);
            Operand::result(Vector::Decimal(figures), extent)
        };
        match &node.op {
            Op::Negate(inner) => map(inner, None, &i128::checked_neg),
            Op::Absolute(inner) => map(inner, None, &i128::checked_abs),
            Op::Round(inner, digits) => {
                let finer = inner.kind.and_then(Type::scale).unwrap_or(*digits);
                let drop = finer.saturating_sub(*digits);
                map(inner, Some(*digits), &|units| decimals::round(units, drop))
            }
            Op::RoundedQuotient(pair, digits) => {
                let (left, right, extent) = self.pair(pair);
                let (left, right) = (left.figures(), right.figures());
                let shift = i16::from(*digits) + i16::from(right.scale) - i16::from(left.scale);
                let divide = |left, right| decimals::rounded_quotient(left, right, shift);
                Operand::result(Vector::Decimal(decimals::zip(&left, &right, extent, *digits, divide)), extent)
            }
            Op::Multiply(pair) => {
                let (left, right, extent) = self.pair(pair);
                let (left, right) = (left.figures(), right.figures());
                let scale = left.scale + right.scale;
                Operand::result(Vector::Decimal(decimals::zip(&left, &right, extent, scale, i128::checked_mul)), extent)
            }
            _ => outside("arithmetic"),
        }
    }

    fn calendar(&self, node: &Node) -> Operand<'_> {
        let (Op::AddDays(pair) | Op::SubtractDays(pair) | Op::DaysBetween(pair)) = &node.op else { outside("dates") };
        let (left, right, extent) = self.pair(pair);
        let dates = left.days();
        if matches!(node.op, Op::DaysBetween(_)) {
            let earlier = right.days();
            let between = (0..extent.cells).map(|row| Some(i128::from(dates.at(row)?) - i128::from(earlier.at(row)?)));
            let cells = between.map(|days| days.map_or((0, Cell::Null), |days| (days, Cell::Value)));
            return Operand::result(Vector::Decimal(Decimals::new(0, cells)), extent);
        }
        let backwards = matches!(node.op, Op::SubtractDays(_));
        let days = right.figures();
        let moved = (0..extent.cells).map(|row| {
            let date = i128::from(dates.at(row)?);
            let (days, Cell::Value) = days.at(row) else { return None };
            let moved = if backwards { date.checked_sub(days)? } else { date.checked_add(days)? };
            i32::try_from(moved).ok().filter(|moved| snapshot::day_at(*moved).is_some())
        });
        Operand::result(Vector::Date(moved.collect()), extent)
    }

    fn alternatives(&self, nodes: &[Node]) -> (Vec<Operand<'_>>, Extent) {
        let operands: Vec<Operand<'_>> = nodes.iter().map(|node| self.run(node)).collect();
        let extent = self.extent(&operands.iter().collect::<Vec<_>>());
        (operands, extent)
    }

    fn coalesce(&self, nodes: &[Node], node: &Node) -> Operand<'_> {
        let (operands, extent) = self.alternatives(nodes);
        let mut picks = vec![None; extent.cells];
        for (index, operand) in operands.iter().enumerate() {
            for (pick, state) in picks.iter_mut().zip(operand.states(extent.cells)) {
                if pick.is_none() && state != Cell::Null {
                    *pick = Some(index);
                }
            }
        }
        Operand::result(logic::gather(operands, &picks, node.kind.and_then(Type::scale)), extent)
    }

    /// Null where both are equal. Where the second is a fault, so is the result: whether they are equal is unknown.
    fn null_if(&self, pair: &Pair, node: &Node) -> Operand<'_> {
        let (value, unwanted, extent) = self.pair(pair);
        let equal = logic::compare(&value, &unwanted, extent).into_iter().map(|order| order == Some(Ordering::Equal));
        let faulted = unwanted.states(extent.cells).into_iter().map(|state| state == Cell::Fault);
        let picks: Vec<Option<usize>> = equal
            .zip(faulted)
            .map(|(equal, faulted)| match (equal, faulted) {
                (true, _) => None,
                (_, true) => Some(1),
                _ => Some(0),
            })
            .collect();
        let Some(scale) = node.kind.and_then(Type::scale) else {
            return Operand::result(logic::gather(vec![value], &picks, None), extent);
        };
        let fault = Operand::constant(Vector::Decimal(Decimals::uniform(scale, 1, Cell::Fault)));
        Operand::result(logic::gather(vec![value, fault], &picks, Some(scale)), extent)
    }

    fn extreme(&self, wanted: Ordering, nodes: &[Node], node: &Node) -> Operand<'_> {
        let scale = node.kind.and_then(Type::scale);
        let (operands, _) = self.alternatives(nodes);
        let best = operands.into_iter().reduce(|best, next| {
            let extent = self.extent(&[&best, &next]);
            let orders = logic::compare(&next, &best, extent);
            let states = best.states(extent.cells).into_iter().zip(next.states(extent.cells));
            let picks: Vec<Option<usize>> = orders
                .into_iter()
                .zip(states)
                .map(|(order, states)| match states {
                    (Cell::Fault, _) | (_, Cell::Null) => Some(0),
                    (_, Cell::Fault) | (Cell::Null, _) => Some(1),
                    _ => Some(usize::from(order == Some(wanted))),
                })
                .collect();
            Operand::result(logic::gather(vec![best, next], &picks, scale), extent)
        });
        best.unwrap_or_else(|| outside("alternatives"))
    }

    fn case(&self, branches: &[(Node, Node)], otherwise: Option<&Node>, node: &Node) -> Operand<'_> {
        let tests: Vec<Operand<'_>> = branches.iter().map(|(test, _)| self.run(test)).collect();
        let results = branches.iter().map(|(_, result)| result).chain(otherwise);
        let results: Vec<Operand<'_>> = results.map(|result| self.run(result)).collect();
        let extent = self.extent(&tests.iter().chain(&results).collect::<Vec<_>>());
        let lanes: Vec<_> = tests.iter().map(Operand::conditions).collect();
        let fallback = otherwise.map(|_| lanes.len());
        let picks = (0..extent.cells).map(|row| lanes.iter().position(|lane| lane.at(row) == Some(true)).or(fallback));
        let picks: Vec<Option<usize>> = picks.collect();
        Operand::result(logic::gather(results, &picks, node.kind.and_then(Type::scale)), extent)
    }

    fn condition(&self, node: &Node) -> Operand<'_> {
        let (cells, extent) = match &node.op {
            Op::Compare(comparison, pair) => {
                let (left, right, extent) = self.pair(pair);
                let orders = logic::compare(&left, &right, extent).into_iter();
                (orders.map(|order| Some(comparison.holds(order?))).collect(), extent)
            }
            Op::Between { subject, bounds } => {
                let subject = self.run(subject);
                let (low, high) = (self.run(&bounds.0), self.run(&bounds.1));
                let extent = self.extent(&[&subject, &low, &high]);
                let above = logic::compare(&subject, &low, extent).into_iter();
                let below = logic::compare(&subject, &high, extent);
                let pairs = above.map(|order| order.map(Ordering::is_ge)).zip(below);
                (pairs.map(|(above, below)| logic::and(above, below.map(Ordering::is_le))).collect(), extent)
            }
            Op::OneOf { subject, choices } => {
                let subject = self.run(subject);
                let choices: Vec<Operand<'_>> = choices.iter().map(|choice| self.run(choice)).collect();
                let extent = self.extent(&choices.iter().chain([&subject]).collect::<Vec<_>>());
                (logic::one_of(&subject, &choices, extent), extent)
            }
            Op::And(pair) => self.connect(pair, logic::and),
            Op::Or(pair) => self.connect(pair, logic::or),
            Op::Like(pair) => {
                let (text, pattern, extent) = self.pair(pair);
                (texts::like(&text, &pattern, extent), extent)
            }
            Op::IsNull(inner) | Op::Is(_, inner) | Op::Not(inner) => self.question(node, inner),
            _ => outside("conditions"),
        };
        Operand::result(Vector::Boolean(cells.into()), extent)
    }

    fn connect(
        &self,
        pair: &Pair,
        of: impl Fn(Option<bool>, Option<bool>) -> Option<bool>,
    ) -> (Vec<Option<bool>>, Extent) {
        let (left, right, extent) = self.pair(pair);
        let (left, right) = (left.conditions(), right.conditions());
        ((0..extent.cells).map(|row| of(left.at(row), right.at(row))).collect(), extent)
    }

    fn question(&self, node: &Node, inner: &Node) -> (Vec<Option<bool>>, Extent) {
        let operand = self.run(inner);
        let extent = self.extent(&[&operand]);
        if matches!(node.op, Op::IsNull(_)) {
            let states = operand.states(extent.cells).into_iter();
            let answers = states.map(|state| match state {
                Cell::Value => Some(false),
                Cell::Null => Some(true),
                Cell::Fault => None,
            });
            return (answers.collect(), extent);
        }
        let lane = operand.conditions();
        let answers = (0..extent.cells).map(|row| match &node.op {
            Op::Is(wanted, _) => Some(lane.at(row) == Some(*wanted)),
            _ => lane.at(row).map(|held| !held),
        });
        (answers.collect(), extent)
    }

    fn text(&self, node: &Node) -> Operand<'_> {
        match &node.op {
            Op::Upper(inner) => self.map_text(inner, |text| Cow::Owned(text.to_uppercase())),
            Op::Lower(inner) => self.map_text(inner, |text| Cow::Owned(text.to_lowercase())),
            Op::Trim(inner) => self.map_text(inner, |text| Cow::Borrowed(snapshot::trim(text))),
            Op::Length(inner) => self.length(inner),
            // A negative count leaves out that many characters at the far end, as in PostgreSQL.
            Op::Left(pair) => self.cut(&pair.0, &[&pair.1], |length, counts| {
                (0, if counts[0] < 0 { length.saturating_add(counts[0]) } else { counts[0] })
            }),
            Op::Right(pair) => self.cut(&pair.0, &[&pair.1], |length, counts| {
                (if counts[0] < 0 { counts[0].saturating_neg() } else { length.saturating_sub(counts[0]) }, length)
            }),
            Op::Substring { text, start, length: None } => {
                self.cut(text, &[start], |length, counts| (counts[0].saturating_sub(1), length))
            }
            Op::Substring { text, start, length: Some(wanted) } => self.cut(text, &[start, wanted], |_, counts| {
                let from = counts[0].saturating_sub(1);
                (from, from.saturating_add(counts[1]))
            }),
            Op::Concatenate(pair) => {
                let (left, right, extent) = self.pair(pair);
                Operand::result(texts::concatenate(&left, &right, extent), extent)
            }
            _ => outside("text"),
        }
    }

    fn cut(&self, text: &Node, numbers: &[&Node], window: impl Fn(i128, &[i128]) -> (i128, i128)) -> Operand<'_> {
        let text = self.run(text);
        let numbers: Vec<Operand<'_>> = numbers.iter().map(|number| self.run(number)).collect();
        let numbers: Vec<&Operand<'_>> = numbers.iter().collect();
        let extent = self.extent(&numbers.iter().copied().chain([&text]).collect::<Vec<_>>());
        Operand::result(texts::cut(&text, &numbers, extent, window), extent)
    }

    fn map_text(&self, inner: &Node, of: impl Fn(&str) -> Cow<'_, str>) -> Operand<'_> {
        let operand = self.run(inner);
        let extent = self.extent(&[&operand]);
        Operand::result(texts::map(&operand, extent, of), extent)
    }

    fn length(&self, inner: &Node) -> Operand<'_> {
        let operand = self.run(inner);
        let extent = self.extent(&[&operand]);
        let lengths = operand.texts(extent.cells).map(|text| text.map_or(0, |text| text.chars().count() as i128));
        let cells = lengths.zip(operand.states(extent.cells));
        Operand::result(Vector::Decimal(Decimals::new(0, cells)), extent)
    }
}

impl Type {
    /// Fractional digits of a decimal.
    pub(super) fn scale(self) -> Option<u8> {
        match self {
            Type::Decimal { scale, .. } => Some(scale),
            _ => None,
        }
    }
}

/// Typing and dispatch rule this out, so meeting it is a mistake of this module.
fn outside(part: &str) -> ! {
    panic!("an operation was evaluated as one of {part}, which it is not")
}

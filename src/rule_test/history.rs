//! What earlier runs found, as a test gives it: `history = [{ subject = ["A1", "CNY"], figures = ["CNY 100.00"] }]`.

use chrono::{Days, NaiveDate};

use super::expectation::{Known, figure};
use super::subject::subject;
use crate::audit::amount::Amount;
use crate::audit::swing::{History, PastFigure};
use crate::audit::value::Subject;
use crate::problem::{Node, Section};

/// Of each subject, its figures with their currencies, the latest last.
pub(super) type Given = Vec<(Subject, Figures)>;

type Figures = Vec<(Option<String>, Amount)>;

/// The section's `history`. The outer `None` says that it is wrong, the inner one that there is none.
pub(super) fn read(section: &Section<'_>, known: &Known<'_>) -> Option<Option<Given>> {
    let Some(node) = section.get("history") else { return Some(None) };
    if known.rule.figures.is_none() {
        let sentence = format!("rule {} looks back at no figures of its own", known.rule.id);
        node.name_problem(sentence, "no history, or a check with change = { … } in the rule");
        return None;
    }
    let given: Vec<Option<_>> = node.list(0)?.iter().map(|node| one(node, known)).collect();
    given.into_iter().collect::<Option<Given>>().map(Some)
}

fn one(node: &Node<'_>, known: &Known<'_>) -> Option<(Subject, Figures)> {
    let section = node.section()?;
    let named = section.need("subject", "the columns of by: subject = [\"A1\", \"CNY\"]");
    let named = named.and_then(|node| subject(&node, known.rule, &known.types));
    let figures = section.need("figures", "one for each day before, the latest last: figures = [\"CNY 100.00\"]");
    let figures = figures.and_then(|node| {
        let figures: Vec<Option<_>> = node.list(0)?.iter().map(figure).collect();
        figures.into_iter().collect::<Option<Figures>>()
    });
    section.finish();
    Some((named?, figures?))
}

/// The figures as the runs of the days before `day` found them, one a day.
pub(super) fn until(given: Given, day: NaiveDate) -> History {
    let past = given.into_iter().map(|(subject, figures)| {
        let days = (1..).map_while(|ago| day.checked_sub_days(Days::new(ago)));
        let figures = figures.into_iter().rev().zip(days);
        (subject, figures.map(|((currency, amount), day)| PastFigure { day, currency, amount }).collect())
    });
    past.collect()
}

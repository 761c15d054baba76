//! `tieout explain`: one exception with its rule, parameters, rows and arithmetic.

use std::fmt::Write;

use super::{Files, NOT_EVALUATED, USAGE, fail, load, print, tables};
use crate::audit::breaks::{Break, Evidence, Message, Relation};
use crate::audit::value::Value;
use crate::config::Config;
use crate::language::Language;
use crate::store::{Detail, RunRow, Store};

/// Shows why an exception is one: the rule, its parameters, the rows of every side, the arithmetic
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The exception's id, or at least six characters of its beginning or end
    pub exception: String,
}

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let store = match Store::open_existing(config.store_url.expose()).await {
        Ok(Some(store)) => store,
        Ok(None) => {
            eprintln!("there is no store yet: nothing was run so far");
            return NOT_EVALUATED;
        }
        Err(fault) => return fail(&fault),
    };
    let detail = match store.exception(&arguments.exception).await {
        Ok(Some(detail)) => detail,
        Ok(None) => {
            eprintln!("there is no exception {}; `tieout exceptions` lists them with their ids", arguments.exception);
            return USAGE;
        }
        Err(fault) => return fail(&fault),
    };
    let run = match store.run(&detail.changed_run).await {
        Ok(run) => run,
        Err(fault) => return fail(&fault),
    };
    print(&explain(&config, &detail, run.as_ref()))
}

fn explain(config: &Config, detail: &Detail, run: Option<&RunRow>) -> String {
    let exception = &detail.exception;
    let mut text = String::new();
    let mut put = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    put(format!("{}  {}", exception.rule_title.get(Language::En), tables::shown(&exception.subject)));
    put(format!("exception   {}", exception.id));
    put(format!("status      {} ({})", exception.status.name(), exception.severity.name()));
    put(format!("department  {}", exception.department));
    put(format!("seen        {} to {}, changed {}", exception.first_seen, exception.last_seen, exception.last_changed));
    if exception.regressions > 0 {
        put(format!("came back   {} times", exception.regressions));
    }
    put(format!("at risk     {}", tables::purse(&exception.at_risk)));
    put(String::new());
    let rule = config.rules.iter().find(|rule| rule.id == exception.rule);
    let edited = rule.is_some_and(|rule| rule.hash != detail.rule_hash);
    put(format!(
        "Rule {}, version {}{}",
        exception.rule,
        detail.rule_hash.get(..12).unwrap_or(&detail.rule_hash),
        match (rule, edited) {
            (None, _) => " (no longer in rules/)",
            (_, true) => " (edited since)",
            _ => "",
        }
    ));
    if let Some(rule) = rule {
        put(format!("  why: {}", rule.why.get(Language::En)));
    }
    if let Some(run) = run {
        put(format!("  judged by {} as of {} with {}", run.job, run.as_of, run.parameters));
    }
    put(String::new());
    for found in &exception.breaks {
        put(format!("{} / {}: {}", found.check, found.class.name(), tables::what(std::slice::from_ref(found))));
        for line in arithmetic(found) {
            put(format!("    {line}"));
        }
    }
    text.push_str(&rows(&detail.latest));
    let _ = writeln!(text, "\nTrail");
    for row in &detail.trail {
        let _ = writeln!(
            text,
            "  {}  {}  {}",
            row.at.format("%Y-%m-%d %H:%M:%S UTC"),
            row.event,
            tables::one_line(&row.actor)
        );
    }
    text
}

/// How a break's figures come about, a line a step.
fn arithmetic(found: &Break) -> Vec<String> {
    let mut lines = Vec::new();
    match &found.message {
        Message::AmountDiffers { relation, left, right, difference, allowed, .. }
        | Message::QuantityDiffers { relation, left, right, difference, allowed } => {
            lines.push(format!("{} = {}", left.expression, figure(&left.value)));
            lines.push(format!("{} = {}", right.expression, figure(&right.value)));
            lines.push(format!("{} - {} = {difference}", figure(&left.value), figure(&right.value)));
            let wanted = match relation {
                Relation::Equal => "equal",
                Relation::AtMost => "at most",
                Relation::AtLeast => "at least",
            };
            lines.push(format!("should be {wanted}, within {allowed}"));
        }
        Message::LowStock { on_hand, reserved, incoming, figure, point, .. } => {
            lines.push(format!("on hand {on_hand}, reserved {reserved}, incoming {incoming}"));
            lines.push(format!("{figure} is at or under the reorder point {point}"));
        }
        Message::Overdue { amount, applied, outstanding, currency, due, days, .. } => {
            lines.push(format!("{amount} - {applied} applied = {outstanding} {currency}"));
            lines.push(format!("due {due}, {days} days ago"));
        }
        Message::OverCreditLimit { outstanding, limit, currency } => {
            let excess = outstanding.checked_sub(*limit).map(|excess| excess.to_string()).unwrap_or_default();
            lines.push(format!("{outstanding} - {limit} = {excess} {currency} over the limit"));
        }
        _ => {}
    }
    if let Some(money) = &found.at_risk {
        lines.push(format!("at risk {} {}", tables::one_line(&money.currency), money.amount));
    }
    lines
}

fn figure(value: &Value) -> String {
    if value.is_null() { "nothing".to_owned() } else { tables::one_line(&value.to_string()) }
}

fn rows(evidence: &Evidence) -> String {
    let mut text = String::new();
    for side in &evidence.sides {
        let shown = side.rows.len() as u64;
        let count = if shown == side.total { format!("{}", side.total) } else { format!("{shown} of {}", side.total) };
        let _ = writeln!(text, "\n{} (table {}): {count} rows", side.side, side.table);
        if side.rows.is_empty() {
            continue;
        }
        let header: Vec<&str> = side.columns.iter().map(String::as_str).collect();
        let mut table = tables::table(&header);
        for row in &side.rows {
            table.add_row(row.iter().map(|value| tables::one_line(&value.to_string())));
        }
        let _ = writeln!(text, "{table}");
    }
    text
}

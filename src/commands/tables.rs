//! A run's report as a person reads it in a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::audit::amount::Purse;
use crate::audit::breaks::Break;
use crate::audit::exception::{Exception, Step, Tally};
use crate::audit::value::Subject;
use crate::config::Config;
use crate::language::Language;
use crate::report::{Listed, RuleReport, RunReport};
use crate::run::Sent;
use crate::words;

/// Rows listed per department; what is left out is said, with the command that shows it.
const TOP_ROWS: usize = 5;

/// Columns of a terminal that does not say its width.
const WIDTH: u16 = 140;

/// The whole report: rules, then departments.
pub(super) fn run(config: &Config, report: &RunReport, sent: Sent) -> String {
    let mut text = String::new();
    let at = report.as_of.with_timezone(&config.business.zone);
    let dry = if report.dry_run { " (dry run: nothing is recorded or sent)" } else { "" };
    line(&mut text, &format!("{}: {} as of {}{dry}", config.business.name, report.job, at.format("%Y-%m-%d %H:%M %Z")));
    line(&mut text, "");
    line(&mut text, &rules(report));
    for rule in &report.rules {
        for note in notes(rule) {
            line(&mut text, &format!("{}: {note}", rule.rule));
        }
    }
    for department in report.departments() {
        line(&mut text, "");
        text.push_str(&desk(config, report, department));
    }
    if report.rules.iter().all(|rule| rule.exceptions.is_empty()) && report.exit_code() == 0 {
        line(&mut text, "Everything ties out.");
    }
    if sent.sent > 0 {
        line(&mut text, "");
        line(&mut text, &format!("Mails sent: {}", sent.sent));
    }
    text
}

fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

/// A table without clutter, as wide as the terminal.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY).set_header(header.iter().copied());
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    table
}

pub(super) fn right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn rules(report: &RunReport) -> String {
    let mut table =
        table(&["rule", "status", "rows read", "exceptions", "in transit", "at risk", "open before -> after"]);
    for rule in &report.rules {
        table.add_row([
            rule.rule.clone(),
            rule.status.name().replace('_', " "),
            rule.rows().to_string(),
            rule.exceptions.len().to_string(),
            rule.in_transit.to_string(),
            purse(&rule.at_risk),
            rule.continuity.as_ref().map_or_else(String::new, |line| {
                let Tally { count: before, .. } = line.opening;
                format!("{before} -> {}", line.closing.count)
            }),
        ]);
    }
    right(&mut table, &[2, 3, 4, 5, 6]);
    table.to_string()
}

fn notes(rule: &RuleReport) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(rule.reason.as_ref().map(|reason| words::reason(reason, Language::En)));
    if rule.baseline {
        notes.push("judged for the first time: what stands now is its baseline".to_owned());
    }
    if rule.rule_changed {
        notes.push("the rule or one of its tables was edited since its last run".to_owned());
    }
    if !rule.recorded && rule.reason.is_none() {
        notes
            .push("not recorded: a later as-of is already on record, or this was a dry run without a store".to_owned());
    }
    notes
}

/// One department's list: how many, how much, the largest, and where the rest is.
fn desk(config: &Config, report: &RunReport, name: &str) -> String {
    let mut listed: Vec<(&RuleReport, &Listed)> = Vec::new();
    for rule in &report.rules {
        listed.extend(rule.exceptions.iter().filter(|listed| listed.department == name).map(|listed| (rule, listed)));
    }
    listed.sort_by_key(|(_, listed)| (std::cmp::Reverse(listed.severity), std::cmp::Reverse(largest(&listed.at_risk))));
    let mut at_risk = Purse::default();
    for (currency, amount) in listed.iter().flat_map(|(_, listed)| listed.at_risk.iter()) {
        // A sum of 38 digits that overflows keeps its former figure; every row still shows its own.
        let _ = at_risk.add(currency, amount);
    }
    let title = config.departments.get(name).map_or(name, |department| department.title.get(Language::En));
    let mut text = String::new();
    let _ = write!(text, "{title}: {} {}", listed.len(), if listed.len() == 1 { "exception" } else { "exceptions" });
    for step in [Step::Opened, Step::Regressed, Step::Worsened, Step::Changed] {
        let count = listed.iter().filter(|(_, listed)| listed.step == Some(step)).count();
        if count > 0 {
            let _ = write!(text, ", {count} {}", if step == Step::Opened { "new" } else { step.name() });
        }
    }
    if !at_risk.is_empty() {
        let _ = write!(text, "; at risk {}", purse(&at_risk));
    }
    text.push('\n');
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for found in listed.iter().flat_map(|(_, listed)| &listed.breaks) {
        *counts.entry(words::class(found.class, Language::En)).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(class, count)| format!("{class} {count}")).collect();
    line(&mut text, &format!("  {}", counts.join(", ")));
    let mut table = table(&["severity", "subject", "what", "at risk", "since"]);
    for (_, listed) in listed.iter().take(TOP_ROWS) {
        table.add_row([
            listed.severity.name().to_owned(),
            shown(&listed.subject),
            what(&listed.breaks),
            purse(&listed.at_risk),
            listed.first_seen.to_string(),
        ]);
    }
    right(&mut table, &[3]);
    line(&mut text, &table.to_string());
    let rest = listed.len().saturating_sub(TOP_ROWS);
    if rest > 0 {
        line(&mut text, &format!("  {rest} more: tieout exceptions --department {name}"));
    }
    text
}

fn largest(purse: &Purse) -> crate::audit::amount::Amount {
    purse.iter().map(|(_, amount)| amount).max().unwrap_or_default()
}

/// A list of kept exceptions, with how many there are in all.
pub(super) fn exceptions(listed: &[Exception], total: u64, offset: u64) -> String {
    let mut table = table(&["id", "status", "severity", "department", "rule", "subject", "what", "at risk", "since"]);
    for exception in listed {
        table.add_row([
            exception.id.clone(),
            exception.status.name().to_owned(),
            exception.severity.name().to_owned(),
            exception.department.clone(),
            exception.rule.clone(),
            shown(&exception.subject),
            what(&exception.breaks),
            purse(&exception.at_risk),
            exception.first_seen.to_string(),
        ]);
    }
    right(&mut table, &[7]);
    let mut text = String::new();
    if !listed.is_empty() {
        line(&mut text, &table.to_string());
    }
    let shown = listed.len() as u64;
    match (total, shown) {
        (0, _) => line(&mut text, "No exceptions."),
        (total, shown) if shown == total => line(&mut text, &format!("{total} in all.")),
        (total, shown) => {
            let first = offset + 1;
            let last = offset + shown;
            line(&mut text, &format!("{first} to {last} of {total}; --limit and --offset show the rest."));
        }
    }
    text
}

pub(super) fn shown(subject: &Subject) -> String {
    one_line(&words::subject(subject, Language::En))
}

/// All breaks as sentences.
pub(super) fn what(breaks: &[Break]) -> String {
    let sentences: Vec<String> = breaks.iter().map(|found| one_line(&words::sentence(found, Language::En))).collect();
    sentences.join("; ")
}

/// Text from a cell, without the control characters that would move a terminal's cursor.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

pub(super) fn purse(purse: &Purse) -> String {
    let figures: Vec<String> =
        purse.iter().map(|(currency, amount)| format!("{} {}", one_line(currency), words::figure(amount))).collect();
    figures.join(", ")
}

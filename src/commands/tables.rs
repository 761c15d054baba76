//! A run's report, and lists of exceptions, as a person reads them in a terminal of any width.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle, Width as ColumnWidth,
};
use terminal_size::{Width, terminal_size_of};

use super::{ageing, moments};
use crate::audit::amount::{Amount, Purse};
use crate::audit::breaks::{Break, Class, Severity};
use crate::audit::exception::{Exception, Status, Step};
use crate::audit::judgement::Unjudged;
use crate::audit::rulebook::Titles;
use crate::audit::swing::NoHistory;
use crate::audit::value::Subject;
use crate::config::Config;
use crate::language::{Bilingual, Language};
use crate::report::{Listed, RuleReport, RuleStatus, RunReport};
use crate::run::Sent;
use crate::words;

/// Rows listed per department; what is left out is said, with the command that shows it.
const TOP_ROWS: usize = 5;

/// Columns where neither the terminal nor `COLUMNS` says how many there are.
const WIDTH: u16 = 140;
/// Narrower than this nothing can be laid out; the terminal breaks the lines then.
const LEAST_WIDTH: u16 = 60;

/// How many characters of an id are shown: its end, which differs most. `explain` takes them.
const ID_SHOWN: usize = 8;

/// The whole report: rules, then departments.
pub(super) fn run(config: &Config, report: &RunReport, sent: Sent) -> String {
    let mut text = String::new();
    let at = report.as_of.with_timezone(&config.business.zone);
    let dry = if report.dry_run { " (dry run: nothing is recorded or sent)" } else { "" };
    let business = words::visible(&config.business.name);
    line(&mut text, &format!("{business}: {} as of {}{dry}", report.job, at.format("%Y-%m-%d %H:%M %Z")));
    line(&mut text, "");
    text.push_str(&rules(report));
    let mut notes = notes(report);
    notes.extend(moments::notes(report, config.business.zone));
    if !notes.is_empty() {
        line(&mut text, "");
    }
    for note in notes {
        line(&mut text, &note);
    }
    text.push_str(&ageing::of(report));
    for department in report.departments() {
        line(&mut text, "");
        text.push_str(&desk(config, report, department));
    }
    if report.exit_code() == 0 {
        line(&mut text, "");
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

/// How many columns there are to write in: the terminal's, else those `COLUMNS` names, else [`WIDTH`].
pub(super) fn width() -> u16 {
    let terminal = terminal_size_of(std::io::stdout()).map(|(Width(columns), _)| columns);
    let named = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(named).unwrap_or(WIDTH).max(LEAST_WIDTH)
}

/// A table without borders, no wider than there is room.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table
        .load_style(TableStyle::new().header_separator(rule))
        .set_header(header.iter().map(|name| words::visible(name)));
    laid_out(table)
}

/// A table that begins with its first row.
pub(super) fn headless(rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).add_rows(rows);
    laid_out(table)
}

/// A table whose header was set after it was begun, laid out anew.
pub(super) fn fitted(table: Table) -> Table {
    laid_out(table)
}

fn laid_out(mut table: Table) -> Table {
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width());
    let last = table.column_count().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding(if index == last { (0, 0) } else { (0, 2) });
    }
    table
}

/// The table's text, without blanks at the ends of lines.
pub(super) fn drawn(table: &Table) -> String {
    table.trim_fmt() + "\n"
}

pub(super) fn right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Columns that are never broken into several lines.
fn whole(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

fn rules(report: &RunReport) -> String {
    let mut table = table(&["rule", "result", "rows read", "in transit", "at risk", "open"]);
    for rule in &report.rules {
        table.add_row([
            rule.rule.clone(),
            result(rule),
            rule.rows().to_string(),
            rule.in_transit.to_string(),
            stacked(&rule.at_risk),
            rule.continuity.as_ref().map_or_else(String::new, |line| {
                if line.opening.count == line.closing.count {
                    line.closing.count.to_string()
                } else {
                    format!("{} → {}", line.opening.count, line.closing.count)
                }
            }),
        ]);
    }
    right(&mut table, &[2, 3, 4, 5]);
    whole(&mut table, &[1, 4, 5]);
    drawn(&table)
}

fn result(rule: &RuleReport) -> String {
    match rule.status {
        RuleStatus::TiesOut => "ties out".to_owned(),
        RuleStatus::Exceptions => count(rule.exceptions.len() as u64, "exception"),
        RuleStatus::Flooded => "flooded".to_owned(),
        RuleStatus::NotEvaluated => "not evaluated".to_owned(),
    }
}

/// `1 row`, `2 rows`.
pub(super) fn count(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// What must be known beside the figures, a sentence a line.
fn notes(report: &RunReport) -> Vec<String> {
    let mut notes = Vec::new();
    for rule in &report.rules {
        if let Some(reason) = &rule.reason {
            notes.push(format!("{} was not evaluated: {}.", rule.rule, words::reason(reason, Language::En)));
        }
    }
    for rule in &report.rules {
        for (company, reason) in &rule.unknown {
            let (company, why) = (words::visible(company), words::reason(reason, Language::En));
            notes.push(format!("{} was judged without company {company}: {why}.", rule.rule));
        }
    }
    for rule in &report.rules {
        for (why, subjects) in &rule.unjudged {
            let subjects = count(*subjects, "subject");
            notes.push(match why {
                Unjudged::NoRate => format!("{}: {subjects} not judged, for want of a rate of exchange.", rule.rule),
                Unjudged::CompanyUnknown => format!("{}: {subjects} not judged, of unknown companies.", rule.rule),
                Unjudged::Doubled => {
                    format!("{}: {subjects} not judged, of several rows each, which another rule tells.", rule.rule)
                }
                Unjudged::OutOfScope => format!("{}: {subjects} not judged, outside its scope.", rule.rule),
            });
        }
        for NoHistory { check, groups, most, needed } in &rule.no_history {
            let groups = count(*groups, "subject");
            notes.push(format!(
                "{}: {groups} with no history yet for {check} ({most} of {needed} past figures).",
                rule.rule
            ));
        }
        for side in &rule.sides {
            for (table, rows) in &side.unmatched_lookups {
                let rows = count(*rows, "row");
                notes.push(format!("{}: {rows} of {} found nothing in {table}.", rule.rule, side.side));
            }
        }
        let limits: Vec<String> = rule.warned.iter().map(|excess| words::excess(excess, Language::En)).collect();
        if !limits.is_empty() {
            notes.push(format!("Warning: {} has {}.", rule.rule, limits.join("; ")));
        }
        for pattern in &rule.patterns {
            notes.push(format!(
                "{}: {}.",
                rule.rule,
                words::pattern(pattern, rule.check_titles.get(&pattern.check), Language::En)
            ));
        }
        if rule.undiagnosed > 0 {
            let left = count(rule.undiagnosed, "exception");
            notes.push(format!("{}: the likely cause of {left} was not looked for; `diagnosed` limits it.", rule.rule));
        }
    }
    let named = |which: &dyn Fn(&RuleReport) -> bool| {
        let names: Vec<&str> = report.rules.iter().filter(|rule| which(rule)).map(|rule| rule.rule.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(names) = named(&|rule| rule.baseline) {
        notes.push(format!("First run of {names}: what stands now is the baseline."));
    }
    if let Some(names) = named(&|rule| rule.rule_changed) {
        notes.push(format!("Edited since the last run, the rule or one of its tables: {names}."));
    }
    if let Some(names) = named(&|rule| rule.continuity.is_none() && rule.reason.is_none()) {
        let why = if report.dry_run {
            "Compared with nothing, because nothing is on record yet or only a later as-of is"
        } else {
            "Not recorded, because a later as-of is already on record"
        };
        notes.push(format!("{why}: {names}."));
    }
    notes
}

/// One department's list: how many, how much, the largest, and where the rest is.
fn desk(config: &Config, report: &RunReport, name: &str) -> String {
    let mut listed: Vec<(&RuleReport, &Listed)> = Vec::new();
    for rule in &report.rules {
        listed.extend(rule.exceptions.iter().filter(|listed| listed.department == name).map(|listed| (rule, listed)));
    }
    listed.sort_by_key(|(_, listed)| (Reverse(listed.severity), weight(config, &listed.at_risk)));
    let mut at_risk = Purse::default();
    for (currency, amount) in listed.iter().flat_map(|(_, listed)| listed.at_risk.iter()) {
        // A sum of 38 digits that overflows keeps its former figure; every row still shows its own.
        let _ = at_risk.add(currency, amount);
    }
    let title = config.departments.get(name).map_or(name, |department| department.title.get(Language::En));
    let mut text = String::new();
    let _ = write!(text, "{}: {}", words::visible(title), count(listed.len() as u64, "exception"));
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
    let mut counts: BTreeMap<Class, u64> = BTreeMap::new();
    for found in listed.iter().flat_map(|(_, listed)| &listed.breaks) {
        *counts.entry(found.class).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.iter().map(|(class, count)| format!("{} {count}", words::class(*class, Language::En))).collect();
    line(&mut text, &format!("({})", counts.join(", ")));
    line(&mut text, "");
    let rows = listed.iter().take(TOP_ROWS).map(|(rule, listed)| Entry {
        id: listed.id.as_deref(),
        severity: listed.severity,
        status: listed.status,
        subject: &listed.subject,
        rule: &rule.rule,
        under: rule.rule.clone(),
        breaks: &listed.breaks,
        at_risk: &listed.at_risk,
        since: listed.first_seen,
    });
    text.push_str(&entries(rows, &Titles::of(&config.rules)));
    let rest = listed.len().saturating_sub(TOP_ROWS);
    if rest > 0 {
        let whence = if report.dry_run {
            "--format csv lists them all".to_owned()
        } else {
            format!("tieout exceptions --department {name}")
        };
        line(&mut text, &format!("{rest} more: {whence}"));
    }
    text
}

/// What puts the larger sum first without comparing sums of different currencies: the business's own currency comes
/// first, then the others by their names, then what has no price.
fn weight(config: &Config, purse: &Purse) -> (bool, bool, String, Reverse<Amount>) {
    let own = purse.iter().find(|(currency, _)| *currency == config.business.currency);
    match own.or_else(|| purse.iter().next()) {
        Some((currency, amount)) => (false, own.is_none(), currency.to_owned(), Reverse(amount)),
        None => (true, true, String::new(), Reverse(Amount::default())),
    }
}

/// One exception in a list.
struct Entry<'a> {
    id: Option<&'a str>,
    severity: Severity,
    status: Status,
    subject: &'a Subject,
    rule: &'a str,
    /// What stands under the subject: its rule, and where several departments are listed, whose it is.
    under: String,
    breaks: &'a [Break],
    at_risk: &'a Purse,
    since: chrono::NaiveDate,
}

/// Two lines an exception: what it is called above, where it stands below; so that eighty columns hold all of it.
fn entries<'a>(entries: impl Iterator<Item = Entry<'a>>, titles: &Titles) -> String {
    let mut table = table(&["id", "subject", "what", "at risk"]);
    for entry in entries {
        let id = entry.id.map_or("-", short);
        let standing = match entry.status {
            Status::Open => String::new(),
            status => format!("\n{}", status.name()),
        };
        let said = entry.breaks.iter().flat_map(|found| said(found, titles.get(entry.rule, &found.check)));
        let sentences: Vec<String> = said.collect();
        let money = if entry.at_risk.is_empty() { "-".to_owned() } else { stacked(entry.at_risk) };
        table.add_row(Row::from([
            format!("{id}\n{}{standing}", entry.severity.name()),
            format!("{}\n{}", shown(entry.subject), entry.under),
            sentences.join("\n"),
            format!("{money}\nsince {}", entry.since),
        ]));
    }
    right(&mut table, &[3]);
    whole(&mut table, &[0, 3]);
    if let Some(subject) = table.column_mut(1) {
        subject.set_constraint(ColumnConstraint::UpperBoundary(ColumnWidth::Percentage(30)));
    }
    drawn(&table)
}

/// What a break says, and what is known of why.
fn said(found: &Break, title: Option<&Bilingual>) -> impl Iterator<Item = String> {
    let why = words::why(found, Language::En).into_iter().map(|why| format!("  {why}"));
    std::iter::once(words::told(found, title, Language::En)).chain(why)
}

/// The end of an id, which is what tells ids of one run apart.
fn short(id: &str) -> &str {
    id.len().checked_sub(ID_SHOWN).and_then(|start| id.get(start..)).unwrap_or(id)
}

/// A list of kept exceptions, with how many there are in all.
pub(super) fn exceptions(listed: &[Exception], titles: &Titles, total: u64, offset: u64) -> String {
    let mut text = String::new();
    if !listed.is_empty() {
        text.push_str(&entries(
            listed.iter().map(|exception| Entry {
                id: Some(&exception.id),
                severity: exception.severity,
                status: exception.status,
                subject: &exception.subject,
                rule: &exception.rule,
                under: format!("{}, {}", exception.rule, exception.department),
                breaks: &exception.breaks,
                at_risk: &exception.at_risk,
                since: exception.first_seen,
            }),
            titles,
        ));
        line(&mut text, "");
    }
    let shown = listed.len() as u64;
    match (total, shown) {
        (0, _) => line(&mut text, "No exceptions."),
        (total, 0) => line(&mut text, &format!("None after the first {offset}; there are {total} in all.")),
        (total, shown) if shown == total => line(&mut text, &format!("{}.", count(total, "exception"))),
        (total, shown) => {
            let (first, last) = (offset + 1, offset + shown);
            line(&mut text, &format!("{first} to {last} of {total}; --limit and --offset show the rest."));
        }
    }
    if shown > 0 {
        line(&mut text, "tieout explain ID shows one of them, with its rows and its arithmetic.");
    }
    text
}

pub(super) fn shown(subject: &Subject) -> String {
    words::subject(subject, Language::En)
}

/// Every figure on one line.
pub(super) fn purse(purse: &Purse) -> String {
    purse.iter().map(|(currency, amount)| words::money(currency, amount)).collect::<Vec<_>>().join(", ")
}

/// A line a currency.
fn stacked(purse: &Purse) -> String {
    purse.iter().map(|(currency, amount)| words::money(currency, amount)).collect::<Vec<_>>().join("\n")
}

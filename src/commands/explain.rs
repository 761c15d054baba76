//! `tieout explain`: one exception with its rule, parameters, rows and arithmetic.

mod arithmetic;
mod causes;
mod stock;

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use chrono_tz::Tz;
use comfy_table::CellAlignment;
use serde_json::Value as Json;

use super::{Files, NOT_EVALUATED, USAGE, fail, load, moments, print, tables};
use crate::audit::breaks::{Evidence, SideRows};
use crate::audit::exception::Exception;
use crate::audit::moments::Moments;
use crate::audit::rulebook::Rule;
use crate::audit::value::Value;
use crate::config::Config;
use crate::language::Language;
use crate::store::{Detail, RunRow, Store, StoreError, TrailRow};
use crate::words;

/// Shows why an exception is one: the rule, its parameters, the rows of every side, the arithmetic
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The exception's id, or at least six characters of its beginning or end
    pub exception: String,
}

/// Characters of a rule's version that are shown.
const VERSION_SHOWN: usize = 12;

/// Rows that are still shown beside each other, a column a row, where they are too wide to stand below each other.
const BESIDE: usize = 3;

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let store = match Store::open_existing(config.store_url.expose()).await {
        Ok(Some(store)) => store,
        Ok(None) => {
            eprintln!("there is no store yet: nothing was run so far; `tieout run JOB` makes it");
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
        // What was given names none, or several.
        Err(StoreError::Refused(sentence)) => {
            eprintln!("{sentence}");
            return USAGE;
        }
        Err(fault) => return fail(&fault),
    };
    let run = match store.run(&detail.changed_run).await {
        Ok(run) => run,
        Err(fault) => return fail(&fault),
    };
    let judged = match store.rule_run(&detail.changed_run, &detail.exception.rule).await {
        Ok(judged) => judged.map(|judged| judged.read_at()).unwrap_or_default(),
        Err(fault) => return fail(&fault),
    };
    print(&explain(&config, &detail, run.as_ref(), &judged))
}

fn explain(config: &Config, detail: &Detail, run: Option<&RunRow>, read_at: &Moments) -> String {
    let exception = &detail.exception;
    let zone = config.business.zone;
    let rule = config.rules.iter().find(|rule| rule.id == exception.rule);
    let judged_by = rule.filter(|rule| rule.hash == detail.rule_hash);
    let mut lines =
        vec![words::visible(exception.rule_title.get(Language::En)), tables::shown(&exception.subject), String::new()];
    lines.extend(facts(exception, zone));
    lines.push(String::new());
    lines.extend(version(detail, rule));
    if let Some(run) = run {
        let at = run.as_of.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z");
        lines.push(fact("judged by", &format!("{} as of {at}", run.job)));
        if !read_at.is_empty() {
            lines.push(fact("read at", &moments::read_at(read_at, zone)));
        }
        lines.push(fact("parameters", &parameters(&run.parameters, zone)));
    }
    lines.push(String::new());
    lines.push("What does not hold".to_owned());
    for found in &exception.breaks {
        let class = words::class(found.class, Language::En).to_lowercase();
        // Faults that no check of the file names carry their class's name, which would only be said twice.
        let title = rule.and_then(|rule| rule.check_title(&found.check));
        let title = title.map(|title| format!(", “{}”", words::visible(title.get(Language::En)))).unwrap_or_default();
        let check = match found.check == found.class.name() {
            true => class,
            false => format!("{}{title} ({class})", found.check),
        };
        lines.push(format!("  {check}: {}", words::sentence(found, Language::En)));
        lines.extend(words::why(found, Language::En).into_iter().map(|why| format!("      {why}")));
        lines.extend(causes::lines(found).into_iter().map(|line| format!("        {line}")));
        for line in arithmetic::lines(found, &detail.latest, judged_by, &config.tables) {
            lines.push(format!("      {line}"));
        }
    }
    let mut text = lines.join("\n") + "\n";
    if detail.opening == detail.latest {
        text.push_str(&rows("Rows", &detail.latest));
    } else {
        text.push_str(&rows(&format!("Rows at the latest change, {}", exception.last_changed), &detail.latest));
        text.push_str(&rows(&format!("Rows when it was opened, {}", exception.first_seen), &detail.opening));
    }
    text.push_str("\nTrail\n");
    for row in &detail.trail {
        text.push_str(&format!("  {}\n", step(row, zone)));
    }
    text
}

fn fact(name: &str, value: &str) -> String {
    format!("  {name:<12}{value}")
}

fn facts(exception: &Exception, zone: Tz) -> Vec<String> {
    let status = match exception.closed {
        Some(day) => format!("{} since {day}", exception.status.name()),
        None => exception.status.name().to_owned(),
    };
    let at_risk = if exception.at_risk.is_empty() { "no amount".to_owned() } else { tables::purse(&exception.at_risk) };
    let mut lines = vec![
        fact("exception", &exception.id),
        fact("status", &format!("{status}, severity {}", exception.severity.name())),
        fact("department", &exception.department),
        fact("at risk", &at_risk),
        fact(
            "seen",
            &format!(
                "first {}, last {}, changed {}",
                exception.first_seen, exception.last_seen, exception.last_changed
            ),
        ),
    ];
    if exception.regressions > 0 {
        lines.push(fact("came back", &tables::count(exception.regressions.unsigned_abs(), "time")));
    }
    if let Some(assignee) = &exception.assignee {
        lines.push(fact("assigned to", &words::visible(assignee)));
    }
    if let Some(known) = &exception.acknowledgement {
        let until =
            known.until.map(|until| format!(", until {}", until.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z")));
        lines.push(fact("acknowledged", &format!(" by {}{}", words::visible(&known.by), until.unwrap_or_default())));
    }
    if let Some(waiver) = &exception.waiver {
        let until = waiver.expires.map(|day| format!(", until {day}")).unwrap_or_default();
        let cap = waiver.cap.as_ref().map(|cap| format!(", up to {}", tables::purse(cap))).unwrap_or_default();
        let (by, reason) = (words::visible(&waiver.by), words::visible(&waiver.reason));
        lines.push(fact("waived", &format!("by {by}{until}{cap}: {reason}")));
    }
    lines
}

fn version(detail: &Detail, rule: Option<&Rule>) -> Vec<String> {
    let since = match rule {
        None => ", no longer among the rules",
        Some(rule) if rule.hash != detail.rule_hash => ", edited since",
        Some(_) => "",
    };
    let hash = detail.rule_hash.get(..VERSION_SHOWN).unwrap_or(&detail.rule_hash);
    let mut lines = vec![format!("Rule {}, version {hash}{since}", detail.exception.rule)];
    let why = rule.map(|rule| rule.why.get(Language::En)).filter(|why| !why.is_empty());
    lines.extend(why.map(|why| fact("why", &words::visible(why))));
    lines
}

/// The values a run was given, as `name = value`.
fn parameters(json: &str, zone: Tz) -> String {
    let Ok(values) = serde_json::from_str::<BTreeMap<String, Value>>(json) else { return words::visible(json) };
    let shown = values.iter().map(|(name, value)| match value {
        Value::Instant(at) => {
            format!("{name} = {}", at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true))
        }
        Value::Null => format!("{name} = null"),
        value => format!("{name} = {}", words::visible(&value.to_string())),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn rows(title: &str, evidence: &Evidence) -> String {
    let mut text = format!("\n{title}\n");
    for side in &evidence.sides {
        let kept = side.rows.len() as u64;
        let count = tables::count(side.total, "row");
        let count = if kept == side.total { count } else { format!("{kept} of {count}") };
        text.push_str(&format!("\n{} (table {}): {count}\n", side.side, side.table));
        if !side.rows.is_empty() {
            text.push_str(&drawn(side));
        }
    }
    text
}

/// The rows below each other where there is room for that, else beside each other.
fn drawn(side: &SideRows) -> String {
    let cell = |value: &Value| words::visible(&value.to_string());
    let header: Vec<&str> = side.columns.iter().map(String::as_str).collect();
    let mut below = tables::table(&header);
    for row in &side.rows {
        below.add_row(row.iter().map(cell));
    }
    let needed: usize = below.column_max_content_widths().iter().map(|width| usize::from(*width) + 3).sum();
    if needed > usize::from(tables::width()) && side.rows.len() <= BESIDE {
        let beside = side.columns.iter().enumerate().map(|(index, column)| {
            let cells = side.rows.iter().map(|row| row.get(index).map(cell).unwrap_or_default());
            std::iter::once(words::visible(column)).chain(cells).collect()
        });
        return tables::drawn(&tables::headless(beside));
    }
    for (index, column) in below.column_iter_mut().enumerate() {
        if side.rows.iter().any(|row| matches!(row.get(index), Some(Value::Amount(_)))) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    tables::drawn(&below)
}

/// One row of the trail: when, what, how much was at risk, who.
fn step(row: &TrailRow, zone: Tz) -> String {
    let at = row.at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z");
    let detail: Json = serde_json::from_str(&row.detail).unwrap_or_default();
    let text = |path: &str| detail.pointer(path).and_then(Json::as_str);
    let mut said: Vec<String> = Vec::new();
    if let Some(Json::Object(at_risk)) = detail.get("at_risk") {
        let money = at_risk.iter().filter_map(|(currency, amount)| Some((currency, amount.as_str()?.parse().ok()?)));
        said.extend(money.map(|(currency, amount)| words::money(currency, amount)));
    }
    said.extend(["/why", "/edit/reason", "/edit/text", "/edit/to"].into_iter().filter_map(text).map(words::visible));
    if detail.get("rule_changed") == Some(&Json::Bool(true)) {
        said.push("rule changed".to_owned());
    }
    let by = row.actor.strip_prefix("run:").map_or_else(|| words::visible(&row.actor), |run| format!("run {run}"));
    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
    format!("{at}  {}{said} by {by}", row.event.replace('_', " "))
}

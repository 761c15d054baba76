//! One exception: what was found, what it rests on, and everything that happened to it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Html;

use super::WebState;
use super::list::told;
use super::page::{Fault, Frame, Query, department, encode, html, moment, money, purse};
use super::trail::{Happening, happening};
use crate::audit::breaks::{Break, Evidence, SideRows};
use crate::audit::exception::Exception;
use crate::audit::value::Value;
use crate::config::Config;
use crate::language::Language;
use crate::store::Detail;
use crate::words;

#[derive(Template)]
#[template(path = "detail.html", config = "src/web/askama.toml")]
struct DetailPage {
    frame: Frame,
    rule: String,
    /// Why the rule is kept, in its own words; empty where it does not say.
    why: String,
    rule_changed: bool,
    status: &'static str,
    status_word: &'static str,
    severity: &'static str,
    severity_word: &'static str,
    facts: Vec<Fact>,
    breaks: Vec<Found>,
    evidence_title: String,
    latest: Vec<EvidenceTable>,
    /// Empty where nothing changed since.
    opening: Vec<EvidenceTable>,
    trail: Vec<Happening>,
    technical: Vec<Fact>,
}

struct Fact {
    label: String,
    text: String,
}

struct Found {
    class: &'static str,
    /// Absent where it says no more than the class does.
    check: Option<String>,
    department: String,
    sentence: String,
    why: Vec<String>,
    at_risk: String,
}

/// The rows of one side, with every cell escaped by its own template.
#[derive(Template)]
#[template(path = "evidence.html", config = "src/web/askama.toml")]
struct EvidenceTable {
    side: String,
    table: String,
    none: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    counted: String,
}

struct Column {
    name: String,
    number: bool,
}

struct Cell {
    text: String,
    number: bool,
    null: bool,
}

/// `GET /exceptions/{id}`
pub async fn show(State(state): State<WebState>, Path(id): Path<String>, uri: Uri) -> Result<Html<String>, Fault> {
    // Ids are UUIDs: anything else is no exception, and does not need to be asked for.
    if id.len() > 40 || !id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return Err(Fault::NotFound);
    }
    let detail = state.store.exception(&id).await?.ok_or(Fault::NotFound)?;
    let exception = &detail.exception;
    let path = format!("/exceptions/{}", encode(&exception.id));
    let mut frame = Frame::new(&state, &Query::of(&uri), "", &path, ("", ""));
    frame.title = words::subject(&exception.subject, frame.language);
    let rule = state.config.rules.iter().find(|rule| rule.id == exception.rule);
    let same = detail.opening == detail.latest;
    let title = if same {
        frame.t("Evidence, unchanged since it opened", "证据（自首次发现以来未变）")
    } else {
        frame.t("Evidence at the latest change", "最近一次变化时的证据")
    };
    html(&DetailPage {
        rule: exception.rule_title.get(frame.language).to_owned(),
        why: rule.map(|rule| rule.why.get(frame.language).to_owned()).unwrap_or_default(),
        rule_changed: exception.rule_changed,
        status: exception.status.name(),
        status_word: words::status(exception.status, frame.language),
        severity: exception.severity.name(),
        severity_word: words::severity(exception.severity, frame.language),
        facts: facts(exception, &state.config, &frame),
        breaks: exception.breaks.iter().map(|found| found_break(found, exception, &state.config, &frame)).collect(),
        evidence_title: title.to_owned(),
        latest: tables(&detail.latest, &frame),
        opening: if same { Vec::new() } else { tables(&detail.opening, &frame) },
        trail: detail.trail.iter().map(|row| happening(row, &state.config, &frame)).collect(),
        technical: technical(&detail, &frame),
        frame,
    })
}

fn facts(exception: &Exception, config: &Config, frame: &Frame) -> Vec<Fact> {
    let fact = |en: &str, zh: &str, text: String| Fact { label: frame.t(en, zh).to_owned(), text };
    let mut facts = vec![
        fact("Amount at risk", "风险金额", purse(&exception.at_risk, frame).join(" · ")),
        fact("Department", "责任部门", department(&exception.department, config, frame.language)),
        fact("First seen", "首次发现", exception.first_seen.to_string()),
        fact("Last seen", "最近发现", exception.last_seen.to_string()),
        fact("Last changed", "最近变化", exception.last_changed.to_string()),
    ];
    if let Some(closed) = exception.closed {
        facts.push(fact("Closed", "关闭日期", closed.to_string()));
    }
    if exception.regressions > 0 {
        facts.push(fact("Came back", "复发次数", exception.regressions.to_string()));
    }
    if let Some(assignee) = &exception.assignee {
        facts.push(fact("Assigned to", "负责人", assignee.clone()));
    }
    if let Some(given) = &exception.acknowledgement {
        let until = given.until.map(|until| format!(" · {} {}", frame.t("until", "有效至"), moment(until, config)));
        facts.push(fact("Acknowledged by", "认领人", format!("{}{}", given.by, until.unwrap_or_default())));
    }
    if let Some(waiver) = &exception.waiver {
        facts.push(fact("Waived by", "豁免人", waiver.by.clone()));
        facts.push(fact("Reason", "豁免理由", waiver.reason.clone()));
        if let Some(expires) = waiver.expires {
            facts.push(fact("Waived until", "豁免有效至", expires.to_string()));
        }
        if let Some(cap) = &waiver.cap {
            facts.push(fact("Waived up to", "豁免上限", purse(cap, frame).join(" · ")));
        }
    }
    facts
}

fn found_break(found: &Break, exception: &Exception, config: &Config, frame: &Frame) -> Found {
    let at_risk = found.at_risk.as_ref().map(|risk| money(&risk.currency, risk.amount));
    Found {
        class: words::class(found.class, frame.language),
        check: (found.check != found.class.name()).then(|| found.check.clone()),
        department: department(&found.owner, config, frame.language),
        sentence: told(found, exception, config, frame.language),
        why: words::why(found, frame.language),
        at_risk: at_risk.unwrap_or_else(|| frame.t("unpriced", "未计价").to_owned()),
    }
}

fn tables(evidence: &Evidence, frame: &Frame) -> Vec<EvidenceTable> {
    evidence.sides.iter().map(|side| side_table(side, frame)).collect()
}

fn side_table(side: &SideRows, frame: &Frame) -> EvidenceTable {
    let is_number = |at: usize| {
        let mut cells = side.rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_null()).peekable();
        cells.peek().is_some() && cells.all(|value| matches!(value, Value::Amount(_)))
    };
    let numbers: Vec<bool> = (0..side.columns.len()).map(is_number).collect();
    let cell = |(at, value): (usize, &Value)| Cell {
        text: match value {
            Value::Null => "—".to_owned(),
            Value::Amount(amount) => words::figure(*amount),
            value => value.to_string(),
        },
        number: numbers.get(at).copied().unwrap_or(false),
        null: value.is_null(),
    };
    let (shown, total) = (side.rows.len(), side.total);
    let counted = match (frame.language, shown as u64 == total) {
        (Language::En, true) if total == 1 => "1 row".to_owned(),
        (Language::En, true) => format!("{total} rows"),
        (Language::En, false) => format!("{shown} of {total} rows are kept"),
        (Language::Zh, true) => format!("共 {total} 行"),
        (Language::Zh, false) => format!("共 {total} 行，保留 {shown} 行"),
    };
    let columns = side.columns.iter().zip(&numbers);
    EvidenceTable {
        side: words::side(&side.side, frame.language),
        table: if side.table == side.side { String::new() } else { side.table.clone() },
        none: frame.t("No row on this side.", "该方没有对应的行。"),
        columns: columns.map(|(name, number)| Column { name: name.clone(), number: *number }).collect(),
        rows: side.rows.iter().map(|row| row.iter().enumerate().map(cell).collect()).collect(),
        counted: if total == 0 { String::new() } else { counted },
    }
}

fn technical(detail: &Detail, frame: &Frame) -> Vec<Fact> {
    let fact = |en: &str, zh: &str, text: &str| Fact { label: frame.t(en, zh).to_owned(), text: text.to_owned() };
    vec![
        fact("Exception", "异常编号", &detail.exception.id),
        fact("Rule", "规则编号", &detail.exception.rule),
        fact("Subject", "对象原文", detail.exception.subject.canonical()),
        fact("Opened by run", "首次发现的运行", &detail.opened_run),
        fact("Changed by run", "最近变化的运行", &detail.changed_run),
        fact("Rule hash", "规则指纹", &detail.rule_hash),
        fact("Version", "版本", &detail.exception.version.to_string()),
    ]
}

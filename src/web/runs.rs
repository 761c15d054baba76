//! The last runs: which rules were checked, on how many rows, and what could not be checked.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Html;

use super::WebState;
use super::list::rule_title;
use super::page::{Fault, Frame, Query, html, link, moment};
use crate::audit::amount::Amount;
use crate::audit::judgement::Reason;
use crate::audit::moments;
use crate::config::Config;
use crate::language::Language;
use crate::store::{RuleRunRow, RunRow};
use crate::words;

/// Runs on the page.
const SHOWN: u32 = 30;

#[derive(Template)]
#[template(path = "runs.html", config = "src/web/askama.toml")]
struct RunsPage {
    frame: Frame,
    counted: String,
    runs: Vec<RunView>,
}

struct RunView {
    job: String,
    status: String,
    status_word: String,
    as_of: String,
    took: String,
    rules: Vec<RuleView>,
}

struct RuleView {
    href: String,
    title: String,
    status: String,
    status_word: String,
    reason: Option<String>,
    recorded: bool,
    rows: String,
    /// What differences of it have in common.
    patterns: Vec<String>,
    /// When its tables were read, where that is known.
    read: Option<String>,
    seconds: String,
}

/// `GET /runs`
pub async fn show(State(state): State<WebState>, uri: Uri) -> Result<Html<String>, Fault> {
    let frame = Frame::new(&state, &Query::of(&uri), "runs", "/runs", ("Runs", "运行记录"));
    let runs = state.store.runs(SHOWN).await?;
    let shown = runs.len();
    html(&RunsPage {
        counted: match frame.language {
            Language::En if shown == SHOWN as usize => format!("The last {shown} runs. Older ones are in the store."),
            Language::En => format!("{shown} in all"),
            Language::Zh if shown == SHOWN as usize => format!("最近 {shown} 次运行，更早的记录在数据库中。"),
            Language::Zh => format!("共 {shown} 次"),
        },
        runs: runs.iter().map(|(run, rules)| view(run, rules, &state.config, &frame)).collect(),
        frame,
    })
}

fn view(run: &RunRow, rules: &[RuleRunRow], config: &Config, frame: &Frame) -> RunView {
    let took = (run.finished - run.started).num_seconds().max(0);
    RunView {
        job: run.job.clone(),
        status: run.status.clone(),
        status_word: status_word(&run.status, frame),
        as_of: moment(run.as_of, config),
        took: match frame.language {
            Language::En => format!("took {took} s"),
            Language::Zh => format!("用时 {took} 秒"),
        },
        rules: rules.iter().map(|rule| rule_view(rule, config, frame)).collect(),
    }
}

fn rule_view(rule: &RuleRunRow, config: &Config, frame: &Frame) -> RuleView {
    let lang = frame.lang().map(|code| ("lang".to_owned(), code.to_owned()));
    let rows = i64::try_from(rule.rows).unwrap_or(i64::MAX);
    RuleView {
        href: link("/", [("rule".to_owned(), rule.rule.clone())].into_iter().chain(lang)),
        title: rule_title(&rule.rule, config, frame),
        status: rule.status.clone(),
        status_word: status_word(&rule.status, frame),
        reason: reason(&rule.report, frame),
        recorded: rule.recorded,
        rows: words::figure(Amount::from(rows)),
        patterns: patterns(rule, config, frame),
        read: read(rule, config, frame),
        seconds: format!("{:.1}", rule.seconds),
    }
}

fn patterns(rule: &RuleRunRow, config: &Config, frame: &Frame) -> Vec<String> {
    let known = config.rules.iter().find(|known| known.id == rule.rule);
    let title = |check: &str| known.and_then(|rule| rule.check_title(check));
    rule.patterns().iter().map(|found| words::pattern(found, title(&found.check), frame.language)).collect()
}

/// When the rule's tables were read: one time of day, or the first and the last.
fn read(rule: &RuleRunRow, config: &Config, frame: &Frame) -> Option<String> {
    let read_at = rule.read_at();
    let [first, last] = moments::ends(&read_at)?.map(|(_, at)| {
        let at = at.with_timezone(&config.business.zone);
        at.format("%H:%M:%S").to_string()
    });
    Some(match frame.language {
        _ if first == last => format!("{} {first}", frame.t("read at", "读取于")),
        Language::En => format!("read from {first} to {last}"),
        Language::Zh => format!("读取于 {first} 至 {last}"),
    })
}

/// Why the rule was not evaluated, or not of some companies, from its part of the report.
fn reason(report: &str, frame: &Frame) -> Option<String> {
    let report: serde_json::Value = serde_json::from_str(report).ok()?;
    let reason = match report.get("reason").filter(|reason| !reason.is_null()) {
        Some(reason) => serde_json::from_value(reason.clone()).ok()?,
        None => Reason::Partly { companies: serde_json::from_value(report.get("unknown")?.clone()).ok()? },
    };
    Some(words::reason(&reason, frame.language))
}

fn status_word(status: &str, frame: &Frame) -> String {
    let word = match status {
        "ties_out" => frame.t("ties out", "全部相符"),
        "exceptions" => frame.t("exceptions", "有异常"),
        "flooded" => frame.t("flooded", "异常过多"),
        "not_evaluated" => frame.t("not evaluated", "未能核对"),
        other => other,
    };
    word.to_owned()
}

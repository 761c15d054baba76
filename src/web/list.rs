//! The exception list: what stands, whose it is, and how much money is in question.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Html;
use chrono::NaiveDate;

use super::WebState;
use super::page::{Fault, Frame, Query, day, department, figure, html, link, moment, purse};
use super::patterns::Patterns;
use crate::audit::amount::Amount;
use crate::audit::breaks::Break;
use crate::audit::exception::{Exception, Status};
use crate::config::Config;
use crate::language::Language;
use crate::store::{Filter, Standing};
use crate::words;

#[derive(Template)]
#[template(path = "list.html", config = "src/web/askama.toml")]
struct ListPage {
    frame: Frame,
    scope: Option<String>,
    notices: Vec<Notice>,
    cards: Vec<Card>,
    choices: Vec<Choice>,
    patterns: Patterns,
    subject: String,
    rows: Vec<Row>,
    counted: String,
    pages: u64,
    paged: String,
    previous: Option<String>,
    next: Option<String>,
}

/// A rule whose exceptions are not as fresh as they look.
struct Notice {
    status: String,
    text: String,
}

struct Card {
    label: String,
    figure: String,
    long: bool,
}

struct Choice {
    name: &'static str,
    label: String,
    options: Vec<Choosable>,
}

struct Choosable {
    value: String,
    text: String,
    chosen: bool,
}

struct Row {
    href: String,
    subject: String,
    rule: String,
    sentence: String,
    why: Vec<String>,
    more: Option<String>,
    at_risk: Vec<String>,
    department: String,
    assignee: Option<String>,
    status: &'static str,
    status_word: &'static str,
    severity: &'static str,
    severity_word: &'static str,
    first_seen: NaiveDate,
    age: String,
}

/// `GET /`
pub async fn show(State(state): State<WebState>, uri: Uri) -> Result<Html<String>, Fault> {
    let query = Query::of(&uri);
    let frame = Frame::new(&state, &query, "list", "/", ("Exceptions", "异常清单"));
    let rows = state.config.limits.page_rows.max(1) as u64;
    let mut page = query.get("page").and_then(|page| page.parse::<u64>().ok()).unwrap_or(1).max(1);
    let mut filter = filter(&query, rows);
    filter.offset = (page - 1).saturating_mul(rows);
    let mut found = state.store.exceptions(&filter).await?;
    let pages = found.total.div_ceil(rows);
    if page > pages && pages > 0 {
        // The list got shorter since the link was made: show its end rather than nothing.
        page = pages;
        filter.offset = (page - 1) * rows;
        found = state.store.exceptions(&filter).await?;
    }
    let standing = state.store.standing().await?;
    let today = day(state.clock.now(), &state.config);
    let to = |page: u64| {
        let kept = query.0.iter().filter(|(name, _)| name != "page" && name != "lang").cloned();
        let lang = frame.lang().map(|code| ("lang".to_owned(), code.to_owned()));
        link("/", kept.chain([("page".to_owned(), page.to_string())]).chain(lang))
    };
    html(&ListPage {
        scope: scope(&filter, &state.config, &frame),
        notices: notices(&standing, &filter, &state.config, &frame),
        cards: cards(&standing, &filter, &frame),
        choices: choices(&query, &state.config, &frame),
        patterns: if page > 1 { Patterns::default() } else { Patterns::of(&state, &filter, &standing, &frame).await? },
        subject: query.get("subject").unwrap_or_default().to_owned(),
        counted: counted(filter.offset, found.exceptions.len() as u64, found.total, &frame),
        rows: found.exceptions.iter().map(|exception| row(exception, &state.config, &frame, today)).collect(),
        pages,
        paged: if frame.language == Language::En {
            format!("Page {page} of {pages}")
        } else {
            format!("第 {page} 页，共 {pages} 页")
        },
        previous: (page > 1).then(|| to(page - 1)),
        next: (page < pages).then(|| to(page + 1)),
        frame,
    })
}

/// What the query narrows to. An unknown status narrows like none: to what is live.
fn filter(query: &Query, rows: u64) -> Filter {
    let status = match query.get("status") {
        Some("all") => BTreeSet::new(),
        Some(name) => Status::from_name(name).map_or(BTreeSet::from(Status::LIVE), |status| BTreeSet::from([status])),
        None => BTreeSet::from(Status::LIVE),
    };
    Filter {
        department: query.get("department").map(str::to_owned),
        rule: query.get("rule").map(str::to_owned),
        status,
        subject: query.get("subject").map(|text| text.chars().take(100).collect()),
        limit: Some(rows),
        offset: 0,
    }
}

fn scope(filter: &Filter, config: &Config, frame: &Frame) -> Option<String> {
    let department = filter.department.as_ref().map(|name| department(name, config, frame.language));
    let rule = filter.rule.as_ref().map(|id| rule_title(id, config, frame));
    let parts: Vec<String> = department.into_iter().chain(rule).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Says of every chosen rule that its last run could not judge it, and since when its exceptions stand as they do.
fn notices(standing: &Standing, filter: &Filter, config: &Config, frame: &Frame) -> Vec<Notice> {
    let chosen = config.rules.iter().filter(|rule| filter.rule.as_ref().is_none_or(|wanted| *wanted == rule.id));
    let stale = chosen.filter_map(|rule| {
        let last = standing.rules.get(&rule.id)?;
        let title = rule_title(&rule.id, config, frame);
        let since = last.last_evaluated.map(|at| moment(at, config));
        let text = match (last.status.as_str(), since, frame.language) {
            ("not_evaluated", Some(since), Language::En) => {
                format!("“{title}” could not be checked in its last run; its exceptions stand as of {since}.")
            }
            ("not_evaluated", Some(since), Language::Zh) => {
                format!("“{title}”最近一次未能核对，其异常仍为 {since} 的结果。")
            }
            ("not_evaluated", None, Language::En) => format!("“{title}” could not be checked yet."),
            ("not_evaluated", None, Language::Zh) => format!("“{title}”至今未能核对。"),
            ("flooded", _, Language::En) => {
                format!(
                    "“{title}” found more than its limit in its last run; its other exceptions were left as they were."
                )
            }
            ("flooded", _, Language::Zh) => format!("“{title}”最近一次发现的异常超过上限，其余异常保持不变。"),
            _ => return None,
        };
        Some(Notice { status: last.status.clone(), text })
    });
    stale.collect()
}

/// Counts and money of what is live in the chosen department and rule, whatever status and subject are looked at.
fn cards(standing: &Standing, filter: &Filter, frame: &Frame) -> Vec<Card> {
    let inside = |rule: &String, department: &String| {
        filter.rule.as_ref().is_none_or(|wanted| wanted == rule)
            && filter.department.as_ref().is_none_or(|wanted| wanted == department)
    };
    let counts = standing.exceptions.iter().filter(|((rule, department, ..), _)| inside(rule, department));
    let mut cards: Vec<Card> = Status::LIVE
        .into_iter()
        .map(|status| {
            let count: i64 =
                counts.clone().filter(|((.., found, _), _)| *found == status).map(|(_, count)| count).sum();
            let figure = words::figure(Amount::from(count));
            Card { label: words::status(status, frame.language).to_owned(), figure, long: false }
        })
        .collect();
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for ((rule, department, currency), units) in &standing.at_risk {
        if inside(rule, department) {
            let sum = sums.entry(currency).or_default();
            *sum = sum.saturating_add(*units);
        }
    }
    for (currency, units) in sums.into_iter().filter(|(_, units)| *units != 0) {
        let label = format!("{} {currency}", frame.t("Amount at risk", "风险金额"));
        let figure = figure(Amount::new(units, 4));
        cards.push(Card { label, long: figure.len() > 13, figure });
    }
    cards
}

fn choices(query: &Query, config: &Config, frame: &Frame) -> Vec<Choice> {
    let build = |name: &'static str, label: (&str, &str), known: Vec<(String, String)>| {
        let wanted = query.get(name).unwrap_or_default();
        let mut options: Vec<Choosable> =
            known.into_iter().map(|(value, text)| Choosable { chosen: value == wanted, value, text }).collect();
        // What a link asks for stays visible, also when the config does not know it any more.
        if !wanted.is_empty() && !options.iter().any(|option| option.chosen) {
            options.push(Choosable { value: wanted.to_owned(), text: wanted.to_owned(), chosen: true });
        }
        Choice { name, label: frame.t(label.0, label.1).to_owned(), options }
    };
    let every = |en, zh| (String::new(), frame.t(en, zh).to_owned());
    let departments = config.departments.keys().map(|name| (name.clone(), department(name, config, frame.language)));
    let rules = config.rules.iter().map(|rule| (rule.id.clone(), rule.title.get(frame.language).to_owned()));
    let statuses = Status::ALL
        .into_iter()
        .map(|status| (status.name().to_owned(), words::status(status, frame.language).to_owned()))
        .chain([("all".to_owned(), frame.t("All", "全部").to_owned())]);
    vec![
        build(
            "department",
            ("Department", "部门"),
            [every("All departments", "全部部门")].into_iter().chain(departments).collect(),
        ),
        build("rule", ("Rule", "规则"), [every("All rules", "全部规则")].into_iter().chain(rules).collect()),
        build("status", ("Status", "状态"), [every("Not closed", "未关闭")].into_iter().chain(statuses).collect()),
    ]
}

/// "There are 432, here are 101 to 200": nothing is cut silently.
fn counted(offset: u64, shown: u64, total: u64, frame: &Frame) -> String {
    let (from, to) = (offset + 1, offset + shown);
    match (frame.language, shown == total) {
        (Language::En, true) => format!("{total} in all"),
        (Language::En, false) => format!("{from} to {to} of {total}"),
        (Language::Zh, true) => format!("共 {total} 条"),
        (Language::Zh, false) => format!("共 {total} 条，本页第 {from}–{to} 条"),
    }
}

fn row(exception: &Exception, config: &Config, frame: &Frame, today: NaiveDate) -> Row {
    let language = frame.language;
    let days = (today - exception.first_seen).num_days().max(0);
    let further = exception.breaks.len().saturating_sub(1);
    Row {
        href: format!("/exceptions/{}{}", super::page::encode(&exception.id), frame.suffix()),
        subject: words::subject(&exception.subject, language),
        rule: exception.rule_title.get(language).to_owned(),
        why: exception.breaks.first().map(|found| words::why(found, language)).unwrap_or_default(),
        sentence: exception.breaks.first().map(|found| told(found, exception, config, language)).unwrap_or_default(),
        more: (further > 0).then(|| match frame.language {
            Language::En => format!("and {further} more"),
            Language::Zh => format!("另有 {further} 项"),
        }),
        at_risk: purse(&exception.at_risk, frame),
        department: department(&exception.department, config, language),
        assignee: exception.assignee.clone(),
        status: exception.status.name(),
        status_word: words::status(exception.status, language),
        severity: exception.severity.name(),
        severity_word: words::severity(exception.severity, language),
        first_seen: exception.first_seen,
        age: match (frame.language, days) {
            (Language::En, 0) => "today".to_owned(),
            (Language::En, 1) => "1 day".to_owned(),
            (Language::En, days) => format!("{days} days"),
            (Language::Zh, 0) => "今天".to_owned(),
            (Language::Zh, days) => format!("{days} 天"),
        },
    }
}

/// What a break says, with the title of its check where the config still knows the rule.
pub fn told(found: &Break, exception: &Exception, config: &Config, language: Language) -> String {
    let rule = config.rules.iter().find(|rule| rule.id == exception.rule);
    words::told(found, rule.and_then(|rule| rule.check_title(&found.check)), language)
}

/// A rule's title; its id where the config no longer knows it.
pub fn rule_title(id: &str, config: &Config, frame: &Frame) -> String {
    let title = config.rules.iter().find(|rule| rule.id == id).map(|rule| rule.title.get(frame.language));
    title.filter(|title| !title.is_empty()).unwrap_or(id).to_owned()
}

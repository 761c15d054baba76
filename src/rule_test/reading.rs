//! Test files as they are meant, or every problem in them with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use toml::de::DeValue;

use super::expectation::{Known, expected};
use super::history::{self, Given};
use super::rows::{Rows, rows};
use super::subject::key_types;
use super::{Case, Suite};
use crate::audit::amount::Amount;
use crate::audit::rulebook::Rule;
use crate::audit::value::Value;
use crate::config::Config;
use crate::problem::{Node, Problems, Section, Sink, SourceText, read};
use crate::run::{day_of, end_of_day};

/// Reads every test file against the rules and tables of `config`, and answers all of them, or every problem of all.
pub fn read_suites(files: &[SourceText], config: &Config) -> Result<Vec<Suite>, Problems> {
    let sink = Sink::default();
    let suites: Vec<Option<Suite>> =
        files.iter().map(|file| read(file, &sink, |section| suite(section, file, config))).collect();
    sink.answer(suites.into_iter().collect())
}

/// What all cases of a file share.
struct Shared<'a> {
    known: Known<'a>,
    folder: &'a Path,
    as_of: Option<DateTime<Utc>>,
    params: BTreeMap<String, Value>,
    tables: BTreeMap<String, Rows>,
    past: Option<Given>,
    /// Tables whose shared rows have problems: what a case says on top of them is not looked at.
    unread: BTreeSet<String>,
}

fn suite(section: &Section<'_>, file: &SourceText, config: &Config) -> Option<Suite> {
    let rule = rule(section, file, config)?;
    let known = Known { rule, config, types: key_types(rule, config) };
    let folder = file.path.parent().unwrap_or(Path::new(""));
    // Every job that runs the rule binds the parameters it names; a test stands in for the first.
    let job = config.jobs.values().find(|job| job.rules.contains(&rule.id));
    let bound = job.map(|job| job.params.clone()).unwrap_or_default();
    let mut shared = Shared {
        known,
        folder,
        as_of: None,
        params: bound,
        tables: BTreeMap::new(),
        past: None,
        unread: BTreeSet::new(),
    };
    let as_of = section.get("as_of").map_or(Some(None), |node| as_of(&node, config).map(Some));
    let params = params(section, &shared.params);
    let (tables, unread) = tables(section, &shared);
    shared.as_of = as_of.flatten();
    shared.params = params.unwrap_or(shared.params);
    (shared.tables, shared.unread) = (tables, unread);
    shared.past = history::read(section, &shared.known).flatten();
    let cases = section.need("cases", "one section [[cases]] for each case")?.sections();
    let cases: Vec<Option<Case>> = cases?.iter().map(|section| case(section, &shared, as_of.is_some())).collect();
    section.finish();
    let cases: Vec<Case> = cases.into_iter().collect::<Option<_>>()?;
    Some(Suite { path: file.path.clone(), rule: rule.id.clone(), cases })
}

/// The rule that `rule` names, or the one called like the file.
fn rule<'c>(section: &Section<'_>, file: &SourceText, config: &'c Config) -> Option<&'c Rule> {
    let node = section.get("rule");
    let name = node.as_ref().map_or_else(|| Some(file.stem()), |node| node.filled())?;
    let found = config.rules.iter().find(|rule| rule.id == name);
    if found.is_none() {
        let known = config.rules.iter().map(|rule| rule.id.as_str());
        match &node {
            Some(node) => node.unknown(format!("there is no rule {}", node.written()), &name, known),
            None => section.problem(
                format!("the file is called {name}, and there is no such rule"),
                "rule = \"…\", the name of a file in rules/ without its ending",
            ),
        }
    }
    found
}

/// `dated` says that the file's own day, where it gives one, could be read: a case that relies on it is not at fault.
fn case(section: &Section<'_>, shared: &Shared<'_>, dated: bool) -> Option<Case> {
    let config = shared.known.config;
    let name = section.need("name", "what the case is about: text, or { en = \"…\", zh = \"…\" }");
    let line = name.as_ref().map_or(0, Node::line);
    let name = name.and_then(|node| node.bilingual());
    let day = match (section.get("as_of"), shared.as_of) {
        (Some(node), _) => as_of(&node, config),
        (None, None) if dated => {
            section.need("as_of", "the day to judge: as_of = 2026-11-20, here or once for the whole file");
            None
        }
        (None, day) => day,
    };
    let params = params(section, &shared.params);
    let (tables, _) = tables(section, shared);
    let past = history::read(section, &shared.known);
    let expected = expected(section, &shared.known);
    section.finish();
    let (day, past) = (day?, past?.or_else(|| shared.past.clone()).unwrap_or_default());
    let history = history::until(past, day_of(day, config.business.zone));
    Some(Case { name: name?, line, as_of: day, params: params?, tables, history, expected: expected? })
}

/// A day, which is judged at its end, or an instant with its offset.
fn as_of(node: &Node<'_>, config: &Config) -> Option<DateTime<Utc>> {
    let written = match node.value() {
        DeValue::String(text) => text.to_string(),
        _ => node.written(),
    };
    if let Ok(instant) = DateTime::parse_from_rfc3339(&written) {
        return Some(instant.with_timezone(&Utc));
    }
    node.date().map(|day| end_of_day(day, config.business.zone))
}

/// `bound`, with what the section's `params` say instead.
fn params(section: &Section<'_>, bound: &BTreeMap<String, Value>) -> Option<BTreeMap<String, Value>> {
    let mut params = bound.clone();
    let Some(node) = section.get("params") else { return Some(params) };
    let mut sound = true;
    for (name, node) in node.section()?.entries() {
        let Some(usual) = bound.get(&name) else {
            let sentence = format!("no job that runs the rule binds a parameter {name}");
            node.unknown_name(sentence, &name, bound.keys().map(String::as_str));
            sound = false;
            continue;
        };
        match param(&node, usual) {
            Some(value) => drop(params.insert(name, value)),
            None => sound = false,
        }
    }
    sound.then_some(params)
}

/// A value of the type the job binds.
fn param(node: &Node<'_>, usual: &Value) -> Option<Value> {
    match usual {
        Value::Bool(_) => node.boolean().map(Value::Bool),
        Value::Date(_) => node.date().map(Value::Date),
        Value::Amount(usual) => {
            let amount = node.decimal()?;
            let fits = amount.rescale(usual.scale());
            if fits.is_none() {
                let sentence = format!("{} is finer than what the job binds", node.written());
                node.problem(sentence, format!("a figure of at most {} digits after the point", usual.scale()));
            }
            fits.map(|fits: Amount| Value::Amount(fits))
        }
        Value::Text(_) | Value::Null | Value::Instant(_) => node.text().map(Value::Text),
    }
}

/// The shared rows, with what the section's `tables` say of some of them, and the tables that have problems there.
fn tables(section: &Section<'_>, shared: &Shared<'_>) -> (BTreeMap<String, Rows>, BTreeSet<String>) {
    let (mut tables, mut unread) = (shared.tables.clone(), BTreeSet::new());
    let entries = section.get("tables").and_then(|node| node.section()).map(|section| section.entries());
    let (rule, config) = (shared.known.rule, shared.known.config);
    for (name, node) in entries.unwrap_or_default() {
        // A table that the rule writes itself is called RULE.SIDE; the side says enough here.
        let inline = format!("{}.{name}", rule.id);
        let full = if rule.tables.contains(&inline) { inline } else { name.clone() };
        let Some(spec) = config.tables.get(&full).filter(|_| rule.tables.contains(&full)) else {
            let sentence = format!("rule {} reads no table {name}", rule.id);
            node.unknown_name(sentence, &name, rule.tables.iter().map(String::as_str));
            continue;
        };
        if shared.unread.contains(&full) {
            continue;
        }
        match rows(&node, spec, tables.get(&full), shared.folder) {
            Some(rows) => drop(tables.insert(full, rows)),
            None => drop(unread.insert(full)),
        }
    }
    (tables, unread)
}

//! `[sources]` and `[jobs]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDate;
use toml::de::DeValue;
use wildmatch::WildMatch;

use super::values::{path, secret, zone};
use super::{Connections, Job, Secret, Source, SourceKind};
use crate::audit::expression::{ParameterTypes, Type};
use crate::audit::reach::SCOPE_START;
use crate::audit::rulebook::{Asking, standard_parameters};
use crate::audit::value::Value;
use crate::problem::{Node, Section};
use crate::schedule::Timetable;

/// Connections to a source that may read at the same time, where nothing is said.
const CONNECTIONS: u32 = 1;

/// What `kind` may say.
#[derive(Clone, Copy)]
enum Kind {
    Sqlite,
    Files,
    Postgres,
    Mysql,
}

const KINDS: [(&str, Kind); 4] =
    [("sqlite", Kind::Sqlite), ("files", Kind::Files), ("postgres", Kind::Postgres), ("mysql", Kind::Mysql)];

impl Kind {
    fn asking(self) -> Asking {
        match self {
            Kind::Files => Asking::File,
            Kind::Sqlite | Kind::Postgres | Kind::Mysql => Asking::Query,
        }
    }
}

/// A source, how it is asked, and which company it is of. Each may be unknown where the section is wrong.
pub(super) fn source(
    name: &str,
    node: &Node<'_>,
    folder: &Path,
    business_zone: Option<chrono_tz::Tz>,
) -> (Option<Source>, Option<Asking>, Option<String>) {
    let sound = node.check_name(name, true);
    let Some(section) = node.section() else { return (None, None, None) };
    let accepted = "\"postgres\", \"mysql\", \"sqlite\" or \"files\"";
    let kind = section.need("kind", accepted).and_then(|node| node.one_of(&KINDS));
    let zone = section.get("zone").map_or(business_zone, |node| zone(&node));
    let connections = section.get("connections").map_or(Some(CONNECTIONS), |node| node.small_count(1));
    let company = section.get("company").map_or_else(|| Some(name.to_owned()), |node| node.filled());
    // Without its kind a source has no known keys; naming the others would be noise.
    let Some(kind) = kind else { return (None, None, company) };
    let at = |accepted| section.need("path", accepted).and_then(|node| path(&node, folder));
    let reached = match kind {
        Kind::Sqlite => at("the path of the database file").map(|path| SourceKind::Sqlite { path }),
        Kind::Files => at("the path of the folder").map(|path| SourceKind::Files { path }),
        Kind::Postgres => {
            let url = server_url(&section, folder, &["postgres://", "postgresql://"], "PostgreSQL");
            url.map(|url| SourceKind::Postgres { url })
        }
        Kind::Mysql => {
            let url = server_url(&section, folder, &["mysql://", "mariadb://"], "MySQL or MariaDB");
            url.map(|url| SourceKind::Mysql { url })
        }
    };
    section.finish();
    let source = || {
        let connections = Connections::new(connections?);
        sound.then_some(Source { name: name.to_owned(), kind: reached?, zone: zone?, connections })
    };
    (source(), Some(kind.asking()), company)
}

/// The URL of a database server, from `url` or `url_file`.
fn server_url(section: &Section<'_>, folder: &Path, schemes: &[&str], server: &str) -> Option<Secret> {
    let accepted = format!("{}user:password@host/database, or better ${{NAME}} of the environment", schemes[0]);
    let Some((url, node)) = secret(section, "url", folder)? else {
        section.problem("the source does not say where its server is", format!("url = \"{accepted}\" or url_file"));
        return None;
    };
    if !schemes.iter().any(|scheme| url.expose().starts_with(scheme)) {
        node.problem(format!("this is no URL of a {server} server"), accepted);
        return None;
    }
    Some(url)
}

/// A job whose patterns are not yet resolved to rules.
pub(super) struct Draft<'d> {
    name: String,
    schedule: Option<Option<String>>,
    zone: Option<chrono_tz::Tz>,
    time_limit: Option<Duration>,
    patterns: Option<Vec<(WildMatch, Node<'d>)>>,
    /// `None` where one of them is wrong.
    params: Option<BTreeMap<String, Value>>,
    sound: bool,
}

pub(super) fn job<'d>(name: &str, node: &Node<'d>, business_zone: Option<chrono_tz::Tz>) -> Option<Draft<'d>> {
    const TIME_LIMIT: Duration = Duration::from_secs(30 * 60);
    let sound = node.check_name(name, true);
    let section = node.section()?;
    let zone = section.get("zone").map_or(business_zone, |node| zone(&node));
    let schedule = section.get("schedule").map_or(Some(None), |node| schedule(&node, zone).map(Some));
    let time_limit = section.get("time_limit").map_or(Some(TIME_LIMIT), |node| node.duration());
    let patterns = section.need("rules", "patterns of rule ids: rules = [\"order-*\"]").and_then(|node| node.texts(1));
    let patterns =
        patterns.map(|patterns| patterns.into_iter().map(|(pattern, node)| (WildMatch::new(&pattern), node)).collect());
    let params = section.get("params").map_or_else(|| Some(BTreeMap::new()), |node| params(&node));
    section.finish();
    Some(Draft { name: name.to_owned(), schedule, zone, time_limit, patterns, params, sound })
}

/// A five-field line that some time comes for.
fn schedule(node: &Node<'_>, zone: Option<chrono_tz::Tz>) -> Option<String> {
    let line = node.filled()?;
    match Timetable::parse(&line, zone.unwrap_or(chrono_tz::UTC)) {
        Ok(_) => Some(line),
        Err(fault) => {
            node.part_problem(fault.at, fault.sentence, Some(fault.accepted));
            None
        }
    }
}

impl Draft<'_> {
    fn runs(&self, rule: &str) -> Option<bool> {
        self.patterns.as_ref().map(|patterns| patterns.iter().any(|(pattern, _)| pattern.matches(rule)))
    }

    /// The job with the ids of its rules. A pattern that matches none of `known` is a problem.
    pub fn resolve(self, known: &BTreeSet<String>) -> Option<Job> {
        let patterns = self.patterns?;
        for (pattern, node) in &patterns {
            if !known.iter().any(|rule| pattern.matches(rule)) {
                let sentence = format!("{} matches no rule", node.written());
                node.unknown(sentence, &pattern.to_string(), known.iter().map(String::as_str));
            }
        }
        let runs = |rule: &&String| patterns.iter().any(|(pattern, _)| pattern.matches(rule));
        self.sound.then_some(Job {
            name: self.name,
            schedule: self.schedule?,
            zone: self.zone?,
            rules: known.iter().filter(runs).cloned().collect(),
            time_limit: self.time_limit?,
            params: self.params?,
        })
    }
}

/// The parameters the rule may name: the standard ones, and those that every job running it binds with one type.
/// `None` where a job's patterns or parameters could not be read.
pub(super) fn parameters(jobs: &[Draft<'_>], rule: &str) -> Option<ParameterTypes> {
    let mut shared: Option<ParameterTypes> = None;
    for job in jobs {
        if !job.runs(rule)? {
            continue;
        }
        let params = job.params.as_ref()?;
        let types: ParameterTypes =
            params.iter().filter_map(|(name, value)| Some((name.clone(), type_of(value)?))).collect();
        shared = Some(match shared {
            None => types,
            Some(shared) => shared.into_iter().filter(|(name, kind)| types.get(name) == Some(kind)).collect(),
        });
    }
    let mut all = shared.unwrap_or_default();
    all.extend(standard_parameters());
    Some(all)
}

fn type_of(value: &Value) -> Option<Type> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(Type::Boolean),
        Value::Amount(amount) => Some(Type::Decimal { scale: amount.scale(), money: false }),
        Value::Text(_) => Some(Type::Text),
        Value::Date(_) => Some(Type::Date),
        Value::Instant(_) => Some(Type::Instant),
    }
}

fn params(node: &Node<'_>) -> Option<BTreeMap<String, Value>> {
    let section = node.section()?;
    let params = section.entries().into_iter().map(|(name, node)| {
        let sound = node.check_name(&name, false);
        if name == SCOPE_START || standard_parameters().contains_key(&name) {
            node.name_problem(format!("every run binds :{name} itself"), "another name");
            return None;
        }
        let value = param(&node)?;
        sound.then_some((name, value))
    });
    params.collect::<Vec<_>>().into_iter().collect()
}

/// A typed constant: text, a whole number, true or false, a date, or `{ decimal = "0.5" }`.
fn param(node: &Node<'_>) -> Option<Value> {
    match node.value() {
        DeValue::String(text) => Some(Value::Text(text.to_string())),
        DeValue::Integer(_) => node.integer().map(|number| Value::Amount(number.into())),
        DeValue::Boolean(value) => Some(Value::Bool(*value)),
        DeValue::Datetime(_) => node.date().map(|day: NaiveDate| Value::Date(day)),
        DeValue::Float(float) => {
            let sentence =
                "a figure with a point must be written as a decimal, because a bare one is a binary fraction";
            node.problem(sentence, format!("{{ decimal = \"{}\" }}", float.as_str()));
            None
        }
        DeValue::Table(_) => {
            let section: Section<'_> = node.section()?;
            let decimal = section.need("decimal", "{ decimal = \"0.5\" }").and_then(|node| node.decimal());
            section.finish();
            decimal.map(Value::Amount)
        }
        DeValue::Array(_) => {
            node.problem("a parameter is one value, not a list", "text, a whole number, true, false or a date");
            None
        }
    }
}

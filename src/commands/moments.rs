//! When the tables of a rule were read, in the words of the command line.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::audit::moments::{self, Moments};
use crate::language::Language;
use crate::report::{RuleReport, RunReport};
use crate::words;

/// Tables read further apart than this are worth a sentence: people and machines change a document within a minute.
const NOTABLE: TimeDelta = TimeDelta::minutes(1);

/// One moment where all tables were read in the same second, else each table with its own.
pub(super) fn read_at(read_at: &Moments, zone: Tz) -> String {
    let shown = |format: &str| -> Vec<(&String, String)> {
        let each = read_at.iter();
        each.map(|(table, at)| (table, at.with_timezone(&zone).format(format).to_string())).collect()
    };
    let whole = shown("%Y-%m-%d %H:%M:%S %Z");
    let distinct: BTreeSet<&String> = whole.iter().map(|(_, at)| at).collect();
    if let (1, Some(at)) = (distinct.len(), distinct.first()) {
        return (*at).clone();
    }
    let each: Vec<String> = whole.iter().map(|(table, at)| format!("{} {at}", words::visible(table))).collect();
    each.join(", ")
}

/// A sentence for each rule whose tables were read notably far apart, and for each of which something was read again.
pub(super) fn notes(report: &RunReport, zone: Tz) -> impl Iterator<Item = String> {
    let again = report.rules.iter().filter(|rule| rule.reason.is_none() && !rule.read_again_at.is_empty());
    let again = again.map(move |rule| {
        let at = read_at(&rule.read_again_at, zone);
        format!("{}: what was new was read again ({at}); what did not break both times is in transit.", rule.rule)
    });
    let apart = report.rules.iter().filter(|rule| rule.reason.is_none() && moments::spread(&rule.read_at) >= NOTABLE);
    let apart = apart.map(move |rule: &RuleReport| {
        let spread = words::length(moments::spread(&rule.read_at), Language::En);
        format!("{}: its tables were read up to {spread} apart: {}.", rule.rule, read_at(&rule.read_at, zone))
    });
    apart.chain(again)
}

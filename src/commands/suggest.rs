//! `tieout suggest`: what a rule could say otherwise, with the effect in figures and the text to paste.

use super::{Files, NOT_EVALUATED, USAGE, fail, print, run::rehearsed, tables};
use crate::audit::suggest::{Cleaned, Effect, Suggestion, Suggestions};
use crate::language::Language;
use crate::run::{self, Request, RunError, Target};
use crate::schedule::Clock;
use crate::words;

/// Proposes tolerance, cleaning, grace, scope and missing links for a rule, by a run that records nothing
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The rule: the name of a file of rules/
    pub rule: String,
    /// Judge as of this day (2026-11-20) or instant (2026-11-20T08:00:00+08:00) instead of now
    #[arg(long, value_name = "WHEN")]
    pub as_of: Option<String>,
}

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let (config, as_of, store) = match rehearsed(files, arguments.as_of.as_deref(), clock).await {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let request = Request { target: Target::Rule(arguments.rule.clone()), as_of, dry_run: true };
    match run::suggest(&config, store.as_ref(), &request, clock).await {
        Ok(Ok(Some(found))) => print(&text(&arguments.rule, &found)),
        Ok(Ok(None)) => {
            eprintln!("{} is no reconcile rule; only those can be suggested for", words::visible(&arguments.rule));
            USAGE
        }
        Ok(Err(reason)) => {
            let why = words::reason(&reason, Language::En);
            eprintln!("{} was not evaluated: {why}.", words::visible(&arguments.rule));
            NOT_EVALUATED
        }
        Err(fault @ RunError::Unknown { .. }) => {
            eprintln!("{fault}");
            USAGE
        }
        Err(fault) => fail(&fault),
    }
}

fn text(rule: &str, found: &Suggestions) -> String {
    let id = words::visible(rule);
    let mut text = format!("{id}: {} as it stands\n", tables::count(found.exceptions, "exception"));
    if found.suggestions.is_empty() {
        text.push_str("Nothing to suggest: no change of cleaning, tolerance, grace or scope stands out.\n");
        return text;
    }
    for (number, suggestion) in found.suggestions.iter().enumerate() {
        text.push_str(&format!("\n{}. ", number + 1));
        text.push_str(&one(&id, suggestion));
    }
    text.push_str("\nWhether breaks may pass is yours to say; nothing was changed.\n");
    text
}

/// One proposal: what it is, what it does, and what to paste where.
fn one(rule: &str, suggestion: &Suggestion) -> String {
    let rule_file = format!("rules/{rule}.toml");
    match suggestion {
        Suggestion::Normalise { steps, columns, effect } => {
            let steps: Vec<String> = steps.iter().map(|step| format!("{:?}", step.name())).collect();
            let names: Vec<String> = columns
                .iter()
                .map(|cleaned| format!("{}.{}", words::visible(&cleaned.side), words::visible(&cleaned.column.name)))
                .collect();
            let (before, after) = effect.missing;
            let mut text = format!("Clean {} by {}\n", names.join(" and "), steps.join(", "));
            text +=
                &format!("   would match {} of {before} missing{}\n", before.saturating_sub(after), outcome(effect));
            for cleaned in columns {
                text += &paste(&place(rule, cleaned), &definition(cleaned));
            }
            text
        }
        Suggestion::Tolerance { check, within, passing, of, largest, sums } => {
            let check = words::visible(check);
            let sums = if sums.is_empty() { String::new() } else { format!(", {} in all", tables::purse(sums)) };
            let within = words::quantity(*within).replace(',', "");
            format!("Let differences of {check} pass up to {within}\n")
                + &format!(
                    "   would let {passing} of {of} breaks pass, at most {} each{sums}\n",
                    words::quantity(*largest)
                )
                + &paste(&format!("{rule_file}, check {check}"), &format!("within = {{ amount = \"{within}\" }}"))
        }
        Suggestion::Grace { side, checks, days, after, effect } => {
            let (before, left) = effect.missing;
            let checks: Vec<String> = checks.iter().map(|check| words::visible(check)).collect();
            let days_after = format!("{} after {}", tables::count(u64::from(*days), "day"), words::visible(after));
            format!("Wait {days_after} before a row may be missing in {}\n", words::visible(side))
                + &format!("   would leave {left} of {before} missing{}\n", outcome(effect))
                + &paste(
                    &format!(
                        "{rule_file}, {} {}",
                        if checks.len() == 1 { "check" } else { "checks" },
                        checks.join(", ")
                    ),
                    &format!("grace = {{ days = {days}, after = [\"{}\"] }}", words::visible(after)),
                )
        }
        Suggestion::Scope { side, by, days, effect } => {
            let (before, left) = effect.missing;
            format!("Judge only what {} can know of\n", words::visible(side))
                + &format!("   would leave {left} of {before} missing{}\n", outcome(effect))
                + &paste(&rule_file, &format!("scope = {{ by = \"{}\", since = \"{days} days\" }}", words::visible(by)))
        }
        Suggestion::Links { side, found, of, shown } => {
            let mut text = format!("Mend {} to {}\n", tables::count(*found, "lost link"), words::visible(side));
            text += &format!("   of {of} that are missing there; no rule can do it\n");
            for (subject, missing) in shown {
                text += &format!("     {}: {}\n", tables::shown(subject), words::cause(missing, Language::En));
            }
            let rest = found - shown.len() as u64;
            if rest > 0 {
                text += &format!(
                    "     and {rest} more: `tieout run --rule {rule} --dry-run --format csv` lists them all\n"
                );
            }
            text
        }
    }
}

/// What becomes of the exceptions.
fn outcome(effect: &Effect) -> String {
    let (before, after) = effect.exceptions;
    let waiting = if effect.in_transit > 0 { format!(", {} in transit", effect.in_transit) } else { String::new() };
    format!("; {after} of {before} exceptions are left{waiting}")
}

fn paste(place: &str, line: &str) -> String {
    format!("   {place}:\n     {line}\n")
}

/// Where a column is declared: the table's file, or the side of the rule that writes its table itself.
fn place(rule: &str, cleaned: &Cleaned) -> String {
    let side = words::visible(&cleaned.side);
    if cleaned.table == format!("{rule}.{}", cleaned.side) {
        return format!("rules/{rule}.toml, [sides.{side}.columns]");
    }
    format!("config/tables/{}.toml", words::visible(&cleaned.table))
}

/// A text column's line in its table file.
fn definition(cleaned: &Cleaned) -> String {
    let column = &cleaned.column;
    let list = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
    let steps: Vec<String> = column.normalise.iter().map(|step| step.name().to_owned()).collect();
    let mut parts = vec!["type = \"text\"".to_owned()];
    if !column.also.is_empty() {
        let names: Vec<String> = std::iter::once(&column.from).chain(&column.also).cloned().collect();
        parts.push(format!("from = [{}]", list(&names)));
    } else if column.from != column.name {
        parts.push(format!("from = {}", quoted(&column.from)));
    }
    parts.push(format!("normalise = [{}]", list(&steps)));
    if !column.null_words.is_empty() {
        parts.push(format!("null_words = [{}]", list(&column.null_words)));
    }
    if column.fill_down {
        parts.push("fill_down = true".to_owned());
    }
    format!("{} = {{ {} }}", words::visible(&column.name), parts.join(", "))
}

/// A text as TOML writes it: the escapes of JSON are among its own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

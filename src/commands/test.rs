//! `tieout test`: rule tests, judged offline.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use super::{EXCEPTIONS, Files, TIES_OUT, USAGE, load, print};
use crate::config::{self, Config};
use crate::language::Language;
use crate::problem::Problems;
use crate::rule_test::{self, CaseOutcome, Difference, Outcomes, Suite};
use crate::words;

/// Runs rule tests: hand-made rows, a day, and what the rules must say of them; opens no source and no store
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Test files or folders of them [default: tests/rules beside the config's folder]
    #[arg(value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Only the tests of this rule
    #[arg(long)]
    pub rule: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Answer,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Answer {
    #[default]
    Text,
    Json,
}

/// Runs the command; answers the exit code.
pub fn command(files: &Files, arguments: &Arguments) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Some(rule) = arguments.rule.as_ref().filter(|rule| !config.rules.iter().any(|known| known.id == **rule)) {
        let known = config.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", ");
        eprintln!("there is no rule {rule}; known: {known}");
        return USAGE;
    }
    let suites =
        config::rule_tests(&config.root, &arguments.files).and_then(|files| rule_test::read_suites(&files, &config));
    let mut suites = match suites {
        Ok(suites) => suites,
        Err(problems) => return refuse(&problems),
    };
    suites.retain(|suite| arguments.rule.as_ref().is_none_or(|rule| suite.rule == *rule));
    if suites.is_empty() {
        eprintln!("{}", nothing(&config, arguments));
        return USAGE;
    }
    let outcomes = rule_test::run(&config, &suites);
    let text = match arguments.format {
        Answer::Json => outcomes.to_json() + "\n",
        Answer::Text => {
            let whole = arguments.files.is_empty() && arguments.rule.is_none();
            told(&outcomes) + &untested(&config, &suites).filter(|_| whole).unwrap_or_default()
        }
    };
    let code = if outcomes.failed > 0 { EXCEPTIONS } else { TIES_OUT };
    code.max(print(&text))
}

fn refuse(problems: &Problems) -> u8 {
    eprintln!("{problems}");
    let count = problems.0.len();
    eprintln!("{count} {} to mend; nothing was tested", if count == 1 { "problem" } else { "problems" });
    USAGE
}

/// A test run that tests nothing must not look like one that passed.
fn nothing(config: &Config, arguments: &Arguments) -> String {
    let of = arguments.rule.as_ref().map(|rule| format!(" of rule {rule}")).unwrap_or_default();
    let place = match arguments.files.as_slice() {
        [] => format!("in {}", config::rule_test_folder(&config.root).display()),
        files => {
            format!("among {}", files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", "))
        }
    };
    format!("there is no rule test{of} {place}; a test is a file RULE.toml there, see the README")
}

fn told(outcomes: &Outcomes) -> String {
    let mut text = String::new();
    for file in &outcomes.files {
        let path = words::visible(&file.file.display().to_string());
        let _ = writeln!(text, "{} ({path})", file.rule);
        for case in &file.cases {
            tell(&mut text, case, &path);
        }
    }
    let _ = writeln!(text, "{} passed, {} failed", outcomes.passed, outcomes.failed);
    text
}

fn tell(text: &mut String, case: &CaseOutcome, path: &str) {
    let name = words::visible(case.name.get(Language::En));
    if case.passed() {
        let _ = writeln!(text, "  ok      {name}");
        return;
    }
    let _ = writeln!(text, "  FAILED  {name} ({path}:{})", case.line);
    for difference in &case.differences {
        tell_difference(text, difference);
    }
}

fn tell_difference(text: &mut String, difference: &Difference) {
    let subject = difference.subject.as_ref().map(|subject| words::subject(subject, Language::En));
    let subject = subject.map(|subject| format!("{subject}: ")).unwrap_or_default();
    let part = difference.part.as_ref().map(|part| format!("{} ", words::visible(part))).unwrap_or_default();
    let _ = writeln!(text, "    {subject}{part}{}", difference.what.says());
    if let Some(expected) = &difference.expected {
        let _ = writeln!(text, "      expected  {}", words::visible(expected));
    }
    let _ = writeln!(text, "      found     {}", words::visible(&difference.found));
    for sentence in &difference.sentences {
        let _ = writeln!(text, "                {}", sentence.get(Language::En));
    }
}

/// Rules that no test speaks of: a line for a run of all tests.
fn untested(config: &Config, suites: &[Suite]) -> Option<String> {
    let tested: BTreeSet<&str> = suites.iter().map(|suite| suite.rule.as_str()).collect();
    let missing: Vec<&str> =
        config.rules.iter().map(|rule| rule.id.as_str()).filter(|rule| !tested.contains(rule)).collect();
    (!missing.is_empty()).then(|| format!("without a rule test: {}\n", missing.join(", ")))
}

//! What differences have in common far beyond chance, as the last run of each rule found it.

use super::WebState;
use super::list::rule_title;
use super::page::{Fault, Frame, link};
use crate::audit::diagnosis::Pattern;
use crate::audit::rulebook::Rule;
use crate::language::Language;
use crate::store::{Filter, RuleRunRow, Standing};
use crate::words;

/// Lines that a list of several rules shows.
const SHOWN: usize = 5;

/// What one rule's differences have in common.
pub struct Shared {
    pub href: String,
    pub rule: String,
    pub text: String,
}

/// The patterns of a list, with what is said where some are left out.
#[derive(Default)]
pub struct Patterns {
    pub lines: Vec<Shared>,
    pub more: Option<String>,
}

impl Patterns {
    /// Of the rules that the list is narrowed to; those that most differences have come first. A list of what is closed
    /// has none.
    pub async fn of(state: &WebState, filter: &Filter, standing: &Standing, frame: &Frame) -> Result<Patterns, Fault> {
        if !filter.status.is_empty() && !filter.status.iter().any(|status| status.is_live()) {
            return Ok(Patterns::default());
        }
        let chosen: Vec<&Rule> = state
            .config
            .rules
            .iter()
            .filter(|rule| filter.rule.as_ref().is_none_or(|wanted| *wanted == rule.id))
            .filter(|rule| filter.department.as_ref().is_none_or(|wanted| rule.departments().contains(wanted.as_str())))
            .filter(|rule| standing.rules.get(&rule.id).is_some_and(|last| last.last_evaluated.is_some()))
            .collect();
        let ids: Vec<&str> = chosen.iter().map(|rule| rule.id.as_str()).collect();
        let judged = state.store.last_recorded(&ids).await?;
        let mut found: Vec<(&Rule, Pattern)> = Vec::new();
        for rule in chosen {
            let last = judged.iter().find(|judged| judged.rule == rule.id);
            found.extend(last.map(RuleRunRow::patterns).unwrap_or_default().into_iter().map(|pattern| (rule, pattern)));
        }
        found.sort_by_key(|(_, pattern)| std::cmp::Reverse(pattern.breaks));
        let shown = if filter.rule.is_some() { found.len() } else { SHOWN };
        let left = found.len().saturating_sub(shown);
        let lines = found.into_iter().take(shown).map(|(rule, pattern)| shared(state, frame, rule, &pattern)).collect();
        let more = (left > 0).then(|| match frame.language {
            Language::En => format!("{left} more: choose a rule to see all of its."),
            Language::Zh => format!("另有 {left} 项：选定规则后可见其全部共同点。"),
        });
        Ok(Patterns { lines, more })
    }
}

fn shared(state: &WebState, frame: &Frame, rule: &Rule, pattern: &Pattern) -> Shared {
    let lang = frame.lang().map(|code| ("lang".to_owned(), code.to_owned()));
    Shared {
        href: link("/", [("rule".to_owned(), rule.id.clone())].into_iter().chain(lang)),
        rule: rule_title(&rule.id, &state.config, frame),
        text: words::pattern(pattern, rule.check_title(&pattern.check), frame.language),
    }
}

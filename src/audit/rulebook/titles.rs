//! What checks are called for people who do not read rule files.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Body, Rule};
use crate::language::Bilingual;
use crate::problem::Section;

/// The `title` of a check, where it has one.
pub(super) fn read(section: &Section<'_>) -> Option<Option<Bilingual>> {
    section.get("title").map_or(Some(None), |node| node.bilingual().map(Some))
}

impl Rule {
    /// What people read for one of the rule's checks.
    pub fn check_title(&self, check: &str) -> Option<&Bilingual> {
        self.check_titles().find(|(name, _)| *name == check).map(|(_, title)| title)
    }

    fn check_titles(&self) -> impl Iterator<Item = (&String, &Bilingual)> {
        let body = match &self.body {
            Body::Reconcile(body) => Some(body),
            _ => None,
        };
        let checks = body.into_iter().flat_map(|body| &body.checks).map(|check| (&check.name, &check.title));
        let asserted = body.and_then(|body| body.asserted.as_deref());
        let assertions = asserted.into_iter().flat_map(|asserted| &asserted.assertions);
        let all = checks.chain(assertions.map(|assertion| (&assertion.name, &assertion.title)));
        all.filter_map(|(name, title)| Some((name, title.as_ref()?)))
    }
}

/// The titles of one rule's checks, by the check's name; without those that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CheckTitles(BTreeMap<String, Bilingual>);

impl CheckTitles {
    pub fn of(rule: &Rule) -> CheckTitles {
        CheckTitles(rule.check_titles().map(|(name, title)| (name.clone(), title.clone())).collect())
    }

    pub fn get(&self, check: &str) -> Option<&Bilingual> {
        self.0.get(check)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The titles of every rule's checks, by rule.
#[derive(Clone, Debug, Default)]
pub struct Titles(BTreeMap<String, CheckTitles>);

impl Titles {
    pub fn of(rules: &[Rule]) -> Titles {
        Titles(rules.iter().map(|rule| (rule.id.clone(), CheckTitles::of(rule))).collect())
    }

    /// `None` also where the rule is gone: its exceptions are then told without.
    pub fn get(&self, rule: &str, check: &str) -> Option<&Bilingual> {
        self.0.get(rule)?.get(check)
    }
}

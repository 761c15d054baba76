//! What was expected against what was judged.

use std::collections::BTreeSet;

use super::expectation::VERDICTS;
use super::judging::Judged;
use super::outcome::{Difference, What};
use super::{AtRisk, Expected, ExpectedBreak, Raised};
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Break, Finding, Message};
use crate::audit::judgement::{Outcome, Verdict};
use crate::audit::value::{Subject, SubjectKind};
use crate::language::{Bilingual, Language};
use crate::problem::nearest;
use crate::words;

/// Every difference, in the order of the expectation, then what nobody expected in the order of the judgement.
pub(super) fn differences(expected: &Expected, judged: &Judged) -> Vec<Difference> {
    if let Outcome::NotEvaluated(reason) = &judged.judgement.outcome {
        return vec![Difference::not_judged(words::reason(reason, Language::En))];
    }
    let comparing = Comparing { judged };
    let mut found = Vec::new();
    for raised in &expected.raised {
        match judged.finding(&raised.subject) {
            Some(finding) => exception(raised, finding, &mut found),
            None => found.push(comparing.absent(What::NotRaised, &raised.subject, Some(expectation(raised)))),
        }
    }
    for subject in &expected.in_transit {
        if let Some(finding) = judged.finding(subject) {
            found.push(raised(What::NotInTransit, finding, Some("in transit")));
        } else if !judged.in_transit.contains(subject) {
            found.push(comparing.absent(What::NotInTransit, subject, Some("in transit".to_owned())));
        }
    }
    for subject in &expected.silent {
        if let Some(finding) = judged.finding(subject) {
            found.push(raised(What::MustNotRaise, finding, Some("nothing")));
        } else if comparing.is_unheard_of(subject) {
            found.push(comparing.absent(What::NoSuchSubject, subject, None));
        }
    }
    for (subject, wanted) in &expected.open {
        found.extend(wanted.and_then(|wanted| comparing.verdict(subject, wanted)));
    }
    if !expected.others_allowed {
        found.extend(comparing.others(expected));
    }
    found
}

impl Judged {
    fn finding(&self, subject: &Subject) -> Option<&Finding> {
        self.judgement.findings.iter().find(|finding| finding.subject == *subject)
    }
}

struct Comparing<'a> {
    judged: &'a Judged,
}

impl Comparing<'_> {
    /// Whether no row names the subject, so that an expectation of it is likely mistyped.
    fn is_unheard_of(&self, subject: &Subject) -> bool {
        let named =
            self.judged.named.as_ref().filter(|_| matches!(subject.kind(), SubjectKind::Key | SubjectKind::Party));
        named.is_some_and(|named| !named.contains(subject))
    }

    /// A subject that was not raised: what it is instead.
    fn absent(&self, what: What, subject: &Subject, expected: Option<String>) -> Difference {
        let found = if self.judged.in_transit.contains(subject) {
            "in transit".to_owned()
        } else if self.is_unheard_of(subject) {
            let names: Vec<String> = self.judged.named.iter().flatten().map(ToString::to_string).collect();
            let near = nearest(&subject.to_string(), names.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("no row of the case names it{near}")
        } else {
            let verdict = self.judged.watched.get(subject).copied().unwrap_or(Verdict::NotJudged);
            silence(verdict).to_owned()
        };
        Difference { what, subject: Some(subject.clone()), part: None, expected, found, sentences: Vec::new() }
    }

    fn verdict(&self, subject: &Subject, wanted: Verdict) -> Option<Difference> {
        let found = *self.judged.judgement.verdicts.get(subject)?;
        let word = |verdict: Verdict| {
            let word = VERDICTS.iter().find(|(_, known)| *known == verdict);
            word.map(|(word, _)| (*word).to_owned()).unwrap_or_default()
        };
        (found != wanted).then(|| Difference {
            what: What::Verdict,
            subject: Some(subject.clone()),
            part: None,
            expected: Some(word(wanted)),
            found: word(found),
            sentences: self.judged.finding(subject).map(sentences).unwrap_or_default(),
        })
    }

    /// What is raised or in transit, and nobody expected.
    fn others(&self, expected: &Expected) -> Vec<Difference> {
        let named: BTreeSet<&Subject> = expected.raised.iter().map(|raised| &raised.subject).collect();
        let named: BTreeSet<&Subject> = named.into_iter().chain(&expected.in_transit).chain(&expected.silent).collect();
        // An open exception with a verdict is expected to end that way, and that was looked at.
        let judged: BTreeSet<&Subject> =
            expected.open.iter().filter(|(_, verdict)| verdict.is_some()).map(|(subject, _)| subject).collect();
        let other = |subject: &&Subject| !named.contains(*subject) && !judged.contains(*subject);
        let findings = self.judged.judgement.findings.iter().filter(|finding| other(&&finding.subject));
        let waiting = self.judged.in_transit.iter().filter(other).map(|subject| Difference {
            what: What::InTransitNotExpected,
            subject: Some(subject.clone()),
            part: None,
            expected: None,
            found: "in transit".to_owned(),
            sentences: Vec::new(),
        });
        findings.map(|finding| raised(What::NotExpected, finding, None)).chain(waiting).collect()
    }
}

/// Why nothing was raised of a subject of this verdict.
fn silence(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agrees => "nothing: it agrees",
        Verdict::Gone => "nothing: none of its rows counts",
        Verdict::NotJudged => "nothing: it was not judged",
        // It would be judged if its exception were open, and only then.
        Verdict::Breaks | Verdict::InTransit => "nothing: it is outside the rule's scope",
    }
}

/// A difference that an exception was raised at all.
fn raised(what: What, finding: &Finding, expected: Option<&str>) -> Difference {
    Difference {
        what,
        subject: Some(finding.subject.clone()),
        part: None,
        expected: expected.map(str::to_owned),
        found: finding.breaks.iter().map(told).collect::<Vec<_>>().join("; "),
        sentences: sentences(finding),
    }
}

fn sentences(finding: &Finding) -> Vec<Bilingual> {
    finding.breaks.iter().map(sentence).collect()
}

fn sentence(found: &Break) -> Bilingual {
    Bilingual::new(words::sentence(found, Language::En), words::sentence(found, Language::Zh))
}

/// The parts in which an exception that was raised as expected differs.
fn exception(raised: &Raised, finding: &Finding, found: &mut Vec<Difference>) {
    let mut differ = |what: What, part: Option<String>, expected: Option<String>, got: String, why: Vec<Bilingual>| {
        let subject = Some(raised.subject.clone());
        found.push(Difference { what, subject, part, expected, found: got, sentences: why });
    };
    if let Some(severity) = raised.severity.filter(|severity| *severity != finding.severity) {
        let (expected, got) = (severity.name().to_owned(), finding.severity.name().to_owned());
        differ(What::Differs, Some("severity".to_owned()), Some(expected), got, Vec::new());
    }
    let Some(wanted) = &raised.breaks else { return };
    let (mut wanted, mut breaks): (Vec<_>, Vec<_>) = (wanted.iter().collect(), finding.breaks.iter().collect());
    // First those that fit in everything, then those that are the same break with other figures, then what is left.
    pair(&mut wanted, &mut breaks, |wanted, found| is_same(wanted, found) && parts(wanted, found).is_empty());
    let mut pairs = pair(&mut wanted, &mut breaks, is_same);
    if wanted.len() == 1 && breaks.len() == 1 {
        pairs.extend(pair(&mut wanted, &mut breaks, |_, _| true));
    }
    for (wanted, held) in pairs {
        // The sentence says the same of every part; once is enough.
        let mut why = vec![sentence(held)];
        for (part, expected, got) in parts(wanted, held) {
            let part = format!("{part} of {}", held.check);
            differ(What::Differs, Some(part), Some(expected), got, std::mem::take(&mut why));
        }
    }
    let whole = finding.breaks.iter().map(told).collect::<Vec<_>>().join("; ");
    for wanted in wanted {
        differ(What::BreakNotFound, None, Some(described(wanted)), whole.clone(), sentences(finding));
    }
    for held in breaks {
        differ(What::BreakNotExpected, None, None, told(held), vec![sentence(held)]);
    }
}

/// Takes pairs that `fit` out of both lists, in order.
fn pair<'w, 'f>(
    wanted: &mut Vec<&'w ExpectedBreak>,
    found: &mut Vec<&'f Break>,
    fit: impl Fn(&ExpectedBreak, &Break) -> bool,
) -> Vec<(&'w ExpectedBreak, &'f Break)> {
    let mut pairs = Vec::new();
    wanted.retain(|wanted| match found.iter().position(|found| fit(wanted, found)) {
        Some(place) => {
            pairs.push((*wanted, found.remove(place)));
            false
        }
        None => true,
    });
    pairs
}

/// Whether a break is the expected one, whatever its figures and owner.
fn is_same(wanted: &ExpectedBreak, found: &Break) -> bool {
    wanted.check.as_ref().is_none_or(|check| *check == found.check)
        && wanted.class.is_none_or(|class| class == found.class)
        && wanted.side.as_ref().is_none_or(|side| Some(side) == found.side.as_ref())
}

/// The parts of a break that differ: name, expected, found.
fn parts(wanted: &ExpectedBreak, found: &Break) -> Vec<(&'static str, String, String)> {
    let texts = [
        ("check", wanted.check.clone(), found.check.clone()),
        ("class", wanted.class.map(|class| class.name().to_owned()), found.class.name().to_owned()),
        ("side", wanted.side.clone(), found.side.clone().unwrap_or_else(|| "none".to_owned())),
        ("owner", wanted.owner.clone(), found.owner.clone()),
    ];
    let mut parts: Vec<(&str, String, String)> = texts
        .into_iter()
        .filter_map(|(part, wanted, found)| Some((part, wanted.filter(|wanted| *wanted != found)?, found)))
        .collect();
    if let Some(wanted) = wanted.at_risk.as_ref().filter(|wanted| !is_at_risk(wanted, found.at_risk.as_ref())) {
        parts.push(("at_risk", priced(wanted), money(found.at_risk.as_ref())));
    }
    let difference = difference(found);
    if let Some(wanted) = wanted.difference.filter(|wanted| difference != Some(*wanted)) {
        let found = difference.map_or_else(|| "none".to_owned(), |difference| difference.to_string());
        parts.push(("difference", wanted.to_string(), found));
    }
    parts
}

fn is_at_risk(wanted: &AtRisk, found: Option<&Money>) -> bool {
    match (wanted, found) {
        (AtRisk::Unpriced, found) => found.is_none(),
        (AtRisk::Figure(wanted), Some(found)) => *wanted == found.amount,
        (AtRisk::Money(wanted), Some(found)) => wanted == found,
        (AtRisk::Figure(_) | AtRisk::Money(_), None) => false,
    }
}

/// Left minus right, as the break's message has it.
fn difference(found: &Break) -> Option<Amount> {
    match &found.message {
        Message::AmountDiffers { difference, .. } | Message::QuantityDiffers { difference, .. } => Some(*difference),
        Message::BeyondLimit { difference, .. } => Some(*difference),
        Message::Swung { swing, .. } => Some(swing.change),
        Message::DateDiffers { days, .. } => days.map(Amount::from),
        _ => None,
    }
}

/// Money as a test file writes it.
fn money(money: Option<&Money>) -> String {
    money.map_or_else(|| "none".to_owned(), |money| format!("{} {}", words::visible(&money.currency), money.amount))
}

fn priced(at_risk: &AtRisk) -> String {
    match at_risk {
        AtRisk::Unpriced => "none".to_owned(),
        AtRisk::Figure(amount) => amount.to_string(),
        AtRisk::Money(known) => money(Some(known)),
    }
}

/// A break in one line, in the words of a test file: `shipped quantity, at risk CNY 7.50, owner warehouse`.
fn told(found: &Break) -> String {
    described(&ExpectedBreak {
        check: Some(found.check.clone()),
        class: Some(found.class),
        side: found.side.clone(),
        owner: Some(found.owner.clone()),
        at_risk: found.at_risk.clone().map(AtRisk::Money),
        difference: difference(found),
    })
}

fn described(wanted: &ExpectedBreak) -> String {
    let class = wanted.class.map(|class| class.name().to_owned());
    // A fault that no check of the file names stands under its class's name; once is enough.
    let check = wanted.check.clone().filter(|check| Some(check) != class.as_ref());
    let name = check.into_iter().chain(class).collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() { "a break".to_owned() } else { name };
    let side = wanted.side.as_ref().map(|side| format!("side {side}"));
    let at_risk = wanted.at_risk.as_ref().map(|at_risk| format!("at risk {}", priced(at_risk)));
    let difference = wanted.difference.map(|difference| format!("difference {difference}"));
    let owner = wanted.owner.as_ref().map(|owner| format!("owner {owner}"));
    [Some(name), side, difference, at_risk, owner].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn expectation(raised: &Raised) -> String {
    let breaks = raised.breaks.iter().flatten().map(described).collect::<Vec<_>>().join("; ");
    match (breaks.is_empty(), raised.severity) {
        (true, None) => "an exception".to_owned(),
        (true, Some(severity)) => format!("an exception, severity {}", severity.name()),
        (false, None) => breaks,
        (false, Some(severity)) => format!("{breaks}, severity {}", severity.name()),
    }
}

use std::collections::{BTreeMap, BTreeSet};

use tieout::audit::exception::{Exception, Step};
use tieout::config::Department;
use tieout::language::Language;
use tieout::notify::plan::{Changed, Digest, Happened, Reasons, RuleNews, Section, digests};

use super::made::{
    acknowledged, changed, department, digest, exception, missing_break, orders_rule, quiet, unreadable, waived,
};

fn open(order: &str) -> Exception {
    exception(order, vec![missing_break("finance", None)])
}

/// What a digest says, in one line: its reasons, and how many each section lists.
fn outline(digest: Option<&Digest>) -> String {
    let Some(digest) = digest else { return "nothing".to_owned() };
    let reasons: Vec<String> = digest.reasons.iter().map(|reason| format!("{reason:?}")).collect();
    let sections: Vec<String> =
        digest.sections.iter().map(|(section, changes)| format!("{section:?} {}", changes.len())).collect();
    format!("{} | {} | {} open", reasons.join(" "), sections.join(" "), digest.open.len())
}

fn check(what: &str, happened: &Happened, expected: &str) {
    assert_eq!(outline(digest(happened, Language::Zh).as_ref()), expected, "{what}");
}

fn with_change(change: Changed) -> Happened {
    let live = if change.exception.status.is_live() { vec![change.exception.clone()] } else { Vec::new() };
    Happened { changes: vec![change], live, ..quiet() }
}

fn with_rule(rule: RuleNews) -> Happened {
    Happened { rules: vec![rule], ..quiet() }
}

#[test]
fn every_step_has_its_section_and_its_reason() {
    for (step, expected) in [
        (Step::Opened, "New | New 1 | 1 open"),
        (Step::Worsened, "Worsened | Worsened 1 | 1 open"),
        (Step::Changed, "Changed | Changed 1 | 1 open"),
        (Step::Regressed, "Regressed | Regressed 1 | 1 open"),
        (Step::Resolved, "Resolved | Resolved 1 | 0 open"),
        (Step::Gone, "Gone | Gone 1 | 0 open"),
        (Step::Retired, "Retired | Retired 1 | 0 open"),
    ] {
        check(step.name(), &with_change(changed(step, open("SO-1"))), expected);
    }
}

#[test]
fn what_opens_or_closes_with_an_edited_rule_stands_apart() {
    for (step, expected) in [
        (Step::Opened, "New | RuleChanged 1 | 1 open"),
        (Step::Regressed, "Regressed | RuleChanged 1 | 1 open"),
        (Step::Resolved, "Resolved | RuleChanged 1 | 0 open"),
        (Step::Gone, "Gone | RuleChanged 1 | 0 open"),
        (Step::Worsened, "Worsened | Worsened 1 | 1 open"),
        (Step::Changed, "Changed | Changed 1 | 1 open"),
        (Step::Retired, "Retired | Retired 1 | 0 open"),
    ] {
        check(step.name(), &with_change(Changed { rule_changed: true, ..changed(step, open("SO-1")) }), expected);
    }
}

#[test]
fn an_acknowledgement_that_lapses_is_told_as_a_change() {
    check("lapsed", &with_change(changed(Step::Unchanged, open("SO-1"))), "Changed | Changed 1 | 1 open");
}

#[test]
fn a_baseline_is_told_without_listing_what_it_found() {
    let found = Changed { baseline: true, ..changed(Step::Opened, open("SO-1")) };
    let baseline = RuleNews { baseline: true, ..orders_rule() };
    let happened = Happened { rules: vec![baseline.clone()], ..with_change(found) };
    check("a baseline with a finding", &happened, "Baseline |  | 1 open");
    check("a baseline without", &with_rule(baseline), "Baseline |  | 0 open");
}

#[test]
fn a_rule_that_was_not_evaluated_is_told_once_a_day() {
    let failed = RuleNews { not_evaluated: Some(unreadable()), ..orders_rule() };
    let told = RuleNews { told_not_evaluated: true, ..failed.clone() };
    check("the first time", &with_rule(failed), "NotEvaluated |  | 0 open");
    check("again on the same day", &with_rule(told), "nothing");
}

#[test]
fn what_is_open_is_called_to_mind_once_a_day() {
    let live = |live: Vec<Exception>| Happened { live, ..quiet() };
    let waiting = live(vec![open("SO-1")]);
    let written = Happened { written_today: BTreeSet::from(["finance".to_owned()]), ..waiting.clone() };
    check("something is open", &waiting, "Reminder |  | 1 open");
    check("somebody is on it", &live(vec![acknowledged(open("SO-1"), "张伟")]), "Reminder |  | 1 open");
    check("it was written today", &written, "nothing");
    check("all of it is waived", &live(vec![waived(open("SO-1"), None)]), "nothing");
    check("nothing is open", &quiet(), "nothing");
    let news = Happened { written_today: written.written_today, ..with_change(changed(Step::Opened, open("SO-1"))) };
    check("news come however often it was written", &news, "New | New 1 | 1 open");
}

#[test]
fn each_department_is_told_its_own_in_department_order() {
    let desk = |name: &str, recipients: &[&str]| {
        let recipients = recipients.iter().map(|each| (*each).to_owned()).collect();
        (name.to_owned(), Department { name: name.to_owned(), recipients, ..department(Language::Zh) })
    };
    let departments = BTreeMap::from([
        desk("warehouse", &["w@example.com"]),
        desk("finance", &["f@example.com"]),
        desk("sales", &["s@example.com"]),
        desk("nobody", &[]),
    ]);
    let of = |department: &str, order: &str| Exception { department: department.to_owned(), ..open(order) };
    let live = vec![of("finance", "SO-1"), of("warehouse", "SO-2"), of("nobody", "SO-3")];
    let happened =
        Happened { changes: live.iter().cloned().map(|each| changed(Step::Opened, each)).collect(), live, ..quiet() };
    let told: Vec<String> = digests(&happened, &departments)
        .iter()
        .map(|digest| {
            let orders: Vec<&str> =
                digest.sections[&Section::New].iter().map(|change| change.exception.subject.canonical()).collect();
            format!("{} {} rules {}", digest.department.name, orders.join(" "), digest.rules.len())
        })
        .collect();
    assert_eq!(told, [r#"finance ["SO-1",1] rules 1"#, r#"warehouse ["SO-2",1] rules 0"#]);
}

#[test]
fn no_digest_is_written_without_a_reason() {
    let busy = digest(&super::made::busy(), Language::En).unwrap();
    assert!(!busy.reasons.contains(&Reasons::Reminder), "a reminder is for days without news");
    assert!(digest(&quiet(), Language::En).is_none());
}

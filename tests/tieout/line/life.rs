//! One exception's life, as the books and the rules around it change.

use tieout::audit::exception::Status;
use tieout::demo::THREE_WAY;

use super::{WrongAmount, company, events, letter, letters, rule, section, trail_end};
use crate::harness::Company;

const RULE_FILE: &str = "rules/order-shipment-invoice.toml";

/// Runs the day once more; answers what the trail says of it.
async fn moved(company: &Company) -> (Vec<String>, tieout::report::RunReport) {
    let end = trail_end(company);
    let report = company.run().await;
    (events(company, end), report)
}

/// Whether `title` of the letter to finance lists this subject and no other.
#[track_caller]
fn check_told(company: &Company, report: &tieout::report::RunReport, title: &str, wrong: &WrongAmount) {
    let letter = letter(company, report, "finance");
    let told = section(&letter, title);
    assert!(told.starts_with(&format!("== {title} (1) ==")), "{letter}");
    assert!(told.contains(&format!("{} / {}", wrong.order, wrong.line)), "{told}");
}

#[tokio::test]
async fn a_defect_that_is_mended_is_resolved_and_one_that_comes_back_has_regressed() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    let first = wrong.exception(&company).await;

    wrong.mend(&company);
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, [wrong.event("resolved")], "this one and nothing else");
    check_told(&company, &report, "已解决", &wrong);
    assert_eq!(letters(&company, &report).len(), 1, "it is finance's business alone");
    let line = rule(&report, THREE_WAY).continuity.clone().unwrap();
    assert_eq!((line.resolved.count, line.closing.count), (1, line.opening.count - 1));
    let closed = wrong.exception(&company).await;
    assert_eq!((closed.status, closed.closed), (Status::Resolved, Some(company.day)));

    wrong.spoil(&company);
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, [wrong.event("regressed")]);
    check_told(&company, &report, "重新出现", &wrong);
    let back = wrong.exception(&company).await;
    assert_eq!((&back.id, back.status, back.regressions, back.closed), (&first.id, Status::Open, 1, None));
    assert_eq!(back.first_seen, first.first_seen);

    assert_eq!(moved(&company).await.0, [""; 0], "and then it is quiet");
}

#[tokio::test]
async fn an_order_that_is_deleted_everywhere_is_gone_and_not_resolved() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    wrong.delete(&company);
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, [wrong.event("gone")]);
    check_told(&company, &report, "已消失", &wrong);
    assert_eq!(rule(&report, THREE_WAY).continuity.as_ref().unwrap().gone.count, 1);
    assert_eq!(wrong.status(&company).await, Status::Gone);
    assert_eq!(moved(&company).await.0, [""; 0]);
}

#[tokio::test]
async fn another_amount_is_a_change_and_a_larger_one_is_worse() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    let cent_off = |amount: &str, sign: i64| {
        let cents: i64 = amount.replace('.', "").parse().unwrap();
        let cents = cents + sign;
        format!("{}.{:02}", cents / 100, cents % 100)
    };
    wrong.invoice(&company, &cent_off(&wrong.wrong, 1));
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, [wrong.event("worsened")]);
    check_told(&company, &report, "加重", &wrong);
    wrong.spoil(&company);
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, [wrong.event("changed")]);
    check_told(&company, &report, "有变化", &wrong);
    let line = rule(&report, THREE_WAY).continuity.clone().unwrap();
    assert_eq!(line.remeasured.count, 0);
    assert_eq!(line.remeasured.amount.iter().map(|(_, amount)| amount.to_string()).collect::<Vec<_>>(), ["-0.01"]);
}

#[tokio::test]
async fn an_edited_rule_is_told_apart_from_moving_books() {
    let company = company();
    company.run().await;
    let near = company.truth().must_not_raise;
    let one_cent = tieout::demo::Innocence::OneCentInsideTolerance;
    let near = near.iter().filter(|near| near.rule == THREE_WAY && near.cause == one_cent);
    let near: Vec<_> = near.map(|near| near.subject.canonical().to_owned()).collect();

    let within = |amount: &str| format!("\"sales.amount\"]\nwithin = {{ amount = \"{amount}\" }}");
    company.edit(RULE_FILE, &within("0.01"), &within("0.00"));
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, near.iter().map(|subject| format!("{THREE_WAY} {subject} opened")).collect::<Vec<_>>());
    assert!(rule(&report, THREE_WAY).rule_changed);
    assert!(!rule(&report, "low-stock").rule_changed);
    let told = letter(&company, &report, "finance");
    assert!(section(&told, "因规则修改而变动").contains(&format!("({})", near.len())), "{told}");
    assert_eq!(section(&told, "新增"), "");
    let marked = |list: Vec<tieout::audit::exception::Exception>| {
        list.into_iter()
            .filter(|one| one.rule_changed)
            .map(|one| one.subject.canonical().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(marked(company.exceptions().await), near);

    company.edit(RULE_FILE, &within("0.00"), &within("0.01"));
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, near.iter().map(|subject| format!("{THREE_WAY} {subject} resolved")).collect::<Vec<_>>());
    let told = letter(&company, &report, "finance");
    assert!(section(&told, "因规则修改而变动").contains(&format!("({})", near.len())), "{told}");
    assert_eq!(section(&told, "已解决"), "");
}

#[tokio::test]
async fn words_and_comments_do_not_change_a_rule() {
    let company = company();
    company.run().await;
    let text = company.read(RULE_FILE);
    company.write(RULE_FILE, &format!("# Reviewed.\n{text}\n# Nothing else.\n"));
    company.edit(RULE_FILE, "三单一致", "三单相符");
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, [""; 0]);
    assert!(!rule(&report, THREE_WAY).rule_changed);
    let titles: Vec<String> = company.exceptions().await.into_iter().map(|one| one.rule_title.zh).collect();
    assert!(titles.iter().any(|title| title.contains("三单相符")), "the new words are shown: {titles:?}");
}

#[tokio::test]
async fn a_rule_that_is_taken_away_retires_its_exceptions_and_one_put_back_finds_them_again() {
    let company = company();
    let first = company.run().await;
    let subjects: Vec<String> =
        rule(&first, "low-stock").exceptions.iter().map(|one| one.subject.canonical().to_owned()).collect();
    let expected = |event: &str| {
        let mut expected: Vec<_> = subjects.iter().map(|subject| format!("low-stock {subject} {event}")).collect();
        expected.sort();
        expected
    };
    let file = company.read("rules/low-stock.toml");
    company.remove("rules/low-stock.toml");
    company.edit("config/tieout.toml", "\"low-stock\", ", "");
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, expected("retired"));
    let told = letter(&company, &report, "warehouse");
    assert!(section(&told, "规则停用，随之关闭").contains(&format!("({})", subjects.len())), "{told}");
    assert_eq!(moved(&company).await.0, [""; 0], "once");

    company.write("rules/low-stock.toml", &file);
    company.edit("config/tieout.toml", "[\"order-*\", ", "[\"order-*\", \"low-stock\", ");
    let (steps, report) = moved(&company).await;
    assert_eq!(steps, expected("regressed"));
    assert!(!rule(&report, "low-stock").rule_changed && !rule(&report, "low-stock").baseline);
    let told = letter(&company, &report, "warehouse");
    assert!(section(&told, "重新出现").contains(&format!("({})", subjects.len())), "{told}");
}

#[tokio::test]
async fn a_rule_that_only_left_its_job_is_not_retired() {
    let company = company();
    company.run().await;
    company.edit("config/tieout.toml", "\"low-stock\", ", "");
    let (steps, report) = moved(&company).await;
    assert_eq!((steps, report.rules.len()), (Vec::new(), 2));
    assert!(company.exceptions().await.iter().any(|one| one.rule == "low-stock" && one.status == Status::Open));
}

#[tokio::test]
async fn the_first_run_is_told_as_one_line_per_rule_and_the_next_days_as_a_list() {
    let mut company = company();
    let wrong = WrongAmount::in_books_of(&company);
    wrong.mend(&company);
    let first = company.run().await;
    assert!(first.rules.iter().all(|rule| rule.baseline && rule.recorded));
    for (department, letter) in letters(&company, &first) {
        let (new, baseline) = if department == "sales" {
            ("New", "Rules checked for the first time")
        } else {
            ("新增", "首次核对的规则")
        };
        assert_eq!(section(&letter, new), "", "{department}");
        let lines = section(&letter, baseline).lines().filter(|line| line.starts_with("- ")).count();
        assert!((1..=3).contains(&lines), "{department}: {letter}");
    }
    wrong.spoil(&company);
    company.next_day();
    let second = company.run().await;
    assert!(second.rules.iter().all(|rule| !rule.baseline));
    let told = letter(&company, &second, "finance");
    let new = section(&told, "新增");
    assert!(new.contains(&format!("{} / {}", wrong.order, wrong.line)), "{told}");
    assert_eq!(section(&told, "首次核对的规则"), "");
    let opened: u64 = second.rules.iter().filter_map(|rule| rule.steps.get("opened")).sum();
    let letters = letters(&company, &second);
    let listed = letters.iter().map(|(department, letter)| {
        let new = section(letter, if department == "sales" { "New" } else { "新增" });
        new.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or(0, |(count, _)| count.parse().unwrap())
    });
    assert_eq!(listed.sum::<u64>(), opened, "every new exception is on somebody's list");
}

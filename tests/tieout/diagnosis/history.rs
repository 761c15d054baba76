//! What moved since a break was seen before, and which side is the odd one for it.

use tieout::audit::breaks::Finding;
use tieout::audit::diagnosis::recall;
use tieout::audit::exception::{Exception, Status};
use tieout::language::{Bilingual, Language};
use tieout::words;

use super::cases::two;
use crate::bench::Bench;
use crate::harness::day;

/// What the store keeps of a finding, last seen on `seen`.
fn kept(finding: &Finding, status: Status, seen: &str) -> Exception {
    Exception {
        id: "id".to_owned(),
        rule: "bench".to_owned(),
        rule_title: Bilingual::same("a rule"),
        subject: finding.subject.clone(),
        department: finding.department().to_owned(),
        status,
        severity: finding.severity,
        breaks: finding.breaks.clone(),
        at_risk: finding.at_risk(),
        first_seen: day("2026-11-01"),
        last_seen: day(seen),
        last_changed: day(seen),
        closed: None,
        regressions: 0,
        rule_changed: false,
        assignee: None,
        acknowledgement: None,
        waiver: None,
        version: 1,
    }
}

/// The one finding of today, with what is known of it from before.
fn recalled(before: &Exception, today: &Bench) -> Finding {
    let mut judgement = today.judge();
    recall(&today.rule(), today.day, &mut [before.clone()], &mut judgement);
    judgement.findings.remove(0)
}

/// The exception as a day leaves it on which both sides agree.
fn resolved(before: &Exception, today: &Bench, seen: &str) -> Exception {
    let today = today.clone().open(&[before.subject.canonical()]).on(day(seen));
    let mut known = [before.clone()];
    recall(&today.rule(), today.day, &mut known, &mut today.judge());
    let [known] = known;
    Exception { status: Status::Resolved, closed: Some(today.day), ..known }
}

/// What is told of the breaks of a day after those of another.
fn told(before: &Bench, status: Status, today: &Bench) -> String {
    let before = kept(&before.judge().findings[0], status, "2026-11-19");
    why(&recalled(&before, today))
}

fn why(finding: &Finding) -> String {
    let languages = [Language::En, Language::Zh].into_iter();
    let breaks = languages.flat_map(|language| finding.breaks.iter().map(move |found| words::why(found, language)));
    breaks.map(|why| if why.is_empty() { "-".to_owned() } else { why.join(" / ") }).collect::<Vec<_>>().join("\n")
}

/// An order of `sold`, and what finance invoiced of it.
fn books(sold: &str, invoiced: &str) -> Bench {
    two(&format!("SO1,C1,{sold},CNY,2026-03-01"), &format!("F1,SO1,C1,{invoiced},CNY,2026-03-02"))
}

#[test]
fn the_one_figure_that_moved_is_told_and_its_side_is_the_odd_one() {
    insta::assert_snapshot!(told(&books("100.00", "90.00"), Status::Open, &books("100.00", "1120.05")), @"
    Odd one out: finance: changed last / finance.amount changed since 2026-11-19: 90.00 -> 1,120.05, the other figure did not
    问题在财务一方（最后改动） / 自 2026-11-19 以来，财务金额由 90.00 变为 1,120.05，另一方未变
    ");
    insta::assert_snapshot!(told(&books("100.00", "90.00"), Status::Waived, &books("77.31", "90.00")), @"
    Odd one out: sales: changed last / sales.amount changed since 2026-11-19: 100.00 -> 77.31, the other figure did not
    问题在销售一方（最后改动） / 自 2026-11-19 以来，销售金额由 100.00 变为 77.31，另一方未变
    ");
}

#[test]
fn what_moved_on_both_sides_or_on_none_says_nothing() {
    assert_eq!(told(&books("100.00", "90.00"), Status::Open, &books("77.31", "1120.05")), "-\n-");
    assert_eq!(told(&books("100.00", "90.00"), Status::Open, &books("100.00", "90.00")), "-\n-");
    assert_eq!(
        told(&books("100.00", "90.00"), Status::Open, &books("100.000", "90.0")),
        "-\n-",
        "more digits are no move"
    );
}

#[test]
fn what_moved_last_stays_so_until_something_else_moves() {
    let first = kept(&books("100.00", "90.00").judge().findings[0], Status::Open, "2026-11-18");
    let second = recalled(&first, &books("100.00", "1120.05"));
    let third = recalled(&kept(&second, Status::Open, "2026-11-19"), &books("100.00", "1120.05"));
    assert_eq!(why(&third), why(&second), "the day on which it was seen as it was is still the first");
    let fourth = recalled(&kept(&third, Status::Open, "2026-11-20"), &books("55.00", "1120.05"));
    insta::assert_snapshot!(why(&fourth), @"
    Odd one out: sales: changed last / sales.amount changed since 2026-11-20: 100.00 -> 55.00, the other figure did not
    问题在销售一方（最后改动） / 自 2026-11-20 以来，销售金额由 100.00 变为 55.00，另一方未变
    ");
    let fifth = recalled(&kept(&fourth, Status::Open, "2026-11-21"), &books("66.60", "77.31"));
    assert_eq!(why(&fifth), "-\n-");
}

#[test]
fn what_comes_back_is_held_against_the_figures_that_agreed() {
    let first = kept(&books("100.00", "90.00").judge().findings[0], Status::Open, "2026-11-17");
    let closed = resolved(&first, &books("100.00", "100.00"), "2026-11-18");
    let back = recalled(&closed, &books("100.00", "1120.05"));
    insta::assert_snapshot!(why(&back), @"
    Odd one out: finance: changed last / finance.amount changed since 2026-11-18: 100.00 -> 1,120.05, the other figure did not
    问题在财务一方（最后改动） / 自 2026-11-18 以来，财务金额由 100.00 变为 1,120.05，另一方未变
    ");
    // Sales had agreed to what it now denies, and stands as it first did.
    insta::assert_snapshot!(why(&recalled(&resolved(&first, &books("90.00", "90.00"), "2026-11-18"), &books("100.00", "90.00"))), @"
    Odd one out: sales: changed last / sales.amount changed since 2026-11-18: 90.00 -> 100.00, the other figure did not
    问题在销售一方（最后改动） / 自 2026-11-18 以来，销售金额由 90.00 变为 100.00，另一方未变
    ");
    let next = recalled(&kept(&back, Status::Open, "2026-11-20"), &books("100.00", "1120.05"));
    assert_eq!(why(&next), why(&back), "and it stays so");
    assert_eq!(why(&recalled(&closed, &books("77.31", "1120.05"))), "-\n-", "both moved");
}

/// Of what vanished, or agreed under another rule, nobody knows what happened meanwhile.
#[test]
fn what_comes_back_from_elsewhere_says_nothing() {
    let first = kept(&books("100.00", "90.00").judge().findings[0], Status::Open, "2026-11-17");
    let gone = Exception { status: Status::Gone, ..first.clone() };
    assert_eq!(why(&recalled(&gone, &books("100.00", "1120.05"))), "-\n-");
    let of_old = Exception { status: Status::Resolved, ..first.clone() };
    assert_eq!(why(&recalled(&of_old, &books("100.00", "1120.05"))), "-\n-", "an older version kept no figures");
    let closed = resolved(&first, &books("100.00", "100.00"), "2026-11-18");
    let edited = books("100.00", "1120.05")
        .with("sum   = [\"amount\"]", "sum   = [\"amount\"]\n        filter = \"amount <> 0\"");
    assert_eq!(why(&recalled(&closed, &edited)), "-\n-");
}

/// Finance posted it twice all along; that sales moved since is told beside.
#[test]
fn a_side_that_something_else_names_stays_the_odd_one() {
    let twice = "F1,SO1,C1,45.67,CNY,2026-03-02\nF2,SO1,C1,45.67,CNY,2026-03-02";
    let (before, today) = (two("SO1,C1,1.00,CNY,2026-03-01", twice), two("SO1,C1,45.67,CNY,2026-03-01", twice));
    insta::assert_snapshot!(told(&before, Status::Open, &today), @"
    Likely cause: finance has it twice, 45.67 too much / Odd one out: finance / sales.amount changed since 2026-11-19: 1.00 -> 45.67, the other figure did not
    可能原因：财务重复入账，共 2 次，多出 45.67 / 问题在财务一方 / 自 2026-11-19 以来，销售金额由 1.00 变为 45.67，另一方未变
    ");
}

#[test]
fn figures_in_another_currency_are_not_compared() {
    let in_dollars = |amount: &str| {
        let row = |row: &str| row.replace("CNY", "USD");
        two(&row("SO1,C1,100.00,CNY,2026-03-01"), &row(&format!("F1,SO1,C1,{amount},CNY,2026-03-02")))
    };
    assert_eq!(told(&books("100.00", "90.00"), Status::Open, &in_dollars("1120.05")), "-\n-");
}

#[test]
fn another_break_of_the_subject_is_not_what_moved() {
    let missing = two("SO1,C1,100.00,CNY,2026-03-01", "");
    assert_eq!(told(&missing, Status::Open, &books("100.00", "1120.05")), "-\n-");
    assert_eq!(told(&books("100.00", "1120.05"), Status::Open, &missing), "-\n-");
}

/// Three sides: who is right among them is what they agree in, not who moved.
#[test]
fn among_three_sides_what_moved_is_told_and_names_nobody() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        [sides.finance]
        table = "invoices"
        [[checks]]
        name  = "shipped"
        equal = ["warehouse.qty", "sales.qty"]
        [[checks]]
        name  = "invoiced"
        equal = ["finance.qty", "sales.qty"]
    "#;
    let books = |shipped: &str| {
        Bench::new(rule)
            .table("sales", "order_no* text, qty quantity", "SO1,7")
            .table("shipments", "order_no text, qty quantity", &format!("SO1,{shipped}"))
            .table("invoices", "order_no text, qty quantity", "SO1,41")
    };
    insta::assert_snapshot!(told(&books("19"), Status::Open, &books("23")), @"
    warehouse.qty changed since 2026-11-19: 19 -> 23, the other figure did not
    -
    自 2026-11-19 以来，仓库数量由 19 变为 23，另一方未变
    -
    ");
    insta::assert_snapshot!(told(&books("19"), Status::Open, &books("41")), @"
    Odd one out: sales: warehouse and finance agree / warehouse.qty changed since 2026-11-19: 19 -> 41, the other figure did not
    Odd one out: sales: warehouse and finance agree
    问题在销售一方（仓库与财务一致） / 自 2026-11-19 以来，仓库数量由 19 变为 41，另一方未变
    问题在销售一方（仓库与财务一致）
    ");
}

/// A price list that moved moves the figure of the side that looks prices up: nobody there changed anything.
#[test]
fn a_figure_that_other_tables_have_a_part_in_names_no_side() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table  = "sales"
        lookup = [{ table = "prices", key = { item = "item" }, take = ["price"] }]
        derive = { worth = "qty * price" }
        [sides.finance]
        table = "finance"
        [[checks]]
        name  = "worth"
        equal = ["finance.amount", "sales.worth"]
    "#;
    let at = |price: &str| {
        Bench::new(rule)
            .table("sales", "order_no* text, item text, qty quantity", "SO1,BOLT,3")
            .table("prices", "item* text, price money", &format!("BOLT,{price}"))
            .table("finance", "order_no* text, amount money", "SO1,500.00")
    };
    insta::assert_snapshot!(told(&at("11.00"), Status::Open, &at("12.50")), @"
    sales.worth changed since 2026-11-19: 33.00 -> 37.50, the other figure did not
    自 2026-11-19 以来，销售 worth由 33.00 变为 37.50，另一方未变
    ");
}

/// Empty is a figure too; dates and texts move as figures do.
#[test]
fn what_is_empty_and_what_is_no_figure_moves_too() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table = "sales"
        [sides.finance]
        table = "finance"
        [[checks]]
        name  = "qty"
        equal = ["finance.qty", "sales.qty"]
        [[checks]]
        name  = "due"
        equal = ["finance.due", "sales.due"]
        [[checks]]
        name  = "terms"
        equal = ["finance.terms", "sales.terms"]
    "#;
    let books = |finance: &str| {
        Bench::new(rule)
            .table("sales", "order_no* text, qty quantity, due date, terms text", "SO1,7,2026-12-01,net 30")
            .table("finance", "order_no* text, qty quantity, due date, terms text", &format!("SO1,{finance}"))
    };
    let (before, today) = (books("40,2026-12-11,net 45"), books(",2026-12-21,"));
    insta::assert_snapshot!(told(&before, Status::Open, &today), @"
    Odd one out: finance: changed last / finance.qty changed since 2026-11-19: 40 -> empty, the other figure did not
    Odd one out: finance: changed last / finance.due changed since 2026-11-19: 2026-12-11 -> 2026-12-21, the other figure did not
    Odd one out: finance: changed last / finance.terms changed since 2026-11-19: net 45 -> empty, the other figure did not
    问题在财务一方（最后改动） / 自 2026-11-19 以来，财务数量由 40 变为 空值，另一方未变
    问题在财务一方（最后改动） / 自 2026-11-19 以来，财务 due由 2026-12-11 变为 2026-12-21，另一方未变
    问题在财务一方（最后改动） / 自 2026-11-19 以来，财务 terms由 “net 45” 变为 空值，另一方未变
    ");
}

//! Documents that are paid in instalments: each one falls due and ages by itself.

use tieout::language::Language;
use tieout::words;

use crate::bench::{Bench, check, day, said};

/// Every row of the items is an instalment.
const ROWS: &str = r#"
    kind      = "overdue_payment"
    direction = "receivable"
    items     = { table = "invoices", document = "no", instalment = "part", party = "customer", due = "due", amount = "amount" }
    applied   = { table = "allocations", document = "no", amount = "amount", date = "day" }
"#;

fn rows() -> Bench {
    Bench::new(ROWS)
        .table(
            "invoices",
            "no text, part number, customer text, due date, amount money ccy, ccy text",
            "F1,1,C1,2026-08-20,100.00,CNY
             F1,2,C1,2026-10-20,100.00,CNY
             F1,3,C1,2026-12-20,100.00,CNY",
        )
        .table("allocations", "no text, part number, amount money ccy, ccy text, day date", "")
}

/// A plan beside the documents.
const PLAN: &str = r#"
    kind        = "overdue_payment"
    direction   = "receivable"
    items       = { table = "invoices", document = "no", party = "customer", due = "due", amount = "amount" }
    instalments = { table = "plan", document = "no", instalment = "part", due = "due", amount = "amount" }
    applied     = { table = "allocations", document = "no", instalment = "part", amount = "amount", date = "day" }
"#;

fn plan() -> Bench {
    Bench::new(PLAN)
        .table(
            "invoices",
            "no text, customer text, due date, amount money ccy, ccy text",
            "F1,C1,2026-08-20,300.00,CNY\nF2,C1,2026-10-21,50.00,CNY",
        )
        .table_file(
            "plan",
            "[columns]\nno = { type = \"text\" }\npart = { type = \"number\" }\ndue = { type = \"date\" }\n\
             amount = { type = \"money\", currency = \"ccy\" }\nccy = { type = \"text\" }\n\
             share = { type = \"number\", scale = 2 }\n",
            "F1,1,2026-08-20,100.00,CNY,33.3\nF1,2,2026-10-20,100.00,CNY,33.3\nF1,3,2026-12-20,100.00,CNY,33.4",
        )
        .table("allocations", "no text, part number, amount money ccy, ccy text, day date", "")
}

#[test]
fn each_instalment_is_a_subject_that_ages_by_itself() {
    check(
        rows(),
        r#"["F1",1] overdue CNY 100.00 -> finance
           ["F1",2] overdue CNY 100.00 -> finance"#,
    );
    insta::assert_snapshot!(said(&rows()), @r#"
    ["F1",1] medium: C1: instalment 1 of 3, 92 days overdue (over 90 days, due 2026-08-20): CNY 100.00 outstanding of 100.00, 0.00 settled
    ["F1",2] medium: C1: instalment 2 of 3, 31 days overdue (31–60 days, due 2026-10-20): CNY 100.00 outstanding of 100.00, 0.00 settled
    "#);
}

/// odoo/odoo#16235: a part payment was aged in the wrong bucket. It settles what fell due first.
#[test]
fn a_part_payment_fills_the_instalments_in_the_order_of_their_due_dates() {
    let paid = rows().rows("allocations", "F1,,150.00,CNY,2026-11-01");
    check(paid.clone(), r#"["F1",2] overdue CNY 50.00 -> finance"#);
    let judgement = paid.judge();
    let total = &judgement.ageing.expect("debts are aged").totals[0];
    let buckets: Vec<String> = total.buckets.iter().map(ToString::to_string).collect();
    assert_eq!(buckets, ["0", "50.00", "0", "0"]);
    assert_eq!((total.not_due.to_string(), total.outstanding.to_string()), ("100.00".to_owned(), "150.00".to_owned()));
    check(rows().rows("allocations", "F1,,200.00,CNY,2026-11-20"), "ties out");
}

#[test]
fn instalments_of_one_due_date_are_filled_by_number_and_those_without_one_last() {
    let same = rows()
        .rows("invoices", "F1,3,C1,,100.00,CNY\nF1,2,C1,2026-08-20,100.00,CNY\nF1,1,C1,2026-08-20,100.00,CNY")
        .rows("allocations", "F1,,150.00,CNY,2026-11-01");
    check(
        same,
        r#"["F1",2] overdue CNY 50.00 -> finance
           ["F1",3] no_due_date CNY 100.00 -> finance"#,
    );
}

#[test]
fn a_payment_that_names_its_instalment_settles_that_one_and_the_rest_goes_on() {
    let named = |rows: &str| plan().rows("invoices", "F1,C1,2026-08-20,300.00,CNY").rows("allocations", rows);
    check(named("F1,2,100.00,CNY,2026-11-01"), r#"["F1",1] overdue CNY 100.00 -> finance"#);
    check(named("F1,2,130.00,CNY,2026-11-01"), r#"["F1",1] overdue CNY 70.00 -> finance"#);
    check(
        named("F1,9,30.00,CNY,2026-11-01"),
        r#"["F1",1] overdue CNY 70.00 -> finance
           ["F1",2] overdue CNY 100.00 -> finance"#,
    );
}

#[test]
fn a_document_without_a_plan_is_due_as_a_whole() {
    let bench = plan().rows("allocations", "F1,,300.00,CNY,2026-11-01");
    check(bench.on(day("2026-11-21")), r#"["F2",null] overdue CNY 50.00 -> finance"#);
}

/// 33.3 % of 100.00 is 33.30 and of 100.01 is 33.30333: each is rounded to the cent and the last is what is left.
#[test]
fn percentages_are_rounded_to_the_cent_and_the_last_instalment_is_what_is_left() {
    let shares = plan().with("amount = \"amount\" }\n    applied", "percent = \"share\" }\n    applied");
    let odd = shares.rows("invoices", "F1,C1,,100.01,CNY").on(day("2027-01-01"));
    check(
        odd.clone(),
        r#"["F1",1] overdue CNY 33.30 -> finance
           ["F1",2] overdue CNY 33.30 -> finance
           ["F1",3] overdue CNY 33.41 -> finance"#,
    );
    let short = odd.rows("plan", "F1,1,2026-08-20,,,50\nF1,2,2026-10-20,,,49.99");
    insta::assert_snapshot!(said(&short), @r#"["F1",null] medium: 100 is 100, instalments.share is 99.99: 0.01 more"#);
}

#[test]
fn a_plan_that_does_not_add_up_is_told_and_its_instalments_stay_as_they_were() {
    let short = plan()
        .rows("plan", "F1,1,2026-08-20,100.00,CNY,\nF1,2,2026-10-20,199.99,CNY,")
        .rows("invoices", "F1,C1,2026-08-20,300.00,CNY")
        .open(&[r#"["F1",1]"#, r#"["F1",3]"#]);
    check(
        short.clone(),
        r#"["F1",null] amount instalments -> finance
           ["F1",1] is NotJudged
           ["F1",3] is NotJudged"#,
    );
    insta::assert_snapshot!(said(&short), @r#"["F1",null] medium: items.amount is CNY 300.00, instalments.amount is CNY 299.99: 0.01 more"#);
}

#[test]
fn what_was_told_of_the_document_is_over_when_its_plan_adds_up() {
    let open = plan().rows("allocations", "F1,,300.00,CNY,2026-11-01").rows("invoices", "F1,C1,,300.00,CNY");
    check(
        open.open(&[r#"["F1",null]"#, r#"["F1",2]"#, r#"["F1",7]"#]),
        r#"["F1",null] is Agrees
           ["F1",2] is Agrees
           ["F1",7] is Gone"#,
    );
}

#[test]
fn an_instalment_that_stands_twice_is_told_and_the_others_are_left_alone() {
    let twice = rows().rows(
        "invoices",
        "F1,1,C1,2026-08-20,100.00,CNY\nF1,1,C1,2026-08-20,100.00,CNY\nF1,2,C1,2026-10-20,100.00,CNY",
    );
    check(
        twice.open(&[r#"["F1",2]"#]),
        r#"["F1",1] duplicate items -> finance
           ["F1",2] is NotJudged"#,
    );
    let planned = plan()
        .rows("invoices", "F1,C1,,200.00,CNY")
        .rows("plan", "F1,1,2026-08-20,100.00,CNY,\nF1,1,2026-10-20,100.00,CNY,");
    check(planned, r#"["F1",1] duplicate instalments -> finance"#);
}

#[test]
fn instalments_of_several_currencies_and_payments_in_another_one_are_told() {
    let mixed = rows().rows("invoices", "F1,1,C1,2026-08-20,100.00,CNY\nF1,2,C1,2026-10-20,100.00,USD");
    check(mixed, r#"["F1",null] currency items -> finance"#);
    let dollars = plan().rows("invoices", "F1,C1,,300.00,USD");
    check(dollars, r#"["F1",null] currency instalments -> finance"#);
    check(rows().rows("allocations", "F1,,1.00,USD,2026-11-01"), r#"["F1",null] currency applied -> finance"#);
}

/// A negative row of a document settles its other rows; a negative document settles nothing and is shown beside.
#[test]
fn negative_items_settle_and_are_never_overdue() {
    let discount = rows().rows("invoices", "F1,1,C1,2026-08-20,100.00,CNY\nF1,2,C1,2026-08-01,-30.00,CNY");
    check(discount, r#"["F1",1] overdue CNY 70.00 -> finance"#);
    let credit = plan()
        .rows("plan", "")
        .rows("invoices", "F1,C1,2026-11-01,100.00,CNY\nF3,C1,2026-08-01,-40.00,CNY\nF4,C1,2026-08-01,10.00,CNY")
        .rows("allocations", "F3,,-15.00,CNY,2026-11-01\nF4,,12.50,CNY,2026-11-01");
    insta::assert_snapshot!(said(&credit), @r#"["F1",null] medium: C1: 19 days overdue (1–30 days, due 2026-11-01): CNY 100.00 outstanding of 100.00, 0.00 settled; not netted: credits not used CNY 25.00, overpaid by them CNY 2.50"#);
    let zh = words::sentence(&credit.judge().findings[0].breaks[0], Language::Zh);
    insta::assert_snapshot!(zh, @"C1：逾期 19 天（1–30 天，到期日 2026-11-01），未结 CNY 100.00（总额 100.00，已核销 0.00）；另有（未抵减）：未用贷项 CNY 25.00、多收款 CNY 2.50");
}

#[test]
fn rows_of_the_plan_without_a_document_and_cells_that_cannot_be_read_are_told() {
    check(
        plan().rows("plan", ",1,2026-08-20,100.00,CNY,").rows("invoices", ""),
        r#"{"keyless":["instalments"]} keyless instalments -> finance"#,
    );
    let unread = plan().rows("invoices", "F1,C1,,300.00,CNY").rows("plan", "F1,1,soon,300.00,CNY,");
    check(unread, r#"["F1",null] unreadable instalments -> finance"#);
    let empty = plan().rows("invoices", "F1,C1,,300.00,CNY").rows("plan", "F1,1,2026-12-01,,CNY,");
    check(empty, r#"["F1",null] unreadable instalments -> finance"#);
}

/// What is applied may come in another partition's tables only together with its document.
#[test]
fn partitions_by_document_say_the_same_as_all_at_once() {
    let bench = plan().rows("allocations", "F1,,150.00,CNY,2026-11-01\nF2,,20.00,CNY,2026-11-01").on(day("2027-01-01"));
    let whole = format!("{:?}", bench.judge());
    let apart = bench.judge_apart(2, |_, row| usize::from(row[0] == "F1"));
    assert_eq!(format!("{apart:?}"), whole);
}

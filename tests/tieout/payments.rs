//! What an overdue-payment rule calls a break.

mod credit;
mod instalments;
mod terms;

use crate::bench::{Bench, check, day};

pub const OVERDUE: &str = r#"
    kind      = "overdue_payment"
    direction = "receivable"
    items     = { table = "invoices", document = "no", party = "customer", due = "due", date = "day", amount = "amount" }
    applied   = { table = "allocations", document = "no", amount = "amount", date = "day", reversed = "reversed" }
    terms     = { table = "customers", party = "customer", days = "net" }
    credit    = { table = "customers", party = "customer", limit = "credit" }
    buckets   = [30, 60, 90]
"#;

pub fn books() -> Bench {
    Bench::new(OVERDUE)
        .table(
            "invoices",
            "no text, customer text, day date, due date, amount money ccy, ccy text",
            "F1,C1,2026-09-01,2026-11-20,100.00,CNY",
        )
        .table("allocations", "no text, amount money ccy, ccy text, day date, reversed date", "")
        .table("customers", "customer text, net number, credit money ccy, ccy text", "C1,30,1000.00,CNY")
}

fn invoice(due: &str) -> String {
    format!("F1,C1,2026-01-01,{due},100.00,CNY")
}

#[test]
fn due_today_is_not_overdue_and_due_yesterday_is() {
    check(books(), "ties out");
    check(books().on(day("2026-11-21")), r#"["F1"] overdue CNY 100.00 -> finance"#);
}

#[test]
fn buckets_end_on_their_last_day() {
    use tieout::audit::breaks::Message;
    for (due, wanted) in [
        ("2026-11-19", (1, 1, Some(30))),
        ("2026-10-21", (30, 1, Some(30))),
        ("2026-10-20", (31, 31, Some(60))),
        ("2026-09-21", (60, 31, Some(60))),
        ("2026-09-20", (61, 61, Some(90))),
        ("2026-08-22", (90, 61, Some(90))),
        ("2026-08-21", (91, 91, None)),
    ] {
        let judgement = books().rows("invoices", &invoice(due)).judge();
        let Message::Overdue { days, from, to, .. } = judgement.findings[0].breaks[0].message else {
            panic!("{due} is overdue");
        };
        assert_eq!((days, from, to), wanted, "{due}");
    }
}

#[test]
fn payments_count_from_their_day_until_they_are_taken_back() {
    let late = books().rows("invoices", &invoice("2026-11-01"));
    check(late.clone().rows("allocations", "F1,60.00,CNY,2026-11-20,\nF1,40.00,CNY,2026-11-10,"), "ties out");
    check(
        late.clone().rows("allocations", "F1,60.00,CNY,2026-11-21,\nF1,40.00,CNY,2026-11-10,"),
        r#"["F1"] overdue CNY 60.00 -> finance"#,
    );
    check(late.rows("allocations", "F1,100.00,CNY,2026-11-10,2026-11-20"), r#"["F1"] overdue CNY 100.00 -> finance"#);
}

#[test]
fn a_document_without_due_date_takes_its_partys_terms() {
    let terms = books().rows("invoices", "F1,C1,2026-10-20,,100.00,CNY");
    check(terms.clone(), r#"["F1"] overdue CNY 100.00 -> finance"#);
    check(terms.clone().on(day("2026-11-19")), "ties out");
    check(terms.rows("customers", "C1,,1000.00,CNY"), r#"["F1"] no_due_date CNY 100.00 -> finance"#);
}

#[test]
fn a_party_is_over_its_limit_by_what_all_its_open_documents_exceed_it() {
    let two =
        books().rows("invoices", "F1,C1,2026-09-01,2026-12-31,600.00,CNY\nF2,C1,2026-09-01,2026-12-31,400.00,CNY");
    check(two.clone(), "ties out");
    let over = two.rows("customers", "C1,30,999.99,CNY").open(&[r#"{"party":["C1"]}"#, r#"{"party":["C9"]}"#]);
    check(
        over,
        r#"{"party":["C1"]} over_credit_limit CNY 0.01 -> finance
           {"party":["C1"]} is Breaks
           {"party":["C9"]} is Gone"#,
    );
}

#[test]
fn other_currencies_do_not_use_up_a_limit_and_do_not_pay_a_document() {
    let dollars = books().rows("invoices", "F1,C1,2026-09-01,2026-12-31,5000.00,USD");
    check(dollars, "ties out");
    let mixed = books().rows("allocations", "F1,100.00,USD,2026-11-01,");
    check(mixed, r#"["F1"] currency applied -> finance"#);
}

#[test]
fn an_invoice_that_stands_twice_or_cannot_be_read_is_told() {
    let twice = format!("{}\n{}", invoice("2026-11-01"), invoice("2026-11-01"));
    check(books().rows("invoices", &twice), r#"["F1"] duplicate items -> finance"#);
    check(books().rows("invoices", "F1,C1,2026-09-01,sometime,100.00,CNY"), r#"["F1"] unreadable items -> finance"#);
    check(
        books().rows("invoices", &invoice("2026-11-01")).rows("allocations", "F1,100.00,CNY,someday,"),
        r#"["F1"] unreadable applied -> finance"#,
    );
    check(
        books().rows("invoices", ",C1,2026-09-01,2026-11-01,100.00,CNY"),
        r#"{"keyless":["items"]} keyless items -> finance"#,
    );
}

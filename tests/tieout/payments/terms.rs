//! When a document is due that says so itself only by its terms.

use tieout::audit::breaks::Message;

use crate::bench::{Bench, check, day};

const TERMS: &str = r#"
    kind      = "overdue_payment"
    direction = "receivable"
    items     = { table = "invoices", document = "no", party = "customer", date = "day", amount = "amount" }
    terms     = { table = "customers", days = "days", months = "months", day_of_month = "dom", cut_off = "cut" }
"#;

/// One invoice of a day, and its customer's terms: days, months, day of month, cut-off.
fn invoice(date: &str, terms: &str) -> Bench {
    Bench::new(TERMS)
        .table(
            "invoices",
            "no text, customer text, day date, amount money, own number",
            &format!("F1,C1,{date},100.00,"),
        )
        .table("customers", "customer text, days number, months number, dom number, cut number", &format!("C1,{terms}"))
        .on(day("2030-01-01"))
}

fn due(bench: &Bench) -> Option<String> {
    match &bench.judge().findings[0].breaks[0].message {
        Message::Overdue { due, .. } => Some(due.to_string()),
        Message::NoDueDate { .. } => None,
        other => panic!("{other:?}"),
    }
}

/// Worked cases. Net days count calendar days. 月结: the month of the invoice is closed and paid so many months later.
#[test]
fn terms_make_due_dates_over_month_ends_and_leap_days() {
    let cases = [
        // One invoice under every kind of terms, as README.md tables them.
        ("2026-01-31", "30,,,", "2026-03-02"),
        ("2026-01-31", ",0,,", "2026-01-31"),
        ("2026-01-31", ",1,,", "2026-02-28"),
        ("2026-01-31", "30,0,,", "2026-03-02"),
        ("2026-01-31", ",2,10,", "2026-03-10"),
        ("2026-01-31", ",1,,25", "2026-03-31"),
        // Net 30, over a short month, in a common and in a leap year.
        ("2028-01-31", "30,,,", "2028-03-01"),
        ("2028-02-29", "365,,,", "2029-02-28"),
        ("2026-12-31", "0,,,", "2026-12-31"),
        // End of month.
        ("2026-11-01", ",0,,", "2026-11-30"),
        ("2026-11-30", ",0,,", "2026-11-30"),
        ("2028-02-01", ",0,,", "2028-02-29"),
        ("2026-02-01", ",0,,", "2026-02-28"),
        // 月结一个月: the last day of the next month, also from a 31st.
        ("2028-01-31", ",1,,", "2028-02-29"),
        ("2026-12-15", ",2,,", "2027-02-28"),
        // 月结 30 天: thirty days after the end of the invoice's month.
        ("2026-11-05", "30,0,,", "2026-12-30"),
        ("2028-01-10", "30,0,,", "2028-03-01"),
        // The tenth of the month after next; a day that the month lacks is its last.
        ("2026-11-20", ",2,10,", "2027-01-10"),
        ("2026-01-20", ",1,31,", "2026-02-28"),
        ("2027-12-20", ",2,30,", "2028-02-29"),
        // Cut-off on the 25th: what comes after it belongs to the next month's statement.
        ("2026-11-25", ",1,,25", "2026-12-31"),
        ("2026-11-26", ",1,,25", "2027-01-31"),
        ("2026-12-26", ",1,10,25", "2027-02-10"),
        // A cut-off after the month's last day cuts nothing off.
        ("2026-02-28", ",0,,30", "2026-02-28"),
        // A day that is past on the invoice's own day is that of the next month.
        ("2026-11-05", ",,10,", "2026-11-10"),
        ("2026-11-15", ",,10,", "2026-12-10"),
        ("2026-11-10", ",,10,", "2026-11-10"),
    ];
    for (date, terms, wanted) in cases {
        assert_eq!(due(&invoice(date, terms)).as_deref(), Some(wanted), "{date} with {terms}");
    }
}

#[test]
fn terms_that_set_no_day_are_told_and_never_guessed() {
    for terms in [",,,", "-1,,,", "1.5,,,", ",,0,", ",,32,", ",1,,0", ",-1,,", "99999999999999999999,,,", "soon,,,"] {
        let told = r#"["F1"] no_due_date CNY 100.00 -> finance"#;
        check(invoice("2026-11-01", terms), told);
    }
    let two = invoice("2026-11-01", "30,,,").rows("customers", "C1,30,,,\nC1,60,,,");
    assert_eq!(due(&two), None);
    let same = invoice("2026-11-01", "30,,,").rows("customers", "C1,30.0,,,\nC1,30,,,\nC1,,,,");
    assert_eq!(due(&same).as_deref(), Some("2026-12-01"));
}

#[test]
fn a_documents_own_terms_go_before_its_partys_and_those_before_everybodys() {
    let rule = TERMS
        .replace("amount = \"amount\" }", "amount = \"amount\", terms = { days = \"own\" } }")
        .replace("cut_off = \"cut\"", "cut_off = \"cut\", otherwise = { months = 1, day_of_month = 15 }");
    let bench = |own: &str, partys: &str| {
        let tables = invoice("2026-11-01", partys).rows("invoices", &format!("F1,C1,2026-11-01,100.00,{own}"));
        tables.with(TERMS, &rule)
    };
    assert_eq!(due(&bench("10", "30,,,")).as_deref(), Some("2026-11-11"));
    assert_eq!(due(&bench("", "30,,,")).as_deref(), Some("2026-12-01"));
    assert_eq!(due(&bench("", ",,,")).as_deref(), Some("2026-12-15"));
    // Terms that set no day are not replaced by wider ones.
    assert_eq!(due(&bench("-3", "30,,,")), None);
    check(bench("soon", "30,,,"), r#"["F1"] unreadable items -> finance"#);
}

#[test]
fn a_rule_may_give_one_term_to_all() {
    let rule = TERMS.lines().filter(|line| !line.contains("terms")).collect::<Vec<_>>().join("\n");
    let all = invoice("2028-01-31", ",,,").with(TERMS, &format!("{rule}\nterms = {{ months = 1 }}\n"));
    assert_eq!(due(&all).as_deref(), Some("2028-02-29"));
}

#[test]
fn a_document_of_a_later_day_does_not_count_yet() {
    let later = invoice("2026-11-21", "0,,,").on(day("2026-11-20"));
    check(later.clone().open(&[r#"["F1"]"#]), r#"["F1"] is Agrees"#);
    assert!(later.judge().ageing.expect("debts are aged").parties.is_empty());
    check(later.on(day("2026-11-22")), r#"["F1"] overdue CNY 100.00 -> finance"#);
}

/// 2026-11-19T23:30Z is 07:30 of the 20th in Shanghai.
#[test]
fn an_instant_is_the_business_day_of_its_zone() {
    let rule = TERMS
        .replace("date = \"day\"", "due = \"due\"")
        .lines()
        .filter(|line| !line.contains("terms"))
        .collect::<Vec<_>>()
        .join("\n");
    let rule = format!(
        "{rule}\napplied = {{ table = \"allocations\", document = \"no\", amount = \"amount\", date = \"at\", reversed = \"back\" }}\n"
    );
    let bench = |due: &str, applied: &str| {
        Bench::new(&rule)
            .table("invoices", "no text, customer text, due instant, amount money", &format!("F1,C1,{due},100.00"))
            .table("allocations", "no text, amount money, at instant, back instant", applied)
            .on(day("2026-11-20"))
    };
    check(bench("2026-11-19T23:30:00Z", ""), "ties out");
    check(bench("2026-11-19T15:30:00Z", ""), r#"["F1"] overdue CNY 100.00 -> finance"#);
    let told = r#"["F1"] overdue CNY 100.00 -> finance"#;
    check(bench("2026-11-01T00:00:00Z", "F1,100.00,2026-11-20T15:59:59Z,"), "ties out");
    check(bench("2026-11-01T00:00:00Z", "F1,100.00,2026-11-20T16:00:00Z,"), told);
    check(bench("2026-11-01T00:00:00Z", "F1,100.00,2026-11-01T00:00:00Z,2026-11-19T16:00:00Z"), told);
    check(bench("2026-11-01T00:00:00Z", "F1,100.00,2026-11-01T00:00:00Z,2026-11-20T16:00:00Z"), "ties out");
}

#[test]
fn leap_days_are_days_overdue_too() {
    let days = |today: &str| match invoice("2028-02-28", "0,,,").on(day(today)).judge().findings[0].breaks[0].message {
        Message::Overdue { days, .. } => days,
        _ => panic!("overdue"),
    };
    assert_eq!((days("2028-02-29"), days("2028-03-01")), (1, 2));
}

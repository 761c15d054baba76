//! Parties over their credit limit, what stands beside their debts, and what they owe by age.

use tieout::language::Language;
use tieout::words;

use super::OVERDUE;
use crate::bench::{Bench, check, said};

/// The rule with more settings, over tables that have them all.
fn books(more: &str) -> Bench {
    Bench::new(&format!("{OVERDUE}{more}"))
        .table(
            "invoices",
            "no text, customer text, day date, due date, amount money ccy, ccy text",
            "F1,C1,2026-09-01,2026-12-31,600.00,CNY\nF2,C1,2026-09-01,2026-12-31,100.00,USD",
        )
        .table("allocations", "no text, amount money ccy, ccy text, day date, reversed date", "")
        .table("customers", "customer text, net number, credit money ccy, ccy text", "C1,30,1000.00,CNY")
        .table("orders", "customer text, open money ccy, ccy text, day date", "")
        .table("receipts", "payer text, amount money ccy, ccy text, day date", "")
        .table_file(
            "fx",
            "[columns]\nday = { type = \"date\" }\nbase = { type = \"text\" }\nquote = { type = \"text\" }\nrate = { type = \"number\", scale = 4 }\n",
            "2026-11-01,USD,CNY,7.1\n2026-11-21,USD,CNY,9",
        )
}

const RATES: &str = r#"rates = { table = "fx", date = "day", from = "base", to = "quote", rate = "rate" }"#;

fn undelivered(more: &str) -> Bench {
    let limit = "limit = \"credit\" }";
    let orders = "limit = \"credit\", undelivered = { table = \"orders\", amount = \"open\" } }";
    books(more).with(limit, orders)
}

#[test]
fn without_rates_other_currencies_use_nothing_of_a_limit_up() {
    check(books(""), "ties out");
}

/// credit use = receivables / limit: 600.00 + 100.00 x 7.1 = 1310.00 of 1000.00 is 131 %.
#[test]
fn other_currencies_are_converted_at_the_last_rate_on_or_before_the_day() {
    check(books(RATES), r#"{"party":["C1"]} over_credit_limit CNY 310.00 -> finance"#);
    insta::assert_snapshot!(said(&books(RATES)), @r#"{"party":["C1"]} medium: CNY 1,310.00 outstanding, 310.00 over the credit limit of 1,000.00, 131 % of it used; made of CNY 600.00 and USD 100.00 at 7.1"#);
    let zh = words::sentence(&books(RATES).judge().findings[0].breaks[0], Language::Zh);
    insta::assert_snapshot!(zh, @"未结 CNY 1,310.00，超过信用额度 1,000.00，超出 310.00，已用 131%；其中 CNY 600.00、USD 100.00（汇率 7.1）");
}

#[test]
fn a_conversion_is_rounded_half_away_from_zero_to_the_limits_digits() {
    let odd =
        books(RATES).rows("invoices", "F2,C1,2026-09-01,2026-12-31,0.05,USD").rows("fx", "2026-11-20,USD,CNY,7.1");
    check(odd.clone().rows("customers", "C1,30,0.36,CNY"), "ties out");
    check(odd.rows("customers", "C1,30,0.35,CNY"), r#"{"party":["C1"]} over_credit_limit CNY 0.01 -> finance"#);
}

#[test]
fn a_party_whose_currency_has_no_rate_is_not_judged() {
    for fx in ["", "2026-11-21,USD,CNY,7", "2026-11-01,USD,CNY,0", "2026-11-01,USD,CNY,7\n2026-11-01,USD,CNY,8"] {
        check(
            books(RATES).rows("fx", fx).open(&[r#"{"party":["C1"]}"#]),
            r#"no_rate: 1
               {"party":["C1"]} is NotJudged"#,
        );
    }
    // A currency that the party owes nothing in needs none.
    let paid = books(RATES).rows("fx", "").rows("allocations", "F2,100.00,USD,2026-11-01,");
    check(paid, "ties out");
}

/// credit use = (receivables + undelivered orders) / limit, where the rule says so.
#[test]
fn undelivered_orders_use_the_limit_up_where_the_rule_says_so() {
    let orders = "C1,400.00,CNY,2026-11-01\nC1,1.00,CNY,2026-11-01\nC2,9999.00,CNY,2026-11-01";
    check(books("").rows("orders", orders), "ties out");
    check(undelivered("").rows("orders", "C1,400.00,CNY,2026-11-01"), "ties out");
    check(undelivered("").rows("orders", orders), r#"{"party":["C1"]} over_credit_limit CNY 1.00 -> finance"#);
    insta::assert_snapshot!(said(&undelivered("").rows("orders", orders)), @r#"{"party":["C1"]} medium: CNY 1,001.00 outstanding, 1.00 over the credit limit of 1,000.00, 100.1 % of it used; made of CNY 1,001.00 with undelivered orders of 401.00"#);
    let both = undelivered(RATES).rows("orders", "C1,10.00,USD,2026-11-01");
    check(both, r#"{"party":["C1"]} over_credit_limit CNY 381.00 -> finance"#);
    // Orders alone may be too many, and returned ones take nothing off the documents.
    let alone = undelivered("").rows("invoices", "").rows("orders", "C1,1000.01,CNY,2026-11-01");
    check(alone, r#"{"party":["C1"]} over_credit_limit CNY 0.01 -> finance"#);
    let returned = undelivered("").rows("customers", "C1,30,599.99,CNY").rows("orders", "C1,-500.00,CNY,2026-11-01");
    check(returned, r#"{"party":["C1"]} over_credit_limit CNY 0.01 -> finance"#);
}

#[test]
fn two_limits_that_differ_are_told_and_none_is_chosen() {
    check(
        books("").rows("customers", "C1,30,1.00,CNY\nC1,30,1.00,CNY"),
        r#"{"party":["C1"]} over_credit_limit CNY 599.00 -> finance"#,
    );
    check(
        books("").rows("customers", "C1,30,1.00,CNY\nC1,30,1.00,USD"),
        r#"{"party":["C1"]} duplicate credit -> finance"#,
    );
    check(books("").rows("customers", "C1,30,much,CNY"), r#"{"party":["C1"]} unreadable credit -> finance"#);
}

#[test]
fn no_limit_is_not_a_limit_of_nothing() {
    check(books("").rows("customers", "C1,30,,CNY"), "ties out");
    let nothing = books("").rows("customers", "C1,30,0,CNY");
    check(nothing.clone(), r#"{"party":["C1"]} over_credit_limit CNY 600.00 -> finance"#);
    insta::assert_snapshot!(said(&nothing), @r#"{"party":["C1"]} medium: CNY 600.00 outstanding, 600.00 over the credit limit of 0.00"#);
}

#[test]
fn an_exposure_that_does_not_fit_is_told() {
    let large = "999999999999999999999999999999999999.99";
    let rows = format!("F1,C1,2026-09-01,2026-12-31,{large},CNY\nF2,C1,2026-09-01,2026-12-31,{large},CNY");
    let bench = books("").rows("invoices", &rows);
    check(bench.clone(), r#"{"party":["C1"]} unreadable -> finance"#);
    assert_eq!(bench.judge().ageing.expect("debts are aged").unsummed, 1);
}

/// Receipts and credits that settle nothing are shown per currency and change no figure.
#[test]
fn receipts_and_credits_stand_beside_and_are_never_netted() {
    let open = r#"unapplied = { table = "receipts", party = "payer", amount = "amount", date = "day" }"#;
    let bench = books(open)
        .rows("invoices", "F1,C1,2026-09-01,2026-11-01,600.00,CNY")
        .rows("receipts", "C1,500.00,CNY,2026-11-02\nC1,99.00,CNY,2026-11-20\nC1,7.00,EUR,2026-11-01\nC1,1.00,CNY,2026-11-21\nC2,5.00,CNY,2026-11-01");
    check(bench.clone(), r#"["F1"] overdue CNY 600.00 -> finance"#);
    insta::assert_snapshot!(said(&bench), @r#"["F1"] medium: C1: 19 days overdue (1–30 days, due 2026-11-01): CNY 600.00 outstanding of 600.00, 0.00 settled; not netted: receipts not applied CNY 599.00 / EUR 7.00"#);
    let unread = bench.rows("receipts", "C1,some,CNY,2026-11-02");
    check(
        unread,
        r#"{"party":["C1"]} unreadable unapplied -> finance
           ["F1"] overdue CNY 600.00 -> finance"#,
    );
}

#[test]
fn what_stands_beside_makes_no_new_break_of_an_old_one() {
    let open = r#"unapplied = { table = "receipts", party = "payer", amount = "amount" }"#;
    let bench = books(open).rows("invoices", "F1,C1,2026-09-01,2026-11-01,600.00,CNY");
    let before = bench.clone().rows("receipts", "C1,500.00,CNY,2026-11-02").judge().findings.remove(0);
    let after = bench.judge().findings.remove(0);
    assert_ne!(before.breaks, after.breaks);
    assert_eq!(before.breaks[0].fingerprint(), after.breaks[0].fingerprint());
}

#[test]
fn what_we_owe_has_words_of_its_own() {
    let bench = books("")
        .with("direction = \"receivable\"", "direction = \"payable\"")
        .rows("invoices", "F1,S1,2026-09-01,2026-11-01,600.00,CNY\nF2,S1,2026-09-01,2026-11-01,-5.00,CNY");
    insta::assert_snapshot!(said(&bench), @r#"["F1"] medium: We owe S1: 19 days overdue (1–30 days, due 2026-11-01): CNY 600.00 outstanding of 600.00, 0.00 settled; not netted: credits not used CNY 5.00"#);
    let zh = words::sentence(&bench.judge().findings[0].breaks[0], Language::Zh);
    insta::assert_snapshot!(zh, @"应付 S1：逾期 19 天（1–30 天，到期日 2026-11-01），未结 CNY 600.00（总额 600.00，已核销 0.00）；另有（未抵减）：未用贷项 CNY 5.00");
}

/// Buckets of days overdue: not due, 1-30, 31-60, 61-90, 91 and more. What is not due is in none of them.
#[test]
fn parties_are_aged_by_bucket_and_currency() {
    let open = r#"unapplied = { table = "receipts", party = "payer", amount = "amount" }"#;
    let bench = books(open).rows("receipts", "C2,3.00,CNY,2026-11-02").rows("customers", "").rows(
        "invoices",
        "F1,C1,2026-01-01,2026-11-20,1.00,CNY
         F2,C1,2026-01-01,2026-11-19,2.00,CNY
         F3,C1,2026-01-01,2026-10-21,4.00,CNY
         F4,C1,2026-01-01,2026-10-20,8.00,CNY
         F5,C1,2026-01-01,2026-08-21,16.00,CNY
         F6,C1,2026-01-01,,32.00,CNY
         F7,C1,2026-01-01,2026-09-20,64.00,USD
         F8,C2,2026-01-01,2026-09-20,128.00,CNY
         F9,,2026-01-01,2026-12-20,256.00,CNY",
    );
    let ageing = bench.judge().ageing.expect("debts are aged");
    let row = |aged: &tieout::audit::ageing::Aged| {
        let buckets: Vec<String> = aged.buckets.iter().map(ToString::to_string).collect();
        format!(
            "{} {}: {} outstanding, {} overdue, {} not due, {}, {} without a date; {} beside\n",
            aged.party.as_deref().unwrap_or("-"),
            aged.currency,
            aged.outstanding,
            aged.overdue,
            aged.not_due,
            buckets.join(" "),
            aged.no_due_date,
            aged.unapplied
        )
    };
    let text: String = ageing.parties.iter().chain(&ageing.totals).map(row).collect();
    insta::assert_snapshot!(text, @r"
    C2 CNY: 128.00 outstanding, 128.00 overdue, 0 not due, 0 0 128.00 0, 0 without a date; 3.00 beside
    C1 CNY: 63.00 outstanding, 30.00 overdue, 1.00 not due, 6.00 8.00 0 16.00, 32.00 without a date; 0 beside
    - CNY: 256.00 outstanding, 0 overdue, 256.00 not due, 0 0 0 0, 0 without a date; 0 beside
    C1 USD: 64.00 outstanding, 64.00 overdue, 0 not due, 0 0 64.00 0, 0 without a date; 0 beside
    - CNY: 447.00 outstanding, 158.00 overdue, 257.00 not due, 6.00 8.00 128.00 16.00, 32.00 without a date; 3.00 beside
    - USD: 64.00 outstanding, 64.00 overdue, 0 not due, 0 0 64.00 0, 0 without a date; 0 beside
    ");

    let (few, more) = ageing.bounded(1);
    assert_eq!((few.parties.len(), more), (2, 2), "one party of each currency, and two rows that are not listed");
    let line = |language| words::aged(&few, &few.totals[0], language);
    insta::assert_snapshot!(line(Language::En), @"CNY 447.00 owed to us (not due 257.00, 1–30 days 6.00, 31–60 days 8.00, 61–90 days 128.00, over 90 days 16.00, no due date 32.00); most overdue: C2 128.00");
    insta::assert_snapshot!(line(Language::Zh), @"应收 CNY 447.00（未到期 257.00，1–30 天 6.00，31–60 天 8.00，61–90 天 128.00，91 天以上 16.00，无到期日 32.00）；逾期最多：C2 128.00");
}

//! `recheck`: what of two readings counts, and which rows the second one needs.

use std::collections::BTreeSet;

use tieout::audit::judgement::{Judgement, Verdict};
use tieout::audit::recheck::{Cells, KEYS, asked, keys};
use tieout::audit::value::{Subject, Value};

use crate::bench::Bench;

const RULE: &str = r#"
    kind    = "reconcile"
    recheck = "5m"
    key     = ["order_no", "line_no"]
    [sides.orders]
    table = "orders"
    [sides.invoices]
    table = "invoices"
    [[checks]]
    name  = "amount"
    equal = ["orders.amount", "invoices.amount"]
"#;

const COLUMNS: &str = "order_no text, line_no number, amount money";

fn bench(orders: &str, invoices: &str) -> Bench {
    Bench::new(RULE).table("orders", COLUMNS, orders).table("invoices", COLUMNS, invoices)
}

fn subject(order: &str) -> Subject {
    Subject::parse(&format!(r#"["{order}",1]"#)).expect("a subject")
}

/// Judges by two readings, with nothing known of what is open but its subject.
fn judged(first: &Bench, second: &Bench) -> Judgement {
    let mut seen = first.seen();
    let asked = asked(&seen, &[]);
    seen.confirm(second.seen(), &asked);
    seen.finish(&first.rule(), &first.context())
}

fn broken(judgement: &Judgement) -> Vec<&str> {
    judgement.findings.iter().map(|finding| finding.subject.canonical()).collect()
}

#[test]
fn only_what_breaks_in_both_readings_is_found_and_as_the_second_shows_it() {
    let orders = "A,1,1.00\nB,1,1.00\nC,1,1.00\nD,1,1.00";
    // A breaks for good and B differently, C was on its way, D breaks only now.
    let first = bench(orders, "A,1,2.00\nB,1,2.00\nD,1,1.00");
    let second = bench(orders, "A,1,2.00\nC,1,1.00\nD,1,9.00");
    let judgement = judged(&first, &second);
    assert_eq!(broken(&judgement), [r#"["B",1]"#, r#"["A",1]"#], "in the order of what they are now");
    assert_eq!(judgement.findings[0].breaks[0].class.name(), "missing");
    assert_eq!(judgement.in_transit, 1, "D is nobody's news yet");
    assert_eq!(judgement.counts.values().sum::<u64>(), 2);
    assert_eq!(judgement.sides[1].rows, 3, "the totals are those of the first reading");
}

#[test]
fn an_open_exception_that_breaks_once_is_neither_changed_nor_closed() {
    let orders = "A,1,1.00\nB,1,1.00\nC,1,1.00\nN,1,1.00";
    let open = [r#"["A",1]"#, r#"["B",1]"#, r#"["C",1]"#, r#"["G",1]"#];
    // A mends itself between the readings, B breaks again, C is mended and stays so, G is gone; N is new.
    let first = bench(orders, "A,1,2.00\nB,1,1.00\nC,1,1.00\nN,1,2.00").open(&open);
    let second = bench(orders, "A,1,1.00\nB,1,2.00\nC,1,1.00\nN,1,2.00").open(&open);
    let judgement = judged(&first, &second);
    assert_eq!(broken(&judgement), [r#"["N",1]"#]);
    let verdicts: Vec<Verdict> = judgement.verdicts.into_values().collect();
    assert_eq!(verdicts, [Verdict::InTransit, Verdict::InTransit, Verdict::Agrees, Verdict::Gone]);
    assert_eq!(judgement.in_transit, 2);
}

#[test]
fn what_comes_or_goes_between_the_readings_is_taken_as_the_second_shows_it() {
    let open = [r#"["C",1]"#, r#"["G",1]"#];
    let first = bench("C,1,1.00\nN,1,1.00", "C,1,1.00").open(&open);
    let second = bench("G,1,1.00\nN,1,1.00", "G,1,1.00").open(&open);
    let verdicts: Vec<Verdict> = judged(&first, &second).verdicts.into_values().collect();
    assert_eq!(verdicts, [Verdict::Gone, Verdict::Agrees]);
}

#[test]
fn rows_without_a_key_are_found_when_both_readings_have_them() {
    let first = bench(",1,1.00", "");
    assert_eq!(broken(&judged(&first, &bench(",1,1.00\n,2,1.00", ""))), [r#"{"keyless":["orders"]}"#]);
    let gone = judged(&first, &bench("", ""));
    assert_eq!((broken(&gone).len(), gone.in_transit), (0, 1));
}

/// What is too many is counted over what both readings show.
#[test]
fn a_flood_that_is_gone_at_the_second_reading_is_none() {
    let orders: String = (0..20).map(|number| format!("A{number},1,1.00\n")).collect();
    let mut first = bench(&orders, "");
    first.flood = 10;
    assert!(broken(&judged(&first, &bench(&orders, &orders))).is_empty());
    let judgement = judged(&first, &first);
    assert_eq!(broken(&judgement), [r#""flood""#].map(|_| judgement.findings[0].subject.canonical()));
    assert_eq!(judgement.findings.len(), 1);
}

#[test]
fn where_nothing_is_new_nothing_is_read_again() {
    assert!(asked(&bench("A,1,1.00", "A,1,1.00").seen(), &[]).is_empty());
    let mended = bench("A,1,1.00", "A,1,1.00").open(&[r#"["A",1]"#]);
    assert!(asked(&mended.seen(), &[]).is_empty(), "to resolve needs no second look by itself");
}

#[test]
fn keys_are_looked_for_where_cleaning_cannot_make_two_of_them_one() {
    let asked = BTreeSet::from([subject("A"), subject("B")]);
    let bench = bench("", "");
    let found = keys(&bench.rule(), bench.specs(), &asked);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["invoices", "orders"]);
    let keys_of = &found["orders"];
    let columns: Vec<_> = keys_of.parts.iter().map(|part| (part.column.as_str(), part.cells)).collect();
    assert_eq!(columns, [("order_no", Cells::Text), ("line_no", Cells::Numbers)]);
    assert_eq!(keys_of.rows[0][0], Value::Text("A".to_owned()));

    let clean = |text: &str| {
        let bench = Bench::new(RULE).table_file("orders", text, "").table("invoices", COLUMNS, "");
        let found = keys(&bench.rule(), bench.specs(), &asked);
        found.get("orders").map(|keys| keys.parts.iter().map(|part| (part.column.clone(), part.cells)).collect())
    };
    let file = |order: &str, line: &str| {
        format!("[columns]\norder_no = {order}\nline_no = {line}\namount = {{ type = \"money\" }}\n")
    };
    let number = "{ type = \"number\" }";
    let cleaned = "{ type = \"text\", from = \"No.\", normalise = [\"trim\", \"upper\"] }";
    let expected: Vec<(String, Cells)> =
        vec![("No.".to_owned(), Cells::CleanText), ("line_no".to_owned(), Cells::Numbers)];
    assert_eq!(clean(&file(cleaned, number)), Some(expected));
    assert_eq!(clean(&file("{ type = \"text\" }", "{ type = \"number\", sign = -1 }")), None::<Vec<_>>);
}

#[test]
fn a_table_that_serves_twice_and_a_crowd_of_subjects_are_read_whole() {
    let one = BTreeSet::from([subject("A")]);
    let found = |bench: &Bench, asked: &BTreeSet<Subject>| {
        keys(&bench.rule(), bench.specs(), asked).into_keys().collect::<Vec<_>>()
    };
    let looked_into = bench("", "").with(
        "[sides.orders]",
        "[sides.orders]\nlookup = [{ table = \"invoices\", key = { order_no = \"order_no\" }, take = { there = \"amount\" } }]",
    );
    assert_eq!(found(&looked_into, &one), ["orders"]);
    let twice = bench("", "").with("table = \"invoices\"", "table = \"orders\"");
    assert!(found(&twice, &one).is_empty());
    let keyless = BTreeSet::from([subject("A"), Subject::keyless("orders")]);
    assert!(found(&bench("", ""), &keyless).is_empty(), "rows without a key are found in the whole table alone");
    let crowd: BTreeSet<Subject> = (0..=KEYS).map(|number| subject(&number.to_string())).collect();
    assert!(found(&bench("", ""), &crowd).is_empty());
}

#[test]
fn rechecking_is_part_of_the_rules_meaning() {
    let with = |line: &str| bench("", "").with("recheck = \"5m\"", line).rule().hash;
    assert_ne!(with("recheck = \"5m\""), with(""));
    assert_ne!(with("recheck = \"5m\""), with("recheck = \"6m\""));
    assert_eq!(with("recheck = \"5m\""), with("recheck = \"300s\""));
}

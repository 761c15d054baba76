//! `tieout ageing`: what every party owes by age, as a table, as JSON and for a spreadsheet.

use std::collections::BTreeMap;

use serde_json::Value;
use tieout::audit::amount::Amount;

use crate::harness::{Company, Database, Output, day};

const RULE: &str = "overdue-receivables";

fn company() -> Company {
    let company = Company::new(300, 7, day("2026-11-20"));
    company.narrow(&["low-stock", "overdue-*"]);
    company
}

fn ageing(company: &Company, more: &[&str]) -> Output {
    let arguments: Vec<&str> =
        ["ageing", RULE, "--as-of", "2026-11-20"].into_iter().chain(more.iter().copied()).collect();
    company.tieout(&arguments)
}

/// The rows of a CSV, each cell by its column's name.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(|row| row.expect("every row has the columns of the header")).collect()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is a figure"))
}

#[test]
fn the_csv_has_every_party_and_adds_up_to_the_totals() {
    let company = company();
    let csv = ageing(&company, &["--format", "csv"]);
    assert_eq!((csv.code, csv.stderr.as_str()), (0, ""));
    assert!(!company.path("tieout.db").exists(), "nothing is recorded");
    let header = "rule,as_of,direction,party,currency,outstanding,not_due,days_1-30,days_31-60,days_61-90,days_91+,\
                  no_due_date,overdue,unapplied,credits,overpaid";
    assert_eq!(csv.stdout.lines().next(), Some(header));
    let rows = rows(&csv.stdout);
    assert!(rows.iter().all(|row| (row["rule"].as_str(), row["as_of"].as_str(), row["direction"].as_str())
        == (RULE, "2026-11-20", "receivable")));

    let json = ageing(&company, &["--format", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&json["format"], &json["day"]), (&"tieout.ageing/1".into(), &"2026-11-20".into()));
    assert_eq!(json["parties"].as_array().unwrap().len(), rows.len());
    for total in json["totals"].as_array().unwrap() {
        let of_currency = rows.iter().filter(|row| row["currency"] == total["currency"].as_str().unwrap());
        let sum = |column: &str| {
            let cells = of_currency.clone().map(|row| amount(&row[column]));
            cells.fold(Amount::ZERO, |sum, cell| sum.checked_add(cell).unwrap())
        };
        for column in ["outstanding", "not_due", "overdue", "no_due_date", "unapplied", "credits", "overpaid"] {
            assert_eq!(sum(column), amount(total[column].as_str().unwrap()), "{column} of {}", total["currency"]);
        }
        for (bucket, column) in ["days_1-30", "days_31-60", "days_61-90", "days_91+"].iter().enumerate() {
            assert_eq!(sum(column), amount(total["buckets"][bucket].as_str().unwrap()), "{column}");
        }
    }
    for row in &rows {
        let buckets = ["not_due", "days_1-30", "days_31-60", "days_61-90", "days_91+", "no_due_date"];
        let parts = buckets.iter().map(|column| amount(&row[*column]));
        let sum = parts.fold(Amount::ZERO, |sum, part| sum.checked_add(part).unwrap());
        assert_eq!(sum, amount(&row["outstanding"]), "{row:?}");
    }
}

#[test]
fn a_name_that_is_a_formula_stays_a_name() {
    let company = company();
    let hostile = "=HYPERLINK(\"http://x\";\"y\")\n2";
    let party = rows(&ageing(&company, &["--format", "csv"]).stdout)[0]["party"].clone();
    for table in ["invoices", "receipts"] {
        let update = format!("update {table} set customer_no = '{hostile}' where customer_no = '{party}'");
        company.sql(Database::Ledger, &update);
    }
    let csv = ageing(&company, &["--format", "csv"]);
    let renamed: Vec<String> = rows(&csv.stdout).iter().map(|row| row["party"].clone()).collect();
    assert!(renamed.contains(&"'=HYPERLINK(\"HTTP://X\";\"Y\") 2".to_owned()), "{renamed:?}");
    let table = ageing(&company, &[]);
    assert!(table.stdout.contains("=HYPERLINK(\"HTTP://X\";\"Y\")⟨U+000A⟩2"), "{}", table.stdout);
}

#[test]
fn a_past_day_is_judged_as_it_was() {
    let company = company();
    let outstanding = |when: &str| {
        let said = company.tieout(&["ageing", RULE, "--as-of", when, "--format", "csv"]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        let cells = rows(&said.stdout).into_iter().filter(|row| row["currency"] == "CNY");
        cells.fold(Amount::ZERO, |sum, row| sum.checked_add(amount(&row["outstanding"])).unwrap())
    };
    let report = |when: &str| {
        let said = company.tieout(&["run", "--rule", RULE, "--as-of", when, "--dry-run", "--format", "json"]);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        amount(report["rules"][0]["ageing"]["totals"][0]["outstanding"].as_str().unwrap())
    };
    for when in ["2026-09-30", "2026-11-20"] {
        assert_eq!(outstanding(when), report(when), "{when}: as a run has it");
    }
    assert_ne!(outstanding("2026-09-30"), outstanding("2026-11-20"));
}

#[test]
fn what_judges_no_debts_or_cannot_be_judged_is_refused_with_a_reason() {
    let company = company();
    let refused = |arguments: &[&str]| {
        let said = company.tieout(arguments);
        assert_eq!(said.stdout, "");
        (said.code, said.stderr)
    };
    let no_debts = "low-stock judges no debts; only rules of kind overdue_payment do\n";
    assert_eq!(refused(&["ageing", "low-stock"]), (64, no_debts.to_owned()));
    let (code, unknown) = refused(&["ageing", "overdue-recievables"]);
    assert_eq!((code, unknown.contains("there is no rule overdue-recievables")), (64, true), "{unknown}");
    company.remove("ledger.db");
    let (code, unread) = refused(&["ageing", RULE, "--format", "csv"]);
    assert_eq!((code, unread.starts_with("overdue-receivables was not evaluated: ")), (2, true), "{unread}");
}

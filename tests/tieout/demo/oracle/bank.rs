//! The bank book and the statement, read row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Days, NaiveDate};
use serde_json::json;

use super::{Broken, date, figure, rows, word};

/// Day, amount and currency of each row in the book, then on the statement.
type Movements = BTreeMap<(String, String), [Vec<(NaiveDate, i128, String)>; 2]>;

pub fn bank(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let mut movements = Movements::new();
    for (side, sql) in [
        "select account_no, reference, booked_on, amount, currency from bank_book",
        "select account_no, reference, value_date, amount, currency from bank_statement_lines",
    ]
    .into_iter()
    .enumerate()
    {
        for row in rows(dir, "ledger.db", sql) {
            let key = (row[0].clone().unwrap(), word(&row[1]).unwrap());
            let moved = (date(&row[2]), figure(&row[3]), row[4].clone().unwrap());
            movements.entry(key).or_default()[side].push(moved);
        }
    }
    for ((account, reference), [book, statement]) in movements {
        let all = || book.iter().chain(&statement);
        let currency = all().next().unwrap().2.clone();
        let mut raise = |check: &str, class: &str, side: Option<&str>, units: i128| {
            let money = Some((currency.clone(), units.abs() * 10_000));
            let (check, class, subject) = (check.to_owned(), class.to_owned(), json!([account, reference]).to_string());
            found.insert(("bank-statement".to_owned(), check, class, side.map(str::to_owned), subject, money));
        };
        let sum = |rows: &[(NaiveDate, i128, String)]| rows.iter().map(|row| row.1).sum::<i128>();
        if let [first, rest @ ..] = statement.as_slice()
            && !rest.is_empty()
        {
            assert!(rest.iter().all(|row| row == first));
            raise("duplicate", "duplicate", Some("statement"), sum(rest));
            continue;
        }
        if day <= all().map(|row| row.0).min().unwrap() + Days::new(5) {
            continue;
        }
        match (book.as_slice(), statement.as_slice()) {
            ([], _) => raise("missing", "missing", Some("book"), sum(&statement)),
            (_, []) => raise("missing", "missing", Some("statement"), sum(&book)),
            _ if sum(&book) != sum(&statement) => raise("amount", "amount", None, sum(&book) - sum(&statement)),
            _ => {}
        }
    }
}

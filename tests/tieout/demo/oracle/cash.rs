//! The latest balance of every account, read row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use serde_json::json;

use super::{Broken, date, figure, rows};

pub fn cash(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let mut latest: BTreeMap<(String, String), (NaiveDate, i128)> = BTreeMap::new();
    for row in rows(dir, "ledger.db", "select account_no, currency, balance_date, balance from bank_balances") {
        let key = (row[0].clone().unwrap(), row[1].clone().unwrap());
        let (on, balance) = (date(&row[2]), figure(&row[3]));
        let held = latest.entry(key).or_insert((on, balance));
        if on <= day && on > held.0 {
            *held = (on, balance);
        }
    }
    for ((account, currency), (_, balance)) in latest {
        let floor = match currency.as_str() {
            "CNY" => 1_000_000_000,
            "USD" => 200_000_000,
            other => panic!("{other} has no floor"),
        };
        if balance < floor {
            let money = Some((currency.clone(), (floor - balance) * 10_000));
            let (check, class) = ("floor".to_owned(), "limit".to_owned());
            found.insert(("cash".to_owned(), check, class, None, json!([account, currency]).to_string(), money));
        }
    }
}

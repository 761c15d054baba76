//! Invoices against their lines, and receipts against what they settle, read row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use serde_json::json;

use super::{Broken, TOLERANCE, date, figure, rows};

const TO_MONEY: i128 = 10_000;

pub fn documents(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    invoices(dir, found);
    receipts(dir, day, found);
}

fn invoices(dir: &Path, found: &mut BTreeSet<Broken>) {
    let mut lines: BTreeMap<String, BTreeMap<String, i128>> = BTreeMap::new();
    let mut surplus: BTreeMap<String, i128> = BTreeMap::new();
    for row in rows(dir, "ledger.db", "select invoice_no, line_no, amount from invoice_lines") {
        let (invoice, number, amount) = (row[0].clone().unwrap(), row[1].clone().unwrap(), figure(&row[2]));
        if lines.entry(invoice.clone()).or_default().insert(number, amount).is_some() {
            *surplus.entry(invoice).or_default() += amount;
        }
    }
    let sql = "select invoice_no, net, tax, amount, currency from invoices where status <> 'void'";
    for row in rows(dir, "ledger.db", sql) {
        let invoice = row[0].clone().unwrap();
        let mut raise = |check: &str, class: &str, side: Option<&str>, units: i128| {
            let money = Some((row[4].clone().unwrap(), units.abs() * TO_MONEY));
            let (check, class, subject) = (check.to_owned(), class.to_owned(), json!([invoice]).to_string());
            found.insert(("invoice-header-lines".to_owned(), check, class, side.map(str::to_owned), subject, money));
        };
        let (net, tax, amount) = (figure(&row[1]), figure(&row[2]), figure(&row[3]));
        if let Some(surplus) = surplus.get(&invoice) {
            raise("duplicate", "duplicate", Some("lines"), *surplus);
        }
        match lines.get(&invoice).map(|lines| lines.values().sum::<i128>()) {
            None => raise("missing", "missing", Some("lines"), net),
            Some(sum) if sum != net => raise("net", "amount", None, net - sum),
            Some(_) => {}
        }
        if (net + tax - amount).abs() > TOLERANCE {
            raise("total", "amount", None, net + tax - amount);
        }
    }
}

fn receipts(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let mut applied: BTreeMap<String, (i128, String)> = BTreeMap::new();
    let sql = "select document_no, amount, reversed_on, currency from allocations where document_no like 'RC%'";
    for row in rows(dir, "ledger.db", sql) {
        if row[2].is_none() || date(&row[2]) > day {
            let settled = applied.entry(row[0].clone().unwrap()).or_insert((0, row[3].clone().unwrap()));
            settled.0 += figure(&row[1]);
        }
    }
    let mut received: BTreeMap<String, i128> = BTreeMap::new();
    for row in rows(dir, "ledger.db", "select receipt_no, amount, bounced_on from receipts") {
        if row[2].is_none() || date(&row[2]) > day {
            received.insert(row[0].clone().unwrap(), figure(&row[1]));
        }
    }
    for (receipt, (settled, currency)) in applied {
        let mut raise = |check: &str, class: &str, side: Option<&str>, units: i128| {
            let money = Some((currency.clone(), units * TO_MONEY));
            let (check, class, subject) = (check.to_owned(), class.to_owned(), json!([receipt]).to_string());
            found.insert(("payment-allocations".to_owned(), check, class, side.map(str::to_owned), subject, money));
        };
        match received.get(&receipt) {
            None => raise("missing", "missing", Some("cash_receipts"), settled),
            Some(amount) if settled > *amount => raise("applied", "amount", None, settled - amount),
            Some(_) => {}
        }
    }
}

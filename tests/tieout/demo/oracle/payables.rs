//! Suppliers' invoices and what paid them, read row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde_json::json;

use super::{Broken, Row, date, figure, rows};

pub fn payables(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let sql = "select supplier_no, net_days, statement_months, cut_off from suppliers";
    let suppliers: BTreeMap<String, Row> =
        rows(dir, "erp.db", sql).into_iter().map(|row| (row[0].clone().unwrap(), row)).collect();
    let mut paid: BTreeMap<String, i128> = BTreeMap::new();
    let sql = "select voucher_no, amount, paid_on from supplier_payments where voucher_no is not null";
    for row in rows(dir, "ledger.db", sql).iter().filter(|row| date(&row[2]) <= day) {
        *paid.entry(row[0].clone().unwrap()).or_default() += figure(&row[1]);
    }
    let sql = "select voucher_no, supplier_no, invoice_date, due_date, amount, currency from supplier_invoices
               where status <> 'void'";
    for row in rows(dir, "ledger.db", sql) {
        let number = row[0].clone().unwrap();
        let outstanding = figure(&row[4]) - paid.get(&number).copied().unwrap_or_default();
        assert!(outstanding >= 0, "{number} is paid beyond its amount");
        let terms = &suppliers[row[1].as_ref().unwrap()];
        let due = if row[3].is_some() { date(&row[3]) } else { due(date(&row[2]), terms) };
        if outstanding > 0 && day > due {
            let money = Some((row[5].clone().unwrap(), outstanding * 10_000));
            let (rule, check) = ("overdue-payables".to_owned(), "overdue".to_owned());
            found.insert((rule, check.clone(), check, None, json!([number]).to_string(), money));
        }
    }
}

fn due(invoiced: NaiveDate, terms: &Row) -> NaiveDate {
    let number = |place: usize| terms[place].as_ref().map(|text: &String| text.parse::<u32>().unwrap());
    let days = Days::new(number(1).unwrap_or(0).into());
    let Some(months) = number(2) else { return invoiced + days };
    let next = number(3).is_some_and(|cut_off| invoiced.day() > cut_off);
    let after = invoiced.with_day(1).unwrap() + Months::new(months + u32::from(next) + 1);
    after - Days::new(1) + days
}

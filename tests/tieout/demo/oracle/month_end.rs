//! The books at the end of the last month that is over, read row by row: stock, customers' accounts, goods shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::{Broken, Money, date, figure, rows, word};

const TO_MONEY: i128 = 10_000;

fn cny(units: i128) -> Money {
    Some(("CNY".to_owned(), units.abs()))
}

pub fn month_end(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let over = day.with_day(1).unwrap().pred_opt().unwrap();
    stock(dir, over, found);
    stock_accounts(dir, over, found);
    customers(dir, over, found);
    goods_shipped(dir, over, found);
}

fn put(found: &mut BTreeSet<Broken>, rule: &str, check: &str, class: &str, subject: &str, money: Money) {
    found.insert((rule.to_owned(), check.to_owned(), class.to_owned(), None, subject.to_owned(), money));
}

/// By item and warehouse: the unit cost, then opening, in, out, count and closing, in quantities and in money.
fn stock_ledger(dir: &Path, month_end: NaiveDate) -> BTreeMap<String, Vec<i128>> {
    let sql = format!(
        "select sku, warehouse, unit_cost, opening_qty, in_qty, out_qty, count_qty, closing_qty,
                opening_value, in_value, out_value, count_value, closing_value
         from stock_ledger where period_end = '{month_end}'"
    );
    let row = |row: super::Row| {
        let subject = json!([word(&row[0]).unwrap(), row[1]]).to_string();
        (subject, row[2..].iter().map(figure).collect())
    };
    rows(dir, "ledger.db", &sql).into_iter().map(row).collect()
}

fn stock(dir: &Path, over: NaiveDate, found: &mut BTreeSet<Broken>) {
    let this = stock_ledger(dir, over);
    let before = stock_ledger(dir, over.with_day(1).unwrap().pred_opt().unwrap());
    assert!(this.len() > 500 && before.len() > 500, "every month is in the ledger");
    let on_hand: BTreeMap<String, i128> =
        rows(dir, "wms.db", &format!("select sku, warehouse, on_hand from stock where stock_date = '{over}'"))
            .into_iter()
            .map(|row| (json!([row[0], row[1]]).to_string(), figure(&row[2])))
            .collect();
    let rolled = "stock-roll-forward";
    for (subject, row) in &this {
        let [cost, opening, received, issued, counted, closing, value_opening, value_in, value_out, value_count, value] =
            row.as_slice().try_into().unwrap();
        let (last, value_last) = before.get(subject).map_or((0, 0), |row| (row[5], row[10]));
        if opening != last {
            put(found, rolled, "carried-forward", "quantity", subject, cny((opening - last) * cost));
        }
        let off = opening + received - issued + counted - closing;
        if off != 0 {
            put(found, rolled, "adds-up", "quantity", subject, cny(off * cost));
        }
        if value_opening != value_last {
            put(
                found,
                rolled,
                "value-carried-forward",
                "amount",
                subject,
                cny((value_opening - value_last) * TO_MONEY),
            );
        }
        let off = value_opening + value_in - value_out + value_count - value;
        if off != 0 {
            put(found, rolled, "value-adds-up", "amount", subject, cny(off * TO_MONEY));
        }
        match on_hand.get(subject) {
            Some(qty) if *qty != closing => {
                put(found, "stock-ledger-on-hand", "on-hand", "quantity", subject, cny((closing - qty) * cost));
            }
            Some(_) => {}
            None => missing(found, "warehouse", subject, cny(value * TO_MONEY)),
        }
    }
    assert!(before.keys().all(|subject| this.contains_key(subject)), "nothing left the ledger");
    for subject in on_hand.keys().filter(|subject| !this.contains_key(*subject)) {
        missing(found, "books", subject, None);
    }
}

fn missing(found: &mut BTreeSet<Broken>, side: &str, subject: &str, money: Money) {
    let (rule, class) = ("stock-ledger-on-hand".to_owned(), "missing".to_owned());
    found.insert((rule, class.clone(), class, Some(side.to_owned()), subject.to_owned(), money));
}

fn stock_accounts(dir: &Path, over: NaiveDate, found: &mut BTreeSet<Broken>) {
    let mut values: BTreeMap<String, i128> = BTreeMap::new();
    for sql in ["select account, closing_value from stock_ledger", "select account, cost from goods_shipped"] {
        for row in rows(dir, "ledger.db", &format!("{sql} where period_end = '{over}'")) {
            *values.entry(row[0].clone().unwrap()).or_default() += figure(&row[1]);
        }
    }
    let balances = balances(dir, over, "140");
    assert_eq!(balances.len(), values.len());
    for ((account, _), (closing, _)) in balances {
        let off = closing - values[&account];
        if off != 0 {
            put(found, "stock-value-ledger", "balance", "amount", &json!([account]).to_string(), cny(off * TO_MONEY));
        }
    }
}

/// By account and customer: the closing balance and its currency. Opening, debit and credit make the closing.
fn balances(dir: &Path, over: NaiveDate, account: &str) -> BTreeMap<(String, String), (i128, String)> {
    let sql = format!(
        "select account, coalesce(customer_no, ''), closing, currency, opening, debit, credit from gl_balances
         where period_end = '{over}' and account like '{account}%'"
    );
    let mut balances = BTreeMap::new();
    for row in rows(dir, "ledger.db", &sql) {
        let turned = if account.starts_with('2') { -1 } else { 1 };
        let moved = turned * (figure(&row[5]) - figure(&row[6]));
        assert_eq!(figure(&row[4]) + moved, figure(&row[2]), "{row:?}");
        let key = (row[0].clone().unwrap(), row[1].clone().unwrap());
        assert!(balances.insert(key, (figure(&row[2]), row[3].clone().unwrap())).is_none(), "{row:?} stands once");
    }
    balances
}

fn customers(dir: &Path, over: NaiveDate, found: &mut BTreeSet<Broken>) {
    let (mut owed, mut prepaid): (BTreeMap<String, i128>, BTreeMap<String, i128>) = Default::default();
    let standing =
        |on: &Option<String>, until: &Option<String>| date(on) <= over && (until.is_none() || date(until) > over);
    for row in rows(dir, "ledger.db", "select customer_no, amount, invoice_date from invoices where status <> 'void'") {
        if date(&row[2]) <= over {
            *owed.entry(row[0].clone().unwrap()).or_default() += figure(&row[1]);
        }
    }
    for row in rows(dir, "ledger.db", "select customer_no, amount, received_on, bounced_on from receipts") {
        if standing(&row[2], &row[3]) {
            *prepaid.entry(row[0].clone().unwrap()).or_default() += figure(&row[1]);
        }
    }
    let sql = "select customer_no, a.amount, applied_on, reversed_on, document_no
               from allocations a join invoices using (invoice_no)";
    for row in rows(dir, "ledger.db", sql) {
        if standing(&row[2], &row[3]) {
            let customer = row[0].clone().unwrap();
            *owed.entry(customer.clone()).or_default() -= figure(&row[1]);
            if row[4].as_ref().unwrap().starts_with("RC") {
                *prepaid.entry(customer).or_default() -= figure(&row[1]);
            }
        }
    }
    let currencies: BTreeMap<String, String> = rows(dir, "erp.db", "select customer_no, currency from customers")
        .into_iter()
        .map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap()))
        .collect();
    for (rule, account, book) in [("receivables-ledger", "1122", &owed), ("prepayments-ledger", "2203", &prepaid)] {
        let balances = balances(dir, over, account);
        for (customer, currency) in &currencies {
            let balance = balances.get(&(account.to_owned(), customer.clone()));
            assert!(balance.is_none_or(|(_, stated)| stated == currency), "{customer} has one currency");
            let off = balance.map_or(0, |(closing, _)| *closing) - book.get(customer).copied().unwrap_or_default();
            if off != 0 {
                let money = Some((currency.clone(), off.abs() * TO_MONEY));
                put(found, rule, "balance", "amount", &json!([customer]).to_string(), money);
            }
        }
    }
}

/// An order line at the month's end: its rows in sales (amount, unit price, currency), what was shipped, invoiced (by
/// document line) and carried in 1406.
#[derive(Default)]
struct Line {
    sales: Vec<(i128, i128, String)>,
    shipped: i128,
    invoiced: BTreeMap<(String, String), i128>,
    billed_twice: bool,
    carried: i128,
}

fn goods_shipped(dir: &Path, over: NaiveDate, found: &mut BTreeSet<Broken>) {
    let mut lines: BTreeMap<(String, i64), Line> = BTreeMap::new();
    let key = |row: &super::Row| Some((word(&row[0])?, row[1].as_ref()?.parse::<i64>().unwrap()));
    let sql = "select order_no, line_no, amount, unit_price, currency from order_lines join orders using (order_no)";
    for row in rows(dir, "erp.db", sql) {
        let sold = (figure(&row[2]), figure(&row[3]), row[4].clone().unwrap());
        lines.entry(key(&row).unwrap()).or_default().sales.push(sold);
    }
    let sql = format!(
        "select order_no, order_line, qty from shipment_lines join shipments using (shipment_no)
         where ship_date <= '{over}'"
    );
    for row in rows(dir, "wms.db", &sql) {
        if let Some(key) = key(&row) {
            lines.entry(key).or_default().shipped += figure(&row[2]);
        }
    }
    let sql = format!(
        "select order_no, order_line, qty, invoice_no, line_no from invoice_lines join invoices using (invoice_no)
         where status <> 'void' and invoice_date <= '{over}'
         union all select order_no, order_line, qty, credit_no, line_no from credit_notes where credit_date <= '{over}'"
    );
    for row in rows(dir, "ledger.db", &sql) {
        let line = lines.entry(key(&row).unwrap()).or_default();
        let document = (row[3].clone().unwrap(), row[4].clone().unwrap());
        line.billed_twice |= line.invoiced.insert(document, figure(&row[2])).is_some();
    }
    let sql = format!("select order_no, order_line, qty from goods_shipped where period_end = '{over}'");
    for row in rows(dir, "ledger.db", &sql) {
        lines.entry(key(&row).unwrap()).or_default().carried += figure(&row[2]);
    }
    for ((order, number), line) in lines {
        let subject = json!([order, number]).to_string();
        let mut duplicate = |side: &str, money: Money| {
            let (rule, class) = ("shipped-not-invoiced".to_owned(), "duplicate".to_owned());
            found.insert((rule, class.clone(), class, Some(side.to_owned()), subject.clone(), money));
        };
        if line.billed_twice {
            duplicate("finance", None);
        }
        if line.sales.len() > 1 {
            let least = line.sales.iter().map(|row| row.0).min().unwrap();
            let surplus = line.sales.iter().map(|row| row.0).sum::<i128>() - least;
            duplicate("sales", Some((line.sales[0].2.clone(), surplus * TO_MONEY)));
            continue;
        }
        let off = line.carried - (line.shipped - line.invoiced.values().sum::<i128>()).max(0);
        if off != 0 {
            let (_, price, currency) = line.sales.first().unwrap();
            let money = Some((currency.clone(), off.abs() * price));
            put(found, "shipped-not-invoiced", "carried-in-1406", "quantity", &subject, money);
        }
    }
}

//! Purchase orders, receipts, suppliers' invoices, accruals and the tax bureau's list, read row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Datelike, Days, NaiveDate};
use serde_json::json;

use super::{Broken, Money, TOLERANCE, date, figure, rows, word};

const TO_MONEY: i128 = 10_000;

#[derive(Default)]
struct Line {
    /// Quantity, unit price, due date.
    ordered: Option<(i128, i128, NaiveDate)>,
    /// Day and quantity.
    received: Vec<(NaiveDate, i128)>,
    /// Day, quantity and amount.
    billed: Vec<(NaiveDate, i128, i128)>,
    /// Quantity and amount.
    accrued: (i128, i128),
}

fn cny(units: i128) -> Money {
    Some(("CNY".to_owned(), units))
}

fn read_lines(dir: &Path, day: NaiveDate) -> BTreeMap<(String, i64), Line> {
    let mut lines: BTreeMap<(String, i64), Line> = BTreeMap::new();
    let key = |row: &super::Row| (word(&row[0]).unwrap(), row[1].as_ref().unwrap().parse::<i64>().unwrap());
    let sql = "select po_no, po_line, qty, unit_price, due_date from purchase_order_lines";
    for row in rows(dir, "erp.db", sql) {
        let ordered = (figure(&row[2]), figure(&row[3]), date(&row[4]));
        assert!(lines.entry(key(&row)).or_default().ordered.replace(ordered).is_none(), "{row:?} stands once");
    }
    let sql =
        "select po_no, po_line, receipt_date, qty from goods_receipt_lines join goods_receipts using (receipt_no)";
    for row in rows(dir, "wms.db", sql) {
        lines.entry(key(&row)).or_default().received.push((date(&row[2]), figure(&row[3])));
    }
    let sql = "select po_no, po_line, invoice_date, qty, l.amount
               from supplier_invoice_lines l join supplier_invoices using (voucher_no) where status <> 'void'";
    for row in rows(dir, "ledger.db", sql) {
        lines.entry(key(&row)).or_default().billed.push((date(&row[2]), figure(&row[3]), figure(&row[4])));
    }
    let over = day - Days::new(u64::from(day.day()));
    let sql = format!("select po_no, po_line, qty, amount from accruals where period_end = '{over}'");
    for row in rows(dir, "ledger.db", &sql) {
        lines.entry(key(&row)).or_default().accrued = (figure(&row[2]), figure(&row[3]));
    }
    lines
}

pub fn purchases(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let first_of_month = day.with_day(1).unwrap();
    for ((order, number), line) in read_lines(dir, day) {
        let subject = json!([order, number]).to_string();
        let mut raise = |rule: &str, check: &str, class: &str, side: Option<&str>, money: Money| {
            let side = side.map(str::to_owned);
            found.insert((rule.to_owned(), check.to_owned(), class.to_owned(), side, subject.clone(), money));
        };
        match_three(&line, day, &mut |check: &str, class: &str, side: Option<&str>, money: Money| {
            raise("purchase-receipt-invoice", check, class, side, money);
        });
        let before = |(on, qty): (NaiveDate, i128)| if on < first_of_month { qty } else { 0 };
        let came: i128 = line.received.iter().map(|row| before((row.0, row.1))).sum();
        let billed: i128 = line.billed.iter().map(|row| before((row.0, row.1))).sum();
        let (qty, amount) = line.accrued;
        let Some((_, price, _)) = line.ordered else {
            assert_eq!((qty, came), (0, 0), "{subject} has no price");
            continue;
        };
        let short = qty - (came - billed).max(0);
        if short != 0 {
            raise("received-not-invoiced", "accrued", "quantity", None, cny((short * price).abs()));
        }
        if (amount * TO_MONEY - qty * price).abs() > TOLERANCE * TO_MONEY {
            let risk = (amount * TO_MONEY - qty * price).abs();
            raise("received-not-invoiced", "accrued-amount", "amount", None, cny(risk));
        }
    }
    listed(dir, day, found);
}

fn match_three(line: &Line, day: NaiveDate, raise: &mut super::Raise) {
    let came: i128 = line.received.iter().map(|row| row.1).sum();
    let billed: i128 = line.billed.iter().map(|row| row.1).sum();
    let amount: i128 = line.billed.iter().map(|row| row.2).sum();
    let on_the_way = line.billed.iter().map(|row| row.0).min().is_some_and(|first| day <= first + Days::new(10));
    let beyond = (billed - came).max(0);
    let Some((ordered, price, due)) = line.ordered else {
        raise("missing", "missing", Some("purchasing"), cny(amount * TO_MONEY));
        if beyond > 0 && !on_the_way {
            raise("invoiced-quantity", "quantity", None, None);
        }
        return;
    };
    if came != ordered && day > due + Days::new(7) {
        raise("received", "quantity", None, cny((came - ordered).abs() * price));
    }
    if line.billed.is_empty() {
        return;
    }
    if beyond > 0 && !on_the_way {
        raise("invoiced-quantity", "quantity", None, cny(beyond * price));
    }
    let difference = (amount * TO_MONEY - billed * price).abs();
    if difference > TOLERANCE * TO_MONEY {
        raise("invoiced-price", "amount", None, cny(difference));
    }
}

/// Invoices by their number: day, amount with tax and tax of each row in the books, then in the tax bureau's list.
type Invoices = BTreeMap<String, [Vec<(NaiveDate, i128, i128)>; 2]>;

fn listed(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let mut invoices = Invoices::new();
    let sql = "select invoice_no, invoice_date, amount, tax from supplier_invoices where status <> 'void'";
    for row in rows(dir, "ledger.db", sql) {
        let booked = (date(&row[1]), figure(&row[2]), figure(&row[3]));
        invoices.entry(word(&row[0]).unwrap()).or_default()[0].push(booked);
    }
    for row in rows(dir, "ledger.db", "select invoice_no, issued_on, net, tax from tax_bureau_invoices") {
        let (net, tax) = (figure(&row[2]), figure(&row[3]));
        invoices.entry(word(&row[0]).unwrap()).or_default()[1].push((date(&row[1]), net + tax, tax));
    }
    for (number, [books, list]) in invoices {
        let subject = json!([number]).to_string();
        let mut raise = |check: &str, class: &str, side: Option<&str>, units: i128| {
            let side = side.map(str::to_owned);
            let (check, class, rule) = (check.to_owned(), class.to_owned(), "supplier-billed-twice".to_owned());
            found.insert((rule, check, class, side, subject.clone(), cny(units * TO_MONEY)));
        };
        let first = books.iter().chain(&list).map(|row| row.0).min().unwrap();
        let fresh = day <= first + Days::new(15);
        let total: i128 = books.iter().chain(&list).map(|row| row.1).sum();
        if books.len() > 1 {
            let least = books.iter().map(|row| row.1).min().unwrap();
            raise("duplicate", "duplicate", Some("books"), books.iter().map(|row| row.1).sum::<i128>() - least);
        }
        match (books.as_slice(), list.as_slice()) {
            ([], _) if !fresh => raise("missing", "missing", Some("books"), total),
            (_, []) if !fresh => raise("missing", "missing", Some("tax"), total),
            ([booked], [listed]) if !fresh => {
                if booked.1 != listed.1 {
                    raise("amount", "amount", None, (booked.1 - listed.1).abs());
                }
                if booked.2 != listed.2 {
                    raise("input-tax", "amount", None, (booked.2 - listed.2).abs());
                }
            }
            _ => {}
        }
    }
}

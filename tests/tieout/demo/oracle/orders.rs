//! What order lines must say, and orders that do not go on, read row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Datelike, NaiveDate, Weekday};
use serde_json::json;

use super::{Broken, Money, Row, date, figure, rows, word};

const TO_MONEY: i128 = 10_000;

pub fn lines(dir: &Path, found: &mut BTreeSet<Broken>) {
    let known = |sql: &str| rows(dir, "erp.db", sql).iter().map(|row| word(&row[0])).collect::<BTreeSet<_>>();
    let (customers, items) = (known("select customer_no from customers"), known("select sku from items"));
    let prices: BTreeMap<_, (i128, i128)> =
        rows(dir, "erp.db", "select sku, currency, floor_price, list_price from price_list")
            .iter()
            .map(|row| ((word(&row[0]), row[1].clone()), (figure(&row[2]), figure(&row[3]))))
            .collect();
    let sql = "select order_no, line_no, customer_no, sku, qty, unit_price, l.amount, currency, promised_date
               from order_lines l join orders using (order_no)";
    let mut by_key: BTreeMap<(String, i64), Vec<Row>> = BTreeMap::new();
    for row in rows(dir, "erp.db", sql) {
        let key = (word(&row[0]).unwrap(), row[1].as_ref().unwrap().parse().unwrap());
        by_key.entry(key).or_default().push(row);
    }
    for ((order, number), rows) in by_key {
        // Lines that stand twice are the three-way rule's.
        let [row] = rows.as_slice() else { continue };
        let mut raise = |check: &str, class: &str| {
            let money: Money = Some((row[7].clone().unwrap(), figure(&row[6]).abs() * TO_MONEY));
            let subject = json!([order, number]).to_string();
            let (check, class) = (check.to_owned(), class.to_owned());
            found.insert(("complete-order-lines".to_owned(), check, class, None, subject, money));
        };
        let (customer, sku) = (word(&row[2]), word(&row[3]));
        if customer.is_none() || row[5].is_none() || row[8].is_none() || figure(&row[4]) <= 0 {
            raise("complete", "invalid");
        }
        if customer.is_some() && !customers.contains(&customer) {
            raise("known-customer", "unknown_reference");
        }
        let is_known = items.contains(&sku);
        if !is_known {
            raise("known-item", "unknown_reference");
        }
        match prices.get(&(sku, row[7].clone())) {
            None if is_known => raise("on-price-list", "unknown_reference"),
            Some((floor, list)) if !(*floor..=*list).contains(&figure(&row[5])) => raise("price-in-bounds", "invalid"),
            _ => {}
        }
    }
}

pub fn heads(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let sql = "select order_no, order_date, approved_on, shipped_on, invoiced_on, total, currency from orders";
    // It is late on the working day after the last one allowed.
    let working = |since: NaiveDate| {
        let later = since.iter_days().skip(1).take_while(|later| *later <= day);
        later.filter(|later| !matches!(later.weekday(), Weekday::Sat | Weekday::Sun)).count()
    };
    for row in rows(dir, "erp.db", sql) {
        let [approved, shipped, invoiced] = [2, 3, 4].map(|place| row[place].is_some().then(|| date(&row[place])));
        let check = match (approved, shipped, invoiced) {
            (None, None, _) if working(date(&row[1])) > 2 => "not-approved",
            (Some(approved), None, _) if working(approved) > 10 => "approved-not-shipped",
            (_, Some(shipped), None) if (day - shipped).num_days() > 7 => "shipped-not-invoiced",
            _ => continue,
        };
        let subject = json!([word(&row[0]).unwrap()]).to_string();
        let money = Some((row[6].clone().unwrap(), figure(&row[5]) * TO_MONEY));
        found.insert(("stuck-orders".to_owned(), check.to_owned(), "stalled".to_owned(), None, subject, money));
    }
}

//! What holds in consistent books, asked of the databases in SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;

use super::oracle::{Row, broken, date, figure, rows};
use super::{DATABASES, must_raise};

/// Every document names things that exist, and every line's amount is its quantity times its price.
pub fn check_references(dir: &Path) {
    for database in DATABASES {
        assert_eq!(rows(dir, database, "pragma foreign_key_check"), Vec::<Row>::new(), "{database}");
    }
    let known = |sql: &str| rows(dir, "erp.db", sql).into_iter().map(|row| row[0].clone()).collect::<BTreeSet<_>>();
    let (customers, items) = (known("select customer_no from customers"), known("select sku from items"));
    assert_eq!((customers.len(), items.len()), (120, 300));
    assert_eq!(known("select name from customers").len(), 120, "no two customers share a name");
    for (database, table, column, among) in [
        ("ledger.db", "invoices", "customer_no", &customers),
        ("ledger.db", "receipts", "customer_no", &customers),
        ("ledger.db", "invoice_lines", "sku", &items),
        ("wms.db", "shipment_lines", "sku", &items),
        ("wms.db", "stock", "sku", &items),
        ("wms.db", "goods_receipt_lines", "sku", &items),
        ("ledger.db", "supplier_invoice_lines", "sku", &items),
    ] {
        let strangers = rows(dir, database, &format!("select {column} from {table}"));
        assert!(strangers.iter().all(|row| among.contains(&row[0])), "{table} names an unknown {column}");
    }
    for table in ["order_lines", "purchase_order_lines"] {
        for row in rows(dir, "erp.db", &format!("select qty, unit_price, amount from {table}")) {
            assert_eq!(figure(&row[0]) * figure(&row[1]), figure(&row[2]) * 10_000, "{row:?}");
        }
    }
}

/// Nothing happened after the day of the books, nothing was shipped before it was ordered, and nothing was billed
/// before it was shipped.
pub fn check_days(dir: &Path, day: NaiveDate) {
    for (database, table, column) in [
        ("erp.db", "orders", "order_date"),
        ("erp.db", "purchase_orders", "order_date"),
        ("wms.db", "shipments", "ship_date"),
        ("wms.db", "goods_receipts", "receipt_date"),
        ("ledger.db", "supplier_invoices", "invoice_date"),
        ("ledger.db", "supplier_payments", "paid_on"),
        ("ledger.db", "tax_bureau_invoices", "issued_on"),
        ("ledger.db", "bank_book", "booked_on"),
        ("ledger.db", "bank_statement_lines", "value_date"),
        ("ledger.db", "bank_balances", "balance_date"),
        ("wms.db", "movements", "moved_on"),
        ("wms.db", "stock", "stock_date"),
        ("ledger.db", "invoices", "invoice_date"),
        ("ledger.db", "credit_notes", "credit_date"),
        ("ledger.db", "receipts", "received_on"),
        ("ledger.db", "allocations", "applied_on"),
        ("ledger.db", "allocations", "coalesce(reversed_on, applied_on)"),
    ] {
        let latest = &rows(dir, database, &format!("select max({column}) from {table}"))[0][0];
        assert!(date(latest) <= day, "{table}.{column} reaches {latest:?}");
    }
    let named: BTreeSet<String> = must_raise(dir).into_iter().map(|found| found.4).collect();
    let ordered: BTreeMap<_, _> = rows(dir, "erp.db", "select order_no, order_date from orders")
        .into_iter()
        .map(|row| (row[0].clone(), date(&row[1])))
        .collect();
    let mut shipped: BTreeMap<(Option<String>, Option<String>), NaiveDate> = BTreeMap::new();
    let sql = "select order_no, order_line, ship_date from shipment_lines join shipments using (shipment_no)";
    for row in rows(dir, "wms.db", sql) {
        if let Some(ordered) = ordered.get(&row[0]) {
            assert!(date(&row[2]) > *ordered, "{row:?} was ordered on {ordered}");
            let last = shipped.entry((row[0].clone(), row[1].clone())).or_insert(date(&row[2]));
            *last = date(&row[2]).max(*last);
        }
    }
    let sql = "select order_no, order_line, invoice_date from invoice_lines join invoices using (invoice_no)";
    for row in rows(dir, "ledger.db", sql) {
        let subject = format!("[\"{}\",{}]", row[0].clone().unwrap(), row[1].clone().unwrap());
        let last = shipped.get(&(row[0].clone(), row[1].clone()));
        if let (false, Some(last)) = (named.contains(&subject), last) {
            assert!(date(&row[2]) >= *last, "{row:?} was shipped on {last}");
        }
    }
}

/// Headers are the sums of their lines, receipts the sums of what they settle, and hardly anything due is open.
pub fn check_invoices(dir: &Path, day: NaiveDate) {
    let truth = tieout::demo::truth(dir).unwrap();
    let raised = truth.must_raise.iter().map(|found| &found.subject);
    let named: BTreeSet<String> = raised
        .chain(truth.must_not_raise.iter().map(|near| &near.subject))
        .map(|subject| subject.canonical().to_owned())
        .collect();
    let is_plain = |row: &&Row| !named.contains(&format!("[\"{}\"]", row[0].as_ref().unwrap()));
    let sql = "select invoice_no, net, tax, amount, (select group_concat(part, ' ') from
                 (select distinct line_no, amount as part from invoice_lines l where l.invoice_no = i.invoice_no))
               from invoices i";
    for row in rows(dir, "ledger.db", sql).iter().filter(is_plain) {
        let lines = row[4].clone().unwrap();
        let net: i128 = lines.split(' ').map(|part| figure(&Some(part.to_owned()))).sum();
        assert_eq!(net, figure(&row[1]), "{row:?}");
        assert_eq!(figure(&row[1]) + figure(&row[2]), figure(&row[3]), "{row:?}");
    }
    let sql = "select r.receipt_no, r.amount, group_concat(a.amount, ' '), min(a.applied_on), min(i.invoice_date), r.received_on
               from receipts r join allocations a on a.document_no = r.receipt_no join invoices i using (invoice_no)
               group by r.receipt_no";
    for row in rows(dir, "ledger.db", sql).iter().filter(is_plain) {
        let settled: i128 = row[2].clone().unwrap().split(' ').map(|part| figure(&Some(part.to_owned()))).sum();
        assert_eq!(settled, figure(&row[1]), "{row:?}");
        assert!(date(&row[3]) >= date(&row[4]) && row[3] == row[5], "{row:?}");
    }
    let posted = rows(dir, "ledger.db", "select count(*) from invoices where status = 'posted'")[0][0].clone().unwrap();
    let overdue = broken(dir, day).iter().filter(|found| found.1 == "overdue").count();
    assert!(overdue * 20 < posted.parse::<usize>().unwrap(), "{overdue} of {posted} invoices are overdue");
}

/// Each closing is what was moved until then.
pub fn check_movements(dir: &Path) {
    let mut moved: BTreeMap<_, Vec<(NaiveDate, i128)>> = BTreeMap::new();
    for row in rows(dir, "wms.db", "select sku, warehouse, moved_on, qty from movements") {
        moved.entry((row[0].clone(), row[1].clone())).or_default().push((date(&row[2]), figure(&row[3])));
    }
    for row in rows(dir, "wms.db", "select sku, warehouse, stock_date, on_hand from stock") {
        let until = moved[&(row[0].clone(), row[1].clone())].iter().filter(|moved| moved.0 <= date(&row[2]));
        assert_eq!(until.map(|moved| moved.1).sum::<i128>(), figure(&row[3]), "{row:?}");
    }
    let sql = "select warehouse, sku, ship_date, qty from shipment_lines join shipments using (shipment_no)";
    let sorted = |mut rows: Vec<Row>| {
        rows.sort();
        rows
    };
    let out = "select warehouse, sku, moved_on, ltrim(qty, '-') from movements where kind = 'shipment'";
    assert_eq!(sorted(rows(dir, "wms.db", sql)), sorted(rows(dir, "wms.db", out)));
    let sql =
        "select warehouse, sku, receipt_date, qty from goods_receipt_lines join goods_receipts using (receipt_no)";
    let into = "select warehouse, sku, moved_on, qty from movements where kind = 'receipt'";
    assert_eq!(sorted(rows(dir, "wms.db", sql)), sorted(rows(dir, "wms.db", into)));
}

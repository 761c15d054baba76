//! The demo company read a second time, row by row: plain SQL for the rows, 128-bit integers for the figures, and
//! nothing of tieout but the form of a subject.

mod bank;
mod cash;
mod documents;
mod month_end;
mod orders;
mod payables;
mod purchases;
mod stock;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Days, NaiveDate};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tieout::audit::value::Subject;

/// Rule, check, class, side, subject, and the money at risk in hundred-millionths with its currency.
pub type Broken = (String, String, String, Option<String>, String, Money);
type Money = Option<(String, i128)>;

/// Figures are read in ten-thousandths.
const SCALE: usize = 4;
const TOLERANCE: i128 = 100;

/// Everything that is broken in the company of `dir` on `day`.
pub fn broken(dir: &Path, day: NaiveDate) -> BTreeSet<Broken> {
    let mut found = BTreeSet::new();
    three_way(dir, day, &mut found);
    stock::low_stock(dir, day, &mut found);
    overdue(dir, day, &mut found);
    purchases::purchases(dir, day, &mut found);
    payables::payables(dir, day, &mut found);
    month_end::month_end(dir, day, &mut found);
    documents::documents(dir, day, &mut found);
    bank::bank(dir, day, &mut found);
    orders::lines(dir, &mut found);
    orders::heads(dir, day, &mut found);
    cash::cash(dir, day, &mut found);
    found
}

/// One row: a text per column, null as `None`.
pub type Row = Vec<Option<String>>;

pub fn rows(dir: &Path, database: &str, sql: &str) -> Vec<Row> {
    let connection = Connection::open_with_flags(dir.join(database), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let width = statement.column_count();
    let read = |row: &rusqlite::Row| {
        let cell = |index| {
            Ok(match row.get_ref(index)? {
                ValueRef::Null => None,
                ValueRef::Integer(value) => Some(value.to_string()),
                ValueRef::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
                other => panic!("{other:?} in {sql}"),
            })
        };
        (0..width).map(cell).collect::<rusqlite::Result<Row>>()
    };
    statement.query_map([], read).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn ascii(text: &str) -> String {
    let narrow = |c: char| match c as u32 {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap(),
        _ => c,
    };
    text.chars().map(narrow).collect::<String>().trim().to_owned()
}

fn word(cell: &Option<String>) -> Option<String> {
    let text = ascii(cell.as_ref()?).to_uppercase();
    (!["", "-", "无"].contains(&text.as_str())).then_some(text)
}

pub fn figure(cell: &Option<String>) -> i128 {
    let text = ascii(cell.as_ref().unwrap());
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{fraction:0<SCALE$}").parse::<i128>().unwrap()
}

pub fn date(cell: &Option<String>) -> NaiveDate {
    cell.as_ref().unwrap().parse().unwrap()
}

type Key = (String, i64);

#[derive(Default)]
struct Line {
    /// Quantity, amount, unit price, currency, and the promised date where there is one: one per row.
    sales: Vec<(i128, i128, i128, String, Option<NaiveDate>)>,
    /// Quantity per shipment line.
    warehouse: Vec<(i128, (String, String))>,
    /// Quantity, amount and currency per document line.
    finance: Vec<(i128, i128, String, (String, String))>,
}

fn read_lines(dir: &Path) -> (BTreeMap<Key, Line>, usize) {
    let mut lines: BTreeMap<Key, Line> = BTreeMap::new();
    let mut keyless = 0;
    let key = |order: &Option<String>, line: &Option<String>| Some((word(order)?, line.as_ref()?.parse().unwrap()));
    let sql = "select order_no, line_no, qty, amount, unit_price, currency, promised_date
               from order_lines join orders using (order_no)";
    for row in rows(dir, "erp.db", sql) {
        let key = key(&row[0], &row[1]).unwrap();
        let currency = row[5].clone().unwrap();
        let sold =
            (figure(&row[2]), figure(&row[3]), figure(&row[4]), currency, row[6].is_some().then(|| date(&row[6])));
        lines.entry(key).or_default().sales.push(sold);
    }
    for row in rows(dir, "wms.db", "select order_no, order_line, qty, shipment_no, line_no from shipment_lines") {
        let Some(key) = key(&row[0], &row[1]) else {
            keyless += 1;
            continue;
        };
        let unique = (row[3].clone().unwrap(), row[4].clone().unwrap());
        lines.entry(key).or_default().warehouse.push((figure(&row[2]), unique));
    }
    let sql = "select order_no, order_line, qty, l.amount, currency, invoice_no, line_no
               from invoice_lines l join invoices using (invoice_no) where status <> 'void'
               union all select order_no, order_line, qty, amount, currency, credit_no, line_no from credit_notes";
    for row in rows(dir, "ledger.db", sql) {
        let key = key(&row[0], &row[1]).expect("every invoice line names its order");
        let unique = (row[5].clone().unwrap(), row[6].clone().unwrap());
        let billed = (figure(&row[2]), figure(&row[3]), row[4].clone().unwrap(), unique);
        lines.entry(key).or_default().finance.push(billed);
    }
    (lines, keyless)
}

fn three_way(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let (lines, keyless) = read_lines(dir);
    if keyless > 0 {
        let subject = Subject::keyless("warehouse").canonical().to_owned();
        let (keyless, side) = ("keyless".to_owned(), Some("warehouse".to_owned()));
        found.insert(("order-shipment-invoice".to_owned(), keyless.clone(), keyless, side, subject, None));
    }
    for ((order, number), line) in &lines {
        let subject = json!([order, number]).to_string();
        let mut raise = |check: &str, class: &str, side: Option<&str>, money: Money| {
            let (check, class, side) = (check.to_owned(), class.to_owned(), side.map(str::to_owned));
            found.insert(("order-shipment-invoice".to_owned(), check, class, side, subject.clone(), money));
        };
        judge(line, day, &mut raise);
    }
}

/// Takes a check, a class, a side and the money at risk.
type Raise<'a> = dyn FnMut(&str, &str, Option<&str>, Money) + 'a;

fn judge(line: &Line, day: NaiveDate, raise: &mut Raise) {
    const TO_MONEY: i128 = 10_000;
    let promised = line.sales.iter().filter_map(|row| row.4).min();
    let in_grace = |days| promised.is_some_and(|promised| day <= promised + Days::new(days));

    let mut shipped: BTreeMap<_, i128> = BTreeMap::new();
    for (qty, unique) in &line.warehouse {
        assert_eq!(shipped.insert(unique, *qty), None, "the warehouse numbers its lines once");
    }
    let (mut billed, mut surplus): (BTreeMap<_, (i128, i128)>, i128) = (BTreeMap::new(), 0);
    for (qty, amount, _, unique) in &line.finance {
        if billed.insert(unique, (*qty, *amount)).is_some() {
            surplus += amount;
        }
    }
    let shipped: i128 = shipped.values().sum();
    let billed_qty: i128 = billed.values().map(|(qty, _)| qty).sum();
    let billed_amount: i128 = billed.values().map(|(_, amount)| amount).sum();

    let sold = line.sales.first();
    let money = match (sold, line.finance.first()) {
        (Some((_, amount, _, currency, _)), _) => Some((currency.clone(), amount * TO_MONEY)),
        (None, Some((_, _, currency, _))) => Some((currency.clone(), billed_amount * TO_MONEY)),
        (None, None) => None,
    };
    for (side, absent, transit) in [
        ("sales", line.sales.is_empty(), in_grace(3) && in_grace(10)),
        ("warehouse", line.warehouse.is_empty(), in_grace(3)),
        ("finance", line.finance.is_empty(), in_grace(10)),
    ] {
        if absent && !transit {
            raise("missing", "missing", Some(side), money.clone());
        }
    }
    if line.sales.len() > 1 {
        let amounts = line.sales.iter().map(|row| row.1);
        let at_risk = amounts.clone().sum::<i128>() - amounts.min().unwrap();
        raise("duplicate", "duplicate", Some("sales"), Some((line.sales[0].3.clone(), at_risk * TO_MONEY)));
    }
    if surplus != 0 {
        let currency = line.finance[0].2.clone();
        raise("duplicate", "duplicate", Some("finance"), Some((currency, surplus * TO_MONEY)));
    }
    let [(qty, amount, price, currency, _)] = line.sales.as_slice() else { return };
    let currencies: BTreeSet<_> = line.finance.iter().map(|row| &row.2).chain([currency]).collect();
    assert_eq!(currencies.len(), 1, "all sides of a line speak of one currency");
    let mut differ = |check: &str, class: &str, difference: i128, factor: i128| {
        raise(check, class, None, Some((currency.clone(), difference.abs() * factor)));
    };
    if !line.warehouse.is_empty() && shipped != *qty && !in_grace(3) {
        differ("shipped", "quantity", shipped - qty, *price);
    }
    if !line.finance.is_empty() && !in_grace(10) {
        if billed_qty != *qty {
            differ("invoiced-quantity", "quantity", billed_qty - qty, *price);
            let off = billed_amount * TO_MONEY - billed_qty * price;
            if off.abs() > TOLERANCE * TO_MONEY {
                differ("invoiced-price", "amount", off, 1);
            }
        }
        if (billed_amount - amount).abs() > TOLERANCE {
            differ("invoiced-amount", "amount", billed_amount - amount, TO_MONEY);
        }
    }
}

fn overdue(dir: &Path, day: NaiveDate, found: &mut BTreeSet<Broken>) {
    let mut applied: BTreeMap<String, i128> = BTreeMap::new();
    for row in rows(dir, "ledger.db", "select invoice_no, amount, applied_on, reversed_on from allocations") {
        let reversed = row[3].is_some() && date(&row[3]) <= day;
        if date(&row[2]) <= day && !reversed {
            *applied.entry(row[0].clone().unwrap()).or_default() += figure(&row[1]);
        }
    }
    let customers: BTreeMap<String, Row> =
        rows(dir, "erp.db", "select customer_no, currency, payment_days, credit_limit from customers")
            .into_iter()
            .map(|row| (row[0].clone().unwrap(), row))
            .collect();
    let mut owed: BTreeMap<String, i128> = BTreeMap::new();
    let sql =
        "select invoice_no, customer_no, invoice_date, due_date, amount, currency from invoices where status <> 'void'";
    for row in rows(dir, "ledger.db", sql) {
        let (number, customer, currency) = (row[0].clone().unwrap(), row[1].clone().unwrap(), row[5].clone().unwrap());
        let outstanding = figure(&row[4]) - applied.get(&number).copied().unwrap_or_default();
        assert!(outstanding >= 0, "{number} is paid beyond its amount");
        assert_eq!(customers[&customer][1].as_deref(), Some(currency.as_str()));
        *owed.entry(customer.clone()).or_default() += outstanding;
        let terms = customers[&customer][2].as_ref().unwrap().parse().unwrap();
        let due = if row[3].is_some() { date(&row[3]) } else { date(&row[2]) + Days::new(terms) };
        if outstanding > 0 && day > due {
            let money = Some((currency, outstanding * 10_000));
            let subject = json!([number]).to_string();
            found.insert(("overdue-receivables".into(), "overdue".into(), "overdue".into(), None, subject, money));
        }
    }
    for (number, customer) in &customers {
        let excess = owed.get(number).copied().unwrap_or_default() - figure(&customer[3]);
        if excess > 0 {
            let money = Some((customer[1].clone().unwrap(), excess * 10_000));
            let (rule, check) = ("overdue-receivables".to_owned(), "over_credit_limit".to_owned());
            found.insert((rule, check.clone(), check, None, json!({ "party": [number] }).to_string(), money));
        }
    }
}

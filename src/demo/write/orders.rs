//! The order system: heads and lines as it holds them, and its price list.

use rusqlite::{Transaction, params};

use crate::demo::company::{Company, HOME_CURRENCY};
use crate::demo::order_book::OrderBook;
use crate::demo::spelling::{Cents, money, quantity};

/// Heads and lines name customers and items without the database's holding them to it, as order systems that are filled
/// by imports do.
pub(super) const ERP: &str = "
create table orders (
  order_no text primary key, customer_no text, order_date text not null, warehouse text not null,
  currency text not null, approved_on text, shipped_on text, invoiced_on text, total text not null);
create table order_lines (
  order_no text not null references orders, line_no integer not null, sku text,
  qty text not null, unit_price text not null, amount text not null, promised_date text);
create table price_list (
  sku text not null references items, currency text not null, list_price text not null, floor_price text not null,
  primary key (sku, currency));
";

pub(super) fn write(books: &Transaction, company: &Company, ordered: &OrderBook) -> rusqlite::Result<()> {
    let mut insert = books.prepare("insert into orders values (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let mut insert_line = books.prepare("insert into order_lines values (?, ?, ?, ?, ?, ?, ?)")?;
    for (order, head) in company.orders.iter().zip(&ordered.heads) {
        let customer = &company.customers[order.customer];
        let date = order.date.to_string();
        let [approved, shipped, invoiced] =
            [head.approved_on, head.shipped_on, head.invoiced_on].map(|day| day.map(|day| day.to_string()));
        let total: Cents = company.lines[order.lines.clone()].iter().map(|line| line.amount()).sum();
        insert.execute(params![
            order.no,
            head.customer_no,
            date,
            order.warehouse,
            customer.currency,
            approved,
            shipped,
            invoiced,
            money(total),
        ])?;
        for place in order.lines.clone() {
            let (line, entry) = (&company.lines[place], &ordered.lines[place]);
            let (qty, price, amount) = (quantity(line.qty), money(line.price), money(line.amount()));
            let promised = entry.is_promised.then(|| line.promised.to_string());
            for _ in 0..line.copies {
                insert_line.execute(params![order.no, line.number, entry.sku, qty, price, amount, promised])?;
            }
        }
    }
    let mut insert = books.prepare("insert into price_list values (?, ?, ?, ?)")?;
    for item in &company.items {
        for currency in [HOME_CURRENCY, "USD"] {
            let (floor, list) = item.price_bounds(currency);
            insert.execute(params![item.sku, currency, money(list), money(floor)])?;
        }
    }
    Ok(())
}

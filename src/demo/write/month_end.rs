//! The stock ledger, the goods shipped and not invoiced, and the general ledger's balances.

use rusqlite::{Transaction, params};

use super::FinanceBooks;
use crate::demo::company::Company;
use crate::demo::inventory::{GOODS_SHIPPED, account_of};
use crate::demo::spelling::{money, quantity};

pub(super) const LEDGER: &str = "
create table stock_ledger (
  period_end text not null, account text not null, warehouse text not null, sku text not null, unit_cost text not null,
  opening_qty text not null, in_qty text not null, out_qty text not null, count_qty text not null,
  closing_qty text not null, opening_value text not null, in_value text not null, out_value text not null,
  count_value text not null, closing_value text not null, primary key (period_end, warehouse, sku));
create table goods_shipped (
  period_end text not null, account text not null, order_no text not null, order_line integer not null,
  qty text not null, cost text not null, primary key (period_end, order_no, order_line));
create table gl_balances (
  period_end text not null, account text not null, name text not null, customer_no text, currency text not null,
  opening text not null, debit text not null, credit text not null, closing text not null);
";

pub(super) fn write(books: &Transaction, company: &Company, closed: &FinanceBooks) -> rusqlite::Result<()> {
    let mut insert = books.prepare("insert into stock_ledger values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")?;
    for row in &closed.inventory.ledger {
        let (qty, value) = (&row.qty, &row.value);
        insert.execute(params![
            row.period_end.to_string(),
            account_of(row.item),
            row.warehouse,
            row.sku,
            money(company.items[row.item].cost),
            quantity(qty.opening),
            quantity(qty.received),
            quantity(qty.issued),
            quantity(qty.counted),
            quantity(qty.closing),
            money(value.opening),
            money(value.received),
            money(value.issued),
            money(value.counted),
            money(value.closing),
        ])?;
    }
    let period_end = company.month_end().to_string();
    let mut insert = books.prepare("insert into goods_shipped values (?, ?, ?, ?, ?, ?)")?;
    for row in &closed.inventory.goods_shipped {
        let (qty, cost) = (quantity(row.qty), money(row.cost));
        insert.execute(params![period_end, GOODS_SHIPPED, row.order_no, row.order_line, qty, cost])?;
    }
    let mut insert = books.prepare("insert into gl_balances values (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for balance in &closed.balances {
        let customer = balance.party.map(|party| &company.customers[party].no);
        let (opening, debit, credit) = (money(balance.opening), money(balance.debit), money(balance.credit));
        let (name, closing) = (balance.name, money(balance.closing));
        let (account, currency) = (&balance.account, balance.currency);
        insert.execute(params![period_end, account, name, customer, currency, opening, debit, credit, closing])?;
    }
    Ok(())
}

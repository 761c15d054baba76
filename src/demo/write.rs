//! The three databases of the company, written with one transaction each.

mod bank;
mod month_end;
mod orders;
mod purchases;

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

use super::DemoError;
use super::balances::Closing;
use super::bank::Entry;
use super::company::Company;
use super::general_ledger::Balance;
use super::inventory::Inventory;
use super::order_book::OrderBook;
use super::purchasing::Purchases;
use super::receivables::{InvoiceLine, Receivables, Settler};
use super::spelling::{full_width, money, quantity};
use super::stock::Stock;

/// Writes a database from nothing. Nobody else knows the file yet, so neither journal nor syncing is of use: an
/// interrupted file is thrown away.
fn database(
    path: &Path,
    schema: &str,
    fill: impl FnOnce(&Transaction) -> rusqlite::Result<()>,
) -> Result<(), DemoError> {
    let write = || {
        let mut connection = Connection::open(path)?;
        connection.execute_batch("pragma journal_mode = off; pragma synchronous = off;")?;
        connection.execute_batch(schema)?;
        let transaction = connection.transaction()?;
        fill(&transaction)?;
        transaction.commit()
    };
    write().map_err(|source| DemoError::Write { what: path.display().to_string(), source: Box::new(source) })
}

const ERP: &str = "
create table customers (
  customer_no text primary key, name text not null, country text not null, currency text not null,
  payment_days integer not null, credit_limit text not null);
create table items (sku text primary key, name text not null, name_en text not null, unit text not null, list_price text not null);
";

/// What was sold, and to whom; what was bought, and from whom.
pub(super) fn erp(path: &Path, company: &Company, ordered: &OrderBook, bought: &Purchases) -> Result<(), DemoError> {
    database(path, &[ERP, orders::ERP, purchases::ERP].concat(), |books| {
        let mut insert = books.prepare("insert into customers values (?, ?, ?, ?, ?, ?)")?;
        for customer in &company.customers {
            let limit = money(customer.credit_limit);
            let days = i64::try_from(customer.net_days).unwrap_or(i64::MAX);
            insert.execute(params![customer.no, customer.name, customer.country, customer.currency, days, limit])?;
        }
        let mut insert = books.prepare("insert into items values (?, ?, ?, ?, ?)")?;
        for item in &company.items {
            insert.execute(params![item.sku, item.name, item.name_en, item.unit, money(item.price)])?;
        }
        orders::write(books, company, ordered)?;
        purchases::orders(books, company, bought)
    })
}

const WMS: &str = "
create table shipments (shipment_no text primary key, ship_date text not null, warehouse text not null);
create table shipment_lines (
  shipment_no text not null references shipments, line_no integer not null, order_no text, order_line integer,
  sku text not null, qty text not null, primary key (shipment_no, line_no));
create table movements (
  movement_no integer primary key, moved_on text not null, warehouse text not null, sku text not null,
  kind text not null check (kind in ('opening', 'receipt', 'shipment', 'count')), qty text not null);
create table stock (
  stock_date text not null, warehouse text not null, sku text not null, on_hand text not null,
  primary key (stock_date, warehouse, sku));
create table reorder_settings (
  warehouse text not null, sku text not null, reorder_point text, lead_days integer, safety_stock text, pack text,
  primary key (warehouse, sku));
";

/// What left the house, and what lies in it.
pub(super) fn wms(path: &Path, company: &Company, stock: &Stock, bought: &Purchases) -> Result<(), DemoError> {
    database(path, &[WMS, purchases::WMS].concat(), |books| {
        shipments(books, company, stock)?;
        purchases::receipts(books, company, bought)?;
        let sku = |item: usize| &company.items[item].sku;
        let mut insert = books.prepare("insert into movements values (?, ?, ?, ?, ?, ?)")?;
        for (index, movement) in stock.movements.iter().enumerate() {
            let (number, date) = (index as i64 + 1, movement.date.to_string());
            let qty = quantity(movement.qty);
            insert.execute(params![number, date, movement.warehouse, sku(movement.item), movement.kind, qty])?;
        }
        let mut insert = books.prepare("insert into stock values (?, ?, ?, ?)")?;
        for closing in &stock.closings {
            let on_hand = quantity(closing.on_hand);
            insert.execute(params![closing.date.to_string(), closing.warehouse, sku(closing.item), on_hand])?;
        }
        let mut insert = books.prepare("insert into reorder_settings values (?, ?, ?, ?, ?, ?)")?;
        for setting in &stock.settings {
            let point = setting.is_set.then(|| quantity(setting.point));
            let (safety, pack) = (setting.safety.map(quantity), setting.pack.map(quantity));
            let sku = sku(setting.item);
            insert.execute(params![setting.warehouse, sku, point, setting.lead_days, safety, pack])?;
        }
        Ok(())
    })
}

/// One shipment takes everything of one order that left on one day.
fn shipments(books: &Transaction, company: &Company, stock: &Stock) -> rusqlite::Result<()> {
    let mut insert = books.prepare("insert into shipments values (?, ?, ?)")?;
    let mut insert_line = books.prepare("insert into shipment_lines values (?, ?, ?, ?, ?, ?)")?;
    let (mut number, mut line_no, mut shipment_no) = (0, 0, String::new());
    let mut current = None;
    for shipped in &stock.shipped {
        let order = shipped.line.map(|line| company.lines[line].order);
        let of_day = matches!(current, Some((date, _)) if date == shipped.date);
        if current != Some((shipped.date, order)) || order.is_none() {
            number = if of_day { number + 1 } else { 1 };
            line_no = 0;
            shipment_no = format!("DN{}-{number:04}", shipped.date.format("%Y%m%d"));
            insert.execute(params![shipment_no, shipped.date.to_string(), shipped.warehouse])?;
            current = Some((shipped.date, order));
        }
        line_no += 1;
        let order_line = shipped.line.map(|line| company.lines[line].number);
        let (sku, qty) = (&company.items[shipped.item].sku, quantity(shipped.qty));
        insert_line.execute(params![shipment_no, line_no, shipped.order_ref, order_line, sku, qty])?;
    }
    Ok(())
}

/// What finance keeps beside invoices and payments: the bank accounts, and what it closed the last month with.
pub(super) struct FinanceBooks {
    pub(super) bank: Vec<Entry>,
    pub(super) closings: Vec<Closing>,
    pub(super) inventory: Inventory,
    pub(super) balances: Vec<Balance>,
}

const LEDGER: &str = "
create table invoices (
  invoice_no text primary key, customer_no text not null, invoice_date text not null, due_date text,
  currency text not null, net text not null, tax text not null, amount text not null,
  status text not null check (status in ('posted', 'void')));
create table invoice_lines (
  invoice_no text not null references invoices, line_no integer not null, order_no text, order_line integer,
  sku text not null, qty text not null, amount text not null);
create table credit_notes (
  credit_no text not null, line_no integer not null, invoice_no text not null references invoices,
  customer_no text not null, credit_date text not null, order_no text, order_line integer, sku text not null,
  qty text not null, amount text not null, tax text not null, currency text not null, primary key (credit_no, line_no));
create table receipts (
  receipt_no text primary key, customer_no text not null, received_on text not null, amount text not null,
  currency text not null, bounced_on text);
create table allocations (
  allocation_no integer primary key, document_no text not null, invoice_no text not null references invoices,
  amount text not null, currency text not null, applied_on text not null, reversed_on text);
";

/// What was invoiced, taken back and paid; what suppliers billed; what the last month was closed with.
pub(super) fn ledger(
    path: &Path,
    company: &Company,
    books: &Receivables,
    bought: &Purchases,
    closed: &FinanceBooks,
) -> Result<(), DemoError> {
    database(path, &[LEDGER, purchases::LEDGER, month_end::LEDGER, bank::LEDGER].concat(), |transaction| {
        invoices(transaction, company, books)?;
        credit_notes(transaction, company, books)?;
        payments(transaction, company, books)?;
        purchases::invoices(transaction, company, bought)?;
        month_end::write(transaction, company, closed)?;
        bank::write(transaction, &closed.bank)?;
        bank::close(transaction, &closed.closings)
    })
}

fn invoices(transaction: &Transaction, company: &Company, books: &Receivables) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare("insert into invoices values (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let mut insert_line = transaction.prepare("insert into invoice_lines values (?, ?, ?, ?, ?, ?, ?)")?;
    for invoice in &books.invoices {
        let customer = &company.customers[invoice.customer];
        let (date, due) = (invoice.date.to_string(), invoice.agreed_due.map(|due| due.to_string()));
        let status = if invoice.void { "void" } else { "posted" };
        let (net, tax, gross) = (money(invoice.net), money(invoice.tax), money(invoice.gross));
        insert.execute(params![invoice.no, customer.no, date, due, customer.currency, net, tax, gross, status])?;
        for (index, line) in invoice.lines.iter().enumerate() {
            let (number, sku) = (index as i64 + 1, &company.items[line.item].sku);
            let (qty, amount) = figures(line);
            let order_ref = &line.order_ref;
            for _ in 0..line.copies {
                insert_line.execute(params![invoice.no, number, order_ref, line.order_line, sku, qty, amount])?;
            }
        }
    }
    Ok(())
}

fn figures(line: &InvoiceLine) -> (String, String) {
    let (qty, amount) = (quantity(line.qty), money(line.amount));
    if line.full_width_figures { (full_width(&qty), full_width(&amount)) } else { (qty, amount) }
}

fn credit_notes(transaction: &Transaction, company: &Company, books: &Receivables) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare("insert into credit_notes values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for credit in &books.credits {
        let note = &company.credit_notes[credit.note];
        let line = &company.lines[note.line];
        let (order, item) = (&company.orders[line.order], &company.items[line.item]);
        let customer = &company.customers[order.customer];
        insert.execute(params![
            credit.no,
            books.invoices[credit.invoice].no,
            customer.no,
            note.date.to_string(),
            order.no,
            line.number,
            item.sku,
            quantity(-note.qty),
            money(-note.amount),
            money(note.amount - credit.gross),
            customer.currency,
        ])?;
    }
    Ok(())
}

fn payments(transaction: &Transaction, company: &Company, books: &Receivables) -> rusqlite::Result<()> {
    let mut numbered: Vec<_> = books.receipts.iter().collect();
    numbered.sort_by(|left, right| left.no.cmp(&right.no));
    let mut insert = transaction.prepare("insert into receipts values (?, ?, ?, ?, ?, ?)")?;
    for receipt in numbered {
        let customer = &company.customers[receipt.customer];
        let (date, bounced) = (receipt.date.to_string(), receipt.bounced_on.map(|day| day.to_string()));
        let amount = money(receipt.amount);
        insert.execute(params![receipt.no, customer.no, date, amount, customer.currency, bounced])?;
    }
    let mut insert = transaction.prepare("insert into allocations values (?, ?, ?, ?, ?, ?, ?)")?;
    for (index, allocation) in books.allocations.iter().enumerate() {
        let document = match allocation.settler {
            Settler::Receipt(receipt) => &books.receipts[receipt].no,
            Settler::Credit(credit) => &books.credits[credit].no,
        };
        let invoice = &books.invoices[allocation.invoice];
        let currency = company.customers[invoice.customer].currency;
        let (date, reversed) = (allocation.date.to_string(), allocation.reversed_on.map(|day| day.to_string()));
        let (number, amount) = (index as i64 + 1, money(allocation.amount));
        insert.execute(params![number, document, invoice.no, amount, currency, date, reversed])?;
    }
    Ok(())
}

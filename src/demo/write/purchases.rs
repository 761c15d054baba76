//! What was bought, received and billed by suppliers, in each system its part.

use rusqlite::{Transaction, params};

use crate::demo::company::{Company, HOME_CURRENCY, Numbers};
use crate::demo::purchasing::Purchases;
use crate::demo::spelling::{money, quantity};

pub(super) const ERP: &str = "
create table suppliers (
  supplier_no text primary key, name text not null, tax_no text not null, net_days integer,
  statement_months integer, cut_off integer);
create table purchase_orders (
  po_no text primary key, supplier_no text not null references suppliers, order_date text not null,
  warehouse text not null, currency text not null);
create table purchase_order_lines (
  po_no text not null references purchase_orders, po_line integer not null, sku text not null references items,
  qty text not null, unit_price text not null, amount text not null, due_date text not null,
  primary key (po_no, po_line));
";

pub(super) fn orders(books: &Transaction, company: &Company, purchases: &Purchases) -> rusqlite::Result<()> {
    let mut insert = books.prepare("insert into suppliers values (?, ?, ?, ?, ?, ?)")?;
    for supplier in &purchases.suppliers {
        let terms = &supplier.terms;
        let (days, months, cut_off) = (terms.net_days, terms.statement_months, terms.cut_off);
        insert.execute(params![supplier.no, supplier.name, supplier.tax_no, days, months, cut_off])?;
    }
    let mut insert = books.prepare("insert into purchase_orders values (?, ?, ?, ?, ?)")?;
    let mut insert_line = books.prepare("insert into purchase_order_lines values (?, ?, ?, ?, ?, ?, ?)")?;
    for order in &purchases.orders {
        let supplier = &purchases.suppliers[order.supplier].no;
        insert.execute(params![order.no, supplier, order.date.to_string(), order.warehouse, HOME_CURRENCY])?;
        for (index, line) in order.lines.iter().enumerate() {
            let (number, sku) = (index as i64 + 1, &company.items[line.item].sku);
            let (qty, price, amount) = (quantity(line.qty), money(line.price), money(line.amount()));
            insert_line.execute(params![order.no, number, sku, qty, price, amount, line.due.to_string()])?;
        }
    }
    Ok(())
}

pub(super) const WMS: &str = "
create table goods_receipts (receipt_no text primary key, receipt_date text not null, warehouse text not null);
create table goods_receipt_lines (
  receipt_no text not null references goods_receipts, line_no integer not null, po_no text, po_line integer,
  sku text not null, qty text not null, primary key (receipt_no, line_no));
";

/// One receipt takes everything of one order that came on one day.
pub(super) fn receipts(books: &Transaction, company: &Company, purchases: &Purchases) -> rusqlite::Result<()> {
    let mut received = Vec::new();
    for (index, order) in purchases.orders.iter().enumerate() {
        for (line, ordered) in order.lines.iter().enumerate() {
            received.extend(ordered.receipts.iter().map(|receipt| (receipt.date, index, line, receipt.qty)));
        }
    }
    received.sort_unstable_by_key(|(date, order, line, _)| (*date, *order, *line));
    let mut insert = books.prepare("insert into goods_receipts values (?, ?, ?)")?;
    let mut insert_line = books.prepare("insert into goods_receipt_lines values (?, ?, ?, ?, ?, ?)")?;
    let (mut numbers, mut current, mut receipt_no, mut line_no) = (Numbers::default(), None, String::new(), 0);
    for (date, index, line, qty) in received {
        let order = &purchases.orders[index];
        if current != Some((date, index)) {
            current = Some((date, index));
            receipt_no = format!("GR{}-{:04}", date.format("%Y%m%d"), numbers.next(date));
            line_no = 0;
            insert.execute(params![receipt_no, date.to_string(), order.warehouse])?;
        }
        line_no += 1;
        let (sku, number) = (&company.items[order.lines[line].item].sku, line as i64 + 1);
        insert_line.execute(params![receipt_no, line_no, order.no, number, sku, quantity(qty)])?;
    }
    Ok(())
}

pub(super) const LEDGER: &str = "
create table supplier_invoices (
  voucher_no text primary key, invoice_no text not null, supplier_no text not null, invoice_date text not null,
  due_date text,
  net text not null, tax text not null, amount text not null, currency text not null,
  status text not null check (status in ('posted', 'void')));
create table supplier_invoice_lines (
  voucher_no text not null references supplier_invoices, line_no integer not null, po_no text, po_line integer,
  sku text not null, qty text not null, amount text not null, primary key (voucher_no, line_no));
create table supplier_payments (
  payment_no text primary key, supplier_no text not null, voucher_no text references supplier_invoices,
  amount text not null, currency text not null, paid_on text not null);
create table tax_bureau_invoices (
  invoice_no text primary key, seller_tax_no text not null, issued_on text not null, net text not null,
  tax text not null, amount text not null);
create table accruals (
  period_end text not null, po_no text not null, po_line integer not null, qty text not null, amount text not null,
  currency text not null, primary key (period_end, po_no, po_line));
";

pub(super) fn invoices(books: &Transaction, company: &Company, purchases: &Purchases) -> rusqlite::Result<()> {
    let mut insert = books.prepare("insert into supplier_invoices values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let mut insert_line = books.prepare("insert into supplier_invoice_lines values (?, ?, ?, ?, ?, ?, ?)")?;
    for invoice in &purchases.invoices {
        let (voucher, supplier) = (&invoice.voucher_no, &purchases.suppliers[invoice.supplier].no);
        let (net, tax, gross) = (money(invoice.net), money(invoice.tax), money(invoice.net + invoice.tax));
        let (date, status) = (invoice.date.to_string(), if invoice.void { "void" } else { "posted" });
        let number = &invoice.invoice_no;
        let due = invoice.due.map(|due| due.to_string());
        insert.execute(params![voucher, number, supplier, date, due, net, tax, gross, HOME_CURRENCY, status])?;
        for (index, line) in invoice.lines.iter().enumerate() {
            let (number, po_line, sku) = (index as i64 + 1, line.po_line as i64, &company.items[line.item].sku);
            let (qty, amount) = (quantity(line.qty), money(line.amount));
            insert_line.execute(params![voucher, number, line.po_no, po_line, sku, qty, amount])?;
        }
    }
    let mut insert = books.prepare("insert into supplier_payments values (?, ?, ?, ?, ?, ?)")?;
    for payment in &purchases.payments {
        let supplier = &purchases.suppliers[payment.supplier].no;
        let voucher = payment.invoice.map(|invoice| &purchases.invoices[invoice].voucher_no);
        let (amount, date) = (money(payment.amount), payment.date.to_string());
        insert.execute(params![payment.no, supplier, voucher, amount, HOME_CURRENCY, date])?;
    }
    let mut insert = books.prepare("insert into tax_bureau_invoices values (?, ?, ?, ?, ?, ?)")?;
    for listed in &purchases.listed {
        let (seller, date) = (&purchases.suppliers[listed.supplier].tax_no, listed.issued_on.to_string());
        let (net, tax, amount) = (money(listed.net), money(listed.tax), money(listed.net + listed.tax));
        insert.execute(params![listed.invoice_no, seller, date, net, tax, amount])?;
    }
    let mut insert = books.prepare("insert into accruals values (?, ?, ?, ?, ?, ?)")?;
    let period_end = company.month_end().to_string();
    for accrual in &purchases.accruals {
        let (qty, amount) = (quantity(accrual.qty), money(accrual.amount));
        let line = accrual.po_line as i64;
        insert.execute(params![period_end, accrual.po_no, line, qty, amount, HOME_CURRENCY])?;
    }
    Ok(())
}

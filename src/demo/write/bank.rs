//! The bank book, the bank's statement as it was loaded, and its closing balances.

use rusqlite::{Transaction, params};

use crate::demo::balances::Closing;
use crate::demo::bank::{Entry, account_no};
use crate::demo::spelling::money;

pub(super) const LEDGER: &str = "
create table bank_book (
  entry_no integer primary key, account_no text not null, booked_on text not null, reference text, text text not null,
  amount text not null, currency text not null);
create table bank_statement_lines (
  account_no text not null, value_date text not null, reference text not null, text text not null,
  amount text not null, currency text not null);
create table bank_balances (
  account_no text not null, currency text not null, balance_date text not null, balance text not null,
  primary key (account_no, currency, balance_date));
";

pub(super) fn write(books: &Transaction, entries: &[Entry]) -> rusqlite::Result<()> {
    let mut booked: Vec<_> = entries.iter().filter_map(|entry| Some((entry.booked.as_ref()?, entry))).collect();
    booked.sort_by_key(|(booked, entry)| (booked.date, &entry.reference));
    let mut insert = books.prepare("insert into bank_book values (?, ?, ?, ?, ?, ?, ?)")?;
    for (index, (booked, entry)) in booked.into_iter().enumerate() {
        let (number, account) = (index as i64 + 1, account_no(entry.currency));
        let (date, amount) = (booked.date.to_string(), money(booked.amount));
        let reference = booked.reference.write(&entry.reference);
        insert.execute(params![number, account, date, reference, entry.text, amount, entry.currency])?;
    }
    let mut stated: Vec<_> = entries.iter().filter_map(|entry| Some((entry.stated.as_ref()?, entry))).collect();
    stated.sort_by_key(|(stated, entry)| (stated.date, &entry.reference));
    let mut insert = books.prepare("insert into bank_statement_lines values (?, ?, ?, ?, ?, ?)")?;
    for (stated, entry) in stated {
        let (account, date, amount) = (account_no(entry.currency), stated.date.to_string(), money(stated.amount));
        for _ in 0..stated.copies {
            insert.execute(params![account, date, entry.reference, entry.text, amount, entry.currency])?;
        }
    }
    Ok(())
}

pub(super) fn close(books: &Transaction, closings: &[Closing]) -> rusqlite::Result<()> {
    let mut insert = books.prepare("insert into bank_balances values (?, ?, ?, ?)")?;
    for Closing { account, currency, date, balance } in closings {
        insert.execute(params![account, currency, date.to_string(), money(*balance)])?;
    }
    Ok(())
}

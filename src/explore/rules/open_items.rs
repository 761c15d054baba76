//! Rules about invoices that are not paid in time.

use super::super::table_file::{comment, quoted};
use super::super::{Column, Profile};
use super::{Candidate, Draft};
use crate::audit::snapshot::ColumnType;

const DUE: [&str; 4] = ["due", "到期", "应收日期", "应付日期"];
const CUSTOMER: [&str; 4] = ["customer", "client", "客户", "ccuscode"];
const SUPPLIER: [&str; 4] = ["supplier", "vendor", "供应商", "cvencode"];
const BALANCE: [&str; 7] = ["balance", "outstanding", "open_amount", "unpaid", "余额", "未收", "未付"];
const TOTAL: [&str; 6] = ["amount", "total", "gross", "价税合计", "金额", "合计"];
const SETTLING: [&str; 9] = ["alloc", "appl", "settle", "payment", "paid", "receipt", "核销", "收款", "付款"];
const REVERSED: [&str; 4] = ["revers", "cancel", "冲销", "作废"];

/// One rule for what customers owe, one for what is owed to suppliers.
pub(super) fn propose(tables: &[Candidate]) -> Vec<Draft> {
    let sides = [(&CUSTOMER, "receivable", "overdue-receivables"), (&SUPPLIER, "payable", "overdue-payables")];
    let drafts = sides.into_iter().filter_map(|(parties, direction, name)| {
        tables.iter().find_map(|items| draft(items, tables, parties, direction, name))
    });
    drafts.collect()
}

fn draft(items: &Candidate, tables: &[Candidate], parties: &[&str], direction: &str, name: &str) -> Option<Draft> {
    let profile = &items.profile;
    let [document] = profile.key.as_ref()?.columns[..] else { return None };
    let due = named(profile, &DUE, is_day)?;
    let party = named(profile, parties, |column| column.proposed.kind == ColumnType::Text)?;
    let balance = named(profile, &BALANCE, is_money);
    let amount = balance.or_else(|| named(profile, &TOTAL, is_money))?;
    let applied =
        tables.iter().filter(|table| table.name != items.name).find_map(|table| applied(table, items, document));
    // An amount that nothing is ever set off against would be overdue for good.
    if balance.is_none() && applied.is_none() {
        return None;
    }
    let column = |place: usize| quoted(&profile.columns[place].name);
    let date = profile.date.map(|date| format!(", date = {}", column(date))).unwrap_or_default();
    let mut text = format!(
        "# A guess from names: {} holds one row per invoice, with when it is due.\n\nkind      = \"overdue_payment\"\n",
        comment(&items.name)
    );
    text.push_str(match direction {
        "receivable" => "title     = { en = \"Customers pay in time\", zh = \"客户按期付款\" }\n",
        _ => "title     = { en = \"Suppliers are paid in time\", zh = \"按期支付供应商\" }\n",
    });
    text.push_str(&format!(
        "owner     = \"finance\"\ndirection = \"{direction}\"\nitems     = {{ table = {}, document = {}, party = {}, due = {}{date}, amount = {} }}\n",
        quoted(&items.name),
        column(document),
        column(party),
        column(due),
        column(amount)
    ));
    if let (None, Some(applied)) = (balance, applied) {
        text.push_str(&format!("# What settles them, in full or in part.\napplied   = {applied}\n"));
    }
    text.push_str("buckets   = [30, 60, 90]    # days overdue\n");
    Some(Draft { name: name.to_owned(), text, latest: None })
}

/// What is set off against the items, if the table is called like it and speaks of their documents.
fn applied(table: &Candidate, items: &Candidate, document: usize) -> Option<String> {
    let profile = &table.profile;
    let name = profile.holding.name.to_lowercase();
    if !SETTLING.iter().any(|word| name.contains(word)) {
        return None;
    }
    let wanted = &items.profile.columns[document];
    let theirs = profile.columns.iter().position(|column| {
        column.proposed.kind == wanted.proposed.kind && column.declared.name.eq_ignore_ascii_case(&wanted.declared.name)
    })?;
    let amount = named(profile, &TOTAL, is_money)?;
    let column = |place: usize| quoted(&profile.columns[place].name);
    let mut text =
        format!("{{ table = {}, document = {}, amount = {}", quoted(&table.name), column(theirs), column(amount));
    if let Some(date) = profile.date {
        text.push_str(&format!(", date = {}", column(date)));
    }
    if let Some(reversed) = named(profile, &REVERSED, is_day) {
        text.push_str(&format!(", reversed = {}", column(reversed)));
    }
    Some(text + " }")
}

/// The first column that is called like one of the words, the likeliest word first.
fn named(profile: &Profile, words: &[&str], fits: impl Fn(&Column) -> bool) -> Option<usize> {
    words.iter().find_map(|word| {
        let called = |column: &Column| column.declared.name.to_lowercase().contains(word);
        profile.columns.iter().position(|column| fits(column) && called(column))
    })
}

fn is_day(column: &Column) -> bool {
    matches!(column.proposed.kind, ColumnType::Date | ColumnType::Instant)
}

fn is_money(column: &Column) -> bool {
    matches!(column.proposed.kind, ColumnType::Money { .. })
}

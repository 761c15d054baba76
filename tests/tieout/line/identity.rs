//! An exception is the same one for as long as its rule and its subject are, whatever else of the files changes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use tieout::audit::exception::{Exception, Status};
use tieout::demo::THREE_WAY;

use super::{WrongAmount, company, events, rule, trail_end};
use crate::harness::{Company, Database};

const RULE_FILE: &str = "rules/order-shipment-invoice.toml";
const SALES_FILE: &str = "config/tables/sales_lines.toml";

/// What an exception is known by, and since when.
type Known = BTreeMap<String, (String, Status, NaiveDate)>;

fn known(exceptions: Vec<Exception>) -> Known {
    let entry =
        |one: Exception| (format!("{} {}", one.rule, one.subject.canonical()), (one.id, one.status, one.first_seen));
    exceptions.into_iter().map(entry).collect()
}

/// Edits the files of a company whose books were checked once, and checks them again: every exception is still the same
/// one, as old and as open as before. Answers whether the three-way rule counts as changed, and what the trail tells.
async fn same_after(company: &Company, edit: impl FnOnce(&Company)) -> (bool, Vec<String>) {
    company.run().await;
    let before = known(company.exceptions().await);
    assert!(before.keys().filter(|name| name.starts_with(THREE_WAY)).count() > 10);
    let end = trail_end(company);
    edit(company);
    let report = company.run().await;
    assert_eq!(known(company.exceptions().await), before);
    (rule(&report, THREE_WAY).rule_changed, events(company, end))
}

#[tokio::test]
async fn a_column_by_another_name_leaves_every_exception_the_same() {
    let (changed, told) = same_after(&company(), |company| {
        let column = "order_no      = { type";
        company.edit(SALES_FILE, column, "order_number = { from = \"order_no\", type");
        company.edit(SALES_FILE, "unique = [\"order_no\"", "unique = [\"order_number\"");
        let side = "table = \"sales_lines\"";
        company.edit(RULE_FILE, side, &format!("{side}\nkey   = {{ order_no = \"order_number\" }}"));
    })
    .await;
    assert!(changed, "another column is another meaning, as far as can be told");
    // What names the column in its own words says something else now, and nothing but that has changed.
    assert!(told.iter().all(|event| event.ends_with(" changed")), "{told:?}");
}

#[tokio::test]
async fn a_normaliser_that_changes_no_key_leaves_every_exception_the_same() {
    let company = company();
    let (fewer, more) = (
        "order_no      = { type = \"text\" }",
        "order_no      = { type = \"text\", normalise = [\"trim\", \"half_width\", \"upper\"] }",
    );
    company.edit(SALES_FILE, more, fewer);
    let (changed, told) = same_after(&company, |company| company.edit(SALES_FILE, fewer, more)).await;
    assert_eq!((changed, told), (true, Vec::new()));
}

#[tokio::test]
async fn checks_in_another_order_leave_every_exception_the_same() {
    let (_, told) = same_after(&company(), |company| {
        let text = company.read(RULE_FILE);
        let mut parts: Vec<&str> = text.split("[[checks]]\n").collect();
        assert!(parts.len() > 3);
        parts[1..].reverse();
        company
            .write(RULE_FILE, &parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n\n[[checks]]\n"));
    })
    .await;
    // Rows that are too many, or missing, are worth what the first of the checks reads, which is now another figure.
    assert!(told.iter().all(|event| event.ends_with(" changed") || event.ends_with(" worsened")), "{told:?}");
}

#[tokio::test]
async fn a_rule_file_that_is_renamed_and_keeps_its_id_leaves_every_exception_the_same() {
    let told = same_after(&company(), |company| {
        let text = company.read(RULE_FILE);
        company.remove(RULE_FILE);
        company.write("rules/three-way.toml", &format!("id = \"{THREE_WAY}\"\n{text}"));
    })
    .await;
    assert_eq!(told, (false, Vec::new()));
}

#[tokio::test]
async fn a_window_that_moves_past_an_open_exception_leaves_it_the_same() {
    let mut company = company();
    let wrong = WrongAmount::in_books_of(&company);
    let ordered = format!("select order_date from orders where order_no = '{}'", wrong.order);
    let ordered: NaiveDate = company.rows(Database::Erp, &ordered).remove(0).parse().unwrap();
    let days = (company.day - ordered).num_days();
    let key = "key      = [\"order_no\", \"line_no\"]";
    let scope = format!("scope = {{ by = \"sales.order_date\", since = \"{days} days\" }}\n{key}");
    company.edit(RULE_FILE, key, &scope);
    company.run().await;
    let first = known(company.exceptions().await);
    company.next_day();
    company.run().await;
    let now = known(company.exceptions().await);
    for (name, before) in first.iter().filter(|(name, _)| name.starts_with(THREE_WAY)) {
        assert_eq!(now.get(name), Some(before), "{name}");
    }
    assert_eq!(wrong.status(&company).await, Status::Open);
    wrong.mend(&company);
    company.run().await;
    assert_eq!(wrong.status(&company).await, Status::Resolved, "it is judged for as long as it is open");
    wrong.spoil(&company);
    company.run().await;
    assert_eq!(wrong.status(&company).await, Status::Resolved, "and not any more once it is closed");
}

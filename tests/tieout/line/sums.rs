//! The same books give the same answer, and every list ties to the one before.

use std::collections::BTreeMap;

use tieout::audit::amount::Purse;
use tieout::audit::exception::{Continuity, Tally};
use tieout::report::RunReport;

use super::company;
use crate::harness::{Company, Database};

/// The report without what is new in every run: its own id, and those of what it opened.
fn steady(report: &RunReport) -> serde_json::Value {
    let mut json = Vec::new();
    report.write_json(&mut json).unwrap();
    let lines = std::str::from_utf8(&json).unwrap().lines().filter(|line| line.trim_start().starts_with("{\"id\":"));
    assert_eq!(lines.count(), report.rules.iter().map(|rule| rule.exceptions.len()).sum::<usize>());
    let mut value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    value["run"].take();
    for rule in value["rules"].as_array_mut().unwrap() {
        for listed in rule["exceptions"].as_array_mut().unwrap() {
            listed["id"].take();
        }
    }
    value
}

#[tokio::test]
async fn two_stores_and_one_snapshot_give_one_report() {
    let (first, second) = (company(), company());
    let report = steady(&first.run().await);
    assert_eq!(report, steady(&second.run().await));
    assert_eq!(report["rules"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_order_of_rows_does_not_matter() {
    let (tidy, shuffled) = (company(), company());
    for database in [Database::Erp, Database::Wms, Database::Ledger] {
        for table in shuffled.rows(database, "select name from sqlite_master where type = 'table'") {
            shuffled.sql(database, &format!("create table moved as select * from {table}"));
            shuffled.sql(database, &format!("delete from {table}"));
            let rows =
                format!("insert into {table} select * from moved order by (rowid * 7919 + 13) % 1009, rowid desc");
            shuffled.sql(database, &rows);
            shuffled.sql(database, "drop table moved");
        }
    }
    assert_eq!(steady(&tidy.run().await), steady(&shuffled.run().await));
}

/// splitmix64, so that a failing sequence can be told by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Something happens in the company.
fn happen(company: &mut Company, random: &mut Random) {
    let some = format!("rowid % 23 = {}", random.below(23));
    let cents = 100 + random.below(900_000);
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    let (database, statement) = match random.below(9) {
        0 => (Database::Ledger, format!("update invoice_lines set amount = '{amount}' where {some}")),
        1 => (Database::Ledger, format!("update invoice_lines set qty = '{}' where {some}", random.below(90))),
        2 => (Database::Ledger, format!("delete from allocations where {some}")),
        3 => (Database::Ledger, format!("update invoices set status = 'void' where {some}")),
        4 => (Database::Erp, format!("update order_lines set amount = '{amount}' where {some}")),
        5 => (Database::Erp, format!("update customers set credit_limit = '{amount}' where {some}")),
        6 => (Database::Wms, format!("update stock set on_hand = '{}' where {some}", random.below(40))),
        7 => (Database::Wms, format!("update shipment_lines set order_no = '-' where {some}")),
        _ => {
            let orders = company.rows(Database::Erp, &format!("select order_no from order_lines where {some}"));
            for order in orders.iter().take(2) {
                company.sql(Database::Erp, &format!("delete from order_lines where order_no = '{order}'"));
                company.sql(Database::Wms, &format!("delete from shipment_lines where order_no = '{order}'"));
                company.sql(Database::Ledger, &format!("delete from invoice_lines where order_no = '{order}'"));
            }
            return;
        }
    };
    company.sql(database, &statement);
}

/// Adds up by hand: the equation of the continuity line, in counts and per currency.
fn closing(line: &Continuity) -> Tally {
    let mut sum = Tally::default();
    let mut add = |tally: &Tally, sign: i64| {
        sum.count += sign * tally.count;
        for (currency, amount) in tally.amount.iter() {
            let amount = if sign < 0 { amount.checked_neg().unwrap() } else { amount };
            assert!(sum.amount.add(currency, amount));
        }
    };
    for (tally, sign) in [
        (&line.opening, 1),
        (&line.new, 1),
        (&line.regressed, 1),
        (&line.remeasured, 1),
        (&line.resolved, -1),
        (&line.gone, -1),
        (&line.retired, -1),
    ] {
        add(tally, sign);
    }
    assert_eq!(line.remeasured.count, 0, "measuring anew opens and closes nothing");
    nonzero(sum)
}

fn nonzero(mut tally: Tally) -> Tally {
    tally.amount.0.retain(|_, amount| !amount.is_zero());
    tally
}

/// What the store lists as live, per rule.
async fn listed(company: &Company) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for one in company.exceptions().await.iter().filter(|one| one.status.is_live()) {
        let tally = tallies.entry(one.rule.clone()).or_default();
        tally.count += 1;
        let Purse(amounts) = &one.at_risk;
        for (currency, amount) in amounts {
            assert!(tally.amount.add(currency, *amount));
        }
    }
    tallies
}

async fn check_continuity(seed: u64) {
    let (mut company, mut random) = (company(), Random(seed));
    let files = ["erp.db", "wms.db", "ledger.db"];
    let sound: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(company.path(file)).unwrap()).collect();
    let mut closed: BTreeMap<String, Tally> = BTreeMap::new();
    let mut steps: BTreeMap<&str, u64> = BTreeMap::new();
    for turn in 0..10 {
        let report = company.run().await;
        let listed = listed(&company).await;
        for rule in &report.rules {
            let line = rule.continuity.as_ref().unwrap();
            let place = format!("seed {seed}, turn {turn}, {}: {line:?}", rule.rule);
            assert_eq!(line.opening, closed.remove(&rule.rule).unwrap_or_default(), "{place}");
            assert_eq!(closing(line), nonzero(line.closing.clone()), "{place}");
            let listed = listed.get(&rule.rule).cloned().unwrap_or_default();
            assert_eq!(nonzero(listed), nonzero(line.closing.clone()), "{place}");
            closed.insert(rule.rule.clone(), line.closing.clone());
            for (step, count) in &rule.steps {
                *steps.entry(step).or_default() += count;
            }
        }
        match random.below(4) {
            // Everything is put right at once.
            0 => files.iter().zip(&sound).for_each(|(file, bytes)| std::fs::write(company.path(file), bytes).unwrap()),
            1 => company.next_day(),
            _ => {}
        }
        for _ in 0..random.below(4) {
            happen(&mut company, &mut random);
        }
    }
    company.store().await.verify_trail().await.unwrap();
    let kinds: Vec<_> = steps.keys().copied().collect();
    assert!(kinds.len() >= 5, "seed {seed} moves little: {steps:?}");
}

#[tokio::test]
async fn every_list_ties_to_the_one_before_and_to_what_the_store_holds() {
    for seed in 1..=4 {
        check_continuity(seed).await;
    }
}

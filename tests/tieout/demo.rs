//! The demo company: the same for the same seed, consistent, and exactly as wrong as its truth says.

mod books;
mod oracle;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tieout::demo::{self, Cause, Innocence, Options};

use oracle::{Broken, rows};

const DATABASES: [&str; 3] = ["erp.db", "wms.db", "ledger.db"];

fn options(day: &str, seed: u64, lines: u64) -> Options {
    Options { day: day.parse().unwrap(), seed, lines }
}

fn company(options: &Options) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    assert!(demo::prepare(dir.path(), options, false).unwrap(), "an empty directory gets a company");
    dir
}

/// The refusal of `prepare`, with the directory's own name out of the way.
fn refusal(dir: &Path, options: &Options, fresh: bool) -> String {
    let fault = demo::prepare(dir, options, fresh).expect_err("it is refused");
    assert!(fault.source().is_none() || !matches!(fault, demo::DemoError::Refused(_)));
    fault.to_string().replace(&dir.display().to_string(), "DIR")
}

/// Every row of every table, in the order they stand in.
fn contents(dir: &Path) -> BTreeMap<String, Vec<oracle::Row>> {
    let mut contents = BTreeMap::new();
    for database in DATABASES {
        for table in rows(dir, database, "select name from sqlite_master where type = 'table' order by name") {
            let table = table[0].clone().unwrap();
            let all = rows(dir, database, &format!("select * from {table} order by rowid"));
            contents.insert(format!("{database} {table}"), all);
        }
    }
    contents
}

fn must_raise(dir: &Path) -> BTreeSet<Broken> {
    let truth = demo::truth(dir).unwrap();
    let listed = truth.must_raise.len();
    let as_oracle = |found: demo::Expected| {
        let money = found.amount.map(|money| (money.currency, money.amount.rescale(8).unwrap().units()));
        let (class, subject) = (found.class.name().to_owned(), found.subject.canonical().to_owned());
        (found.rule, found.check, class, found.side, subject, money)
    };
    let set: BTreeSet<Broken> = truth.must_raise.into_iter().map(as_oracle).collect();
    assert_eq!(set.len(), listed, "the truth is a set");
    set
}

/// The truth of a company is what its books say, nothing of it spares what it raises, and every kind is in it.
fn check_truth(options: &Options) {
    let dir = company(options);
    let (found, expected) = (oracle::broken(dir.path(), options.day), must_raise(dir.path()));
    let missed: Vec<_> = expected.difference(&found).collect();
    let unforeseen: Vec<_> = found.difference(&expected).collect();
    assert!(
        missed.is_empty() && unforeseen.is_empty(),
        "{options}: not in the books {missed:#?}, not in the truth {unforeseen:#?}"
    );

    let truth = demo::truth(dir.path()).unwrap();
    for near in &truth.must_not_raise {
        let raised = found.iter().any(|found| found.0 == near.rule && found.4 == near.subject.canonical());
        assert!(!raised, "{options}: {near:?} is raised");
    }
    let causes: BTreeSet<Cause> = truth.must_raise.iter().map(|found| found.cause).collect();
    let lacking: Vec<_> = Cause::ALL.iter().filter(|cause| !causes.contains(cause)).collect();
    assert!(lacking.is_empty(), "{options}: nothing is there by {lacking:?}");
    let innocence: BTreeSet<Innocence> = truth.must_not_raise.iter().map(|near| near.cause).collect();
    let lacking: Vec<_> = Innocence::ALL.iter().filter(|cause| !innocence.contains(cause)).collect();
    assert!(lacking.is_empty(), "{options}: nothing looks like {lacking:?}");
}

#[test]
fn the_truth_is_what_a_reading_row_by_row_finds() {
    for seed in [1, 7, 20_260_331] {
        for lines in [200, 500, 3_000] {
            for day in ["2026-03-17", "2026-07-05", "2026-03-31"] {
                check_truth(&options(day, seed, lines));
            }
        }
    }
}

#[test]
fn the_truth_holds_at_the_edges_of_the_calendar_and_at_full_size() {
    for day in ["2024-02-29", "2025-03-01", "2026-01-01", "2025-08-31", "2025-12-31"] {
        check_truth(&options(day, 3, 300));
    }
    for seed in 100..108 {
        check_truth(&options("2026-05-20", seed, 200));
    }
    check_truth(&options("2026-03-31", 7, 20_000));
}

#[test]
fn the_same_options_give_the_same_company_and_another_seed_another() {
    let first = company(&options("2026-03-31", 7, 500));
    let second = company(&options("2026-03-31", 7, 500));
    let other = company(&options("2026-03-31", 8, 500));
    let text = |dir: &TempDir| fs::read_to_string(dir.path().join("truth.json")).unwrap();
    assert_eq!(text(&first), text(&second));
    assert_eq!(contents(first.path()), contents(second.path()));
    assert_ne!(text(&first), text(&other));
    for (table, found) in contents(other.path()) {
        assert_ne!(contents(first.path())[&table], found, "{table} does not depend on the seed");
    }
}

/// The figures below change only when the generator is changed; a machine on which they differ draws other numbers.
#[test]
fn a_seed_means_the_same_company_on_every_machine() {
    let dir = company(&options("2026-03-31", 7, 500));
    let of = |text: String| hex::encode(Sha256::digest(text.as_bytes()));
    let truth = of(fs::read_to_string(dir.path().join("truth.json")).unwrap());
    let books = of(format!("{:?}", contents(dir.path())));
    insta::assert_snapshot!(format!("truth {truth}\nbooks {books}"), @"
    truth 58c853fe5d7a3d6876d8bc11e374338cdae110fd86122a9ad633858ae1baeca7
    books 167d47656f2eeafa8807a1edd41a072014232ed8141b8efbf3c97e26ddb81756
    ");
}

#[test]
fn the_company_has_the_size_that_was_asked_for() {
    let dir = company(&options("2026-03-31", 7, 20_000));
    let count = |database: &str, sql: &str| rows(dir.path(), database, sql)[0][0].clone().unwrap();
    let mut text = String::new();
    for (table, all) in contents(dir.path()) {
        text += &format!("{table}: {}\n", all.len());
    }
    text += &format!(
        "lines once: {}\nfirst order: {}\ncurrencies: {}\n",
        count("erp.db", "select count(*) from (select distinct order_no, line_no from order_lines)"),
        count("erp.db", "select min(order_date) from orders"),
        count("erp.db", "select group_concat(distinct currency) from customers"),
    );
    insta::assert_snapshot!(text, @"
    erp.db customers: 120
    erp.db items: 300
    erp.db order_lines: 20008
    erp.db orders: 9323
    erp.db price_list: 600
    erp.db purchase_order_lines: 3837
    erp.db purchase_orders: 350
    erp.db suppliers: 25
    ledger.db accruals: 199
    ledger.db allocations: 8643
    ledger.db bank_balances: 356
    ledger.db bank_book: 8970
    ledger.db bank_statement_lines: 8964
    ledger.db credit_notes: 22
    ledger.db gl_balances: 143
    ledger.db goods_shipped: 569
    ledger.db invoice_lines: 19058
    ledger.db invoices: 8914
    ledger.db receipts: 8629
    ledger.db stock_ledger: 3576
    ledger.db supplier_invoice_lines: 3571
    ledger.db supplier_invoices: 358
    ledger.db supplier_payments: 303
    ledger.db tax_bureau_invoices: 346
    wms.db goods_receipt_lines: 4087
    wms.db goods_receipts: 527
    wms.db movements: 26433
    wms.db reorder_settings: 600
    wms.db shipment_lines: 21381
    wms.db shipments: 19078
    wms.db stock: 4196
    lines once: 20000
    first order: 2025-09-30
    currencies: CNY,USD
    ");
}

#[test]
fn the_books_are_consistent_but_for_what_the_truth_names() {
    for (seed, day) in [(1, "2026-03-31"), (2, "2024-02-29")] {
        let options = options(day, seed, 2_000);
        let dir = company(&options);
        books::check_references(dir.path());
        books::check_days(dir.path(), options.day);
        books::check_invoices(dir.path(), options.day);
        books::check_movements(dir.path());
    }
}

#[test]
fn a_directory_remembers_its_company_and_refuses_another() {
    let made = options("2026-03-31", 7, 200);
    let dir = company(&made);
    let before = fs::read(dir.path().join("erp.db")).unwrap();
    assert_eq!(demo::remembered(dir.path()).unwrap(), Some(made.clone()));
    assert!(!demo::prepare(dir.path(), &made, false).unwrap(), "the same company is found again");
    insta::assert_snapshot!(refusal(dir.path(), &options("2026-04-30", 7, 500), false), @"DIR holds the company of --as-of 2026-03-31 --seed 7 --lines 200, and --as-of 2026-04-30 --seed 7 --lines 500 was asked for; leave these options out to use it, add --fresh to replace it, or name another --dir");
    assert_eq!(fs::read(dir.path().join("erp.db")).unwrap(), before, "a refusal changes nothing");

    let other = options("2026-04-30", 9, 300);
    assert!(demo::prepare(dir.path(), &other, true).unwrap());
    assert_eq!(demo::remembered(dir.path()).unwrap(), Some(other.clone()));
    assert_eq!(contents(dir.path()), contents(company(&other).path()));
}

#[test]
fn options_out_of_range_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refusals = [
        refusal(dir.path(), &options("2026-03-31", 7, 199), false),
        refusal(dir.path(), &options("2026-03-31", 7, 200_001), false),
        refusal(dir.path(), &options("0001-01-01", 7, 200), false),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @"
    --lines 199 is outside what the demo company can have: 200 to 200000
    --lines 200001 is outside what the demo company can have: 200 to 200000
    --as-of 0001-01-01 is outside the years of the demo company: 1990 to 2999
    ");
    assert_eq!(demo::remembered(dir.path()).unwrap(), None);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_that_is_no_demo_is_never_touched() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.txt", "erp.db", "letters", "z.txt"] {
        fs::write(dir.path().join(name), "mine").unwrap();
    }
    let wanted = options("2026-03-31", 7, 200);
    let refused = refusal(dir.path(), &wanted, false);
    assert_eq!(refusal(dir.path(), &wanted, true), refused, "not even with fresh");
    insta::assert_snapshot!(refused, @"DIR is not empty and holds no demo company (found a.txt, erp.db, letters and 1 more); name an empty or new directory with --dir");
    assert_eq!(fs::read_to_string(dir.path().join("erp.db")).unwrap(), "mine");

    let file = dir.path().join("a.txt");
    insta::assert_snapshot!(refusal(&file, &wanted, false), @"DIR is a file; name an empty or new directory with --dir");
    fs::write(dir.path().join("demo.json"), "{}").unwrap();
    insta::assert_snapshot!(refusal(dir.path(), &wanted, true), @"DIR/demo.json is not what tieout writes there about its demo company; name another directory, or empty this one (missing field `format` at line 1 column 2)");
}

/// Whatever the moment, the next call makes a whole company.
#[test]
fn an_interrupted_making_is_recognised_and_made_anew() {
    let wanted = options("2026-03-31", 7, 200);
    let whole = contents(company(&wanted).path());
    for left in [0, 1, 2, 3] {
        let dir = company(&options("2026-02-28", 1, 200));
        fs::rename(dir.path().join("demo.json"), dir.path().join("demo.json.part")).unwrap();
        if left == 0 {
            fs::write(dir.path().join("demo.json.part"), "{\"form").unwrap();
        }
        for gone in &["truth.json", "ledger.db", "wms.db"][..left] {
            fs::remove_file(dir.path().join(gone)).unwrap();
        }
        fs::write(dir.path().join("erp.db"), "torn").unwrap();
        fs::remove_file(dir.path().join("rules/low-stock.toml")).unwrap();
        fs::write(dir.path().join("rules/low-stock.toml.part"), "kind =").unwrap();
        assert_eq!(demo::remembered(dir.path()).unwrap(), None);
        assert!(demo::prepare(dir.path(), &wanted, false).unwrap());
        assert_eq!(contents(dir.path()), whole);
        assert_eq!(names(&dir.path().join("rules")), shipped("rules"));
        assert_eq!(demo::remembered(dir.path()).unwrap(), Some(wanted.clone()));
    }
}

#[test]
fn an_edited_rule_and_a_foreign_file_outlive_a_fresh_company() {
    let made = options("2026-03-31", 7, 200);
    let dir = company(&made);
    let place = |name: &str| dir.path().join(name);
    fs::create_dir(place("mail")).unwrap();
    for (name, text) in [
        ("rules/low-stock.toml", "edited"),
        ("rules/mine.toml", "mine"),
        ("notes.txt", "mine"),
        ("tieout.db", "a store"),
        ("tieout.db-wal", "its log"),
        ("mail/1.eml", "a mail"),
        ("mail/kept.txt", "mine"),
    ] {
        fs::write(place(name), text).unwrap();
    }
    assert!(!demo::prepare(dir.path(), &made, false).unwrap());
    assert!(demo::prepare(dir.path(), &options("2026-03-31", 8, 200), true).unwrap());
    assert_eq!(fs::read_to_string(place("rules/low-stock.toml")).unwrap(), "edited");
    assert_eq!(names(&place("rules")).len(), shipped("rules").len() + 1);
    assert_eq!(names(&place("mail")), ["kept.txt"]);
    let all = names(dir.path()).join(" ");
    insta::assert_snapshot!(all, @"config demo.json erp.db ledger.db mail notes.txt rules truth.json wms.db");
}

/// The repository's own config and rules, and their copies beside the company.
#[test]
fn every_shipped_file_is_copied_with_its_paths_made_local() {
    let dir = company(&options("2026-03-31", 7, 200));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["config", "config/tables", "rules"] {
        for name in &shipped(folder) {
            let shipped = fs::read_to_string(repository.join(folder).join(name)).unwrap();
            let copy = fs::read_to_string(dir.path().join(folder).join(name)).expect("it is copied");
            assert_eq!(copy, shipped.replace("var/demo/", ""));
            toml::from_str::<toml::Table>(&copy).expect("it is TOML");
        }
    }
}

/// Every query of the shipped tables runs on the company, and gives the columns its file declares.
#[test]
fn every_shipped_query_gives_the_columns_of_its_table() {
    let dir = company(&options("2026-03-31", 7, 200));
    for name in names(&dir.path().join("config/tables")) {
        let text = fs::read_to_string(dir.path().join("config/tables").join(&name)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let database = dir.path().join(format!("{}.db", table["source"].as_str().unwrap()));
        let connection = rusqlite::Connection::open(database).unwrap();
        let mut statement = connection.prepare(table["query"].as_str().unwrap()).unwrap();
        let columns = table["columns"].as_table().unwrap();
        let wanted: BTreeSet<&str> = columns
            .iter()
            .map(|(column, spec)| spec.get("from").and_then(toml::Value::as_str).unwrap_or(column))
            .collect();
        let given: BTreeSet<&str> = statement.column_names().into_iter().collect();
        assert_eq!(wanted, given, "{name}");
        for (parameter, date) in [(":as_of_day", "2026-03-31"), (":period_start", "2026-03-01")] {
            if let Some(index) = statement.parameter_index(parameter).unwrap() {
                statement.raw_bind_parameter(index, date).unwrap();
            }
        }
        assert!(statement.raw_query().next().unwrap().is_some(), "{name} has rows");
    }
}

/// The TOML files of a folder of the repository.
fn shipped(folder: &str) -> Vec<String> {
    let mut names = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    names.retain(|name| name.ends_with(".toml"));
    names
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

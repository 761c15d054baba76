//! `tieout init`: config, table files and first rules, which `tieout check` then accepts.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::Shop;
use crate::harness::{Company, day};

fn files_below(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    found
}

#[test]
fn the_demo_company_gets_files_that_check_accepts_and_rules_that_find_its_faults() {
    let company = Company::new(400, 7, day("2026-11-20"));
    let said =
        company.tieout(&["init", "mine", "--source", "erp.db", "--source", "wms.db", "--source", "books=ledger.db"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    insta::assert_snapshot!("init_demo", said.stdout);
    let checked = company.tieout(&["check", "--config", "mine/config/tieout.toml"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""), "{}", checked.stdout);
    insta::assert_snapshot!("init_demo_rule", company.read("mine/rules/order-lines.toml"));
    insta::assert_snapshot!("init_demo_low_stock", company.read("mine/rules/low-stock.toml"));
    insta::assert_snapshot!("init_demo_latest", company.read("mine/config/tables/stock_latest.toml"));

    let ran = company.tieout(&["run", "daily", "--config", "mine/config/tieout.toml", "--dry-run", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    for rule in report["rules"].as_array().unwrap() {
        assert_ne!(rule["status"], "not_evaluated", "{rule}");
    }
    let lines = report["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "order-lines").unwrap();
    let found = lines["exceptions"].as_array().unwrap().len();
    assert!(found > 0 && found < 100, "most order lines agree, and {found} do not");
}

#[test]
fn a_skeleton_passes_check_too() {
    let shop = Shop::new("", "");
    let said = shop.shell("tieout init empty && tieout check --config empty/config/tieout.toml");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    insta::assert_snapshot!("init_skeleton", fs::read_to_string(shop.path("empty/config/tieout.toml")).unwrap());
}

#[test]
fn nothing_is_overwritten() {
    let shop = Shop::new("A1,x,10.00,CNY", "A1,x,10.00,CNY");
    let before = fs::read_to_string(shop.path("config/tieout.toml")).unwrap();
    let said = shop.shell("tieout init . --source data");
    assert_eq!((said.code, said.out.as_str()), (64, ""));
    assert!(said.err.contains("config/tieout.toml is there already"), "{}", said.err);
    assert_eq!(before, fs::read_to_string(shop.path("config/tieout.toml")).unwrap());
    assert_eq!(files_below(&shop.path("rules")), ["orders.toml"]);
}

#[test]
fn a_folder_of_files_is_begun_with_its_pairs() {
    let rows: String = (0..20).map(|number| format!("SO-{number},x,{number}.50,CNY\n")).collect();
    let shop = Shop::new(&rows, &rows.replace("7.50", "7.51"));
    let said = shop.shell("cd . && tieout init new --source data --business '“Quotes” \\ & more' --currency USD && tieout check --config new/config/tieout.toml");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(files_below(&shop.path("new/config/tables")), ["invoices.toml", "sales.toml"]);
    assert_eq!(files_below(&shop.path("new/rules")), ["invoices-sales.toml"]);
    insta::assert_snapshot!("init_files_rule", fs::read_to_string(shop.path("new/rules/invoices-sales.toml")).unwrap());
}

#[test]
fn chinese_names_stay_as_they_are() {
    let shop = Shop::new("", "");
    let books = Connection::open(shop.path("用友.db")).unwrap();
    let tables = "create table 销售订单 (订单号 text, 行号 integer, 数量 text, 金额 text, primary key (订单号, 行号));
        create table 发票 (发票号 text primary key, 订单号 text, 订单行号 integer, 金额 text, 开票日期 text);";
    books.execute_batch(tables).unwrap();
    for number in 1..=20 {
        let order = format!("insert into 销售订单 values ('SO-{number}', 1, '{number}', '{number}.50')");
        let invoice = format!("insert into 发票 values ('IN-{number}', 'SO-{number}', 1, '{number}.50', '2026-11-01')");
        books.execute_batch(&format!("{order};{invoice}")).unwrap();
    }
    let said = shop.shell("tieout init new --source 用友.db && tieout check --config new/config/tieout.toml");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(files_below(&shop.path("new/rules")), ["销售订单-发票.toml"]);
    let ran = shop.shell("tieout run daily --dry-run --config new/config/tieout.toml");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// Whatever tables and columns are called, the files that are written can be read.
#[test]
fn hostile_names_make_no_wrong_files() {
    let shop = Shop::new("", "");
    let statements = "
        create table \"order\" (\"from\" text, \"select\" integer, \"a\"\"b\" text, \"'''\" text, \"c\\\" decimal(10,2), \"line\nbreak\" text);
        create table \"../up\" (\"订单 号\" text, \"1st\" text, \"#\" text, \"\u{202e}\" text);
        create table \"order_copy\" (\"from\" text, \"select\" integer, \"qty\" text, \"c\\\" decimal(10,2));
        create table \"ORDER\u{7f}\" (no text primary key, due_date text, customer text, balance text);
        insert into \"../up\" values ('x', 'y', 'z', 'w');
        insert into \"ORDER\u{7f}\" values ('1', null, 'c', '5');";
    let books = Connection::open(shop.path("odd.db")).unwrap();
    books.execute_batch(statements).unwrap();
    for number in 0..20 {
        let row = format!("('SO-{number}', {number}, 'q''{number}', 'w', {number}.25, 'x')");
        books.execute(&format!("insert into \"order\" values {row}"), ()).unwrap();
        books
            .execute(&format!("insert into order_copy values ('SO-{number}', {number}, '{number}', {number}.25)"), ())
            .unwrap();
    }
    drop(books);
    let said = shop.shell("tieout init new --source odd.db && tieout check --config new/config/tieout.toml");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(files_below(&shop.path("new")), ["config", "rules"]);
}

#[test]
fn a_wrong_source_writes_nothing() {
    let shop = Shop::new("", "");
    for (line, code, wanted) in [
        ("tieout init new --source nowhere.db", 64, "nowhere.db"),
        ("tieout init new --source orcale://x", 64, "kind of source orcale"),
        ("tieout init new --source postgres://nobody:S3NTINEL@127.0.0.1:1/erp", 2, "erp"),
        ("tieout init new --zone Mars/Olympus", 64, "Mars"),
        ("tieout init new --currency yuan", 64, "CNY"),
    ] {
        let said = shop.shell(line);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{line}: {}", said.err);
        assert!(said.err.contains(wanted) && !said.err.contains("S3NTINEL"), "{line}: {}", said.err);
        assert!(!shop.path("new").exists(), "{line}");
    }
}

#[test]
fn the_log_is_text_or_json_and_nothing_is_shown_where_nobody_looks() {
    let shop = Shop::new("A1,x,10.00,CNY", "A1,x,10.00,CNY");
    assert_eq!(shop.shell("tieout run daily").err, "");
    let told = shop.shell("TIEOUT_LOG=info tieout run daily --log-format json").err;
    let lines: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    for wanted in ["run begins", "reading", "read", "judging", "judged", "run ends"] {
        assert!(messages.contains(&wanted), "{wanted}: {messages:?}");
    }
    let read = lines.iter().find(|line| line["message"] == "read" && line["table"] == "sales").unwrap();
    assert_eq!((&read["source"], &read["rows"]), (&"files".into(), &1.into()));
    let text = shop.shell("TIEOUT_LOG=info tieout run daily --quiet").err;
    assert!(text.contains("reading source=\"files\" table=\"sales\""), "{text}");
}

//! One table of several companies: each is known or unknown by itself.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;
use tieout::audit::exception::Status;
use tieout::audit::judgement::{Reason, Unjudged};
use tieout::config::{self, Config, Locations};
use tieout::report::{RuleReport, RuleStatus, RunReport};
use tieout::run::{self, Request, Target};
use tieout::schedule::Clock;
use tieout::store::{Filter, Store};

use crate::harness::HeldClock;
use crate::servers::mariadb;

/// Three databases of a Yonyou-like system, two of them year-books of one company.
struct Group {
    dir: TempDir,
    clock: Arc<HeldClock>,
}

const BOOKS: [&str; 3] = ["ufdata_001_2026", "ufdata_002_2025", "ufdata_002_2026"];

const CONFIG: &str = r#"
[business]
name = "集团"
zone = "Asia/Shanghai"
currency = "CNY"
[store]
url = "sqlite:tieout.db"
[sources.ufdata_001_2026]
kind = "sqlite"
path = "ufdata_001_2026.db"
company = "001"
[sources.ufdata_002_2025]
kind = "sqlite"
path = "ufdata_002_2025.db"
company = "002"
[sources.ufdata_002_2026]
kind = "sqlite"
path = "ufdata_002_2026.db"
company = "002"
[jobs.daily]
rules = ["*"]
[departments.finance]
title = { en = "Finance", zh = "财务部" }
recipients = ["finance@group.example"]
[mail]
from = "tieout@group.example"
transport = "folder"
path = "mail"
"#;

fn table(name: &str, guards: &str) -> String {
    format!(
        "sources = \"ufdata_*\"\nquery = \"select no, amount from {name}\"\nunique = [\"no\"]\n{guards}\n[columns]\n\
         no = {{ type = \"text\" }}\namount = {{ type = \"money\" }}\n"
    )
}

fn rule(key: &str) -> String {
    format!(
        "kind = \"reconcile\"\ntitle = \"orders and invoices agree\"\nowner = \"finance\"\nkey = [{key}]\n\
         [sides.sales]\ntable = \"orders\"\nsum = [\"amount\"]\n[sides.finance]\ntable = \"invoices\"\n\
         sum = [\"amount\"]\n[[checks]]\nname = \"amount\"\nequal = [\"sales.amount\", \"finance.amount\"]\n"
    )
}

impl Group {
    /// Every company has an order 1 that agrees and an order 2 that was invoiced with 1 too much; the second has one
    /// that was not invoiced in its book of 2025.
    fn new() -> Group {
        let clock = Arc::new(HeldClock::at("2026-11-20T08:30:00+08:00"));
        let group = Group { dir: TempDir::new().unwrap(), clock };
        for folder in ["config/tables", "rules"] {
            std::fs::create_dir_all(group.path(folder)).unwrap();
        }
        group.write("config/tieout.toml", CONFIG);
        group.write("config/tables/orders.toml", &table("orders", ""));
        group.write("config/tables/invoices.toml", &table("invoices", ""));
        group.write("rules/by-company.toml", &rule("\"company\", \"no\""));
        group.write("rules/together.toml", &rule("\"no\""));
        for book in BOOKS {
            group.sql(book, "create table orders (no text, amount text); create table invoices (no text, amount text)");
        }
        for book in ["ufdata_001_2026", "ufdata_002_2026"] {
            group.sql(book, "insert into orders values ('1', '10'), ('2', '20')");
            group.sql(book, "insert into invoices values ('1', '10'), ('2', '21')");
        }
        group.sql("ufdata_002_2025", "insert into orders values ('25', '5')");
        group
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    fn write(&self, relative: &str, text: &str) {
        std::fs::write(self.path(relative), text).unwrap();
    }

    fn sql(&self, book: &str, statements: &str) {
        Connection::open(self.path(&format!("{book}.db"))).unwrap().execute_batch(statements).unwrap();
    }

    fn hide(&self, book: &str) {
        std::fs::rename(self.path(&format!("{book}.db")), self.path(&format!("{book}.hidden"))).unwrap();
    }

    fn show(&self, book: &str) {
        std::fs::rename(self.path(&format!("{book}.hidden")), self.path(&format!("{book}.db"))).unwrap();
    }

    fn config(&self) -> Arc<Config> {
        let locations = Locations { config: self.path("config/tieout.toml"), rules: self.path("rules") };
        Arc::new(config::load(&locations, &|_| None).unwrap_or_else(|problems| panic!("{problems}")))
    }

    async fn store(&self) -> Store {
        Store::open(self.config().store_url.expose()).await.unwrap()
    }

    async fn run(&self) -> RunReport {
        let request = Request { target: Target::Job("daily".to_owned()), as_of: self.clock.now(), dry_run: false };
        run::run(&self.config(), Some(&self.store().await), &request, &*self.clock).await.unwrap()
    }

    /// Rule, subject and status of every exception.
    async fn exceptions(&self, rule: &str) -> Vec<(String, Status)> {
        let filter = Filter { rule: Some(rule.to_owned()), ..Filter::default() };
        let page = self.store().await.exceptions(&filter).await.unwrap();
        page.exceptions.into_iter().map(|one| (one.subject.to_string(), one.status)).collect()
    }

    /// The texts of the letters that a run wrote.
    fn letters(&self, report: &RunReport) -> Vec<String> {
        let store = Connection::open(self.path("tieout.db")).unwrap();
        let mut query = store.prepare("select text_part from letters where run_id = ?1").unwrap();
        let texts = query.query_map([report.run.as_ref().unwrap()], |row| row.get(0)).unwrap();
        texts.collect::<Result<_, _>>().unwrap()
    }
}

fn of<'r>(report: &'r RunReport, rule: &str) -> &'r RuleReport {
    report.rules.iter().find(|known| known.rule == rule).unwrap()
}

fn open(subjects: &[&str]) -> Vec<(String, Status)> {
    subjects.iter().map(|subject| ((*subject).to_owned(), Status::Open)).collect()
}

#[tokio::test]
async fn each_company_is_judged_by_itself_and_its_year_books_as_one() {
    let group = Group::new();
    let report = group.run().await;
    let by_company = of(&report, "by-company");
    assert_eq!((by_company.sides[0].rows, by_company.status), (5, RuleStatus::Exceptions));
    assert_eq!(group.exceptions("by-company").await, open(&["001 / 2", "002 / 2", "002 / 25"]));
    assert_eq!(group.exceptions("together").await, open(&["2", "25"]));
    assert_eq!(report.exit_code(), 1);
    assert!(by_company.unknown.is_empty());
}

#[tokio::test]
async fn what_breaks_in_one_company_is_read_again_in_all_of_them() {
    let group = Group::new();
    let again = rule("\"company\", \"no\"").replacen("owner =", "recheck = \"5m\"\nowner =", 1);
    group.write("rules/by-company.toml", &again);
    group.run().await;
    assert_eq!(group.exceptions("by-company").await, open(&["001 / 2", "002 / 2", "002 / 25"]));
}

#[tokio::test]
async fn a_company_that_cannot_be_read_is_left_as_it_was_and_the_others_are_judged() {
    let group = Group::new();
    group.run().await;
    // One of two year-books makes the company unknown.
    group.hide("ufdata_002_2025");
    group.sql("ufdata_001_2026", "update invoices set amount = '20' where no = '2'");
    group.sql("ufdata_002_2026", "update invoices set amount = '20' where no = '2'");
    group.sql("ufdata_002_2026", "insert into orders values ('3', '30')");
    group.clock.set("2026-11-21T08:30:00+08:00");
    let report = group.run().await;
    let by_company = of(&report, "by-company");
    assert_eq!(by_company.status, RuleStatus::TiesOut);
    let unknown: Vec<&String> = by_company.unknown.keys().collect();
    assert_eq!(unknown, ["002"]);
    assert!(matches!(&by_company.unknown["002"], Reason::Unreadable { source, .. } if source == "ufdata_002_2025"));
    assert_eq!(by_company.unjudged, [(Unjudged::CompanyUnknown, 2)].into(), "the two that are open");
    assert_eq!(report.exit_code(), 2, "not everything was evaluated");
    let all = group.exceptions("by-company").await;
    assert_eq!(all[1..], open(&["002 / 2", "002 / 25"]));
    assert_eq!(all[0], ("001 / 2".to_owned(), Status::Resolved));
    // A rule that does not tell companies apart says nothing at all.
    let together = of(&report, "together");
    assert_eq!(together.status, RuleStatus::NotEvaluated);
    assert_eq!(group.exceptions("together").await, open(&["2", "25"]));
    let letters = group.letters(&report);
    assert!(letters[0].contains("以下公司未核对，其他公司已核对——公司 002：数据源 ufdata_002_2025"), "{}", letters[0]);
    // It is back, and what it has is judged again.
    group.show("ufdata_002_2025");
    group.clock.set("2026-11-22T08:30:00+08:00");
    let report = group.run().await;
    assert!(of(&report, "by-company").unknown.is_empty());
    let all = group.exceptions("by-company").await;
    let status = |subject: &str| all.iter().find(|(known, _)| known == subject).map(|(_, status)| *status);
    assert_eq!(status("002 / 2"), Some(Status::Resolved));
    assert_eq!((status("002 / 25"), status("002 / 3")), (Some(Status::Open), Some(Status::Open)));
}

#[tokio::test]
async fn a_side_that_has_the_company_does_not_make_up_for_one_that_has_not() {
    let group = Group::new();
    group.run().await;
    group.sql("ufdata_002_2026", "drop table invoices");
    let report = group.run().await;
    let by_company = of(&report, "by-company");
    assert_eq!(by_company.unknown.len(), 1);
    assert_eq!(by_company.unjudged, [(Unjudged::CompanyUnknown, 3)].into(), "two are open, one was read and agreed");
    assert_eq!(group.exceptions("by-company").await, open(&["001 / 2", "002 / 2", "002 / 25"]));
}

#[tokio::test]
async fn without_any_company_a_table_is_unknown_as_a_whole() {
    let group = Group::new();
    BOOKS.iter().for_each(|book| group.hide(book));
    let report = group.run().await;
    assert!(report.rules.iter().all(|rule| rule.status == RuleStatus::NotEvaluated));
}

#[tokio::test]
async fn guards_are_those_of_each_company() {
    let group = Group::new();
    group.write("config/tables/orders.toml", &table("orders", "guards = { min_rows = 2, max_drop = \"40%\" }"));
    let report = group.run().await;
    // The second company has an order of 2025 besides, in a book that has one row only.
    assert!(of(&report, "by-company").unknown.is_empty());
    group.sql("ufdata_001_2026", "insert into orders values ('7', '7'), ('8', '8'), ('9', '9')");
    group.clock.set("2026-11-21T08:30:00+08:00");
    assert!(of(&group.run().await, "by-company").unknown.is_empty());
    group.sql("ufdata_001_2026", "delete from orders where no > '2'");
    group.clock.set("2026-11-22T08:30:00+08:00");
    let report = group.run().await;
    let unknown = &of(&report, "by-company").unknown;
    let Some(Reason::Dropped { drop, .. }) = unknown.get("001") else { panic!("{unknown:?}") };
    assert_eq!((drop.was.to_string(), drop.now.to_string()), ("5".to_owned(), "2".to_owned()));
    assert_eq!(unknown.len(), 1);
    assert!(!group.letters(&report).is_empty());
    // On the same day and by the same guard, nobody is told again.
    assert_eq!(group.letters(&group.run().await), [""; 0]);
}

#[tokio::test]
async fn a_name_of_the_config_says_which_company_a_source_is_and_otherwise_its_own() {
    let group = Group::new();
    let text = CONFIG.replace("company = \"001\"\n", "");
    group.write("config/tieout.toml", &text);
    let config = group.config();
    let named: Vec<(&str, &str)> =
        config.tables["orders"].companies.iter().map(|one| (one.source.as_str(), one.company.as_str())).collect();
    assert_eq!(named, [(BOOKS[0], BOOKS[0]), (BOOKS[1], "002"), (BOOKS[2], "002")]);
    assert_eq!(config.tables["orders"].unique, ["company", "no"]);
    // Which company a source is changes whom a subject belongs to.
    let hash = |config: &Config| config.rules.iter().map(|rule| rule.hash.clone()).collect::<Vec<_>>();
    let before = hash(&config);
    group.write("config/tieout.toml", CONFIG);
    assert_ne!(hash(&group.config()), before);
}

/// Two companies at a MariaDB, the year-book of the last year a file: each is known or unknown by itself.
#[tokio::test(flavor = "multi_thread")]
async fn companies_may_be_databases_of_a_server() {
    let Some(server) = mariadb() else { return };
    let group = Group::new();
    let tables = "create table orders (no varchar(9) primary key, amount decimal(9,2));
        create table invoices (no varchar(9) primary key, amount decimal(9,2));
        insert into orders values ('1', 10), ('2', 20); insert into invoices values ('1', 10), ('2', 21)";
    let shops = [server.database(tables), server.database(tables)];
    let mut text = CONFIG.to_owned();
    for (shop, book) in shops.iter().zip(["ufdata_001_2026", "ufdata_002_2026"]) {
        let (file, server) =
            (format!("kind = \"sqlite\"\npath = \"{book}.db\""), format!("kind = \"mysql\"\nurl = \"{}\"", shop.url()));
        assert!(text.contains(&file));
        text = text.replace(&file, &server);
    }
    group.write("config/tieout.toml", &format!("{text}[limits]\nmax_clock_offset = \"900000h\"\n"));
    group.write(
        "rules/by-company.toml",
        &rule("\"company\", \"no\"").replacen("owner =", "recheck = \"5m\"\nowner =", 1),
    );
    group.run().await;
    assert_eq!(group.exceptions("by-company").await, open(&["001 / 2", "002 / 2", "002 / 25"]));
    shops[1].sql("rename table invoices to kept");
    shops[0].sql("update invoices set amount = 20 where no = '2'");
    let report = group.run().await;
    let by_company = of(&report, "by-company");
    assert_eq!(by_company.status, RuleStatus::TiesOut);
    assert!(matches!(&by_company.unknown["002"], Reason::Unreadable { source, .. } if source == "ufdata_002_2026"));
    assert_eq!(by_company.unknown.len(), 1);
    let all = group.exceptions("by-company").await;
    assert_eq!(all[0], ("001 / 2".to_owned(), Status::Resolved));
    assert_eq!(all[1..], open(&["002 / 2", "002 / 25"]));
}

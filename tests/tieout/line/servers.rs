//! Database servers that refuse, break, change or are written to: what their rule would have proved stays as it was,
//! that is said, and the other rules are judged.

use chrono::TimeDelta;
use tieout::report::{RuleStatus, RunReport};
use tieout::schedule::Clock;

use super::recheck::run_while;
use super::sources::check_not_evaluated;
use super::{check_unchanged, company, rule};
use crate::harness::Company;
use crate::servers::proxy::Proxy;
use crate::servers::{Database, Mariadb, PASSWORD, Postgres, Shop, mariadb, numbers, postgres};

const RULE: &str = "orders-at-the-server";

/// Orders and the invoices of the same lines, one of them wrong, and one without an invoice. `ORDERS` stands for the
/// numbers and amounts of 3,000 orders, in the server's own words.
const BOOKS: &str = "
    create table orders (no varchar(20) primary key, amount numeric(12,2), ordered date);
    create table invoices (no varchar(20) primary key, amount numeric(12,2), invoiced date);
    insert into orders select no, amount, '2026-11-01' from (ORDERS) o;
    insert into invoices select no, amount, ordered from orders;
    update invoices set amount = amount + 1 where no = 'SO-7';
    delete from invoices where no = 'SO-8';";

fn at_postgres(server: &Postgres) -> Database<'_> {
    let orders = "select 'SO-' || g as no, g * 1.25 as amount from generate_series(1, 3000) g";
    let books = BOOKS.replace("ORDERS", orders).replace("'2026-11-01'", "date '2026-11-01'");
    server.database(&books)
}

fn at_mariadb(server: &Mariadb) -> Shop<'_> {
    let orders = format!("select concat('SO-', seq) as no, seq * 1.25 as amount from {}", numbers(3_000));
    server.database(&BOOKS.replace("ORDERS", &orders))
}

/// The demo company with a further rule over two tables of a server. The clocks of the company stand still, so the
/// server's is far ahead of them.
fn company_at(kind: &str, url: &str) -> Company {
    let company = company();
    let config = company.read("config/tieout.toml").replace("\"low-stock\",", "\"low-stock\", \"orders-*\",");
    let source = format!("\n[sources.server]\nkind = \"{kind}\"\nurl = \"{url}\"\nzone = \"Asia/Shanghai\"\n");
    let limits = "[limits]\nmax_clock_offset = \"900000h\"\nlock_timeout = \"1s\"\nconnect_timeout = \"5s\"\npull_timeout = \"4s\"\n";
    company.write("config/tieout.toml", &format!("{config}{source}{limits}"));
    for (table, date) in [("orders", "ordered"), ("invoices", "invoiced")] {
        let text = format!(
            "source = \"server\"\nquery = \"select no, amount, {date} from {table}\"\nunique = [\"no\"]\ndate = \"{date}\"\n\
             guards = {{ min_rows = 1, max_drop = \"50%\" }}\n[columns]\nno = {{ type = \"text\" }}\n\
             amount = {{ type = \"money\", scale = 2 }}\n{date} = {{ type = \"date\" }}\n"
        );
        company.write(&format!("config/tables/server_{table}.toml"), &text);
    }
    let rule = "kind = \"reconcile\"\ntitle = \"Orders and invoices of the server agree\"\nowner = \"finance\"\nkey = [\"no\"]\n\
                [sides.orders]\ntable = \"server_orders\"\n[sides.invoices]\ntable = \"server_invoices\"\n\
                [[checks]]\nname = \"amount\"\nequal = [\"orders.amount\", \"invoices.amount\"]\n";
    company.write(&format!("rules/{RULE}.toml"), rule);
    company
}

fn judged(report: &RunReport) -> (RuleStatus, usize) {
    let rule = rule(report, RULE);
    (rule.status, rule.exceptions.len())
}

/// What breaks the tables of a server of any kind, and what mends them again.
const FAULTS: [(&str, &str, &str); 5] = [
    ("a table is gone", "alter table invoices rename to i", "alter table i rename to invoices"),
    (
        "a column is gone",
        "alter table invoices rename column amount to sum",
        "alter table invoices rename column sum to amount",
    ),
    (
        "a type has changed",
        "alter table invoices rename column amount to kept; alter table invoices add amount date default '2026-11-01'",
        "alter table invoices drop column amount; alter table invoices rename column kept to amount",
    ),
    (
        "a table is empty",
        "create table kept as select * from invoices; delete from invoices",
        "insert into invoices select * from kept; drop table kept",
    ),
    (
        "a table is ten times smaller",
        "create table kept as select * from invoices; delete from invoices where no not like '%0'",
        "insert into invoices select * from kept where no not like '%0'; drop table kept",
    ),
];

const HIDDEN: &str = "alter table invoices rename to i; create view invoices as";
const SHOWN: &str = "drop view invoices; alter table i rename to invoices;";

/// What each fault of the tables, made and mended by `sql`, is told as.
async fn of_tables(company: &Company, sql: impl Fn(&str), faults: &[(&str, &str, &str)]) -> Vec<String> {
    let first = company.run().await;
    assert_eq!(judged(&first), (RuleStatus::Exceptions, 2));
    let mut said = Vec::new();
    for (broken, breaking, mending) in FAULTS.iter().chain(faults) {
        sql(breaking);
        let (_, reasons) = check_not_evaluated(company, broken, &[RULE]).await;
        said.push(format!("{broken}:\n{reasons}"));
        sql(mending);
        check_unchanged(&company.run().await);
    }
    said
}

/// What each fault on the way to the server at `address` is told as: `secure` and `plain` are what the URL says for a
/// connection that checks the certificate, and for one in plain text.
async fn of_the_way(company: &Company, url: &str, address: &str, secure: &str, plain: &str) -> Vec<String> {
    let config = company.read("config/tieout.toml");
    let cut = Proxy::cutting_after(address, 40_000);
    let cut_at = format!("127.0.0.1:{}", cut.port);
    let mut said = Vec::new();
    for (broken, other) in [
        ("the password is wrong", url.replace(PASSWORD, "wr0ng")),
        ("nobody listens", url.replace(address, "127.0.0.1:1")),
        ("the certificate is another's", format!("{url}{secure}")),
        ("the connection is cut", format!("{}{plain}", url.replace(address, &cut_at))),
    ] {
        company.write("config/tieout.toml", &config.replace(url, &other));
        let (_, reasons) = check_not_evaluated(company, broken, &[RULE]).await;
        // How much of the row in which it is cut had come is a matter of luck.
        let reasons = match reasons.split_once(" broke: ") {
            Some((before, after)) => format!("{before} broke: …;{}", after.split_once(';').unwrap().1),
            None => reasons,
        };
        let reasons = reasons.replace(&cut_at, "HOST").replace("127.0.0.1:1 ", "HOST ");
        assert!(!reasons.contains("wr0ng") && !reasons.contains(PASSWORD), "{reasons}");
        said.push(format!("{broken}:\n{reasons}"));
    }
    company.write("config/tieout.toml", &config.replace("900000h", "10m"));
    let (_, reasons) = check_not_evaluated(company, "the clock is off", &[RULE]).await;
    assert!(reasons.contains("ClockOff"), "{reasons}");
    company.write("config/tieout.toml", &config);
    check_unchanged(&company.run().await);
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_the_server_its_rule_stays_as_it_was_and_the_others_are_judged() {
    let Some(server) = postgres() else { return };
    let database = at_postgres(server);
    let (url, address) = (database.url(), server.address());
    let company = company_at("postgres", &url);
    let never = format!("{HIDDEN} select i.* from i, pg_sleep(60)");
    let full = format!(
        "{HIDDEN} select * from i order by md5(no);
         do $$ begin execute format('alter database %I set work_mem = ''64kB''', current_database());
                     execute format('alter database %I set temp_file_limit = ''64kB''', current_database()); end $$"
    );
    let freed =
        format!("{SHOWN} do $$ begin execute format('alter database %I reset all', current_database()); end $$");
    let faults = [
        ("a query never ends", never.as_str(), SHOWN),
        ("the disk of the server is full", full.as_str(), freed.as_str()),
    ];
    let mut said = of_tables(&company, |statements| database.sql(statements), &faults).await;
    let secure = server.authority().map(|file| format!("?sslmode=verify-full&sslrootcert={}", file.display()));
    let secure = secure.unwrap_or_else(|| "?sslmode=verify-full".to_owned());
    said.extend(of_the_way(&company, &url, address, &secure, "?sslmode=disable").await);
    insta::assert_snapshot!(said.join("\n\n").replace(address, "HOST").replace(&database.name, "DATABASE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_a_mariadb_its_rule_stays_as_it_was_and_the_others_are_judged() {
    let Some(server) = mariadb() else { return };
    let shop = at_mariadb(server);
    let (url, address) = (shop.url(), server.address());
    let company = company_at("mysql", &url);
    let never = format!("{HIDDEN} select * from i where sleep(60) = 0");
    let faults = [("a query never ends", never.as_str(), SHOWN)];
    let mut said = of_tables(&company, |statements| shop.sql(statements), &faults).await;
    let secure = server.authority().map(|file| format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={}", file.display()));
    let secure = secure.unwrap_or_else(|| "?ssl-mode=VERIFY_IDENTITY".to_owned());
    said.extend(of_the_way(&company, &url, address, &secure, "?ssl-mode=DISABLED").await);
    let said =
        said.join("\n\n").replace(address, "HOST").replace(&shop.reader, "READER").replace(&shop.name, "DATABASE");
    server.quoted().bind(|| insta::assert_snapshot!(said));
}

async fn check_not_waited_for<S>(company: Company, lock: impl FnOnce() -> S) {
    company.run().await;
    let held = lock();
    let (_, reasons) = check_not_evaluated(&company, "locked", &[RULE]).await;
    assert!(reasons.contains("is locked by another program, and still was after 1 s"), "{reasons}");
    drop(held);
    check_unchanged(&company.run().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_being_rebuilt_is_not_waited_for_for_ever() {
    let Some(server) = postgres() else { return };
    let database = at_postgres(server);
    let lock = || database.session("begin; lock table invoices in access exclusive mode");
    check_not_waited_for(company_at("postgres", &database.url()), lock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_a_mariadb_that_is_being_rebuilt_is_not_waited_for_for_ever() {
    let Some(server) = mariadb() else { return };
    let shop = at_mariadb(server);
    check_not_waited_for(company_at("mysql", &shop.url()), || shop.session("lock tables invoices write")).await;
}

async fn check_killed(company: Company, kill: impl FnOnce()) {
    company.run().await;
    kill();
    let (_, reasons) = check_not_evaluated(&company, "killed", &[RULE]).await;
    assert!(reasons.contains("cannot be reached"), "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_is_unknown_until_it_is_back() {
    if postgres().is_none() {
        return;
    }
    let Some(server) = Postgres::start() else { return };
    let database = at_postgres(&server);
    check_killed(company_at("postgres", &database.url()), server.killer()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mariadb_that_is_killed_is_unknown_until_it_is_back() {
    if mariadb().is_none() {
        return;
    }
    let Some(server) = Mariadb::start() else { return };
    let shop = at_mariadb(&server);
    check_killed(company_at("mysql", &shop.url()), server.killer()).await;
}

/// Somebody takes orders, invoices and cancels them all day long, each in one transaction. Whatever is read at whatever
/// moment agrees, so nothing may ever be found. `SLEEP` stands for the name of the function that waits.
const BUSY: &str = "
    begin; insert into orders values ('N-$n', $n, '2026-11-02'); select SLEEP(0.001); insert into invoices values ('N-$n', $n, '2026-11-02'); commit;
    begin; delete from invoices where no = 'SO-$n'; delete from orders where no = 'SO-$n'; commit;
    begin; update orders set amount = amount + 1; update invoices set amount = amount + 1; commit;";
const WRONG_ONES: &str =
    "delete from orders where no in ('SO-7', 'SO-8'); delete from invoices where no in ('SO-7', 'SO-8')";

async fn check_never_a_break(company: Company) {
    const RUNS: usize = 50;
    company.narrow(&["orders-*"]);
    for run in 0..RUNS {
        let report = company.dry_run().await;
        assert_eq!(judged(&report), (RuleStatus::TiesOut, 0), "run {run}: {:?}", rule(&report, RULE));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_writer_never_makes_a_break() {
    let Some(server) = postgres() else { return };
    let database = at_postgres(server);
    database.sql(WRONG_ONES);
    let writer = database.writer(&BUSY.replace("SLEEP", "pg_sleep"));
    check_never_a_break(company_at("postgres", &database.url())).await;
    assert!(writer.rounds() > 0, "the writer was at work");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_writer_at_a_mariadb_never_makes_a_break() {
    let Some(server) = mariadb() else { return };
    let shop = at_mariadb(server);
    shop.sql(WRONG_ONES);
    let writer = shop.writer(&BUSY.replace("SLEEP", "sleep"));
    check_never_a_break(company_at("mysql", &shop.url())).await;
    assert!(writer.rounds() > 0, "the writer was at work");
}

/// Of two orders that break, one is mended between the two readings.
async fn check_read_again(company: Company, mend: impl FnOnce() + Send) {
    company.narrow(&["orders-*"]);
    company.edit(&format!("rules/{RULE}.toml"), "owner =", "recheck = \"5m\"\nowner =");
    let before = company.clock.now();
    let report = run_while(&company, false, mend).await;
    assert_eq!(company.clock.now() - before, TimeDelta::minutes(5));
    let rule = rule(&report, RULE);
    let listed: Vec<String> = rule.exceptions.iter().map(|listed| listed.subject.to_string()).collect();
    assert_eq!((rule.status, listed), (RuleStatus::Exceptions, vec!["SO-8".to_owned()]));
    assert_eq!(rule.read_again_at.len(), 2);
}

const MENDED: &str = "update invoices set amount = amount - 1 where no = 'SO-7'";

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_at_a_server_is_read_again() {
    let Some(server) = postgres() else { return };
    let database = at_postgres(server);
    check_read_again(company_at("postgres", &database.url()), || database.sql(MENDED)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_at_a_mariadb_is_read_again() {
    let Some(server) = mariadb() else { return };
    let shop = at_mariadb(server);
    check_read_again(company_at("mysql", &shop.url()), || shop.sql(MENDED)).await;
}

/// The disk that tieout's own store lies on is full: the run says so, and nothing of it is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_store_records_nothing() {
    let company = company();
    company.run().await;
    let before = super::books(&company);
    let limited = company.tieout_with_files_of(64, &["run", "daily"]);
    assert_eq!(limited.code, 2, "{limited:?}");
    assert!(limited.stderr.contains("full") || limited.stderr.contains("disk I/O error"), "{limited:?}");
    assert_eq!(super::books(&company), before);
}

//! Database servers that refuse, break, change or are written to: what their rule would have proved stays as it was,
//! that is said, and the other rules are judged.

use tieout::report::{RuleStatus, RunReport};

use super::sources::check_not_evaluated;
use super::{check_unchanged, company, rule};
use crate::harness::Company;
use crate::servers::proxy::Proxy;
use crate::servers::{PASSWORD, Postgres, postgres};

const RULE: &str = "orders-at-the-server";

/// Orders and the invoices of the same lines, one of them wrong, and one without an invoice.
const BOOKS: &str = "
    create table orders (no text primary key, amount numeric(12,2), ordered date);
    create table invoices (no text primary key, amount numeric(12,2), invoiced date);
    insert into orders select 'SO-' || g, g * 1.25, date '2026-11-01' from generate_series(1, 3000) g;
    insert into invoices select no, amount, ordered from orders;
    update invoices set amount = amount + 1 where no = 'SO-7';
    delete from invoices where no = 'SO-8';";

/// The demo company with a further rule over two tables of a server. The clocks of the company stand still, so the
/// server's is far ahead of them.
fn company_at(url: &str) -> Company {
    let company = company();
    let config = company.read("config/tieout.toml").replace("\"low-stock\",", "\"low-stock\", \"orders-*\",");
    let source = format!("\n[sources.server]\nkind = \"postgres\"\nurl = \"{url}\"\nzone = \"Asia/Shanghai\"\n");
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

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_the_server_its_rule_stays_as_it_was_and_the_others_are_judged() {
    let Some(server) = postgres() else { return };
    let database = server.database(BOOKS);
    let url = database.url();
    let company = company_at(&url);
    let first = company.run().await;
    assert_eq!(judged(&first), (RuleStatus::Exceptions, 2));
    let (config, address) = (company.read("config/tieout.toml"), server.address().to_owned());
    let (port, authority) = (address.rsplit_once(':').unwrap().1.to_owned(), server.authority());
    let secure = authority.map(|file| format!("?sslmode=verify-full&sslrootcert={}", file.display()));
    let mut said = Vec::new();
    for (broken, breaking, mending) in [
        ("a table is gone", "alter table invoices rename to i", "alter table i rename to invoices"),
        ("a column is gone", "alter table invoices rename amount to sum", "alter table invoices rename sum to amount"),
        (
            "a type has changed",
            "alter table invoices rename amount to kept; alter table invoices add amount date default '2026-11-01'",
            "alter table invoices drop amount; alter table invoices rename kept to amount",
        ),
        (
            "a table is empty",
            "create table kept as table invoices; delete from invoices",
            "insert into invoices table kept; drop table kept",
        ),
        (
            "a table is ten times smaller",
            "create table kept as table invoices; delete from invoices where no not like '%0'",
            "insert into invoices select * from kept where no not like '%0'; drop table kept",
        ),
        (
            "a query never ends",
            "alter table invoices rename to i; create view invoices as select i.* from i, pg_sleep(60)",
            "drop view invoices; alter table i rename to invoices",
        ),
        (
            "the disk of the server is full",
            "alter table invoices rename to i; create view invoices as select * from i order by md5(no);
             do $$ begin execute format('alter database %I set work_mem = ''64kB''', current_database());
                         execute format('alter database %I set temp_file_limit = ''64kB''', current_database()); end $$",
            "drop view invoices; alter table i rename to invoices;
             do $$ begin execute format('alter database %I reset all', current_database()); end $$",
        ),
    ] {
        database.sql(breaking);
        let (_, reasons) = check_not_evaluated(&company, broken, &[RULE]).await;
        said.push(format!("{broken}:\n{reasons}"));
        database.sql(mending);
        check_unchanged(&company.run().await);
    }
    let cut = Proxy::cutting_after(&address, 40_000);
    for (broken, url) in [
        ("the password is wrong", url.replace(PASSWORD, "wr0ng")),
        ("nobody listens", url.replace(&port, "1")),
        ("the certificate is another's", format!("{url}{}", secure.unwrap_or_default())),
        ("the connection is cut", format!("{}?sslmode=disable", url.replace(&port, &cut.port.to_string()))),
    ] {
        company.write("config/tieout.toml", &config.replace(&database.url(), &url));
        let (_, reasons) = check_not_evaluated(&company, broken, &[RULE]).await;
        // How much of the row in which it is cut had come is a matter of luck.
        let reasons = match reasons.split_once(" broke: ") {
            Some((before, after)) => format!("{before} broke: …;{}", after.split_once(';').unwrap().1),
            None => reasons,
        };
        let reasons = reasons.replace(&format!("127.0.0.1:{}", cut.port), "HOST").replace("127.0.0.1:1", "HOST");
        assert!(!reasons.contains("wr0ng") && !reasons.contains(PASSWORD), "{reasons}");
        said.push(format!("{broken}:\n{reasons}"));
    }
    company.write("config/tieout.toml", &config.replace("900000h", "10m"));
    let (_, reasons) = check_not_evaluated(&company, "the clock is off", &[RULE]).await;
    assert!(reasons.contains("ClockOff"), "{reasons}");
    company.write("config/tieout.toml", &config);
    check_unchanged(&company.run().await);
    let said = said.join("\n\n").replace(&address, "HOST").replace(&database.name, "DATABASE");
    insta::assert_snapshot!(said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_being_rebuilt_is_not_waited_for_for_ever() {
    let Some(server) = postgres() else { return };
    let database = server.database(BOOKS);
    let company = company_at(&database.url());
    company.run().await;
    let held = database.session("begin; lock table invoices in access exclusive mode");
    let (_, reasons) = check_not_evaluated(&company, "locked", &[RULE]).await;
    assert!(reasons.contains("is locked by another program, and still was after 1 s"), "{reasons}");
    drop(held);
    check_unchanged(&company.run().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_is_unknown_until_it_is_back() {
    if postgres().is_none() {
        return;
    }
    let Some(server) = Postgres::start() else { return };
    let database = server.database(BOOKS);
    let company = company_at(&database.url());
    company.run().await;
    server.killer()();
    let (_, reasons) = check_not_evaluated(&company, "killed", &[RULE]).await;
    assert!(reasons.contains("cannot be reached"), "{reasons}");
}

/// Somebody takes orders, invoices and cancels them all day long, each in one transaction. Whatever is read at whatever
/// moment agrees, so nothing may ever be found.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_writer_never_makes_a_break() {
    const RUNS: usize = 50;
    let Some(server) = postgres() else { return };
    let database = server.database(BOOKS);
    database.sql("delete from orders where no in ('SO-7', 'SO-8'); delete from invoices where no in ('SO-7', 'SO-8')");
    let company = company_at(&database.url());
    company.narrow(&["orders-*"]);
    let writer = database.writer(
        "begin; insert into orders values ('N-' || $n, $n, '2026-11-02'); select pg_sleep(0.001); insert into invoices values ('N-' || $n, $n, '2026-11-02'); commit;
         begin; delete from invoices where no = 'SO-' || $n; delete from orders where no = 'SO-' || $n; commit;
         begin; update orders set amount = amount + 1; update invoices set amount = amount + 1; commit;",
    );
    for run in 0..RUNS {
        let report = company.dry_run().await;
        assert_eq!(judged(&report), (RuleStatus::TiesOut, 0), "run {run}: {:?}", rule(&report, RULE));
    }
    assert!(writer.rounds() > 0, "the writer was at work");
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

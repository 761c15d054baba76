//! MySQL and MariaDB: every type exactly, one snapshot, read only, and no half tables.

mod faults;
mod types;

use tieout::audit::amount::Amount;
use tieout::audit::expression::Parameters;
use tieout::audit::value::Value;
use tieout::config::Source;
use tieout::sources::{Asked, PullLimits, Pulls, pull, remarks};

use super::{LIMITS, clock, moment, mysql_source, pull_with, query, show};
use crate::servers::{Shop, mariadb};

/// The frame of a query, or the sentence that says why there is none.
fn says(shop: &Shop<'_>, sql: &str, columns: &[&str]) -> String {
    says_with(shop, &mysql_source(&shop.url()), sql, columns, &LIMITS)
}

fn says_with(shop: &Shop<'_>, source: &Source, sql: &str, columns: &[&str], limits: &PullLimits) -> String {
    let pulls = pull_with(source, vec![query("orders", sql, columns)], &parameters(), limits);
    match &pulls["orders"] {
        Ok(raw) => show(&raw.frame),
        Err(error) => hidden(shop, &error.to_string()),
    }
}

/// A text without what differs every time.
fn hidden(shop: &Shop<'_>, text: &str) -> String {
    let text = text.replace(&shop.reader, "READER").replace(&shop.name, "DATABASE");
    text.replace(shop.server.address(), "SERVER").replace("'localhost'", "'127.0.0.1'")
}

fn parameters() -> Parameters {
    let amount = |text: &str| Value::Amount(text.parse().unwrap());
    Parameters::from([
        ("as_of".to_owned(), Value::Instant(moment())),
        ("as_of_day".to_owned(), Value::Date("2026-11-23".parse().unwrap())),
        ("least".to_owned(), amount("0.50")),
        ("days".to_owned(), Value::Amount(Amount::from(30))),
        ("strict".to_owned(), Value::Bool(true)),
        ("region".to_owned(), Value::Text("华东".to_owned())),
        ("none".to_owned(), Value::Null),
        ("fine".to_owned(), amount("123456789012345678901.123456789012")),
        ("big".to_owned(), amount("9007199254740993.1")),
        ("huge".to_owned(), amount("18446744073709551615")),
    ])
}

/// Pulls the tables, each called by its name and asked by its query for `a`; `settle` is called after each.
fn pulled<T: Send + 'static>(
    source: &Source,
    tables: &[(&str, &str)],
    limits: &PullLimits,
    settle: impl Fn(&str, usize) -> T + Send + 'static,
) -> Pulls<T> {
    let asked = tables.iter().map(|(name, sql)| Asked {
        table: query(name, sql, &["a"]),
        parameters: parameters(),
        keys: None,
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let settle = move |name: &str, raw: tieout::audit::snapshot::RawTable| settle(name, raw.frame.height());
    runtime.block_on(pull(source, asked.collect(), limits, clock(), settle))
}

#[test]
fn a_parameter_acts_like_the_same_constant_in_the_query() {
    let Some(server) = mariadb() else { return };
    let shop = server.database("create table t (a int)");
    let sql = "select :as_of as as_of, :as_of_day as as_of_day, :strict as strict, :region as region,
        :none is null as none, :days as days, :least as least, :fine as fine, :huge as huge,
        :as_of_day + interval :days day as later, ':days' as quoted, :days * :days as squared -- :nothing";
    let columns = [
        "as_of",
        "as_of_day",
        "strict",
        "region",
        "none",
        "days",
        "least",
        "fine",
        "huge",
        "later",
        "quoted",
        "squared",
    ];
    insta::assert_snapshot!(says(&shop, sql, &columns));
}

#[test]
fn a_parameter_is_compared_exactly_and_by_the_source_s_own_clock() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "create table t (name varchar(9) character set gbk, figure decimal(30,1), at datetime, instant timestamp,
                         day date, written varchar(20));
         set time_zone = '+00:00';
         insert into t values ('华东', 9007199254740993.1, '2026-11-23 08:30:00', '2026-11-23 00:30:00', '2026-11-23',
                               '9007199254740993.1'),
                              ('华北', 9007199254740993.0, '2026-11-23 08:29:59', '2026-11-23 00:29:59', '2026-11-22',
                               '9007199254740993.0')",
    );
    let conditions = [
        "name = :region",
        "figure = :big",
        "figure < :big",
        "written = :big",
        "at >= :as_of",
        "instant >= :as_of",
        "instant < :as_of",
        "day = :as_of_day",
        "day >= :as_of_day - interval :days day",
        "at < :as_of_day",
        "figure > :least order by name limit :days",
    ];
    let said = conditions.map(|condition| {
        let rows = says(&shop, &format!("select name from t where {condition}"), &["name"]);
        format!("{condition}: {}", rows.replace('\n', ", "))
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_is_written_between_two_tables_is_not_seen() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "create table orders (a int); insert into orders values (1), (2);
         create table items (a int); insert into items values (1), (2), (3)",
    );
    let source = mysql_source(&shop.url());
    let tables = [("items", "select a from items"), ("orders", "select a from orders")];
    let write = shop.later("delete from orders; delete from items");
    let pulls = pulled(&source, &tables, &LIMITS, move |_, rows| {
        write();
        rows
    });
    assert_eq!((&pulls["items"], &pulls["orders"]), (&Ok(3), &Ok(2)), "as they were when the snapshot was taken");
    let later = pulled(&source, &tables, &LIMITS, |_, rows| rows);
    assert_eq!((&later["items"], &later["orders"]), (&Ok(0), &Ok(0)));
}

#[test]
fn the_check_names_a_login_that_could_write_and_tables_that_keep_no_snapshot() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "create table orders (a int) engine = innodb; create table log (a int) engine = myisam;
         create table `old items` (a int not null) engine = csv; create table unused (a int) engine = memory",
    );
    let remarked = |sql: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (source, tables) = (mysql_source(&shop.url()), [query("orders", sql, &[])]);
        hidden(&shop, &runtime.block_on(remarks(&source, &tables, &LIMITS)).unwrap().join("\n"))
    };
    assert_eq!(remarked("select a from orders"), "");
    assert_eq!(
        remarked("select a from orders join Log using (a) join `old items` using (a)"),
        "these are not transactional, so they are not read as of the same moment: DATABASE.log, DATABASE.old items"
    );
    let grant = |rights: &str| shop.sql(&format!("grant {rights} to {}@'%'", shop.reader));
    grant(&format!("select (a), update (a) on {}.orders", shop.name));
    assert_eq!(
        remarked("select a from orders"),
        "its login could write to `DATABASE`.`orders`; a login that may only select is enough"
    );
    grant("all on *.*");
    assert_eq!(
        remarked("select a from orders"),
        "its login could write to *.*, `DATABASE`.`orders`; a login that may only select is enough"
    );
}

#[test]
fn how_far_the_clock_of_the_server_is_off_is_known() {
    let Some(server) = mariadb() else { return };
    let shop = server.database("create table t (a int)");
    let pulls =
        pull_with(&mysql_source(&shop.url()), vec![query("t", "select a from t", &["a"])], &parameters(), &LIMITS);
    let raw = pulls["t"].as_ref().unwrap();
    // The test's own clock stands still at a time long gone.
    assert_eq!(raw.moment, moment());
    assert!(raw.clock_offset.is_some_and(|offset| offset.num_minutes().abs() > 60), "{:?}", raw.clock_offset);
}

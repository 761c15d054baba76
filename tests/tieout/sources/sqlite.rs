//! SQLite sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tieout::audit::amount::Amount;
use tieout::audit::expression::Parameters;
use tieout::audit::recheck::{Cells, KeyPart, Keys};
use tieout::audit::value::Value;
use tieout::sources::sqlite::Snapshot;
use tieout::sources::{Asked, PullLimits, Watch, pull};

use super::{LIMITS, answer, clock, hide, moment, pull_with, query, show, sqlite_source};

/// A folder with a database made by `sql`.
struct Books {
    dir: TempDir,
    path: PathBuf,
}

impl Books {
    fn new(sql: &str) -> Books {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("erp.db");
        let books = Books { dir, path };
        books.connection().execute_batch(sql).unwrap();
        books
    }

    fn orders() -> Books {
        Books::new(
            "create table orders (order_no text, qty numeric, amount text);
             insert into orders values ('SO-1', 10, '99.50'), ('SO-2', 2.5, '0.10'), ('SO-3', null, null);",
        )
    }

    fn connection(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    fn says(&self, sql: &str, columns: &[&str]) -> String {
        self.says_with(sql, columns, &parameters(), &LIMITS)
    }

    fn says_with(&self, sql: &str, columns: &[&str], parameters: &Parameters, limits: &PullLimits) -> String {
        let source = sqlite_source(&self.path);
        answer(&source, query("orders", sql, columns), parameters, limits, self.dir.path())
    }
}

fn parameters() -> Parameters {
    Parameters::from([
        ("as_of".to_owned(), Value::Instant(moment())),
        ("as_of_day".to_owned(), Value::Date("2026-11-23".parse().unwrap())),
        ("least".to_owned(), Value::Amount("0.50".parse().unwrap())),
        ("days".to_owned(), Value::Amount(Amount::from(30))),
        ("strict".to_owned(), Value::Bool(true)),
        ("region".to_owned(), Value::Text("华东".to_owned())),
        ("none".to_owned(), Value::Null),
        ("fine".to_owned(), Value::Amount("0.1234567890123456".parse().unwrap())),
    ])
}

/// What a source at `path` says, whatever stands there.
fn says_at(dir: &Path, path: &Path) -> String {
    answer(&sqlite_source(path), query("orders", "select 1 as a", &["a"]), &parameters(), &LIMITS, dir)
}

#[test]
fn every_cell_comes_as_it_is_written_and_a_column_has_one_type() {
    let books = Books::new(
        "create table cells (whole, mixed, reals, blob, empty, text, late);
         insert into cells values
            (null, 7, 0.1, x'00ff', null, '007', null),
            (9223372036854775807, 10.50, 1e21, null, null, '', null),
            (-9223372036854775808, 'a', -2.0, x'', null, '中文', 3);",
    );
    let columns = ["whole", "mixed", "reals", "blob", "empty", "text", "late"];
    insta::assert_snapshot!(books.says("select * from cells", &columns), @r#"
    3 rows
    whole Int64: null | 9223372036854775807 | -9223372036854775808
    mixed String: "7" | "10.5" | "a"
    reals String: "0.1" | "1000000000000000000000" | "-2"
    blob String: "00ff" | null | ""
    empty String: null | null | null
    text String: "007" | "" | "中文"
    late Int64: null | null | 3
    "#);
    insta::assert_snapshot!(books.says("select * from cells where 0", &["whole", "text"]), @"
    0 rows
    whole String:
    text String:
    ");
}

#[test]
fn only_the_columns_that_the_table_names_are_kept() {
    insta::assert_snapshot!(Books::orders().says("select * from orders", &["qty"]), @r#"
    3 rows
    qty String: "10" | "2.5" | null
    "#);
    insta::assert_snapshot!(Books::orders().says("select * from orders", &[]), @"3 rows");
}

#[test]
fn a_parameter_acts_like_the_same_constant_in_the_query() {
    let books = Books::orders();
    let sql = "select typeof(:as_of) || ' ' || :as_of as as_of, :as_of_day as as_of_day, :strict as strict,
        :region as region, :none is null as none, typeof(:days) as days, typeof(:least) as least,
        (select sum(qty) from orders) > :least as above, (select sum(qty) from orders) > :days as far_above";
    let columns = ["as_of", "as_of_day", "strict", "region", "none", "days", "least", "above", "far_above"];
    insta::assert_snapshot!(books.says(sql, &columns), @r#"
    1 rows
    as_of String: "text 2026-11-23T00:30:00Z"
    as_of_day String: "2026-11-23"
    strict Int64: 1
    region String: "华东"
    none Int64: 1
    days String: "integer"
    least String: "real"
    above Int64: 1
    far_above Int64: 0
    "#);
}

#[test]
fn a_hostile_value_is_a_value() {
    let hostile = ["'; drop table orders; --", "' or 1=1 --", "\\' or '1'='1", ":days", "?1", "\u{0}", "SO-1"];
    let books = Books::orders();
    let found = hostile.map(|value| {
        let parameters = Parameters::from([("no".to_owned(), Value::Text(value.to_owned()))]);
        let sql = "select order_no from orders where order_no = :no";
        let said = books.says_with(sql, &["order_no"], &parameters, &LIMITS);
        format!("{value:?}: {}", said.lines().next().unwrap())
    });
    insta::assert_snapshot!(found.join("\n"), @r#"
    "'; drop table orders; --": 0 rows
    "' or 1=1 --": 0 rows
    "\\' or '1'='1": 0 rows
    ":days": 0 rows
    "?1": 0 rows
    "\0": 0 rows
    "SO-1": 1 rows
    "#);
}

#[test]
fn what_stands_at_the_path_is_said_and_never_made() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("notes.db"), "these are notes, and no database at all; ".repeat(100)).unwrap();
    let places = [at("erp.db"), at("missing/erp.db"), dir.path().to_owned(), at("notes.db")];
    insta::assert_snapshot!(places.map(|path| says_at(dir.path(), &path)).join("\n"), @"
    cannot read table orders of source erp: there is nothing at DIR/erp.db; expected a SQLite database file, which tieout only reads and never makes
    cannot read table orders of source erp: there is nothing at DIR/missing/erp.db; expected a SQLite database file, which tieout only reads and never makes
    cannot read table orders of source erp: DIR is a folder; expected a SQLite database file
    cannot read table orders of source erp: DIR/notes.db is not a SQLite database
    ");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.db"]);
}

#[test]
fn a_path_may_hold_every_sign_that_means_something_in_a_uri() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("账 100%?mode=rwc#a&b.db");
    fs::copy(Books::orders().path, &path).unwrap();
    insta::assert_snapshot!(says_at(dir.path(), &path), @"
    1 rows
    a Int64: 1
    ");
}

#[test]
fn a_query_that_cannot_be_run_is_one_sentence() {
    let books = Books::orders();
    let queries = [
        "select a from shipments",
        "select colour as a from orders",
        "selct a",
        "select a from (",
        "select 1 as b, 2 as c",
        "select 1 as a, 2 as a",
        "select :as_off as a",
        "select ?1 as a, :days",
        "select ?5 as a",
        "select @x as a",
        "select :days as a, :days，",
        "select :fine as a",
        "select abs(-9223372036854775808) as a",
        "select 'x' as a union all select cast(x'e4b8' as text)",
    ];
    insta::assert_snapshot!(queries.map(|sql| books.says(sql, &["a"])).join("\n"), @r#"
    cannot read table orders of source erp: understanding its query failed: no such table: shipments
    cannot read table orders of source erp: understanding its query failed: no such column: colour
    cannot read table orders of source erp: its query begins with selct; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: understanding its query failed: incomplete input
    cannot read table orders of source erp: it has no column a; it has b, c
    cannot read table orders of source erp: it has more than one column named "a"; every column needs a name of its own
    cannot read table orders of source erp: its query names the unknown parameter :as_off; known: :as_of, :as_of_day, :days, :fine, :least, :none, :region, :strict
    cannot read table orders of source erp: its query has a placeholder that is no parameter; a parameter is a colon and a name, known: :as_of, :as_of_day, :days, :fine, :least, :none, :region, :strict
    cannot read table orders of source erp: its query has a placeholder that is no parameter; a parameter is a colon and a name, known: :as_of, :as_of_day, :days, :fine, :least, :none, :region, :strict
    cannot read table orders of source erp: its query has a placeholder that is no parameter; a parameter is a colon and a name, known: :as_of, :as_of_day, :days, :fine, :least, :none, :region, :strict
    cannot read table orders of source erp: its query has a placeholder that is no parameter; a parameter is a colon and a name, known: :as_of, :as_of_day, :days, :fine, :least, :none, :region, :strict
    cannot read table orders of source erp: parameter :fine is 0.1234567890123456, which SQLite's numbers do not hold exactly; accepted are whole numbers of 64 bits, up to 15 digits with a point, or a text
    cannot read table orders of source erp: reading its rows failed: integer overflow
    cannot read table orders of source erp: column a is not UTF-8 text in row 2
    "#);
}

#[test]
fn a_statement_that_is_no_query_is_refused_and_changes_nothing() {
    let books = Books::orders();
    let before = (fs::read(&books.path).unwrap(), fs::metadata(&books.path).unwrap().modified().unwrap());
    let elsewhere = books.dir.path().join("elsewhere.db");
    let into = format!("vacuum into '{}'", elsewhere.display());
    let attach = format!("attach '{}' as other", elsewhere.display());
    let queries = [
        "delete from orders",
        "with gone as (select 1) delete from orders returning order_no as a",
        "insert into orders values (1, 2, 3)",
        "drop table orders",
        "pragma query_only = off",
        "pragma journal_mode = wal",
        "commit",
        "begin immediate",
        "",
        "-- select",
        "select 1 as a; delete from orders",
        "select 1 as a; select 2 as a",
        "select 1 as a; -- only a comment",
        &into,
        &attach,
    ];
    insta::assert_snapshot!(queries.map(|sql| books.says(sql, &["a"])).join("\n"), @"
    cannot read table orders of source erp: its query begins with delete; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query writes; sources are only ever read: select, with … select, or values
    cannot read table orders of source erp: its query begins with insert; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with drop; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with pragma; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with pragma; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with commit; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with begin; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with nothing; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with nothing; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query holds more than one statement; exactly one is accepted
    cannot read table orders of source erp: its query holds more than one statement; exactly one is accepted
    1 rows
    a Int64: 1
    cannot read table orders of source erp: its query begins with vacuum; only a statement that reads is accepted: select, with … select, or values
    cannot read table orders of source erp: its query begins with attach; only a statement that reads is accepted: select, with … select, or values
    ");
    assert_eq!((fs::read(&books.path).unwrap(), fs::metadata(&books.path).unwrap().modified().unwrap()), before);
    assert!(!elsewhere.exists());
}

#[test]
fn a_pull_leaves_the_source_as_it_was() {
    let books = Books::orders();
    let before = (fs::read(&books.path).unwrap(), fs::metadata(&books.path).unwrap().modified().unwrap());
    assert!(books.says("select * from orders", &["qty"]).starts_with("3 rows"));
    assert_eq!((fs::read(&books.path).unwrap(), fs::metadata(&books.path).unwrap().modified().unwrap()), before);
    assert_eq!(fs::read_dir(books.dir.path()).unwrap().count(), 1, "nothing was left beside it");
}

#[test]
fn a_table_is_whole_or_unknown() {
    let books = Books::orders();
    let limits = |rows| PullLimits { rows, ..LIMITS };
    let says = |rows| books.says_with("select qty from orders", &["qty"], &parameters(), &limits(rows));
    insta::assert_snapshot!([says(2), says(3)].join("\n"), @r#"
    cannot read table orders of source erp: it has more than 2 rows; narrow it or raise limits.pull_rows
    3 rows
    qty String: "10" | "2.5" | null
    "#);
}

#[test]
fn a_table_that_takes_too_long_is_stopped_and_the_next_is_read() {
    let books = Books::orders();
    let endless = "with recursive n(a) as (select 1 union all select a + 1 from n) select a from n where a < 0";
    let limits = PullLimits { timeout: Duration::from_millis(100), ..LIMITS };
    let tables = vec![query("endless", endless, &["a"]), query("orders", "select qty from orders", &["qty"])];
    let pulls = pull_with(&sqlite_source(&books.path), tables, &parameters(), &limits);
    insta::assert_snapshot!(pulls["endless"].as_ref().unwrap_err(), @"cannot read table endless of source erp: it took longer than 0.1 s; make the query smaller or raise limits.pull_timeout");
    assert_eq!(pulls["orders"].as_ref().unwrap().frame.height(), 3);
}

#[test]
fn a_pull_that_nobody_waits_for_any_more_stops_reading() {
    let books = Books::orders();
    let endless = "with recursive n(a) as (select 1 union all select a + 1 from n) select a from n where a < 0";
    let source = sqlite_source(&books.path);
    // A runtime waits for its blocking threads: this test ends only when the thread was stopped.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let tables = vec![Asked { table: query("endless", endless, &["a"]), parameters: parameters(), keys: None }];
        let pulling = pull(&source, tables, &LIMITS, clock(), |_, raw| raw);
        assert!(tokio::time::timeout(Duration::from_millis(50), pulling).await.is_err());
    });
}

#[test]
fn a_locked_database_is_waited_for_and_then_told() {
    let books = Books::orders();
    let writer = books.connection();
    writer.execute_batch("begin exclusive").unwrap();
    let limits = PullLimits { timeout: Duration::from_millis(400), ..LIMITS };
    let says = || books.says_with("select qty from orders", &["qty"], &parameters(), &limits);
    let locked = says();
    writer.execute_batch("rollback").unwrap();
    insta::assert_snapshot!([locked, says()].join("\n"), @r#"
    cannot read table orders of source erp: DIR/erp.db is locked by another program, and still was after 0.2 s; run again when its writer is done
    3 rows
    qty String: "10" | "2.5" | null
    "#);
}

#[test]
fn what_is_written_between_two_tables_is_not_seen() {
    let books = Books::orders();
    let writer = books.connection();
    writer.execute_batch("pragma journal_mode = wal; create table shipments as select * from orders").unwrap();
    let count = |snapshot: &Snapshot, table: &str| {
        let spec = query(table, &format!("select order_no from {table}"), &["order_no"]);
        snapshot
            .read(&Asked { table: spec, parameters: parameters(), keys: None }, &LIMITS, &Watch::unwatched())
            .unwrap()
            .frame
            .height()
    };
    let open = || Snapshot::open(&books.path, &LIMITS, &*clock(), &Watch::unwatched()).unwrap();
    let early = open();
    writer.execute_batch("delete from shipments").unwrap();
    assert_eq!(count(&early, "orders"), 3);
    writer.execute_batch("delete from orders").unwrap();
    assert_eq!((count(&early, "shipments"), count(&early, "orders")), (3, 3), "as they were when it was opened");
    assert_eq!((count(&open(), "shipments"), count(&open(), "orders")), (0, 0), "a later snapshot sees both");
}

#[test]
fn a_broken_page_makes_its_own_table_unknown() {
    let books = Books::new(
        "pragma page_size = 1024; create table orders (a text); create table items (a text);
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
         insert into orders select printf('SO-%0100d', i) from n;
         insert into items values ('A-1');",
    );
    let mut bytes = fs::read(&books.path).unwrap();
    let middle = bytes.len() / 2 / 1024 * 1024;
    bytes[middle..middle + 1024].fill(0xff);
    fs::write(&books.path, bytes).unwrap();
    let tables = vec![query("orders", "select a from orders", &["a"]), query("items", "select a from items", &["a"])];
    let pulls = pull_with(&sqlite_source(&books.path), tables, &parameters(), &LIMITS);
    let orders = pulls["orders"].as_ref().unwrap_err().to_string();
    insta::assert_snapshot!(hide(&orders, books.dir.path()), @"cannot read table orders of source erp: reading its rows failed: database disk image is malformed");
    insta::assert_snapshot!(show(&pulls["items"].as_ref().unwrap().frame), @r#"
    1 rows
    a String: "A-1"
    "#);
}

#[test]
fn a_sqlite_table_is_read_by_a_query() {
    let books = Books::orders();
    let table = super::file("orders", "orders.csv", &["a"]);
    let said = answer(&sqlite_source(&books.path), table, &parameters(), &LIMITS, books.dir.path());
    insta::assert_snapshot!(said, @"cannot read table orders of source erp: a source of kind sqlite is read by `query`, not by `file`");
}

/// Every cell that could become one of the keys is answered, and no row twice.
#[test]
fn a_query_is_narrowed_to_keys_and_to_what_may_become_one() {
    let books = Books::new(
        "create table lines (order_no, line_no, note text);
         insert into lines values
            ('SO-1', 1, 'asked'), ('SO-1', 2, 'another line'), ('SO-2', 1, 'asked'), ('SO-3', 1, 'another order'),
            (' so-1', 1, 'cleaned it is asked'), ('SO-3', '01', 'its number may be any'), ('SO-3', 1.0, 'so may this'),
            (X'41', 1, 'bytes'), (null, 1, 'no key'), (7, 1, 'asked'), (8, 1, 'another number');",
    );
    let keys = |cells: Cells| Keys {
        parts: vec![
            KeyPart { column: "order \"no\"".to_owned(), cells },
            KeyPart { column: "line_no".to_owned(), cells: Cells::Numbers },
        ],
        rows: ["SO-1", "SO-2", "7", "it's"]
            .map(|order| vec![Value::Text(order.to_owned()), Value::Amount("1.00".parse().unwrap())])
            .to_vec(),
    };
    let sql = "select order_no as \"order \"\"no\"\"\", line_no, note from lines where :as_of is not null; -- all";
    let notes = |keys: Option<Keys>| {
        let asked = Asked { table: query("lines", sql, &["note"]), parameters: parameters(), keys };
        let snapshot = Snapshot::open(&books.path, &LIMITS, &*clock(), &Watch::unwatched()).unwrap();
        show(&snapshot.read(&asked, &LIMITS, &Watch::unwatched()).unwrap().frame)
    };
    insta::assert_snapshot!(notes(Some(keys(Cells::CleanText))), @r#"
    8 rows
    note String: "asked" | "asked" | "cleaned it is asked" | "its number may be any" | "so may this" | "bytes" | "no key" | "asked"
    "#);
    insta::assert_snapshot!(notes(Some(keys(Cells::Text))), @r#"
    7 rows
    note String: "asked" | "asked" | "its number may be any" | "so may this" | "bytes" | "no key" | "asked"
    "#);
    let none = Keys { rows: Vec::new(), ..keys(Cells::Text) };
    assert_eq!(notes(Some(none)), notes(None), "no keys at all narrow nothing");
    let many = std::iter::repeat_n(keys(Cells::Text).rows, 5_000).flatten();
    let many = Keys { rows: many.collect(), ..keys(Cells::Text) };
    assert_eq!(notes(Some(many)), notes(None), "nor do more than one statement holds");
}

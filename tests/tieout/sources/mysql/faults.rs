//! What goes wrong, and how it is told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, Executor};
use tieout::sources::{Fault, PullLimits};

use super::{LIMITS, hidden, mysql_source, parameters, pull_with, pulled, query, says, says_with};
use crate::servers::proxy::Proxy;
use crate::servers::{Mariadb, mariadb, numbers};

const ORDERS: &str = "create table orders (a int, b text); insert into orders values (1, 'x'), (2, 'y')";
/// A table large enough that its rows come in many pieces.
fn large() -> String {
    format!("create table t (a int, name text); insert into t select seq, repeat('x', 50) from {}", numbers(20_000))
}

#[test]
fn a_query_may_only_read_and_only_once() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(ORDERS);
    shop.sql(&format!(
        "set global log_bin_trust_function_creators = 1;
         create function erase() returns int modifies sql data begin delete from orders; return 1; end;
         grant execute on {}.* to {}@'%'; grant file on *.* to {}@'%'",
        shop.name, shop.reader, shop.reader
    ));
    let queries = [
        "select nothing from orders",
        "select a from nowhere",
        "select a fro orders",
        "delete from orders",
        "set @a = 1",
        "call something()",
        "commit",
        "",
        "# nothing",
        "select a from orders; delete from orders",
        "select a into @b from orders",
        "select a from orders into outfile '/tmp/tieout-outfile'",
        "select erase() as a",
        "select a from orders for update",
        "select 1 as a, 2 as a",
        "select 1 as other",
        "select a from orders where a = ?",
        "select a from orders where a = :nothing",
        "select a from orders where a = 1 / 0 or a < :days;  -- all of them",
        "with o as (select * from orders) select a from o",
        "values (1)",
    ];
    let said = queries.map(|sql| format!("{sql}\n    {}", says(&shop, sql, &["a"]).replace('\n', "\n    ")));
    server.quoted().bind(|| insta::assert_snapshot!(said.join("\n")));
    assert_eq!(says(&shop, "select count(*) as a from orders", &["a"]), "1 rows\na Int64: 2");
}

#[test]
fn a_server_that_refuses_is_quoted_without_the_password() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(ORDERS);
    let (url, closed) = (shop.url(), crate::servers::free_port());
    let urls = [
        url.replace(":s3cret@", ":wr0ng@"),
        server.url_of("nobody:wr0ng", &shop.name),
        server.url_of(&format!("{}:s3cret", shop.reader), "nowhere"),
        url.replace(server.address(), &format!("127.0.0.1:{closed}")),
        url.replace(server.address(), "no-such-host.invalid"),
        url.replace(server.address(), "127.0.0.1:notaport"),
        format!("{url}?ssl-mode=perhaps"),
    ];
    let said = urls.map(|url| {
        let sentence = says_with(&shop, &mysql_source(&url), "select a from orders", &["a"], &LIMITS);
        assert!(!sentence.contains("s3cret") && !sentence.contains("wr0ng"), "{sentence}");
        sentence.replace(&format!(":{closed}"), ":PORT")
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_certificate_must_be_of_the_server_that_was_meant() {
    let Some(server) = mariadb() else { return };
    let Some(authority) = server.authority() else { return };
    let shop = server.database(ORDERS);
    let (there, port) = (authority.display().to_string(), server.address().rsplit_once(':').unwrap().1);
    let at = |host: &str| shop.url().replace(server.address(), &format!("{host}:{port}"));
    let said = [
        format!("{}?ssl-mode=verify_identity&ssl-ca={there}", at("localhost")),
        format!("{}?ssl-mode=verify_identity&ssl-ca={there}", at("127.0.0.1")),
        format!("{}?ssl-mode=verify_identity", at("localhost")),
        format!("{}?ssl-mode=required", at("127.0.0.1")),
    ]
    .map(|url| {
        let sentence = says_with(&shop, &mysql_source(&url), "select a from orders", &["a"], &LIMITS);
        sentence.replace(&format!(":{port}"), ":PORT").replace(&there, "AUTHORITY")
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn the_fault_of_one_table_leaves_the_others_of_its_snapshot() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(ORDERS);
    let tables = [
        ("a", "select a from orders"),
        ("b", "select a from gone"),
        ("c", "select a from orders"),
        ("d", &format!("select seq as a from {}", numbers(100_000))),
        ("e", "select a from orders"),
        ("f", "select (select a from orders) as a"),
        ("g", "select a from orders"),
    ];
    let write = shop.later("insert into orders values (3, 'z')");
    let limits = PullLimits { rows: 1000, ..LIMITS };
    let pulls = pulled(&mysql_source(&shop.url()), &tables, &limits, move |_, rows| {
        write();
        rows
    });
    let said: Vec<String> = pulls
        .iter()
        .map(|(name, pull)| match pull {
            Ok(rows) => format!("{name}: {rows} rows"),
            Err(error) => format!("{name}: {}", hidden(&shop, &error.to_string())),
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_query_that_takes_too_long_is_ended_and_the_next_one_is_of_the_same_snapshot() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(ORDERS);
    let limits = PullLimits { timeout: Duration::from_millis(2_400), ..LIMITS };
    let tables =
        [("a", "select a from orders"), ("b", "select sleep(60) as a from orders"), ("c", "select a from orders")];
    let write = shop.later("delete from orders");
    let pulls = pulled(&mysql_source(&shop.url()), &tables, &limits, move |_, rows| {
        write();
        rows
    });
    assert!(matches!(&pulls["b"], Err(error) if matches!(error.fault, Fault::TooSlow { .. })), "{:?}", pulls["b"]);
    assert_eq!((&pulls["a"], &pulls["c"]), (&Ok(2), &Ok(2)));
}

#[test]
fn a_table_that_a_writer_holds_locked_is_waited_for_and_then_named() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(ORDERS);
    let limits = PullLimits { lock: Duration::from_millis(100), ..LIMITS };
    let source = mysql_source(&shop.url());
    let says = || says_with(&shop, &source, "select a from orders", &["a"], &limits);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let writer = runtime.block_on(async {
        let mut writer = MySqlConnection::connect(&server.url(&shop.name)).await.unwrap();
        writer.execute(sqlx::raw_sql("lock tables orders write")).await.unwrap();
        writer
    });
    let told = says();
    runtime.block_on(writer.close()).unwrap();
    insta::assert_snapshot!([told, says()].join("\n"));
}

#[test]
fn a_server_that_dies_on_the_way_leaves_nothing_half_read() {
    let Some(_) = mariadb() else { return };
    let Some(server) = Mariadb::start() else { return };
    let shop = server.database(&large());
    let kill = server.killer();
    let tables = [("a", "select a from t"), ("b", "select a from t")];
    let killed = pulled(&mysql_source(&shop.url()), &tables, &LIMITS, move |_, rows| {
        kill();
        rows
    });
    assert_eq!(killed["a"], Ok(20000));
    let sentence = hidden(&shop, &killed["b"].as_ref().unwrap_err().to_string());
    let expected =
        "cannot read table b of source erp: the connection to MySQL at SERVER (database DATABASE, user READER) broke: ";
    assert!(sentence.starts_with(expected), "{sentence}");
}

#[test]
fn a_connection_that_is_killed_is_opened_again_and_everything_is_read_anew() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(ORDERS);
    let tables = [("a", "select a from orders"), ("b", "select a from orders")];
    let (write, cut) = (shop.later("insert into orders values (3, 'z')"), shop.cut());
    let settled = AtomicU32::new(0);
    let pulls = pulled(&mysql_source(&shop.url()), &tables, &LIMITS, move |_, rows| {
        if settled.fetch_add(1, Ordering::Relaxed) == 0 {
            write();
            cut();
        }
        rows
    });
    assert_eq!((&pulls["a"], &pulls["b"]), (&Ok(3), &Ok(3)), "both tables are of the second snapshot");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_connection_that_is_cut_anywhere_gives_all_of_a_table_or_none(bytes in prop_oneof![0u64..4000, 0u64..1_500_000]) {
        let Some(server) = mariadb() else { return Ok(()) };
        let shop = server.database(&large());
        let proxy = Proxy::cutting_after(server.address(), bytes);
        let url = shop.url().replace(server.address(), &format!("127.0.0.1:{}", proxy.port)) + "?ssl-mode=disabled";
        let limits = PullLimits { connect: Duration::from_secs(5), ..LIMITS };
        let table = query("t", "select a, name from t", &["a", "name"]);
        let pulls = pull_with(&mysql_source(&url), vec![table], &parameters(), &limits);
        match &pulls["t"] {
            Ok(raw) => prop_assert_eq!(raw.frame.height(), 20000),
            Err(error) => {
                let cut = matches!(error.fault, Fault::Lost { .. } | Fault::Unreachable { .. });
                prop_assert!(cut && proxy.passed() >= bytes, "{} after {}", error, bytes);
            }
        }
    }
}

#[test]
fn too_many_rows_are_too_many_and_none_are_kept() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(ORDERS);
    let source = mysql_source(&shop.url());
    let with = |rows| says_with(&shop, &source, "select a from orders", &["a"], &PullLimits { rows, ..LIMITS });
    assert_eq!(
        with(1),
        "cannot read table orders of source erp: it has more than 1 rows; narrow it or raise limits.pull_rows"
    );
    assert_eq!(with(2), "2 rows\na Int64: 1 | 2");
}

//! Servers that refuse, break, hang or change: the right sentence, and never half a table.

use std::time::Duration;

use proptest::prelude::*;
use tieout::audit::expression::Parameters;
use tieout::audit::snapshot::RawTable;
use tieout::config::Source;
use tieout::sources::{Asked, Fault, PullLimits, pull, remarks};

use super::{LIMITS, Postgres, answer, clock, hide, postgres, postgres_source, pull_with, query, show};
use crate::servers::proxy::Proxy;

fn says(source: &Source, sql: &str) -> String {
    answer(source, sql, &["no"], &Parameters::new())
}

#[test]
fn a_server_that_refuses_is_quoted_without_the_password() {
    let Some(server) = postgres() else { return };
    let database = server.database("create table t (no int)");
    let url = database.url();
    let address = server.address().to_owned();
    let refused = crate::servers::free_port();
    let mut said = Vec::new();
    for url in [
        url.replace(":s3cret@", ":wrong@"),
        url.replace("postgres:s3cret@", "nobody:s3cret@"),
        url.replace(&database.name, "no_such_database"),
        url.replace(&address, &format!("127.0.0.1:{refused}")),
        url.replace(&address, "no-such-host.invalid"),
        url.replace(&address, "127.0.0.1:notaport"),
    ] {
        let source = postgres_source(&url);
        let sentence = says(&source, "select no from t");
        assert!(!sentence.contains("s3cret") && !sentence.contains("wrong"), "{sentence}");
        said.push(sentence.replace(&format!(":{refused}"), ":PORT"));
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_certificate_must_be_of_the_server_that_was_meant() {
    let Some(server) = postgres() else { return };
    let Some(authority) = server.authority() else { return };
    let database = server.database("create table t (no int)");
    let (there, port) = (authority.display().to_string(), server.address().rsplit_once(':').unwrap().1);
    let said = [
        format!("localhost:{port}/{}?sslmode=verify-full&sslrootcert={there}", database.name),
        format!("127.0.0.1:{port}/{}?sslmode=verify-full&sslrootcert={there}", database.name),
        format!("localhost:{port}/{}?sslmode=verify-full", database.name),
        format!("127.0.0.1:{port}/{}?sslmode=require", database.name),
    ]
    .map(|place| says(&postgres_source(&format!("postgres://postgres:s3cret@{place}")), "select no from t"));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_query_may_only_read_and_only_once() {
    let Some(server) = postgres() else { return };
    let database = server.database(
        "create table t (no int); create sequence s;
         create function f() returns int language sql as 'insert into t values (1) returning no'",
    );
    let source = postgres_source(&database.url());
    let said = [
        "insert into t values (1)",
        "with x as (insert into t values (1) returning no) select no from x",
        "select f() as no",
        "select nextval('s') as no",
        "select no from t for update",
        "select 1 as no; delete from t",
        "select 1 as no; commit; delete from t",
        "select 1 as no) to program 'touch /tmp/owned' --",
        "commit",
        "copy t to stdout",
        "-- nothing",
        "select no from nowhere",
        "select nothing from t",
        "select 1/0 as no",
        "select 1 as no, 2 as no",
        "select 1 as other",
    ]
    .map(|sql| format!("{sql}\n    {}", says(&source, sql)));
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(says(&source, "select count(*) as no from t"), "1 rows\nno Int64: 0");
}

#[test]
fn the_fault_of_one_table_leaves_the_others_of_its_snapshot() {
    let Some(server) = postgres() else { return };
    let database = server.database("create table t (no int); insert into t values (1), (2), (3)");
    let source = postgres_source(&database.url());
    let tables = [
        ("a", "select no from t"),
        ("b", "select no from gone"),
        ("c", "select no from t"),
        ("d", "select no from t, pg_sleep(0.01)"),
        ("e", "select 1/(no - 3) as no from t"),
        ("f", "select g as no from generate_series(1, 100000) g"),
        ("g", "select no from t"),
    ];
    let asked = tables.map(|(name, sql)| query(name, sql, &["no"])).to_vec();
    let pulls = pull_with(&source, asked, &Parameters::new(), &PullLimits { rows: 1000, ..LIMITS });
    let said: Vec<String> = pulls
        .iter()
        .map(|(name, pull)| match pull {
            Ok(raw) => format!("{name}: {}", show(&raw.frame).replace('\n', ", ")),
            Err(error) => format!("{name}: {}", hide(&error.to_string(), &source)),
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_query_that_takes_too_long_is_ended_and_the_next_one_is_read() {
    let Some(server) = postgres() else { return };
    let database = server.database("create table t (no int); insert into t values (1)");
    let source = postgres_source(&database.url());
    let limits = PullLimits { timeout: Duration::from_millis(600), ..LIMITS };
    let asked = [("a", "select no from t, pg_sleep(60)"), ("b", "select no from t")];
    let asked = asked.map(|(name, sql)| query(name, sql, &["no"])).to_vec();
    let pulls = pull_with(&source, asked, &Parameters::new(), &limits);
    assert!(matches!(&pulls["a"], Err(error) if matches!(error.fault, Fault::TooSlow { .. })), "{:?}", pulls["a"]);
    assert!(pulls["b"].is_ok(), "{:?}", pulls["b"]);
}

#[test]
fn a_table_that_a_writer_holds_locked_is_waited_for_and_then_named() {
    let Some(server) = postgres() else { return };
    let database = server.database("create table t (no int); insert into t values (1)");
    let source = postgres_source(&database.url());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let holder = runtime.block_on(async {
        use sqlx::{Connection, Executor};
        let mut connection = sqlx::PgConnection::connect(&database.url()).await.unwrap();
        connection.execute(sqlx::raw_sql("begin; lock table t in access exclusive mode")).await.unwrap();
        connection
    });
    let limits = PullLimits { lock: Duration::from_millis(100), ..LIMITS };
    let sql = vec![query("t", "select no from t", &["no"])];
    let pulls = pull_with(&source, sql.clone(), &Parameters::new(), &limits);
    insta::assert_snapshot!(pulls["t"].as_ref().unwrap_err());
    drop((holder, runtime));
    assert!(pull_with(&source, sql, &Parameters::new(), &LIMITS)["t"].is_ok());
}

/// A table large enough that its rows come in many pieces.
const LARGE: &str =
    "create table t (no int, name text); insert into t select g, repeat('x', 50) from generate_series(1, 20000) g";

#[test]
fn a_server_that_dies_on_the_way_leaves_nothing_half_read() {
    let Some(_) = postgres() else { return };
    let Some(server) = Postgres::start() else { return };
    let database = server.database(LARGE);
    let source = postgres_source(&database.url());
    let (address, name) = (server.address().to_owned(), database.name.clone());
    // The first table is read; then the lights go out.
    let asked = [("a", "select no from t"), ("b", "select no from t")].map(|(name, sql)| Asked {
        table: query(name, sql, &["no"]),
        parameters: Parameters::new(),
        keys: None,
    });
    let kill = server.killer();
    let settle = move |_: &str, raw: RawTable| {
        kill();
        raw.frame.height()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let killed = runtime.block_on(pull(&source, asked.to_vec(), &LIMITS, clock(), settle));
    assert_eq!(killed["a"], Ok(20000));
    let sentence = killed["b"].as_ref().unwrap_err().to_string().replace(&address, "HOST").replace(&name, "DATABASE");
    assert!(sentence.starts_with("cannot read table b of source erp: the connection to PostgreSQL at HOST (database DATABASE, user postgres) broke: "), "{sentence}");
}

#[test]
fn a_connection_that_breaks_for_a_moment_is_opened_again_and_everything_is_read_anew() {
    let Some(server) = postgres() else { return };
    let database = server.database(LARGE);
    let url = database.url();
    let source = postgres_source(&url);
    let asked = ["a", "b"].map(|name| Asked {
        table: query(name, "select no from t", &["no"]),
        parameters: Parameters::new(),
        keys: None,
    });
    let read = std::sync::atomic::AtomicU32::new(0);
    let settle = move |name: &str, raw: RawTable| {
        let first = read.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        if first {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                use sqlx::{Connection, Executor};
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                let kill = "insert into t values (0, ''); select pg_terminate_backend(pid) from pg_stat_activity
                            where datname = current_database() and pid <> pg_backend_pid()";
                connection.execute(sqlx::raw_sql(kill)).await.unwrap();
            });
        }
        (name.to_owned(), raw.frame.height())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let pulls = runtime.block_on(pull(&source, asked.to_vec(), &LIMITS, clock(), settle));
    let rows: Vec<usize> = pulls.values().map(|answer| answer.as_ref().unwrap().1).collect();
    assert_eq!(rows, [20001, 20001], "both tables are of the second snapshot");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_connection_that_is_cut_anywhere_gives_all_of_a_table_or_none(bytes in prop_oneof![0u64..4000, 0u64..2_000_000]) {
        let Some(server) = postgres() else { return Ok(()) };
        let database = server.database(LARGE);
        let proxy = Proxy::cutting_after(server.address(), bytes);
        let url = format!("postgres://postgres:s3cret@127.0.0.1:{}/{}?sslmode=disable", proxy.port, database.name);
        let limits = PullLimits { connect: Duration::from_secs(5), ..LIMITS };
        let pulls = pull_with(&postgres_source(&url), vec![query("t", "select no, name from t", &["no", "name"])], &Parameters::new(), &limits);
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
fn a_login_that_could_write_or_does_not_see_everything_is_remarked() {
    let Some(server) = postgres() else { return };
    let database = server.database(
        "create table t (no int); create table u (no int); create table secret (no int);
         alter table secret enable row level security;",
    );
    let login = format!("reader_{}", database.name);
    database.sql(&format!("create role {login} login password 's3cret'; grant select on t, u, secret to {login}"));
    let url = |user: &str| database.url().replace("postgres:s3cret@", &format!("{user}:s3cret@"));
    let ask = |user: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(remarks(&postgres_source(&url(user)), &[], &LIMITS)).unwrap().join("\n")
    };
    assert_eq!(ask("postgres"), "its login is a superuser; a login that may only select is enough");
    assert_eq!(ask(&login), "row security hides rows from its login: public.secret");
    database.sql(&format!("grant insert, update on t to {login}; drop table secret"));
    assert_eq!(ask(&login), "its login could write to public.t; a login that may only select is enough");
    database.sql(&format!("revoke all on t from {login}"));
    assert_eq!(ask(&login), "");
    database.sql(&format!("drop owned by {login}; drop role {login}"));
}

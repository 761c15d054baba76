//! PostgreSQL: every type exactly, one snapshot, read only, and no half tables.

mod faults;

use tieout::audit::expression::Parameters;
use tieout::audit::snapshot::RawTable;
use tieout::audit::value::Value;
use tieout::config::Source;
use tieout::sources::{Asked, pull};

use super::{LIMITS, clock, moment, postgres_source, pull_with, query, show};
use crate::servers::{Postgres, postgres};

/// The frame of a query, or the sentence that says why there is none.
fn answer(source: &Source, sql: &str, columns: &[&str], parameters: &Parameters) -> String {
    let pulls = pull_with(source, vec![query("t", sql, columns)], parameters, &LIMITS);
    match &pulls["t"] {
        Ok(raw) => show(&raw.frame),
        Err(error) => hide(&error.to_string(), source),
    }
}

/// The sentence without what changes from one run of the tests to the next.
fn hide(sentence: &str, source: &Source) -> String {
    let tieout::config::SourceKind::Postgres { url } = &source.kind else { panic!("{source:?}") };
    let rest = url.expose().split_once('@').unwrap().1;
    let (address, rest) = rest.split_once('/').unwrap();
    let database = rest.split('?').next().unwrap();
    sentence.replace(address, "HOST").replace(database, "DATABASE")
}

/// Asks once without a parameter, which comes by COPY, and once with one, which comes as rows: both are the same.
fn both_ways(server: &Postgres, setup: &str, select: &str, columns: &[&str]) -> String {
    let database = server.database(setup);
    let source = postgres_source(&database.url());
    let copied = answer(&source, select, columns, &Parameters::new());
    let one = Parameters::from([("one".to_owned(), Value::Text("x".to_owned()))]);
    let rows = answer(&source, &format!("select * from ({select}) q where 'x' = :one"), columns, &one);
    assert_eq!(copied, rows);
    copied
}

#[test]
fn numbers_keep_every_digit() {
    let Some(server) = postgres() else { return };
    let setup =
        "create table n (no int, small smallint, big bigint, price numeric(12,2), free numeric, money money, f4 float4,
                     f8 float8, oid oid);
        insert into n values
            (1, -32768, 9223372036854775807, 1234567890.12, 0.1, -12.34, 0.1, 0.1, 4294967295),
            (2, 32767, -9223372036854775808, -0.01, 12345678901234567890123456789, 0, 1e10, 1e-7, 0),
            (3, null, null, null, null, null, null, null, null),
            (4, 0, 0, 0, -1.500, 922337.55, 'infinity', 'nan', 7),
            (5, 1, 1, 10000, 0.00010, 1, -2.5, 123456789.123456789, 1)";
    let columns = ["no", "small", "big", "price", "free", "money", "f4", "f8", "oid"];
    insta::assert_snapshot!(both_ways(server, setup, "select * from n order by no", &columns));
}

#[test]
fn a_figure_of_any_length_comes_whole() {
    let Some(server) = postgres() else { return };
    let figures = [
        "0",
        "1",
        "-1",
        "9999",
        "10000",
        "100000000",
        "0.0001",
        "0.00001",
        "-0.00012345",
        "12345.6789",
        "1e37",
        "99999999999999999999999999999999999999",
        "123456789012345678901234567890.12345678",
        "1e-37",
        "1e-38",
        "1e40",
        "-123456789012345678901234567890123456789012.125",
        "NaN",
        "Infinity",
    ];
    let database = server.database("create table f (no int, figure numeric)");
    let source = postgres_source(&database.url());
    for (no, figure) in figures.iter().enumerate() {
        database.sql(&format!("insert into f values ({no}, '{figure}')"));
    }
    let alone: Vec<String> = (0..figures.len())
        .map(|no| {
            let frame =
                answer(&source, &format!("select figure from f where no = {no}"), &["figure"], &Parameters::new());
            format!("{}: {}", figures[no], frame.lines().last().unwrap())
        })
        .collect();
    let together = answer(&source, "select figure from f order by no", &["figure"], &Parameters::new());
    insta::assert_snapshot!(format!("{}\n\n{together}", alone.join("\n")));
}

#[test]
fn texts_and_what_is_like_a_text_come_as_the_server_writes_them() {
    let Some(server) = postgres() else { return };
    let setup = "create extension citext; create type mood as enum ('好', 'bad'); create domain code as varchar(10);
        create table s (no int, t text, v varchar(20), c char(6), x citext, e mood, d code, u uuid, j json, jb jsonb, b bytea, bits bit(5),
                     vb bit varying, flag boolean, letter \"char\", nm name);
        insert into s values
            (1, 'SO-1  ', '明州', 'A1', 'MiXed', '好', 'K-1', '7e4ab6a2-8f0c-4a8b-9d0e-0123456789ab', '{\"a\": 1.50}', '{\"b\":2, \"a\":[1]}', '\\x00ff10', B'10110',
                B'', true, 'z', 'name'),
            (2, '', E'tab\t\"quote\"\nline', '', '', 'bad', '', '00000000-0000-0000-0000-000000000000', 'null', '\"text\"', '', B'00000', B'1', false, '', ''),
            (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)";
    let columns = ["no", "t", "v", "c", "x", "e", "d", "u", "j", "jb", "b", "bits", "vb", "flag", "letter", "nm"];
    insta::assert_snapshot!(both_ways(server, setup, "select * from s order by no", &columns));
}

#[test]
fn days_and_moments_keep_their_meaning_and_infinity_is_no_day() {
    let Some(server) = postgres() else { return };
    let setup = "create table d (no int, day date, at timestamp, zoned timestamptz, clock time, clockz timetz, late date, later timestamptz);
        insert into d values
            (1, '2024-02-29', '2026-11-20 08:30:00.123456', '2026-11-20 08:30:00+08', '08:30', '08:30:00.5+08', '2026-01-01', '2026-01-01 00:00+00'),
            (2, '0001-01-01', '1900-01-01 00:00', '1999-12-31 23:59:59.999999+00', '24:00', '00:00-03:30', 'infinity', 'infinity'),
            (3, '9999-12-31', '9999-12-31 00:00', '2026-03-29 01:30:00+01', '00:00:00.000001', null, '-infinity', '-infinity'),
            (4, null, null, null, null, null, null, null)";
    let columns = ["no", "day", "at", "zoned", "clock", "clockz", "late", "later"];
    insta::assert_snapshot!(both_ways(server, setup, "select * from d order by no", &columns));
}

#[test]
fn a_type_that_cannot_be_carried_is_named_with_its_column() {
    let Some(server) = postgres() else { return };
    let database = server.database("create type pair as (a int, b int)");
    let source = postgres_source(&database.url());
    let says = |sql: &str| answer(&source, sql, &["x"], &Parameters::new());
    let said =
        ["array[1, 2]", "interval '1 day'", "row(1, 2)::pair", "int4range(1, 2)", "inet '10.0.0.1'", "point(1, 2)"]
            .map(|value| says(&format!("select {value} as x")));
    insta::assert_snapshot!(said.join("\n"));
    // Nobody asked for it, so it may be what it likes.
    insta::assert_snapshot!(says("select array[1] as y, 1 as x"));
    insta::assert_snapshot!(says("select (interval '1 day')::text as x"));
}

#[test]
fn an_empty_table_is_a_table_without_rows() {
    let Some(server) = postgres() else { return };
    let frame = both_ways(server, "create table e (a int, b text)", "select * from e", &["a", "b"]);
    insta::assert_snapshot!(frame);
}

#[test]
fn parameters_are_typed_and_bound_and_never_pasted() {
    let Some(server) = postgres() else { return };
    let setup = "create table p (no int, day date, at timestamp, zoned timestamptz, amount numeric(12,2), name text);
        insert into p values (1, '2026-11-20', '2026-11-20 08:30', '2026-11-20 00:30Z', 0.30, $$it's$$),
                             (2, '2026-11-21', '2026-11-20 08:31', '2026-11-20 00:31Z', 0.31, 'x')";
    let database = server.database(setup);
    let source = postgres_source(&database.url());
    let values = [
        ("day", Value::Date("2026-11-20".parse().unwrap())),
        ("at", Value::Instant("2026-11-20T00:30:00Z".parse().unwrap())),
        ("amount", Value::Amount("0.30".parse().unwrap())),
        ("days", Value::Amount("1".parse().unwrap())),
        ("many", Value::Amount("9000000000".parse().unwrap())),
        ("name", Value::Text("it's".to_owned())),
        ("yes", Value::Bool(true)),
        ("nothing", Value::Null),
    ];
    let parameters: Parameters = values.map(|(name, value)| (name.to_owned(), value)).into();
    let rows = |filter: &str| {
        let frame =
            answer(&source, &format!("select no from p where {filter} order by no; -- :nobody"), &["no"], &parameters);
        format!("{filter}: {}", frame.lines().last().unwrap())
    };
    let said = [
        "day = :day",
        "day = :day::date + :days",
        "day > :day - :days and day < :day + :days",
        "at <= :at",
        "zoned <= :at",
        "at::date = :day and date_trunc('month', :at) <= at",
        "amount = :amount and amount = :amount",
        "no < :many and :yes and :nothing is null",
        "name = :name",
        "name = ':name' or name = $$:name$$ or name = E'\\':name'",
        "amount = $1 and day = :day",
        "no = :who",
    ]
    .map(rows);
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn all_tables_of_a_source_are_of_one_moment() {
    let Some(server) = postgres() else { return };
    let database = server.database(
        "create table o (no int); create table i (no int); insert into o values (1); insert into i values (1)",
    );
    let source = postgres_source(&database.url());
    let asked = ["o", "i", "o"].iter().enumerate().map(|(at, name)| Asked {
        table: query(&format!("t{at}"), &format!("select no from {name}"), &["no"]),
        parameters: Parameters::new(),
        keys: None,
    });
    let url = database.url();
    // Between two tables somebody commits a row to both, and takes another away.
    let settle = move |_: &str, raw: RawTable| {
        let statements = "insert into o values (2); insert into i values (2); delete from i where no = 1".to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use sqlx::{AssertSqlSafe, Connection, Executor};
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            connection.execute(sqlx::raw_sql(AssertSqlSafe(statements))).await.unwrap();
        });
        show(&raw.frame)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let pulls = runtime.block_on(pull(&source, asked.collect(), &LIMITS, clock(), settle));
    let frames: Vec<&str> = pulls.values().map(|frame| frame.as_ref().unwrap().as_str()).collect();
    assert_eq!(frames, ["1 rows\nno Int32: 1"; 3].map(|frame| frame.replace("Int32", "Int64")));
}

/// A server whose clock is another one's: a function of the same name stands before its own.
#[test]
fn a_clock_that_cannot_be_read_is_not_taken_for_a_right_one() {
    let Some(server) = postgres() else { return };
    let database = server.database(
        "create function public.clock_timestamp() returns timestamptz language sql as 'select ''infinity''::timestamptz';
         do $$ begin
             execute format('alter database %I set search_path = public, pg_catalog', current_database());
         end $$;
         create table t (no int)",
    );
    let source = postgres_source(&database.url());
    insta::assert_snapshot!(answer(&source, "select no from t", &["no"], &Parameters::new()), @"cannot read table t of source erp: the clock of PostgreSQL at HOST (database DATABASE, user postgres) shows no time that can be read, so how far it is off is not known; set it right");
}

#[test]
fn how_far_the_clock_of_the_server_is_off_is_known() {
    let Some(server) = postgres() else { return };
    let database = server.database("create table t (no int)");
    let pulls = pull_with(
        &postgres_source(&database.url()),
        vec![query("t", "select no from t", &["no"])],
        &Parameters::new(),
        &LIMITS,
    );
    let raw = pulls["t"].as_ref().unwrap();
    // The test's own clock stands still at a time long gone.
    assert_eq!(raw.moment, moment());
    assert!(raw.clock_offset.is_some_and(|offset| offset.num_minutes().abs() > 60), "{:?}", raw.clock_offset);
}

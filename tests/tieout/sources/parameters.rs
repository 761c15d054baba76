//! Parameters of a query: found where they are meant, and nowhere else.

use proptest::prelude::*;
use tieout::audit::expression::Parameters;
use tieout::audit::value::Value;
use tieout::sources::parameters::{
    Dialect, bind, first_word, has_foreign_placeholder, has_several_statements, names, replaced, without_end,
};

const SQLITE: Dialect = Dialect::Sqlite;

/// The parameters that `query` names, when `as_of`, `days` and `区域` are known.
fn bound(dialect: Dialect, query: &str) -> String {
    let known: Parameters = ["as_of", "days", "区域"].map(|name| (name.to_owned(), Value::Null)).into();
    let found = match bind(query, dialect, &known) {
        Ok(bound) => bound.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
        Err(name) => format!("unknown {name}"),
    };
    format!("{query:?}: {found}").trim_end().to_owned()
}

#[test]
fn a_parameter_is_a_colon_and_a_name_outside_of_quotes_and_comments() {
    let queries = [
        "select :as_of",
        ":as_of",
        "a>:days and b>:days",
        "a>:days and b<:as_of and c=:days",
        "where region=:区域",
        "a=:days2",
        "a=:days,:as_of)",
        "select ':as_of', 'it''s :as_of', :days",
        "select \":as_of\", \"a\"\":days\", :days",
        "select `:as_of``:days`, [a:days], :days",
        "select 1 -- :as_of\n, :days",
        "select 1 -- :as_of",
        "select /* :as_of ' */ :days /* :as_of",
        "select 8-:days, 8/:days, 8--:days",
        "select a::days, a:=:days, b::numeric(10,2)",
        "select :::days, a : b, '12:30', 12:30, :",
        "select 'unclosed :days",
        "select '全角：:days', :days",
    ];
    insta::assert_snapshot!(queries.map(|query| bound(SQLITE, query)).join("\n"), @r#"
    "select :as_of": as_of
    ":as_of": as_of
    "a>:days and b>:days": days
    "a>:days and b<:as_of and c=:days": days, as_of
    "where region=:区域": 区域
    "a=:days2": unknown days2
    "a=:days,:as_of)": days, as_of
    "select ':as_of', 'it''s :as_of', :days": days
    "select \":as_of\", \"a\"\":days\", :days": days
    "select `:as_of``:days`, [a:days], :days": days
    "select 1 -- :as_of\n, :days": days
    "select 1 -- :as_of":
    "select /* :as_of ' */ :days /* :as_of": days
    "select 8-:days, 8/:days, 8--:days": days
    "select a::days, a:=:days, b::numeric(10,2)": days
    "select :::days, a : b, '12:30', 12:30, :": days
    "select 'unclosed :days":
    "select '全角：:days', :days": days
    "#);
}

#[test]
fn the_names_of_a_query_are_known_before_it_is_run() {
    assert_eq!(names("select :b, ':c', :a, :b", SQLITE), ["b", "a", "b"]);
}

#[test]
fn the_first_word_stands_behind_blanks_and_comments() {
    let queries = ["SELECT 1", " \n-- drop\n/* delete */ With x", "(select 1)", "", "-- select", "values(1)", "删 除"];
    assert_eq!(queries.map(|query| first_word(query, SQLITE)), ["select", "with", "", "", "", "values", "删"]);
}

#[test]
fn postgresql_quotes_with_dollars_and_backslashes_and_nests_its_comments() {
    let queries = [
        "select a[1:2], a[:days], `:as_of`",
        "select $$ :as_of ' $$, :days",
        "select $q$ :as_of $$ $r$ $q$, :days",
        "select 'a\\', :days, ' :as_of",
        "select e'a\\' :as_of', :days",
        "select E'\\\\', :days, date'2026-01-01', :as_of",
        "select 1 /* a /* :as_of */ :as_of */, :days",
        "select a$b$:days, $1, :as_of::date # :days",
    ];
    insta::assert_snapshot!(queries.map(|query| bound(Dialect::Postgres, query)).join("\n"));
}

#[test]
fn mysql_escapes_with_backslashes_and_takes_two_minuses_for_arithmetic() {
    let queries = [
        "select 'a\\' :as_of', :days",
        "select \"a\\\" :as_of\", `a\\`, :days",
        "select 8--:days # :as_of\n, :as_of",
        "select 1 -- :as_of\n, :days",
        "select 1 --\t:as_of",
        "select @a:=:days, a[:as_of]",
    ];
    insta::assert_snapshot!(queries.map(|query| bound(Dialect::Mysql, query)).join("\n"));
}

#[test]
fn placeholders_take_the_places_of_parameters_and_of_nothing_else() {
    let numbered = |dialect, query| replaced(query, dialect, |name, at| format!("<{name} {at}>"));
    let query = "select ':a', b::date, :a + :b, :a -- :a";
    assert_eq!(numbered(Dialect::Postgres, query), "select ':a', b::date, <a 0> + <b 1>, <a 2> -- :a");
    assert_eq!(numbered(SQLITE, "select 1"), "select 1");
}

#[test]
fn placeholders_of_the_server_s_own_are_seen() {
    let foreign = |dialect, queries: [&str; 4]| queries.map(|query| has_foreign_placeholder(query, dialect));
    assert_eq!(foreign(Dialect::Postgres, ["$1", "'$1' a$1", "$$ $1 $$", "a = $23"]), [true, false, false, true]);
    assert_eq!(foreign(Dialect::Mysql, ["a = ?", "'?' `?`", "-- ?", "\"\\\"?\""]), [true, false, false, false]);
}

#[test]
fn a_query_ends_before_its_last_semicolon() {
    let queries = ["select 1", "select 1 ; ;\n-- the end;\n", "select ';' /* ; */", "select 1; select 2;", ";"];
    let bare = queries.map(|query| without_end(query, Dialect::Postgres));
    assert_eq!(bare, ["select 1", "select 1 ", "select ';' /* ; */", "select 1; select 2", ""]);
}

#[test]
fn a_second_statement_is_seen_behind_a_semicolon_that_is_none_of_a_text() {
    let queries = ["select 1;", "select ';' -- ;\n;", "select 1; select 2", "select 1; -- 2\n; drop table t"];
    assert_eq!(queries.map(|query| has_several_statements(query, Dialect::Mysql)), [false, false, true, true]);
}

proptest! {
    #[test]
    fn any_text_can_be_asked_for_its_parameters(query in r#"[aeE:='"`/*$?;#\\\[\]\-\n ？：名]{0,40}"#) {
        for dialect in [SQLITE, Dialect::Postgres, Dialect::Mysql] {
            let (found, none) = (names(&query, dialect), Parameters::new());
            prop_assert_eq!(bind(&query, dialect, &none).err(), found.first().copied());
            prop_assert!(query.starts_with(without_end(&query, dialect)));
            prop_assert_eq!(replaced(&query, dialect, |name, _| format!(":{name}")), query.clone());
        }
    }
}

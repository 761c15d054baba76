//! Parameters of a query: found where they are meant, and nowhere else.

use proptest::prelude::*;
use tieout::audit::expression::Parameters;
use tieout::audit::value::Value;
use tieout::sources::parameters::{bind, first_word, names};

/// The parameters that `query` names, when `as_of`, `days` and `区域` are known.
fn bound(query: &str) -> String {
    let known: Parameters = ["as_of", "days", "区域"].map(|name| (name.to_owned(), Value::Null)).into();
    let found = match bind(query, &known) {
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
    insta::assert_snapshot!(queries.map(bound).join("\n"), @r#"
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
    assert_eq!(names("select :b, ':c', :a, :b"), ["b", "a", "b"]);
}

#[test]
fn the_first_word_stands_behind_blanks_and_comments() {
    let queries = ["SELECT 1", " \n-- drop\n/* delete */ With x", "(select 1)", "", "-- select", "values(1)", "删 除"];
    assert_eq!(queries.map(first_word), ["select", "with", "", "", "", "values", "删"]);
}

proptest! {
    #[test]
    fn any_text_can_be_asked_for_its_parameters(query in r#"[a:='"`/*\[\]\-\n ?：名]{0,40}"#) {
        let (found, none) = (names(&query), Parameters::new());
        prop_assert_eq!(bind(&query, &none).err(), found.first().copied());
    }
}

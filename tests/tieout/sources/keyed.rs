//! Queries of servers narrowed to keys: every cell that could become one of the keys is answered, no row twice, and no
//! other row travels.

use tieout::audit::expression::Parameters;
use tieout::audit::recheck::{Cells, KeyPart, Keys};
use tieout::audit::value::Value;
use tieout::config::Source;
use tieout::sources::{Asked, pull};

use super::{LIMITS, clock, moment, mysql_source, postgres_source, query};
use crate::servers::{mariadb, postgres};

/// Keys of two columns, the first with a name that needs quotes on every server.
fn keys(codes: Cells, numbers: Cells, rows: &[(&str, &str)]) -> Keys {
    let part = |column: &str, cells| KeyPart { column: column.to_owned(), cells };
    let value = |cells, written: &str| match cells {
        Cells::Numbers => Value::Amount(written.parse().unwrap()),
        Cells::Text | Cells::CleanText => Value::Text(written.to_owned()),
    };
    Keys {
        parts: vec![part("the `\"code\"`", codes), part("no", numbers)],
        rows: rows.iter().map(|(code, no)| vec![value(codes, code), value(numbers, no)]).collect(),
    }
}

/// The notes of the rows that travel, in alphabetical order. `columns` are those of the keys.
fn notes(source: &Source, columns: &str, keys: Option<Keys>) -> String {
    let sql = format!("select {columns}, note from sold where :as_of is not null; -- all");
    let parameters = Parameters::from([("as_of".to_owned(), Value::Instant(moment()))]);
    let asked = Asked { table: query("lines", &sql, &["note"]), parameters, keys };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let pulls = runtime.block_on(pull(source, vec![asked], &LIMITS, clock(), |_, raw| raw));
    let raw = pulls["lines"].as_ref().unwrap_or_else(|error| panic!("{error}"));
    let notes = raw.frame.column("note").unwrap().str().unwrap();
    let mut notes: Vec<&str> = notes.iter().flatten().collect();
    assert_eq!(notes.len(), raw.frame.height());
    notes.sort_unstable();
    notes.join(" | ")
}

/// What both servers' tables of lines hold.
const ROWS: &str = "
    insert into sold (code, no, figure, note) values
        ('SO-1', 1, 1.00, 'asked'), ('SO-1', 2, 2, 'another line'), ('SO-2', 1, 1, 'asked as well'),
        ('SO-3', 1, 1, 'another order'), (' so-1', 1, 1, 'once it is cleaned it is asked'), ('so-2', 1, 1, 'in lower case'),
        ('SO-3', 3, 1.5, 'a fraction'), ('SO-3', null, null, 'no number'), (null, 1, 1, 'no key'),
        ('it''s', 1, 1, 'a quote'), ('甲-7', 1, 1, 'letters that cleaning may change');
    update sold set padded = code, sorted = code, written = no, price = no, big = no;";

const ASKED: [(&str, &str); 5] = [("SO-1", "1.00"), ("SO-2", "1"), ("it's", "1"), ("'; drop", "1.5"), ("a\0b", "1")];

/// What travels for each way in which the columns of the keys can be kept.
fn travelling(source: &Source, quoted: &str, columns: &[(&str, &str)]) -> String {
    let mut said = Vec::new();
    for (code, no) in columns {
        for cells in [Cells::Text, Cells::CleanText] {
            let found =
                notes(source, &format!("{code} as {quoted}, {no} as no"), Some(keys(cells, Cells::Numbers, &ASKED)));
            said.push(format!("{code} as {cells:?}, {no}: {found}"));
        }
    }
    // A number whose digits are the key: `01` is another.
    let digits = keys(Cells::Text, Cells::Text, &[("SO-1", "2"), ("SO-2", "01"), ("SO-3", "x")]);
    said.push(format!("the digits of a number: {}", notes(source, &format!("code as {quoted}, no"), Some(digits))));
    said.join("\n")
}

/// Keys that no server compares as they are carried, and too many or too few of them.
fn check_whole(source: &Source, quoted: &str) {
    let code = format!("code as {quoted}");
    let whole = notes(source, &format!("{code}, no"), None);
    let by = |no: &str, keys: Keys| notes(source, &format!("{code}, {no}"), Some(keys));
    let numbers = |rows: &[(&str, &str)]| keys(Cells::Text, Cells::Numbers, rows);
    assert_eq!(by("no", numbers(&[])), whole, "no keys at all narrow nothing");
    assert_eq!(by("written as no", numbers(&ASKED)), whole, "a text that becomes a number");
    assert_eq!(by("price as no", numbers(&ASKED)), whole, "a number of floating point");
    let texts = keys(Cells::Text, Cells::Text, &[("SO-1", "1")]);
    assert_eq!(by("figure as no", texts), whole, "a figure whose digits are its key");
}

fn many(count: usize) -> Keys {
    let many: Vec<String> = (0..count).map(|no| format!("SO-{no}")).collect();
    keys(Cells::Text, Cells::Numbers, &many.iter().map(|code| (code.as_str(), "1")).collect::<Vec<_>>())
}

#[test]
fn from_postgresql_only_the_rows_of_the_keys_travel_and_those_that_may_become_one() {
    let Some(server) = postgres() else { return };
    let setup = "create type colour as enum ('red', 'Red');
        create domain order_no as varchar(20);
        create table sold (code text, padded char(6), sorted order_no collate \"und-x-icu\", no integer, big bigint,
                            figure numeric, written text, price float8, note text)";
    let database = server.database(&format!("{setup};{}", ROWS.replace("written = no", "written = no::text")));
    database.sql(
        "insert into sold (code, figure, note) values ('SO-3', 'NaN', 'no figure'), ('SO-3', '-infinity', 'no end')",
    );
    let source = postgres_source(&database.url());
    let quoted = "\"the `\"\"code\"\"`\"";
    let columns = [("code", "no"), ("padded", "big"), ("sorted", "figure")];
    insta::assert_snapshot!(travelling(&source, quoted, &columns));
    check_whole(&source, quoted);
    let found = notes(&source, &format!("code as {quoted}, no"), Some(many(10_000)));
    assert_eq!(found, "another order | asked | asked as well | no end | no figure | no key | no number");
    // Of types that are no text to the server, but are carried as one.
    let carried =
        |column: &str, no: &str, keys| notes(&source, &format!("{column} as {quoted}, {no} as no"), Some(keys));
    let colours = keys(Cells::Text, Cells::Text, &[("red", "1")]);
    let colour = "case code when 'SO-1' then 'red' else 'Red' end::colour";
    assert_eq!(carried(colour, "no", colours), "asked | no end | no figure | no number");
    let id = "('0000000000000000000000000000000' || coalesce(no, 9))::uuid";
    let ids = keys(Cells::Text, Cells::Text, &[("00000000-0000-0000-0000-000000000002", "2")]);
    assert_eq!(carried(id, "coalesce(no, 9)", ids), "another line");
}

#[test]
fn from_mariadb_only_the_rows_of_the_keys_travel_and_those_that_may_become_one() {
    let Some(server) = mariadb() else { return };
    let setup = "create table sold (code varchar(20), padded char(6) character set gbk,
            sorted varchar(20) collate utf8mb4_unicode_ci, no integer(4) zerofill, big bigint unsigned,
            figure decimal(12,2), written text, price double, note text)";
    let shop = server.database(&format!("{setup};{ROWS}"));
    let source = mysql_source(&shop.url());
    let quoted = "`the ``\"code\"```";
    let columns = [("code", "no"), ("padded", "big"), ("sorted", "figure")];
    insta::assert_snapshot!(travelling(&source, quoted, &columns));
    check_whole(&source, quoted);
    let number = format!("code as {quoted}, no");
    let found = notes(&source, &number, Some(many(10_000)));
    assert_eq!(found, "another order | asked | asked as well | no key | no number");
    let whole = notes(&source, &number, None);
    assert_eq!(notes(&source, &number, Some(many(40_000))), whole, "more than one statement holds");
    let twice = format!("code as {quoted}, no, 1 as x, 2 as x");
    assert_eq!(notes(&source, &twice, Some(many(3))), whole, "two columns of one name, which no query around it takes");
}

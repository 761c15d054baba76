//! What raw cells become, and which of them nobody can read.

mod dates;
mod guards;
mod numbers;
mod texts;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float32Chunked, Float64Chunked, Int8Chunked, Int32Chunked,
    Int64Chunked, Int128Chunked, IntoColumn, NewChunkedArray, StringChunked, TimeUnit, UInt64Chunked, UInt128Chunked,
};
use proptest::prelude::*;
use tieout::audit::amount::Amount;
use tieout::audit::expression::{Cell, Decimals, Expression, ParameterTypes, Parameters, Scope, Vector};
use tieout::audit::snapshot::{
    ColumnSpec, ColumnType, CurrencyOf, Guards, History, Normaliser, RawTable, Read, SnapshotFault, Table, TableSpec,
    Tax, UnreadableCell, normalise,
};
use tieout::audit::value::Value;

const SHANGHAI: Tz = chrono_tz::Asia::Shanghai;

fn money(scale: u8) -> ColumnType {
    ColumnType::Money { scale, currency: CurrencyOf::Business, tax: Tax::Unknown }
}

fn column(name: &str, kind: ColumnType) -> ColumnSpec {
    ColumnSpec::new(name, kind)
}

fn spec(columns: Vec<ColumnSpec>) -> TableSpec {
    TableSpec {
        name: "lines".to_owned(),
        source: "erp".to_owned(),
        companies: Vec::new(),
        read: Read::Query("select 1".to_owned()),
        unique: Vec::new(),
        date: None,
        history: History::Dated,
        guards: Guards::default(),
        columns,
    }
}

fn moment() -> DateTime<Utc> {
    "2026-01-31T00:00:00Z".parse().unwrap()
}

fn table_in(zone: Tz, columns: Vec<ColumnSpec>, raw: Vec<Column>) -> Result<Table, SnapshotFault> {
    let frame = DataFrame::new_infer_height(raw).unwrap();
    normalise(&spec(columns), &RawTable { frame, moment: moment(), clock_offset: None }, zone)
}

fn texts(cells: &[&str]) -> Column {
    let cells = cells.iter().map(|cell| (*cell != "null").then_some(*cell));
    StringChunked::from_iter_options("x".into(), cells).into_column()
}

/// Every cell of column `x`: its plain form, `null`, or `unreadable: TEXT`.
fn cells(table: &Table) -> Vec<String> {
    let cell = |row: usize| match table.unreadable.iter().find(|cell| cell.row == row) {
        Some(cell) => {
            assert!(table.value("x", row).is_null(), "an unreadable cell is null in the frame");
            format!("unreadable: {}", cell.text)
        }
        None if table.value("x", row).is_null() => "null".to_owned(),
        None => table.value("x", row).to_string(),
    };
    (0..table.len()).map(cell).collect()
}

fn check_column_in(zone: Tz, mut wanted: ColumnSpec, raw: Column, expected: &[&str]) {
    wanted.name = "x".to_owned();
    wanted.from = "x".to_owned();
    let table = table_in(zone, vec![wanted], vec![raw.with_name("x".into())]).unwrap();
    assert_eq!(cells(&table), expected);
}

fn check_column(wanted: ColumnSpec, raw: Column, expected: &[&str]) {
    check_column_in(SHANGHAI, wanted, raw, expected);
}

/// Reads texts as a type; each text beside what it becomes.
fn check(kind: ColumnType, pairs: &[(&str, &str)]) {
    for (text, expected) in pairs {
        let table = table_in(SHANGHAI, vec![column("x", kind.clone())], vec![texts(&[*text])]).unwrap();
        let refused = format!("unreadable: {text}");
        assert_eq!(cells(&table), [if *expected == "?" { refused.as_str() } else { expected }], "{text}");
    }
}

fn mixed() -> Table {
    let named = |cells: &[&str], name: &str| texts(cells).with_name(name.into());
    let raw = vec![
        named(&["1", "x", "3"], "Amount"),
        named(&["unused", "unused", "unused"], "Remark"),
        named(&["2024-11-05", "soon", "2024-11-07"], "due"),
        named(&["A", "B", "null"], "no"),
        named(&["1", "0", "?"], "stocked"),
        named(&["2024-11-05 08:00", "", "null"], "at"),
    ];
    let mut amount = column("amount", money(2));
    amount.from = "Amount".to_owned();
    let columns = vec![
        column("no", ColumnType::Text),
        column("due", ColumnType::Date),
        amount,
        column("stocked", ColumnType::Boolean),
        column("at", ColumnType::Instant),
    ];
    table_in(SHANGHAI, columns, raw).unwrap()
}

#[test]
fn a_table_has_the_columns_of_its_spec_in_its_order_and_types() {
    let table = mixed();
    let [Vector::Text(_), Vector::Date(_), Vector::Decimal(amounts), Vector::Boolean(_), Vector::Instant(_)] =
        table.columns()
    else {
        panic!("{:?}", table.columns());
    };
    assert_eq!((amounts.scale, table.len()), (2, 3));
    assert_eq!(table.moment, moment());
    let unreadable: Vec<(usize, &str, &str)> =
        table.unreadable.iter().map(|cell| (cell.row, cell.column.as_str(), cell.text.as_str())).collect();
    assert_eq!(unreadable, [(1, "due", "soon"), (1, "amount", "x"), (2, "stocked", "?")]);
}

#[test]
fn a_table_is_read_by_typed_cells_and_columns() {
    let table = mixed();
    assert_eq!(table.value("no", 1), Value::Text("B".to_owned()));
    assert_eq!(table.value("due", 0), Value::Date("2024-11-05".parse().unwrap()));
    assert_eq!(table.value("amount", 2), Value::Amount("3.00".parse().unwrap()));
    assert_eq!(table.value("amount", 1), Value::Null);
    assert_eq!(table.value("stocked", 0), Value::Bool(true));
    assert_eq!(table.value("at", 0), Value::Instant("2024-11-05T00:00:00Z".parse().unwrap()));
    let Vector::Decimal(amounts) = table.vector("amount") else { panic!() };
    let expected = Decimals::new(2, [(100, Cell::Value), (0, Cell::Null), (300, Cell::Value)]);
    assert_eq!(amounts, expected);

    let scope: Scope = table
        .spec
        .columns
        .iter()
        .map(|column| {
            let name = tieout::audit::expression::ColumnRef { side: None, column: column.name.clone() };
            (name, (&column.kind).into())
        })
        .collect();
    let text = "stocked and amount = 1 and due < date '2024-11-06' and no in ('A')";
    let condition = Expression::parse(text, &scope, &ParameterTypes::new()).unwrap();
    let Vector::Boolean(held) = condition.evaluate(&table, &Parameters::new()) else { panic!() };
    assert_eq!(*held, [Some(true), Some(false), Some(false)]);
}

#[test]
fn an_empty_table_keeps_its_types() {
    let table = table_in(SHANGHAI, vec![column("x", money(2))], vec![texts(&[])]).unwrap();
    assert!(table.is_empty());
    assert_eq!(table.vector("x").len(), 0);
    assert!(matches!(table.vector("x"), Vector::Decimal(cells) if cells.scale == 2));
}

#[test]
fn an_unreadable_cell_keeps_eighty_characters_of_its_text() {
    let long = "订".repeat(200);
    let table = table_in(SHANGHAI, vec![column("x", money(2))], vec![texts(&[&long])]).unwrap();
    let expected = UnreadableCell { row: 0, column: "x".to_owned(), text: "订".repeat(80) };
    assert_eq!(table.unreadable, [expected]);
}

#[test]
fn a_frame_that_is_no_table_of_its_spec_is_refused() {
    let missing = table_in(
        SHANGHAI,
        vec![column("金额", money(2))],
        vec![texts(&["1"]).with_name("qty".into()), texts(&["1"]).with_name("amount".into())],
    );
    let fault = missing.unwrap_err();
    assert_eq!(fault.to_string(), "table lines has no column 金额; it has amount, qty");

    let flags = BooleanChunked::from_slice("x".into(), &[true]).into_column();
    let fault = table_in(SHANGHAI, vec![column("x", money(2))], vec![flags]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "column x of table lines came as bool, which cannot be read as money; accepted are numbers and texts"
    );

    let days = Int32Chunked::from_slice("x".into(), &[1]).into_date().into_column();
    let fault = table_in(SHANGHAI, vec![column("x", ColumnType::Number { scale: 0 })], vec![days]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "column x of table lines came as date, which cannot be read as number; accepted are numbers and texts"
    );
}

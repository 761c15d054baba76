//! What raw cells become, and which of them nobody can read.

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
    let (normalise, null_words) = (Vec::new(), Vec::new());
    ColumnSpec { name: name.to_owned(), from: name.to_owned(), kind, normalise, null_words, negate: false }
}

fn spec(columns: Vec<ColumnSpec>) -> TableSpec {
    TableSpec {
        name: "lines".to_owned(),
        source: "erp".to_owned(),
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
    normalise(&spec(columns), &RawTable { frame, moment: moment() }, zone)
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

#[test]
fn money_is_read_as_people_write_it() {
    check(
        money(2),
        &[
            ("1234.5", "1234.50"),
            ("1,234,567.89", "1234567.89"),
            ("１，２３４．５０", "1234.50"),
            ("12.3400", "12.34"),
            (".5", "0.50"),
            ("  -1 ", "-1.00"),
            ("\u{3000}＋1.00\u{200b}", "1.00"),
            ("－１", "-1.00"),
            ("−1", "-1.00"),
            ("(1.00)", "-1.00"),
            ("（１．００）", "-1.00"),
            ("1.00-", "-1.00"),
            ("-0", "0.00"),
            ("¥1,000", "1000.00"),
            ("￥ 1000.00", "1000.00"),
            ("-¥5", "-5.00"),
            ("¥-5", "-5.00"),
            ("(￥5)", "-5.00"),
            ("CNY 12", "12.00"),
            ("rmb12.00", "12.00"),
            ("1,000元", "1000.00"),
            ("=\"00123\"", "123.00"),
            ("999999999999999999999999999999999999.99", "999999999999999999999999999999999999.99"),
            ("", "null"),
            (" \u{a0}", "null"),
            ("null", "null"),
        ],
    );
}

#[test]
fn a_number_nobody_can_be_sure_of_is_unreadable() {
    let doubtful = [
        "1,50",
        "12,34,567",
        "1234,567",
        "1,234,56",
        "1.234,56",
        "1.2.3",
        "1.",
        ".",
        "-",
        "+",
        "()",
        "--1",
        "-(1)",
        "(1",
        "(-1)",
        "+-1",
        "1-2",
        "1 234",
        "1e5",
        "1.23457E+17",
        "1.2万",
        "3亿",
        "13%",
        "壹元",
        "１²",
        "½",
        "①",
        "0x1F",
        "NaN",
        "12.345",
        "0.001",
        "1000000000000000000000000000000000000.00",
        "abc",
        "12a",
        "#N/A",
        "1,234.567,8",
        "$5",
        "5美元",
        "1_000",
        "٣",
        ",123",
        "1,,234",
    ];
    check(money(2), &doubtful.map(|text| (text, "?")));
    check(ColumnType::Quantity { scale: 4 }, &[("¥1", "?"), ("1元", "?"), ("CNY 1", "?"), ("1,000.1234", "1000.1234")]);
    check(ColumnType::Number { scale: 0 }, &[("10.0", "10"), ("10.5", "?"), ("00010", "10")]);
    check(
        ColumnType::Number { scale: 18 },
        &[
            ("0.000000000000000001", "0.000000000000000001"),
            ("0.0000000000000000001", "?"),
            ("100000000000000000000", "?"),
        ],
    );
}

#[test]
fn figures_of_every_raw_type_are_rescaled_exactly_or_unreadable() {
    let quantity = || column("x", ColumnType::Quantity { scale: 2 });
    let i8s = Int8Chunked::from_slice_options("x".into(), &[Some(-128), None, Some(5)]).into_column();
    check_column(quantity(), i8s, &["-128.00", "null", "5.00"]);
    let u64s = UInt64Chunked::from_slice("x".into(), &[u64::MAX]).into_column();
    check_column(quantity(), u64s, &["18446744073709551615.00"]);
    let i128s = Int128Chunked::from_slice("x".into(), &[i128::MAX, i128::MIN, 10i128.pow(36), 10i128.pow(36) - 1]);
    check_column(
        quantity(),
        i128s.into_column(),
        &[
            "unreadable: 170141183460469231731687303715884105727",
            "unreadable: -170141183460469231731687303715884105728",
            "unreadable: 1000000000000000000000000000000000000",
            "999999999999999999999999999999999999.00",
        ],
    );
    let u128s = UInt128Chunked::from_slice("x".into(), &[u128::MAX, 7]).into_column();
    check_column(quantity(), u128s, &["unreadable: 340282366920938463463374607431768211455", "7.00"]);
    let fine = Int128Chunked::from_slice_options("x".into(), &[Some(123_4500), Some(123_4560), None, Some(-1)]);
    check_column(
        quantity(),
        fine.into_decimal_unchecked(38, 4).into_column(),
        &["123.45", "unreadable: 123.4560", "null", "unreadable: -0.0001"],
    );
    let floats = [0.1 + 0.2, 0.3, 1e21, f64::NAN, f64::INFINITY, -0.0, 1e300, 12.0, 1e-7];
    let floats = Float64Chunked::from_slice("x".into(), &floats).into_column();
    let huge = format!("unreadable: 1{}", "0".repeat(79));
    check_column(
        quantity(),
        floats,
        &[
            "unreadable: 0.30000000000000004",
            "0.30",
            "1000000000000000000000.00",
            "unreadable: NaN",
            "unreadable: inf",
            "0.00",
            &huge,
            "12.00",
            "unreadable: 0.0000001",
        ],
    );
    let singles = Float32Chunked::from_slice("x".into(), &[0.1f32, 2.5]).into_column();
    check_column(quantity(), singles, &["0.10", "2.50"]);
    let nothing = Column::full_null("x".into(), 2, &DataType::Null);
    check_column(quantity(), nothing, &["null", "null"]);
}

#[test]
fn a_turned_sign_turns_every_figure() {
    let mut turned = column("x", money(2));
    turned.negate = true;
    check_column(
        turned.clone(),
        texts(&["1.00", "(2.00)", "0", "", "x"]),
        &["-1.00", "2.00", "0.00", "null", "unreadable: x"],
    );
    check_column(turned, Int32Chunked::from_slice("x".into(), &[1, -2, 0]).into_column(), &["-1.00", "2.00", "0.00"]);
}

#[test]
fn days_are_read_in_every_usual_form() {
    check(
        ColumnType::Date,
        &[
            ("20241105", "2024-11-05"),
            ("2024-11-05", "2024-11-05"),
            ("2024/11/5", "2024-11-05"),
            ("2024.11.5", "2024-11-05"),
            ("2024年11月5日", "2024-11-05"),
            ("２０２４－１１－０５", "2024-11-05"),
            (" 2024-11-05 ", "2024-11-05"),
            ("=\"2024-11-05\"", "2024-11-05"),
            ("2024/11/5 0:00:00", "2024-11-05"),
            ("2024-11-05T23:59:59.9999999", "2024-11-05"),
            ("2024年11月5日 08:30", "2024-11-05"),
            ("2024-02-29", "2024-02-29"),
            ("", "null"),
            ("0000-00-00", "null"),
            ("0000-00-00 00:00:00", "null"),
            ("00000000", "null"),
            ("0001-01-01T00:00:00", "null"),
            ("1900/1/1", "null"),
            ("1899-12-30", "null"),
            ("9999-12-31 23:59:59", "null"),
        ],
    );
    let doubtful = [
        "24-11-5",
        "2024-11",
        "2024年11月",
        "113/11/05",
        "民国113年11月5日",
        "2024-13-01",
        "2023-02-29",
        "2024-11-31",
        "2024-11/05",
        "2024-11-05x",
        "2024-11-05T",
        "2024-11-05 25:00",
        "2024-11-05 24:00:00",
        "2024-00-00",
        "05.11.2024",
        "11/5/2024",
        "45601",
        "202411",
        "2024110",
        "2024-11-05 08:30 pm",
        "2024-11-05T08:30:00+25:00",
        "2024-1105",
        "0000-01-01",
        "20241105 8",
        "明天",
    ];
    check(ColumnType::Date, &doubtful.map(|text| (text, "?")));
}

#[test]
fn an_instant_becomes_the_day_of_the_sources_zone() {
    check(
        ColumnType::Date,
        &[
            ("2024-11-04T16:00:00.000Z", "2024-11-05"),
            ("2024-11-04T15:59:59Z", "2024-11-04"),
            ("2024-11-05T00:30:00+09:00", "2024-11-04"),
            ("2024-11-05 00:30:00 +0800", "2024-11-05"),
            ("2024-11-04T18:00:00-05", "2024-11-05"),
            ("0001-01-01T00:00:00Z", "null"),
        ],
    );
    let zoned = Int64Chunked::from_slice("x".into(), &[1_730_736_000_000]);
    let zoned = zoned.into_datetime(TimeUnit::Milliseconds, Some(polars::prelude::TimeZone::UTC)).into_column();
    check_column(column("x", ColumnType::Date), zoned, &["2024-11-05"]);
}

#[test]
fn days_come_from_dates_date_times_and_whole_numbers() {
    let date = || column("x", ColumnType::Date);
    let days = Int32Chunked::from_slice_options("x".into(), &[Some(20_032), None, Some(-25_567), Some(i32::MAX)]);
    check_column(date(), days.into_date().into_column(), &["2024-11-05", "null", "null", "unreadable: day 2147483647"]);
    for (unit, second) in
        [(TimeUnit::Milliseconds, 1_000), (TimeUnit::Microseconds, 1_000_000), (TimeUnit::Nanoseconds, 1_000_000_000)]
    {
        let ticks = [1_730_851_199 * second, -second, 0];
        let ticks = Int64Chunked::from_slice("x".into(), &ticks).into_datetime(unit, None).into_column();
        check_column(date(), ticks, &["2024-11-05", "1969-12-31", "1970-01-01"]);
    }
    let numbers = Int64Chunked::from_slice("x".into(), &[20_241_105, 0, 241_105, 20_241_301, -20_241_105]);
    check_column(
        date(),
        numbers.into_column(),
        &["2024-11-05", "null", "unreadable: 241105", "unreadable: 20241301", "unreadable: -20241105"],
    );
}

#[test]
fn a_naive_moment_stands_in_the_sources_zone() {
    check(
        ColumnType::Instant,
        &[
            ("2024-11-05T08:00:00", "2024-11-05T00:00:00Z"),
            ("2024-11-05 08:00:00.123456", "2024-11-05T00:00:00.123456Z"),
            ("2024-11-05 08:00:00.1234567", "2024-11-05T00:00:00.123456Z"),
            ("2024-11-05T08:00:00Z", "2024-11-05T08:00:00Z"),
            ("2024-11-05T08:00:00+01:00", "2024-11-05T07:00:00Z"),
            ("2024/11/5", "2024-11-04T16:00:00Z"),
            ("1900-01-01 00:00:00", "null"),
            ("", "null"),
            ("08:00:00", "?"),
        ],
    );
    let naive = Int64Chunked::from_slice("x".into(), &[1_730_764_800_000_000_999]);
    let naive = naive.into_datetime(TimeUnit::Nanoseconds, None).into_column();
    check_column(column("x", ColumnType::Instant), naive, &["2024-11-04T16:00:00Z"]);
}

#[test]
fn a_moment_that_clocks_skip_or_repeat_is_the_earliest_it_can_be() {
    let instant = || column("x", ColumnType::Instant);
    let berlin = texts(&["2026-03-29 02:30:00", "2026-03-29 03:00:00", "2026-10-25 02:30:00"]);
    check_column_in(
        chrono_tz::Europe::Berlin,
        instant(),
        berlin,
        &["2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z"],
    );
    let apia = texts(&["2011-12-30 12:00:00", "2011-12-29 23:59:59", "2011-12-31 00:00:00"]);
    check_column_in(
        chrono_tz::Pacific::Apia,
        instant(),
        apia,
        &["2011-12-30T10:00:00Z", "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"],
    );
    check_column(instant(), texts(&["1988-04-17 02:30:00"]), &["1988-04-16T18:00:00Z"]);
}

#[test]
fn booleans_are_read_from_words_and_bits() {
    check(
        ColumnType::Boolean,
        &[
            ("true", "true"),
            ("T", "true"),
            ("Yes", "true"),
            ("y", "true"),
            ("1", "true"),
            ("是", "true"),
            ("１", "true"),
            ("FALSE", "false"),
            ("f", "false"),
            ("no", "false"),
            ("N", "false"),
            ("0", "false"),
            (" 否 ", "false"),
            ("", "null"),
            ("2", "?"),
            ("maybe", "?"),
            ("对", "?"),
        ],
    );
    let bits = Int64Chunked::from_slice_options("x".into(), &[Some(1), Some(0), Some(-1), None]).into_column();
    check_column(column("x", ColumnType::Boolean), bits, &["true", "false", "unreadable: -1", "null"]);
    let held = BooleanChunked::from_slice_options("x".into(), &[Some(true), None]).into_column();
    check_column(column("x", ColumnType::Boolean), held, &["true", "null"]);
}

#[test]
fn text_is_cleaned_by_the_steps_of_its_column_in_their_order() {
    use Normaliser::{HalfWidth, Trim, Upper};
    let cell = "\u{feff}\u{3000} ａｂ－１２３／（x）\u{a0}\u{200b}";
    for (steps, expected) in [
        (vec![], cell),
        (vec![Trim], "ａｂ－１２３／（x）"),
        (vec![Trim, HalfWidth], "ab-123/(x)"),
        (vec![HalfWidth, Upper, Trim], "AB-123/(X)"),
    ] {
        let mut wanted = column("x", ColumnType::Text);
        wanted.normalise = steps;
        check_column(wanted, texts(&[cell]), &[expected]);
    }
    let mut wanted = column("x", ColumnType::Text);
    wanted.normalise = vec![Trim, HalfWidth, Upper];
    let dashes = texts(&["a－b", "a—b", "a–b", "a−b", "a‐b", "straße", "\u{200d}", " ", "null"]);
    check_column(wanted.clone(), dashes, &["A-B", "A-B", "A-B", "A-B", "A-B", "STRASSE", "null", "null", "null"]);
    wanted.null_words = ["-", "无", "n/a"].map(str::to_owned).to_vec();
    check_column(wanted, texts(&["—", "无", " N/A ", "无锡", "-1"]), &["null", "null", "null", "无锡", "-1"]);
}

#[test]
fn empty_text_is_null_and_leading_zeros_stay() {
    check_column(column("x", ColumnType::Text), texts(&["", " ", "0012", "null"]), &["null", " ", "0012", "null"]);
    let untouched = texts(&["a", "null", "B "]);
    check_column(column("x", ColumnType::Text), untouched, &["a", "null", "B "]);
}

#[test]
fn null_words_are_null_in_columns_of_every_type() {
    let mut figure = column("x", money(2));
    figure.null_words = ["-", "无", "-1"].map(str::to_owned).to_vec();
    check_column(figure.clone(), texts(&["—", " 无 ", "-1", "-2"]), &["unreadable: —", "null", "null", "-2.00"]);
    check_column(figure, Int32Chunked::from_slice("x".into(), &[-1, -2]).into_column(), &["null", "-2.00"]);
    let mut date = column("x", ColumnType::Date);
    date.null_words = vec!["2099-12-31".to_owned()];
    let days = Int32Chunked::from_slice("x".into(), &[47_481, 0]).into_date().into_column();
    check_column(date, days, &["null", "1970-01-01"]);
}

#[test]
fn text_comes_from_every_other_type_as_it_is_written_plainly() {
    let text = || column("x", ColumnType::Text);
    check_column(text(), Int64Chunked::from_slice("x".into(), &[12, -3]).into_column(), &["12", "-3"]);
    let decimals = Int128Chunked::from_slice("x".into(), &[1_200, -5]).into_decimal_unchecked(38, 3).into_column();
    check_column(text(), decimals, &["1.200", "-0.005"]);
    let floats = Float64Chunked::from_slice("x".into(), &[12.0, 0.1, f64::NAN, 123_456_789_012_345_680.0]);
    check_column(text(), floats.into_column(), &["12", "0.1", "unreadable: NaN", "123456789012345680"]);
    check_column(text(), BooleanChunked::from_slice("x".into(), &[true]).into_column(), &["true"]);
    let days = Int32Chunked::from_slice("x".into(), &[20_032]).into_date().into_column();
    check_column(text(), days, &["2024-11-05"]);
    let at = Int64Chunked::from_slice("x".into(), &[1_500]).into_datetime(TimeUnit::Milliseconds, None).into_column();
    check_column(text(), at, &["1970-01-01T00:00:01.500"]);
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
    let schema: Vec<String> =
        table.frame.columns().iter().map(|column| format!("{} {}", column.name(), column.dtype())).collect();
    assert_eq!(schema, ["no str", "due date", "amount decimal[38,2]", "stocked bool", "at datetime[μs]"]);
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
    let expected = Decimals { scale: 2, units: vec![100, 0, 300], state: vec![Cell::Value, Cell::Null, Cell::Value] };
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
    assert_eq!(held, [Some(true), Some(false), Some(false)]);
}

#[test]
fn an_empty_table_keeps_its_types() {
    let table = table_in(SHANGHAI, vec![column("x", money(2))], vec![texts(&[])]).unwrap();
    assert!(table.is_empty());
    assert_eq!(table.frame.column("x").unwrap().dtype(), &DataType::Decimal(38, 2));
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
    assert_eq!(fault.to_string(), "column x of table lines came as bool, which cannot be read as money");

    let days = Int32Chunked::from_slice("x".into(), &[1]).into_date().into_column();
    let fault = table_in(SHANGHAI, vec![column("x", ColumnType::Number { scale: 0 })], vec![days]).unwrap_err();
    assert_eq!(fault.to_string(), "column x of table lines came as date, which cannot be read as number");
}

proptest! {
    /// However a figure is dressed up, it is read as itself.
    #[test]
    fn a_written_figure_is_read_back_exactly(units in -10i128.pow(37)..10i128.pow(37), scale in 0u8..=18) {
        let amount = Amount::new(units, scale);
        let plain = amount.to_string();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let point = if fraction.is_empty() { "" } else { "." };
        let full_width = plain.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap());
        let bracketed = if sign.is_empty() { plain.clone() } else { format!("({digits})") };
        let written = [
            plain.clone(),
            format!("{sign}{grouped}{point}{fraction}"),
            format!("{sign}¥{grouped}{point}{fraction}元"),
            full_width.collect(),
            bracketed,
            format!("{digits}{sign}"),
        ];
        let cells: Vec<&str> = written.iter().map(String::as_str).collect();
        let table = table_in(SHANGHAI, vec![column("x", money(scale))], vec![texts(&cells)]).unwrap();
        for (row, text) in written.iter().enumerate() {
            prop_assert_eq!(table.value("x", row), Value::Amount(amount), "{}", text);
        }
    }

    /// No text makes reading panic, whatever the type, and each cell is a value, null or named as unreadable.
    #[test]
    fn any_text_is_read_or_named(text in "\\PC{0,24}|[-0-9.,:/ TZ+()年月日]{0,24}", scale in 0u8..=18) {
        let kinds = [
            money(scale),
            ColumnType::Number { scale },
            ColumnType::Date,
            ColumnType::Instant,
            ColumnType::Boolean,
            ColumnType::Text,
        ];
        for kind in kinds {
            let mut wanted = column("x", kind);
            wanted.normalise = vec![Normaliser::Trim, Normaliser::HalfWidth, Normaliser::Upper];
            let raw = StringChunked::from_slice("x".into(), &[text.as_str()]).into_column();
            let table = table_in(chrono_tz::America::New_York, vec![wanted], vec![raw]).unwrap();
            prop_assert!(table.unreadable.len() <= 1);
        }
    }
}

//! What an expression may say, what it means, and how it refuses.

mod arithmetic;
mod refusals;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};
use tieout::audit::expression::{
    Cell, ColumnRef, Decimals, Expression, ExpressionFault, ParameterTypes, Parameters, Rows, Scope, Type, Vector,
    truth,
};
use tieout::audit::snapshot::{day_at, days_since_epoch};
use tieout::audit::value::Value;

const MONEY: Type = Type::Decimal { scale: 2, money: true };
const QUANTITY: Type = Type::Decimal { scale: 4, money: false };

/// Columns of one length, by name.
struct Sheet {
    rows: usize,
    columns: BTreeMap<ColumnRef, (Type, Vector)>,
}

impl Rows for Sheet {
    fn len(&self) -> usize {
        self.rows
    }

    fn column(&self, column: &ColumnRef) -> Vector {
        self.columns[column].1.clone()
    }
}

impl Sheet {
    fn new(rows: usize) -> Self {
        Sheet { rows, columns: BTreeMap::new() }
    }

    /// Adds a column written as text, one word per row; `null` is null, `fault` a faulted figure.
    fn with(mut self, name: &str, kind: Type, cells: &[&str]) -> Self {
        assert_eq!(cells.len(), self.rows);
        let (side, column) = match name.split_once('.') {
            Some((side, column)) => (Some(side.to_owned()), column.to_owned()),
            None => (None, name.to_owned()),
        };
        self.columns.insert(ColumnRef { side, column }, (kind, vector(kind, cells)));
        self
    }

    fn scope(&self) -> Scope {
        self.columns.iter().map(|(column, (kind, _))| (column.clone(), *kind)).collect()
    }
}

fn vector(kind: Type, cells: &[&str]) -> Vector {
    let some = |cell: &&str| (*cell != "null").then(|| (*cell).to_owned());
    let cells: Vec<Option<String>> = cells.iter().map(some).collect();
    let day = |cell: Option<String>| cell.map(|cell| days_since_epoch(cell.parse::<NaiveDate>().unwrap()));
    match kind {
        Type::Text => Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, cells.into_iter())),
        Type::Date => Vector::Date(cells.into_iter().map(day).collect()),
        Type::Boolean => {
            Vector::Boolean(cells.into_iter().map(|cell| cell.map(|cell| cell.parse().unwrap())).collect())
        }
        Type::Instant => Vector::Instant(
            cells
                .into_iter()
                .map(|cell| cell.map(|cell| cell.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_micros()))
                .collect(),
        ),
        Type::Decimal { scale, .. } => {
            let cells = cells.into_iter().map(|cell| match cell.as_deref() {
                None => (0, Cell::Null),
                Some("fault") => (0, Cell::Fault),
                Some("max") => (i128::MAX, Cell::Value),
                Some("min") => (i128::MIN, Cell::Value),
                Some(figure) => {
                    let amount: tieout::audit::amount::Amount = figure.parse().unwrap();
                    (amount.rescale(scale).unwrap().units(), Cell::Value)
                }
            });
            Vector::Decimal(Decimals::new(scale, cells))
        }
    }
}

fn orders() -> Sheet {
    Sheet::new(4)
        .with("no", Type::Text, &["SO-1", "so-22", "订单三号", "null"])
        .with("状态", Type::Text, &["已审核", "作废", " 已审核\u{3000}", "null"])
        .with("amount", MONEY, &["0.30", "-12.50", "100.00", "null"])
        .with("qty", QUANTITY, &["3", "0", "2.5", "null"])
        .with("due", Type::Date, &["2026-01-31", "2024-02-29", "2026-03-01", "null"])
        .with("paid", Type::Date, &["2026-02-02", "2024-02-28", "null", "null"])
        .with("at", Type::Instant, &["2026-01-31T00:00:00Z", "2026-01-30T16:00:00Z", "2026-02-01T00:00:00Z", "null"])
        .with("stocked", Type::Boolean, &["true", "false", "null", "null"])
}

fn run_parameters() -> (ParameterTypes, Parameters) {
    let mut types = ParameterTypes::new();
    let mut values = Parameters::new();
    let mut add = |name: &str, kind: Type, value: Value| {
        types.insert(name.to_owned(), kind);
        values.insert(name.to_owned(), value);
    };
    add("as_of", Type::Instant, Value::Instant("2026-01-31T00:00:00Z".parse().unwrap()));
    add("as_of_day", Type::Date, Value::Date("2026-01-31".parse().unwrap()));
    add("floor", MONEY, Value::Amount("100".parse().unwrap()));
    add("nothing", Type::Text, Value::Null);
    (types, values)
}

fn parse(text: &str, sheet: &Sheet) -> Result<Expression, ExpressionFault> {
    Expression::parse(text, &sheet.scope(), &run_parameters().0)
}

/// Every cell as a word.
fn words(vector: &Vector) -> Vec<String> {
    fn word<T: ToString>(cell: Option<T>) -> String {
        cell.map_or("null".to_owned(), |cell| cell.to_string())
    }
    match vector {
        Vector::Text(texts) => texts.iter().map(word).collect(),
        Vector::Date(days) => days.iter().map(|days| word(days.and_then(day_at))).collect(),
        Vector::Boolean(cells) => cells.iter().map(|cell| word(*cell)).collect(),
        Vector::Instant(cells) => {
            cells.iter().map(|cell| word(cell.and_then(DateTime::from_timestamp_micros))).collect()
        }
        Vector::Decimal(decimals) => {
            let cells = decimals.iter().map(|cell| match cell {
                (units, Cell::Value) => tieout::audit::amount::Amount::new(units, decimals.scale).to_string(),
                (_, Cell::Null) => "null".to_owned(),
                (_, Cell::Fault) => "fault".to_owned(),
            });
            cells.collect()
        }
    }
}

fn evaluate(text: &str, sheet: &Sheet) -> Vec<String> {
    let expression = parse(text, sheet).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    let results = expression.evaluate(sheet, &run_parameters().1);
    assert_eq!(results.len(), sheet.rows, "{text}");
    words(&results)
}

/// Evaluates over [`orders`].
fn check(text: &str, expected: [&str; 4]) {
    assert_eq!(evaluate(text, &orders()), expected, "{text}");
}

/// Evaluates an expression that reads no column.
fn check_constant(text: &str, expected: &str) {
    assert_eq!(evaluate(text, &Sheet::new(1)), [expected], "{text}");
}

#[test]
fn decimal_literals_are_exact() {
    check("amount = 0.1 + 0.2", ["true", "false", "false", "null"]);
    check_constant("0.1 + 0.2", "0.3");
    check_constant("1.10 * 1.1", "1.210");
    check_constant("0.000000000000000001 + 1", "1.000000000000000001");
    check_constant("99999999999999999999.5 - 0.5", "99999999999999999999.0");
    check_constant("-(-1.5) + +2", "3.5");
    check_constant("1 - -1", "2");
}

#[test]
fn columns_are_named_bare_quoted_by_side_and_in_chinese() {
    check("\"amount\" + 0", ["0.30", "-12.50", "100.00", "null"]);
    check("状态", ["已审核", "作废", " 已审核\u{3000}", "null"]);
    let sides = Sheet::new(1).with("sales.qty", QUANTITY, &["2"]).with("仓库.数量(箱)", QUANTITY, &["3"]).with(
        "left.date",
        Type::Date,
        &["2026-01-31"],
    );
    assert_eq!(evaluate("sales.qty - 仓库.\"数量(箱)\"", &sides), ["-1.0000"]);
    assert_eq!(evaluate("left.date + 1", &sides), ["2026-02-01"]);
    let columns = parse("sales.qty * 2 + sales.qty - 仓库.\"数量(箱)\"", &sides).unwrap();
    let names: Vec<String> = columns.columns().iter().map(ColumnRef::to_string).collect();
    assert_eq!(names, ["sales.qty", "仓库.数量(箱)"]);
}

#[test]
fn the_type_of_a_result_tells_its_scale_and_whether_it_is_money() {
    let kind = |text: &str| parse(text, &orders()).unwrap().kind();
    let decimal = |scale, money| Type::Decimal { scale, money };
    assert_eq!(kind("amount - 0.125"), decimal(3, true));
    assert_eq!(kind("amount * qty"), decimal(6, true));
    assert_eq!(kind("round(amount * qty, 2)"), decimal(2, true));
    assert_eq!(kind("round(amount / qty, 6)"), decimal(6, true));
    assert_eq!(kind("round(amount * 100 / amount, 1)"), decimal(1, false));
    assert_eq!(kind("coalesce(amount, 0)"), decimal(2, true));
    assert_eq!(kind("qty + 1"), decimal(4, false));
    assert_eq!(kind("due - paid"), decimal(0, false));
    assert_eq!(kind("due + 1"), Type::Date);
    assert_eq!(kind("no || '-' || 状态"), Type::Text);
    assert_eq!(kind("amount > qty"), Type::Boolean);
    assert_eq!(kind("case when stocked then null else due end"), Type::Date);
}

#[test]
fn comparisons_follow_three_valued_logic() {
    check("qty > 0", ["true", "false", "true", "null"]);
    check("not qty > 0", ["false", "true", "false", "null"]);
    check("qty > 0 or stocked", ["true", "false", "true", "null"]);
    check("qty > 2.75 and stocked", ["true", "false", "false", "null"]);
    check("stocked and null", ["null", "false", "null", "null"]);
    check("stocked is true", ["true", "false", "false", "false"]);
    check("stocked is not false", ["true", "false", "true", "true"]);
    check("qty is null", ["false", "false", "false", "true"]);
    check("qty is not null", ["true", "true", "true", "false"]);
    check("qty between 2.5 and 3", ["true", "false", "true", "null"]);
    check("qty not between 2.5 and 3", ["false", "true", "false", "null"]);
    check("amount <> qty", ["true", "true", "true", "null"]);
    check("qty in (3, 2.50000)", ["true", "false", "true", "null"]);
    check("trim(状态) in ('已审核', '关闭')", ["true", "false", "true", "null"]);
    check("状态 not in ('作废', no)", ["true", "false", "true", "null"]);
    check("no < 'a'", ["true", "false", "false", "null"]);
    check("case when qty > 0 then 'some' else 'none' end", ["some", "none", "some", "none"]);
    check("case qty when 3 then 'three' when 0.00 then 'zero' end", ["three", "zero", "null", "null"]);
}

#[test]
fn a_condition_holds_only_where_it_is_true() {
    let condition = parse("stocked", &orders()).unwrap().evaluate(&orders(), &Parameters::new());
    assert_eq!(truth(&condition), [true, false, false, false]);
}

#[test]
fn nulls_are_replaced_made_and_skipped() {
    check("coalesce(qty, amount, 0)", ["3.0000", "0.0000", "2.5000", "0.0000"]);
    check("coalesce(paid, due)", ["2026-02-02", "2024-02-28", "2026-03-01", "null"]);
    check("coalesce(no, 'none')", ["SO-1", "so-22", "订单三号", "none"]);
    check("nullif(qty, 0)", ["3.0000", "null", "2.5000", "null"]);
    check("nullif(no, 'SO-1')", ["null", "so-22", "订单三号", "null"]);
    check("least(qty, 1, amount)", ["0.3000", "-12.5000", "1.0000", "1.0000"]);
    check("greatest(due, paid, date '2026-02-01')", ["2026-02-02", "2026-02-01", "2026-03-01", "2026-02-01"]);
}

#[test]
fn text_is_counted_in_characters() {
    check("length(no)", ["4", "5", "4", "null"]);
    check("left(no, 2)", ["SO", "so", "订单", "null"]);
    check("left(no, -1)", ["SO-", "so-2", "订单三", "null"]);
    check("right(no, 2)", ["-1", "22", "三号", "null"]);
    check("right(no, -3)", ["1", "22", "号", "null"]);
    check("right(no, 99)", ["SO-1", "so-22", "订单三号", "null"]);
    check("substring(no, 2, 2)", ["O-", "o-", "单三", "null"]);
    check("substring(no from 3)", ["-1", "-22", "三号", "null"]);
    check("substring(no, 0, 2)", ["S", "s", "订", "null"]);
    check("substring(no, 1, length(no) - 1)", ["SO-", "so-2", "订单三", "null"]);
    check("substring(no, 9)", ["", "", "", "null"]);
    check("upper(no) || '/' || lower(no)", ["SO-1/so-1", "SO-22/so-22", "订单三号/订单三号", "null"]);
    check("trim(状态) = '已审核'", ["true", "false", "true", "null"]);
    check_constant("'it''s'", "it's");
}

#[test]
fn like_knows_runs_and_single_characters_and_minds_case() {
    check("no like 'SO-%'", ["true", "false", "false", "null"]);
    check("no like '__-%2'", ["false", "true", "false", "null"]);
    check("no not like '%单_号'", ["true", "true", "false", "null"]);
    check("no like no", ["true", "true", "true", "null"]);
    for (text, pattern, matches) in [
        ("", "", true),
        ("", "%", true),
        ("", "_", false),
        ("a", "%%", true),
        ("aab", "%ab", true),
        ("abab", "%ab%ab", true),
        ("aaaaaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%b_", false),
        ("mississippi", "m%iss%i_pi", true),
        ("x", "xx", false),
        ("100%", "100_", true),
    ] {
        check_constant(&format!("'{text}' like '{pattern}'"), &matches.to_string());
    }
}

#[test]
fn dates_move_by_days_and_differ_by_days() {
    check("due + 30", ["2026-03-02", "2024-03-30", "2026-03-31", "null"]);
    check("1 + due - 2", ["2026-01-30", "2024-02-28", "2026-02-28", "null"]);
    check("paid - due", ["2", "-1", "null", "null"]);
    check(":as_of_day - due > 0", ["false", "true", "false", "null"]);
    check("at <= :as_of", ["true", "true", "false", "null"]);
    check("due + 99999999999", ["null", "null", "null", "null"]);
    check_constant("date '2026-01-31' - date '2025-12-31'", "31");
}

#[test]
fn parameters_are_bound_by_type() {
    check("amount >= :floor", ["false", "false", "true", "null"]);
    check("coalesce(no, :nothing)", ["SO-1", "so-22", "订单三号", "null"]);
}

#[test]
fn constants_stand_for_every_row_even_of_none() {
    assert_eq!(evaluate("1 + 1 = 2 and 'a' < 'b'", &Sheet::new(3)), ["true"; 3]);
    assert_eq!(evaluate("'a' || 'b'", &Sheet::new(2)), ["ab"; 2]);
    for text in ["1 + 1", "'a'", "true", "date '2026-01-31'", ":as_of", ":nothing"] {
        assert!(evaluate(text, &Sheet::new(0)).is_empty(), "{text}");
    }
    let empty = Sheet::new(0).with("no", Type::Text, &[]).with("qty", QUANTITY, &[]);
    for text in ["no like 'a%'", "upper(no) || 'x'", "qty * 2 + 1", "coalesce(no, 'x')", "no in ('a', 'b')"] {
        assert!(evaluate(text, &empty).is_empty(), "{text}");
    }
}

//! How long a CSV file takes to be read, a table to be normalised, and two or three sides to be matched and judged.
//!
//! `cargo bench` measures 100,000 and a million order lines; `TIEOUT_BENCH_LINES=10000000 cargo bench` measures
//! another number. Nothing here is a test: no figure makes it fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use polars::prelude::{
    Column, DataFrame, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn, NewChunkedArray, PlSmallStr,
    StringChunked,
};
use tieout::audit::calendar::Calendar;
use tieout::audit::expression::Parameters;
use tieout::audit::judge::Judge;
use tieout::audit::judgement::{BATCH, Context};
use tieout::audit::rulebook::{Asking, Rule, Surroundings, read_rules, read_table, standard_parameters};
use tieout::audit::rules::Tables;
use tieout::audit::snapshot::{FileRead, RawTable, Read, TableSpec, normalise};
use tieout::config::{Connections, Limits, Source, SourceKind};
use tieout::problem::SourceText;
use tieout::schedule::SystemClock;
use tieout::sources::{Asked, PullLimits, pull};

/// What a company's rows are like.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    /// Order lines whose invoice differs, of a thousand.
    breaks: u64,
    /// Order numbers of forty characters in place of eleven.
    long_keys: bool,
    /// Half of all shipments belong to a thousandth of the order lines.
    skewed: bool,
    /// Rows say their customer, their warehouse and their day too.
    described: bool,
}

const SHAPES: [Shape; 4] = [
    Shape { name: "1% breaks", breaks: 10, long_keys: false, skewed: false, described: false },
    Shape { name: "20% breaks", breaks: 200, long_keys: false, skewed: false, described: false },
    Shape { name: "long keys", breaks: 10, long_keys: true, skewed: false, described: false },
    Shape { name: "skewed keys", breaks: 10, long_keys: false, skewed: true, described: false },
];

/// What diagnosis looks at: few breaks, and many.
const DESCRIBED: [Shape; 2] = [Shape { described: true, ..SHAPES[0] }, Shape { described: true, ..SHAPES[1] }];

/// The columns of a described table, beside the others.
const DESCRIPTION: &str = r#"
customer = { type = "text" }
warehouse = { type = "text" }
day = { type = "date" }
"#;

const TABLE: &str = r#"
source = "files"
file = "lines.parquet"
unique = ["document"]
[columns]
document = { type = "number" }
order_no = { type = "text", normalise = ["trim", "upper"] }
line_no = { type = "number" }
qty = { type = "quantity", scale = 4 }
amount = { type = "money" }
"#;

const TWO_WAY: &str = r#"
kind = "reconcile"
title = "Sales and invoices agree"
owner = "finance"
key = ["order_no", "line_no"]
[sides.sales]
table = "sales"
[sides.finance]
table = "invoices"
sum = ["qty", "amount"]
[[checks]]
name = "qty"
equal = ["sales.qty", "finance.qty"]
[[checks]]
name = "amount"
equal = ["sales.amount", "finance.amount"]
within = { amount = "0.01" }
"#;

const SHIPPED: &str = r#"
[sides.warehouse]
table = "shipments"
sum = ["qty"]
[[checks]]
name = "shipped"
equal = ["sales.qty", "warehouse.qty"]
"#;

/// A number that depends on `index` alone and looks like chance (splitmix64).
fn mixed(index: u64, stream: u64) -> u64 {
    let mut mixed = index.wrapping_add(stream.wrapping_mul(0xd1b5_4a32_d192_ed03)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A raw table of one row for each of `lines`, which are numbers of order lines; `break_of` a thousand have another
/// quantity.
fn raw(shape: Shape, lines: &[u64], breaks: u64) -> RawTable {
    let order = |line: &u64| match shape.long_keys {
        true => Some(format!("SO-2026-BRANCH-SHANGHAI-PUDONG-{:09}", line / 4)),
        false => Some(format!("SO{:09}", line / 4)),
    };
    let breaks = |line: &u64| i128::from(mixed(*line, 1) % 1000 < breaks);
    let qty = |line: &u64| Some(i128::from(mixed(*line, 2) % 500 + 1) * 10_000 + breaks(line) * 10_000);
    let amount = |line: &u64| Some(i128::from(mixed(*line, 3) % 9_000_000 + 100));
    let name = PlSmallStr::from_static;
    let documents = Int64Chunked::from_iter_values(name("document"), 0..lines.len() as i64);
    let mut columns: Vec<Column> = vec![
        documents.into_column(),
        StringChunked::from_iter_options(name("order_no"), lines.iter().map(order)).into_column(),
        Int64Chunked::from_iter_values(name("line_no"), lines.iter().map(|line| (line % 4 + 1) as i64)).into_column(),
        Int128Chunked::from_iter_options(name("qty"), lines.iter().map(qty))
            .into_decimal_unchecked(18, 4)
            .into_column(),
        Int128Chunked::from_iter_options(name("amount"), lines.iter().map(amount))
            .into_decimal_unchecked(18, 2)
            .into_column(),
    ];
    if shape.described {
        let code = |name, letter: char, stream: u64, of: u64| {
            let codes = lines.iter().map(|line| Some(format!("{letter}{:05}", mixed(*line, stream) % of)));
            StringChunked::from_iter_options(PlSmallStr::from_static(name), codes).into_column()
        };
        let days = lines.iter().map(|line| 20_300 + (line / 4 % 540) as i32);
        let days = Int32Chunked::from_iter_values(name("day"), days).into_date().into_column();
        columns.extend([code("customer", 'C', 6, 9_000), code("warehouse", 'W', 7, 8), days]);
    }
    RawTable {
        frame: DataFrame::new_infer_height(columns).expect("columns of one length"),
        moment: moment(),
        clock_offset: None,
    }
}

fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a moment of the calendar")
}

fn spec(name: &str, described: bool) -> TableSpec {
    let text = if described { format!("{TABLE}{DESCRIPTION}") } else { TABLE.to_owned() };
    let file = SourceText::new(format!("tables/{name}.toml"), text);
    let sources = BTreeMap::from([("files".to_owned(), Asking::File)]);
    read_table(&file, Some(&sources)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Sales in order, shipments and invoices in an order of their own.
fn tables(shape: Shape, lines: u64) -> Tables {
    let sold: Vec<u64> = (0..lines).collect();
    let mut moved = sold.clone();
    moved.sort_unstable_by_key(|line| mixed(*line, 4));
    let shipped: Vec<u64> = match shape.skewed {
        true => moved.iter().map(|line| if line % 2 == 0 { line % (lines / 1000 + 1) } else { *line }).collect(),
        false => moved.clone(),
    };
    let kinds = [("sales", raw(shape, &sold, 0)), ("shipments", raw(shape, &shipped, 0))];
    let kinds = kinds.into_iter().chain([("invoices", raw(shape, &moved, shape.breaks))]);
    kinds
        .map(|(name, raw)| {
            (name.to_owned(), normalise(&spec(name, shape.described), &raw, Tz::UTC).expect("a raw table of its spec"))
        })
        .collect()
}

fn rule(text: &str, described: bool) -> Rule {
    let tables: BTreeMap<String, TableSpec> =
        ["sales", "shipments", "invoices"].into_iter().map(|name| (name.to_owned(), spec(name, described))).collect();
    let departments = BTreeSet::from(["finance".to_owned()]);
    let surroundings = Surroundings {
        tables: &tables,
        unread_tables: &BTreeSet::new(),
        departments: Some(&departments),
        sources: None,
        parameters: &|_| Some(standard_parameters()),
    };
    let file = SourceText::new("rules/bench.toml", text.to_owned());
    let book = read_rules(&[file], surroundings).unwrap_or_else(|problems| panic!("{problems}"));
    book.rules.into_iter().next().expect("one file is one rule")
}

fn context() -> Context {
    Context {
        as_of: moment(),
        day: NaiveDate::default(),
        zone: Tz::UTC,
        currency: "CNY".to_owned(),
        calendar: Calendar::default(),
        past: std::sync::Arc::default(),
        parameters: BTreeMap::new(),
        flood: u64::MAX,
        evidence_rows: 5,
        diagnosed: 20_000,
        batch: BATCH,
    }
}

fn sizes() -> Vec<u64> {
    let asked = std::env::var("TIEOUT_BENCH_LINES").ok().and_then(|lines| lines.parse().ok());
    asked.map_or_else(|| vec![100_000, 1_000_000], |lines| vec![lines])
}

/// Order lines as a program exports them: ten columns, of which four are asked for.
fn exported(lines: u64) -> String {
    let mut text = "document,order_no,line_no,item,customer,qty,price,amount,currency,day\n".to_owned();
    for line in 0..lines {
        let (order, no, qty) = (line / 4, line % 4 + 1, mixed(line, 2) % 500 + 1);
        let (item, customer, cents) = (mixed(line, 5) % 2000, mixed(line, 6) % 9000, mixed(line, 3) % 9_000_000 + 100);
        let (amount, rest) = (cents / 100, cents % 100);
        let _ = writeln!(
            text,
            "{line},SO{order:09},{no},SKU-{item:05},C{customer:06},{qty},12.50,{amount}.{rest:02},CNY,2026-11-05"
        );
    }
    text
}

/// What a pull of one CSV file takes, from opening it to its typed columns.
fn reading(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut group = criterion.benchmark_group("csv");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for lines in sizes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("lines.csv"), exported(lines)).expect("room for the file");
        let kind = SourceKind::Files { path: folder.path().to_owned() };
        let source = Source { name: "files".to_owned(), kind, zone: Tz::UTC, connections: Connections::new(1) };
        let table = TableSpec { read: Read::File(FileRead::of("lines.csv")), ..spec("sales", false) };
        let limits = PullLimits::of(&Limits { pull_rows: u64::MAX, ..Limits::default() });
        group.throughput(Throughput::Elements(lines));
        group.bench_function(BenchmarkId::from_parameter(lines), |bench| {
            bench.iter(|| {
                let asked = vec![Asked { table: table.clone(), parameters: Parameters::new(), keys: None }];
                let zone = Tz::UTC;
                let spec = table.clone();
                let settle = move |_: &str, raw: RawTable| normalise(&spec, &raw, zone).map(|table| table.len());
                runtime.block_on(pull(&source, asked, &limits, Arc::new(SystemClock), settle))
            });
        });
    }
    group.finish();
}

fn normalising(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("normalise");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for lines in sizes() {
        let table = raw(SHAPES[0], &(0..lines).collect::<Vec<u64>>(), 0);
        let spec = spec("sales", false);
        group.throughput(Throughput::Elements(lines));
        group.bench_with_input(BenchmarkId::from_parameter(lines), &table, |bench, table| {
            bench.iter(|| normalise(black_box(&spec), table, Tz::UTC));
        });
    }
    group.finish();
}

fn matching(criterion: &mut Criterion) {
    let rules = [("two-way", rule(TWO_WAY, false)), ("three-way", rule(&format!("{TWO_WAY}{SHIPPED}"), false))];
    let context = context();
    for (name, rule) in &rules {
        let mut group = criterion.benchmark_group(*name);
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        for lines in sizes() {
            for shape in SHAPES {
                let tables = tables(shape, lines);
                group.throughput(Throughput::Elements(lines));
                group.bench_with_input(BenchmarkId::new(shape.name, lines), &tables, |bench, tables| {
                    bench.iter(|| {
                        let mut judge = Judge::new(rule, &context, BTreeSet::new());
                        judge.partition(black_box(tables));
                        judge.finish()
                    });
                });
            }
        }
        group.finish();
    }
}

/// What looking for causes adds to judging: each shape without it and with it.
fn diagnosing(criterion: &mut Criterion) {
    let rule = rule(&format!("{TWO_WAY}{SHIPPED}"), true);
    let mut group = criterion.benchmark_group("diagnosis");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for lines in sizes() {
        for shape in DESCRIBED {
            let tables = tables(shape, lines);
            for (name, diagnosed) in [("without", 0), ("with", 20_000)] {
                let context = Context { diagnosed, ..context() };
                let id = BenchmarkId::new(format!("{} {name}", shape.name), lines);
                group.bench_with_input(id, &tables, |bench, tables| {
                    bench.iter(|| {
                        let mut judge = Judge::new(&rule, &context, BTreeSet::new());
                        judge.partition(black_box(tables));
                        judge.finish()
                    });
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, reading, normalising, matching, diagnosing);
criterion_main!(benches);

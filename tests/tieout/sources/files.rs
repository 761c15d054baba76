//! Folders of CSV and Parquet files.

use std::fs;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use polars::prelude::*;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter};
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use tieout::audit::expression::Parameters;
use tieout::sources::PullLimits;

use super::{LIMITS, answer, file, files_source, pull_with, query};

pub(super) struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn with(name: &str, contents: impl AsRef<[u8]>) -> Folder {
        let folder = Folder::new();
        fs::write(folder.0.path().join(name), contents).unwrap();
        folder
    }

    fn says(&self, path: &str, columns: &[&str]) -> String {
        self.says_within(path, columns, &LIMITS)
    }

    fn says_within(&self, path: &str, columns: &[&str], limits: &PullLimits) -> String {
        let source = files_source(self.0.path());
        answer(&source, file("orders", path, columns), &Parameters::new(), limits, self.0.path())
    }
}

/// What a CSV file with these contents says of its columns `no` and `qty`.
fn csv(contents: impl AsRef<[u8]>) -> String {
    Folder::with("orders.csv", contents).says("orders.csv", &["no", "qty"])
}

#[test]
fn a_csv_file_is_read_as_text() {
    let contents = [
        "no,qty\nSO-1,007\nSO-2,\n",
        "\u{feff}no , qty\r\nSO-1, 1.50 \r\nSO-2,\"2\"\r\n",
        "qty,note,no\n1,\"two\nlines, \"\"quoted\"\"\",SO-1",
        "no,qty\n\"华\n东\",\"\"\n\n",
        "no,qty\n",
        "no,qty",
    ];
    insta::assert_snapshot!(contents.map(csv).join("\n\n"), @r#"
    2 rows
    no String: "SO-1" | "SO-2"
    qty String: "007" | null

    2 rows
    no String: "SO-1" | "SO-2"
    qty String: " 1.50 " | "2"

    1 rows
    no String: "SO-1"
    qty String: "1"

    1 rows
    no String: "华
    东"
    qty String: null

    0 rows
    no String:
    qty String:

    0 rows
    no String:
    qty String:
    "#);
}

#[test]
fn a_csv_file_that_is_none_is_one_sentence() {
    let contents: [&[u8]; 17] = [
        b"",
        b"\xef\xbb\xbf",
        b"\n\n",
        b"no;qty\nSO-1;1\n",
        b"no,qty,\nSO-1,1,\n",
        b"no,qty, no\nSO-1,1,2\n",
        b"no,qty\nSO-1,1\nSO-2\nSO-3,3\n",
        b"no,qty\r\nSO-1,1\r\nSO-2,2,2\r\n",
        b"\xef\xbb\xbfno,qty\r\n\r\n\r\nSO-2,2,2\r\n",
        b"\xef\xbb\xbfno,qty\nSO-1,\xff\n",
        b"no,qty\n\"two\nlines\",1\n\nSO-2\n",
        b"no,qty\nSO-1,\"1\nSO-2,2\nSO-3,3\n",
        b"no,qty\nSO-1,1\n\"SO-2,2\n",
        "no,qty\n华东,1\n".as_bytes(),
        b"no,qty\nSO-1,1\n\xbb\xaa\xb6\xab,2\n",
        b"no,qty\nSO-1,1\n\xe5\x8d",
        b"no,qty\nSO-1,\x001\n",
    ];
    insta::assert_snapshot!(contents.map(csv).join("\n"), @r#"
    cannot read table orders of source erp: orders.csv is empty; its first row names its columns
    cannot read table orders of source erp: orders.csv is empty; its first row names its columns
    cannot read table orders of source erp: orders.csv is empty; its first row names its columns
    1 rows
    no String: "SO-1"
    qty String: "1"
    1 rows
    no String: "SO-1"
    qty String: "1"
    cannot read table orders of source erp: it has more than one column named "no"; every column needs a name of its own
    cannot read table orders of source erp: the row of orders.csv that begins in line 3 does not have the 2 fields of the header; fields found: 1
    cannot read table orders of source erp: the row of orders.csv that begins in line 3 does not have the 2 fields of the header; fields found: 3
    cannot read table orders of source erp: the row of orders.csv that begins in line 4 does not have the 2 fields of the header; fields found: 3
    cannot read table orders of source erp: line 2 of orders.csv is not UTF-8 text (byte 16 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: the row of orders.csv that begins in line 5 does not have the 2 fields of the header; fields found: 1
    cannot read table orders of source erp: the row of orders.csv that begins in line 2 opens a quote that is never closed
    cannot read table orders of source erp: the row of orders.csv that begins in line 3 opens a quote that is never closed
    1 rows
    no String: "华东"
    qty String: "1"
    2 rows
    no String: "SO-1" | "华东"
    qty String: "1" | "2"
    cannot read table orders of source erp: the row of orders.csv that begins in line 3 does not have the 2 fields of the header; fields found: 1
    cannot read table orders of source erp: line 2 of orders.csv holds a NUL (byte 13 of the file), which text never does
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_was_written_as_csv_is_read_back(rows in vec(("x[a\"', \n\r华é]{0,6}", "([^\0\t='][^\0]{0,40})?"), 0..400)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["no", "qty"]).unwrap();
        for (no, qty) in &rows {
            writer.write_record([no, qty]).unwrap();
        }
        let folder = Folder::with("orders.csv", writer.into_inner().unwrap());
        let table = file("orders", "orders.csv", &["no", "qty"]);
        let mut pulls = pull_with(&files_source(folder.0.path()), vec![table], &Parameters::new(), &LIMITS);
        let frame = pulls.remove("orders").unwrap().unwrap().frame;
        let column = |name: &str| -> Vec<String> {
            frame.column(name).unwrap().str().unwrap().iter().map(|cell| cell.unwrap_or_default().to_owned()).collect()
        };
        let (nos, qtys): (Vec<String>, Vec<String>) = rows.into_iter().unzip();
        prop_assert_eq!((column("no"), column("qty")), (nos, qtys));
    }
}

#[test]
fn a_file_stands_inside_its_folder() {
    let outside = Folder::with("secret.csv", "no,qty\n1,2\n");
    let folder = Folder::with("orders.csv", "no,qty\n1,2\n");
    fs::create_dir(folder.0.path().join("2026")).unwrap();
    fs::create_dir(folder.0.path().join("folder.csv")).unwrap();
    fs::write(folder.0.path().join("2026/orders.CSV"), "no,qty\n1,2\n").unwrap();
    std::os::unix::fs::symlink(outside.0.path(), folder.0.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.0.path().join("secret.csv"), folder.0.path().join("link.csv")).unwrap();
    std::os::unix::fs::symlink("orders.csv", folder.0.path().join("latest.csv")).unwrap();
    let absolute = outside.0.path().join("secret.csv");
    let paths = [
        "./2026/orders.CSV",
        "latest.csv",
        "2026/../orders.csv",
        "../secret.csv",
        "link/secret.csv",
        "link.csv",
        "folder.csv",
        "2026/shipments.csv",
        "shipments.csv",
        "orders.xlsx",
        "orders",
        "",
    ];
    let mut said = paths.map(|path| format!("{path}: {}", folder.says(path, &["no"]).replace('\n', ", "))).to_vec();
    let beyond = folder.says(absolute.to_str().unwrap(), &["no"]);
    said.push(beyond.replace(outside.0.path().to_str().unwrap(), "OUTSIDE"));
    insta::assert_snapshot!(said.join("\n"), @r#"
    ./2026/orders.CSV: 1 rows, no String: "1"
    latest.csv: 1 rows, no String: "1"
    2026/../orders.csv: cannot read table orders of source erp: file = "2026/../orders.csv" leads out of the source's folder DIR; a path inside it is accepted
    ../secret.csv: cannot read table orders of source erp: file = "../secret.csv" leads out of the source's folder DIR; a path inside it is accepted
    link/secret.csv: cannot read table orders of source erp: file = "link/secret.csv" leads out of the source's folder DIR; a path inside it is accepted
    link.csv: cannot read table orders of source erp: file = "link.csv" leads out of the source's folder DIR; a path inside it is accepted
    folder.csv: cannot read table orders of source erp: DIR/folder.csv is a folder; expected a CSV, Excel, JSON lines or Parquet file
    2026/shipments.csv: cannot read table orders of source erp: there is no file 2026/shipments.csv in the folder DIR; it holds orders.CSV
    shipments.csv: cannot read table orders of source erp: there is no file shipments.csv in the folder DIR; it holds 2026, folder.csv, latest.csv, link, link.csv, orders.csv
    orders.xlsx: cannot read table orders of source erp: there is no file orders.xlsx in the folder DIR; it holds 2026, folder.csv, latest.csv, link, link.csv, orders.csv
    orders: cannot read table orders of source erp: "orders" is of no kind that can be read; accepted are .csv, .tsv, .txt, .xlsx, .xlsm, .xls, .jsonl, .ndjson or .parquet
    : cannot read table orders of source erp: "" is of no kind that can be read; accepted are .csv, .tsv, .txt, .xlsx, .xlsm, .xls, .jsonl, .ndjson or .parquet
    cannot read table orders of source erp: file = "OUTSIDE/secret.csv" leads out of the source's folder DIR; a path inside it is accepted
    "#);
}

#[test]
fn a_folder_that_is_none_is_one_sentence() {
    let folder = Folder::with("orders.csv", "no,qty\n1,2\n");
    let at = |path: &str| {
        let source = files_source(&folder.0.path().join(path));
        answer(&source, file("orders", "orders.csv", &["no"]), &Parameters::new(), &LIMITS, folder.0.path())
    };
    insta::assert_snapshot!([at("missing"), at("orders.csv")].join("\n"), @"
    cannot read table orders of source erp: there is nothing at DIR/missing; expected a folder of CSV, Excel, JSON lines and Parquet files, which tieout only reads and never makes
    cannot read table orders of source erp: DIR/orders.csv is a file; expected a folder of CSV, Excel, JSON lines and Parquet files
    ");
}

#[test]
fn a_files_table_is_read_by_a_file() {
    let folder = Folder::new();
    let table = query("orders", "select 1", &["a"]);
    let said = answer(&files_source(folder.0.path()), table, &Parameters::new(), &LIMITS, folder.0.path());
    insta::assert_snapshot!(said, @"cannot read table orders of source erp: a source of kind files is read by `file`, not by `query`");
}

#[test]
fn a_file_with_more_rows_than_the_limit_is_unknown() {
    let folder = Folder::with("orders.csv", "no,qty\n1,2\n3,4\n5,6\n");
    parquet(&folder, "orders.parquet", &mut df!("no" => [1, 3, 5]).unwrap());
    let says = |path, rows| folder.says_within(path, &["no"], &PullLimits { rows, ..LIMITS });
    let said = [says("orders.csv", 2), says("orders.csv", 3), says("orders.parquet", 2), says("orders.parquet", 3)];
    insta::assert_snapshot!(said.join("\n"), @r#"
    cannot read table orders of source erp: it has more than 2 rows; narrow it or raise limits.pull_rows
    3 rows
    no String: "1" | "3" | "5"
    cannot read table orders of source erp: it has more than 2 rows; narrow it or raise limits.pull_rows
    3 rows
    no Int32: 1 | 3 | 5
    "#);
}

fn parquet(folder: &Folder, name: &str, frame: &mut DataFrame) {
    let file = File::create(folder.0.path().join(name)).unwrap();
    ParquetWriter::new(file).with_compression(ParquetCompression::Snappy).finish(frame).unwrap();
}

/// Two rows and a column of every type that a Parquet file may carry here.
fn carried() -> DataFrame {
    let days = Series::new("day".into(), [20_780, 0]).cast(&DataType::Date).unwrap();
    let micros = Series::new("at".into(), [1_795_393_800_000_001_i64, 0]);
    let naive = micros.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let zoned = micros.i64().unwrap().clone().with_name("instant".into());
    let zoned = zoned.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_series();
    let amounts = Int128Chunked::new("amount".into(), [9950, -1]).into_decimal_unchecked(38, 2).into_series();
    df!(
        "no" => ["SO-1", "华东"],
        "line" => [1_i32, 2],
        "wide" => [Some(u64::MAX), None],
        "paid" => [Some(true), None],
        "rate" => [0.1_f64, 1e21],
    )
    .unwrap()
    .hstack(&[days.into(), naive.into(), zoned.into(), amounts.into()])
    .unwrap()
}

#[test]
fn a_parquet_file_is_read_in_its_own_types() {
    let folder = Folder::new();
    parquet(&folder, "orders.parquet", &mut carried());
    let columns = ["no", "line", "wide", "paid", "rate", "day", "at", "instant", "amount"];
    insta::assert_snapshot!(folder.says("orders.parquet", &columns), @r#"
    2 rows
    no String: "SO-1" | "华东"
    line Int32: 1 | 2
    wide UInt64: 18446744073709551615 | null
    paid Boolean: true | null
    rate String: "0.1" | "1000000000000000000000"
    day Date: 2026-11-23 | 1970-01-01
    at Datetime('μs'): 2026-11-23 00:30:00.000001 | 1970-01-01 00:00:00
    instant String: "2026-11-23T00:30:00.000001Z" | "1970-01-01T00:00:00Z"
    amount Decimal(38, 2): 99.50 | -0.01
    "#);
    insta::assert_snapshot!(folder.says("orders.parquet", &["amount", "no"]), @r#"
    2 rows
    no String: "SO-1" | "华东"
    amount Decimal(38, 2): 99.50 | -0.01
    "#);
    insta::assert_snapshot!(folder.says("orders.parquet", &[]), @"2 rows");
    insta::assert_snapshot!(folder.says("orders.parquet", &["colour"]), @"cannot read table orders of source erp: it has no column colour; it has no, line, wide, paid, rate, day, at, instant, amount");
}

#[test]
fn a_parquet_file_may_be_compressed_as_other_programs_do() {
    use ParquetCompression::{Gzip, Snappy, Uncompressed, Zstd};
    let folder = Folder::new();
    for compression in [Uncompressed, Snappy, Gzip(None), Zstd(None)] {
        let file = File::create(folder.0.path().join("orders.parquet")).unwrap();
        let mut frame = df!("no" => vec!["SO-1"; 1000]).unwrap();
        ParquetWriter::new(file).with_compression(compression).finish(&mut frame).unwrap();
        let said = folder.says("orders.parquet", &["no"]);
        assert!(said.starts_with("1000 rows"), "{compression:?}: {said}");
    }
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_is_unknown() {
    let folder = Folder::with("orders.csv", "no,qty\n1,2\n");
    fs::write(folder.0.path().join("items.csv"), "no,qty\n".to_owned() + &"1,2\n".repeat(50_000)).unwrap();
    let mut growing = File::options().append(true).open(folder.0.path().join("orders.csv")).unwrap();
    let (begun, wait) = std::sync::mpsc::channel();
    let done = AtomicBool::new(false);
    let tables = vec![file("items", "items.csv", &["no"]), file("orders", "orders.csv", &["no"])];
    let pulls = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                growing.write_all(b"1,2\n").unwrap();
                let _ = begun.send(());
            }
        });
        wait.recv().unwrap();
        let limits = PullLimits { rows: u64::MAX, ..LIMITS };
        let pulls = pull_with(&files_source(folder.0.path()), tables, &Parameters::new(), &limits);
        done.store(true, Ordering::Relaxed);
        pulls
    });
    assert_eq!(pulls["items"].as_ref().unwrap().frame.height(), 50_000);
    insta::assert_snapshot!(pulls["orders"].as_ref().unwrap_err(), @"cannot read table orders of source erp: orders.csv was changed while the source was being read; run again when its writer is done");
}

#[test]
fn a_parquet_column_that_cannot_be_carried_is_named_when_it_is_needed() {
    let folder = Folder::new();
    let lists = Series::new("lists".into(), [Series::new("".into(), [1, 2]), Series::new("".into(), [3])]);
    let bytes = Series::new("bytes".into(), [b"a".as_slice(), b"b"]);
    let mut frame = carried().hstack(&[lists.into(), bytes.into()]).unwrap();
    parquet(&folder, "orders.parquet", &mut frame);
    let said = [&["lists"], &["bytes"], &["no"]].map(|columns| folder.says("orders.parquet", columns));
    insta::assert_snapshot!(said.join("\n"), @r#"
    cannot read table orders of source erp: column lists of orders.parquet has the Parquet type list, which cannot be carried exactly; accepted are text, boolean, integers, floats, decimals, dates and timestamps
    cannot read table orders of source erp: column bytes of orders.parquet has the Parquet type binary, which cannot be carried exactly; accepted are text, boolean, integers, floats, decimals, dates and timestamps
    2 rows
    no String: "SO-1" | "华东"
    "#);
}

#[test]
fn a_parquet_file_that_is_cut_or_broken_is_unknown() {
    let folder = Folder::new();
    parquet(&folder, "orders.parquet", &mut carried());
    let path = folder.0.path().join("orders.parquet");
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let said = folder.says("orders.parquet", &["no", "amount"]);
        assert!(said.starts_with("cannot read table orders of source erp: orders.parquet is not a whole"), "{said}");
    }
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let cut = folder.says("orders.parquet", &["no"]);
    fs::write(&path, b"PAR1 is how it begins, and then it is a note. PAR1").unwrap();
    insta::assert_snapshot!([cut, folder.says("orders.parquet", &["no"])].join("\n"), @"
    cannot read table orders of source erp: orders.parquet is not a whole Parquet file: parquet: File out of specification: The file must end with PAR1
    cannot read table orders of source erp: orders.parquet is not a whole Parquet file: parquet: File out of specification: The footer size must be smaller or equal to the file's size
    ");
}

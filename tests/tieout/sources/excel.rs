//! Workbooks as Excel and programs that write for it make them; `tests/workbooks/make.py` says how these were made.

use std::fs;
use std::path::{Path, PathBuf};

use tieout::audit::snapshot::{ColumnSpec, ColumnType, CurrencyOf, FileRead, Layout, Read, TableSpec, Tax, normalise};

use super::files::Folder;
use super::{LIMITS, Parameters, answer, file, files_source, pull_with};

fn workbooks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workbooks")
}

fn said_in(folder: &Path, name: &str, layout: Layout, columns: &[&str]) -> String {
    let read = Read::File(FileRead { layout, ..FileRead::of(name) });
    let table = TableSpec { read, ..file("orders", "", columns) };
    answer(&files_source(folder), table, &Parameters::new(), &LIMITS, folder)
}

fn said(name: &str, layout: Layout, columns: &[&str]) -> String {
    said_in(&workbooks(), name, layout, columns)
}

fn sheet(name: &str) -> Layout {
    Layout { sheet: Some(name.to_owned()), ..Layout::default() }
}

const NO: &[&str] = &["no"];

#[test]
fn cells_of_every_type_are_read_as_what_they_show() {
    let columns = ["单号", "日期", "数量", "金额(元)", "备注"];
    let line = Layout { header_line: Some(3), ..Layout::default() };
    insta::assert_snapshot!(said("cells.xlsx", line, &columns), @r##"
    4 rows
    单号 String: "00123" | null | "1.234567890123457E+17" | "SO-4"
    日期 String: "2026-11-05" | "2026-11-05T14:30:15" | "46331" | "2026年11月5日"
    数量 String: "7" | "-0.5" | "1E+15" | "1,000"
    金额(元) String: "1234.56" | "0.3" | "99999999999999.9" | "¥3.00"
    备注 String: "text" | "true" | "#N/A" | " a\nb "
    "##);
    insta::assert_snapshot!(said("old.xls", Layout::default(), &["no", "日期", "数量", "金额"]), @r#"
    2 rows
    no String: "华东-1" | "SO-2"
    日期 String: "2026-11-05" | "2026-11-05T14:30:15"
    数量 String: "7" | "-0.5"
    金额 String: "1234.56" | "0.3"
    "#);
}

#[test]
fn cells_become_keys_days_and_figures_or_are_unreadable() {
    let money = ColumnType::Money { scale: 2, currency: CurrencyOf::Business, tax: Tax::Unknown };
    let columns = vec![
        ColumnSpec { fill_down: true, ..ColumnSpec::new("单号", ColumnType::Text) },
        ColumnSpec::new("日期", ColumnType::Date),
        ColumnSpec::new("数量", ColumnType::Quantity { scale: 2 }),
        ColumnSpec::new("金额(元)", money),
        ColumnSpec::new("备注", ColumnType::Text),
    ];
    let layout = Layout { header_line: Some(3), ..Layout::default() };
    let read = Read::File(FileRead { layout, ..FileRead::of("cells.xlsx") });
    let table = TableSpec { read, columns, ..file("orders", "", &[]) };
    let mut pulls = pull_with(&files_source(&workbooks()), vec![table.clone()], &Parameters::new(), &LIMITS);
    let read = normalise(&table, &pulls.remove("orders").unwrap().unwrap(), chrono_tz::Asia::Shanghai).unwrap();
    let mut lines = Vec::new();
    for column in &table.columns {
        let cells = (0..read.len()).map(|row| format!("{:?}", read.value(&column.name, row).to_string()));
        lines.push(format!("{}: {}", column.name, cells.collect::<Vec<_>>().join(" | ")));
    }
    lines.extend(read.unreadable.iter().map(|cell| format!("{} {} {:?}", cell.row, cell.column, cell.text)));
    insta::assert_snapshot!(lines.join("\n"), @r##"
    单号: "00123" | "00123" | "" | "SO-4"
    日期: "2026-11-05" | "2026-11-05" | "2026-11-05" | "2026-11-05"
    数量: "7.00" | "-0.50" | "" | "1000.00"
    金额(元): "1234.56" | "0.30" | "99999999999999.90" | "3.00"
    备注: "text" | "true" | "" | " a\nb "
    2 单号 "1.234567890123457E+17"
    2 数量 "1E+15"
    2 备注 "#N/A"
    "##);
}

#[test]
fn days_are_counted_as_the_workbook_counts_them() {
    let kinds = [("no", ColumnType::Text), ("day", ColumnType::Date), ("serial", ColumnType::Date)];
    let columns = kinds.map(|(name, kind)| ColumnSpec::new(name, kind)).to_vec();
    let table = TableSpec { read: Read::File(FileRead::of("epoch-1904.xlsx")), columns, ..file("orders", "", &[]) };
    let folder = workbooks();
    let said = answer(&files_source(&folder), table, &Parameters::new(), &LIMITS, &folder);
    insta::assert_snapshot!(said, @r#"
    1 rows
    no String: "SO-1"
    day String: "2026-11-05"
    serial String: "2026-11-05"
    "#);
}

#[test]
fn sheets_are_named_unless_there_is_one() {
    let names = ["2026-9", "2026-*", "说明", "2025-*", "2026"];
    let mut all: Vec<String> = names.map(|name| said("months.xlsx", sheet(name), NO)).to_vec();
    all.push(said("months.xlsx", Layout::default(), NO));
    insta::assert_snapshot!(all.join("\n"), @r#"
    1 rows
    no String: "SO-2026-9"
    3 rows
    no String: "SO-2026-10" | "SO-2026-9" | "SO-2026-11"
    cannot read table orders of source erp: in sheet 说明 of months.xlsx: months.xlsx is empty; its first row names its columns
    cannot read table orders of source erp: months.xlsx has no sheet 2025-*; it has 2026-9, 2026-10, 2026-11, 说明
    cannot read table orders of source erp: months.xlsx has no sheet 2026; it has 2026-9, 2026-10, 2026-11, 说明
    cannot read table orders of source erp: months.xlsx does not have one sheet to be read; name it in the table's file, sheet = "…": 说明, 2026-10, 2026-9, 2026-11
    "#);
}

#[test]
fn the_header_of_a_sheet_stands_where_the_file_says() {
    let at = |line| said("cells.xlsx", Layout { header_line: line, ..Layout::default() }, &["单号"]);
    insta::assert_snapshot!([at(None), at(Some(2)), at(Some(1)), at(Some(99))].join("\n"), @"
    cannot read table orders of source erp: the first line of cells.xlsx does not name its columns, but line 3 does: header_line = 3
    cannot read table orders of source erp: cells.xlsx has no line 2, which is to name its columns; give another header_line
    cannot read table orders of source erp: it has no column 单号; it has 销售出库明细
    cannot read table orders of source erp: cells.xlsx has no line 99, which is to name its columns; give another header_line
    ");
}

#[test]
fn a_formula_counts_by_the_value_that_it_last_had() {
    let columns = ["no", "qty"];
    let all = ["calculated.xlsx", "uncalculated.xlsx"].map(|name| said(name, Layout::default(), &columns));
    insta::assert_snapshot!(all.join("\n"), @r#"
    1 rows
    no String: "SO-1"
    qty String: "2"
    cannot read table orders of source erp: row 2, column 2 of sheet Sheet of uncalculated.xlsx holds a formula without a value; open the file in Excel and save it
    "#);
}

#[test]
fn a_workbook_that_is_none_is_one_sentence() {
    let folder = Folder::new();
    let whole = fs::read(workbooks().join("months.xlsx")).unwrap();
    let old = fs::read(workbooks().join("old.xls")).unwrap();
    // One part that says of itself that it unpacks to 3 GiB.
    let mut bomb = b"PK\x01\x02".to_vec();
    bomb.extend([0; 20]);
    bomb.extend((3_u32 << 30).to_le_bytes());
    bomb.extend([0; 18]);
    bomb.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0\0\0\0\0\0\0");
    let html = "<html><table><tr><td>no</td></tr></table></html>";
    let files: [(&str, &[u8]); 7] = [
        ("cut.xlsx", &whole[..whole.len() / 2]),
        ("cut.xls", &old[..old.len() / 2]),
        ("page.xls", html.as_bytes()),
        ("text.xls", b"no\tqty\nSO-1\t1\n"),
        ("empty.xlsx", b""),
        ("note.xlsx", b"hello"),
        ("bomb.xlsx", &bomb),
    ];
    let mut all = Vec::new();
    for (name, contents) in files {
        fs::write(folder.path().join(name), contents).unwrap();
        all.push(said_in(folder.path(), name, Layout::default(), NO));
    }
    all.push(said("protected.xlsx", Layout::default(), NO));
    insta::assert_snapshot!(all.join("\n"), @"
    cannot read table orders of source erp: cut.xlsx is not a whole Excel workbook: Zip error: invalid Zip archive: Could not find EOCD
    cannot read table orders of source erp: cut.xls is not a whole Excel workbook: Cfb error: Sector 8 points past end of file
    cannot read table orders of source erp: page.xls is no Excel workbook, whatever its ending says: it is HTML, as web pages export tables; save it as one
    cannot read table orders of source erp: text.xls is no Excel workbook, whatever its ending says: it is text, which the ending .csv would read; save it as one
    cannot read table orders of source erp: empty.xlsx is no Excel workbook, whatever its ending says: it is empty; save it as one
    cannot read table orders of source erp: note.xlsx is no Excel workbook, whatever its ending says: it begins like none; save it as one
    cannot read table orders of source erp: bomb.xlsx unpacks to more than 2 GiB; save what is needed of it in a file of its own
    cannot read table orders of source erp: protected.xlsx is protected by a password, which tieout does not have; save it without one
    ");
}

#[test]
fn a_workbook_that_is_cut_anywhere_is_unknown() {
    for name in ["months.xlsx", "old.xls"] {
        let whole = fs::read(workbooks().join(name)).unwrap();
        let folder = Folder::new();
        for length in (0..whole.len()).step_by(37) {
            fs::write(folder.path().join(name), &whole[..length]).unwrap();
            let said = said_in(folder.path(), name, sheet("2026-11"), NO);
            assert!(said.starts_with("cannot read table"), "{name} cut to {length}: {said}");
        }
    }
}

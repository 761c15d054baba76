//! CSV as people and old programs export it.

use std::fmt::Write as _;

use tieout::audit::snapshot::{ColumnSpec, ColumnType, Encoding, FileRead, Layout, Read, TableSpec, normalise};

use super::files::Folder;
use super::{LIMITS, Parameters, answer, file, files_source, pull_with};

/// What a file with these contents says of its columns `no` and `qty`, laid out as told.
fn laid_out(contents: impl AsRef<[u8]>, layout: Layout) -> String {
    said_of(contents, layout, file("orders", "orders.csv", &["no", "qty"]))
}

fn said_of(contents: impl AsRef<[u8]>, layout: Layout, table: TableSpec) -> String {
    let folder = Folder::with("orders.csv", contents);
    let read = Read::File(FileRead { layout, ..FileRead::of("orders.csv") });
    answer(&files_source(folder.path()), TableSpec { read, ..table }, &Parameters::new(), &LIMITS, folder.path())
}

fn plain(contents: impl AsRef<[u8]>) -> String {
    laid_out(contents, Layout::default())
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[test]
fn fields_are_parted_by_what_makes_the_columns_of_the_header() {
    let contents = [
        "no;qty\nSO-1;1,5\n",
        "no\tqty\nSO-1\t1;5\n",
        "note, with a comma|no|qty\n,|SO-1|1\n",
        "sep=;\r\nno;qty\r\nSO-1;1\r\n",
        "\"no\";\"qty\"\n\"SO;1\";\"1\"\n",
        "no\n",
    ];
    insta::assert_snapshot!(contents.map(plain).join("\n\n"), @r#"
    1 rows
    no String: "SO-1"
    qty String: "1,5"

    1 rows
    no String: "SO-1"
    qty String: "1;5"

    1 rows
    no String: "SO-1"
    qty String: "1"

    1 rows
    no String: "SO-1"
    qty String: "1"

    1 rows
    no String: "SO;1"
    qty String: "1"

    cannot read table orders of source erp: it has no column qty; it has no
    "#);
    let told = Layout { delimiter: Some(b'^'), ..Layout::default() };
    insta::assert_snapshot!(laid_out("no^qty\nSO-1^1,2\n", told), @r#"
    1 rows
    no String: "SO-1"
    qty String: "1,2"
    "#);
}

#[test]
fn the_encoding_is_told_from_the_whole_file() {
    let text = "no,qty\n华东-1,7\n";
    let gbk = b"no,qty\n\xbb\xaa\xb6\xab-1,7\n";
    let mut late = b"no,qty\n".to_vec();
    late.extend([b"SO-1,".as_slice(), &[b'1'; 900], b"\n"].concat().repeat(10_000));
    late.extend(b"\xbb\xaa\xb6\xab-1,7\n");
    let late = plain(late);
    let said = [
        plain(text),
        plain(format!("\u{feff}{text}")),
        plain(gbk),
        plain([b"\x84\x31\x95\x33".as_slice(), gbk].concat()),
        plain([b"\xff\xfe".as_slice(), &utf16(text, true)].concat()),
        plain([b"\xfe\xff".as_slice(), &utf16(text, false)].concat()),
    ];
    insta::assert_snapshot!(said[0], @r#"
    1 rows
    no String: "华东-1"
    qty String: "7"
    "#);
    assert!(said.iter().all(|one| *one == said[0]), "{said:#?}");
    assert!(late.starts_with("10001 rows") && late.contains("\"华东-1\""), "the bytes that tell stand at the end");
}

#[test]
fn an_encoding_that_is_named_is_the_one() {
    let named =
        |encoding, contents: &[u8]| laid_out(contents, Layout { encoding: Some(encoding), ..Layout::default() });
    let said = [
        named(Encoding::Big5, b"no,qty\n\xb5\xd8\xaaF,1\n"),
        named(Encoding::Utf16Le, &utf16("no,qty\n华东,1\n", true)),
        named(Encoding::Utf16Be, &utf16("no,qty\n华东,1\n", false)),
        named(Encoding::Windows1252, b"no,qty\nM\xfcller,1\n"),
        named(Encoding::Gb18030, b"no,qty\n\xbb\xaa,1\n"),
        // A mark knows better.
        named(Encoding::Gb18030, "\u{feff}no,qty\n华,1\n".as_bytes()),
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
    1 rows
    no String: "華東"
    qty String: "1"
    1 rows
    no String: "华东"
    qty String: "1"
    1 rows
    no String: "华东"
    qty String: "1"
    1 rows
    no String: "Müller"
    qty String: "1"
    1 rows
    no String: "华"
    qty String: "1"
    1 rows
    no String: "华"
    qty String: "1"
    "#);
}

#[test]
fn bytes_that_are_no_text_are_named_and_never_replaced() {
    let named =
        |encoding, contents: &[u8]| laid_out(contents, Layout { encoding: Some(encoding), ..Layout::default() });
    let said = [
        // One byte of a long Chinese text in UTF-8 is broken: that is damage, not GB18030.
        plain(b"no,qty\n\xe5\x8d\x8e\xe4\xb8\x9c\xff\xe5\x8d\x8e,1\n"),
        // Cut in the middle of a character.
        plain("no,qty\n华东,1\n华东".as_bytes().split_last().unwrap().1),
        plain(b"no,qty\nSO-1,1\nSO-\xff,1\n"),
        named(Encoding::Utf8, b"no,qty\n\xbb\xaa\xb6\xab,1\n"),
        named(Encoding::Gb18030, "no,qty\n华东,1\n".as_bytes()),
        named(Encoding::Big5, b"no,qty\nSO-1,1\n\xff,1\n"),
        plain([b"\xff\xfe".as_slice(), &utf16("no,qty\nSO-1,1\n", true), &[0x00, 0xd8]].concat()),
        plain([b"\xff\xfe".as_slice(), &utf16("no,qty\nSO-1,1\n", true), &[0x41]].concat()),
        plain([b"\xff\xfe".as_slice(), &utf16("no,qty\n华\0,1\n", true)].concat()),
        plain(utf16("no,qty\nSO-1,1\n", true)),
        plain(b"no,qty\nSO-1,\x001\n"),
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
    cannot read table orders of source erp: line 2 of orders.csv is not UTF-8 text (byte 14 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: line 3 of orders.csv is not UTF-8 text (byte 20 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: line 3 of orders.csv is not UTF-8 or GB18030 text (byte 18 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: line 2 of orders.csv is not UTF-8 text (byte 8 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: orders.csv is UTF-8 text, but its table's file says encoding = "gb18030"; take that out
    cannot read table orders of source erp: line 3 of orders.csv is not BIG5 text (byte 15 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: line 3 of orders.csv is not UTF-16LE text (byte 31 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: line 3 of orders.csv is not UTF-16LE text (byte 31 of the file); save it as UTF-8, or name its encoding in the table's file
    cannot read table orders of source erp: line 2 of orders.csv holds a NUL (byte 19 of the file), which text never does
    cannot read table orders of source erp: line 1 of orders.csv holds a NUL (byte 2 of the file), which text never does; if it is UTF-16, name that in the table's file: encoding = "utf-16le"
    cannot read table orders of source erp: line 2 of orders.csv holds a NUL (byte 13 of the file), which text never does
    "#);
}

#[test]
fn rows_that_are_none_are_left_out() {
    let contents = "no,qty,note\nSO-1,1,\n,,\n小计,1,\nno,qty,note\nSO-2,2,合计\n 合 计：,3,\n,总计(2),\nTOTAL,3\n,,\n\
                    Total Energies,4,\n合计金额,5,\nno,qty,other\n";
    insta::assert_snapshot!(plain(contents), @r#"
    5 rows
    no String: "SO-1" | "SO-2" | "Total Energies" | "合计金额" | "no"
    qty String: "1" | "2" | "4" | "5" | "qty"
    "#);
    let words = |totals: &[&str]| {
        let totals = totals.iter().map(|word| (*word).to_owned()).collect();
        laid_out("no,qty\n合计,1\n打印,2\nSO-1,3\n", Layout { totals: Some(totals), ..Layout::default() })
    };
    insta::assert_snapshot!([words(&["打印"]), words(&[])].join("\n"), @r#"
    2 rows
    no String: "合计" | "SO-1"
    qty String: "1" | "3"
    3 rows
    no String: "合计" | "打印" | "SO-1"
    qty String: "1" | "2" | "3"
    "#);
}

#[test]
fn the_header_stands_where_the_file_says() {
    let contents = "销售出库明细,,\n\"日期:2026-11\",,\n\nno,qty,\nSO-1,1,\n";
    let at = |line| laid_out(contents, Layout { header_line: Some(line), ..Layout::default() });
    insta::assert_snapshot!([plain(contents), at(4), at(3), at(1), at(9)].join("\n"), @r#"
    cannot read table orders of source erp: the first line of orders.csv does not name its columns, but line 4 does: header_line = 4
    1 rows
    no String: "SO-1"
    qty String: "1"
    1 rows
    no String: "SO-1"
    qty String: "1"
    cannot read table orders of source erp: it has no column no; it has 销售出库明细
    cannot read table orders of source erp: orders.csv has no line 9, which is to name its columns; give another header_line
    "#);
}

#[test]
fn columns_without_a_name_are_empty_throughout() {
    let contents = [
        "no,qty,,\nSO-1,1,,\nSO-2,2,,\n",
        "no,qty\nSO-1,1,\nSO-2,2,, \n",
        "no,,qty\nSO-1,,1\n",
        "no,qty,\nSO-1,1,\nSO-2,2,x\n",
        "no,qty\nSO-1,1,x\n",
        "note,no,note,qty\n,SO-1,,1\n",
    ];
    insta::assert_snapshot!(contents.map(plain).join("\n"), @r#"
    2 rows
    no String: "SO-1" | "SO-2"
    qty String: "1" | "2"
    2 rows
    no String: "SO-1" | "SO-2"
    qty String: "1" | "2"
    1 rows
    no String: "SO-1"
    qty String: "1"
    cannot read table orders of source erp: column 3 of orders.csv has no name, but it is not empty; every column that holds something needs one
    cannot read table orders of source erp: the row of orders.csv that begins in line 2 does not have the 2 fields of the header; fields found: 3
    1 rows
    no String: "SO-1"
    qty String: "1"
    "#);
}

#[test]
fn a_column_goes_by_one_of_its_names() {
    let table = |also: &[&str]| {
        let mut table = file("orders", "orders.csv", &["金额(元)", "no"]);
        table.columns[0].also = also.iter().map(|name| (*name).to_owned()).collect();
        table
    };
    let said = |contents: &str| said_of(contents, Layout::default(), table(&["金额", "Amount"]));
    let all = [
        said("no,金额(元)\nSO-1,1\n"),
        said("no; Amount \nSO-1;1\n"),
        said("no,金额,Amount\nSO-1,1,2\n"),
        said("no,金额,金额\nSO-1,1,2\n"),
        said("no,价税合计\nSO-1,1\n"),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    1 rows
    金额(元) String: "1"
    no String: "SO-1"
    1 rows
    金额(元) String: "1"
    no String: "SO-1"
    cannot read table orders of source erp: it has both a column 金额 and a column Amount, and `from` lists both; exactly one must be there
    cannot read table orders of source erp: it has more than one column named "金额"; every column needs a name of its own
    cannot read table orders of source erp: it has no column 金额(元) or 金额 or Amount; it has no, 价税合计
    "#);
}

#[test]
fn cells_lose_what_only_keeps_them_text() {
    let contents = "no,qty\n=\"00123\",\"=\"\"7\"\"\"\n'007,'x\n\"\t0042\",\"a \"\"b\"\" c\"\n\"SO-1\"x,\"a\"\"\"\n";
    insta::assert_snapshot!(plain(contents), @r#"
    4 rows
    no String: "00123" | "007" | "0042" | "SO-1x"
    qty String: "7" | "'x" | "a \"b\" c" | "a\""
    "#);
}

#[test]
fn merged_cells_are_filled_down() {
    let mut table = file("orders", "orders.csv", &["no", "qty"]);
    table.columns[0].fill_down = true;
    let said = said_of("no,qty\n,0\nSO-1,1\n,2\n小计,3\n,,\n,4\nSO-2,\n", Layout::default(), table);
    insta::assert_snapshot!(said, @r#"
    5 rows
    no String: null | "SO-1" | "SO-1" | "SO-1" | "SO-2"
    qty String: "0" | "1" | "2" | "4" | null
    "#);
}

fn figures(contents: &str) -> String {
    let columns =
        vec![ColumnSpec::new("no", ColumnType::Text), ColumnSpec::new("qty", ColumnType::Quantity { scale: 2 })];
    let table = TableSpec { columns, ..file("orders", "orders.csv", &[]) };
    let folder = Folder::with("orders.csv", contents);
    let mut pulls = pull_with(&files_source(folder.path()), vec![table.clone()], &Parameters::new(), &LIMITS);
    let raw = pulls.remove("orders").unwrap().unwrap();
    let kind = raw.frame.column("qty").unwrap().dtype().to_string();
    let read = normalise(&table, &raw, chrono_tz::Asia::Shanghai).unwrap();
    let cells: Vec<String> = (0..read.len()).map(|row| read.value("qty", row).to_string()).collect();
    let refused: Vec<String> =
        read.unreadable.iter().map(|cell| format!("{} {} {:?}", cell.row, cell.column, cell.text)).collect();
    format!("{kind}: {} ({})", cells.join(" | "), refused.join(", "))
}

#[test]
fn figures_are_typed_while_they_are_plain_and_mean_the_same_either_way() {
    let contents = [
        "no,qty\na,7\nb,-007.50\nc,\nd,1.5000\ne,999999999999999999\n",
        "no,qty\na,7\nb,-007.50\nc,\nd,1.5000\ne,\"1,234.5\"\n",
        "no,qty\na,1.505\nb,1e3\nc,--1\nd,１２\ne,(3)\n",
        "no,qty\na,1.\nb,.5\nc,-\nd,1.2.3\ne, 4 \n",
        "no,qty\na,12345678901234567890123456789012345678.5\nb,1234567890123456789.25\n",
    ];
    insta::assert_snapshot!(contents.map(figures).join("\n"), @r#"
    decimal[38,2]: 7.00 | -7.50 |  | 1.50 | 999999999999999999.00 ()
    str: 7.00 | -7.50 |  | 1.50 | 1234.50 ()
    str:  |  |  | 12.00 | -3.00 (0 qty "1.505", 1 qty "1e3", 2 qty "--1")
    str:  | 0.50 |  |  | 4.00 (0 qty "1.", 2 qty "-", 3 qty "1.2.3")
    str:  | 1234567890123456789.25 (0 qty "12345678901234567890123456789012345678.5")
    "#);
}

#[test]
fn a_number_that_a_spreadsheet_ruined_is_no_key() {
    let contents = "no,qty\n1.23457E+17,1\n1E+11,2\n1E+05,3\n1.2E-17,4\nE+17,5\n1.E+17,6\nX1.23457E+17,7\n";
    insta::assert_snapshot!(figures(contents), @r#"decimal[38,2]: 1.00 | 2.00 | 3.00 | 4.00 | 5.00 | 6.00 | 7.00 (0 no "1.23457E+17", 1 no "1E+11")"#);
}

#[test]
fn a_large_file_is_read_in_parts_as_it_is_read_whole() {
    let mut text = "no,note,qty\r\n".to_owned();
    for row in 0..60_000 {
        let note = match row % 1009 {
            3 => "a 15\" screen".to_owned(),
            7 => format!("\"two\nlines, \"\"{row}\"\"\r\n\""),
            11 => format!("\"{}\"", ",\n".repeat(3000)),
            _ => format!("{row:0>160}"),
        };
        let blank = if row % 5003 == 0 { "\r\n\r\n" } else { "" };
        let _ = write!(text, "{blank}SO-{row},{note},{}\r\n", row % 97);
    }
    let folder = Folder::with("orders.csv", &text);
    let table = file("orders", "orders.csv", &["no", "note", "qty"]);
    let mut pulls = pull_with(&files_source(folder.path()), vec![table], &Parameters::new(), &LIMITS);
    let frame = pulls.remove("orders").unwrap().unwrap().frame;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let expected: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(frame.height(), expected.len());
    for (place, name) in ["no", "note", "qty"].into_iter().enumerate() {
        let cells = frame.column(name).unwrap().str().unwrap();
        let odd = cells.iter().zip(&expected).position(|(cell, row)| cell != Some(&row[place]));
        assert_eq!(odd, None, "column {name}");
    }
    // A row far behind the first part is named by its own line.
    let cut = text.rfind(",").unwrap();
    let lines = text.matches('\n').count();
    let said = plain(&text[..cut]);
    assert!(said.contains(&format!("begins in line {lines} does not have the 3 fields")), "{said}");
}

#[test]
fn a_file_that_is_cut_is_unknown_unless_what_is_left_looks_whole() {
    let whole = "no,qty\n\"华,东\",\"1\"\nSO-2,25\n\"SO\n3\",\"4\"\"5\"\n";
    let looks_whole = |left: &str| {
        let between = left.ends_with("qty") || left.ends_with("\"1\"") || left.ends_with("\"1\"\n");
        let inside = ["SO-2,", "SO-2,2", "SO-2,25", "SO-2,25\n"].iter().any(|end| left.ends_with(end));
        // Nothing stands in the last field yet, or a doubled quote that is cut in two closes it.
        let quoted = ["\",", "\"4\"", "\"5\"", "\"5\"\n"].iter().any(|end| left.ends_with(end));
        between || inside || quoted || left == "no,qty\n"
    };
    for cut in 6..=whole.len() {
        let said = plain(&whole.as_bytes()[..cut]);
        let expected = whole.get(..cut).is_some_and(looks_whole);
        assert_eq!(said.contains(" rows"), expected, "cut to {:?}: {said}", whole.get(..cut));
    }
}

//! JSON lines.

use tieout::audit::snapshot::{ColumnSpec, ColumnType, FileRead, Read, TableSpec};

use super::files::Folder;
use super::{LIMITS, Parameters, answer, file, files_source};

/// What a file says of a text `no`, a figure `qty` that is called `数量` too, and a day `day`.
fn said(contents: impl AsRef<[u8]>) -> String {
    let folder = Folder::with("orders.jsonl", contents);
    let columns = vec![
        ColumnSpec::new("no", ColumnType::Text),
        ColumnSpec { also: vec!["数量".to_owned()], ..ColumnSpec::new("qty", ColumnType::Quantity { scale: 4 }) },
    ];
    let table = TableSpec { read: Read::File(FileRead::of("orders.jsonl")), columns, ..file("orders", "", &[]) };
    answer(&files_source(folder.path()), table, &Parameters::new(), &LIMITS, folder.path())
}

#[test]
fn each_line_is_an_object_and_numbers_are_taken_by_their_text() {
    let contents = [
        "{\"no\":\"SO-1\",\"qty\":0.1000,\"other\":{\"a\":[1]}}\r\n\r\n{\"qty\":null,\"no\":\"\\u534e\\n\\\"东\"}\n{\"no\":12345678901234567890}",
        "\u{feff}{\"no\":true,\"数量\":\"1,234.50\"}\n{\"no\":[1, {\"a\": 2}],\"qty\":12345678901234567890123.25}\n{\"no\":{},\"qty\":1e3}",
        "",
        "{\"no\":\"\",\"qty\":-0.5}\n",
    ];
    insta::assert_snapshot!(contents.map(said).join("\n"), @r#"
    3 rows
    no String: "SO-1" | "华\n\"东" | "12345678901234567890"
    qty Decimal(38, 4): 0.1000 | null | null
    3 rows
    no String: "true" | "[1, {\"a\": 2}]" | "{}"
    qty String: "1,234.50" | "12345678901234567890123.25" | "1e3"
    0 rows
    no String:
    qty Decimal(38, 4):
    1 rows
    no String: null
    qty Decimal(38, 4): -0.5000
    "#);
}

#[test]
fn a_line_that_is_none_is_one_sentence() {
    let contents: [&[u8]; 11] = [
        b"{\"no\":1,\"qty\":1}\n{\"no\":2,\"qty\":",
        b"[{\"no\":1,\"qty\":1}]\n",
        b"{\"no\":1,\"qty\":1} {\"no\":2,\"qty\":2}\n",
        b"{\"no\":1,\"qty\":1,\"no\":2}\n",
        b"{\"no\":1,\"qty\":1,\"\xe6\x95\xb0\xe9\x87\x8f\":2}\n",
        b"{\"no\":1,\"qty\":[1]}\n",
        b"{\"no\":1,\"qty\":{\"value\":1}}\n",
        b"{\"number\":1,\"qty\":1}\n{\"number\":1,\"amount\":1}\n",
        b"{\"no\":\"\xbb\xaa\",\"qty\":1}\n",
        b"{\"no\":\"\\ud800\",\"qty\":1}\n",
        b"{\n\"no\":1\n}\n",
    ];
    insta::assert_snapshot!(contents.map(said).join("\n"), @"
    cannot read table orders of source erp: line 2 of orders.jsonl is no JSON object on a line of its own: EOF while parsing a value at column 14
    cannot read table orders of source erp: line 1 of orders.jsonl is no JSON object on a line of its own: invalid type: sequence, expected an object at column 0
    cannot read table orders of source erp: line 1 of orders.jsonl is no JSON object on a line of its own: trailing characters at column 18
    cannot read table orders of source erp: line 1 of orders.jsonl has more than one value for column no; exactly one is accepted
    cannot read table orders of source erp: line 1 of orders.jsonl has more than one value for column qty; exactly one is accepted
    cannot read table orders of source erp: line 1 of orders.jsonl holds a list under qty, which is no value of one cell; only a text column takes it, as JSON
    cannot read table orders of source erp: line 1 of orders.jsonl holds an object under qty, which is no value of one cell; only a text column takes it, as JSON
    cannot read table orders of source erp: it has no column no; it has amount, number, qty
    cannot read table orders of source erp: line 1 of orders.jsonl is no JSON object on a line of its own: it is not UTF-8 text (byte 8 of the file)
    cannot read table orders of source erp: line 1 of orders.jsonl is no JSON object on a line of its own: the text under no is no text
    cannot read table orders of source erp: line 1 of orders.jsonl is no JSON object on a line of its own: EOF while parsing an object at column 1
    ");
}

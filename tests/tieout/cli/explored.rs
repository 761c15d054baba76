//! `tieout explore`: what a source holds, without a config to begin with.

use rusqlite::Connection;
use serde_json::Value;

use super::Shop;

fn shop() -> Shop {
    Shop::new("A1,安达,10.00,CNY\nA2,x,20.00,USD", "A1,x,10.00,CNY")
}

/// A database as they are found: no keys declared, figures in columns of text, names that need quotes.
fn database(shop: &Shop, statements: &str) {
    Connection::open(shop.path("books.db")).unwrap().execute_batch(statements).unwrap();
}

const BOOKS: &str = "
create table customers (no text primary key, name text, credit_limit decimal(18,2), since date);
insert into customers values ('C1', '安达', '1000.00', '2024-01-31'), ('C2', null, null, null);
create table \"Order Lines\" (\"订单号\" text, \"行号\" integer, \"数量\" text, \"单价\" real, \"币种\" text, \"日期\" text, \"it's \"\"odd\"\"\" text);
insert into \"Order Lines\" values
  ('SO-1', 1, '1,200', 0.125, 'CNY', '2026-11-01', 'x'),
  ('SO-1', 2, '3', 7, 'CNY', '2026/11/2', '\u{202e}<b>'),
  ('SO-2', 1, '-', 7.5, 'USD', '2026年11月3日', '=1+1'),
  ('SO-3', 1, '4', 1, 'USD', '2026-11-04', '\u{1b}[31m');
create view open_orders as select * from \"Order Lines\";
create view broken as select * from gone;
create table empty (id integer, note);
";

#[test]
fn a_database_is_listed_with_its_tables_and_views() {
    let shop = shop();
    database(&shop, BOOKS);
    for columns in [80, 120] {
        let said = shop.shell(&format!("COLUMNS={columns} tieout explore sqlite:books.db"));
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        insta::assert_snapshot!(format!("explore_list_{columns}"), said.out);
    }
    let json = shop.shell("tieout explore books.db --format json");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["tables"].as_array().unwrap().len(), 5);
}

#[test]
fn a_table_is_looked_into_and_gets_a_table_file() {
    let shop = shop();
    database(&shop, BOOKS);
    for columns in [80, 120] {
        let said = shop.shell(&format!("COLUMNS={columns} tieout explore books.db 'order lines'"));
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        insta::assert_snapshot!(format!("explore_table_{columns}"), said.out);
    }
    let json = shop.shell("tieout explore books.db customers --format json");
    insta::assert_snapshot!("explore_table_json", json.out);
    let empty = shop.shell("COLUMNS=80 tieout explore books.db empty");
    insta::assert_snapshot!("explore_table_empty", empty.out);
}

/// The proposed file is pasted as it is, and the table it describes is read.
#[test]
fn the_proposed_table_file_is_accepted() {
    let shop = shop();
    database(&shop, BOOKS);
    let config = std::fs::read_to_string(shop.path("config/tieout.toml")).unwrap();
    shop.write("config/tieout.toml", &format!("{config}[sources.books]\nkind = \"sqlite\"\npath = \"books.db\"\n"));
    for (source, table, file, rows) in [
        ("books", "'Order Lines'", "Order_Lines", 4),
        ("books", "customers", "customers", 2),
        ("books", "open_orders", "open_orders", 4),
        ("files", "sales.csv", "sales_again", 2),
    ] {
        let said = shop.shell(&format!("tieout explore {source} {table} --format json"));
        let proposed: Value = serde_json::from_str(&said.out).unwrap();
        shop.write(&format!("config/tables/{file}.toml"), proposed["table_file"].as_str().unwrap());
        let pulled = shop.shell(&format!("tieout pull {file} --format csv"));
        assert_eq!(pulled.code, 0, "{table}: {}", pulled.err);
        assert_eq!(pulled.out.lines().count(), rows + 1, "{table}: {}", pulled.out);
    }
}

#[test]
fn a_folder_of_files_is_a_source_and_so_is_one_file_of_it() {
    let shop = shop();
    shop.write("data/deep/stock.csv", "sku,on_hand\nA,1\n");
    shop.write("data/broken.csv", "a,b\n1\n");
    shop.write("data/notes.md", "nothing");
    shop.write("data/.hidden.csv", "a\n1\n");
    let said = shop.shell("COLUMNS=80 tieout explore data");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    insta::assert_snapshot!("explore_files", said.out);
    let named = shop.shell("COLUMNS=80 tieout explore files sales.csv");
    assert_eq!((named.code, named.err.as_str()), (0, ""));
    assert_eq!(
        shop.shell("COLUMNS=80 tieout explore data/sales.csv")
            .out
            .replace(" of data", " of files")
            .replace("\"data\"", "\"files\""),
        named.out
    );
    insta::assert_snapshot!("explore_file", named.out);
}

#[test]
fn a_document_that_stands_twice_does_not_hide_the_key() {
    let shop = shop();
    let rows: String =
        (0..400).map(|row| format!("insert into lines values ('SO-{}', {}, 'x', 1);", row / 2, row % 2 + 1)).collect();
    database(
        &shop,
        &format!(
            "create table lines (order_no text, line_no int, remark text, qty int);{rows}insert into lines select * from lines where rowid = 7;"
        ),
    );
    let said = shop.shell("tieout explore books.db lines --format json");
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        json["key"],
        serde_json::json!({ "columns": ["order_no", "line_no"], "declared": false, "repeated_by": 1 })
    );
    let bounded = shop.shell("tieout explore books.db lines --sample 10 --format json");
    let json: Value = serde_json::from_str(&bounded.out).unwrap();
    assert_eq!((&json["looked_at"], &json["whole"], &json["table"]["rows"]), (&10.into(), &false.into(), &401.into()));
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    let shop = shop();
    database(&shop, BOOKS);
    for (line, code, wanted) in [
        ("tieout explore file", 64, "Did you mean files?"),
        ("tieout explore nowhere.db", 64, "There is no source nowhere.db"),
        ("tieout explore sqlite:nowhere.db", 64, "nowhere.db"),
        ("tieout explore oracle://erp/erp", 64, "kind of source oracle"),
        ("tieout explore books.db custmers", 64, "Did you mean customers?"),
        ("tieout explore books.db broken", 2, "gone"),
        ("tieout explore files broken.csv", 64, "There is no table broken.csv"),
        ("tieout explore data/sales.csv --sample 0", 64, "0"),
    ] {
        let said = shop.shell(line);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{line}: {}", said.err);
        assert!(said.err.contains(wanted), "{line}: {}", said.err);
    }
    shop.write("fake.db", "not a database at all");
    let said = shop.shell("tieout explore fake.db");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("not a SQLite database"), "{}", said.err);
}

#[test]
fn a_config_with_faults_elsewhere_does_not_stand_in_the_way() {
    let shop = shop();
    shop.edit("config/tieout.toml", "recipients = [", "recipients = [\"nobody\", ");
    shop.edit("config/tieout.toml", "path = \"mail\"", "path = \"${NOT_SET_ANYWHERE}\"");
    shop.write("config/tables/sales.toml", "nonsense");
    assert_eq!(shop.shell("tieout explore files").code, 0);
}

#[test]
fn looking_changes_nothing() {
    let shop = shop();
    database(&shop, BOOKS);
    let before = std::fs::read(shop.path("books.db")).unwrap();
    shop.shell("tieout explore books.db; tieout explore books.db customers");
    assert_eq!(before, std::fs::read(shop.path("books.db")).unwrap());
}

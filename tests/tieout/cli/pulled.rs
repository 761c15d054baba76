//! `tieout pull`: a table as rules see it.

use std::fs;

use super::Shop;

/// Cells that people and spreadsheets leave behind: blanks, full-width digits, a dash, a formula, an escape sequence.
const DIRTY: &str = " A1 ,安达,\"1,234.50\",CNY\nA2,=1+1,-７.25,USD\nA3,\"tab\tand \u{1b}[31mred\",n/a,\nA4,,,EUR";

fn shop() -> Shop {
    let shop = Shop::new(DIRTY, "");
    shop.edit("config/tables/sales.toml", "customer = { type = \"text\" }", "customer = { type = \"text\" }\nline = { type = \"number\", from = \"ccy\", null_words = [\"CNY\", \"USD\", \"EUR\"] }");
    shop
}

/// What was said, without the time at which it was read.
fn timeless(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(", read ") {
        Some((before, _)) => format!("{before}, read …"),
        None if line.contains("\"moment\"") || line.contains("\"as_of\"") => "  …".to_owned(),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_table_is_shown_cleaned_and_typed_with_what_cannot_be_read() {
    let said = shop().shell("COLUMNS=80 tieout pull sales");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    insta::assert_snapshot!("pull_table", timeless(&said.out));
}

#[test]
fn csv_for_programs_keeps_every_cell_and_csv_for_spreadsheets_disarms_them() {
    let shop = shop();
    let exact = shop.shell("tieout pull sales --format csv");
    assert_eq!(exact.code, 0);
    insta::assert_snapshot!("pull_csv", exact.out.replace('\u{1b}', "<ESC>"));
    insta::assert_snapshot!("pull_csv_unreadable", exact.err);
    let disarmed = shop.shell("tieout pull sales --format csv --spreadsheet");
    insta::assert_snapshot!("pull_csv_spreadsheet", disarmed.out);
}

#[test]
fn json_carries_figures_as_texts() {
    let said = shop().shell("tieout pull sales --format json --limit 2");
    assert!(serde_json::from_str::<serde_json::Value>(&said.out).is_ok());
    insta::assert_snapshot!("pull_json", timeless(&said.out));
}

#[test]
fn parquet_comes_back_as_it_left_to_the_last_digit() {
    let longest = "123456789012345678901234567890.12345678";
    let shop = Shop::new(&format!("A1,x,{longest},CNY\nA2,y,-0.00000001,CNY\nA3,,,"), "");
    shop.edit("config/tables/sales.toml", "\"money\"", "\"money\", scale = 8");
    shop.write("data/at.csv", "at,day,sure\n2026-11-20T08:00:00.123456+08:00,2026-11-20,true\n,,\n");
    let columns = "[columns]\nat = { type = \"instant\" }\nday = { type = \"date\" }\nsure = { type = \"boolean\" }\n";
    shop.write("config/tables/at.toml", &format!("source = \"files\"\nfile = \"at.csv\"\n{columns}"));
    shop.write("config/tables/at_again.toml", &format!("source = \"files\"\nfile = \"at.parquet\"\n{columns}"));
    let again = fs::read_to_string(shop.path("config/tables/sales.toml")).unwrap();
    shop.write("config/tables/sales_again.toml", &again.replace("sales.csv", "sales.parquet"));
    for (table, wanted) in [("sales", longest), ("at", "2026-11-20T00:00:00.123456Z,2026-11-20,true")] {
        let kept = shop.shell(&format!("tieout pull {table} --out data/{table}.parquet"));
        assert_eq!((kept.code, kept.out.as_str()), (0, ""), "{}", kept.err);
        let (before, after) =
            (format!("tieout pull {table} --format csv"), format!("tieout pull {table}_again --format csv"));
        let (before, after) = (shop.shell(&before), shop.shell(&after));
        assert_eq!((after.code, after.out.as_str()), (0, before.out.as_str()), "{}", after.err);
        assert!(before.out.contains(wanted), "{}", before.out);
    }
}

#[test]
fn columns_are_chosen_and_what_does_not_fit_is_named() {
    let shop = shop();
    let chosen = shop.shell("COLUMNS=80 tieout pull sales --columns ccy,no --limit 1");
    insta::assert_snapshot!("pull_columns", timeless(&chosen.out));
    let rows: String = (0..30).map(|number| format!("A{number},{},1.00,CNY\n", "x".repeat(60))).collect();
    let wide = Shop::new(&rows, "").shell("COLUMNS=60 tieout pull sales --limit 1");
    insta::assert_snapshot!("pull_wide", timeless(&wide.out));
}

#[test]
fn a_table_that_is_unknown_ends_with_two_and_leaves_no_file() {
    let shop = shop();
    fs::remove_file(shop.path("data/sales.csv")).unwrap();
    let said = shop.shell("tieout pull sales --out sales.csv");
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    insta::assert_snapshot!("pull_unknown", said.err);
    assert!(!shop.path("sales.csv").exists() && !shop.path("sales.csv.part").exists());
    let guarded = Shop::new("A1,x,1.00,CNY", "");
    guarded.edit("config/tables/sales.toml", "[columns]", "guards = { min_rows = 2 }\n[columns]");
    let said = guarded.shell("tieout pull sales");
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    insta::assert_snapshot!("pull_guarded", said.err);
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let shop = shop();
    let said = shop.shell("tieout pull sales --out nowhere/sales.csv");
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    insta::assert_snapshot!("pull_unwritable", said.err);
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    let shop = shop();
    for (line, wanted) in [
        ("tieout pull sale", "Did you mean sales?"),
        ("tieout pull sales --columns no,customers", "Did you mean customer?"),
        ("tieout pull sales --as-of yesterday", "--as-of"),
        ("tieout pull sales --spreadsheet", "--format csv"),
    ] {
        let said = shop.shell(line);
        assert_eq!((said.code, said.out.as_str()), (64, ""), "{line}");
        assert!(said.err.contains(wanted), "{line}: {}", said.err);
    }
}

#[test]
fn a_query_gets_the_parameters_of_a_run() {
    let company = crate::harness::Company::new(200, 3, crate::harness::day("2026-11-20"));
    let count = |day: &str| {
        let said = company.tieout(&["pull", "sales_lines", "--as-of", day, "--format", "csv"]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        said.stdout.lines().count() - 1
    };
    let early = company.rows(
        crate::harness::Database::Erp,
        "select count(*) from order_lines l join orders o on o.order_no = l.order_no where o.order_date <= '2026-08-31'",
    );
    assert_eq!(early, [count("2026-08-31").to_string()]);
    assert!(count("2026-08-31") < count("2026-11-20"));
    let side = company.tieout(&["pull", "shipped-not-invoiced.nothing"]);
    assert_eq!(side.code, 64);
}

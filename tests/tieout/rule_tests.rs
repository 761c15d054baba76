//! `tieout test`: what rules must say of hand-made rows, and how a difference is told.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tieout::config::{self, Config, Locations};
use tieout::problem::SourceText;
use tieout::rule_test::{Outcomes, read_suites, run};

use crate::cli::Shop;

/// The config and rules that come with tieout.
fn shipped() -> Config {
    let locations = Locations { config: PathBuf::from("config/tieout.toml"), rules: PathBuf::from("rules") };
    config::load(&locations, &|_| None).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Judges a test of the shipped low-stock rule with one stock row of `on_hand` at a point of 10.
fn low_stock(on_hand: &str, case: &str) -> Outcomes {
    let text = format!(
        "as_of = 2026-11-20\n\
         tables.stock.columns = [\"sku\", \"warehouse\", \"on_hand\"]\n\
         tables.stock.rows = [[\"BOLT\", \"W1\", \"{on_hand}\"]]\n\
         tables.reorder_points.columns = [\"sku\", \"warehouse\", \"reorder_point\"]\n\
         tables.reorder_points.rows = [[\"BOLT\", \"W1\", 10]]\n\
         [[cases]]\nname = \"a case\"\n{case}"
    );
    let config = shipped();
    let suites = read_suites(&[SourceText::new("low-stock.toml", text)], &config);
    run(&config, &suites.unwrap_or_else(|problems| panic!("{problems}")))
}

fn passes(outcomes: &Outcomes) -> bool {
    assert_eq!(outcomes.passed + outcomes.failed, 1);
    outcomes.failed == 0
}

#[test]
fn every_shipped_rule_has_a_test_and_every_case_of_it_passes() {
    let config = shipped();
    let suites = read_suites(&config::rule_tests(&config.root, &[]).unwrap(), &config);
    let suites = suites.unwrap_or_else(|problems| panic!("{problems}"));
    let tested: BTreeSet<&str> = suites.iter().map(|suite| suite.rule.as_str()).collect();
    let rules: BTreeSet<&str> = config.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(tested, rules, "a rule that comes with tieout comes with its test in tests/rules");
    let outcomes = run(&config, &suites);
    assert_eq!(outcomes.failed, 0, "{}", outcomes.to_json());
    for suite in &outcomes.files {
        assert!(suite.cases.len() > 5, "{} has cases worth the name", suite.rule);
    }
}

#[test]
fn the_program_tests_the_shipped_rules_without_opening_a_source() {
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_tieout")).arg("test").output().unwrap();
    let out = String::from_utf8(said.stdout).unwrap();
    assert_eq!((said.status.code(), String::from_utf8(said.stderr).unwrap().as_str()), (Some(0), ""), "{out}");
    assert!(out.ends_with(" passed, 0 failed\n"), "{out}");
}

#[test]
fn an_expectation_is_complete_unless_it_says_otherwise() {
    assert!(passes(&low_stock("11", "")));
    assert!(!passes(&low_stock("10", "")));
    assert!(passes(&low_stock("10", "others = \"allowed\"")));
    assert!(!passes(&low_stock("10", "others = \"allowed\"\nsilent = [[\"BOLT\", \"W1\"]]")));
    assert!(!passes(&low_stock("11", "expect = [{ subject = [\"BOLT\", \"W1\"] }]")));
}

#[test]
fn all_breaks_of_an_exception_are_expected_or_none_is_looked_at() {
    let expect = |breaks: &str| low_stock("-1", &format!("expect = [{{ subject = [\"BOLT\", \"W1\"]{breaks} }}]"));
    assert!(passes(&expect("")));
    assert!(passes(&expect(", breaks = [{ class = \"low_stock\" }, { class = \"negative_stock\" }]")));
    assert!(!passes(&expect(", class = \"low_stock\"")));
    assert!(!passes(&expect(", breaks = [{ class = \"low_stock\" }, { class = \"low_stock\" }]")));
    assert!(!passes(&expect(", breaks = []")));
}

#[test]
fn a_subject_that_no_row_names_is_likely_mistyped() {
    let outcomes = low_stock("11", "silent = [[\"BOLTS\", \"W1\"]]");
    assert!(!passes(&outcomes));
    let found = &outcomes.files[0].cases[0].differences[0].found;
    assert_eq!(found, "no row of the case names it; did you mean BOLT / W1?");
}

#[test]
fn rows_may_stand_in_csv_and_in_a_file_beside_the_test() {
    assert!(passes(&low_stock("1", "tables.stock.csv = \"\"\"\nwarehouse,sku,on_hand\nW1,BOLT,\"11\"\n\"\"\"")));
    let shop = shop();
    shop.write("tests/rules/rows.csv", "\u{feff}no,amount,ccy\nA1,10.00,CNY\n");
    shop.write(
        "tests/rules/orders.toml",
        "as_of = 2026-11-20\n[tables]\nsales.file = \"rows.csv\"\ninvoices.file = \"rows.csv\"\n[[cases]]\nname = \"agrees\"\n",
    );
    let said = shop.shell("cd /; tieout test --config \"$OLDPWD/config/tieout.toml\" --rules \"$OLDPWD/rules\"");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
}

fn shop() -> Shop {
    Shop::new("A1,x,10.00,CNY", "A1,x,99.00,CNY")
}

/// A test in which every kind of difference occurs.
const DIFFERS: &str = r#"
rule  = "orders"
as_of = "2026-11-20"
[tables.sales]
columns = ["no", "customer", "amount", "ccy"]
rows = [["A1", "x", "10.00", "CNY"], ["A2", "x", "20.00", "CNY"], ["A3", "x", "30.00", "CNY"], ["A4", "x", "40.00", "CNY"]]
[tables.invoices]
columns = ["no", "customer", "amount", "ccy"]
rows = [["A1", "x", "10.00", "CNY"], ["A2", "y", "21.00", "CNY"], ["A3", "x", "30.00", "CNY"]]

[[cases]]
name = { en = "what is as expected", zh = "符合" }
expect = [
    { subject = "A2", breaks = [{ check = "amount", difference = -1, at_risk = "CNY 1" }, { check = "customer", class = "text" }] },
    { subject = "A4", class = "missing", side = "finance", owner = "finance", severity = "medium", at_risk = "40.0" },
]
silent = ["A1", "A3"]

[[cases]]
name = "other figures"
expect = [
    { subject = "A2", severity = "high", breaks = [{ check = "amount", difference = 1, at_risk = "USD 1.00" }, { check = "customer", class = "amount" }] },
    { subject = "A4", class = "duplicate", side = "finance", at_risk = "none" },
]

[[cases]]
name = "raised and not, the wrong way round"
expect = [{ subject = "A1", check = "amount", owner = "finance", at_risk = "CNY 1.00" }, { subject = "A5" }]
in_transit = ["A4", "A3"]
silent = ["A2", "A6"]

[[cases]]
name = "one break too few, one too many"
expect = [
    { subject = "A2", check = "amount" },
    { subject = "A4", breaks = [{ class = "missing" }, { check = "amount", difference = 40 }] },
]

[[cases]]
name = "what became of open exceptions"
open = [{ subject = "A1", verdict = "gone" }, { subject = "A2", verdict = "resolved" }, { subject = "A7", verdict = "gone" }, "A4"]
"#;

#[test]
fn a_difference_says_what_was_expected_what_was_found_and_why() {
    let shop = shop();
    shop.write("tests/rules/differs.toml", DIFFERS);
    let said = shop.shell("tieout test");
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    insta::assert_snapshot!("differences", said.out);
    assert!(!shop.path("tieout.db").exists());

    let said = shop.shell("tieout test --format json");
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &json["format"], &json["failed"]), (1, &"tieout.test/1".into(), &4.into()));
    let difference = &json["files"][0]["cases"][1]["differences"][0];
    assert_eq!((&difference["what"], &difference["subject"]), (&"differs".into(), &serde_json::json!(["A2"])));
}

#[test]
fn what_is_in_transit_is_named_and_in_the_rules_own_words() {
    let shop = shop();
    shop.edit(
        "rules/orders.toml",
        "[[checks]]\nname = \"customer\"",
        "grace = { days = 3, after = [\"sales.day\"] }\n[[checks]]\nname = \"customer\"",
    );
    shop.edit(
        "config/tables/sales.toml",
        "ccy = { type = \"text\" }",
        "ccy = { type = \"text\" }\nday = { type = \"date\" }",
    );
    let case = |expected: &str| {
        let text = format!(
            "as_of = 2026-11-20\n[tables]\n\
             sales = {{ columns = [\"no\", \"amount\", \"day\"], rows = [[\"A1\", 10, 2026-11-17], [\"A2\", 10, 2026-11-16]] }}\n\
             invoices = {{ columns = [\"no\", \"amount\"], rows = [[\"A1\", 9], [\"A2\", 9]] }}\n\
             [[cases]]\nname = \"a case\"\n{expected}"
        );
        shop.write("tests/rules/orders.toml", &text);
        shop.shell("tieout test --rule orders")
    };
    assert_eq!(case("in_transit = [\"A1\"]\nexpect = [{ subject = \"A2\", check = \"amount\" }]").code, 0);
    assert_eq!(case("open = [{ subject = \"A1\", verdict = \"in_transit\" }]\nothers = \"allowed\"").code, 0);
    insta::assert_snapshot!(case("in_transit = [\"A2\"]").out, @"
    orders (tests/rules/orders.toml)
      FAILED  a case (tests/rules/orders.toml:6)
        A2: not in transit
          expected  in transit
          found     amount, difference 1.00, at risk CNY 1.00, owner finance
                    sales.amount is CNY 10.00, finance.amount is CNY 9.00: 1.00 more
        A1: in transit, and not expected
          found     in transit
    0 passed, 1 failed
    ");
}

#[test]
fn a_case_may_bind_the_parameters_of_the_job_with_other_values() {
    let shop = shop();
    shop.edit(
        "config/tieout.toml",
        "rules = [\"*\"]",
        "rules = [\"*\"]\nparams = { least = { decimal = \"5.00\" }, who = \"x\" }",
    );
    shop.edit(
        "rules/orders.toml",
        "name = \"amount\"",
        "name = \"amount\"\nwhen = \"sales.amount > :least and sales.customer = :who\"",
    );
    let with = |params: &str, expected: &str| {
        let text = format!(
            "as_of = 2026-11-20\n[tables]\nsales = {{ columns = [\"no\", \"customer\", \"amount\"], rows = [[\"A1\", \"x\", 10]] }}\n\
             invoices = {{ columns = [\"no\", \"customer\", \"amount\"], rows = [[\"A1\", \"x\", 9]] }}\n\
             [[cases]]\nname = \"a case\"\n{params}\n{expected}"
        );
        shop.write("tests/rules/orders.toml", &text);
        let said = shop.shell("tieout test");
        (said.code, said.err)
    };
    let raised = "expect = [{ subject = \"A1\", check = \"amount\" }]";
    assert_eq!(with("", raised), (0, String::new()));
    assert_eq!(with("params = { least = \"9.99\" }", raised).0, 0);
    assert_eq!(with("params = { least = 10 }", "silent = [\"A1\"]").0, 0);
    assert_eq!(with("params = { who = \"y\" }", "").0, 0);
    for (params, wanted) in [
        ("params = { leats = 10 }", "did you mean: least"),
        ("params = { least = \"0.001\" }", "finer than what the job binds"),
        ("params = { who = 7 }", "who must be text"),
    ] {
        let (code, err) = with(params, "");
        assert!(code == 64 && err.contains(wanted), "{params}: {err}");
    }
}

#[test]
fn a_table_that_a_rule_writes_itself_is_named_after_its_side_and_a_column_by_either_of_its_names() {
    let shop = shop();
    let inline = "source = \"files\"\nfile = \"invoices.csv\"\n[sides.finance.columns]\nno = { from = \"Rechnung\", type = \"text\" }\n\
                  customer = { type = \"text\" }\namount = { type = \"money\" }\n";
    shop.edit("rules/orders.toml", "table = \"invoices\"\n", inline);
    let text = "as_of = 2026-11-20\ntables.sales.columns = [\"no\", \"amount\"]\ntables.sales.rows = [[\"A1\", 10]]\n\
                tables.finance.columns = [\"Rechnung\", \"amount\"]\ntables.finance.rows = [[\"A1\", 10]]\n\
                [[cases]]\nname = \"agrees\"\n[[cases]]\nname = \"by the other name\"\n\
                tables.finance.set = { no = \"A2\" }\n\
                expect = [{ subject = \"A1\", class = \"missing\", side = \"finance\" }, { subject = \"A2\", side = \"sales\" }]\n";
    shop.write("tests/rules/orders.toml", text);
    let said = shop.shell("tieout test");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
}

#[test]
fn every_fault_of_a_test_file_is_answered_with_its_place_and_what_would_be_accepted() {
    let config = shipped();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../bad-config/rule-tests");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let folder = Path::new("tests/bad-config/rule-tests");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths: BTreeSet<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    assert!(paths.len() >= 5);
    for path in paths {
        let file = SourceText::new(&path, fs::read_to_string(&path).unwrap());
        let problems = read_suites(std::slice::from_ref(&file), &config).unwrap_err();
        settings.bind(|| insta::assert_snapshot!(file.stem(), problems.to_string()));
    }
}

#[test]
fn a_run_that_would_test_nothing_is_no_success() {
    let shop = shop();
    let said = shop.shell("tieout test");
    assert_eq!((said.code, said.out.as_str()), (64, ""));
    insta::assert_snapshot!(said.err, @"there is no rule test in tests/rules; a test is a file RULE.toml there, see the README");
    shop.write("tests/rules/orders.toml", "as_of = 2026-11-20\n[[cases]]\nname = \"nothing at all\"\n");
    assert_eq!(shop.shell("tieout test").code, 0);
    assert_eq!(shop.shell("tieout test tests/rules/orders.toml --rule orders").code, 0);
    let said = shop.shell("tieout test --rule order");
    assert_eq!((said.code, said.err.as_str()), (64, "there is no rule order; known: orders\n"));
    assert_eq!(shop.shell("tieout test nowhere.toml").code, 64);
    shop.write("tests/rules/orders.toml", "as_of = 2026-11-20\n[[cases]]\nnam = \"mistyped\"\n");
    let said = shop.shell("tieout test");
    assert_eq!((said.code, said.out.as_str()), (64, ""));
    assert!(said.err.contains("tests/rules/orders.toml") && said.err.contains("nothing was tested"), "{}", said.err);
}

/// The rows of a case were read at the case's as-of.
#[test]
fn a_case_says_how_old_its_rows_are() {
    let shop = shop();
    shop.edit("config/tables/sales.toml", "[columns]", "[columns]\nsaved = { type = \"instant\" }");
    shop.edit("rules/orders.toml", "[sides.sales]", "settled = { minutes = 30, by = \"sales.saved\" }\n[sides.sales]");
    shop.write(
        "tests/rules/orders.toml",
        "as_of = \"2026-11-20T12:00:00+08:00\"\n\
         [tables.sales]\ncolumns = [\"no\", \"amount\", \"ccy\", \"saved\"]\n\
         rows = [[\"A1\", \"10.00\", \"CNY\", \"2026-11-20T11:45:00+08:00\"]]\n\
         [[cases]]\nname = \"young\"\nin_transit = [[\"A1\"]]\n\
         [[cases]]\nname = \"settled\"\nas_of = \"2026-11-20T12:15:00+08:00\"\n\
         expect = [{ subject = [\"A1\"], class = \"missing\" }]\n",
    );
    let said = shop.shell("tieout test");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
}

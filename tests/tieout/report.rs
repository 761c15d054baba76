//! What the program prints and how it ends: exit codes, the JSON report and its schema, the table and the CSV.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Company, Database, Output, day};

fn company() -> Company {
    let company = Company::new(200, 7, day("2026-11-20"));
    company.narrow(&["order-*", "low-stock", "overdue-receivables"]);
    company
}

const RUN: [&str; 4] = ["run", "daily", "--as-of", "2026-11-20"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    RUN.iter().copied().chain(more.iter().copied()).collect()
}

/// Reads a report from standard output, which holds nothing else, and holds it against the schema.
#[track_caller]
fn report(said: &Output) -> Value {
    assert!(said.stdout.starts_with("{\n  \"format\": \"tieout.run/1\","), "{}", said.stdout);
    let report: Value = serde_json::from_str(&said.stdout).expect("standard output is one JSON document");
    let schema = serde_json::from_str(include_str!("../schema/run-1.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let faults: Vec<String> =
        validator.iter_errors(&report).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    report
}

fn statuses(report: &Value) -> Vec<&str> {
    report["rules"].as_array().unwrap().iter().map(|rule| rule["status"].as_str().unwrap()).collect()
}

#[test]
fn every_report_fits_the_schema_and_ends_with_the_code_it_states() {
    let company = company();
    let rehearsal = company.tieout(&with(&["--dry-run", "--format", "json"]));
    assert_eq!(rehearsal.code, 1);
    let first = report(&rehearsal);
    assert_eq!((&first["run"], &first["dry_run"]), (&Value::Null, &Value::Bool(true)));
    assert!(!company.path("tieout.db").exists(), "a dry run makes no store");

    let baseline = company.tieout(&with(&["--format", "json"]));
    assert_eq!(baseline.code, 1);
    let baseline = report(&baseline);
    assert!(baseline["rules"].as_array().unwrap().iter().all(|rule| rule["baseline"] == true));
    let again = company.tieout(&with(&["--dry-run", "--format", "json"]));
    let again = report(&again);
    assert!(again["rules"].as_array().unwrap().iter().all(|rule| rule["exceptions"][0]["step"] == "unchanged"));

    company.edit("rules/low-stock.toml", "severity = ", "flood = 1\nseverity = ");
    let flooded = company.tieout(&with(&["--format", "json"]));
    assert_eq!((flooded.code, statuses(&report(&flooded))[0]), (1, "flooded"));

    company.remove("wms.db");
    let unknown = company.tieout(&with(&["--format", "json"]));
    assert_eq!(unknown.code, 2, "not evaluated wins over exceptions");
    assert_eq!(statuses(&report(&unknown)), ["not_evaluated", "not_evaluated", "exceptions"]);
}

#[test]
fn what_ties_out_ends_with_zero() {
    let company = company();
    company.sql(Database::Wms, "update stock set on_hand = '999999'");
    company.sql(Database::Wms, "update reorder_settings set lead_days = 7 where lead_days is null");
    let said = company.tieout(&["run", "--rule", "low-stock", "--as-of", "2026-11-20", "--format", "json"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    assert_eq!(statuses(&report(&said)), ["ties_out"]);
    let table = company.tieout(&["run", "--rule", "low-stock", "--as-of", "2026-11-20"]);
    assert_eq!(table.code, 0);
    assert!(table.stdout.contains("ties out"), "{}", table.stdout);
}

#[test]
fn wrong_usage_ends_with_64_and_a_sentence_and_help_with_zero() {
    let company = company();
    for (arguments, wanted) in [
        (&["run"][..], "which job to run, or which rule with --rule; known jobs: daily"),
        (&["run", "nightly"], "there is no job nightly; known: daily"),
        (&["run", "--rule", "low-stok"], "there is no rule low-stok; known: low-stock"),
        (&["run", "daily", "--rule", "low-stock"], "cannot be used with"),
        (&["run", "daily", "--as-of", "yesterday"], "neither a day such as 2026-11-20"),
        (&["run", "daily", "--format", "xml"], "invalid value 'xml'"),
        (
            &["exceptions", "--department", "legal"],
            "there is no department legal; known: finance, purchasing, sales, warehouse",
        ),
        (&["exceptions", "--rule", "low-stok"], "there is no rule low-stok"),
        (&["exceptions", "--status", "lost"], "known are open, acknowledged"),
        (&["conquer"], "unrecognized subcommand"),
        (&["demo", "--lines", "many"], "invalid value 'many'"),
    ] {
        let said = company.tieout(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (64, ""), "{arguments:?}: {}", said.stderr);
        assert!(said.stderr.contains(wanted), "{arguments:?}: {}", said.stderr);
    }
    for arguments in [&["--help"][..], &["run", "--help"], &["--version"]] {
        let said = company.tieout(arguments);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn the_list_and_one_exception_are_found_again() {
    let company = company();
    company.tieout(&RUN);
    let all = company.tieout(&["exceptions", "--format", "json", "--limit", "1000"]);
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(all["format"], "tieout.exceptions/1");
    let listed = all["exceptions"].as_array().unwrap();
    assert_eq!(all["total"], listed.len());

    let first_page = company.tieout(&["exceptions", "--limit", "2"]).stdout;
    assert!(first_page.contains(&listed.len().to_string()), "a cut list says how many there are: {first_page}");
    for exception in listed {
        let id = exception["id"].as_str().unwrap();
        let told = company.tieout(&["explain", id]);
        assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{id}");
        assert!(told.stdout.contains("What does not hold") && told.stdout.contains("Trail"), "{}", told.stdout);
    }
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(company.tieout(&["explain", &id[id.len() - 8..]]).code, 0, "the end of an id is enough");
    let unknown = company.tieout(&["explain", "00000000-nothing"]);
    assert_eq!(unknown.code, 64, "{}", unknown.stderr);
}

#[test]
fn the_arithmetic_of_a_tolerance_is_written_out_and_a_warning_stands_in_report_and_table() {
    let company = company();
    let file = "rules/order-shipment-invoice.toml";
    let within = "within = { under = { percent = \"1\" }, over = { amount = { CNY = \"0.02\", other = \"0.01\" } }, \
                  of = \"sales\", per_row = true }";
    let agreed = "\"sales.amount\"]\n";
    company.edit(file, &format!("{agreed}within = {{ amount = \"0.01\" }}"), &format!("{agreed}{within}"));
    company.edit(
        file,
        "\nprice    = ",
        "\nthreshold = { warn = { count = 3, percent = \"0.5\", amount = 9 } }\nprice    = ",
    );
    let invoiced = "update invoice_lines set amount = ";
    company.sql(Database::Ledger, &format!("{invoiced}'1.00' where rowid % 2 = 0"));
    company.sql(Database::Ledger, &format!("{invoiced}'99999.00' where rowid % 2 = 1"));

    let said = company.tieout(&with(&["--format", "json"]));
    let told = report(&said);
    let rule = &told["rules"][1];
    let limits: Vec<&str> =
        rule["warned"].as_array().unwrap().iter().map(|limit| limit["by"].as_str().unwrap()).collect();
    assert_eq!((rule["status"].as_str().unwrap(), limits), ("exceptions", vec!["count", "percent", "amount"]));
    let table = company.tieout(&with(&["--dry-run"])).stdout;
    assert!(table.contains("Warning: order-shipment-invoice has "), "{table}");
    assert!(table.contains(" keys, more than the limit of 0.5 %; CNY "), "{table}");

    // The figure itself is left out: it is another one for every order.
    let source = |line: &str| {
        let (by, of) = line.split_once("sales.amount; allowed is ")?.1.split_once(", ")?;
        Some(format!("{} {of}", by.rsplit_once(' ')?.0))
    };
    let mut sources = BTreeSet::new();
    for exception in rule["exceptions"].as_array().unwrap() {
        let told = company.tieout(&["explain", exception["id"].as_str().unwrap()]).stdout;
        sources.extend(told.lines().filter_map(source));
    }
    let sources: Vec<String> = sources.into_iter().collect();
    insta::assert_snapshot!(sources.join("\n"), @r"
    to be less by 1 % of sales.amount
    to be more by 0.01 × 1 row in USD
    to be more by 0.02 × 1 row in CNY
    to be more by 0.02 × 3 rows in CNY
    ");
}

#[test]
fn csv_has_one_row_per_break_and_no_formula() {
    let company = company();
    let said = company.tieout(&with(&["--dry-run", "--format", "csv"]));
    let json = report(&company.tieout(&with(&["--dry-run", "--format", "json"])));
    let mut rows = csv::Reader::from_reader(said.stdout.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.unwrap()).collect();
    let exceptions = json["rules"].as_array().unwrap().iter().flat_map(|rule| rule["exceptions"].as_array().unwrap());
    let breaks: usize = exceptions.map(|exception| exception["breaks"].as_array().unwrap().len()).sum();
    assert_eq!(rows.len(), breaks);
    for cell in rows.iter().flatten() {
        let number = cell.parse::<f64>().is_ok();
        assert!(number || !cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
}

#[test]
fn check_says_what_runs_when_and_makes_nothing() {
    let company = company();
    let offline = company.tieout(&["check", "--offline"]);
    assert_eq!((offline.code, offline.stderr.as_str()), (0, ""));
    assert_eq!(offline.stdout.matches("    next ").count(), 3, "{}", offline.stdout);
    let online = company.tieout(&["check"]);
    assert_eq!(online.code, 0, "{}", online.stderr);
    assert!(online.stdout.contains("table stock: 600 rows"), "{}", online.stdout);
    assert!(!company.path("tieout.db").exists());
    company.remove("wms.db");
    let away = company.tieout(&["check"]);
    assert_eq!(away.code, 2);
    assert!(away.stdout.contains("wms.db"), "{}", away.stdout);
}

/// Asks the served page for a path; `None` while nobody listens yet.
fn get(port: u16, path: &str) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn the_service_answers_on_its_page_and_ends_when_it_is_told_to() {
    let company = company();
    company.tieout(&RUN);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    company.edit("config/tieout.toml", "\"127.0.0.1:8321\"", &format!("\"127.0.0.1:{port}\""));
    let mut service = company.start(&["serve"]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let live = loop {
        match get(port, "/livez") {
            Some(answer) => break answer,
            None => assert!(std::time::Instant::now() < deadline, "nobody answers"),
        }
        std::thread::yield_now();
    };
    assert!(live.starts_with("HTTP/1.1 200"), "{live}");
    for (path, wanted) in [
        ("/readyz", "HTTP/1.1 200"),
        ("/", "明州五金贸易"),
        ("/?lang=en", "Exceptions"),
        ("/runs", "daily"),
        ("/metrics", "tieout_exceptions"),
        ("/nowhere", "HTTP/1.1 404"),
    ] {
        let answer = get(port, path).unwrap_or_default();
        assert!(answer.contains(wanted), "{path}: {answer}");
    }
    let ended = std::process::Command::new("kill").args(["-TERM", &service.id().to_string()]).status().unwrap();
    assert!(ended.success());
    assert_eq!(service.wait().unwrap().code(), Some(0));

    let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let refused = company.tieout(&["serve"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", refused.stderr);
    drop(taken);
}

/// A rule over tables whose rows the queries spell out.
const SIDES: &str = r#"
    kind  = "reconcile"
    title = "Invoices are in the ledger"
    owner = "finance"
    key   = ["order_no"]
    rates = { table = "rates", date = "day", from = "from_ccy", to = "to_ccy", rate = "rate" }
    scope = { by = "invoices.day", since = "30 days" }
    [sides.invoices]
    table   = "bills"
    lookup  = [{ table = "rates", key = { day = "day" }, take = ["rate"] }]
    convert = { amount_cny = { from = "amount", to = "CNY", on = "day" } }
    sum     = ["amount_cny"]
    max     = ["freight"]
    [sides.ledger]
    table = "booked"
    [[checks]]
    name  = "amount"
    equal = ["invoices.amount_cny + invoices.freight", "ledger.amount"]
    [[checks]]
    name  = "freight"
    equal = ["invoices.freight", "ledger.freight"]
"#;

#[test]
fn what_was_not_judged_and_what_was_not_found_is_said_in_every_form() {
    let company = company();
    company.write("rules/sides.toml", SIDES);
    let source = "source = \"erp\"\n";
    let rows = |rows: &[&str]| rows.iter().map(|row| format!("select {row}")).collect::<Vec<_>>().join(" union all ");
    let bills = rows(&[
        "'SO1' as order_no, '100.00' as amount, 'USD' as ccy, '2026-11-02' as day, '8.00' as freight",
        "'SO1', '10.00', 'CNY', '2026-11-03', '9.00'",
        "'SO2', '1.00', 'EUR', '2026-11-02', '1.00'",
        "'SO3', '1.00', 'CNY', '2026-01-02', '1.00'",
    ]);
    let columns = r#"
        [columns]
        order_no = { type = "text" }
        amount = { type = "money", currency = "ccy" }
        ccy = { type = "text" }
        day = { type = "date" }
        freight = { type = "money", currency = "CNY", header = true }
    "#;
    company.write("config/tables/bills.toml", &format!("{source}query = \"{bills}\"\ndate = \"day\"\n{columns}"));
    let booked = rows(&["'SO1' as order_no, '729.00' as amount, 'CNY' as ccy, '2026-11-02' as day, '8.00' as freight"]);
    company.write("config/tables/booked.toml", &format!("{source}query = \"{booked}\"\ndate = \"day\"\n{columns}"));
    let rates = rows(&["'2026-11-02' as day, 'USD' as from_ccy, 'CNY' as to_ccy, '7.1' as rate"]);
    let columns = r#"
        [columns]
        day = { type = "date" }
        from_ccy = { type = "text" }
        to_ccy = { type = "text" }
        rate = { type = "number", scale = 6 }
    "#;
    company.write("config/tables/rates.toml", &format!("{source}query = \"{rates}\"\n{columns}"));

    let run = ["run", "--rule", "sides", "--as-of", "2026-11-20"];
    let rehearsal = company.tieout(&[&run[..], &["--dry-run", "--format", "json"]].concat());
    let rule = report(&rehearsal)["rules"][0].clone();
    assert_eq!(rule["unjudged"].to_string(), r#"{"no_rate":1,"out_of_scope":1}"#);
    let invoices = &rule["sides"][0];
    assert_eq!(invoices["unmatched_lookups"].to_string(), r#"{"rates":2}"#);
    assert_eq!(invoices["money"]["amount_cny"].to_string(), r#"{"CNY":"721.00"}"#);
    let told = company.tieout(&run);
    let notes: Vec<&str> = told.stdout.lines().filter(|line| line.starts_with("sides:")).collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    sides: 1 subject not judged, for want of a rate of exchange.
    sides: 1 subject not judged, outside its scope.
    sides: 2 rows of invoices found nothing in rates.
    ");
    let listed = company.tieout(&["exceptions", "--rule", "sides", "--format", "json"]).stdout;
    let listed: Value = serde_json::from_str(&listed).expect("a list is JSON");
    let id = listed.pointer("/exceptions/0/id").or(listed.pointer("/0/id")).and_then(Value::as_str).expect("an id");
    let why = company.tieout(&["explain", id]).stdout;
    let why = why.split("What does not hold").nth(1).and_then(|why| why.split("Trail").next()).unwrap_or_default();
    insta::assert_snapshot!(why, @r#"

      freight (amount differs): invoices.freight is CNY 9.00, ledger.freight is CNY 8.00: 1.00 more
          invoices.freight = the largest of 9.00, 8.00 = 9.00
          ledger.freight = 8.00
          9.00 - 8.00 = 1.00
          wanted: invoices.freight equal to ledger.freight
          at risk: CNY 1.00, the difference

    Rows

    invoices (table bills): 2 rows
    order_no   amount   ccy   day          freight       rate   amount_cny   amount_cny_rate
    ────────────────────────────────────────────────────────────────────────────────────────
    SO1         10.00   CNY   2026-11-03      9.00                   10.00          1.000000
    SO1        100.00   USD   2026-11-02      8.00   7.100000       710.00          7.100000

    ledger (table booked): 1 row
    order_no   amount   ccy   day          freight
    ──────────────────────────────────────────────
    SO1        729.00   CNY   2026-11-02      8.00
    "#);
}

//! What sound files mean.

use tieout::audit::expression::Expression;
use tieout::audit::rulebook::{Body, Rule};

use super::{good, load_good, rules};

fn text(expression: &Option<Expression>) -> Option<&str> {
    expression.as_ref().map(Expression::text)
}

fn rule(id: &str) -> Rule {
    load_good().rules.into_iter().find(|rule| rule.id == id).unwrap()
}

#[test]
fn a_reconcile_rule_is_read_whole() {
    let rule = rule("order-to-invoice");
    assert_eq!(rule.title.zh, "订单、出库、发票三单一致");
    insta::assert_debug_snapshot!((&rule.severity, &rule.worsened, &rule.threshold, &rule.tables));
    let Body::Reconcile(body) = &rule.body else { panic!("{}", rule.kind()) };
    assert_eq!(body.key, ["order_no", "line_no"]);
    assert_eq!(text(&body.price), Some("sales.unit_price"));
    let sides: Vec<_> = body
        .sides
        .iter()
        .map(|side| {
            (
                &side.name,
                &side.table,
                &side.key,
                text(&side.filter),
                &side.sum,
                side.expected,
                side.absent_zero,
                &side.owner,
            )
        })
        .collect();
    insta::assert_debug_snapshot!(sides);
    let checks: Vec<_> = body
        .checks
        .iter()
        .map(|check| {
            let figures = (check.left.text(), check.relation, check.right.text());
            (&check.name, figures, text(&check.when), &check.within, &check.grace, &check.owner)
        })
        .collect();
    insta::assert_debug_snapshot!(checks);
}

#[test]
fn a_low_stock_rule_is_read_whole() {
    let rule = rule("low-stock");
    let Body::LowStock(body) = &rule.body else { panic!("{}", rule.kind()) };
    assert_eq!(text(&body.on_hand.filter), Some("qty >= 0"));
    insta::assert_debug_snapshot!((
        &body.key,
        &body.on_hand.table,
        &body.reserved.is_none(),
        &body.incoming,
        &body.settings,
        body.judge,
        body.strict
    ));
}

#[test]
fn an_overdue_payment_rule_is_read_whole() {
    insta::assert_debug_snapshot!(rule("overdue-receivables"));
}

#[test]
fn a_table_written_inline_is_named_after_its_rule_and_side() {
    let config = load_good();
    insta::assert_debug_snapshot!(config.tables["bank-inline.archive"]);
    assert!(rule("bank-inline").tables.contains("bank-inline.archive"));
}

#[test]
fn a_table_file_is_read_whole() {
    insta::assert_debug_snapshot!(load_good().tables["shipment_lines"]);
    insta::assert_debug_snapshot!(load_good().tables["invoice_lines"].columns[3..5]);
}

#[test]
fn tieout_toml_is_read_whole() {
    let config = load_good();
    let rest = (
        &config.root,
        &config.business,
        &config.serve,
        &config.limits,
        &config.sources,
        &config.jobs,
        &config.departments,
        &config.mail,
    );
    insta::assert_debug_snapshot!(rest);
    assert_eq!(config.store_url.expose(), "sqlite:tests/tieout/files/good/var/tieout.db");
}

/// The hash of a good rule file after `from` was replaced.
fn hash(file: &str, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(good(&format!("rules/{file}.toml"))).unwrap();
    assert!(text.contains(from), "{from}");
    let text = text.replacen(from, to, 1).replace(":floor", "100");
    rules(&[(file, &text)]).unwrap_or_else(|problems| panic!("{problems}")).rules.remove(0).hash
}

#[test]
fn every_form_of_a_tolerance_has_a_hash_of_its_own() {
    let within = |within: &str| {
        hash("order-to-invoice", "amount = \"0.01\", percent = \"0.1\", of = \"sales\", use = \"smaller\"", within)
    };
    let forms = [
        "amount = 1",
        "amount = { CNY = 1 }",
        "amount = { CNY = 1, other = 1 }",
        "amount = 1, per_row = true",
        "over = { amount = 1 }",
        "over = { percent = 1 }",
        "percent = 1",
    ];
    let hashes: std::collections::BTreeSet<String> = forms.into_iter().map(within).collect();
    assert_eq!(hashes.len(), forms.len());
}

fn check_hash(file: &str, edits: &[(&str, &str)], changes: bool) {
    let before = hash(file, "kind", "kind");
    for (from, to) in edits {
        assert_eq!(hash(file, from, to) != before, changes, "{from} -> {to}");
    }
}

#[test]
fn what_is_read_of_a_file_changes_the_hash_and_how_long_it_is_waited_for_does_not() {
    let file = "file = \"archive.csv\"";
    let with = |keys: &str| format!("{file}\n{keys}");
    let changes = [
        with("delimiter = \";\""),
        with("encoding = \"gbk\""),
        with("header_line = 1"),
        with("totals = []"),
        "file = \"archive_*.csv\"".to_owned(),
        "file = \"archive_*.csv\"\npick = \"last_by_name\"".to_owned(),
        "file = \"archive_*.csv\"\npick = \"last_written\"".to_owned(),
        "file = \"archive.xlsx\"".to_owned(),
        "file = \"archive.xlsx\"\nsheet = \"2026\"".to_owned(),
    ];
    let hashes: std::collections::BTreeSet<String> =
        changes.iter().map(|changed| hash("bank-inline", file, changed)).collect();
    assert_eq!(hashes.len(), changes.len());
    assert!(!hashes.contains(&hash("bank-inline", file, file)));
    let from = "from = \"Invoice No.\"";
    let down = format!("{from}, fill_down = true");
    check_hash("bank-inline", &[(from, "from = [\"Invoice No.\", \"No.\"]"), (from, &down)], true);
    let waiting = with("settled = \"2m\"\ndone = \".done\"");
    check_hash("bank-inline", &[(file, &waiting), (from, "from = [\"Invoice No.\"], fill_down = false")], false);
}

#[test]
fn words_desks_comments_and_layout_do_not_change_the_hash() {
    let edits = [
        ("三单一致", "…"),
        ("owner = \"finance\"", "id = \"renamed\"\nowner = \"warehouse\""),
        ("severity = { base = \"low\",", "severity = { base = \"medium\","),
        ("amount = \"100.00\"", "amount = \"1\""),
        ("# not the first", "# the"),
        ("owner = \"warehouse\"\n", ""),
        ("expected = false\nowner = \"finance\"", "owner = \"warehouse\"\nexpected = false"),
        ("amount = \"0.01\"", "amount = \"0.0100\""),
        ("\"status <> 'void'\"", "\"\"\"\n status  <>\n  'void'\"\"\""),
        ("within = {", "within = { per_row = false,"),
        ("flood = 300", "threshold = { stop = { count = 300 } }"),
        ("flood = 300", "flood = 300\nthreshold = { warn = { count = 3, percent = 1, amount = 1 } }"),
        ("high = { amount", "high = { days = 3, classes = [\"missing\"], amount"),
        ("[sides.sales] #", "[sides.sales]\nexpected = true\nkey = { line_no = 'line_no' } #"),
    ];
    check_hash("order-to-invoice", &edits, false);
}

#[test]
fn whatever_can_change_a_judgement_changes_the_hash() {
    let edits = [
        ("'void'", "'void '"),
        ("flood = 300", "flood = 301"),
        ("flood = 300\n", ""),
        ("working_days = 3", "days = 3"),
        ("\"sales.promised_date\", ", ""),
        ("use = \"smaller\"", "use = \"larger\""),
        ("of = \"sales\"", "of = \"billed\""),
        ("percent = \"0.1\"", "percent = \"0.2\""),
        ("at_most", "at_least"),
        ("within = {", "within = { per_row = true,"),
        ("amount = \"0.01\", percent = \"0.1\"", "over = { amount = \"0.01\", percent = \"0.1\" }"),
        ("amount = \"0.01\"", "amount = { CNY = \"0.01\", other = \"0.01\" }"),
        (
            "working_days = 3, after = [\"sales.promised_date\", \"sales.order_date\"]",
            "until = \"sales.promised_date\"",
        ),
        ("flood = 300", "flood = 300\nthreshold = { stop = { percent = 1 } }"),
        ("flood = 300", "flood = 300\nthreshold = { stop = { amount = 1 } }"),
        ("flood = 300", "flood = 300\nthreshold = { stop = { amount = { USD = 1 } } }"),
        ("name = \"price\"", "name = \"amount due\""),
        ("expected = false", "expected = true"),
        ("absent = \"zero\"", ""),
        ("[sides.delivered]\ntable = \"shipment_lines\"\nkey", "[sides.delivered]\ntable = \"sales_lines\"\n# key"),
        ("price = \"sales.unit_price\"", ""),
    ];
    check_hash("order-to-invoice", &edits, true);
    check_hash("low-stock", &[("strict = true", ""), ("qty >= 0", "qty > 0"), ("\"projected\"", "\"on_hand\"")], true);
    let settings = "point = \"point\"";
    let demand =
        "strict = true\ndemand = { table = \"purchase_lines\", column = \"open_qty\", date = \"eta\", days = 90";
    for of_demand in ["", ", outgoing = \"negative\"", ", returns = \"open_qty < 0\"", ", filter = \"open_qty > 0\""] {
        check_hash("low-stock", &[("strict = true", &format!("{demand}{of_demand} }}"))], true);
    }
    for more in [
        "lead_days = 7",
        "pack = \"point\"",
        "minimum = 1",
        "target = 100",
        "filter = \"point > 0\"",
        "fallback = [[]]",
    ] {
        check_hash("low-stock", &[(settings, &format!("{settings}, {more}"))], true);
    }
    let planning = [
        ("strict = true", "strict = true\nround_to = \"0.1\""),
        ("due = \"eta\"", "due = \"eta\", within_lead_time = false"),
        ("due = \"eta\"", "due = \"eta\", late = \"ignore\""),
        (settings, "point = { column = \"point\", default = 5 }"),
    ];
    check_hash("low-stock", &planning, true);
    let defaults = [
        ("strict = true", "strict = true\nround_to = \"1.0\""),
        ("due = \"eta\"", "due = \"eta\", within_lead_time = true, late = \"count\""),
    ];
    check_hash("low-stock", &defaults, false);
    check_hash("bank-inline", &[("\"Invoice No.\"", "\"Invoice\""), ("archive.csv", "archives.csv")], true);
}

#[test]
fn whatever_can_change_a_judgement_of_debts_changes_the_hash() {
    let items = "date = \"issued\", amount = \"amount\"";
    let edits = [
        ("receivable\"\nitems", "payable\"\nitems"),
        ("\ncredit", "\n# credit"),
        (items, "instalment = \"due\", date = \"issued\", amount = \"amount\""),
        (
            "\napplied = {",
            "\ninstalments = { table = \"invoices\", instalment = \"due\", due = \"due\", amount = \"amount\" }\napplied = {",
        ),
        ("days = \"net_days\"", "months = \"net_days\""),
        ("days = \"net_days\"", "days = \"net_days\", cut_off = \"net_days\""),
        ("days = \"net_days\"", "days = \"net_days\", otherwise = { months = 1 }"),
        ("days = \"net_days\"", "days = \"net_days\", otherwise = { months = 2 }"),
        (
            "limit = \"credit_limit\"",
            "limit = \"credit_limit\", undelivered = { table = \"open_receipts\", party = \"payer\", amount = \"amount\" }",
        ),
    ];
    check_hash("overdue", &edits, true);
}

#[test]
fn a_hash_stays_the_same_from_version_to_version() {
    let hashes: Vec<_> = load_good().rules.into_iter().map(|rule| (rule.id, rule.hash)).collect();
    insta::assert_debug_snapshot!(hashes);
}

use chrono::DateTime;
use tieout::audit::amount::Amount;
use tieout::audit::breaks::{Bound, Break, Class, Excess, Message, PlanningNeed, Relation, Severity, StockFigure};
use tieout::audit::exception::{Status, Step};
use tieout::audit::judgement::Reason;
use tieout::audit::replenishment::{ComputedPoint, Demanded, Lasts, Replenishment, ToOrder};
use tieout::audit::snapshot::{Age, Drop};
use tieout::audit::value::{Subject, Value};
use tieout::language::Language;
use tieout::words;

use super::made::{amount, amount_break, day, found, missing_break, operand, quantity_break, text};

const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];

fn both(say: impl Fn(Language) -> String) -> String {
    LANGUAGES.map(|language| format!("{} {}\n", language.code(), say(language))).concat()
}

fn related(relation: Relation) -> Message {
    Message::AmountDiffers {
        relation,
        left: operand("finance.amount - finance.tax", Value::Amount(amount("1234567.80"))),
        right: operand("sales.amount", Value::Amount(amount("1234567.00"))),
        difference: amount("0.80"),
        allowed: amount("0.50"),
        currency: "CNY".to_owned(),
        bound: None,
        rows: None,
    }
}

/// A difference from a figure that the rule writes down.
fn limited(relation: Relation, left: &str, difference: &str) -> Message {
    Message::QuantityDiffers {
        relation,
        left: operand("warehouse.lines", Value::Amount(amount(left))),
        right: operand("1.0", Value::Amount(amount("1.0"))),
        difference: amount(difference),
        allowed: Amount::ZERO,
        bound: None,
        rows: None,
    }
}

/// A difference beyond a tolerance of one direction, or of several rows.
fn bounded(bound: Option<Bound>, rows: Option<u64>) -> Message {
    Message::QuantityDiffers {
        relation: Relation::Equal,
        left: operand("warehouse.qty", Value::Amount(amount("8.0000"))),
        right: operand("sales.qty", Value::Amount(amount("10.0000"))),
        difference: amount("-2.0000"),
        allowed: amount("0.5000"),
        bound,
        rows,
    }
}

fn flood(excess: Excess) -> Message {
    Message::Flood { found: 30, limit: 5000, excess: Some(excess) }
}

fn dated(relation: Relation, left: Value, days: Option<i64>) -> Message {
    let right = operand("sales.ship_date", Value::Date(day("2026-11-03")));
    Message::DateDiffers { relation, left: operand("warehouse.ship_date", left), right, days, allowed: None }
}

/// Low stock with what is known of its demand over 90 days.
fn planned(figure: &str, sum: &str, pack: Option<&str>) -> Message {
    let (figure, sum, pack) = (amount(figure), amount(sum), pack.map(amount));
    let demand = Demanded { since: day("2026-08-22"), until: day("2026-11-19"), days: 90, sum, squares: sum };
    let computed = ComputedPoint { lead_days: amount("7"), review_days: None, safety: amount("10"), cover: None };
    let plan = Replenishment {
        demand: Some(demand),
        computed: Some(computed).filter(|_| pack.is_some()),
        lasts: Lasts::of(figure, &demand, day("2026-11-20")),
        order: ToOrder::of(figure, amount("80"), None, pack).flatten(),
        incoming_until: None,
    };
    let (judged, on_hand) = (StockFigure::Available, figure);
    let (point, reserved, incoming) = (amount("80"), Amount::ZERO, Amount::ZERO);
    Message::LowStock { judged, figure, point, on_hand, reserved, incoming, plan: Some(Box::new(plan)) }
}

/// Every message, and its shades.
fn messages() -> Vec<Message> {
    let side = || "warehouse".to_owned();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let money = |figure: &str| amount(figure);
    let unreadable = |text: &str, cells| Message::UnreadableCell {
        side: side(),
        column: "qty".to_owned(),
        text: text.to_owned(),
        expected: "quantity".to_owned(),
        cells,
    };
    let low = |judged, figure: &str| Message::LowStock {
        judged,
        figure: money(figure),
        point: money("20.00"),
        on_hand: money("8.0000"),
        reserved: money("3"),
        incoming: Amount::ZERO,
        plan: None,
    };
    let overdue = |days, from, to| Message::Overdue {
        days,
        from,
        to,
        due: day("2026-10-09"),
        amount: money("2000.00"),
        applied: money("800.00"),
        outstanding: money("1200.00"),
        currency: "CNY".to_owned(),
        party: text("华东贸易"),
        account: None,
    };
    let texts = |left, right| Message::TextDiffers {
        left: operand("finance.customer", left),
        right: operand("sales.customer", right),
    };
    vec![
        unreadable("十二", 1),
        unreadable("1,5\u{200B}", 1204),
        Message::OutOfRange { side: None, expression: "sales.qty * sales.price".to_owned() },
        Message::OutOfRange { side: Some(side()), expression: "sum(amount)".to_owned() },
        Message::OutOfRange { side: Some(side()), expression: "round(amount / qty, 2)".to_owned() },
        Message::Keyless { side: side(), columns: names(&["order_no", "line_no"]), rows: 1 },
        Message::Keyless { side: side(), columns: names(&["batch"]), rows: 1500 },
        Message::Duplicate { side: side(), unique: names(&["order_no", "line_no"]), rows: 3 },
        Message::Duplicate { side: side(), unique: Vec::new(), rows: 2 },
        missing_break("finance", None).message,
        Message::AmbiguousLookup {
            side: side(),
            table: "customers".to_owned(),
            key: vec![text("C1"), Value::Date(day("2026-10-09"))],
            found: 2,
        },
        Message::LookupMissing { side: side(), table: "customers".to_owned(), key: vec![text("C1")], rows: 1 },
        Message::LookupMissing { side: side(), table: "customers".to_owned(), key: vec![Value::Null], rows: 3 },
        Message::NoUnitFactor {
            side: side(),
            column: "qty".to_owned(),
            item: text("SKU-7"),
            unit: text("箱"),
            rows: 1,
        },
        Message::NoUnitFactor { side: side(), column: "qty".to_owned(), item: Value::Null, unit: text("箱"), rows: 2 },
        Message::UnreadableCell {
            side: "pos".to_owned(),
            column: "paid_at".to_owned(),
            text: "yesterday".to_owned(),
            expected: "instant".to_owned(),
            cells: 1,
        },
        Message::Missing { side: "pos".to_owned(), present: Vec::new() },
        Message::CurrencyDiffers {
            left: operand("sales.ccy", text("CNY")),
            right: operand("finance.ccy", text("USD")),
        },
        Message::MixedCurrencies { side: side(), currencies: names(&["CNY", "USD"]) },
        amount_break("95.00", "100.00", "CNY").message,
        related(Relation::Equal),
        related(Relation::AtMost),
        related(Relation::AtLeast),
        limited(Relation::Equal, "2", "1.0"),
        limited(Relation::AtMost, "2", "1.0"),
        limited(Relation::AtLeast, "0", "-1.0"),
        bounded(Some(Bound::Under), None),
        bounded(Some(Bound::Over), Some(12)),
        bounded(None, Some(1)),
        quantity_break("8.0000", "10.0000", None).message,
        texts(text("华东贸易"), text("华东贸易 ")),
        texts(Value::Null, Value::Bool(true)),
        dated(Relation::Equal, Value::Date(day("2026-11-01")), Some(-2)),
        dated(Relation::AtMost, Value::Date(day("2026-11-04")), Some(1)),
        dated(Relation::AtLeast, Value::Date(day("2026-11-01")), Some(-2)),
        dated(Relation::Equal, Value::Null, None),
        Message::DateDiffers {
            relation: Relation::Equal,
            left: operand("warehouse.ship_date", Value::Date(day("2026-11-09"))),
            right: operand("sales.ship_date", Value::Date(day("2026-11-03"))),
            days: Some(6),
            allowed: Some(5),
        },
        Message::NotSatisfied {
            assertion: "unit_price between low and high".to_owned(),
            untold: false,
            figures: vec![
                operand("unit_price", Value::Amount(money("12345.60"))),
                operand("low", Value::Amount(money("9.90"))),
                operand("high", Value::Amount(money("12000.00"))),
            ],
        },
        Message::NotSatisfied {
            assertion: "status <> 'void' and paid".to_owned(),
            untold: true,
            figures: vec![operand("status", Value::Text("posted".to_owned())), operand("paid", Value::Null)],
        },
        Message::NegativeStock { on_hand: money("-3.50") },
        low(StockFigure::Available, "5"),
        low(StockFigure::Projected, "20"),
        low(StockFigure::OnHand, "-2"),
        Message::NoReorderPoint { on_hand: money("1200"), lacks: Vec::new() },
        Message::NoReorderPoint { on_hand: money("1200"), lacks: vec![PlanningNeed::LeadTime] },
        Message::NoReorderPoint {
            on_hand: money("1200"),
            lacks: vec![PlanningNeed::LeadTime, PlanningNeed::SafetyStock],
        },
        planned("5", "900", Some("12")),
        planned("5", "1000", None),
        planned("0", "900", None),
        planned("5", "0", None),
        planned("5", "-30", None),
        overdue(45, 31, Some(60)),
        overdue(400, 91, None),
        Message::NoDueDate {
            outstanding: money("500.00"),
            currency: "CNY".to_owned(),
            party: Value::Null,
            account: None,
        },
        Message::OverCreditLimit {
            outstanding: money("120000.00"),
            limit: money("100000.00"),
            currency: "CNY".to_owned(),
            exposures: Vec::new(),
            used: None,
            account: None,
        },
        Message::Flood { found: 6200, limit: 5000, excess: None },
        flood(Excess::Percent { found: 30, of: 1200, limit: money("2.40") }),
        flood(Excess::Amount { currency: "USD".to_owned(), at_risk: Some(money("1200.50")), limit: money("1000") }),
        flood(Excess::Amount { currency: "USD".to_owned(), at_risk: None, limit: money("1000") }),
    ]
}

#[test]
fn every_message_is_one_short_sentence_in_both_languages() {
    let sentences = messages().into_iter().map(|message| {
        let said: Break = found("check", Class::Text, message, None);
        both(|language| words::sentence(&said, language))
    });
    insta::assert_snapshot!("sentences", sentences.collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_name_of_a_closed_set_has_its_words() {
    let mut table = String::new();
    let mut line = |name: &str, say: &dyn Fn(Language) -> &'static str| {
        table.push_str(&format!("{name}: {} | {}\n", say(Language::Zh), say(Language::En)));
    };
    Class::ALL.iter().for_each(|each| line(each.name(), &|language| words::class(*each, language)));
    Status::ALL.iter().for_each(|each| line(each.name(), &|language| words::status(*each, language)));
    Severity::ALL.iter().for_each(|each| line(each.name(), &|language| words::severity(*each, language)));
    Step::ALL.iter().for_each(|each| line(each.name(), &|language| words::step(*each, language)));
    insta::assert_snapshot!("names", table);
}

fn dropped(column: Option<&str>, currency: Option<&str>) -> Reason {
    let (column, currency) = (column.map(str::to_owned), currency.map(str::to_owned));
    let (now, was, day, max_drop) = (amount("512"), amount("1204331"), "2026-11-19".parse().unwrap(), amount("50"));
    let drop = Box::new(Drop { column, currency, now, was, day, max_drop });
    Reason::Dropped { source: "erp".to_owned(), table: "sales_lines".to_owned(), drop }
}

fn stale(newest: Option<&str>, within: Age) -> Reason {
    let (source, table, column) = ("erp".to_owned(), "sales_lines".to_owned(), "ship_date".to_owned());
    Reason::Stale { source, table, column, newest: newest.map(str::to_owned), within }
}

#[test]
fn a_rule_that_was_not_evaluated_says_why() {
    let table = || "payments".to_owned();
    let reasons = [
        super::made::unreadable(),
        Reason::Guard { source: "erp".to_owned(), table: table(), rows: 1, min_rows: 1000 },
        dropped(None, None),
        dropped(Some("qty"), None),
        dropped(Some("amount"), Some("USD")),
        stale(Some("2026-11-19"), Age::Days(2)),
        stale(Some("2026-11-19"), Age::WorkingDays(1)),
        stale(Some("2026-11-19"), Age::Days(0)),
        stale(Some("2026-11-19 23:59"), Age::Hours(36)),
        stale(None, Age::Days(2)),
        Reason::PastNotKept { table: table() },
        Reason::Skew {
            early: table(),
            early_at: DateTime::parse_from_rfc3339("2026-11-20T08:30:02+08:00").unwrap(),
            late: "invoices\u{202E}".to_owned(),
            late_at: DateTime::parse_from_rfc3339("2026-11-22T09:30:02+08:00").unwrap(),
            limit: 90,
        },
        Reason::ClockOff {
            source: "erp".to_owned(),
            table: table(),
            here: DateTime::parse_from_rfc3339("2026-11-20T08:30:02+08:00").unwrap(),
            there: DateTime::parse_from_rfc3339("2026-11-20T08:24:01+08:00").unwrap(),
            limit: 300,
        },
        Reason::InternalFault { sentence: "index out of\nbounds".to_owned() },
        Reason::TimeLimit { minutes: 30 },
        Reason::NoTimeToRecheck { after: 300, minutes: 1 },
    ];
    let said = reasons.iter().map(|reason| both(|language| words::reason(reason, language)));
    insta::assert_snapshot!("reasons", said.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_subject_is_named_by_its_key_or_by_what_it_stands_for() {
    let subjects = [
        Subject::key(vec![text("SO-1"), Value::Amount(amount("2.00"))]),
        Subject::key(vec![Value::Null, text("东\u{202E}仓")]),
        Subject::party(text("华东贸易")),
        Subject::keyless("warehouse"),
        Subject::flood(),
    ];
    let said = subjects.iter().map(|subject| both(|language| words::subject(subject, language)));
    insta::assert_snapshot!("subjects", said.collect::<Vec<_>>().join("\n"));
}

#[test]
fn figures_are_grouped_and_carry_no_idle_zeros() {
    for (written, figure, quantity) in [
        ("0", "0", "0"),
        ("8.0000", "8.00", "8"),
        ("12345.00", "12,345.00", "12,345"),
        ("-1234567.891", "-1,234,567.891", "-1,234,567.891"),
        ("999", "999", "999"),
        ("1000", "1,000", "1,000"),
        ("-100.50", "-100.50", "-100.5"),
        ("0.0050", "0.005", "0.005"),
        ("99999999999999999999999999999999999999", "99,999,999,999,999,999,999,999,999,999,999,999,999", ""),
    ] {
        assert_eq!(words::figure(amount(written)), figure, "the figure {written}");
        if !quantity.is_empty() {
            assert_eq!(words::quantity(amount(written)), quantity, "the quantity {written}");
        }
    }
}

#[test]
fn a_csv_cell_disarms_formulas_and_leaves_numbers_alone() {
    for (written, cell) in [
        ("plain", "plain"),
        ("", ""),
        ("-12.50", "-12.50"),
        ("-12", "-12"),
        ("12,5", "12,5"),
        ("-", "'-"),
        ("-12-3", "'-12-3"),
        ("-.5", "'-.5"),
        ("-1e5", "'-1e5"),
        ("+8613800000000", "'+8613800000000"),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\r=1", "' =1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("two\r\nlines", "two  lines"),
        ("two\nlines", "two lines"),
    ] {
        assert_eq!(words::csv_cell(written), cell, "the cell {written:?}");
    }
}

#[test]
fn a_name_made_of_digits_keeps_every_one_of_them_in_a_spreadsheet() {
    for (written, cell) in [
        ("000123", "'000123"),
        ("2026112300000001", "'2026112300000001"),
        ("202611230000001", "202611230000001"),
        ("0", "0"),
        ("SO-1\u{202E}\n", "SO-1⟨U+202E⟩⟨U+000A⟩"),
    ] {
        assert_eq!(words::csv_text(written), cell, "the name {written:?}");
    }
}

//! Made-up exceptions, digests and mails to tell of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, TimeZone, Utc};
use tieout::audit::amount::{Amount, Money, Purse};
use tieout::audit::breaks::{Break, Class, Message, Operand, Relation, Severity, at_risk};
use tieout::audit::exception::{Acknowledgement, Continuity, Exception, Status, Step, Tally, Waiver};
use tieout::audit::judgement::Reason;
use tieout::audit::rulebook::Titles;
use tieout::audit::value::{Subject, Value};
use tieout::config::Department;
use tieout::language::{Bilingual, Language};
use tieout::notify::plan::{Changed, Digest, Happened, RuleNews, digests};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn today() -> NaiveDate {
    day("2026-11-23")
}

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub fn operand(expression: &str, value: Value) -> Operand {
    Operand { expression: expression.to_owned(), value }
}

pub fn purse(held: &[(&str, &str)]) -> Purse {
    Purse(held.iter().map(|(currency, held)| ((*currency).to_owned(), amount(held))).collect())
}

pub fn found(check: &str, class: Class, message: Message, at_risk: Option<(&str, &str)>) -> Break {
    let at_risk = at_risk.map(|(currency, figure)| Money { currency: currency.to_owned(), amount: amount(figure) });
    Break { check: check.to_owned(), class, side: None, owner: "finance".to_owned(), message, at_risk, diagnosis: None }
}

pub fn quantity_break(left: &str, right: &str, at_risk: Option<(&str, &str)>) -> Break {
    let difference = amount(left).checked_sub(amount(right)).unwrap();
    let message = Message::QuantityDiffers {
        relation: Relation::Equal,
        left: operand("warehouse.qty", Value::Amount(amount(left))),
        right: operand("sales.qty", Value::Amount(amount(right))),
        difference,
        allowed: Amount::ZERO,
        bound: None,
        rows: None,
    };
    Break { side: Some("warehouse".to_owned()), ..found("shipped", Class::Quantity, message, at_risk) }
}

pub fn amount_break(left: &str, right: &str, currency: &str) -> Break {
    let difference = amount(left).checked_sub(amount(right)).unwrap();
    let message = Message::AmountDiffers {
        relation: Relation::Equal,
        left: operand("finance.amount", Value::Amount(amount(left))),
        right: operand("sales.amount", Value::Amount(amount(right))),
        difference,
        allowed: amount("0.01"),
        currency: currency.to_owned(),
        bound: None,
        rows: None,
    };
    let size = difference.checked_abs().unwrap().to_string();
    Break { side: Some("finance".to_owned()), ..found("price", Class::Amount, message, Some((currency, &size))) }
}

pub fn missing_break(side: &str, at_risk: Option<(&str, &str)>) -> Break {
    let present = ["sales", "warehouse", "finance"].into_iter().filter(|each| *each != side).map(str::to_owned);
    let message = Message::Missing { side: side.to_owned(), present: present.collect() };
    Break { side: Some(side.to_owned()), ..found("missing", Class::Missing, message, at_risk) }
}

/// An exception of `order-to-invoice` for the finance department, open since yesterday.
pub fn exception(order: &str, breaks: Vec<Break>) -> Exception {
    let id = format!("018f-{}", order.to_lowercase().replace(|each: char| !each.is_ascii_alphanumeric(), "-"));
    Exception {
        id,
        rule: "order-to-invoice".to_owned(),
        rule_title: Bilingual::new("Orders, shipments and invoices agree", "订单、出库、发票三单一致"),
        subject: Subject::key(vec![text(order), Value::Amount(amount("1"))]),
        department: "finance".to_owned(),
        status: Status::Open,
        severity: Severity::Medium,
        at_risk: at_risk(&breaks),
        breaks,
        first_seen: day("2026-11-22"),
        last_seen: today(),
        last_changed: day("2026-11-22"),
        closed: None,
        regressions: 0,
        rule_changed: false,
        assignee: None,
        acknowledgement: None,
        waiver: None,
        version: 1,
    }
}

/// The same as a change of this run.
pub fn changed(step: Step, exception: Exception) -> Changed {
    let status = match step {
        Step::Resolved => Status::Resolved,
        Step::Gone => Status::Gone,
        Step::Retired => Status::Retired,
        _ => exception.status,
    };
    let first_seen = if step == Step::Opened { today() } else { exception.first_seen };
    let exception = Exception { status, first_seen, last_changed: today(), ..exception };
    Changed { step, exception, rule_changed: false, baseline: false }
}

pub fn waived(exception: Exception, until: Option<&str>) -> Exception {
    let waiver = Waiver {
        by: "王经理".to_owned(),
        reason: "年底统一调整 / settled at year end".to_owned(),
        expires: until.map(day),
        cap: None,
        covers: exception.breaks.iter().map(Break::scope).collect(),
    };
    Exception { status: Status::Waived, waiver: Some(waiver), ..exception }
}

pub fn acknowledged(exception: Exception, by: &str) -> Exception {
    let given = Acknowledgement { by: by.to_owned(), until: None };
    Exception { status: Status::Acknowledged, acknowledgement: Some(given), ..exception }
}

pub fn rule(id: &str, en: &str, zh: &str) -> RuleNews {
    RuleNews {
        id: id.to_owned(),
        title: Bilingual::new(en, zh),
        departments: BTreeSet::from(["finance".to_owned()]),
        continuity: None,
        ageing: None,
        baseline: false,
        not_evaluated: None,
        unknown: Default::default(),
        told_not_evaluated: false,
        flooded: false,
        in_transit: 0,
        warned: Vec::new(),
        patterns: Vec::new(),
        without_rate: 0,
    }
}

pub fn orders_rule() -> RuleNews {
    rule("order-to-invoice", "Orders, shipments and invoices agree", "订单、出库、发票三单一致")
}

pub fn unreadable() -> Reason {
    Reason::Unreadable {
        source: "erp".to_owned(),
        table: "payments".to_owned(),
        sentence: "the server closed the connection after 12,000 rows".to_owned(),
    }
}

pub fn department(language: Language) -> Department {
    Department {
        name: "finance".to_owned(),
        title: Bilingual::new("Finance", "财务部"),
        recipients: vec!["li@example.com".to_owned()],
        language,
        digest: None,
    }
}

pub fn as_of() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, 23, 30, 0).unwrap()
}

/// A run in which nothing happened.
pub fn quiet() -> Happened {
    Happened {
        business: "好生意贸易有限公司".to_owned(),
        job: "daily".to_owned(),
        as_of: as_of(),
        day: today(),
        zone: chrono_tz::Asia::Shanghai,
        rules: vec![orders_rule()],
        changes: Vec::new(),
        live: Vec::new(),
        titles: Titles::default(),
        written_today: BTreeSet::new(),
    }
}

/// The finance department's digest of a run.
pub fn digest(happened: &Happened, language: Language) -> Option<Digest> {
    let departments = BTreeMap::from([("finance".to_owned(), department(language))]);
    digests(happened, &departments).into_iter().next()
}

fn tally(count: i64, held: &[(&str, &str)]) -> Tally {
    Tally { count, amount: purse(held) }
}

/// A day on which everything happened.
pub fn busy() -> Happened {
    let aged = |exception: Exception, days: u64| Exception {
        first_seen: today().checked_sub_days(Days::new(days)).unwrap(),
        ..exception
    };
    let severe = |exception: Exception, severity| Exception { severity, ..exception };
    let overdue = Message::Overdue {
        days: 45,
        from: 31,
        to: Some(60),
        due: day("2026-10-09"),
        amount: amount("2000.00"),
        applied: amount("1100.00"),
        outstanding: amount("900.00"),
        currency: "USD".to_owned(),
        party: text("Northwind Traders Ltd."),
        account: None,
    };
    let late = Exception {
        rule: "overdue".to_owned(),
        rule_title: Bilingual::new("Customers pay on time", "客户按期付款"),
        subject: Subject::key(vec![text("INV-2026-0881")]),
        assignee: Some("李娜".to_owned()),
        ..exception("INV-0881", vec![found("overdue", Class::Overdue, overdue, Some(("USD", "900.00")))])
    };
    let new = vec![
        severe(
            exception("SO-1001", vec![quantity_break("8.0000", "10.0000", Some(("CNY", "240.00")))]),
            Severity::High,
        ),
        severe(
            exception(
                "SO-1002",
                vec![
                    missing_break("finance", Some(("CNY", "11800.00"))),
                    quantity_break("3", "5", Some(("CNY", "90.00"))),
                ],
            ),
            Severity::Critical,
        ),
        severe(exception("SO-1003", vec![quantity_break("7", "6", None)]), Severity::Low),
    ];
    let worse = severe(aged(late, 12), Severity::High);
    let moved = acknowledged(aged(exception("SO-0950", vec![amount_break("95.00", "100.00", "CNY")]), 3), "张伟");
    let back = Exception { regressions: 2, ..aged(exception("SO-0700", vec![missing_break("warehouse", None)]), 40) };
    let ending =
        waived(aged(exception("SO-0640", vec![amount_break("60.00", "64.50", "USD")]), 80), Some("2026-11-28"));
    let lasting = waived(aged(exception("SO-0641", vec![amount_break("1.00", "2.00", "CNY")]), 80), Some("2027-01-31"));
    let still: Vec<Exception> = (1..=6)
        .map(|number| {
            let breaks = vec![amount_break(
                &format!("{}.00", 100 * number),
                "50.00",
                if number % 3 == 0 { "USD" } else { "CNY" },
            )];
            aged(exception(&format!("SO-05{number:02}"), breaks), 5 + number)
        })
        .collect();
    let orders = RuleNews {
        continuity: Some(Continuity {
            opening: tally(11, &[("CNY", "1020.00"), ("USD", "1154.50")]),
            new: tally(3, &[("CNY", "12040.00")]),
            regressed: tally(1, &[]),
            remeasured: tally(0, &[("CNY", "-15.00")]),
            resolved: tally(1, &[("CNY", "33.00")]),
            gone: tally(1, &[("CNY", "12.00")]),
            retired: tally(0, &[]),
            closing: tally(13, &[("CNY", "13000.00"), ("USD", "1154.50")]),
        }),
        in_transit: 12,
        without_rate: 2,
        ..orders_rule()
    };
    let baseline = RuleNews {
        baseline: true,
        continuity: Some(Continuity { closing: tally(57, &[]), new: tally(57, &[]), ..Continuity::default() }),
        ..rule("stock-ledger", "Stock ledger agrees with the general ledger", "库存账与总账相符")
    };
    let first = Exception {
        rule: "stock-ledger".to_owned(),
        rule_title: Bilingual::new("Stock ledger agrees with the general ledger", "库存账与总账相符"),
        first_seen: today(),
        ..exception("SKU-88", vec![amount_break("10.00", "19.00", "CNY")])
    };
    let mut changes: Vec<Changed> = new.iter().cloned().map(|each| changed(Step::Opened, each)).collect();
    changes.push(changed(Step::Worsened, worse.clone()));
    changes.push(changed(Step::Changed, moved.clone()));
    changes.push(changed(Step::Regressed, back.clone()));
    changes.push(changed(Step::Resolved, aged(exception("SO-0801", vec![amount_break("33.00", "66.00", "CNY")]), 9)));
    changes.push(changed(Step::Gone, aged(exception("SO-0802", vec![amount_break("12.00", "24.00", "CNY")]), 9)));
    let edited = changed(Step::Resolved, aged(exception("SO-0803", vec![amount_break("5.00", "5.02", "CNY")]), 9));
    changes.push(Changed { rule_changed: true, ..edited });
    let retired = Exception {
        rule: "old-rule".to_owned(),
        rule_title: Bilingual::new("The rule of last year", "去年的规则"),
        ..exception("SO-0804", vec![quantity_break("1", "2", None)])
    };
    changes.push(changed(Step::Retired, retired));
    changes.push(Changed { baseline: true, ..changed(Step::Opened, first.clone()) });
    let opened = new.into_iter().map(|each| Exception { first_seen: today(), last_changed: today(), ..each });
    let live = opened.chain([worse, moved, back, ending, lasting]).chain(still).chain([first]).collect();
    Happened {
        rules: vec![
            orders,
            rule("overdue", "Customers pay on time", "客户按期付款"),
            RuleNews {
                not_evaluated: Some(unreadable()),
                ..rule("payments", "Payments match the bank", "付款与银行流水一致")
            },
            baseline,
        ],
        changes,
        live,
        ..quiet()
    }
}

/// Names that want to be more than names.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "＝HYPERLINK(\"https://evil.example\")",
    "SO-1\r\nBcc: everyone@example.com\r\n\r\nhello",
    "\u{202E}gnp.exe\u{202C}\u{200B}",
    "\"quoted\", and; comma\ttab",
    "{{ 7*7 }}{% raw %}&lt;",
    "=?utf-8?Q?=0D=0ABcc:_x@example.com?=",
];

/// A run whose every text is one of the hostile names.
pub fn hostile() -> Happened {
    let exceptions: Vec<Exception> = HOSTILE
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let left = operand("warehouse.note", text(name));
            let right = operand(name, Value::Null);
            let said = found(name, Class::Text, Message::TextDiffers { left, right }, Some((name, "1.00")));
            Exception {
                id: format!("018f-{number}"),
                subject: Subject::key(vec![text(name), Value::Null]),
                rule: (*name).to_owned(),
                rule_title: Bilingual::same(*name),
                assignee: Some((*name).to_owned()),
                ..exception("SO", vec![Break { side: Some((*name).to_owned()), ..said }])
            }
        })
        .collect();
    let mut rules: Vec<RuleNews> = HOSTILE
        .iter()
        .map(|name| {
            let reason = Reason::Unreadable {
                source: (*name).to_owned(),
                table: (*name).to_owned(),
                sentence: (*name).to_owned(),
            };
            RuleNews { not_evaluated: Some(reason), in_transit: 1, ..rule(name, name, name) }
        })
        .collect();
    rules[0].baseline = true;
    Happened {
        business: HOSTILE[4].to_owned(),
        job: HOSTILE[0].to_owned(),
        rules,
        changes: exceptions.iter().cloned().map(|each| changed(Step::Opened, each)).collect(),
        live: exceptions,
        ..quiet()
    }
}

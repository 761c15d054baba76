//! A small trading company with a store that has seen two runs: what the pages and the metrics are shown with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{NaiveDate, TimeDelta};
use tempfile::TempDir;
use tieout::audit::amount::{Amount, Money};
use tieout::audit::breaks::{
    Break, Class, EVIDENCE_VERSION, Evidence, Finding, Message, Severity, SideRows, StockFigure,
};
use tieout::audit::calendar::Calendar;
use tieout::audit::exception::{Exception, Status, Step, Transition};
use tieout::audit::judgement::Reason;
use tieout::audit::rulebook::{
    self, Items, LowStock, OverduePayment, Planned, Rule, Setting, Settings, SeverityScale, SeverityStep, Threshold,
    Worsened,
};
use tieout::audit::value::{Subject, Value};
use tieout::config::{Business, Config, Department, Job, Limits, Secret, Serve};
use tieout::language::{Bilingual, Language};
use tieout::metrics::Metrics;
use tieout::serve::timetables;
use tieout::store::{NewDelivery, Recording, RuleRunRow, RunRow, Store, StoredLetter};
use tieout::web::{WebState, router};
use tower::ServiceExt;

use crate::schedule::{HeldClock, utc};

/// The morning the pages are looked at.
pub const NOW: &str = "2026-11-24T01:00:00Z";

pub struct Office {
    pub state: WebState,
    pub folder: TempDir,
}

/// One answer, whole.
pub struct Answer {
    pub code: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Office {
    /// The store's file is there, and nothing is in it.
    pub async fn empty() -> Office {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = Arc::new(config(folder.path()));
        let store = Store::open(config.store_url.expose()).await.expect("a fresh store opens");
        let rules = config.rules.iter().map(|rule| rule.id.clone()).collect();
        let metrics = Arc::new(Metrics::new(&config.jobs.keys().cloned().collect(), &rules));
        let timetables = Arc::new(timetables(&config).expect("the job's schedule is one"));
        let state = WebState { config, store, metrics, clock: Arc::new(HeldClock::at(NOW)), timetables };
        Office { state, folder }
    }

    /// Two runs: yesterday five exceptions opened, today one came closer to its limit and one was resolved.
    pub async fn open() -> Office {
        let office = Office::empty().await;
        let (stock, overdue) = (&office.state.config.rules[0], &office.state.config.rules[1]);
        let mut ids = (1..).map(|id| format!("019ab000-0000-7000-8000-{id:012}"));
        let mut next = || ids.next().expect("ids do not end");

        let monday = run("run-1", "2026-11-22T23:30:00Z", "exceptions");
        let mut recording = office.record().await;
        recording.insert_run(&monday).await.expect("the run is kept");
        let low = vec![opened(low_stock("螺栓 M8", "3", "20")), opened(low_stock("A <b>&\" nut", "0", "5"))];
        let late = vec![
            opened(overdue_invoice("INV-007", 45, "12500.00", "CNY")),
            opened(overdue_invoice("INV-008", 3, "0.005", "CNY")),
            opened(overdue_invoice("INV-009", 91, "1234567.89", "USD")),
        ];
        let low = recording.apply(&monday, Some(stock), &low, &mut next).await.expect("stock is recorded");
        let late = recording.apply(&monday, Some(overdue), &late, &mut next).await.expect("invoices are recorded");
        let read = r#"{"read_at": {"stock": "2026-11-22T23:30:02Z", "items": "2026-11-22T23:30:02.5Z"}}"#;
        judged(&mut recording, &monday, stock, "exceptions", read).await;
        judged(&mut recording, &monday, overdue, "exceptions", "{}").await;
        letter(&mut recording, &monday).await;
        recording.commit().await.expect("Monday is recorded");

        let tuesday = run("run-2", "2026-11-23T23:30:00Z", "not_evaluated");
        let mut recording = office.record().await;
        recording.insert_run(&tuesday).await.expect("the run is kept");
        let worse = kept(&low[0], low_stock("螺栓 M8", "1", "20"), Step::Worsened);
        let fixed = closed(&low[1], Step::Resolved, Status::Resolved);
        recording.apply(&tuesday, Some(stock), &[worse, fixed], &mut next).await.expect("stock is recorded");
        let read = r#"{"read_at": {"stock": "2026-11-23T23:30:02Z", "items": "2026-11-23T23:33:10Z"}}"#;
        judged(&mut recording, &tuesday, stock, "exceptions", read).await;
        let reason = Reason::Unreadable {
            source: "erp".to_owned(),
            table: "invoices".to_owned(),
            sentence: "the server closed the connection".to_owned(),
        };
        let report = serde_json::json!({ "reason": reason }).to_string();
        judged(&mut recording, &tuesday, overdue, "not_evaluated", &report).await;
        recording.commit().await.expect("Tuesday is recorded");
        assert_eq!(late.len(), 3);
        office
    }

    /// One more run of one of the two rules, with what its report says.
    pub async fn judge(&self, id: &str, as_of: &str, (rule, status): (usize, &str), report: &serde_json::Value) {
        let run = run(id, as_of, status);
        let mut recording = self.record().await;
        recording.insert_run(&run).await.expect("the run is kept");
        judged(&mut recording, &run, &self.state.config.rules[rule], status, &report.to_string()).await;
        recording.commit().await.expect("the run is recorded");
    }

    async fn record(&self) -> Recording {
        self.state.store.record().await.expect("the store can be written")
    }

    pub fn router(&self) -> Router {
        router(self.state.clone())
    }

    /// `GET path`, as a browser on the same machine asks it.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).header("host", "localhost:8321")).await
    }

    pub async fn send(&self, request: axum::http::request::Builder) -> Answer {
        let request = request.body(Body::empty()).expect("a request");
        let response = self.router().oneshot(request).await.expect("a router always answers");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 8 << 20).await.expect("a body within 8 MB");
        let body = String::from_utf8(body.to_vec()).expect("pages are UTF-8");
        Answer { code: parts.status, headers: parts.headers, body }
    }
}

pub fn config(root: &Path) -> Config {
    let zone = chrono_tz::Asia::Shanghai;
    let department = |name: &str, en: &str, zh: &str| Department {
        name: name.to_owned(),
        title: Bilingual::new(en, zh),
        recipients: vec![format!("{name}@example.com")],
        language: Language::Zh,
        digest: None,
    };
    let departments = [department("finance", "Finance", "财务部"), department("warehouse", "Warehouse", "仓储部")];
    let job = Job {
        name: "daily".to_owned(),
        schedule: Some("30 7 * * mon-fri".to_owned()),
        zone,
        rules: BTreeSet::from(["low-stock".to_owned(), "overdue".to_owned()]),
        time_limit: Duration::from_secs(60),
        params: BTreeMap::new(),
    };
    Config {
        root: root.to_owned(),
        business: Business {
            name: "远山商贸".to_owned(),
            zone,
            currency: "CNY".to_owned(),
            language: Language::Zh,
            calendar: Calendar::default(),
        },
        store_url: Secret::new(format!("sqlite:{}", root.join("tieout.db").display())),
        serve: Serve {
            listen: ([127, 0, 0, 1], 8321).into(),
            base_url: "https://tieout.example.com:8443/books".to_owned(),
        },
        limits: Limits { page_rows: 2, ..Limits::default() },
        sources: BTreeMap::new(),
        jobs: BTreeMap::from([(job.name.clone(), job)]),
        departments: departments.into_iter().map(|department| (department.name.clone(), department)).collect(),
        mail: None,
        tables: BTreeMap::new(),
        rules: vec![stock_rule(), overdue_rule()],
    }
}

fn rule(id: &str, title: Bilingual, owner: &str, severity: SeverityScale, body: rulebook::Body) -> Rule {
    Rule {
        id: id.to_owned(),
        title,
        why: Bilingual::new("What runs out is not sold.", "断货就没有生意。"),
        owner: owner.to_owned(),
        severity,
        worsened: Worsened::default(),
        threshold: Threshold::default(),
        recheck: None,
        figures: None,
        hash: format!("{id:f<64}"),
        body,
        tables: BTreeSet::new(),
    }
}

fn stock_rule() -> Rule {
    let figure = |table: &str, column: &str| rulebook::Figure {
        table: table.to_owned(),
        column: column.to_owned(),
        filter: None,
    };
    let body = rulebook::Body::LowStock(LowStock {
        key: vec!["sku".to_owned()],
        on_hand: figure("stock", "qty"),
        reserved: None,
        incoming: None,
        demand: None,
        settings: Settings {
            table: "reorder_points".to_owned(),
            filter: None,
            fallback: Vec::new(),
            figures: BTreeMap::from([(Planned::Point, Setting { column: Some("point".to_owned()), default: None })]),
            price: None,
        },
        judge: StockFigure::Projected,
        strict: false,
        round_to: Amount::from(1),
    });
    let severity = SeverityScale { base: Severity::High, steps: Vec::new() };
    rule("low-stock", Bilingual::new("Stock at its reorder point", "库存低于再订货点"), "warehouse", severity, body)
}

fn overdue_rule() -> Rule {
    let body = rulebook::Body::OverduePayment(OverduePayment {
        direction: rulebook::Direction::Receivable,
        items: Items {
            table: "invoices".to_owned(),
            document: "invoice_no".to_owned(),
            instalment: None,
            party: "customer".to_owned(),
            due: None,
            date: None,
            amount: "amount".to_owned(),
            terms: None,
            filter: None,
        },
        instalments: None,
        applied: None,
        unapplied: None,
        credits: None,
        terms: None,
        credit: None,
        rates: None,
        buckets: vec![30, 60, 90],
    });
    let steps =
        vec![SeverityStep { severity: Severity::Critical, amount: Some(amount("10000")), ..SeverityStep::default() }];
    let severity = SeverityScale { base: Severity::Medium, steps };
    rule("overdue", Bilingual::new("Invoices past due", "逾期应收款"), "finance", severity, body)
}

fn amount(text: &str) -> Amount {
    text.parse().expect("tests write decimals")
}

fn run(id: &str, as_of: &str, status: &str) -> RunRow {
    let as_of = utc(as_of);
    RunRow {
        id: id.to_owned(),
        job: "daily".to_owned(),
        as_of,
        day: as_of.with_timezone(&chrono_tz::Asia::Shanghai).date_naive(),
        started: as_of,
        finished: as_of + TimeDelta::seconds(42),
        status: status.to_owned(),
        parameters: "{}".to_owned(),
    }
}

async fn judged(recording: &mut Recording, run: &RunRow, rule: &Rule, status: &str, report: &str) {
    let row = RuleRunRow {
        rule: rule.id.clone(),
        status: status.to_owned(),
        report: report.to_owned(),
        seconds: 1.5,
        rows: 12_345,
        recorded: status != "not_evaluated",
    };
    recording.insert_rule_run(run, &rule.hash, &row).await.expect("the rule's run is kept");
}

async fn letter(recording: &mut Recording, run: &RunRow) {
    let letter = StoredLetter {
        id: "letter-1".to_owned(),
        run: run.id.clone(),
        department: "finance".to_owned(),
        subject: "subject".to_owned(),
        text: "text".to_owned(),
        html: "html".to_owned(),
        csv_name: "list.csv".to_owned(),
        csv: "csv".to_owned(),
        list_id: "finance".to_owned(),
        written: run.finished,
    };
    let delivery = NewDelivery {
        id: "delivery-1".to_owned(),
        letter: letter.id.clone(),
        recipient: "finance@example.com".to_owned(),
        message_id: "<delivery-1@example.com>".to_owned(),
        due: run.finished,
    };
    recording.insert_letter(&letter, &[delivery]).await.expect("the letter is kept");
}

fn low_stock(item: &str, on_hand: &str, point: &str) -> Finding {
    let (on_hand, point) = (amount(on_hand), amount(point));
    let message = Message::LowStock {
        judged: StockFigure::Projected,
        figure: on_hand,
        point,
        on_hand,
        reserved: Amount::ZERO,
        incoming: Amount::ZERO,
        plan: None,
    };
    let rows = SideRows {
        side: "stock".to_owned(),
        table: "stock".to_owned(),
        columns: vec!["sku".to_owned(), "qty".to_owned(), "note".to_owned()],
        total: 1,
        rows: vec![vec![Value::Text(item.to_owned()), Value::Amount(on_hand), Value::Null]],
    };
    finding(item, Class::LowStock, "warehouse", message, None, Severity::High, rows)
}

fn overdue_invoice(document: &str, days: i64, open: &str, currency: &str) -> Finding {
    let due = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day") - TimeDelta::days(days);
    let outstanding = amount(open);
    let message = Message::Overdue {
        days,
        from: if days > 90 { 91 } else { 1 },
        to: (days <= 90).then_some(30),
        due,
        amount: outstanding,
        applied: Amount::ZERO,
        outstanding,
        currency: currency.to_owned(),
        party: Value::Text("<script>alert(1)</script>".to_owned()),
        account: None,
    };
    let risk = Money { currency: currency.to_owned(), amount: outstanding };
    let rows = SideRows {
        side: "items".to_owned(),
        table: "invoices".to_owned(),
        columns: vec!["invoice_no".to_owned(), "customer".to_owned(), "amount".to_owned()],
        total: 30,
        rows: vec![vec![
            Value::Text(document.to_owned()),
            Value::Text("<script>alert(1)</script>".to_owned()),
            Value::Amount(outstanding),
        ]],
    };
    let severity = if outstanding >= amount("10000") { Severity::Critical } else { Severity::Medium };
    finding(document, Class::Overdue, "finance", message, Some(risk), severity, rows)
}

fn finding(
    subject: &str,
    class: Class,
    owner: &str,
    message: Message,
    at_risk: Option<Money>,
    severity: Severity,
    rows: SideRows,
) -> Finding {
    let found = Break {
        check: class.name().to_owned(),
        class,
        side: None,
        owner: owner.to_owned(),
        message,
        at_risk,
        diagnosis: None,
    };
    Finding {
        subject: Subject::key(vec![Value::Text(subject.to_owned())]),
        breaks: vec![found],
        severity,
        evidence: Evidence { version: EVIDENCE_VERSION, sides: vec![rows] },
    }
}

fn opened(finding: Finding) -> Transition {
    Transition {
        step: Step::Opened,
        before: None,
        finding: Some(finding),
        status: Status::Open,
        lapse: None,
        rule_changed: false,
    }
}

fn kept(before: &Exception, finding: Finding, step: Step) -> Transition {
    Transition { before: Some(before.clone()), status: before.status, step, ..opened(finding) }
}

fn closed(before: &Exception, step: Step, status: Status) -> Transition {
    Transition { step, before: Some(before.clone()), finding: None, status, lapse: None, rule_changed: false }
}

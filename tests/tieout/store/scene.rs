//! A store in a folder of its own, and runs that are recorded in it through the real life cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use tieout::audit::amount::{Amount, Money};
use tieout::audit::breaks::{
    Break, Class, EVIDENCE_VERSION, Evidence, Finding, Message, Operand, Relation, Severity, SideRows,
};
use tieout::audit::exception::{Exception, Past, Status, Transition, retire, transitions};
use tieout::audit::judgement::{Judgement, Outcome, Verdict};
use tieout::audit::rulebook::{Body, Reconcile, Rule, SeverityScale, SidesKind, Threshold, Worsened};
use tieout::audit::value::{Subject, Value};
use tieout::language::Bilingual;
use tieout::store::{Recording, RuleRunRow, RunRow, Store, StoreError};

pub const RULE: &str = "order-to-invoice";

/// A folder with one store in it.
pub struct Scene {
    pub folder: tempfile::TempDir,
    pub store: Store,
}

impl Scene {
    pub async fn new() -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder.path().join("tieout.db")).await;
        Scene { folder, store }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("tieout.db")
    }

    /// The store as another process would open it.
    pub async fn second(&self) -> Store {
        open(&self.path()).await
    }

    /// A connection that keeps none of the store's rules.
    pub fn raw(&self) -> rusqlite::Connection {
        raw(&self.path())
    }

    /// Records a day and commits.
    pub async fn record(&self, day: &Day) -> Vec<Exception> {
        record(&self.store, day).await.expect("the day is recorded")
    }

    pub async fn one(&self, subject: &str) -> Exception {
        let page = self.store.exceptions(&Default::default()).await.expect("a list");
        let wanted = key(subject);
        page.exceptions.into_iter().find(|exception| exception.subject == wanted).expect("the exception")
    }
}

pub async fn open(path: &Path) -> Store {
    Store::open(&url(path)).await.expect("the store opens")
}

pub fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

pub fn raw(path: &Path) -> rusqlite::Connection {
    let raw = rusqlite::Connection::open(path).expect("the file opens");
    raw.pragma_update(None, "foreign_keys", false).expect("a pragma");
    raw
}

/// A copy of a store that may be open.
pub fn copy(from: &Path, to: &Path) {
    raw(from).execute("VACUUM INTO ?1", [to.to_str().expect("a path")]).expect("a copy");
}

/// Every row of every table, as text.
pub fn dump(path: &Path) -> String {
    let raw = raw(path);
    let mut names = raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").expect("tables");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("tables").collect::<Result<_, _>>().expect("tables");
    let mut lines = Vec::new();
    for name in names {
        let mut select = raw.prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2")).expect("a table");
        let width = select.column_count();
        let mut rows = select.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let cells: Vec<rusqlite::types::Value> = (0..width).map(|cell| row.get(cell).expect("a cell")).collect();
            lines.push(format!("{name} {cells:?}"));
        }
    }
    lines.join("\n")
}

/// What one run found, and what it says of the subjects that stood before.
#[derive(Clone, Debug)]
pub struct Day {
    pub day: NaiveDate,
    pub rule: Rule,
    pub findings: Vec<Finding>,
    pub verdicts: BTreeMap<Subject, Verdict>,
    /// Ids of what opens start with this many.
    pub ids_from: u64,
}

impl Day {
    pub fn new(day: &str, findings: Vec<Finding>) -> Day {
        let day = date(day);
        Day { day, rule: rule(RULE), findings, verdicts: BTreeMap::new(), ids_from: 0 }
    }

    pub fn says(mut self, subject: &str, verdict: Verdict) -> Day {
        self.verdicts.insert(key(subject), verdict);
        self
    }

    pub fn rule(mut self, rule: Rule) -> Day {
        self.rule = rule;
        self
    }

    pub fn ids_from(mut self, first: u64) -> Day {
        self.ids_from = first;
        self
    }

    pub fn run(&self) -> RunRow {
        let as_of = at(self.day, 8);
        RunRow {
            id: format!("run-{}-{}", self.day, self.rule.id),
            job: "daily".to_owned(),
            as_of,
            day: self.day,
            started: as_of,
            finished: as_of + chrono::TimeDelta::seconds(3),
            status: if self.findings.is_empty() { "ties_out" } else { "exceptions" }.to_owned(),
            parameters: "{}".to_owned(),
        }
    }

    pub fn rule_run(&self) -> RuleRunRow {
        RuleRunRow {
            rule: self.rule.id.clone(),
            status: self.run().status,
            report: "{}".to_owned(),
            seconds: 0.25,
            rows: 1_000,
            recorded: true,
        }
    }
}

/// Writes a day into a recording without committing it, as a run does.
pub async fn write(recording: &mut Recording, day: &Day) -> Result<Vec<Exception>, StoreError> {
    let run = day.run();
    let state = recording.rule_state(&day.rule.id).await?;
    let known = recording.known(&day.rule.id, &day.findings).await?;
    let steps = steps(day, &known, state.is_some_and(|state| state.hash != day.rule.hash));
    let mut next = day.ids_from;
    let mut ids = || {
        next += 1;
        id(next)
    };
    let after = recording.apply(&run, Some(&day.rule), &steps, &mut ids).await?;
    recording.insert_rule_run(&run, &day.rule.hash, &day.rule_run()).await?;
    recording.insert_run(&run).await?;
    Ok(after)
}

pub fn steps(day: &Day, known: &[Exception], rule_changed: bool) -> Vec<Transition> {
    let judgement = Judgement {
        rule: day.rule.id.clone(),
        outcome: Outcome::Judged,
        sides: Vec::new(),
        counts: BTreeMap::new(),
        in_transit: 0,
        unjudged: BTreeMap::new(),
        warned: Vec::new(),
        patterns: Vec::new(),
        undiagnosed: 0,
        ageing: None,
        no_history: Vec::new(),
        figures: BTreeMap::new(),
        findings: day.findings.clone(),
        verdicts: day.verdicts.clone(),
        agreements: BTreeMap::new(),
    };
    let worsened = &day.rule.worsened;
    transitions(&judgement, Past { known, rule_changed, worsened, as_of: day.run().as_of, day: day.day })
}

pub async fn record(store: &Store, day: &Day) -> Result<Vec<Exception>, StoreError> {
    let mut recording = store.record().await?;
    let after = write(&mut recording, day).await?;
    recording.commit().await?;
    Ok(after)
}

/// Records that the rule's file is gone.
pub async fn retired(store: &Store, day: &str) -> Vec<Exception> {
    let run = Day::new(day, Vec::new()).run();
    let mut recording = store.record().await.expect("a recording");
    let gone = recording.rules_without_file(&BTreeSet::new()).await.expect("rules");
    let mut after = Vec::new();
    for rule in gone {
        let known = recording.known(&rule, &[]).await.expect("known");
        let mut ids = || unreachable!("nothing opens");
        after.extend(recording.apply(&run, None, &retire(&known), &mut ids).await.expect("retired"));
    }
    recording.insert_run(&run).await.expect("a run");
    recording.commit().await.expect("a commit");
    after
}

pub fn id(number: u64) -> String {
    format!("01980000-0000-7000-8000-{number:012}")
}

pub fn date(day: &str) -> NaiveDate {
    day.parse().expect("a day")
}

pub fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    day.and_hms_opt(hour, 0, 0).expect("an hour").and_utc()
}

pub fn moment(day: &str, hour: u32) -> DateTime<Utc> {
    at(date(day), hour)
}

pub fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

pub fn key(subject: &str) -> Subject {
    Subject::key(vec![Value::Text(subject.to_owned())])
}

pub fn rule(id: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        title: Bilingual::new("Orders and invoices agree", "订单与发票一致"),
        why: Bilingual::same("why"),
        owner: "finance".to_owned(),
        severity: SeverityScale::default(),
        worsened: Worsened::default(),
        figures: None,
        threshold: Threshold::default(),
        recheck: None,
        hash: format!("hash-of-{id}"),
        body: Body::Reconcile(Reconcile {
            kind: SidesKind::Reconcile,
            asserted: None,
            key: Vec::new(),
            sides: Vec::new(),
            checks: Vec::new(),
            price: None,
            rates: None,
            units: None,
            window: None,
            settled: None,
        }),
        tables: BTreeSet::new(),
    }
}

/// An amount that differs by `difference` CNY.
pub fn differs(subject: &str, difference: &str) -> Finding {
    let operand =
        |expression: &str, value: Amount| Operand { expression: expression.to_owned(), value: Value::Amount(value) };
    let difference = amount(difference);
    let message = Message::AmountDiffers {
        relation: Relation::Equal,
        left: operand("finance.amount", difference),
        right: operand("sales.amount", Amount::ZERO),
        difference,
        allowed: Amount::ZERO,
        currency: "CNY".to_owned(),
        bound: None,
        rows: None,
    };
    finding(key(subject), Class::Amount, message, Some(difference))
}

/// An invoice over 100 CNY, overdue for `days`.
pub fn overdue(subject: &str, days: i64) -> Finding {
    let (from, to) = if days <= 30 { (1, Some(30)) } else { (31, None) };
    let outstanding = amount("100.00");
    let message = Message::Overdue {
        days,
        from,
        to,
        due: date("2026-03-01"),
        amount: outstanding,
        applied: Amount::ZERO,
        outstanding,
        currency: "CNY".to_owned(),
        party: Value::Text("C-7".to_owned()),
        account: None,
    };
    finding(key(subject), Class::Overdue, message, Some(outstanding))
}

pub fn finding(subject: Subject, class: Class, message: Message, at_risk: Option<Amount>) -> Finding {
    let row = vec![Value::Text(subject.to_string()), at_risk.map_or(Value::Null, Value::Amount)];
    let rows = SideRows {
        side: "sales".to_owned(),
        table: "sales_lines".to_owned(),
        columns: vec!["order_no".to_owned(), "amount".to_owned()],
        total: 1,
        rows: vec![row],
    };
    let found = Break {
        check: "price".to_owned(),
        class,
        side: None,
        owner: "finance".to_owned(),
        message,
        at_risk: at_risk.map(|amount| Money { currency: "CNY".to_owned(), amount }),
        diagnosis: None,
    };
    let evidence = Evidence { version: EVIDENCE_VERSION, sides: vec![rows] };
    Finding { subject, breaks: vec![found], severity: Severity::Medium, evidence }
}

/// An exception as one line.
pub fn line(exception: &Exception) -> String {
    let purse: Vec<String> =
        exception.at_risk.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect();
    let mut parts = vec![
        format!("{} v{}", exception.status.name(), exception.version),
        purse.join(", "),
        format!("first {} last {} changed {}", exception.first_seen, exception.last_seen, exception.last_changed),
    ];
    parts.extend(exception.closed.map(|day| format!("closed {day}")));
    if exception.regressions > 0 {
        parts.push(format!("regressions {}", exception.regressions));
    }
    if exception.rule_changed {
        parts.push("rule changed".to_owned());
    }
    parts.extend(exception.assignee.as_ref().map(|name| format!("assigned to {name}")));
    parts.extend(exception.acknowledgement.as_ref().map(|given| format!("acknowledged by {}", given.by)));
    parts.extend(exception.waiver.as_ref().map(|given| format!("waived for {}", given.covers.join(" and "))));
    parts.join("; ")
}

pub fn live() -> tieout::store::Filter {
    tieout::store::Filter { status: Status::LIVE.into_iter().collect(), ..Default::default() }
}

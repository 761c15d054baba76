//! A rule judged on tables written as text: the rule file's own TOML, and one CSV per table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use polars::prelude::{Column, DataFrame};
use tieout::audit::calendar::Calendar;
use tieout::audit::judge::{Judge, Seen};
use tieout::audit::judgement::{BATCH, Context, Judgement, Outcome};
use tieout::audit::rulebook::{Asking, Rule, Surroundings, read_rules, read_table, standard_parameters};
use tieout::audit::rules::Tables;
use tieout::audit::snapshot::{RawTable, TableSpec, normalise};
use tieout::audit::swing::{History, NoHistory, PastFigure};
use tieout::audit::value::{Subject, Value};
use tieout::language::Language;
use tieout::problem::SourceText;
use tieout::words;

/// A rule and its tables.
#[derive(Clone)]
pub struct Bench {
    rule: String,
    specs: BTreeMap<String, TableSpec>,
    rows: BTreeMap<String, Vec<Vec<String>>>,
    pub day: NaiveDate,
    pub calendar: Calendar,
    pub flood: u64,
    /// Findings whose cause is looked for.
    pub diagnosed: usize,
    /// Subjects that are judged together.
    pub batch: usize,
    /// When tables were read and how far the clock of their source is ahead, where that is not noon of the day and
    /// unknown.
    moments: BTreeMap<String, (DateTime<Utc>, Option<TimeDelta>)>,
    open: BTreeSet<Subject>,
    /// What earlier runs found, by rule.
    past: Arc<BTreeMap<String, History>>,
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a test's day is a day")
}

impl Bench {
    /// `rule` is a rule file without title and owner.
    pub fn new(rule: &str) -> Bench {
        let rule = format!("title = \"a rule\"\nowner = \"finance\"\n{rule}");
        let (specs, rows, moments, open, past) = Default::default();
        Bench {
            rule,
            specs,
            rows,
            day: day("2026-11-20"),
            calendar: Calendar::default(),
            flood: 1000,
            diagnosed: 20_000,
            batch: BATCH,
            moments,
            open,
            past,
        }
    }

    /// A table of `columns` ("order_no text, qty quantity, amount money ccy"), the `unique` ones marked with `*`, the
    /// one that dates a row with `@`, and CSV `rows` without a header; an empty cell is null.
    pub fn table(self, name: &str, columns: &str, rows: &str) -> Bench {
        let mut toml = String::new();
        let (mut unique, mut date) = (Vec::new(), None);
        let mut lines = String::new();
        for column in columns.split(',') {
            let words: Vec<&str> = column.split_whitespace().collect();
            let name = words[0].trim_end_matches(['*', '@']);
            if words[0].ends_with('@') {
                date = Some(name);
            }
            if words[0].ends_with('*') {
                unique.push(format!("{name:?}"));
            }
            let currency = words.get(2).map(|code| format!(", currency = {code:?}")).unwrap_or_default();
            let _ = writeln!(lines, "{name} = {{ type = {:?}{currency} }}", words[1]);
        }
        if !unique.is_empty() {
            let _ = writeln!(toml, "unique = [{}]", unique.join(", "));
        }
        if let Some(date) = date {
            let _ = writeln!(toml, "date = {date:?}");
        }
        let _ = write!(toml, "[columns]\n{lines}");
        self.table_file(name, &toml, rows)
    }

    /// A table of columns and further keys as a table file writes them, without its source.
    pub fn table_file(mut self, name: &str, text: &str, rows: &str) -> Bench {
        let file =
            SourceText::new(format!("tables/{name}.toml"), format!("source = \"files\"\nfile = \"x.csv\"\n{text}"));
        let sources = BTreeMap::from([("files".to_owned(), Asking::File)]);
        let spec = read_table(&file, Some(&sources)).unwrap_or_else(|problems| panic!("{problems}"));
        self.specs.insert(name.to_owned(), spec);
        self.rows(name, rows)
    }

    /// Puts other rows into a table.
    pub fn rows(mut self, table: &str, rows: &str) -> Bench {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(rows.as_bytes());
        let records = reader.records().map(|record| record.expect("a test's rows are CSV"));
        let rows = records.map(|record| record.iter().map(str::to_owned).collect()).collect();
        self.rows.insert(table.to_owned(), rows);
        self
    }

    /// Replaces a part of the rule's text.
    pub fn with(mut self, part: &str, by: &str) -> Bench {
        assert!(self.rule.contains(part), "{part}");
        self.rule = self.rule.replacen(part, by, 1);
        self
    }

    /// Puts cells into a table as they are, blanks and all; an empty one is null.
    pub fn cells(mut self, table: &str, rows: Vec<Vec<String>>) -> Bench {
        self.rows.insert(table.to_owned(), rows);
        self
    }

    /// Turns every table's rows upside down.
    pub fn reversed(mut self) -> Bench {
        self.rows.values_mut().for_each(|rows| rows.reverse());
        self
    }

    /// Deals every table's rows into another order, which `seed` decides.
    pub fn shuffled(mut self, seed: u64) -> Bench {
        let mut state = seed | 1;
        for rows in self.rows.values_mut() {
            for place in (1..rows.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                rows.swap(place, (state >> 33) as usize % (place + 1));
            }
        }
        self
    }

    pub fn on(mut self, day: NaiveDate) -> Bench {
        self.day = day;
        self
    }

    /// Reads a table at another moment than noon, by a source whose clock is so many minutes ahead.
    pub fn read_at(mut self, table: &str, moment: &str, ahead: i64) -> Bench {
        let moment = moment.parse().expect("a test's moment is RFC 3339");
        self.moments.insert(table.to_owned(), (moment, Some(TimeDelta::minutes(ahead))));
        self
    }

    /// Subjects whose exceptions are open, in canonical form.
    pub fn open(mut self, subjects: &[&str]) -> Bench {
        self.open = subjects.iter().map(|text| Subject::parse(text).expect("a test's subject is canonical")).collect();
        self
    }

    /// What earlier runs found of a group, the latest last and one a day until yesterday: "CNY 12.50", or "3" of what is
    /// no money.
    pub fn past(mut self, subject: &str, figures: &[&str]) -> Bench {
        let subject = Subject::parse(subject).expect("a test's subject is canonical");
        let days = (1..).map(|ago| self.day - chrono::Days::new(ago));
        let figures = figures.iter().rev().zip(days).map(|(figure, day)| {
            let (currency, amount) = figure.split_once(' ').map_or((None, *figure), |(code, rest)| (Some(code), rest));
            let amount = amount.parse().expect("a test's figure is a decimal");
            PastFigure { day, currency: currency.map(str::to_owned), amount }
        });
        Arc::make_mut(&mut self.past).entry("bench".to_owned()).or_default().insert(subject, figures.collect());
        self
    }

    pub fn rule(&self) -> Rule {
        let file = SourceText::new("rules/bench.toml", self.rule.clone());
        let departments: BTreeSet<String> = ["finance", "warehouse", "sales"].into_iter().map(str::to_owned).collect();
        let surroundings = Surroundings {
            tables: &self.specs,
            unread_tables: &BTreeSet::new(),
            departments: Some(&departments),
            sources: None,
            parameters: &|_| Some(standard_parameters()),
        };
        let mut book = read_rules(&[file], surroundings).unwrap_or_else(|problems| panic!("{problems}"));
        book.rules.remove(0)
    }

    pub fn tables(&self) -> Tables {
        self.tables_of(&|_, _| true)
    }

    /// The tables with only those rows for which `holds` is true of the table's name and the row's cells.
    fn tables_of(&self, holds: &dyn Fn(&str, &[String]) -> bool) -> Tables {
        let tables = self.specs.iter().map(|(name, spec)| {
            let rows: Vec<&Vec<String>> = self.rows[name].iter().filter(|row| holds(name, row)).collect();
            let columns = spec.columns.iter().enumerate().map(|(index, column)| {
                let cells: Vec<Option<&str>> = rows.iter().map(|row| Some(row[index].as_str())).collect();
                Column::new(column.from.as_str().into(), cells)
            });
            let frame = DataFrame::new(rows.len(), columns.collect()).expect("columns of one length");
            let (moment, clock_offset) = self.moments.get(name).copied().unwrap_or((self.as_of(), None));
            let raw = RawTable { frame, moment, clock_offset };
            let table = normalise(spec, &raw, chrono_tz::Asia::Shanghai).expect("a test's table fits its columns");
            (name.clone(), table)
        });
        tables.collect()
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.day.and_hms_opt(4, 0, 0).expect("noon in Shanghai").and_utc()
    }

    pub fn context(&self) -> Context {
        Context {
            as_of: self.as_of(),
            day: self.day,
            zone: chrono_tz::Asia::Shanghai,
            currency: "CNY".to_owned(),
            calendar: self.calendar.clone(),
            parameters: BTreeMap::from([("as_of_day".to_owned(), Value::Date(self.day))]),
            past: self.past.clone(),
            flood: self.flood,
            evidence_rows: 5,
            diagnosed: self.diagnosed,
            batch: self.batch,
        }
    }

    /// What one reading shows, before anything is concluded from it.
    pub fn seen(&self) -> Seen {
        let (rule, context) = (self.rule(), self.context());
        let mut judge = Judge::new(&rule, &context, self.open.clone());
        judge.partition(&self.tables());
        judge.seen()
    }

    pub fn specs(&self) -> &BTreeMap<String, TableSpec> {
        &self.specs
    }

    pub fn judge(&self) -> Judgement {
        let (rule, context) = (self.rule(), self.context());
        let mut judge = Judge::new(&rule, &context, self.open.clone());
        judge.partition(&self.tables());
        judge.finish()
    }

    /// Judges the tables cut into `parts` by what `part_of` says of a table's name and a row's cells: one after the
    /// other, as a larger pull hands them over.
    pub fn judge_apart(&self, parts: usize, part_of: impl Fn(&str, &[String]) -> usize) -> Judgement {
        let (rule, context) = (self.rule(), self.context());
        let mut judge = Judge::new(&rule, &context, self.open.clone());
        for part in 0..parts {
            judge.partition(&self.tables_of(&|name, row| part_of(name, row) == part));
        }
        judge.finish()
    }

    /// The judgement as text: a line per break, then what is in transit, the verdicts, and a flood.
    pub fn told(&self) -> String {
        let judgement = self.judge();
        let mut text = String::new();
        for finding in &judgement.findings {
            for found in &finding.breaks {
                let side = found.side.as_deref().map(|side| format!(" {side}")).unwrap_or_default();
                let money = found.at_risk.as_ref();
                let money = money.map(|money| format!(" {} {}", money.currency, money.amount)).unwrap_or_default();
                let check =
                    if found.check == found.class.name() { String::new() } else { format!("{}: ", found.check) };
                let _ = writeln!(
                    text,
                    "{} {check}{}{side}{money} -> {}",
                    finding.subject.canonical(),
                    found.class.name(),
                    found.owner
                );
            }
        }
        if judgement.in_transit > 0 {
            let _ = writeln!(text, "in transit: {}", judgement.in_transit);
        }
        for (why, count) in &judgement.unjudged {
            let _ = writeln!(text, "{}: {count}", why.name());
        }
        for (subject, verdict) in &judgement.verdicts {
            let _ = writeln!(text, "{} is {verdict:?}", subject.canonical());
        }
        for NoHistory { check, groups, most, needed } in &judgement.no_history {
            let _ = writeln!(text, "{check}: {groups} without history ({most} of {needed})");
        }
        for excess in &judgement.warned {
            let _ = writeln!(text, "warned: {}", words::excess(excess, Language::En));
        }
        if judgement.outcome != Outcome::Judged {
            let _ = writeln!(text, "{:?}", judgement.outcome);
        }
        if text.is_empty() {
            text.push_str("ties out\n");
        }
        text
    }
}

/// What the first break of every subject says, and how severe the subject is, a line each.
pub fn said(bench: &Bench) -> String {
    let lines = bench.judge().findings.into_iter().map(|finding| {
        let sentence = words::sentence(&finding.breaks[0], Language::En);
        format!("{} {}: {sentence}\n", finding.subject.canonical(), finding.severity.name())
    });
    lines.collect()
}

/// Judges the bench, its rows in either order, and compares what it tells.
#[track_caller]
pub fn check(bench: Bench, expected: &str) {
    let told = bench.told();
    let lines = |text: &str| -> String {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(lines(&told), lines(expected));
    let judged = format!("{:?}", bench.judge());
    let reversed = bench.reversed();
    assert_eq!(reversed.told(), told, "the order of rows must not show");
    let apart = Bench { batch: 1, ..reversed };
    assert_eq!(format!("{:?}", apart.judge()), judged, "neither the order nor the partitions of rows may show");
}

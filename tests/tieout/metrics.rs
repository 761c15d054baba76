//! The metrics: names that follow the conventions, figures that say what the store says, and zero before the first event.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tieout::audit::exception::Status;
use tieout::metrics::table::{Kind, TABLE};
use tieout::metrics::{DeliveryEvent, JobState, Metrics, RuleEvent, RuleState, RunEvent, State, write_textfile};

use crate::schedule::utc;
use crate::web::office::Office;

/// A program of the Prometheus package. Where tools must be there (`CI=true`, or `TIEOUT_REQUIRE_TOOLS` is set), a
/// missing one fails the test; elsewhere the test says that it was skipped.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let required =
            std::env::var("CI").is_ok_and(|ci| ci == "true") || std::env::var_os("TIEOUT_REQUIRE_TOOLS").is_some();
        assert!(!required, "{name} is not on the PATH; install the Debian package `prometheus`");
        eprintln!("skipped: {name} is not on the PATH");
    }
    found
}

/// Runs promtool with `arguments` and `input`; it must be content.
pub fn promtool(arguments: &[&str], input: &str) {
    let Some(promtool) = tool("promtool") else { return };
    let mut child = Command::new(promtool)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("promtool reads");
    let output = child.wait_with_output().expect("promtool ends");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && !said.contains("FAILED"), "promtool {arguments:?}: {said}");
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every gauge and counter with a value.
pub fn full() -> (Metrics, State) {
    let metrics = Metrics::new(&names(&["daily"]), &names(&["order-to-invoice"]));
    metrics.ran(&RunEvent {
        job: "daily".to_owned(),
        seconds: 42.0,
        rules: vec![RuleEvent {
            rule: "order-to-invoice".to_owned(),
            evaluated: false,
            seconds: 1.5,
            rows: 9,
            steps: BTreeMap::from([("opened", 3), ("resolved", 2)]),
        }],
    });
    metrics.run_failed("daily");
    metrics.sent(DeliveryEvent { sent: 5, failed: 2, dead: 1 });
    let key = |last: &str| ("order-to-invoice".to_owned(), "finance".to_owned(), last.to_owned());
    let state = State {
        exceptions: BTreeMap::from([(
            ("order-to-invoice".to_owned(), "finance \"A\"\\\n".to_owned(), Status::Open, Default::default()),
            3,
        )]),
        at_risk: BTreeMap::from([
            (key("CNY"), "12345678901234.56".parse().expect("a decimal")),
            (key("USD"), "0.1".parse().expect("a decimal")),
        ]),
        oldest: BTreeMap::from([("finance".to_owned(), utc("2026-11-01T16:00:00Z"))]),
        deliveries: BTreeMap::from([(("finance".to_owned(), "dead".to_owned()), 1)]),
        rules: BTreeMap::from([(
            "order-to-invoice".to_owned(),
            RuleState {
                last_run: utc("2026-11-23T23:30:00Z"),
                last_evaluated: Some(utc("2026-11-22T23:30:00Z")),
                evaluated: false,
                flooded: false,
                rows: 9,
                seconds: 1.5,
            },
        )]),
        jobs: BTreeMap::from([(
            "daily".to_owned(),
            JobState {
                last_finished: Some(utc("2026-11-23T23:31:00Z")),
                last_status: Some("not_evaluated".to_owned()),
                expected_since: Some(utc("2026-11-22T23:30:00Z")),
                next: Some(utc("2026-11-24T23:30:00Z")),
            },
        )]),
    };
    (metrics, state)
}

/// The samples of our own, without what changes from process to process.
fn own(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("process_"));
    lines.filter(|line| !line.contains("_bucket{")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_table_is_what_is_exported_no_more_and_no_less() {
    let (metrics, state) = full();
    let text = metrics.render(Some(&state));
    let exported: BTreeSet<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .filter(|(name, _)| !name.starts_with("process_"))
        .collect();
    let kind = |kind: Kind| match kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
        Kind::Histogram => "histogram",
    };
    assert_eq!(exported, TABLE.iter().map(|metric| (metric.name, kind(metric.kind))).collect());
    let forbidden =
        ["job", "instance", "owner", "customer", "sku", "document", "type", "le", "quantile", "service", "env"];
    for metric in &TABLE {
        assert!(metric.name.starts_with("tieout_"), "{}", metric.name);
        assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
        assert!(metric.help.ends_with('.'), "{}", metric.name);
        assert!(metric.labels.iter().all(|label| !forbidden.contains(label)), "{}", metric.name);
    }
    assert!(text.contains("process_resident_memory_bytes") && text.contains("process_start_time_seconds"));
    insta::assert_snapshot!("all_metrics", own(&text));
}

#[test]
fn promtool_finds_no_fault_with_the_metrics() {
    let (metrics, state) = full();
    promtool(&["check", "metrics"], &metrics.render(Some(&state)));
    promtool(&["check", "metrics"], &metrics.render(None));
}

#[test]
fn a_store_that_does_not_answer_leaves_no_gauge_behind() {
    let text = full().0.render(None);
    assert!(text.contains("\ntieout_store_up 0\n"));
    assert!(!text.contains("tieout_exceptions") && !text.contains("tieout_at_risk_amount"));
    assert!(text.contains("tieout_runs_total{job_name=\"daily\"} 2\n"));
}

#[test]
fn the_textfile_appears_whole_and_without_what_node_exporter_has_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("tieout.prom");
    let (_, state) = full();
    write_textfile(&path, None).expect("written");
    write_textfile(&path, Some(&state)).expect("written over");
    let text = std::fs::read_to_string(&path).expect("readable");
    assert!(text.contains("\ntieout_store_up 1\n") && !text.contains("process_") && !text.contains("_total"));
    promtool(&["check", "metrics"], &text);
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1, "nothing is left beside it");
    let missing = folder.path().join("not-there").join("tieout.prom");
    let fault = write_textfile(&missing, Some(&state)).expect_err("no such folder").to_string();
    insta::assert_snapshot!(
        fault.replace(&folder.path().display().to_string(), "FOLDER"),
        @"cannot write the metrics to FOLDER/not-there/tieout.prom; its folder must exist and be writable"
    );
}

#[tokio::test]
async fn a_scrape_shows_what_the_store_holds_and_zero_where_a_list_can_be() {
    let office = Office::open().await;
    let metrics = office.get("/metrics").await;
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4");
    promtool(&["check", "metrics"], &metrics.body);
    insta::assert_snapshot!("scrape_of_the_office", own(&metrics.body));
    let empty = Office::empty().await.get("/metrics").await.body;
    let zeros = own(&empty);
    assert!(zeros.contains(
        "tieout_exceptions{department=\"finance\",rule=\"overdue\",severity=\"critical\",status=\"open\"} 0"
    ));
    assert!(zeros.contains("tieout_at_risk_amount{currency=\"CNY\",department=\"warehouse\",rule=\"low-stock\"} 0"));
    assert!(zeros.contains("tieout_deliveries{department=\"finance\",status=\"dead\"} 0"));
    assert!(!zeros.contains("first_seen"), "no exception, no oldest one");
}

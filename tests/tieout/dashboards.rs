//! The dashboard and the alerts: well formed, in both languages, and answered with data by a real Prometheus that
//! scrapes the real pages.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tieout::metrics::table::{Kind, TABLE};
use tieout::metrics::{DeliveryEvent, RuleEvent, RunEvent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::metrics::{promtool, tool};
use crate::web::office::Office;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("dashboards/{name}: {error}"))
}

fn dashboard() -> Value {
    serde_json::from_str(&read("tieout.json")).expect("tieout.json is JSON")
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map(Vec::as_slice).unwrap_or_else(|| panic!("{name} is a list"))
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_else(|| panic!("{name} is a text in {of}"))
}

fn whole(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_else(|| panic!("{name} is a whole number in {of}"))
}

/// Every query of every panel, with the panel's title.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let panels = list(dashboard, "panels").iter().filter(|panel| text(panel, "type") != "row");
    let queries = panels.flat_map(|panel| {
        list(panel, "targets").iter().map(|target| (text(panel, "title").to_owned(), text(target, "expr").to_owned()))
    });
    queries.collect()
}

/// The names of metrics in an expression: what begins with one of our prefixes.
fn metric_names(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != ':');
    words.filter(|word| word.starts_with("tieout_") || word.starts_with("process_")).collect()
}

/// Every sample name a scrape can have.
fn exported() -> BTreeSet<String> {
    let own = TABLE.iter().flat_map(|metric| match metric.kind {
        Kind::Histogram => ["_bucket", "_sum", "_count"].map(|end| format!("{}{end}", metric.name)).to_vec(),
        _ => vec![metric.name.to_owned()],
    });
    own.chain(["process_start_time_seconds".to_owned(), "process_resident_memory_bytes".to_owned()]).collect()
}

/// Whether a text is written in Chinese and in English.
fn both_languages(text: &str) -> bool {
    let chinese = text.chars().filter(|letter| ('\u{4e00}'..='\u{9fff}').contains(letter)).count();
    let english = text.chars().filter(char::is_ascii_alphabetic).count();
    chinese >= 1 && english >= 2
}

#[test]
fn the_dashboard_can_be_provisioned_as_it_is() {
    let dashboard = dashboard();
    assert_eq!(dashboard["id"], Value::Null, "a file must not carry a server's id");
    assert_eq!(text(&dashboard, "uid"), "tieout");
    assert!((39..=41).contains(&whole(&dashboard, "schemaVersion")));
    assert!(
        dashboard.get("__inputs").is_none() && !dashboard.to_string().contains("${DS_"),
        "file provisioning fills in nothing"
    );
    let provisioned = read("provisioning/datasources/tieout.yaml");
    let panels = list(&dashboard, "panels");
    let shown: Vec<&Value> = panels.iter().filter(|panel| text(panel, "type") != "row").collect();
    assert!(shown.len() <= 13, "{} panels are more than a reader takes in", shown.len());
    for panel in &shown {
        let title = text(panel, "title");
        for source in
            [&panel["datasource"]].into_iter().chain(list(panel, "targets").iter().map(|target| &target["datasource"]))
        {
            assert!(provisioned.contains(&format!("uid: {}", text(source, "uid"))), "{title}: an unknown data source");
        }
        assert!(["stat", "timeseries", "table", "bargauge"].contains(&text(panel, "type")), "{title}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}: no unit");
    }
}

#[test]
fn panels_have_own_ids_titles_in_both_languages_and_do_not_overlap() {
    let dashboard = dashboard();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    assert!(both_languages(text(&dashboard, "title")) && both_languages(text(&dashboard, "description")));
    for panel in list(&dashboard, "panels") {
        let title = text(panel, "title");
        assert!(ids.insert(whole(panel, "id")), "{title}: its id is taken");
        assert!(both_languages(title) && title.contains(" · "), "{title}: in one language only");
        let description = panel["description"].as_str().unwrap_or_default();
        assert!(description.is_empty() || both_languages(description), "{title}: described in one language only");
        let at = &panel["gridPos"];
        let (x, y, w, h) = (whole(at, "x"), whole(at, "y"), whole(at, "w"), whole(at, "h"));
        assert!(w > 0 && h > 0 && x + w <= 24, "{title}: outside the grid of 24 columns");
        for column in x..x + w {
            for row in y..y + h {
                assert!(taken.insert((column, row)), "{title}: lies on another panel");
            }
        }
    }
}

#[test]
fn every_query_names_only_metrics_that_are_exported() {
    let exported = exported();
    let dashboard = dashboard();
    let variables =
        list(&dashboard["templating"], "list").iter().map(|variable| text(variable, "definition").to_owned());
    let alerts = read("alerts.yml");
    let expressions = queries(&dashboard).into_iter().map(|(_, expression)| expression);
    for expression in expressions.chain(variables).chain([alerts]) {
        let names = metric_names(&expression);
        assert!(!names.is_empty(), "{expression} names no metric");
        let unknown: Vec<&&str> = names.iter().filter(|name| !exported.contains(**name)).collect();
        assert!(unknown.is_empty(), "not exported: {unknown:?}");
    }
}

#[test]
fn every_alert_is_annotated_in_both_languages() {
    let alerts = read("alerts.yml");
    let rules: Vec<&str> = alerts.split("- alert: ").skip(1).collect();
    assert!(rules.len() >= 8);
    for rule in rules {
        let name = rule.lines().next().unwrap_or_default();
        for key in ["summary: ", "summary_zh: ", "description: ", "description_zh: "] {
            let line = rule.lines().map(str::trim).find_map(|line| line.strip_prefix(key));
            let line = line.unwrap_or_else(|| panic!("{name} has no {key}"));
            let chinese = line.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
            assert_eq!(chinese, key.contains("_zh"), "{name}: {key}{line}");
        }
    }
}

#[test]
fn promtool_accepts_the_alerts_and_their_tests_pass() {
    let path = |name: &str| folder().join(name).display().to_string();
    promtool(&["check", "rules", "--lint=all", "--lint-fatal", &path("alerts.yml")], "");
    promtool(&["test", "rules", &path("alerts_test.yml")], "");
}

/// A Prometheus of our own, which ends with the test.
struct Prometheus {
    child: Child,
    port: u16,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    fn start(program: &Path, folder: &Path, target: &str) -> Prometheus {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let settings = format!(
            "global: {{ scrape_interval: 250ms }}\nscrape_configs:\n  - job_name: tieout\n    static_configs: [{{ targets: [\"{target}\"] }}]\n"
        );
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, settings).expect("written");
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--log.level=error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus starts");
        Prometheus { child, port }
    }

    /// The values an instant query answers with; `None` while the server is not up.
    async fn query(&self, expression: &str) -> Option<Vec<f64>> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let request = format!("GET /api/v1/query?query={encoded} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        assert_ne!(body["status"], "error", "{expression}: {body}");
        let samples = body["data"]["result"].as_array()?;
        let value = |sample: &Value| sample["value"][1].as_str().and_then(|value| value.parse().ok());
        Some(samples.iter().filter_map(value).collect())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_prometheus_answers_every_panel_with_data() {
    let Some(program) = tool("prometheus") else { return };
    let office = Office::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let target = listener.local_addr().expect("bound").to_string();
    let server = tokio::spawn(axum::serve(listener, office.router()).into_future());
    let prometheus = Prometheus::start(&program, office.folder.path(), &target);

    let mut waiting = queries(&dashboard());
    let answering = async {
        while !waiting.is_empty() {
            // Counters must move between two scrapes before anything can be said of their increase.
            something_happens(&office);
            let mut still = Vec::new();
            for (title, expression) in waiting.drain(..) {
                let values = prometheus.query(&expression.replace("$department", ".*")).await.unwrap_or_default();
                if values.is_empty() || values.iter().any(|value| value.is_nan()) {
                    still.push((title, expression));
                }
            }
            waiting = still;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), answering).await;
    assert!(in_time.is_ok(), "never answered with data: {waiting:#?}");
    let at_risk = prometheus.query("sum by (currency) (tieout_at_risk_amount{currency=\"USD\"})").await;
    assert_eq!(at_risk, Some(vec![1_234_567.89]));
    server.abort();
}

fn something_happens(office: &Office) {
    let rules = office.state.config.rules.iter().map(|rule| RuleEvent {
        rule: rule.id.clone(),
        evaluated: true,
        seconds: 1.0,
        rows: 10,
        steps: [("opened", 1), ("resolved", 1)].into(),
    });
    office.state.metrics.ran(&RunEvent { job: "daily".to_owned(), seconds: 3.0, rules: rules.collect() });
    office.state.metrics.sent(DeliveryEvent { sent: 1, failed: 1, dead: 0 });
}

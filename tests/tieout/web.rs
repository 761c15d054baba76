//! The pages: what they say in both languages, to whom they answer, and how they fail.

pub mod office;
mod patterns;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, StatusCode};
use sha2::{Digest, Sha256};
use tieout::serve::{Pace, serve};
use tieout::store::Edit;
use tieout::web::guard::{STYLE, is_ours};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::schedule::HeldClock;
use office::{Answer, Office, config};

/// What a reader sees of a page: its text, one line per element, without the stylesheet.
fn seen(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").expect("a page has a stylesheet");
    let body = rest.split_once("</style>").expect("the stylesheet ends").1;
    let mut lines = Vec::new();
    for piece in format!("{head}{body}").split('<').skip(1) {
        let text = piece.split_once('>').map_or("", |(_, text)| text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            lines.push(text);
        }
    }
    lines.join("\n")
}

fn hrefs(page: &str) -> Vec<&str> {
    page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The address of the exception whose subject is `subject`.
async fn address(office: &Office, subject: &str) -> String {
    let page = office.get(&format!("/?status=all&subject={subject}")).await;
    let found = hrefs(&page.body).into_iter().find(|href| href.starts_with("/exceptions/"));
    found.unwrap_or_else(|| panic!("{subject} is on no list")).to_owned()
}

#[tokio::test]
async fn the_list_says_what_stands_whose_it_is_and_how_much_there_is_in_all() {
    let office = Office::open().await;
    insta::assert_snapshot!("list_zh", seen(&office.get("/").await.body));
    insta::assert_snapshot!("list_en_page_2", seen(&office.get("/?lang=en&page=2").await.body));
}

#[tokio::test]
async fn the_list_is_narrowed_by_department_rule_status_and_subject() {
    let office = Office::open().await;
    let subjects = |page: &Answer| {
        let links = page.body.split("class=\"subject\"").skip(1);
        let subjects = links.filter_map(|rest| Some(rest.split_once('>')?.1.split_once('<')?.0.to_owned()));
        subjects.collect::<BTreeSet<String>>()
    };
    let cases: [(&str, &[&str]); 8] = [
        ("?department=warehouse", &["螺栓 M8"]),
        ("?rule=low-stock&status=all", &["A &#60;b&#62;&#38;&#34; nut", "螺栓 M8"]),
        ("?rule=low-stock&status=resolved", &["A &#60;b&#62;&#38;&#34; nut"]),
        ("?subject=INV-009", &["INV-009"]),
        ("?subject=%E8%9E%BA%E6%A0%93", &["螺栓 M8"]),
        ("?department=nobody", &[]),
        // What cannot be understood narrows nothing, and a page past the end shows the end.
        ("?subject=INV&status=nonsense&page=x", &["INV-007", "INV-009"]),
        ("?subject=INV&page=99", &["INV-008"]),
    ];
    for (query, expected) in cases {
        let page = office.get(&format!("/{query}")).await;
        assert_eq!(page.code, StatusCode::OK, "{query}");
        assert_eq!(subjects(&page), expected.iter().map(|text| (*text).to_owned()).collect(), "{query}");
    }
}

#[tokio::test]
async fn the_detail_shows_sentences_evidence_then_and_now_and_the_trail() {
    let office = Office::open().await;
    let low = address(&office, "M8").await;
    let id = low.trim_start_matches("/exceptions/");
    let note = Edit::Comment { text: "已催供应商 <i>".to_owned() };
    let version = office.state.store.exception(id).await.expect("readable").expect("there").exception.version;
    let at = crate::schedule::utc(office::NOW);
    office.state.store.edit(id, version, &note, "王会计", at).await.expect("a comment is kept");
    insta::assert_snapshot!("detail_zh", seen(&office.get(&low).await.body));
    let invoice = address(&office, "INV-009").await;
    insta::assert_snapshot!("detail_en", seen(&office.get(&format!("{invoice}?lang=en")).await.body));
}

#[tokio::test]
async fn the_runs_say_per_rule_what_was_checked_and_why_something_was_not() {
    let office = Office::open().await;
    insta::assert_snapshot!("runs_zh", seen(&office.get("/runs").await.body));
    insta::assert_snapshot!("runs_en", seen(&office.get("/runs?lang=en").await.body));
}

#[tokio::test]
async fn an_empty_store_gives_pages_and_not_faults() {
    let office = Office::empty().await;
    for path in ["/", "/?lang=en", "/runs", "/runs?lang=en"] {
        let page = office.get(path).await;
        assert_eq!(page.code, StatusCode::OK, "{path}");
        assert!(page.body.contains("class=\"empty\""), "{path}");
    }
}

#[tokio::test]
async fn text_from_the_systems_is_never_markup() {
    let office = Office::open().await;
    let invoice = address(&office, "INV-009").await;
    let nut = address(&office, "nut").await;
    for path in
        ["/?status=all", &invoice, &nut, "/?subject=%3Cscript%3E&lang=en", "/?rule=%22%3E%3Cb%3E&department=%3Cb%3E"]
    {
        let page = office.get(path).await.body;
        for markup in ["<script", "<b>", "<i>", "<b&"] {
            assert!(!page.contains(markup), "{path} holds {markup}");
        }
    }
}

#[tokio::test]
async fn a_page_in_the_other_language_stays_in_it() {
    let office = Office::open().await;
    let detail = format!("{}?lang=en", address(&office, "INV-007").await);
    for path in ["/?lang=en&page=2&department=finance", "/runs?lang=en", &detail] {
        let page = office.get(path).await.body;
        assert!(page.contains("<html lang=\"en\">"), "{path}");
        let (back, onward): (Vec<&str>, Vec<&str>) =
            hrefs(&page).into_iter().partition(|href| !href.contains("lang=en"));
        assert_eq!(back.len(), 1, "only the link to Chinese leaves English on {path}: {back:?}");
        assert!(onward.len() >= 3, "{path}");
    }
    let chinese = office.get("/?lang=zh").await.body;
    assert!(chinese.contains("<html lang=\"zh-CN\">"));
    assert!(hrefs(&chinese).iter().filter(|href| href.contains("lang=")).all(|href| href.contains("lang=en")));
}

#[tokio::test]
async fn every_answer_carries_strict_headers_and_only_our_own_style() {
    let office = Office::open().await;
    let detail = address(&office, "INV-007").await;
    for path in ["/", &detail, "/runs", "/metrics", "/livez", "/readyz", "/nothing", "/exceptions/019ab000-ffff"] {
        let answer = office.get(path).await;
        let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned());
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"), "{path}");
        assert_eq!(header("cache-control").as_deref(), Some("no-store"), "{path}");
        let policy = header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        for foreign in ["http://", "https://", "<script", "<img", "<link", "style=\""] {
            assert!(!answer.body.contains(foreign), "{path} holds {foreign}");
        }
    }
    let answer = office.get("/").await;
    let policy = answer.headers["content-security-policy"].to_str().expect("ASCII");
    let hash = policy.split("'sha256-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a hash");
    assert_eq!(unbase64(hash), Sha256::digest(STYLE.as_bytes()).to_vec());
    assert!(answer.body.contains(&format!("<style>{STYLE}</style>")), "the page holds the very bytes that were hashed");
}

/// The bytes of a base64 text, bit by bit.
fn unbase64(text: &str) -> Vec<u8> {
    let letters: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"+/").collect();
    let value = |letter: u8| letters.iter().position(|known| *known == letter).expect("a letter of base64");
    let bits: String = text.trim_end_matches('=').bytes().map(|letter| format!("{:06b}", value(letter))).collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes.map(|byte| u8::from_str_radix(str::from_utf8(byte).expect("ASCII"), 2).expect("bits")).collect()
}

#[tokio::test]
async fn only_our_own_names_are_answered() {
    let ours = [
        "localhost",
        "LocalHost:8321",
        "127.0.0.1:8321",
        "127.1.2.3",
        "[::1]:8321",
        "[::1]",
        "tieout.example.com",
        "TIEOUT.example.com.:443",
    ];
    let others = [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8321",
        "example.com",
        "10.0.0.8:8321",
        "[2001:db8::1]",
        "evil@localhost",
        "localhost:x",
    ];
    for host in ours {
        assert!(is_ours(host, "https://tieout.example.com:8443/books"), "{host}");
    }
    for host in others {
        assert!(!is_ours(host, "https://tieout.example.com:8443/books"), "{host}");
    }
    let office = Office::empty().await;
    for request in [
        Request::get("/").header("host", "evil.example"),
        Request::get("/metrics").header("host", "evil.example:8321"),
        Request::get("/"),
        Request::get("/").header("host", "localhost").header("host", "evil.example"),
        Request::get("http://evil.example/").header("host", "localhost"),
    ] {
        let answer = office.send(request).await;
        assert_eq!(answer.code, StatusCode::MISDIRECTED_REQUEST);
        assert!(!answer.body.contains("远山商贸"));
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_may_not_be_done_is_said_in_both_languages() {
    let office = Office::open().await;
    for path in ["/nothing", "/exceptions/019ab000-ffff", "/exceptions/..%2F..%2Fetc", "/exceptions/'%20or%201=1"] {
        let answer = office.get(path).await;
        assert_eq!(answer.code, StatusCode::NOT_FOUND, "{path}");
        insta::allow_duplicates! { insta::assert_snapshot!(seen(&answer.body), @r"
        404 · tieout
        tieout
        这里没有内容。
        There is nothing here.
        返回异常清单
        ·
        Back to the exceptions
        ") }
    }
    let answer = office.send(Request::post("/").header("host", "localhost")).await;
    assert_eq!(answer.code, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_store_that_fails_changes_readiness_and_metrics_but_shows_nobody_why() {
    let office = Office::open().await;
    let detail = address(&office, "INV-007").await;
    assert_eq!(office.get("/readyz").await.code, StatusCode::OK);
    let file = rusqlite::Connection::open(office.folder.path().join("tieout.db")).expect("the store's file");
    let names: Vec<String> = {
        let mut read = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("readable");
        let rows = read.query_map([], |row| row.get(0)).expect("readable");
        rows.collect::<Result<_, _>>().expect("names are text")
    };
    file.execute_batch("PRAGMA foreign_keys = OFF").expect("a setting");
    for name in names.iter().filter(|name| !name.starts_with("sqlite_")) {
        file.execute_batch(&format!("DROP TABLE \"{name}\"")).expect("dropped");
    }
    for path in ["/", &detail, "/runs"] {
        let answer = office.get(path).await;
        assert_eq!(answer.code, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        for inside in ["no such table", "SELECT", "sqlite", "tieout.db", "exceptions\""] {
            assert!(!answer.body.contains(inside), "{path} tells {inside}");
        }
    }
    assert_eq!(office.get("/readyz").await.code, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(office.get("/livez").await.code, StatusCode::OK);
    let metrics = office.get("/metrics").await;
    assert_eq!(metrics.code, StatusCode::OK);
    assert!(metrics.body.contains("\ntieout_store_up 0\n") && !metrics.body.contains("tieout_exceptions{"));
}

/// Asks a running service, over the wire.
async fn ask(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("the service listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

/// Asks until the answer holds `line`; a service that never says it fails the test.
async fn ask_until(address: std::net::SocketAddr, line: &str) -> String {
    let asking = async {
        loop {
            let answer = ask(address, "/metrics").await;
            if answer.contains(line) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking).await.unwrap_or_else(|_| panic!("never said {line}"))
}

#[tokio::test]
async fn the_service_runs_each_planned_time_once_whatever_the_clock_does_and_stops_when_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut config = config(folder.path());
    for job in config.jobs.values_mut() {
        // No rule, no source: what is looked at is when it runs, not what it finds.
        job.rules.clear();
        job.schedule = Some("0 * * * *".to_owned());
    }
    let clock = Arc::new(HeldClock::at("2026-11-24T01:59:59Z"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let pace = Pace {
        schedule: Duration::from_millis(5),
        delivery: Duration::from_millis(5),
        least: Duration::from_millis(1),
        stop: Duration::from_secs(10),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = tokio::spawn(serve(Arc::new(config), clock.clone(), listener, pace, async move {
        let _ = stopped.await;
    }));
    assert!(ask(address, "/livez").await.starts_with("HTTP/1.1 200"));
    assert!(ask_until(address, "tieout_runs_total").await.contains("tieout_runs_total{job_name=\"daily\"} 0\n"));
    clock.set("2026-11-24T02:00:00Z");
    ask_until(address, "tieout_runs_total{job_name=\"daily\"} 1\n").await;
    // Set back and forth over the same planned time, then on to the next one: one run more, not two.
    clock.set("2026-11-24T01:30:00Z");
    ask(address, "/livez").await;
    clock.set("2026-11-24T02:00:30Z");
    for _ in 0..20 {
        let metrics = ask(address, "/metrics").await;
        assert!(metrics.contains("tieout_runs_total{job_name=\"daily\"} 1\n"), "a planned time ran twice");
    }
    clock.set("2026-11-24T05:10:00Z");
    ask_until(address, "tieout_runs_total{job_name=\"daily\"} 2\n").await;
    stop.send(()).expect("the service waits for it");
    let ended = tokio::time::timeout(Duration::from_secs(20), service).await.expect("the service stops in time");
    ended.expect("nothing panics").expect("and nothing failed");
    assert!(TcpStream::connect(address).await.is_err(), "the port is free again");
}

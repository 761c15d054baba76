//! The load on a source: as many pulls read it at once as its `connections` say, and the others wait for their turn.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tieout::audit::expression::Parameters;
use tieout::config::{Connections, Source};
use tieout::sources::{Asked, PullLimits, Pulls, pull};

use super::{LIMITS, clock, query, sqlite_source};

/// How long a thread of these tests waits for another one, which is sure to come.
const SURELY: Duration = Duration::from_secs(30);

fn orders(dir: &Path) -> Source {
    let path = dir.join("erp.db");
    let sql = "create table orders (no text); insert into orders values ('SO-1')";
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    sqlite_source(&path)
}

/// Pulls the orders, and does `work` while the source is being read.
async fn pulled(source: &Source, limits: PullLimits, work: impl Fn() + Send + 'static) -> Pulls<()> {
    let table = query("orders", "select no from orders", &["no"]);
    let asked = Asked { table, parameters: Parameters::new(), keys: None };
    pull(source, vec![asked], &limits, clock(), move |_, _| work()).await
}

fn hears(from: &Receiver<()>) {
    assert_ne!(from.recv_timeout(SURELY), Err(RecvTimeoutError::Timeout));
}

#[tokio::test]
async fn a_source_is_read_once_at_a_time_and_who_waits_too_long_is_told() {
    let dir = TempDir::new().unwrap();
    let source = orders(dir.path());
    let (begin, begun) = channel();
    let (release, released) = channel();
    let (first, again) = (source.clone(), source.clone());
    let reading = tokio::spawn(async move {
        pulled(&first, LIMITS, move || {
            begin.send(()).unwrap();
            hears(&released);
        })
        .await
    });
    tokio::task::spawn_blocking(move || hears(&begun)).await.unwrap();
    let impatient = PullLimits { turn: Duration::from_millis(20), ..LIMITS };
    let refused = pulled(&again, impatient, || panic!("it is not its turn")).await;
    insta::assert_snapshot!(refused["orders"].as_ref().unwrap_err(), @"cannot read table orders of source erp: other runs are reading its source, and it was not this one's turn within 0.02 s; run again when they are done, raise limits.turn_timeout, or give the source more than connections = 1");
    let waiting = pulled(&again, LIMITS, || ());
    release.send(()).unwrap();
    assert!(waiting.await["orders"].is_ok());
    assert!(reading.await.unwrap()["orders"].is_ok());
}

#[tokio::test]
async fn turns_come_in_the_order_in_which_they_were_asked_for() {
    let dir = TempDir::new().unwrap();
    let source = orders(dir.path());
    let order = Arc::new(Mutex::new(Vec::new()));
    let nth = |number: u32| {
        let order = Arc::clone(&order);
        pulled(&source, LIMITS, move || order.lock().unwrap().push(number))
    };
    tokio::join!(nth(1), nth(2), nth(3), nth(4));
    assert_eq!(*order.lock().unwrap(), [1, 2, 3, 4]);
}

/// Each waits for the other while both read, which two connections allow.
#[tokio::test]
async fn a_source_of_two_connections_is_read_twice_at_a_time() {
    let dir = TempDir::new().unwrap();
    let source = Source { connections: Connections::new(2), ..orders(dir.path()) };
    let ((tell_one, one), (tell_other, other)) = (channel(), channel());
    let meet = |tell: std::sync::mpsc::Sender<()>, wait: Receiver<()>| {
        move || {
            tell.send(()).unwrap();
            hears(&wait);
        }
    };
    let (first, second) =
        tokio::join!(pulled(&source, LIMITS, meet(tell_one, other)), pulled(&source, LIMITS, meet(tell_other, one)));
    assert!(first["orders"].is_ok() && second["orders"].is_ok());
}

/// A pull that is given up gives its turn back, whether it was reading or waiting.
#[tokio::test]
async fn who_gives_up_leaves_the_turn_to_the_next() {
    let dir = TempDir::new().unwrap();
    let source = orders(dir.path());
    let (release, released) = channel();
    {
        let (begin, begun) = channel();
        let reading = pulled(&source, LIMITS, move || {
            begin.send(()).unwrap();
            hears(&released);
        });
        let heard = tokio::task::spawn_blocking(move || hears(&begun));
        tokio::select! {
            _ = reading => panic!("nobody released it"),
            heard = heard => heard.unwrap(),
        }
    }
    // Nobody waits for it any more, but the source is still being read.
    let impatient = PullLimits { turn: Duration::from_millis(20), ..LIMITS };
    assert!(pulled(&source, impatient, || ()).await["orders"].is_err());
    release.send(()).unwrap();
    assert!(pulled(&source, LIMITS, || ()).await["orders"].is_ok());
}

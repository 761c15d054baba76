//! Mails that cannot go out yet.

use std::collections::BTreeSet;
use std::fs;

use tieout::run::Sent;
use tokio::net::TcpListener;

use super::{company, deliveries};
use crate::harness::{Company, Database};
use crate::notify::sink::{Manners, Sink};

fn by_smtp(company: &Company, port: u16) {
    let config = company.read("config/tieout.toml");
    let (above, _) = config.split_once("\n[mail]\n").unwrap();
    let mail = format!("from = \"tieout@mingzhou.example\"\ntransport = \"smtp\"\nurl = \"smtp://127.0.0.1:{port}\"");
    company.write("config/tieout.toml", &format!("{above}\n[mail]\n{mail}\n"));
}

fn ids(company: &Company) -> BTreeSet<String> {
    company.rows(Database::Store, "select message_id from deliveries").into_iter().collect()
}

#[tokio::test]
async fn a_mail_server_that_is_down_delays_mails_and_nothing_else() {
    let company = company();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    by_smtp(&company, closed);
    assert_eq!(company.run().await.exit_code(), 1, "the run is as good as any");
    let waiting = ids(&company);
    assert_eq!(waiting.len(), 4);
    assert_eq!(company.deliver().await, Sent { sent: 0, failed: 4, dead: 0 });
    assert_eq!(deliveries(&company), ["failed 4"]);

    let sink = Sink::start(Manners::default()).await;
    by_smtp(&company, sink.port);
    assert_eq!(company.deliver().await, Sent::default(), "not before its time");
    company.clock.set("2026-11-20T08:31:00+08:00");
    assert_eq!(company.deliver().await, Sent { sent: 4, failed: 0, dead: 0 });
    let sent: Vec<String> = sink.received().into_iter().map(|mail| mail.data).collect();
    let sent_ids: BTreeSet<String> = sent
        .iter()
        .filter_map(|mail| mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")))
        .map(|id| id.trim().to_owned())
        .collect();
    assert_eq!((sent.len(), sent_ids), (4, waiting), "each once, under the id it always had");

    company.clock.set("2026-11-20T23:00:00+08:00");
    company.run().await;
    assert_eq!(company.deliver().await, Sent::default());
    assert_eq!(sink.received().len(), 4);
}

/// A try that never ended, because its process did, is repeated under the same id; who took the mail twice can tell.
#[tokio::test]
async fn a_try_that_died_is_repeated_when_its_claim_is_over() {
    let company = company();
    company.run().await;
    let store = company.store().await;
    let now = crate::schedule::utc("2026-11-20T08:30:00+08:00");
    let claimed =
        store.claim_deliveries("the one that died", now, now + chrono::TimeDelta::minutes(10), 20).await.unwrap();
    assert_eq!(claimed.len(), 4);
    assert_eq!(company.deliver().await, Sent::default(), "somebody is at it");
    company.clock.set("2026-11-20T08:40:00+08:00");
    assert_eq!(company.deliver().await, Sent { sent: 4, failed: 0, dead: 0 });
    assert_eq!(company.mails().len(), 4);
    assert_eq!(ids(&company), claimed.into_iter().map(|delivery| delivery.message_id).collect());
}

#[tokio::test]
async fn a_mail_that_cannot_go_out_for_days_is_given_up_and_said_to_be() {
    let company = company();
    fs::write(company.path("mail"), "in the way").unwrap();
    company.run().await;
    let mut tries = 0;
    for hour in 0..200 {
        let time = crate::schedule::utc("2026-11-20T08:30:00+08:00") + chrono::TimeDelta::hours(4 * hour);
        company.clock.set(&time.to_rfc3339());
        let sent = company.deliver().await;
        tries += 1;
        if sent.dead > 0 {
            assert_eq!(sent, Sent { sent: 0, failed: 0, dead: 4 });
            break;
        }
        assert_eq!(sent, Sent { sent: 0, failed: 4, dead: 0 });
    }
    assert_eq!(tries, company.config().limits.delivery_attempts, "as often as the limit says");
    assert_eq!(deliveries(&company), ["dead 4"]);
}

#[tokio::test]
async fn a_digest_waits_for_its_time() {
    let company = company();
    company.edit(
        "config/tieout.toml",
        "recipients = [\"warehouse@mingzhou.example\"]",
        "recipients = [\"warehouse@mingzhou.example\"]\ndigest = \"08:30\"",
    );
    company.clock.set("2026-11-20T07:15:00+08:00");
    company.run().await;
    assert_eq!(company.deliver().await.sent, 3, "the others' mails leave at once");
    company.clock.set("2026-11-20T08:29:59+08:00");
    assert_eq!(company.deliver().await, Sent::default());
    company.clock.set("2026-11-20T08:30:00+08:00");
    assert_eq!(company.deliver().await.sent, 1);
    assert_eq!(deliveries(&company), ["sent 4"]);
}

#[tokio::test]
async fn what_is_found_after_the_digests_time_waits_for_the_next_day() {
    let company = company();
    company.edit(
        "config/tieout.toml",
        "recipients = [\"warehouse@mingzhou.example\"]",
        "recipients = [\"warehouse@mingzhou.example\"]\ndigest = \"08:30\"",
    );
    company.clock.set("2026-11-20T08:31:00+08:00");
    company.run().await;
    assert_eq!(company.deliver().await.sent, 3);
    company.clock.set("2026-11-21T08:29:59+08:00");
    assert_eq!(company.deliver().await, Sent::default());
    company.clock.set("2026-11-21T08:30:00+08:00");
    assert_eq!(company.deliver().await.sent, 1);
}

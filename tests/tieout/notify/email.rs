use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{TimeZone, Utc};
use tieout::config::{Mail, Secret, Transport};
use tieout::language::Language;
use tieout::notify::email::{Envelope, Mailer, SendFault, list_id, message_id, root_id};
use tieout::notify::letter::{Letter, write};

use super::made::{HOSTILE, busy, digest, today};
use super::sink::{Encryption, Manners, Sink, base64};

const FROM: &str = "对账 <tieout@example.com>";
const PATIENCE: Duration = Duration::from_secs(20);

fn letter(language: Language) -> Letter {
    write(&digest(&busy(), language).unwrap(), 20, "https://tieout.example.com")
}

fn envelope(recipient: &str, letter: Letter) -> Envelope {
    Envelope {
        recipient: recipient.to_owned(),
        message_id: message_id("018f-delivery-1", FROM),
        list_id: list_id("finance", FROM),
        day: today(),
        date: Utc.with_ymd_and_hms(2026, 11, 23, 0, 30, 5).unwrap(),
        letter,
    }
}

fn plain() -> Envelope {
    envelope("li@example.com", letter(Language::Zh))
}

fn smtp(url: String, sink: &Sink) -> Mailer {
    try_smtp(&url, Some(sink), PATIENCE).expect("a usable url")
}

fn try_smtp(url: &str, sink: Option<&Sink>, timeout: Duration) -> Result<Mailer, SendFault> {
    let transport = Transport::Smtp { url: Secret::new(url), ca_file: sink.map(|sink| sink.ca_file.clone()) };
    Mailer::new(&Mail { from: FROM.to_owned(), transport }, timeout)
}

/// A part of a message: its headers unfolded, in lower case names, and its body as it travelled.
struct Part {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Part {
    fn read(text: &str) -> Part {
        let (head, body) = text.split_once("\r\n\r\n").expect("a blank line after the headers");
        let unfolded = head.replace("\r\n ", " ");
        let headers = unfolded.split("\r\n").map(|line| {
            let (name, value) = line.split_once(": ").expect("a header");
            (name.to_lowercase(), value.to_owned())
        });
        Part { headers: headers.collect(), body: body.to_owned() }
    }

    fn parts(&self) -> Vec<Part> {
        let kind = &self.headers["content-type"];
        let boundary = kind.split("boundary=\"").nth(1).expect("a boundary").trim_end_matches('"');
        let (inside, _) = self.body.split_once(&format!("--{boundary}--")).expect("a last boundary");
        // The line end before a boundary belongs to the boundary.
        let start = format!("--{boundary}\r\n");
        let parts = inside.split(&start).skip(1);
        parts.map(|part| Part::read(part.strip_suffix("\r\n").expect("a line end"))).collect()
    }

    fn kind(&self) -> &str {
        self.headers["content-type"].split(';').next().unwrap()
    }

    fn text(&self) -> String {
        match self.headers["content-transfer-encoding"].as_str() {
            "base64" => base64(&self.body),
            "quoted-printable" => quoted_printable(&self.body),
            other => panic!("an unexpected encoding: {other}"),
        }
    }
}

fn quoted_printable(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' {
            bytes.extend(hex::decode(&after[..2]).expect("two hexadecimal digits"));
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Decodes encoded words (B only); white space between two of them counts for nothing.
fn decoded(header: &str) -> String {
    let mut text = String::new();
    let mut after_word = false;
    for token in header.split_inclusive(' ') {
        let word = token.trim_end();
        match word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")) {
            Some(word) => {
                if after_word {
                    text.pop();
                }
                text.push_str(&base64(word));
                after_word = true;
            }
            None => {
                text.push_str(word);
                after_word = false;
            }
        }
        text.push_str(&token[word.len()..]);
    }
    text
}

async fn received(envelope: &Envelope) -> String {
    let sink = Sink::start(Manners::default()).await;
    smtp(format!("smtp://127.0.0.1:{}", sink.port), &sink).send(envelope).await.unwrap();
    sink.received().remove(0).data
}

#[tokio::test]
async fn a_mail_arrives_as_letter_and_list_with_its_headers() {
    let envelope = plain();
    let data = received(&envelope).await;
    let mail = Part::read(&data);
    let head = data.split("\r\nContent-Type").next().unwrap();
    insta::assert_snapshot!("headers", head);
    assert_eq!(decoded(&mail.headers["subject"]), envelope.letter.subject);

    let parts = mail.parts();
    let kinds: Vec<&str> = parts.iter().map(Part::kind).collect();
    assert_eq!((mail.kind(), kinds), ("multipart/mixed", vec!["multipart/alternative", "text/csv"]));
    let twins = parts[0].parts();
    let kinds: Vec<&str> = twins.iter().map(Part::kind).collect();
    assert_eq!(kinds, ["text/plain", "text/html"], "the better one comes last");
    assert_eq!(twins[0].text().replace("\r\n", "\n"), envelope.letter.text);
    assert_eq!(twins[1].text().replace("\r\n", "\n"), envelope.letter.html);

    let list = &parts[1];
    assert_eq!(list.text(), envelope.letter.csv, "the list arrives byte for byte");
    assert!(list.text().starts_with('\u{FEFF}'), "Excel needs the byte order mark");
    let disposition = "attachment; filename=\"tieout-2026-11-23.csv\"; \
                       filename*=UTF-8''%E8%B4%A2%E5%8A%A1%E9%83%A8-%E5%BC%82%E5%B8%B8%E6%B8%85%E5%8D%95-2026-11-23.csv";
    assert_eq!(list.headers["content-disposition"], disposition);
}

#[tokio::test]
async fn every_line_of_a_mail_is_ascii_and_short_enough() {
    for language in [Language::Zh, Language::En] {
        let data = received(&envelope("李娜 <li@example.com>", letter(language))).await;
        assert!(data.is_ascii());
        assert!(data.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let head = data.split("\r\n\r\n").next().unwrap();
        let long = head.split("\r\n").find(|line| line.starts_with([' ', '=', 'S']) && line.len() > 78);
        assert_eq!(long, None, "encoded words are folded");
    }
}

#[tokio::test]
async fn a_retry_sends_the_same_bytes() {
    assert!(received(&plain()).await == received(&plain()).await, "the same bytes");
}

#[tokio::test]
async fn mails_of_one_department_and_day_share_a_thread() {
    let first = plain();
    let second = Envelope { message_id: message_id("018f-delivery-2", FROM), ..plain() };
    let headers = [Part::read(&received(&first).await), Part::read(&received(&second).await)];
    assert_eq!(headers[0].headers["references"], headers[1].headers["references"]);
    assert_eq!(headers[0].headers["in-reply-to"], "<2026-11-23@finance.tieout.example.com>");
    assert_ne!(headers[0].headers["message-id"], headers[1].headers["message-id"]);
    assert_ne!(root_id("sales.tieout.example.com", today()), root_id("finance.tieout.example.com", today()));
}

#[tokio::test]
async fn hostile_names_stay_in_their_header() {
    for name in HOSTILE {
        let mut envelope = plain();
        envelope.letter.subject = format!("财务部 {name}");
        envelope.letter.csv_name = format!("{name}.csv");
        envelope.list_id = list_id(name, FROM);
        envelope.message_id = message_id(name, FROM);
        let mail = Part::read(&received(&envelope).await);
        let names: Vec<&str> = mail.headers.keys().map(String::as_str).collect();
        let known = [
            "auto-submitted",
            "content-type",
            "date",
            "from",
            "in-reply-to",
            "list-id",
            "message-id",
            "mime-version",
            "references",
            "subject",
            "to",
            "x-auto-response-suppress",
        ];
        assert_eq!(names, known, "{name:?}");
        assert_eq!(mail.parts().len(), 2, "{name:?}");
        assert_eq!(mail.parts()[1].headers.len(), 3, "{name:?}");
        let said = decoded(&mail.headers["subject"]);
        assert!(!said.contains(['\r', '\n']) && !said.contains("=?"), "{said:?}");
    }
}

/// One way to reach a server, and whether the mail gets through.
async fn reach(encryption: Encryption, sign_in: Option<&'static str>, url: &str) -> Result<Sink, SendFault> {
    let sink = Sink::start(Manners { encryption, sign_in, ..Manners::default() }).await;
    let url = url.replace("HOST", &format!("127.0.0.1:{}", sink.port));
    try_smtp(&url, Some(&sink), PATIENCE)?.send(&plain()).await.map(|()| sink)
}

#[tokio::test]
async fn a_mail_goes_out_encrypted_and_signed_in_as_the_url_says() {
    use Encryption::{None as Clear, StartTls, Wrapper};
    let user = "smtp://li%40example.com:s%40cret%2F%3F@HOST";
    for (encryption, sign_in, url, encrypted) in [
        (Clear, None, "smtp://HOST".to_owned(), false),
        (Clear, Some("PLAIN LOGIN"), format!("{user}?tls=none"), false),
        (Clear, Some("LOGIN"), format!("{user}?tls=opportunistic"), false),
        (StartTls, Some("LOGIN"), format!("{user}?tls=opportunistic"), true),
        (StartTls, Some("PLAIN"), format!("{user}?tls=required"), true),
        (StartTls, Some("PLAIN"), user.to_owned(), true),
        (StartTls, None, "smtp://HOST?tls=required".to_owned(), true),
        (Wrapper, Some("PLAIN"), user.replace("smtp://", "smtps://"), true),
        (Wrapper, None, "smtps://HOST".to_owned(), true),
    ] {
        let sink = reach(encryption, sign_in, &url).await.unwrap_or_else(|fault| panic!("{url}: {fault}"));
        let mail = sink.received().remove(0);
        assert_eq!(mail.encrypted, encrypted, "{url}");
        let expected = sign_in.map(|_| ("li@example.com".to_owned(), "s@cret/?".to_owned()));
        assert_eq!(mail.signed_in, expected, "{url}");
        assert_eq!(mail.to, ["RCPT TO:<li@example.com>"], "one mail for each recipient");
    }
}

#[tokio::test]
async fn no_password_is_said_in_the_clear_unless_the_url_asks_for_it() {
    let fault = reach(Encryption::None, Some("PLAIN"), "smtp://li:s%40cret%2F%3F@HOST").await.err().unwrap();
    assert!(!fault.permanent, "{fault}");
    assert!(fault.sentence.contains("STARTTLS is not supported on this server while starting TLS"), "{fault}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    for (encryption, url) in [(Encryption::Wrapper, "smtps://HOST"), (Encryption::StartTls, "smtp://HOST?tls=required")]
    {
        let sink = Sink::start(Manners { encryption, ..Manners::default() }).await;
        let url = url.replace("HOST", &format!("127.0.0.1:{}", sink.port));
        let fault = try_smtp(&url, None, PATIENCE).unwrap().send(&plain()).await.unwrap_err();
        assert!(!fault.permanent, "{fault}");
        assert!(fault.sentence.contains("certificate"), "{fault}");
        assert!(sink.received().is_empty());
    }
}

#[tokio::test]
async fn only_a_mail_that_is_refused_for_good_is_given_up() {
    let instead = |verb, answer| Manners { instead: vec![(verb, answer)], ..Manners::default() };
    for (manners, permanent, sentence) in [
        (instead("GREETING", "421 too busy"), false, "answered 421 too busy while connecting"),
        (instead("GREETING", "554 not you"), false, "answered 554 not you while connecting"),
        (instead("MAIL", "451 later"), false, "answered 451 later while taking the mail"),
        (instead("MAIL", "530 5.7.0 sign in first"), false, "answered 530 5.7.0 sign in first while taking the mail"),
        (
            instead("RCPT", "550-5.1.1 no such\r\n550 5.1.1 person"),
            true,
            "answered 550 5.1.1 no such person while taking the mail",
        ),
        (instead("RCPT", "450 full"), false, "answered 450 full while taking the mail"),
        (instead("DATA", "554 no"), true, "answered 554 no while taking the mail"),
        (instead(".", "552 too big"), true, "answered 552 too big while taking the mail"),
        (instead(".", "452 disk full"), false, "answered 452 disk full while taking the mail"),
        (instead("RCPT", "gibberish"), false, "failed: response error"),
        (Manners { hangs_up_after: Some("GREETING"), ..Manners::default() }, false, "failed:"),
        (Manners { hangs_up_after: Some("."), ..Manners::default() }, false, "failed:"),
    ] {
        let sink = Sink::start(manners.clone()).await;
        let mailer = smtp(format!("smtp://127.0.0.1:{}", sink.port), &sink);
        let fault = mailer.send(&plain()).await.unwrap_err();
        assert_eq!(fault.permanent, permanent, "{manners:?}: {fault}");
        let expected = format!("the mail server 127.0.0.1:{} {sentence}", sink.port);
        assert!(fault.sentence.starts_with(&expected), "{fault} is not {expected}");
        assert!(sink.received().is_empty());
    }
}

#[tokio::test]
async fn a_failed_sign_in_is_tried_again_and_told_without_user_or_password() {
    let fault = reach(Encryption::StartTls, Some("PLAIN"), "smtp://li%40example.com:wr0ng@HOST").await.err().unwrap();
    assert!(!fault.permanent, "the next password may be the right one");
    assert!(
        fault.sentence.ends_with("answered 535 5.7.8 no such user *** with password *** while signing in"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_refused_connection_is_tried_again() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailer = try_smtp(&format!("smtp://127.0.0.1:{port}"), None, PATIENCE).unwrap();
    let fault = mailer.send(&plain()).await.unwrap_err();
    assert!(!fault.permanent);
    let expected = format!("the mail server 127.0.0.1:{port} failed: Connection error: Connection refused");
    assert!(fault.sentence.starts_with(&expected), "{fault}");
}

#[tokio::test]
async fn a_mute_server_holds_a_send_no_longer_than_the_limit() {
    let limit = Duration::from_millis(200);
    for (verb, doing) in
        [("GREETING", "connecting"), ("EHLO", "connecting"), ("RCPT", "taking the mail"), (".", "taking the mail")]
    {
        let sink = Sink::start(Manners { instead: vec![(verb, "")], ..Manners::default() }).await;
        let url = format!("smtp://127.0.0.1:{}", sink.port);
        let mailer = try_smtp(&url, None, limit).unwrap();
        for attempt in 1..=2 {
            let start = Instant::now();
            let fault = mailer.send(&plain()).await.unwrap_err();
            assert!(start.elapsed() < limit * 10, "{verb}: {:?}", start.elapsed());
            assert!(!fault.permanent, "{verb}: {fault}");
            assert!(fault.sentence.ends_with(&format!("did not answer within 0.2 s while {doing}")), "{fault}");
            assert_eq!(sink.connections(), attempt, "a conversation that was cut off is never taken up again");
        }
    }
}

#[tokio::test]
async fn mails_of_one_round_share_a_connection_that_may_be_lost() {
    for (one_mail_each, connections) in [(false, 1), (true, 3)] {
        let sink = Sink::start(Manners { one_mail_each, ..Manners::default() }).await;
        let mailer = smtp(format!("smtp://127.0.0.1:{}", sink.port), &sink);
        for _ in 0..3 {
            mailer.send(&plain()).await.unwrap();
        }
        mailer.rest().await;
        assert_eq!((sink.received().len(), sink.connections()), (3, connections));
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_given_up_before_any_server_is_asked() {
    let sink = Sink::start(Manners::default()).await;
    let mailer = smtp(format!("smtp://127.0.0.1:{}", sink.port), &sink);
    for recipient in ["", "li", "li@", "li@example.com\r\nRCPT TO:<x@example.com>", "a@b.com, c@d.com"] {
        let fault = mailer.send(&envelope(recipient, letter(Language::En))).await.unwrap_err();
        assert!(fault.permanent, "{recipient:?}: {fault}");
        assert!(!fault.sentence.contains(['\r', '\n']), "{fault}");
    }
    let fault = mailer.send(&envelope("李娜@example.com", letter(Language::En))).await.unwrap_err();
    assert!(fault.permanent, "this server takes no such address: {fault}");
    assert!(sink.received().is_empty());
}

#[test]
fn a_url_that_cannot_be_used_is_told_without_a_word_of_it() {
    for url in [
        "hunter2",
        "http://li:hunter2@example.com",
        "smtp://li:hunter2@",
        "smtp://li@example.com",
        "smtp://li:hunter2@exa mple.com",
        "smtp://li:hunter2@example.com:port",
        "smtp://li:hunter2@example.com:99999",
        "smtp://li:hunter2/x@example.com",
        "smtp://li:1?hunter2@example.com",
        "smtp://li:hunter2%zz@example.com",
        "smtp://li:hunter2%e4@example.com",
        "smtp://li:hunter2@example.com?tls=hunter2",
        "smtps://li:hunter2@example.com?tls=none",
    ] {
        let fault = try_smtp(url, None, PATIENCE).err().unwrap_or_else(|| panic!("{url} is accepted"));
        assert!(fault.permanent);
        assert!(!fault.sentence.contains("hunter2"), "{fault}");
        assert!(fault.sentence.contains("accepted is smtp://user:password@host:587"), "{fault}");
    }
}

#[tokio::test]
async fn the_folder_holds_what_smtp_would_have_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox");
    let mail = Mail { from: FROM.to_owned(), transport: Transport::Folder { path: path.clone() } };
    let mailer = Mailer::new(&mail, PATIENCE).unwrap();
    mailer.send(&plain()).await.unwrap();
    mailer.send(&plain()).await.unwrap();
    let names: Vec<String> =
        std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.len(), 1, "a retry replaces the file, and nothing half-written is left: {names:?}");
    let (stem, hash) = names[0].split_once("example.com-").unwrap();
    assert_eq!(stem, "2026-11-23-finance-li_at_");
    assert_eq!(hash, "018f-delivery-1.eml");
    let bytes = std::fs::read_to_string(path.join(&names[0])).unwrap();
    // SMTP ends every message with a line end of its own.
    assert!(format!("{bytes}\r\n") == received(&plain()).await, "the same bytes");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    std::fs::write(&path, "a file, not a folder").unwrap();
    let mail = Mail { from: FROM.to_owned(), transport: Transport::Folder { path } };
    let fault = Mailer::new(&mail, PATIENCE).unwrap().send(&plain()).await.unwrap_err();
    assert!(!fault.permanent, "{fault}");
    assert!(fault.sentence.starts_with("cannot write the mail 2026-11-23-finance-"), "{fault}");
}

#[tokio::test]
async fn a_mailer_is_shared_by_tasks() {
    let sink = Sink::start(Manners::default()).await;
    let mailer = std::sync::Arc::new(smtp(format!("smtp://127.0.0.1:{}", sink.port), &sink));
    let sends = (0..4).map(|_| {
        tokio::spawn({
            let mailer = mailer.clone();
            async move { mailer.send(&plain()).await }
        })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.unwrap().unwrap();
    }
    assert_eq!(sink.received().len(), 4);
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox");
    let mail = Mail { from: FROM.to_owned(), transport: Transport::Folder { path: path.clone() } };
    let mailer = Mailer::new(&mail, PATIENCE).unwrap();
    let names = ["../../evil", "/etc/passwd", "..", "", "a\0b", "财务", &"x".repeat(400)];
    for name in names {
        let strange = Envelope {
            list_id: name.to_owned(),
            message_id: format!("<{name}@example.com>"),
            recipient: "\"../../evil\" <li@example.com>".to_owned(),
            ..plain()
        };
        mailer.send(&strange).await.unwrap();
    }
    let inside = std::fs::read_dir(&path).unwrap().count();
    assert_eq!((inside, std::fs::read_dir(folder.path()).unwrap().count()), (names.len(), 1));
}

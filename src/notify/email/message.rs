//! A letter as a MIME message.

use std::time::SystemTime;

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::{Envelope, SendFault, mailbox, root_id};

/// The whole message: `multipart/mixed` of the letter (text and HTML as alternatives, the better one last) and the
/// list.
pub(super) fn build(from: &Mailbox, envelope: &Envelope) -> Result<Message, SendFault> {
    let refused = |why: String| {
        let recipient = crate::words::visible(&envelope.recipient);
        SendFault::permanent(format!("the mail to {recipient} cannot be written: {why}"))
    };
    let to = mailbox(&envelope.recipient).map_err(|why| refused(format!("the address is not valid: {why}")))?;
    let letter = &envelope.letter;
    let text = MultiPart::alternative()
        .boundary(boundary("alternative", &envelope.message_id))
        .singlepart(part("text/plain; charset=utf-8", &letter.text).map_err(refused)?)
        .singlepart(part("text/html; charset=utf-8", &letter.html).map_err(refused)?);
    let whole = MultiPart::mixed()
        .boundary(boundary("mixed", &envelope.message_id))
        .multipart(text)
        .singlepart(list(&letter.csv_name, &letter.csv).map_err(refused)?);
    headers(from, to, envelope).multipart(whole).map_err(|error| refused(error.to_string()))
}

fn headers(from: &Mailbox, to: Mailbox, envelope: &Envelope) -> MessageBuilder {
    let root = root_id(&envelope.list_id, envelope.day);
    let raw = |name: &'static str, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    Message::builder()
        .date(SystemTime::from(envelope.date))
        .from(from.clone())
        .to(to)
        .subject(one_line(&envelope.letter.subject))
        .message_id(Some(identifier(&envelope.message_id)))
        .in_reply_to(root.clone())
        .references(root)
        .raw_header(raw("List-Id", format!("<{}>", super::token(&envelope.list_id))))
        // Neither an out-of-office answer nor a delivery receipt is of use to a program (RFC 3834, MS-OXCMAIL).
        .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
        .raw_header(raw("X-Auto-Response-Suppress", "All".to_owned()))
}

/// Text and HTML always travel encoded: a line of theirs may be longer than the 998 bytes a mail line may have.
fn part(kind: &str, content: &str) -> Result<SinglePart, String> {
    let mostly_ascii = content.chars().filter(|each| !each.is_ascii()).count() * 6 < content.len();
    let encoding =
        if mostly_ascii { ContentTransferEncoding::QuotedPrintable } else { ContentTransferEncoding::Base64 };
    encoded(SinglePart::builder().header(content_type(kind)?), content.to_owned(), encoding)
}

/// The list travels as bytes, so that its line ends and its byte order mark arrive as they are.
fn list(name: &str, csv: &str) -> Result<SinglePart, String> {
    let builder = SinglePart::builder()
        .header(content_type("text/csv; charset=utf-8")?)
        .header(Attached { name: one_line(name) });
    encoded(builder, csv.as_bytes().to_vec(), ContentTransferEncoding::Base64)
}

fn encoded(
    builder: lettre::message::SinglePartBuilder,
    content: impl Into<lettre::message::MaybeString>,
    encoding: ContentTransferEncoding,
) -> Result<SinglePart, String> {
    let body = Body::new_with_encoding(content, encoding).map_err(|_| "its body cannot be encoded".to_owned())?;
    Ok(builder.body(body))
}

fn content_type(kind: &str) -> Result<ContentType, String> {
    ContentType::parse(kind).map_err(|error| error.to_string())
}

/// The same for every try, and not to be guessed by anyone who writes names into a source.
fn boundary(kind: &str, message_id: &str) -> String {
    format!("tieout-{kind}-{}", hex::encode(&Sha256::digest(message_id.as_bytes())[..12]))
}

/// A header's value holds no line break, and nothing that reads as an encoded word but is none of ours.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|each| if each.is_control() { ' ' } else { each }).collect();
    line.replace("=?", "= ?")
}

/// An id in angle brackets, whatever was given.
fn identifier(text: &str) -> String {
    let inner: String = text.chars().filter(|each| each.is_ascii_graphic() && !matches!(each, '<' | '>')).collect();
    format!("<{inner}>")
}

/// `Content-Disposition: attachment` with the name in its own script (RFC 2231) and an ASCII name for programs that
/// cannot read that.
#[derive(Clone, Debug)]
struct Attached {
    name: String,
}

impl Header for Attached {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Attached { name: value.to_owned() })
    }

    fn display(&self) -> HeaderValue {
        let plain: String =
            self.name.chars().filter(|each| each.is_ascii_alphanumeric() || matches!(each, '-' | '.' | '_')).collect();
        let plain = format!("tieout-{}", plain.trim_start_matches(['-', '.']));
        let mut full = String::new();
        for byte in self.name.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => full.push(char::from(byte)),
                other => full.push_str(&format!("%{other:02X}")),
            }
        }
        let value = format!("attachment; filename=\"{plain}\";\r\n filename*=UTF-8''{full}");
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.name.clone(), value)
    }
}

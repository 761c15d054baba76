//! Mail by lettre: a folder of `.eml` files, or SMTP.
//!
//! A mail's bytes follow from its envelope alone, so a retry sends the same message, and the folder holds what SMTP
//! would have sent.

mod folder;
mod message;
mod smtp;

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use lettre::message::Mailbox;
use sha2::{Digest, Sha256};

use super::letter::Letter;
use crate::config::{Mail, Transport};
use crate::words;
use smtp::Relay;

/// A letter on its way to one recipient.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// One address, bare or with a name in front: `张丽 <li@example.com>`.
    pub recipient: String,
    /// With angle brackets; the same for every try. [`message_id`] makes one.
    pub message_id: String,
    /// `List-Id`, without angle brackets, and the thread the mail joins. [`list_id`] makes one.
    pub list_id: String,
    /// Business day: the mails of one list and day form a thread.
    pub day: NaiveDate,
    pub date: DateTime<Utc>,
    pub letter: Letter,
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct SendFault {
    /// Trying again cannot help: the address is no address, or the server refused this mail for good. A server that
    /// cannot be reached or will not let us sign in says nothing about the mail, and is tried again.
    pub permanent: bool,
    /// Without user names or passwords.
    pub sentence: String,
}

impl SendFault {
    fn passing(sentence: String) -> SendFault {
        SendFault { permanent: false, sentence }
    }

    fn permanent(sentence: String) -> SendFault {
        SendFault { permanent: true, sentence }
    }
}

/// An open channel.
pub struct Mailer {
    from: Mailbox,
    channel: Channel,
    timeout: Duration,
}

enum Channel {
    Folder(PathBuf),
    Smtp(Box<Relay>),
}

impl Mailer {
    /// Prepares the channel; connects to nothing yet. `timeout` limits one send, from connecting to the last answer.
    ///
    /// Fails when the sender's address, the server's URL or the CA file cannot be used.
    pub fn new(mail: &Mail, timeout: Duration) -> Result<Mailer, SendFault> {
        let from = mailbox(&mail.from).map_err(|why| {
            SendFault::permanent(format!("the sender's address {} is not valid: {why}", words::visible(&mail.from)))
        })?;
        let channel = match &mail.transport {
            Transport::Folder { path } => Channel::Folder(path.clone()),
            Transport::Smtp { url, ca_file } => Channel::Smtp(Box::new(Relay::new(url, ca_file.as_deref())?)),
        };
        Ok(Mailer { from, channel, timeout })
    }

    /// Sends one letter to one recipient.
    ///
    /// A mail of which the server's last answer was lost counts as not sent: it is better to arrive twice, with the
    /// same Message-ID, than never.
    pub async fn send(&self, envelope: &Envelope) -> Result<(), SendFault> {
        let message = message::build(&self.from, envelope)?;
        match &self.channel {
            Channel::Folder(path) => folder::put(path, envelope, &message.formatted(), self.timeout).await,
            Channel::Smtp(relay) => relay.send(message.envelope(), &message.formatted(), self.timeout).await,
        }
    }

    /// Says goodbye to the server, which is otherwise kept for the next mail of the round.
    pub async fn rest(&self) {
        if let Channel::Smtp(relay) = &self.channel {
            relay.rest().await;
        }
    }
}

/// The `Message-ID` of a delivery: the same for every try, because the delivery's id is.
pub fn message_id(delivery: &str, from: &str) -> String {
    format!("<{}@{}>", token(delivery), domain(from))
}

/// The `List-Id` of a department's letters, without angle brackets.
pub fn list_id(department: &str, from: &str) -> String {
    format!("{}.tieout.{}", token(department), domain(from))
}

/// The thread that all mails of one list and one business day belong to. No mail has this id: mail programs group
/// what answers the same one, so that the day's letters stand together.
pub fn root_id(list_id: &str, day: NaiveDate) -> String {
    format!("<{day}@{}>", token(list_id))
}

fn domain(from: &str) -> String {
    mailbox(from).map_or_else(|_| "tieout.invalid".to_owned(), |mailbox| token(mailbox.email.domain()))
}

/// Text as it may stand in an id or a file name: ASCII letters, digits, `.`, `_` and `-`. Whatever had to be changed
/// is told apart by a hash of what it was.
fn token(text: &str) -> String {
    let allowed = |each: char| each.is_ascii_alphanumeric() || matches!(each, '.' | '_' | '-');
    let kept: String = text.chars().filter(|each| allowed(*each)).take(80).collect();
    if kept == text && !text.is_empty() && !text.starts_with('.') {
        return kept;
    }
    let hash = hex::encode(&Sha256::digest(text.as_bytes())[..4]);
    format!("{}-{hash}", kept.trim_start_matches('.')).trim_start_matches('-').to_owned()
}

/// Reads an address, bare or with a name in front. Line breaks have no place in either.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    if text.chars().any(char::is_control) {
        return Err("it contains a control character".to_owned());
    }
    text.trim().parse().map_err(|fault: lettre::address::AddressError| words::clip(&fault.to_string(), 200))
}

//! Mail by lettre: a folder of `.eml` files, or SMTP.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::letter::Letter;
use crate::config::Mail;

/// A letter on its way to one recipient.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub recipient: String,
    /// With angle brackets; the same for every try.
    pub message_id: String,
    /// `List-Id`, and the thread the mail joins.
    pub list_id: String,
    pub date: DateTime<Utc>,
    pub letter: Letter,
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct SendFault {
    /// Trying again cannot help.
    pub permanent: bool,
    /// Without user names or passwords.
    pub sentence: String,
}

/// An open channel.
pub struct Mailer {
    // helper: notify
}

#[expect(unused_variables, reason = "skeleton")]
impl Mailer {
    pub fn new(mail: &Mail, timeout: Duration) -> Result<Mailer, SendFault> {
        todo!("helper: notify")
    }
    pub async fn send(&self, envelope: &Envelope) -> Result<(), SendFault> {
        todo!("helper: notify")
    }
}

//! Reaching a MySQL or MariaDB server, and what its errors mean.

use std::str::FromStr;

use chrono::FixedOffset;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlSslMode};
use sqlx::{ConnectOptions, Error};

use crate::config::Secret;
use crate::sources::server::{Wire, wire};
use crate::sources::{Fault, PullLimits};

/// What a source's URL can say about encryption.
const ENCRYPTION: &str = "ssl-mode=disabled, preferred, required, verify_ca or verify_identity, and ssl-ca=FILE";

/// How to log in. Texts come in UTF-8 whatever they are stored in, and `TIMESTAMP`s as a clock at `offset` shows them.
/// The modes of the server's SQL stay as they are: the query was written for them.
pub(super) fn options(url: &Secret, offset: FixedOffset) -> Result<MySqlConnectOptions, Fault> {
    let options = MySqlConnectOptions::from_str(url.expose()).map_err(|error| Fault::Url { reason: reason(&error) })?;
    Ok(options
        .charset("utf8mb4")
        .timezone(offset.to_string())
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .statement_cache_capacity(8)
        .disable_statement_logging())
}

/// What was wrong with the URL, without its text. One such error may stand inside another.
fn reason(error: &Error) -> String {
    match error {
        Error::Configuration(inner) => match inner.downcast_ref::<Error>() {
            Some(inner) => reason(inner),
            None => inner.to_string(),
        },
        other => other.to_string(),
    }
}

/// The server, user and database, for sentences.
pub(super) fn address(options: &MySqlConnectOptions) -> String {
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let database = options.get_database().map_or_else(String::new, |database| format!("database {database}, "));
    let open = if matches!(options.get_ssl_mode(), MySqlSslMode::Disabled) { ", unencrypted" } else { "" };
    format!("MySQL at {place} ({database}user {}{open})", options.get_username())
}

/// The number and the words of what a server answered; `None` for an error that no server sent.
fn answered(error: &Error) -> Option<(u16, String)> {
    let Error::Database(answer) = error else { return None };
    let number = answer.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
    Some((number, answer.message().to_owned()))
}

/// What an error while connecting means.
pub(super) fn server_fault(server: &str, error: &Error) -> Fault {
    let server = server.to_owned();
    match answered(error) {
        // Stopping, or full: that passes.
        Some((1040 | 1053 | 1203, reason)) => Fault::Unreachable { server, reason },
        // It takes logins over encrypted connections only.
        Some((3159, reason)) => Fault::Certificate { server, reason, accepted: ENCRYPTION },
        // A switch that this server does not have, or a value that it does not take.
        Some((1193 | 1231 | 1232 | 1298, message)) => Fault::Database { doing: "setting up the session", message },
        Some((_, message)) => Fault::LoginRefused { server, message },
        None => match error {
            // A way of logging in that is not spoken here, or no MySQL at all: waiting would not help.
            Error::Protocol(message) => Fault::LoginRefused { server, message: message.clone() },
            _ => match wire(error) {
                Wire::Refused(reason) => Fault::Certificate { server, reason, accepted: ENCRYPTION },
                Wire::Broken(reason) => Fault::Unreachable { server, reason },
            },
        },
    }
}

/// What an error of a query means.
pub(super) fn query_fault(server: &str, doing: &'static str, limits: &PullLimits, error: &Error) -> Fault {
    let Some((number, message)) = answered(error) else {
        let (Wire::Refused(reason) | Wire::Broken(reason)) = wire(error);
        return Fault::Lost { server: server.to_owned(), reason };
    };
    match number {
        1792 => Fault::Writes,
        1205 => Fault::TableLocked { waited: limits.lock },
        // MariaDB's and MySQL's own end to a statement that takes too long.
        1969 | 3024 => Fault::TooSlow { limit: limits.timeout },
        // Stopping, killed, or left alone for too long.
        1053 | 1927 | 4031 => Fault::Lost { server: server.to_owned(), reason: message },
        _ => Fault::Database { doing, message },
    }
}

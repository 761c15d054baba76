//! Reaching a PostgreSQL server, and what its errors mean.

use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::config::Secret;
use crate::sources::server::{Wire, wire};
use crate::sources::{Fault, PullLimits};

/// What a source's URL can say about encryption.
const ENCRYPTION: &str = "sslmode=disable, prefer, require, verify-ca or verify-full, and sslrootcert=FILE";

/// How to log in. What the URL leaves out is taken from libpq's variables, such as `PGPASSWORD`.
pub(super) fn options(url: &Secret) -> Result<PgConnectOptions, Fault> {
    let options = PgConnectOptions::from_str(url.expose()).map_err(|error| Fault::Url { reason: reason(&error) })?;
    Ok(options.application_name("tieout").statement_cache_capacity(8).disable_statement_logging())
}

/// What was wrong with the URL, without its text.
fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(reason) => reason.to_string(),
        other => other.to_string(),
    }
}

/// The server, user and database, for sentences.
pub(super) fn address(options: &PgConnectOptions) -> String {
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let database = options.get_database().unwrap_or(options.get_username());
    let open = if matches!(options.get_ssl_mode(), PgSslMode::Disable) { ", unencrypted" } else { "" };
    format!("PostgreSQL at {place} (database {database}, user {}{open})", options.get_username())
}

/// What an error while connecting means.
pub(super) fn server_fault(server: &str, error: &sqlx::Error) -> Fault {
    let (server, message) = (server.to_owned(), message(error));
    match error {
        sqlx::Error::Database(answer) => match answer.code().as_deref() {
            // Still starting, stopping, or full: that passes.
            Some("57P01" | "57P02" | "57P03" | "53300") => Fault::Unreachable { server, reason: message },
            Some("22023") => Fault::Database { doing: "setting the time zone of the session", message },
            _ => Fault::LoginRefused { server, message },
        },
        _ => match wire(error) {
            Wire::Refused(reason) => Fault::Certificate { server, reason, accepted: ENCRYPTION },
            Wire::Broken(reason) => Fault::Unreachable { server, reason },
        },
    }
}

/// What an error of a query means.
pub(super) fn query_fault(server: &str, doing: &'static str, limits: &PullLimits, error: &sqlx::Error) -> Fault {
    let sqlx::Error::Database(answer) = error else {
        let (Wire::Refused(reason) | Wire::Broken(reason)) = wire(error);
        return Fault::Lost { server: server.to_owned(), reason };
    };
    let message = message(error);
    match answer.code().as_deref().unwrap_or_default() {
        "25006" => Fault::Writes,
        "55P03" => Fault::TableLocked { waited: limits.lock },
        "57014" if is_timeout(&**answer) => Fault::TooSlow { limit: limits.timeout },
        code if code.starts_with("57P") || code.starts_with("08") => {
            Fault::Lost { server: server.to_owned(), reason: message }
        }
        _ => Fault::Database { doing, message },
    }
}

/// Whether a query was ended by its own time limit, and not by a person. Both have one code, so the words decide, in
/// English and in Chinese; in any other language of the server it counts as the time limit.
fn is_timeout(answer: &dyn DatabaseError) -> bool {
    let message = answer.message();
    !message.contains("user request") && !message.contains("用户请求")
}

/// What the server said, with its advice.
fn message(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(answer) = error else { return error.to_string() };
    let hint = answer.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|answer| answer.hint());
    match hint {
        Some(hint) => format!("{} ({hint})", answer.message()),
        None => answer.message().to_owned(),
    }
}

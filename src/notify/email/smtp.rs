//! SMTP: one connection at a time, kept between the mails of one round.
//!
//! lettre's own pool is not used: a send that our time limit cuts off would go back into it in the middle of a
//! conversation, and the next mail would take the late answer of the former one for its own. Here a connection is kept
//! only after a clean end, and dropped in every other case.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::{Instant as Deadline, timeout_at};

use super::SendFault;
use crate::config::Secret;
use crate::words;

/// A connection that rested longer is not asked again: somewhere on the way it may have been forgotten.
const REST: Duration = Duration::from_secs(20);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// A mail server.
pub(super) struct Relay {
    host: String,
    port: u16,
    security: Security,
    sign_in: Option<SignIn>,
    hello: ClientId,
    resting: Mutex<Option<(AsyncSmtpConnection, Instant)>>,
}

struct SignIn {
    user: String,
    password: String,
}

enum Security {
    None,
    /// STARTTLS where the server offers it.
    Opportunistic(TlsParameters),
    /// STARTTLS or nothing.
    Required(TlsParameters),
    /// TLS from the first byte.
    Wrapper(TlsParameters),
}

/// Where a send stood when it failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    Encrypting,
    SigningIn,
    Sending,
}

impl Relay {
    /// Reads the server's URL: `smtp://user:password@host:587?tls=required|opportunistic|none`, or `smtps://…`.
    ///
    /// Without `tls`, a server to sign in to must offer STARTTLS, so that no password travels in the clear by
    /// accident; one without sign-in is spoken to in the clear.
    pub fn new(url: &Secret, ca_file: Option<&Path>) -> Result<Relay, SendFault> {
        let url = Url::parse(url.expose()).map_err(|why| {
            SendFault::permanent(format!(
                "the mail server's url cannot be used: {why}; accepted is smtp://user:password@host:587?tls=required \
                 (or opportunistic, none) or smtps://user:password@host:465, with special characters as %40"
            ))
        })?;
        let tls = || parameters(&url.host, ca_file);
        let security = match url.security {
            Wanted::None => Security::None,
            Wanted::Opportunistic => Security::Opportunistic(tls()?),
            Wanted::Required => Security::Required(tls()?),
            Wanted::Wrapper => Security::Wrapper(tls()?),
        };
        Ok(Relay {
            host: url.host,
            port: url.port,
            security,
            sign_in: url.sign_in,
            hello: url.hello.map_or_else(ClientId::default, ClientId::Domain),
            resting: Mutex::new(None),
        })
    }

    pub async fn send(&self, envelope: &Envelope, bytes: &[u8], limit: Duration) -> Result<(), SendFault> {
        let deadline = Deadline::now() + limit;
        let late = |doing: &str| {
            let seconds = limit.as_secs_f32();
            SendFault::passing(format!("{} did not answer within {seconds} s while {doing}", self.name()))
        };
        let opened = timeout_at(deadline, self.open()).await;
        let mut connection = opened.map_err(|_| late("connecting"))??;
        let sent = timeout_at(deadline, connection.send(envelope, bytes)).await;
        sent.map_err(|_| late("taking the mail"))?.map_err(|error| self.fault(Stage::Sending, &error))?;
        *self.slot() = Some((connection, Instant::now()));
        Ok(())
    }

    pub async fn rest(&self) {
        let resting = self.slot().take();
        if let Some((mut connection, _)) = resting {
            // A server that does not answer a goodbye is left without one.
            let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        }
    }

    /// The connection of the last mail where it still answers, or a new one.
    async fn open(&self) -> Result<AsyncSmtpConnection, SendFault> {
        let resting = self.slot().take();
        if let Some((mut connection, since)) = resting
            && since.elapsed() < REST
            && connection.test_connected().await
        {
            return Ok(connection);
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendFault> {
        let at = |stage| move |error: Error| self.fault(stage, &error);
        let wrapper = match &self.security {
            Security::Wrapper(tls) => Some(tls.clone()),
            _ => None,
        };
        let address = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, wrapper, None)
            .await
            .map_err(at(Stage::Connecting))?;
        match &self.security {
            Security::Required(tls) => {
                connection.starttls(tls.clone(), &self.hello).await.map_err(at(Stage::Encrypting))?;
            }
            Security::Opportunistic(tls) if connection.can_starttls() => {
                connection.starttls(tls.clone(), &self.hello).await.map_err(at(Stage::Encrypting))?;
            }
            _ => {}
        }
        if let Some(SignIn { user, password }) = &self.sign_in {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(at(Stage::SigningIn))?;
        }
        Ok(connection)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<(AsyncSmtpConnection, Instant)>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self) -> String {
        format!("the mail server {}:{}", self.host, self.port)
    }

    /// What a failure means for this mail, and how it is told.
    fn fault(&self, stage: Stage, error: &Error) -> SendFault {
        let doing = match stage {
            Stage::Connecting => "connecting",
            Stage::Encrypting => "starting TLS",
            Stage::SigningIn => "signing in",
            Stage::Sending => "taking the mail",
        };
        let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        let what = match error.status() {
            Some(code) => format!("answered {code} {}", self.scrub(&said)),
            None => format!("failed: {}", self.scrub(&error.to_string())),
        };
        let sentence = format!("{} {} while {doing}", self.name(), what.trim_end());
        // A server that wants another sign-in (RFC 4954) refuses us, not the mail.
        let unwelcome = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
        let refused = error.is_permanent() || error.is_client();
        SendFault { permanent: stage == Stage::Sending && refused && !unwelcome, sentence }
    }

    /// A server's words in one line, without the user name and password it may repeat.
    fn scrub(&self, text: &str) -> String {
        let mut line = text.split(['\r', '\n']).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        if let Some(SignIn { user, password }) = &self.sign_in {
            for secret in [password, user] {
                if !secret.is_empty() {
                    line = line.replace(secret.as_str(), "***");
                }
            }
        }
        words::clip(&words::visible(&line), 300)
    }
}

fn parameters(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, SendFault> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca_file {
        let fault = |why: String| {
            SendFault::permanent(format!("the mail server's ca_file {} cannot be used: {why}", path.display()))
        };
        let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| fault(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| SendFault::permanent(format!("TLS to {host} cannot be prepared: {error}")))
}

/// What a URL of a mail server says.
struct Url {
    host: String,
    port: u16,
    security: Wanted,
    sign_in: Option<SignIn>,
    /// The name to say hello with, from the path.
    hello: Option<String>,
}

#[derive(Clone, Copy)]
enum Wanted {
    None,
    Opportunistic,
    Required,
    Wrapper,
}

impl Url {
    /// The faults it answers name no part of the text: any part may be a password that was not written as it should.
    fn parse(text: &str) -> Result<Url, &'static str> {
        let (wrapper, rest) = match (text.strip_prefix("smtp://"), text.strip_prefix("smtps://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err("it starts with neither smtp:// nor smtps://"),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (sign_in, place) = match authority.rsplit_once('@') {
            Some((sign_in, place)) => (Some(SignIn::parse(sign_in)?), place),
            None => (None, authority),
        };
        let security = match (wrapper, query, &sign_in) {
            (true, "" | "tls=required", _) => Wanted::Wrapper,
            (false, "tls=required", _) | (false, "", Some(_)) => Wanted::Required,
            (false, "tls=opportunistic", _) => Wanted::Opportunistic,
            (false, "tls=none", _) | (false, "", None) => Wanted::None,
            _ => return Err("what follows the ? is not tls=required, tls=opportunistic or tls=none"),
        };
        let usual = match security {
            Wanted::Wrapper => 465,
            Wanted::None => 25,
            Wanted::Required | Wanted::Opportunistic => 587,
        };
        let (host, port) = place_of(place, usual)?;
        let hello = Some(path.trim_matches('/').to_owned()).filter(|name| !name.is_empty());
        Ok(Url { host, port, security, sign_in, hello })
    }
}

impl SignIn {
    fn parse(text: &str) -> Result<SignIn, &'static str> {
        let (user, password) = text.split_once(':').ok_or("it names a user but no password")?;
        Ok(SignIn { user: decode(user)?, password: decode(password)? })
    }
}

/// Host and port; an IPv6 address stands in brackets.
fn place_of(text: &str, usual: u16) -> Result<(String, u16), &'static str> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let known = |each: char| each.is_ascii_alphanumeric() || matches!(each, '.' | '-' | '_' | ':');
    if host.is_empty() || !host.chars().all(known) {
        return Err("it names no usable host");
    }
    let port = port.map_or(Ok(usual), str::parse).map_err(|_| "its port is not a number up to 65535")?;
    Ok((host.to_owned(), port))
}

/// Undoes `%40` and its like.
fn decode(text: &str) -> Result<String, &'static str> {
    const FAULT: &str = "a % in it is not followed by two hexadecimal digits of UTF-8 text";
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).ok_or(FAULT)?;
            bytes.extend(hex::decode(digits).map_err(|_| FAULT)?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| FAULT)
}

//! What stands before every page: only known host names, no panic reaches a reader, and strict headers.
//!
//! The host check is against DNS rebinding: a page of a stranger can make its own name resolve to 127.0.0.1, and
//! then the browser would let it read what stands here. The `Host` header still carries the stranger's name.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::WebState;
use super::page::Fault;

/// The one stylesheet, inside every page.
pub const STYLE: &str = include_str!("style.css");

/// Nothing but our own stylesheet, known by its hash: no script, no image, no other origin, no frame.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = base64(&Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

/// Wraps every request.
pub async fn guard(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let mut response = if names_us(&request, &state) {
        // In a task of its own, a panic is a failed page and not a broken connection.
        match tokio::spawn(next.run(request)).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "a page failed");
                Fault::Internal.into_response()
            }
        }
    } else {
        Fault::WrongHost.into_response()
    };
    let fixed: [(HeaderName, HeaderValue); 6] = [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    response.headers_mut().extend(fixed);
    response
}

fn names_us(request: &Request, state: &WebState) -> bool {
    let hosts: Vec<_> = request.headers().get_all(header::HOST).iter().collect();
    let [host] = hosts.as_slice() else { return false };
    let named = request.uri().authority().map(|authority| authority.as_str());
    let ours = |name: &str| is_ours(name, &state.config.serve.base_url);
    host.to_str().is_ok_and(ours) && named.is_none_or(ours)
}

/// Whether a `Host` value names this service: loopback by name or address, or the host of `base_url`; any port.
pub fn is_ours(host: &str, base_url: &str) -> bool {
    let name = bare(host);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let own = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let own = own.split(['/', '?', '#']).next().unwrap_or_default();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback()) || (!name.is_empty() && name == bare(own))
}

/// A host in lower case, without its port and the dot of a full name.
fn bare(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(']') => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The alphabet a content security policy wants its hashes in.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |chunk: &[u8]| {
        let group = chunk.iter().chain([0, 0].iter()).take(3).fold(0u32, |group, byte| group << 8 | u32::from(*byte));
        let letters = (0..4).map(|place| ALPHABET[(group >> (18 - 6 * place) & 63) as usize] as char);
        letters.take(chunk.len() + 1).chain("==".chars()).take(4).collect::<String>()
    };
    bytes.chunks(3).map(encode).collect()
}

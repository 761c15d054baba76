//! The pages people look at, and what machines ask: `/metrics`, `/livez`, `/readyz`. Read-only: whoever reaches the
//! port may read, so it listens on loopback and answers only to its own names.

mod detail;
pub mod guard;
mod health;
mod list;
pub mod measure;
mod page;
mod patterns;
mod runs;
mod trail;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::schedule::{Clock, Timetable};
use crate::store::Store;

/// What every page is made from. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    pub config: Arc<Config>,
    pub store: Store,
    pub metrics: Arc<Metrics>,
    pub clock: Arc<dyn Clock>,
    /// By job name.
    pub timetables: Arc<BTreeMap<String, Timetable>>,
}

/// Every address the service answers, behind the guards of [`guard`].
pub fn router(state: WebState) -> Router {
    Router::new()
        .route("/", get(list::show))
        .route("/exceptions/{id}", get(detail::show))
        .route("/runs", get(runs::show))
        .route("/metrics", get(health::metrics))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::wrong_method)
        .layer(from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

//! What machines ask. A source that is down changes the metrics, never the health.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::{WebState, measure};
use crate::metrics::CONTENT_TYPE;

/// The process answers. Nothing else is asked, so that a slow store does not get the service restarted.
pub async fn live() -> &'static str {
    "alive\n"
}

/// The config was loaded (or there would be no service) and the store can be read.
pub async fn ready(State(state): State<WebState>) -> (StatusCode, &'static str) {
    match state.store.next_delivery().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n")
        }
    }
}

/// The metrics; also without the store, which then says so itself.
pub async fn metrics(State(state): State<WebState>) -> impl IntoResponse {
    let standing = state.store.standing().await;
    if let Err(error) = &standing {
        tracing::warn!(%error, "the metrics come without the store's gauges");
    }
    let picture =
        standing.ok().map(|standing| measure::state(&state.config, &state.timetables, &standing, state.clock.now()));
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], state.metrics.render(picture.as_ref()))
}

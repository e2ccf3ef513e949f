//! The page, on a port of its own: what there is, for people (`/`), for Prometheus (`/metrics`) and for whoever starts and
//! stops services (`/healthz`, `/readyz`).
//!
//! The page is one file without a framework, [`index.html`](../index.html), which asks for JSON under `/api` every two
//! seconds. There, numbers are text, because JavaScript's would lose digits.

mod report;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use crate::flight::Shared;
use crate::guard::{Caller, Scope};
use crate::refusal::{Kind, Refusal, Result};
use report::Reports;

/// What the page shows.
struct Site {
    shared: Arc<Shared>,
    reports: Reports,
}

/// The routes of the page.
pub fn routes(shared: Arc<Shared>) -> Router {
    let site = Arc::new(Site { shared, reports: Reports::default() });
    Router::new()
        .route("/", get(page))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics_text))
        .route("/api/datasets", get(datasets))
        .route("/api/summary", get(summary))
        .route("/api/series", get(series))
        .with_state(site)
}

/// Nothing is loaded from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async fn page() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, include_str!("index.html"))
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    match site.shared.store.read() {
        Ok(_) => "ready\n".into_response(),
        Err(refusal) => refused(refusal),
    }
}

async fn metrics_text(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let text = || {
        site.caller(&headers)?.expect(Scope::Read, None)?;
        let Shared { store, counts, .. } = &*site.shared;
        let snapshot = store.read()?;
        let text = counts.text(store.file_bytes(), snapshot.groups()?, snapshot.revision());
        text.map_err(|error| Refusal::internal(format!("the metrics cannot be written: {error}")))
    };
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match text() {
        Ok(text) => ([(CONTENT_TYPE, TYPE)], text).into_response(),
        Err(refusal) => refused(refusal),
    }
}

#[derive(Deserialize)]
struct Which {
    dataset: String,
    #[serde(default)]
    column: String,
}

async fn datasets(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    site.answer(&headers, |site, caller| {
        let may_see = |name: &str| caller.expect(Scope::Read, Some(name)).is_ok();
        report::datasets(&site.shared.store, may_see)
    })
    .await
}

async fn summary(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Response {
    site.answer(&headers, move |site, caller| {
        caller.expect(Scope::Read, Some(&which.dataset))?;
        site.reports.summary(&site.shared, &which.dataset)
    })
    .await
}

async fn series(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Response {
    site.answer(&headers, move |site, caller| {
        caller.expect(Scope::Read, Some(&which.dataset))?;
        site.reports.series(&site.shared, &which.dataset, &which.column)
    })
    .await
}

impl Site {
    fn caller(&self, headers: &HeaderMap) -> Result<Caller> {
        self.shared.guard.caller_with(headers.get(AUTHORIZATION).map(HeaderValue::as_bytes))
    }

    /// Answers with JSON, on a thread that may read from disk.
    async fn answer(
        self: Arc<Self>,
        headers: &HeaderMap,
        of: impl FnOnce(&Self, &Caller) -> Result<serde_json::Value> + Send + 'static,
    ) -> Response {
        let caller = match self.caller(headers) {
            Ok(caller) => caller,
            Err(refusal) => return refused(refusal),
        };
        let answer = tokio::task::spawn_blocking(move || of(&self, &caller)).await;
        match answer.unwrap_or_else(|error| Err(Refusal::internal(error.to_string()))) {
            Ok(json) => Json(json).into_response(),
            Err(refusal) => refused(refusal),
        }
    }
}

fn refused(refusal: Refusal) -> Response {
    let status = match refusal.kind {
        Kind::Invalid | Kind::OutOfRange => StatusCode::BAD_REQUEST,
        Kind::Unknown => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::Missing => StatusCode::NOT_FOUND,
        Kind::Exists | Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Again | Kind::Late => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Damaged | Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, refusal.message).into_response()
}

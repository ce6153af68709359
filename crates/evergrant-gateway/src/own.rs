//! The gateway's own pages: is it alive, is it ready, what has it counted.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use tokio::time::Instant;

use super::door::{self, Way};
use super::{Gateway, Reply};

/// Names that no connection can have here: our own pages live under them.
pub const RESERVED: [&str; 7] = [
    "livez",
    "readyz",
    "metrics",
    "console",
    "callback",
    "webhooks",
    "favicon.ico",
];

/// Whether the path is one of these pages'.
pub(crate) fn takes(parts: &Parts) -> bool {
    matches!(parts.uri.path(), "/livez" | "/readyz" | "/metrics")
}

/// The answer to a request for one of them.
pub(crate) async fn answer(gateway: &Gateway, way: Way, parts: &Parts) -> Response<Reply> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
    }
    match parts.uri.path() {
        "/livez" => text(StatusCode::OK, "alive\n".to_owned()),
        "/readyz" => match gateway.ready() {
            Ok(()) => text(StatusCode::OK, "ready\n".to_owned()),
            Err(why) => text(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("not ready: {why}\n"),
            ),
        },
        _ => metrics(gateway, way, parts).await,
    }
}

async fn metrics(gateway: &Gateway, way: Way, parts: &Parts) -> Response<Reply> {
    let near = matches!(way, Way::Socket | Way::Net { from_here: true });
    if !(gateway.open_metrics && near)
        && let Err(refusal) = door::caller(gateway, way, &parts.headers, Instant::now())
    {
        return refusal.respond(&parts.headers);
    }
    let mut response = text(StatusCode::OK, gateway.metrics().await);
    let media = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, media);
    response
}

fn text(status: StatusCode, text: String) -> Response<Reply> {
    let mut response = Response::new(Reply::own(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

//! Posts deliveries when they are due: the part of webhooks that has a clock and a network.
//!
//! One task for the sandbox; it sleeps until something is due, and is woken when a change is to be told or the clock
//! is moved. Each post is a connection of its own over plain http, answered within three seconds or not at all.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use ring::hmac;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Attempt;
use crate::intuit::Intuit;
use crate::lock::hold;

/// What an endpoint is given to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Delivers until `stop` changes or its sender is gone.
pub(crate) async fn run(intuit: Arc<Intuit>, mut stop: watch::Receiver<()>) {
    loop {
        let due = hold(&intuit.webhooks).due(intuit.clock.now());
        for attempt in due {
            tokio::spawn(deliver(Arc::clone(&intuit), attempt));
        }
        tokio::select! {
            biased;
            _ = stop.changed() => return,
            () = intuit.bell.notified() => {}
            () = until_next(&intuit) => {}
        }
    }
}

/// Sleeps until the next delivery is due by the sandbox's clock; for ever if it stands still or nothing is owed.
async fn until_next(intuit: &Intuit) {
    let next = hold(&intuit.webhooks).next();
    let Some(next) = next.filter(|_| !intuit.clock.is_frozen()) else {
        return std::future::pending().await;
    };
    let wait = next.duration_since(intuit.clock.now());
    tokio::time::sleep(Duration::try_from(wait).unwrap_or_default()).await;
}

async fn deliver(intuit: Arc<Intuit>, attempt: Attempt) {
    let now = intuit.clock.now();
    let post = post(&attempt, now, intuit.trace());
    let status = tokio::time::timeout(PATIENCE, post).await.ok().flatten();
    hold(&intuit.webhooks).settle(&attempt, status, intuit.clock.now());
    intuit.bell.notify_one();
}

/// The status that the endpoint answered with; none if it did not.
async fn post(attempt: &Attempt, now: Timestamp, trace: [u64; 2]) -> Option<u16> {
    let stream = TcpStream::connect(authority(&attempt.url)?).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    tokio::spawn(connection);
    let answer = sender.send_request(request(attempt, now, trace)?).await;
    Some(answer.ok()?.status().as_u16())
}

fn request(attempt: &Attempt, now: Timestamp, trace: [u64; 2]) -> Option<Request<Full<Bytes>>> {
    let uri: Uri = attempt.url.parse().ok()?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    Request::post(target)
        .header(HOST, uri.authority()?.as_str())
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(USER_AGENT, "intuit_notification_server/0.1")
        .header("intuit-signature", signature(attempt))
        .header("intuit-created-time", now.to_string())
        .header("intuit-t-id", crate::random::uuid(trace))
        .header("intuit-notification-schema-version", "1.0")
        .body(Full::from(attempt.body.clone()))
        .ok()
}

/// HMAC-SHA256 over the body as it is sent.
fn signature(attempt: &Attempt) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, attempt.verifier.as_bytes());
    STANDARD.encode(hmac::sign(&key, attempt.body.as_bytes()))
}

/// `host:port` of an http address.
pub(super) fn authority(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host().filter(|_| uri.scheme_str() == Some("http"))?;
    Some(format!("{host}:{}", uri.port_u16().unwrap_or(80)))
}

//! The HTTP client that `evergrant` sends with underneath, and nothing on top.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::{Result, client};

/// Idle connections are closed after that, as `evergrant` and reqwest do. A runtime that has no
/// timer at all sleeps more cheaply between two requests, which no program that lives on can have.
const POOLED_FOR: Duration = Duration::from_secs(90);

/// Such a client.
pub(crate) type Underneath = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Makes one that trusts the authorities in `ca_pem` alone.
///
/// # Errors
/// If `ca_pem` holds something else than certificates.
#[expect(
    clippy::disallowed_methods,
    reason = "the bare client is what evergrant's is compared with"
)]
pub(crate) fn underneath(ca_pem: &[u8]) -> Result<Underneath> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let connector = HttpsConnector::from((tcp, client::tls(ca_pem)?));
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOLED_FOR)
        .build(connector);
    Ok(client)
}

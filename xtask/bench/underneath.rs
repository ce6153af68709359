//! The HTTP client that `evergrant` sends with underneath, and nothing on top.

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::{Result, client};

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
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

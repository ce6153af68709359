//! `--intercept`: an HTTP proxy that answers for Intuit's hosts itself and reaches no other.
//!
//! With `HTTPS_PROXY` pointing here and the sandbox's authority trusted, a client needs no change at all. Most
//! clients ask for a tunnel (`CONNECT`, RFC 9110, section 9.3.6), which ends in the sandbox's own TLS; some hand the
//! whole URL to the proxy instead (RFC 9112, section 3.2.2), and are answered without TLS. No byte ever leaves this
//! machine: a proxy that let other hosts pass could send a test's tokens into the world.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::host::Host;
use crate::intuit::Intuit;
use crate::lock::hold;
use crate::server::{self, HANDSHAKE_LIMIT, Line, Reply};

const HTTPS: u16 = 443;

/// Serves one client of the proxy, and its tunnel if it asks for one, until either side ends it.
pub(crate) async fn serve(intuit: Arc<Intuit>, stream: TcpStream, tls: TlsAcceptor) {
    let line = Arc::new(Line::default());
    let tunnel: Arc<Mutex<Option<OnUpgrade>>> = Arc::default();
    let respond = service_fn({
        let (intuit, line, tunnel) = (Arc::clone(&intuit), Arc::clone(&line), Arc::clone(&tunnel));
        move |request| {
            respond(
                Arc::clone(&intuit),
                Arc::clone(&line),
                Arc::clone(&tunnel),
                request,
            )
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), respond);
    if !line
        .attend(
            connection.with_upgrades(),
            UpgradeableConnection::graceful_shutdown,
        )
        .await
    {
        return;
    }
    let Some(upgrade) = hold(&tunnel).take() else {
        return;
    };
    let Ok(stream) = upgrade.await else {
        return;
    };
    let handshake = tls.accept(TokioIo::new(stream));
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await {
        server::converse(intuit, stream, true).await;
    }
}

async fn respond(
    intuit: Arc<Intuit>,
    line: Arc<Line>,
    tunnel: Arc<Mutex<Option<OnUpgrade>>>,
    mut request: Request<Incoming>,
) -> Result<Response<Reply>, Infallible> {
    if !is_for_intuit(request.method(), request.uri()) {
        return Ok(refusal(request.uri()));
    }
    if request.method() == Method::CONNECT {
        *hold(&tunnel) = Some(hyper::upgrade::on(&mut request));
        return Ok(Response::new(Reply::whole("")));
    }
    server::respond(intuit, line, true, request).await
}

/// Whether it asks for a host of Intuit's by https.
fn is_for_intuit(method: &Method, uri: &Uri) -> bool {
    let is_intuits = uri
        .host()
        .is_some_and(|host| Host::named(host) != Host::Own);
    let is_https = if method == Method::CONNECT {
        uri.port_u16() == Some(HTTPS)
    } else {
        uri.scheme_str() == Some("https") && uri.port_u16().is_none_or(|port| port == HTTPS)
    };
    is_intuits && is_https
}

fn refusal(uri: &Uri) -> Response<Reply> {
    let wanted = uri
        .authority()
        .map_or("that", |authority| authority.as_str());
    let text = format!(
        "evergrant's sandbox answers for Intuit's hosts by https and lets nothing else pass: not {wanted}\n"
    );
    let mut answer = Response::new(Reply::whole(text));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    let plain = HeaderValue::from_static("text/plain;charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_intuits_hosts_by_https() {
        let passes = |method, uri: &'static str| is_for_intuit(&method, &Uri::from_static(uri));
        assert!(passes(Method::CONNECT, "oauth.platform.intuit.com:443"));
        assert!(passes(Method::GET, "https://quickbooks.api.intuit.com/v3/"));
        for other in [
            "oauth.platform.intuit.com:80",
            "intuit.com:443",
            "quickbooks.api.intuit.com.example:443",
            "localhost:443",
        ] {
            assert!(!passes(Method::CONNECT, other), "{other}");
        }
        for other in [
            "http://quickbooks.api.intuit.com/v3/",
            "https://quickbooks.api.intuit.com:8443/v3/",
            "https://example.com/",
            "/v3/company/1",
        ] {
            assert!(!passes(Method::GET, other), "{other}");
        }
    }
}

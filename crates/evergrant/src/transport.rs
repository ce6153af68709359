//! The one place that knows the HTTP library.
//!
//! It sends a request once and says, when no answer came, whether the request can have reached the
//! other side: that is what decides whether a one-use token may have been spent. It follows no
//! redirect; of its own accord the library underneath sends a request anew only if the pooled
//! connection that it was given to was closed before a byte of it was written.
//!
//! Below it, [`connect`] makes connections, [`call`] is a token exchange on one of its own, and
//! [`trust`] judges certificates.

#[cfg(feature = "test-util")]
use std::pin::Pin;
#[cfg(feature = "test-util")]
use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderValue;
use http::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::CertificateError;
use url::Url;

use crate::body::{Outgoing, SILENCE};
use crate::{Body, Error, ErrorKind, Result};

mod call;
#[cfg(feature = "postgres")]
pub(crate) mod check;
mod connect;
mod dial;
mod patience;
pub(crate) mod trust;

pub(crate) use call::Call;
use connect::Connector;
pub use dial::{Dialer, Line};
use patience::Patience;

/// Who asks, for the `User-Agent` header of every request.
pub(crate) const NAME: HeaderValue =
    HeaderValue::from_static(concat!("evergrant/", env!("CARGO_PKG_VERSION")));
const POOLED_FOR: Duration = Duration::from_secs(90);

type Client = legacy::Client<Connector, Outgoing>;

/// Two ways over one trust: pooled connections for the API, and one of its own for each token
/// exchange. A token POST on a connection that the server is about to close is lost half-way, and with
/// it perhaps the grant.
#[derive(Debug, Clone)]
#[cfg_attr(
    feature = "test-util",
    expect(clippy::large_enum_variant, reason = "a keeper has one of them")
)]
pub(crate) enum Transport {
    /// Over sockets.
    Real {
        api: Client,
        patience: Patience,
        dialer: Dialer,
    },
    /// Over a network that is simulated.
    #[cfg(feature = "test-util")]
    Simulated(Arc<dyn Network>),
}

/// Which versions of HTTP are spoken with the API over TLS; over plain http it is always 1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// 1.1 alone.
    Http1,
    /// 2 if the server can, else 1.1.
    Either,
}

/// What stands for the network in a simulation.
#[cfg(feature = "test-util")]
pub(crate) trait Network: std::fmt::Debug + Send + Sync {
    /// Carries one request to its end.
    fn carry(
        &self,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Body,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, Lost>> + Send + '_>>;
}

/// No answer came.
#[derive(Debug)]
pub(crate) struct Lost {
    /// Whether the other side can have received the request.
    pub(crate) sent: bool,
    /// Why, ready for a caller: `Config` for an untrusted certificate, else `Unavailable`.
    pub(crate) error: Error,
}

/// An answer, whose body may still be to come.
pub(crate) type Answer = Response<Body>;

impl Lost {
    /// Whether the connection broke before the answer.
    pub(crate) fn has_broken(&self) -> bool {
        self.sent && self.error.kind() == ErrorKind::Unavailable
    }
}

impl Transport {
    /// Makes the clients; `direct` ones take no notice of proxies.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if `extra_roots` is not PEM with at least one certificate.
    pub(crate) fn new(extra_roots: Option<&[u8]>, direct: bool, speaks: Speaks) -> Result<Self> {
        let mut tls = trust::tls_config(extra_roots)?;
        if speaks == Speaks::Http1 {
            tls.alpn_protocols = http1_alone();
        }
        Ok(Self::Real {
            dialer: Dialer::over(tls.clone(), direct),
            api: builder().build(Connector::new(tls, direct)),
            patience: Patience::of(SILENCE),
        })
    }

    /// Sends a request to the API over a kept-alive connection.
    pub(crate) async fn send(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Answer, Lost> {
        match self {
            Self::Real { api, patience, .. } => {
                let sent = api.request(request(method, uri, headers, body));
                match patience.wait(sent).await {
                    Some(Ok(response)) => Ok(response.map(Body::incoming)),
                    Some(Err(error)) => Err(lost(error, uri)),
                    None => Err(silent(uri)),
                }
            }
            #[cfg(feature = "test-util")]
            Self::Simulated(network) => network.carry(method, uri.clone(), headers, body).await,
        }
    }

    /// Opens a connection for one token exchange; nothing is sent yet.
    ///
    /// # Errors
    /// What is lost then, was never sent.
    pub(crate) async fn dial(&self, url: &Url) -> Result<Call, Lost> {
        let uri = as_uri(url)?;
        match self {
            Self::Real { dialer, .. } => Call::dial(dialer, uri).await,
            #[cfg(feature = "test-util")]
            Self::Simulated(network) => Ok(Call::simulated(network, uri)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one builder of HTTP clients")]
fn builder() -> legacy::Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOLED_FOR);
    builder
}

/// What is offered to a server that is to speak nothing else (RFC 7301).
fn http1_alone() -> Vec<Vec<u8>> {
    vec![b"http/1.1".to_vec()]
}

fn request(method: Method, uri: &Uri, headers: HeaderMap, body: Body) -> Request<Outgoing> {
    let mut request = Request::new(body.into_outgoing());
    *request.method_mut() = method;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

fn as_uri(url: &Url) -> Result<Uri, Lost> {
    url.as_str()
        .parse()
        .map_err(|error: http::uri::InvalidUri| Lost {
            sent: false,
            error: Error::new(ErrorKind::Config, "the request can't be made").with_source(error),
        })
}

fn silent(uri: &Uri) -> Lost {
    Lost {
        sent: true,
        error: Error::new(
            ErrorKind::Unavailable,
            format!("{} did not answer in time", origin(uri)),
        ),
    }
}

fn lost(error: legacy::Error, uri: &Uri) -> Lost {
    if error.is_connect() || certificate_problem(&error).is_some() {
        return Lost {
            sent: false,
            error: unreached(error.into(), uri),
        };
    }
    Lost {
        sent: true,
        error: closed(uri).with_source(error),
    }
}

/// Why there is no connection.
fn unreached(error: Box<dyn std::error::Error + Send + Sync>, uri: &Uri) -> Error {
    let host = origin(uri);
    let failure = match certificate_problem(error.as_ref()) {
        Some(problem) => Error::new(
            ErrorKind::Config,
            format!("the certificate of {host} is not trusted: {problem}"),
        ),
        None => Error::new(ErrorKind::Unavailable, format!("{host} can't be reached")),
    };
    failure.with_source(error)
}

fn closed(uri: &Uri) -> Error {
    let host = origin(uri);
    let what = format!("{host} closed the connection before it answered");
    Error::new(ErrorKind::Unavailable, what)
}

fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let host = uri.host().unwrap_or_default();
    match uri.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// What is wrong with the other side's certificate, if that is why the connection failed.
fn certificate_problem(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(rustls::Error::InvalidCertificate(problem)) = error.downcast_ref() {
        return Some(describe(problem));
    }
    // An `io::Error` names its payload's cause as its own, so the payload is looked at itself.
    let payload = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    if let Some(payload) = payload {
        return certificate_problem(payload);
    }
    certificate_problem(error.source()?)
}

fn describe(problem: &CertificateError) -> String {
    match problem {
        CertificateError::UnknownIssuer => "it is signed by an unknown authority".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet (is this machine's clock right?)".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host name".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        for pem in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
        ] {
            let error = Transport::new(Some(pem.as_bytes()), true, Speaks::Either).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{pem:?}");
        }
    }
}

//! The one place that knows the HTTP library and TLS.
//!
//! It sends a request once and says, when no answer came, whether the request can have reached the
//! other side: that is what decides whether a one-use token may have been spent. It follows no
//! redirect and retries nothing; whether to ask again is decided above.
//!
//! Trust: a certificate is checked against the caller's own authority if there is one, then against
//! the bundled Mozilla roots, and only then against the system's store. Parsing the system's store
//! costs several milliseconds, so it is not touched before a certificate asks for it.

#[cfg(feature = "test-util")]
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, StatusCode};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use url::Url;

use crate::{Body, Error, ErrorKind, Result};

const USER_AGENT: &str = concat!("evergrant/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Intuit cuts a request at 120 s; silence for longer than that is a dead connection.
const READ_TIMEOUT: Duration = Duration::from_secs(130);
/// A whole token exchange. Callers wait for it, and so does everybody who wants the lease.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Two clients over one TLS configuration: pooled for the API, unpooled for token exchanges.
#[derive(Debug, Clone)]
pub(crate) enum Transport {
    /// Over sockets.
    Real {
        api: reqwest::Client,
        exchange: reqwest::Client,
    },
    /// Over a network that is simulated.
    #[cfg(feature = "test-util")]
    Simulated(Arc<dyn Network>),
}

/// What stands for the network in a simulation.
#[cfg(feature = "test-util")]
pub(crate) trait Network: std::fmt::Debug + Send + Sync {
    /// Carries one request to its end.
    fn carry(
        &self,
        method: Method,
        url: Url,
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

/// An answer's head; the body follows.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Transport {
    /// Makes the clients.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if `extra_roots` is not PEM with at least one certificate.
    pub(crate) fn new(extra_roots: Option<&[u8]>, direct: bool) -> Result<Self> {
        let tls = tls_config(extra_roots)?;
        let api = client_builder(tls.clone(), direct)
            .pool_idle_timeout(Duration::from_secs(90))
            .read_timeout(READ_TIMEOUT);
        // A token POST on a connection that the server is about to close is lost half-way, and
        // with it perhaps the grant: each exchange gets a connection of its own.
        let exchange = client_builder(tls, direct)
            .pool_max_idle_per_host(0)
            .timeout(EXCHANGE_TIMEOUT);
        Ok(Self::Real {
            api: build(api)?,
            exchange: build(exchange)?,
        })
    }

    /// Sends a request to the API over a kept-alive connection.
    ///
    /// HTTP/2 writes a header that is marked sensitive out in full each time, and a bearer is a
    /// kilobyte. It is long and random, so naming it by an index of the connection's own gives
    /// nothing away (RFC 7541 §7.1.3); the mark comes off here, where nothing shows headers.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: Url,
        mut headers: HeaderMap,
        body: Body,
    ) -> Result<Answer, Lost> {
        if let Some(bearer) = headers.get_mut(AUTHORIZATION) {
            bearer.set_sensitive(false);
        }
        match self {
            Self::Real { api, .. } => send(api, method, url, headers, body).await,
            #[cfg(feature = "test-util")]
            Self::Simulated(network) => network.carry(method, url, headers, body).await,
        }
    }

    /// Sends a token exchange over a connection of its own.
    pub(crate) async fn exchange(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Answer, Lost> {
        let method = Method::POST;
        match self {
            Self::Real { exchange, .. } => send(exchange, method, url, headers, body).await,
            #[cfg(feature = "test-util")]
            Self::Simulated(network) => network.carry(method, url, headers, body).await,
        }
    }
}

async fn send(
    client: &reqwest::Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Lost> {
    let mut request = reqwest::Request::new(method, url);
    *request.headers_mut() = headers;
    if let Some(body) = body.into_outgoing() {
        *request.body_mut() = Some(body);
    }
    let response = client.execute(request).await.map_err(lost)?;
    let status = response.status();
    let mut response = response;
    let headers = std::mem::take(response.headers_mut());
    Ok(Answer {
        status,
        headers,
        body: Body::incoming(response),
    })
}

fn lost(error: reqwest::Error) -> Lost {
    let host = error
        .url()
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default();
    let untrusted = certificate_problem(&error);
    let (kind, sent, what) = if let Some(problem) = untrusted {
        (
            ErrorKind::Config,
            false,
            format!("the certificate of {host} is not trusted: {problem}"),
        )
    } else if error.is_builder() {
        (
            ErrorKind::Config,
            false,
            "the request can't be made".to_owned(),
        )
    } else if error.is_connect() {
        (
            ErrorKind::Unavailable,
            false,
            format!("{host} can't be reached"),
        )
    } else if error.is_timeout() {
        (
            ErrorKind::Unavailable,
            true,
            format!("{host} did not answer in time"),
        )
    } else {
        (
            ErrorKind::Unavailable,
            true,
            format!("{host} closed the connection before it answered"),
        )
    };
    Lost {
        sent,
        error: Error::new(kind, what).with_source(error.without_url()),
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

#[expect(clippy::disallowed_methods, reason = "the one builder of HTTP clients")]
fn client_builder(tls: rustls::ClientConfig, direct: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true);
    if direct { builder.no_proxy() } else { builder }
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| {
        Error::new(ErrorKind::Config, "no HTTP client can be made").with_source(error)
    })
}

fn tls_config(extra_roots: Option<&[u8]>) -> Result<rustls::ClientConfig> {
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = LayeredVerifier {
        extra: extra_roots
            .map(|pem| own_authority(pem, &crypto))
            .transpose()?,
        bundled: OnceLock::new(),
        system: OnceLock::new(),
        crypto: Arc::clone(&crypto),
    };
    let mut config = rustls::ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Config, "TLS can't be set up").with_source(error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn own_authority(pem: &[u8], crypto: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>> {
    let unusable = |why: String| {
        Error::new(
            ErrorKind::Config,
            format!("the file of trusted authorities can't be used: {why}"),
        )
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it holds no PEM certificate".to_owned()));
    }
    verifier(roots, crypto).map_err(|error| unusable(error.to_string()))
}

fn verifier(
    roots: RootCertStore,
    crypto: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::client::VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(crypto)).build()
}

/// Asks one set of roots after the other until one knows the issuer.
#[derive(Debug)]
struct LayeredVerifier {
    extra: Option<Arc<WebPkiServerVerifier>>,
    bundled: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    system: OnceLock<Option<rustls_platform_verifier::Verifier>>,
    crypto: Arc<CryptoProvider>,
}

impl LayeredVerifier {
    fn extra(&self) -> Option<&dyn ServerCertVerifier> {
        self.extra.as_ref().map(|verifier| verifier.as_ref() as _)
    }

    fn bundled(&self) -> Option<&dyn ServerCertVerifier> {
        let made = self.bundled.get_or_init(|| {
            let roots = RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            verifier(roots, &self.crypto).ok()
        });
        made.as_ref().map(|verifier| verifier.as_ref() as _)
    }

    fn system(&self) -> Option<&dyn ServerCertVerifier> {
        let made = self
            .system
            .get_or_init(|| rustls_platform_verifier::Verifier::new(Arc::clone(&self.crypto)).ok());
        made.as_ref().map(|verifier| verifier as _)
    }
}

impl ServerCertVerifier for LayeredVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let layers = [Self::extra, Self::bundled, Self::system];
        let mut refusal = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        for layer in layers {
            let Some(verifier) = layer(self) else {
                continue;
            };
            match verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ) {
                Err(error @ rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                    refusal = error;
                }
                verdict => return verdict,
            }
        }
        Err(refusal)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.crypto.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.crypto.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto
            .signature_verification_algorithms
            .supported_schemes()
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
            let error = Transport::new(Some(pem.as_bytes()), true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{pem:?}");
        }
    }
}

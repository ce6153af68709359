//! The controls of a sandbox in another process: one request, one answer.

use std::fmt;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A running sandbox, by its address.
#[derive(Debug, Clone)]
pub struct Remote {
    url: String,
    ca_pem: Option<String>,
}

/// What a control answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAnswer {
    /// 200 if it did what was asked.
    pub status: u16,
    /// JSON.
    pub body: String,
}

/// Why a control could not be reached.
#[derive(Debug)]
pub struct RemoteError(Cause);

impl Remote {
    /// The sandbox at `url`, `http://…` or `https://…`; for https the authority that it printed.
    #[must_use]
    pub fn new(url: &str, ca_pem: Option<&str>) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            ca_pem: ca_pem.map(str::to_owned),
        }
    }

    /// Asks the control at `path` below `/_sandbox`, with a JSON body or none.
    ///
    /// # Errors
    /// When the address makes no sense, nobody answers there, or who answers is not trusted.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<RemoteAnswer, RemoteError> {
        self.exchange(method, path, body).await.map_err(RemoteError)
    }

    async fn exchange(&self, method: &str, path: &str, body: &str) -> Result<RemoteAnswer, Cause> {
        let uri: Uri = format!("{}/_sandbox{path}", self.url).parse()?;
        let host = uri.host().ok_or("the address names no host")?;
        let is_https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let name = host.trim_matches(['[', ']']);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, format!("{host}:{port}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_owned()))?;
        let stream = TcpStream::connect((name, port)).await?;
        if !is_https {
            return send(stream, request).await;
        }
        let server = ServerName::try_from(name.to_owned())?;
        let stream = self.connector()?.connect(server, stream).await?;
        send(stream, request).await
    }

    fn connector(&self) -> Result<TlsConnector, Cause> {
        let pem = self.ca_pem.as_deref();
        let pem = pem.ok_or("https needs the sandbox's certificate authority")?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes())?)?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<RemoteAnswer, Cause>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(RemoteAnswer { status, body })
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sandbox can't be reached")
    }
}

impl std::error::Error for RemoteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.as_ref())
    }
}

//! How a connection is made: over TCP, through a proxy if the environment names one, with TLS.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

/// For everything up to the end of the TLS handshake.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A connection whose other side is gone is noticed after three unanswered probes.
const PROBE_EVERY: Duration = Duration::from_secs(15);
const PROBES: u32 = 3;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
type Line = MaybeHttpsStream<TokioIo<TcpStream>>;

/// A connection, up to the end of its own TLS handshake. What sends requests keeps room in each for the
/// connection that it may have to make first, so this is small, and the rest is elsewhere.
pub(crate) struct Stream(Box<MaybeHttpsStream<Line>>);

/// Makes connections, each within ten seconds. It is cloned and moved about with each request, so
/// that it is small.
#[derive(Clone, Debug)]
pub(crate) struct Connector(Arc<HttpsConnector<Way>>);

impl Connector {
    /// With `direct`, proxies that the environment names are passed by.
    pub(super) fn new(tls: ClientConfig, direct: bool) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(PROBE_EVERY));
        tcp.set_keepalive_interval(Some(PROBE_EVERY));
        tcp.set_keepalive_retries(Some(PROBES));
        // A CONNECT is HTTP/1.1, so no other protocol is offered to a proxy.
        let mut tls_to_proxy = tls.clone();
        tls_to_proxy.alpn_protocols.clear();
        let way = Way {
            tls: HttpsConnector::from((tcp.clone(), tls_to_proxy)),
            tcp,
            proxies: (!direct).then(|| Arc::new(Matcher::from_env())),
        };
        Self(Arc::new(HttpsConnector::from((way, tls))))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting<Stream>;

    /// TCP can always be tried.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let connecting = HttpsConnector::clone(&self.0).call(destination);
        Box::pin(async move { Ok(Stream(Box::new(timeout(TIMEOUT, connecting).await??))) })
    }
}

impl Connection for Stream {
    /// Without the addresses of its two ends: those would be put into the extensions of every answer,
    /// where nobody looks for them.
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.0.connected().is_negotiated_h2() {
            return connected.negotiated_h2();
        }
        connected
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// The way to a host, up to where its own TLS begins.
#[derive(Clone)]
struct Way {
    tcp: HttpConnector,
    /// To a proxy that is spoken to over TLS itself.
    tls: HttpsConnector<HttpConnector>,
    proxies: Option<Arc<Matcher>>,
}

impl Way {
    /// The proxy for `destination`. Plain http goes to this machine only, where no proxy is needed.
    fn proxy(&self, destination: &Uri) -> Option<Intercept> {
        let matcher = self.proxies.as_ref()?;
        if destination.scheme() != Some(&Scheme::HTTPS) {
            return None;
        }
        matcher.intercept(destination)
    }

    fn through(&self, proxy: &Intercept, destination: Uri) -> Connecting<Line> {
        let address = proxy.uri().clone();
        match address.scheme_str() {
            Some("https") => {
                let mut tunnel = with_auth(Tunnel::new(address, self.tls.clone()), proxy);
                let connecting = tunnel.call(destination);
                Box::pin(async move { Ok(connecting.await?) })
            }
            Some("http") => {
                let mut tunnel = with_auth(Tunnel::new(address, self.tcp.clone()), proxy);
                plain(tunnel.call(destination))
            }
            Some("socks5" | "socks5h") => {
                let local_dns = address.scheme_str() == Some("socks5");
                let mut socks = SocksV5::new(address, self.tcp.clone()).local_dns(local_dns);
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                plain(socks.call(destination))
            }
            scheme => {
                let problem = format!(
                    "{} is no kind of proxy that evergrant speaks to: http, https, socks5, socks5h",
                    scheme.unwrap_or_default()
                );
                Box::pin(async move { Err(problem.into()) })
            }
        }
    }
}

impl Service<Uri> for Way {
    type Response = Line;
    type Error = BoxError;
    type Future = Connecting<Line>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        match self.proxy(&destination) {
            Some(proxy) => self.through(&proxy, destination),
            None => plain(self.tcp.call(destination)),
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's address may hold its password.
        f.debug_struct("Way").finish_non_exhaustive()
    }
}

fn with_auth<C>(tunnel: Tunnel<C>, proxy: &Intercept) -> Tunnel<C> {
    match proxy.basic_auth() {
        Some(credentials) => tunnel.with_auth(credentials.clone()),
        None => tunnel,
    }
}

fn plain<E>(
    connecting: impl Future<Output = Result<TokioIo<TcpStream>, E>> + Send + 'static,
) -> Connecting<Line>
where
    E: Into<BoxError>,
{
    Box::pin(async move {
        let connected = connecting.await.map_err(Into::into)?;
        Ok(MaybeHttpsStream::Http(connected))
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn way(proxy: &str) -> Way {
        let config = super::super::trust::tls_config(None).unwrap();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        Way {
            tls: HttpsConnector::from((tcp.clone(), config)),
            tcp,
            proxies: Some(Arc::new(Matcher::builder().all(proxy).build())),
        }
    }

    /// What a proxy of `scheme` is told first when the way to `destination` is asked for.
    async fn told(scheme: &str, destination: &'static str, reply: &[u8]) -> Vec<u8> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut way = way(&format!("{scheme}://user:word@{address}"));
        let going = tokio::spawn(async move {
            let destination = Uri::from_static(destination);
            drop(way.call(destination).await);
        });
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 1024];
        let length = stream.read(&mut heard).await.unwrap();
        stream.write_all(reply).await.unwrap();
        drop(stream);
        going.await.unwrap();
        heard.truncate(length);
        heard
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_a_tunnel_and_never_sees_the_request() {
        let reply = b"HTTP/1.1 200 OK\r\n\r\n";
        let heard = told("http", "https://api.example/v3/company/1", reply).await;
        let heard = String::from_utf8(heard).unwrap();
        assert!(
            heard.starts_with("CONNECT api.example:443 HTTP/1.1\r\n"),
            "{heard}"
        );
        assert!(heard.contains("Basic dXNlcjp3b3Jk"), "{heard}");
        assert!(!heard.contains("/v3/"), "{heard}");
    }

    #[tokio::test]
    async fn a_socks_proxy_is_greeted_as_one() {
        let heard = told("socks5h", "https://api.example/", &[5, 0xff]).await;
        assert_eq!(heard.first(), Some(&5), "{heard:?}");
    }

    #[tokio::test]
    async fn a_proxy_of_another_kind_is_named() {
        let mut way = way("socks4://127.0.0.1:1");
        let destination = Uri::from_static("https://api.example/");
        let error = way.call(destination).await.err().unwrap();
        assert!(error.to_string().contains("socks4"), "{error}");
    }

    #[tokio::test]
    async fn plain_http_stays_on_this_machine_and_needs_no_proxy() {
        let way = way("http://127.0.0.1:1");
        assert!(
            way.proxy(&Uri::from_static("http://127.0.0.1:9/"))
                .is_none()
        );
        assert!(
            way.proxy(&Uri::from_static("https://api.example/"))
                .is_some()
        );
    }
}

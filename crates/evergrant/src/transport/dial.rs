//! Connections for those who speak HTTP by themselves: a server that keeps its own.
//!
//! They are made as the library makes its own: the same trust, the same proxies, the same patience.
//! What is said on them is their owner's affair, and so is who may receive a bearer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service as _;

use super::connect::{Connector, Stream};
use super::trust::tls_config;
use super::{http1_alone, unreached};
use crate::Result;

/// Makes connections on which HTTP/1.1 is spoken. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Dialer(Connector);

/// A connection, encrypted where the URL says so.
pub struct Line(TokioIo<Stream>);

impl Dialer {
    /// Trusts the certificate authorities in `extra_roots` (PEM) besides the well-known ones. With
    /// `direct`, proxies that the environment names are passed by.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) if `extra_roots` is not PEM with at least one certificate.
    pub fn new(extra_roots: Option<&[u8]>, direct: bool) -> Result<Self> {
        Ok(Self::over(tls_config(extra_roots)?, direct))
    }

    pub(super) fn over(mut tls: ClientConfig, direct: bool) -> Self {
        tls.alpn_protocols = http1_alone();
        Self(Connector::new(tls, direct))
    }

    /// Connects to the server of an absolute URL.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) if its certificate is not trusted,
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if it can't be reached.
    pub async fn dial(&self, url: &Uri) -> Result<Line> {
        Ok(Line(TokioIo::new(self.connect(url).await?)))
    }

    pub(super) async fn connect(&self, url: &Uri) -> Result<Stream> {
        let connected = self.0.clone().call(url.clone()).await;
        connected.map_err(|error| unreached(error, url))
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

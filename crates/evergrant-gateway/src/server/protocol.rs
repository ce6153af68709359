//! Which HTTP a caller speaks, and the conversation in it.
//!
//! HTTP/2 begins with a preface, all else is HTTP/1.1. What is read to find that out is a whole head
//! as a rule, and hyper gets it in one piece: where a head comes in two, its buffer grows to twice the
//! size, and stays so.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::line::{Line, Watched};
use crate::body::Reply;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A head is read up to this size.
const HEAD_LIMIT: usize = 64 * 1024;

/// What is begun by the first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// Answers what comes on `stream` by `service` until either side ends it or its line is closed; when
/// `stop` says so, what is under way is still answered.
pub(super) async fn converse<S, A>(
    mut stream: Watched<S>,
    service: A,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Service<Request<Incoming>, Response = Response<Reply>, Error = Infallible> + Send,
    A::Future: Send + 'static,
{
    let line = Arc::clone(&stream.line);
    let begun = tokio::select! {
        biased;
        begun = poll_fn(|cx| poll_protocol(&mut stream, cx)) => begun,
        () = line.closed() => return,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    let Ok(begun) = begun else { return };
    let stream = TokioIo::new(stream);
    // Boxed, so that the task of who says nothing has no room for it.
    match begun {
        Protocol::Http1 => {
            let connection = http1().serve_connection(stream, service);
            Box::pin(until_over(connection, &line, stop)).await;
        }
        Protocol::Http2 => {
            let connection = http2().serve_connection(stream, service);
            Box::pin(until_over(connection, &line, stop)).await;
        }
    }
}

async fn until_over(
    connection: impl GracefulConnection,
    line: &Line,
    mut stop: watch::Receiver<bool>,
) {
    let mut connection = pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            // The connection first: the others hardly ever have anything to say.
            biased;
            _ = connection.as_mut() => return,
            () = line.closed() => return,
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // The watch closes what is idle.
        .header_read_timeout(None)
        .max_buf_size(HEAD_LIMIT);
    builder
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    builder
}

/// Reads until it is known what is begun. What was read stays in the stream.
fn poll_protocol<S: AsyncRead + Unpin>(
    stream: &mut Watched<S>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Protocol>> {
    loop {
        let first = ready!(stream.poll_first(cx))?;
        if let Some(protocol) = begun_by(first) {
            return Poll::Ready(Ok(protocol));
        }
    }
}

/// `None` while it may be either.
fn begun_by(first: &[u8]) -> Option<Protocol> {
    if first.starts_with(PREFACE) {
        return Some(Protocol::Http2);
    }
    (!PREFACE.starts_with(first)).then_some(Protocol::Http1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_protocol() {
        for (first, expected) in [
            ("", None),
            ("PR", None),
            ("PRI * HTTP/2.0\r\n", None),
            (
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0",
                Some(Protocol::Http2),
            ),
            ("PRI * HTTP/2.1", Some(Protocol::Http1)),
            ("PROPFIND / HTTP/1.1\r\n", Some(Protocol::Http1)),
            ("G", Some(Protocol::Http1)),
        ] {
            assert_eq!(begun_by(first.as_bytes()), expected, "{first:?}");
        }
    }
}

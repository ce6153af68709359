//! Listeners and connections: bytes to requests, outcomes to bytes, and connections closed in every wrong way.
//!
//! A connection is served by one task. Its `Line` is how a request asks for the whole connection to end, which
//! over HTTP/2 and TLS too must mean the end of the TCP connection and not of a stream.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::CONTENT_LENGTH;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::answer::{self, Answer};
use crate::call::{Call, Unreceived};
use crate::intuit::{Intuit, Outcome};
use crate::lock::hold;
use crate::proxy::{self, Destinations};

/// A client that connects and then says nothing is not waited for any longer.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Pause after a failed accept (out of file descriptors, as a rule), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What a client meets that connects.
#[derive(Clone)]
pub(crate) enum Entrance {
    Direct(Door),
    Proxy(Arc<Destinations>),
}

/// How bytes become requests.
#[derive(Clone)]
pub(crate) enum Door {
    Plain,
    Tls(TlsAcceptor),
}

/// Binds a listener; its address is known, and clients may connect, when this returns.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// Accepts and serves connections until `stop` changes or its sender is gone; then all connections are closed.
pub(crate) async fn serve(
    intuit: Arc<Intuit>,
    listener: TcpListener,
    entrance: Entrance,
    mut stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.changed() => return,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        connections.spawn(welcome(Arc::clone(&intuit), stream, entrance.clone()));
    }
}

async fn welcome(intuit: Arc<Intuit>, stream: TcpStream, entrance: Entrance) {
    hold(&intuit.book).count_connection();
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match entrance {
        Entrance::Direct(door) => enter(intuit, stream, door).await,
        Entrance::Proxy(destinations) => proxy::serve(intuit, stream, destinations).await,
    }
}

/// Serves a client that has come through a door.
pub(crate) async fn enter<S>(intuit: Arc<Intuit>, stream: S, door: Door)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Door::Tls(tls) = door else {
        return converse(intuit, stream, false).await;
    };
    let handshake = tls.accept(stream);
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await {
        converse(intuit, stream, true).await;
    }
}

/// Serves the requests of one connection until either side ends it.
async fn converse<S>(intuit: Arc<Intuit>, stream: S, secure: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let line = Arc::new(Line::default());
    let respond = service_fn({
        let line = Arc::clone(&line);
        move |request| respond(Arc::clone(&intuit), Arc::clone(&line), secure, request)
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), respond);
    line.attend(connection, auto::Connection::graceful_shutdown)
        .await;
}

/// Answers one request, or sees to it that its connection ends.
pub(crate) async fn respond(
    intuit: Arc<Intuit>,
    line: Arc<Line>,
    secure: bool,
    request: Request<Incoming>,
) -> Result<Response<Reply>, Infallible> {
    let (now, trace) = (intuit.clock.now(), intuit.trace());
    let outcome = match Call::receive(request, secure, now, trace).await {
        Ok(call) => intuit.handle(call).await,
        Err(Unreceived::TooLarge) => {
            Outcome::SendLast(answer::error_page(StatusCode::PAYLOAD_TOO_LARGE))
        }
        Err(Unreceived::CutShort) => Outcome::HangUp,
    };
    match outcome {
        Outcome::Send(answer) => Ok(answer.map(Reply::whole)),
        Outcome::SendLast(answer) => Ok(answer.map(|body| Reply::last(body, line))),
        Outcome::SendHalf(answer) if answer.body().is_empty() => {
            Ok(answer.map(|body| Reply::last(body, line)))
        }
        Outcome::SendHalf(answer) => Ok(halved(answer, line)),
        Outcome::HangUp => {
            line.hang_up.notify_one();
            std::future::pending().await
        }
    }
}

/// How a request ends the connection that it came by.
#[derive(Default)]
pub(crate) struct Line {
    /// Closes at once, without TLS's farewell.
    hang_up: Notify,
    /// Closes when what has been answered is sent.
    last_sent: Notify,
}

/// The body of an answer, and what becomes of the connection after it.
pub(crate) struct Reply {
    rest: Option<Bytes>,
    ending: Ending,
}

enum Ending {
    None,
    /// Ends the connection in order once this body has been handed over.
    Last(Arc<Line>),
    /// Cuts the connection once this part of the body is on the wire.
    Cut(Arc<Line>),
}

impl Line {
    /// Drives a connection until it is over, or until a request asks for its end; whether it was over.
    pub(crate) async fn attend<C: Future>(
        &self,
        connection: C,
        graceful_shutdown: impl Fn(Pin<&mut C>),
    ) -> bool {
        let mut connection = pin!(connection);
        loop {
            tokio::select! {
                // The connection first, so that what is to be sent before the end is sent.
                biased;
                _ = connection.as_mut() => return true,
                () = self.hang_up.notified() => return false,
                () = self.last_sent.notified() => graceful_shutdown(connection.as_mut()),
            }
        }
    }
}

impl Reply {
    pub(crate) fn whole(body: impl Into<Bytes>) -> Self {
        Self {
            rest: Some(body.into()),
            ending: Ending::None,
        }
    }

    fn last(body: Bytes, line: Arc<Line>) -> Self {
        Self {
            rest: Some(body),
            ending: Ending::Last(line),
        }
    }
}

impl Drop for Reply {
    /// The connection drops a body when it has taken all of it.
    fn drop(&mut self) {
        if let Ending::Last(line) = &self.ending {
            line.last_sent.notify_one();
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(bytes) = self.rest.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Ending::Cut(line) = &self.ending else {
            return Poll::Ready(None);
        };
        // Before anyone listens to this the connection sends what it was given.
        line.hang_up.notify_one();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(Bytes::is_empty) && !matches!(self.ending, Ending::Cut(_))
    }

    fn size_hint(&self) -> SizeHint {
        match self.ending {
            Ending::Cut(_) => SizeHint::default(),
            Ending::None | Ending::Last(_) => {
                SizeHint::with_exact(self.rest.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
        }
    }
}

/// The same answer announcing its whole length and holding the first half.
fn halved(answer: Answer, line: Arc<Line>) -> Response<Reply> {
    let length = answer.body().len();
    let mut halved = answer.map(|body| Reply {
        rest: Some(body.slice(..length / 2)),
        ending: Ending::Cut(line),
    });
    halved.headers_mut().insert(CONTENT_LENGTH, length.into());
    halved
}

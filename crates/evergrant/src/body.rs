//! A request's or response's body, with the HTTP library hidden.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::timeout;

use crate::{Error, ErrorKind, Result};

/// Intuit cuts a request at 120 s; silence for longer than that is a dead connection.
pub(crate) const SILENCE: Duration = Duration::from_secs(130);

/// A request or response body.
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    /// In memory; can be sent again.
    Full(Bytes),
    /// Passes once.
    Outgoing(Passing),
    /// In memory; goes out only if it still may when its turn has come.
    Provided(Provided),
    Incoming {
        body: Incoming,
        /// When all of it must be there, if it must at all; else silence ends it.
        deadline: Option<Deadline>,
    },
}

/// Ends when what is waited for must have come.
pub(crate) type Deadline = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body as the HTTP library sends it.
pub(crate) type Outgoing = Either<Full<Bytes>, Passing>;
/// One that is produced while it is sent.
type Passing = UnsyncBoxBody<Bytes, BoxError>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// Says, without asking anybody, whether something may still be done.
pub(crate) type Proviso = Arc<dyn Fn() -> bool + Send + Sync>;

impl Body {
    /// A body that is sent only if `proviso` holds at the moment when its first byte is to be
    /// written: after the name was looked up, the connection made and its TLS begun, all of which
    /// take time.
    pub(crate) fn provided(bytes: impl Into<Bytes>, proviso: Proviso) -> Self {
        Self(Inner::Provided(Provided {
            bytes: Some(bytes.into()),
            proviso,
        }))
    }

    /// A body that is produced while it is sent, and so can't be resent after a 401.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Inner::Outgoing(Produced(Box::pin(stream)).boxed_unsync()))
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the connection breaks before its end, [`ErrorKind::Protocol`]
    /// if it is longer than `limit` bytes.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes> {
        if let Inner::Full(bytes) = self.0 {
            return within(bytes, limit);
        }
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        if self.is_over() {
            return within(first, limit);
        }
        let Some(second) = self.chunk().await? else {
            return within(first, limit);
        };
        let mut whole = Vec::from(first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > limit {
                return Err(too_long(limit));
            }
            whole.extend_from_slice(&chunk);
        }
        within(whole.into(), limit)
    }

    /// The next piece of the body, `None` at its end.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the connection breaks before its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match &mut self.0 {
            Inner::Full(_) => {
                let Inner::Full(bytes) = std::mem::take(&mut self.0) else {
                    return Ok(None);
                };
                Ok(Some(bytes))
            }
            Inner::Provided(body) => body.take().map_err(|withheld| {
                Error::new(ErrorKind::Unavailable, "it may not be sent any more")
                    .with_source(withheld)
            }),
            Inner::Incoming { body, deadline } => next_chunk(body, deadline).await,
            Inner::Empty | Inner::Outgoing(_) => Ok(None),
        }
    }

    /// An answer's body that may take any time, as long as it keeps coming.
    pub(crate) fn incoming(body: Incoming) -> Self {
        let deadline = None;
        Self(Inner::Incoming { body, deadline })
    }

    /// An answer's body that must have come by `deadline`.
    pub(crate) fn due(body: Incoming, deadline: Deadline) -> Self {
        let deadline = Some(deadline);
        Self(Inner::Incoming { body, deadline })
    }

    pub(crate) fn into_outgoing(self) -> Outgoing {
        match self.0 {
            Inner::Empty => Either::Left(Full::default()),
            Inner::Full(bytes) => Either::Left(bytes.into()),
            Inner::Outgoing(body) => Either::Right(body),
            Inner::Provided(body) => Either::Right(body.boxed_unsync()),
            Inner::Incoming { body, .. } => Either::Right(body.map_err(Into::into).boxed_unsync()),
        }
    }

    /// Whether nothing is left to come, as far as that is known without asking.
    fn is_over(&self) -> bool {
        match &self.0 {
            Inner::Empty => true,
            Inner::Incoming { body, .. } => body.is_end_stream(),
            Inner::Full(_) | Inner::Outgoing(_) | Inner::Provided(_) => false,
        }
    }

    /// The same body again, if it is one that can be sent again.
    pub(crate) fn again(&self) -> Option<Self> {
        match &self.0 {
            Inner::Empty => Some(Self::default()),
            Inner::Full(bytes) => Some(Self(Inner::Full(bytes.clone()))),
            Inner::Outgoing(_) | Inner::Provided(_) | Inner::Incoming { .. } => None,
        }
    }
}

async fn next_chunk(body: &mut Incoming, deadline: &mut Option<Deadline>) -> Result<Option<Bytes>> {
    loop {
        let frame = match poll_once(body).await {
            Poll::Ready(frame) => frame,
            Poll::Pending => awaited(body, deadline).await?,
        };
        let Some(frame) = frame else {
            return Ok(None);
        };
        let frame = frame.map_err(|error| broken_off().with_source(error))?;
        // Trailers say nothing here.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

type Next = Option<std::result::Result<Frame<Bytes>, hyper::Error>>;

/// What has already come, for which no clock needs to be set.
async fn poll_once(body: &mut Incoming) -> Poll<Next> {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *body).poll_frame(context))).await
}

async fn awaited(body: &mut Incoming, deadline: &mut Option<Deadline>) -> Result<Next> {
    match deadline {
        Some(deadline) => tokio::select! {
            biased;
            frame = body.frame() => Ok(frame),
            () = deadline.as_mut() => Err(broken_off()),
        },
        None => timeout(SILENCE, body.frame())
            .await
            .map_err(|elapsed| broken_off().with_source(elapsed)),
    }
}

fn broken_off() -> Error {
    Error::new(ErrorKind::Unavailable, "the answer broke off in the middle")
}

fn within(bytes: Bytes, limit: usize) -> Result<Bytes> {
    if bytes.len() > limit {
        return Err(too_long(limit));
    }
    Ok(bytes)
}

fn too_long(limit: usize) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!("the answer is longer than {limit} bytes"),
    )
}

/// A stream as a body.
struct Produced<S>(Pin<Box<S>>);

impl<S, E> hyper::body::Body for Produced<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = self.0.as_mut().poll_next(context);
        next.map(|piece| piece.map(|piece| piece.map(Frame::data).map_err(Into::into)))
    }
}

/// A body under a proviso.
struct Provided {
    bytes: Option<Bytes>,
    proviso: Proviso,
}

/// What was to be sent may not be sent any more. Nothing of it was.
#[derive(Debug)]
pub(crate) struct Withheld;

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what allowed the request was over before it was sent")
    }
}

impl std::error::Error for Withheld {}

impl Provided {
    /// All of it, the first time, if it may go.
    fn take(&mut self) -> Result<Option<Bytes>, Withheld> {
        let bytes = self.bytes.take();
        if bytes.is_some() && !(self.proviso)() {
            return Err(Withheld);
        }
        Ok(bytes)
    }
}

impl hyper::body::Body for Provided {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let taken = self.take().transpose();
        Poll::Ready(taken.map(|bytes| bytes.map(Frame::data).map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Full(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Empty => f.write_str("Body(empty)"),
            Inner::Full(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Outgoing(_) | Inner::Provided(_) | Inner::Incoming { .. } => {
                f.write_str("Body(stream)")
            }
        }
    }
}

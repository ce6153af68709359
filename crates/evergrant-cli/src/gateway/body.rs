//! Bodies on their way: a caller's, up to the provider, and an answer's, down to the caller.
//!
//! Small uploads are held in memory, so that they can be sent again after a 401; larger ones pass
//! through once. Answers always pass through. What is to happen when an answer has passed (counting
//! it, giving its connection back) is bound to the body, so that it happens however it ends.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Sleep, sleep, timeout};

use super::pool::Lease;
use super::record::Record;

/// Uploads up to this size are held in memory. QuickBooks takes more in attachments only.
const HELD: usize = 1024 * 1024;
/// A caller who sends nothing for so long has gone.
const UPLOAD_SILENCE: Duration = Duration::from_secs(30);
/// As for the answer's head.
const ANSWER_SILENCE: Duration = Duration::from_secs(130);

/// What goes up.
pub(crate) enum Upload {
    /// Nothing.
    Empty,
    /// All of it, in memory.
    Whole(Bytes),
    /// What was read of it, and the rest as it comes.
    Passing {
        /// What was read already.
        read: Option<Bytes>,
        /// What comes.
        rest: Incoming,
        /// Since when nothing has.
        silence: Silence,
    },
}

/// Why an upload could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Its sender fell silent.
    Silent,
    /// Its sender went away.
    Broken,
}

impl Upload {
    /// A request's body: read, if it is small and there is room for it in `held`, so that it can be
    /// sent again. The permit is that room.
    ///
    /// # Errors
    /// If the caller does not send what was announced.
    pub(crate) async fn take(
        mut body: Incoming,
        held: &Semaphore,
    ) -> Result<(Self, Option<SemaphorePermit<'_>>), Unread> {
        if body.is_end_stream() {
            return Ok((Self::Empty, None));
        }
        let hint = body.size_hint();
        let room = usize::try_from(hint.upper().unwrap_or(HELD as u64)).unwrap_or(usize::MAX);
        let permit = u32::try_from(room)
            .ok()
            .filter(|room| *room as usize <= HELD)
            .and_then(|room| held.try_acquire_many(room).ok());
        if permit.is_none() {
            return Ok((Self::passing(None, body), None));
        }
        let mut read = Vec::new();
        let mut length = 0;
        while length < HELD {
            match timeout(UPLOAD_SILENCE, body.frame()).await {
                Err(_) => return Err(Unread::Silent),
                Ok(Some(Err(_))) => return Err(Unread::Broken),
                Ok(None) => return Ok((Self::Whole(joined(read, length)), permit)),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        length += data.len();
                        read.push(data);
                    }
                }
            }
        }
        if body.is_end_stream() {
            return Ok((Self::Whole(joined(read, length)), permit));
        }
        Ok((Self::passing(Some(joined(read, length)), body), permit))
    }

    fn passing(read: Option<Bytes>, rest: Incoming) -> Self {
        Self::Passing {
            read,
            rest,
            silence: Silence::new(UPLOAD_SILENCE),
        }
    }

    /// The same again, if it can be sent again.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::Passing { .. } => None,
        }
    }
}

fn joined(mut read: Vec<Bytes>, length: usize) -> Bytes {
    if read.len() == 1 {
        return read.swap_remove(0);
    }
    let mut whole = BytesMut::with_capacity(length);
    for part in read {
        whole.extend_from_slice(&part);
    }
    whole.freeze()
}

impl Body for Upload {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Passing {
                read,
                rest,
                silence,
            } => {
                if let Some(bytes) = read.take() {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                silence.poll(Pin::new(rest), cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Passing { read, rest, .. } => read.is_none() && rest.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Passing { read, rest, .. } => {
                let read = read.as_ref().map_or(0, |bytes| bytes.len() as u64);
                match rest.size_hint().exact() {
                    Some(rest) => SizeHint::with_exact(rest + read),
                    None => SizeHint::default(),
                }
            }
        }
    }
}

/// What goes down.
pub(crate) struct Reply {
    body: Download,
    record: Option<Box<Record>>,
}

enum Download {
    /// Ours, in memory.
    Own(Bytes),
    /// The provider's, as it comes.
    Passing {
        rest: Incoming,
        lease: Lease,
        silence: Silence,
    },
}

impl Reply {
    /// An answer of our own.
    pub(crate) fn own(body: impl Into<Bytes>) -> Self {
        Self {
            body: Download::Own(body.into()),
            record: None,
        }
    }

    /// The provider's answer, and the connection that it comes by.
    pub(crate) fn passing(rest: Incoming, mut lease: Lease) -> Self {
        if rest.is_end_stream() {
            lease.give_back();
            return Self::own(Bytes::new());
        }
        Self {
            body: Download::Passing {
                rest,
                lease,
                silence: Silence::new(ANSWER_SILENCE),
            },
            record: None,
        }
    }

    /// The same, with what is written down once it has passed.
    pub(crate) fn recorded(mut self, record: Box<Record>) -> Self {
        self.record = Some(record);
        self
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.body {
            Download::Own(bytes) if bytes.is_empty() => Poll::Ready(None),
            Download::Own(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Download::Passing {
                rest,
                lease,
                silence,
            } => {
                let frame = ready!(silence.poll(Pin::new(rest), cx));
                if frame.is_none() || rest.is_end_stream() {
                    lease.give_back();
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Download::Own(bytes) => bytes.is_empty(),
            Download::Passing { rest, .. } => rest.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Download::Own(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Download::Passing { rest, .. } => rest.size_hint(),
        }
    }
}

/// Ends a body whose sender says nothing for too long. A timer is set only when there is something to
/// wait for, which for most bodies there never is.
pub(crate) struct Silence {
    longest: Duration,
    since: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    fn new(longest: Duration) -> Self {
        Self {
            longest,
            since: None,
        }
    }

    fn poll(
        &mut self,
        body: Pin<&mut Incoming>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Poll::Ready(frame) = body.poll_frame(cx) {
            self.since = None;
            return Poll::Ready(frame.map(|it| it.map_err(std::io::Error::other)));
        }
        let longest = self.longest;
        let since = self.since.get_or_insert_with(|| Box::pin(sleep(longest)));
        ready!(since.as_mut().poll(cx));
        Poll::Ready(Some(Err(std::io::ErrorKind::TimedOut.into())))
    }
}

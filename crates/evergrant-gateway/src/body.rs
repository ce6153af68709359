//! Bodies on their way: a caller's, up to the provider, and an answer's, down to the caller.
//!
//! Small uploads are held in memory, so that they can be sent again after a 401; larger ones pass
//! through once. Answers always pass through. What is to happen when an answer has passed (counting
//! it, giving its connection back) is bound to the body, so that it happens however it ends.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Sleep, sleep};

use super::patience::PACE;
use super::pool::Lease;
use super::record::Record;

/// Uploads up to this size are held in memory. QuickBooks takes more in attachments only.
const HELD: usize = 1024 * 1024;

/// What goes up.
pub(crate) enum Upload {
    /// Nothing.
    Empty,
    /// All of it, in memory.
    Whole(Bytes),
    /// What was read of it, and the rest as it comes.
    Passing(Box<Passing>),
}

/// An upload that passes.
pub(crate) struct Passing {
    /// What was read already.
    read: Option<Bytes>,
    /// What comes.
    rest: Incoming,
    /// Whether it comes fast enough.
    tempo: Tempo,
}

/// Why an upload could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Its sender is too slow.
    Slow,
    /// Its sender went away.
    Broken,
}

impl Upload {
    /// A request's body: read, if it is small and there is room for it in `held`, so that it can be
    /// sent again. The permit is that room. The caller has `patience` for each [`PACE`] of it.
    ///
    /// # Errors
    /// If the caller does not send what was announced.
    pub(crate) async fn take(
        mut body: Incoming,
        held: &Semaphore,
        patience: Duration,
    ) -> Result<(Self, Option<SemaphorePermit<'_>>), Unread> {
        if body.is_end_stream() {
            return Ok((Self::Empty, None));
        }
        let mut tempo = Tempo::new(patience, PACE);
        let hint = body.size_hint();
        let room = usize::try_from(hint.upper().unwrap_or(HELD as u64)).unwrap_or(usize::MAX);
        let permit = u32::try_from(room)
            .ok()
            .filter(|room| *room as usize <= HELD)
            .and_then(|room| held.try_acquire_many(room).ok());
        if permit.is_none() {
            return Ok((Self::passing(None, body, tempo), None));
        }
        let mut read = Vec::new();
        let mut length = 0;
        while length < HELD {
            match poll_fn(|cx| tempo.poll(Pin::new(&mut body), cx)).await {
                Some(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(Unread::Slow);
                }
                Some(Err(_)) => return Err(Unread::Broken),
                None => return Ok((Self::Whole(joined(read, length)), permit)),
                Some(Ok(frame)) => {
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
        let read = joined(read, length);
        Ok((Self::passing(Some(read), body, tempo), permit))
    }

    fn passing(read: Option<Bytes>, rest: Incoming, tempo: Tempo) -> Self {
        Self::Passing(Box::new(Passing { read, rest, tempo }))
    }

    /// The same again, if it can be sent again.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::Passing(_) => None,
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
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Passing(passing) => {
                let Passing { read, rest, tempo } = &mut **passing;
                if let Some(bytes) = read.take() {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                tempo.poll(Pin::new(rest), cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Passing(it) => it.read.is_none() && it.rest.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Passing(passing) => {
                let read = passing.read.as_ref().map_or(0, |it| it.len() as u64);
                match passing.rest.size_hint().exact() {
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
        tempo: Tempo,
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

    /// The provider's answer, and the connection that it comes by; each next piece of it may take as
    /// long as `patience`.
    pub(crate) fn passing(rest: Incoming, mut lease: Lease, patience: Duration) -> Self {
        if rest.is_end_stream() {
            lease.give_back();
            return Self::own(Bytes::new());
        }
        Self {
            body: Download::Passing {
                rest,
                lease,
                tempo: Tempo::new(patience, 1),
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
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Self { body, record } = &mut *self;
        match body {
            Download::Own(bytes) if bytes.is_empty() => Poll::Ready(None),
            Download::Own(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Download::Passing { rest, lease, tempo } => {
                let frame = ready!(tempo.poll(Pin::new(rest), cx));
                if frame.is_none() || rest.is_end_stream() {
                    lease.give_back();
                }
                if let Some(record) = record {
                    record.busy.moved();
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

/// Ends a body that comes too slowly. A timer is set only when there is something to wait for, which
/// for most bodies there never is.
pub(crate) struct Tempo {
    /// How long `pace` bytes may take.
    patience: Duration,
    pace: u64,
    /// How many have come since the timer was set.
    come: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Tempo {
    fn new(patience: Duration, pace: u64) -> Self {
        Self {
            patience,
            pace,
            come: 0,
            timer: None,
        }
    }

    fn poll(
        &mut self,
        body: Pin<&mut Incoming>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = body.poll_frame(cx) {
            if let Some(Ok(frame)) = &frame {
                self.count(frame.data_ref().map_or(0, Bytes::len));
            }
            return Poll::Ready(frame.map(|it| it.map_err(io::Error::other)));
        }
        let patience = self.patience;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn count(&mut self, length: usize) {
        if self.timer.is_none() {
            return;
        }
        self.come += length as u64;
        if self.come >= self.pace {
            self.timer = None;
            self.come = 0;
        }
    }
}

//! What is known of one caller's connection, so that it can be closed when its time is over.
//!
//! Requests and the stream note what they do in a few numbers; the worker's watch looks at them. So
//! no request pays for timers of its own.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::patience::{PACE, Patience};

/// How much is read at first: most heads are shorter.
const FIRST: usize = 2048;
/// Pieces that are shorter than this in all are put together to be written: the system takes one piece
/// with less ado than several.
const TOGETHER: usize = 4096;

/// A connection. Moments are milliseconds of its worker's time, 0 for none.
#[derive(Debug)]
pub(crate) struct Line {
    begun: Instant,
    /// Requests under way.
    busy: AtomicU32,
    /// When the last one ended.
    rested: AtomicU64,
    /// Since when a head is coming.
    heard: AtomicU64,
    /// Since when the other side takes too little of what it is sent.
    stuck: AtomicU64,
    /// How many bytes it has taken since then.
    taken: AtomicU64,
    /// Whether it carries many requests at once (HTTP/2).
    is_shared: AtomicBool,
    /// When anything of a request or an answer last passed, where it is shared.
    moved: AtomicU64,
    close: Notify,
}

/// A request under way on a connection, until its answer has passed.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Line>);

/// A stream that tells its line what passes.
pub(super) struct Watched<S> {
    inner: S,
    pub(super) line: Arc<Line>,
    /// What was read by [`poll_first`](Self::poll_first), until it is read.
    first: BytesMut,
}

impl Line {
    /// A connection that was just made, of a worker that began its work at `begun`.
    pub(super) fn new(begun: Instant) -> Arc<Self> {
        let line = Self {
            begun,
            busy: AtomicU32::new(0),
            rested: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            stuck: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            is_shared: AtomicBool::new(false),
            moved: AtomicU64::new(0),
            close: Notify::new(),
        };
        set(&line.rested, line.now());
        Arc::new(line)
    }

    /// Waits until it is to be closed.
    pub(super) async fn closed(&self) {
        self.close.notified().await;
    }

    /// Closes it.
    pub(super) fn close(&self) {
        self.close.notify_one();
    }

    /// Since when nothing has been asked on it; `None` while something is.
    pub(super) fn idle_since(&self) -> Option<u64> {
        (self.busy.load(Ordering::Relaxed) == 0).then(|| get(&self.rested))
    }

    /// Whether the other side has used up somebody's patience.
    pub(super) fn is_over(&self, patience: &Patience) -> bool {
        let now = self.now();
        let longer = |since: u64, most: std::time::Duration| {
            since > 0 && u128::from(now.saturating_sub(since)) > most.as_millis()
        };
        if longer(get(&self.stuck), patience.download) {
            return true;
        }
        let is_shared = self.is_shared.load(Ordering::Relaxed);
        if self.busy.load(Ordering::Relaxed) > 0 {
            // A caller may stop an answer by HTTP/2's flow control: then nothing is stuck here.
            return is_shared && longer(get(&self.moved), patience.answer + patience.download);
        }
        longer(get(&self.rested), patience.idle)
            || !is_shared && longer(get(&self.heard), patience.head)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn read(&self) {
        if self.busy.load(Ordering::Relaxed) == 0 && get(&self.heard) == 0 {
            set(&self.heard, self.now());
        }
    }

    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Pending => self.note_stuck(),
            Poll::Ready(Ok(length)) if get(&self.stuck) > 0 => {
                let taken = get(&self.taken) + *length as u64;
                set(&self.taken, taken);
                if taken >= PACE {
                    set(&self.stuck, 0);
                }
            }
            Poll::Ready(_) => {}
        }
    }

    fn flushed<T>(&self, flushed: &Poll<T>) {
        if flushed.is_pending() {
            self.note_stuck();
        } else if get(&self.stuck) > 0 {
            set(&self.stuck, 0);
        }
    }

    fn note_stuck(&self) {
        if get(&self.stuck) == 0 {
            set(&self.taken, 0);
            set(&self.stuck, self.now());
        }
    }
}

impl Busy {
    /// A request on `line`, which may carry others at the same time if it is `shared`.
    pub(super) fn new(line: Arc<Line>, shared: bool) -> Self {
        line.busy.fetch_add(1, Ordering::Relaxed);
        set(&line.heard, 0);
        if shared {
            line.is_shared.store(true, Ordering::Relaxed);
        }
        let busy = Self(line);
        busy.moved();
        busy
    }

    /// A piece of it, or of its answer, has passed.
    pub(crate) fn moved(&self) {
        if self.0.is_shared.load(Ordering::Relaxed) {
            set(&self.0.moved, self.0.now());
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.moved();
        set(&self.0.rested, self.0.now());
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S> Watched<S> {
    pub(super) fn new(inner: S, line: Arc<Line>) -> Self {
        Self {
            inner,
            line,
            first: BytesMut::new(),
        }
    }
}

impl<S: AsyncRead + Unpin> Watched<S> {
    /// All that has come, once more has; whoever reads gets it then.
    pub(super) fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        // On the stack, so that who says nothing has no buffer.
        let mut room = [0; FIRST];
        let mut buffer = ReadBuf::new(&mut room);
        ready!(self.poll_more(cx, &mut buffer))?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        self.first.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(&self.first))
    }

    fn poll_more(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.line.read();
        }
        read
    }
}

fn get(moment: &AtomicU64) -> u64 {
    moment.load(Ordering::Relaxed)
}

fn set(moment: &AtomicU64, value: u64) {
    moment.store(value, Ordering::Relaxed);
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return self.poll_more(cx, buffer);
        }
        let length = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first.split_to(length));
        if self.first.is_empty() {
            self.first = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.line.wrote(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = parts.iter().map(|it| it.len()).sum();
        let written = if length <= TOGETHER {
            let mut room = [const { MaybeUninit::uninit() }; TOGETHER];
            let mut whole = ReadBuf::uninit(&mut room);
            parts.iter().for_each(|part| whole.put_slice(part));
            Pin::new(&mut self.inner).poll_write(cx, whole.filled())
        } else {
            Pin::new(&mut self.inner).poll_write_vectored(cx, parts)
        };
        self.line.wrote(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.line.flushed(&flushed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(seconds: u64) -> impl Future<Output = ()> {
        tokio::time::advance(Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn silence_and_a_head_without_end_are_over_in_their_time() {
        let patience = Patience::default();
        let line = Line::new(Instant::now());
        after(70).await;
        line.read();
        assert!(!line.is_over(&patience));
        after(21).await;
        // Bytes that trickle do not prolong it.
        line.read();
        assert!(line.is_over(&patience));
        let request = Busy::new(Arc::clone(&line), false);
        after(1000).await;
        assert!(!line.is_over(&patience) && line.idle_since().is_none());
        drop(request);
        assert!(!line.is_over(&patience));
        after(76).await;
        assert!(line.is_over(&patience));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_an_answer_too_slowly_is_over() {
        let patience = Patience::default();
        let line = Line::new(Instant::now());
        let _request = Busy::new(Arc::clone(&line), false);
        for _ in 0..7 {
            line.wrote(&Poll::Pending);
            after(10).await;
            line.wrote(&Poll::Ready(Ok(10)));
        }
        assert!(line.is_over(&patience));
        line.wrote(&Poll::Ready(Ok(20_000)));
        assert!(!line.is_over(&patience));
        line.wrote(&Poll::Pending);
        line.flushed(&Poll::Ready(()));
        after(1000).await;
        assert!(!line.is_over(&patience));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shared_line_on_which_nothing_moves_is_over() {
        let patience = Patience::default();
        let line = Line::new(Instant::now());
        let request = Busy::new(Arc::clone(&line), true);
        after(180).await;
        assert!(!line.is_over(&patience));
        request.moved();
        after(180).await;
        assert!(!line.is_over(&patience));
        after(11).await;
        assert!(line.is_over(&patience));
        drop(request);
        // Its frames are no heads.
        line.read();
        after(30).await;
        assert!(!line.is_over(&patience));
    }
}

//! Connections to the provider's API that stay open, for one worker.
//!
//! Each worker has its own, so that a request never leaves its thread. HTTP/1.1, one request at a time
//! on a connection; one whose answer was not read to its end is closed. What is known of the fate of
//! a request that got no answer is told exactly, because that decides whether it may be sent again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use evergrant::{Dialer, Error, ErrorKind};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout};

use super::body::Upload;

/// Servers close idle connections after a minute or so; one that is used in that moment is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// How many idle connections are kept.
const MOST_IDLE: usize = 1024;

/// An API's server, and how it is reached.
pub(crate) struct Origin {
    dialer: Dialer,
    /// Its URL.
    url: Uri,
    /// How long it may take to answer.
    patience: Duration,
}

/// Idle connections to one server.
pub(crate) struct Pool {
    origin: Arc<Origin>,
    idle: Mutex<VecDeque<Idle>>,
}

struct Idle {
    line: SendRequest<Upload>,
    since: Instant,
}

/// A request's connection: given back to its pool once the answer was read to its end.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    line: Option<SendRequest<Upload>>,
}

/// No answer came.
#[derive(Debug)]
pub(crate) struct Lost {
    /// Whether the other side can have received the request.
    pub(crate) sent: bool,
    /// Whether it was waited for as long as it may take: asking again would take as long again.
    pub(crate) late: bool,
    /// Why: `Config` for an untrusted certificate, else `Unavailable`.
    pub(crate) error: Error,
}

impl Origin {
    /// Of the API's root, reached by `dialer`; its answers, and each next piece of them, are waited
    /// for as long as `patience`.
    pub(crate) fn new(url: Uri, dialer: Dialer, patience: Duration) -> Self {
        Self {
            dialer,
            url,
            patience,
        }
    }

    async fn connect(&self) -> evergrant::Result<SendRequest<Upload>> {
        let line = self.dialer.dial(&self.url).await?;
        let greeted = http1::Builder::new()
            .max_buf_size(256 * 1024)
            .handshake(TokioIo::new(line))
            .await;
        let (line, connection) = greeted.map_err(|error| {
            Error::new(ErrorKind::Unavailable, "the provider can't be spoken to").with_source(error)
        })?;
        // Its end is seen by whoever uses the line next.
        tokio::spawn(async move { drop(connection.await) });
        Ok(line)
    }
}

impl Pool {
    pub(crate) fn new(origin: Arc<Origin>) -> Self {
        Self {
            origin,
            idle: Mutex::default(),
        }
    }

    /// How long each piece of an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        self.origin.patience
    }

    /// Sends a request, on an idle connection if there is one, and waits for the answer's head.
    /// `sending` is called when there is a connection.
    ///
    /// # Errors
    /// If none came, and whether the request may have been received.
    pub(crate) async fn send(
        self: &Arc<Self>,
        mut request: Request<Upload>,
        sending: impl Fn(),
    ) -> Result<(Response<Incoming>, Lease), Lost> {
        let now = Instant::now();
        while let Some(mut line) = self.take(now) {
            // One that was given back a moment ago may need this moment to be ready.
            if line.ready().await.is_err() {
                continue;
            }
            sending();
            match self.exchange(line, request).await {
                Ok(answered) => return Ok(answered),
                Err((_, Some(unsent))) => request = unsent,
                Err((lost, None)) => return Err(lost),
            }
        }
        let line = self.origin.connect().await;
        let line = line.map_err(|error| Lost {
            sent: false,
            late: false,
            error,
        })?;
        sending();
        let sent = self.exchange(line, request).await;
        sent.map_err(|(lost, _)| lost)
    }

    async fn exchange(
        self: &Arc<Self>,
        mut line: SendRequest<Upload>,
        request: Request<Upload>,
    ) -> Result<(Response<Incoming>, Lease), (Lost, Option<Request<Upload>>)> {
        let lost = |sent, late, what| {
            let error = Error::new(ErrorKind::Unavailable, what);
            Lost { sent, late, error }
        };
        match timeout(self.origin.patience, line.try_send_request(request)).await {
            Ok(Ok(response)) => {
                let lease = Lease {
                    pool: Arc::clone(self),
                    line: Some(line),
                };
                Ok((response, lease))
            }
            Ok(Err(mut failed)) => {
                let unsent = failed.take_message();
                let mut lost = lost(
                    unsent.is_none(),
                    false,
                    "the provider closed the connection before it answered",
                );
                lost.error = lost.error.with_source(failed.into_error());
                Err((lost, unsent))
            }
            Err(_) => Err((
                lost(true, true, "the provider did not answer in time"),
                None,
            )),
        }
    }

    /// The connection that was used last: the others may then grow old and go.
    fn take(&self, now: Instant) -> Option<SendRequest<Upload>> {
        let mut idle = self.idle();
        let old = |it: &Idle| now.saturating_duration_since(it.since) > IDLE_TIMEOUT;
        while idle
            .front()
            .is_some_and(|it| old(it) || it.line.is_closed())
        {
            idle.pop_front();
        }
        idle.pop_back().map(|it| it.line)
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// The answer was read to its end: the connection can be used again.
    pub(crate) fn give_back(&mut self) {
        let Some(line) = self.line.take().filter(|line| !line.is_closed()) else {
            return;
        };
        let mut idle = self.pool.idle();
        if idle.len() < MOST_IDLE {
            idle.push_back(Idle {
                line,
                since: Instant::now(),
            });
        }
    }
}

//! Connections to the provider's API that stay open, for one worker.
//!
//! Each worker has its own, so that a request never leaves its thread. HTTP/1.1, one request at a time
//! on a connection; one whose answer was not read to its end is closed. Which one a request gets is
//! decided by `lines`. What is known of the fate of
//! a request that got no answer is told exactly, because that decides whether it may be sent again.

use std::sync::Arc;
use std::time::Duration;

use evergrant::{Dialer, Error, ErrorKind};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::body::Upload;

mod lines;

use lines::{Line, Lines, Place, Turn};

/// An API's server, and how it is reached.
pub struct Origin {
    dialer: Dialer,
    /// Its URL.
    url: Uri,
    /// How long it may take to answer.
    patience: Duration,
}

/// The connections to one server.
pub(crate) struct Pool {
    origin: Arc<Origin>,
    lines: Arc<Lines<SendRequest<Upload>>>,
}

/// A request's connection: given back to its pool once the answer was read to its end.
pub(crate) struct Lease(Option<(SendRequest<Upload>, Place<SendRequest<Upload>>)>);

/// A connection on which a request can be sent at once.
pub(crate) struct Free {
    line: SendRequest<Upload>,
    place: Place<SendRequest<Upload>>,
    is_new: bool,
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
    pub fn new(url: Uri, dialer: Dialer, patience: Duration) -> Self {
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
            lines: Lines::new(),
        }
    }

    /// How long each piece of an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        self.origin.patience
    }

    /// Waits for a connection that is or comes free, or makes one.
    ///
    /// # Errors
    /// If none can be made.
    pub(crate) async fn free(&self) -> Result<Free, Lost> {
        loop {
            let (mut line, place, is_new) = match self.lines.turn().await {
                Turn::Make(place, _making) => (Box::pin(self.connect()).await?, place, true),
                Turn::Use(line, place) => (line, place, false),
            };
            // One that was given back a moment ago may need this moment to be ready.
            if line.ready().await.is_ok() || is_new {
                return Ok(Free {
                    line,
                    place,
                    is_new,
                });
            }
        }
    }

    /// Sends a request and waits for the answer's head. `sending` is called each time.
    ///
    /// # Errors
    /// If none came, and whether the request may have been received.
    pub(crate) async fn send(
        &self,
        mut free: Free,
        mut request: Request<Upload>,
        sending: impl Fn(),
    ) -> Result<(Response<Incoming>, Lease), Lost> {
        loop {
            sending();
            let is_new = free.is_new;
            match self.exchange(free, request).await {
                Ok(answered) => return Ok(answered),
                // The other side had closed it meanwhile.
                Err((_, Some(unsent))) if !is_new => request = unsent,
                Err((lost, _)) => return Err(lost),
            }
            free = self.free().await?;
        }
    }

    async fn connect(&self) -> Result<SendRequest<Upload>, Lost> {
        let connected = self.origin.connect().await;
        connected.map_err(|error| Lost {
            sent: false,
            late: false,
            error,
        })
    }

    async fn exchange(
        &self,
        Free {
            mut line, place, ..
        }: Free,
        request: Request<Upload>,
    ) -> Result<(Response<Incoming>, Lease), (Lost, Option<Request<Upload>>)> {
        let lost = |sent, late, what| {
            let error = Error::new(ErrorKind::Unavailable, what);
            Lost { sent, late, error }
        };
        match timeout(self.origin.patience, line.try_send_request(request)).await {
            Ok(Ok(response)) => Ok((response, Lease(Some((line, place))))),
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
}

impl Free {
    /// It is somebody else's turn.
    pub(crate) fn give_back(self) {
        Lines::give_back(self.line, self.place);
    }
}

impl Lease {
    /// The answer was read to its end: the connection can be used again.
    pub(crate) fn give_back(&mut self) {
        if let Some((line, place)) = self.0.take()
            && !line.is_closed()
        {
            Lines::give_back(line, place);
        }
    }
}

impl Line for SendRequest<Upload> {
    fn is_closed(&self) -> bool {
        self.is_closed()
    }
}

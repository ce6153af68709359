//! Webhook intake: what Intuit tells is kept before it is acknowledged, and handed to a program or a
//! URL until that has taken it.
//!
//! A delivery is verified over its bytes, split into events, and answered when those are on the disk in
//! `queue`. `handler` hands them on, one by one, again and again where that fails. What Intuit could
//! not tell, or told while nobody listened, `gaps` finds by asking what has changed. Each event reaches
//! its handler at least once; as a rule once. It does not read the objects: what a handler does with an
//! event is the handler's affair.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use evergrant::{Clock as _, SystemClock};
use evergrant_quickbooks::EntityKind;
use evergrant_quickbooks::webhook::{self, Refused, SIGNATURE_HEADER};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tracing::warn;

use crate::Gateway;
use crate::body::Reply;
use crate::refusal::Refusal;

mod event;
mod gaps;
mod handler;
mod queue;
mod state;

pub use event::{Event, Source};
pub use handler::Handler;
use queue::Queue;
pub use queue::waiting;

/// Where deliveries are posted to.
pub(crate) const PATH: &str = "/webhooks";

/// Who delivers, in the audit log.
const CALLER: &str = "webhooks";
/// A delivery is kilobytes; what is longer is not looked at.
const LONGEST: usize = 2 * 1024 * 1024;
/// Deliveries that are read at the same time: what they may take of the memory.
const AT_ONCE: usize = 16;
/// Intuit gives up after three seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is done with webhooks.
pub struct Rules {
    /// The apps' verifier tokens: any of them may have signed.
    pub verifiers: Vec<String>,
    /// Who takes the events.
    pub handler: Handler,
    /// How often companies are asked what has changed, if at all.
    pub gaps: Option<Duration>,
    /// Of what they are asked then; of all that they can be asked of if empty.
    pub entities: Vec<EntityKind>,
}

/// The intake.
pub struct Intake {
    verifiers: Vec<String>,
    queue: Queue,
    handler: Handler,
    gaps: gaps::Gaps,
    room: Semaphore,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    deliveries: AtomicU64,
    refused: AtomicU64,
    told: AtomicU64,
    found: AtomicU64,
    known: AtomicU64,
    handed: AtomicU64,
    failed: AtomicU64,
}

/// How the intake is.
pub(crate) struct Told {
    /// Events that wait to be handed on.
    pub(crate) waiting: usize,
    /// Since when the oldest of them does.
    pub(crate) oldest: Option<Timestamp>,
    /// What is counted: a name, its meaning, how many since the start.
    pub(crate) counts: [(&'static str, &'static str, u64); 7],
}

impl Intake {
    /// With its queue in `folder`.
    ///
    /// # Errors
    /// If the queue can't be opened, which one gateway at a time may do.
    pub fn open(rules: Rules, folder: &Path) -> io::Result<Self> {
        Ok(Self {
            queue: Queue::open(folder)?,
            gaps: gaps::Gaps::new(rules.gaps, &rules.entities),
            verifiers: rules.verifiers,
            handler: rules.handler,
            room: Semaphore::new(AT_ONCE),
            counts: Counts::default(),
        })
    }

    /// Hands events on and looks for gaps until it is to stop.
    pub async fn run(self: Arc<Self>, gateway: Arc<Gateway>, stop: watch::Receiver<bool>) {
        let looking = tokio::spawn({
            let (intake, gateway, stop) = (Arc::clone(&self), Arc::clone(&gateway), stop.clone());
            async move { intake.gaps.run(&intake, &gateway, stop).await }
        });
        self.handler.run(&self, &gateway, stop).await;
        drop(looking.await);
        // What was handed on is written when this has been.
        drop(self.queue.take(Vec::new(), None).await);
    }

    /// The answer to a delivery.
    pub(crate) async fn answer(
        &self,
        gateway: &Gateway,
        parts: &Parts,
        body: Incoming,
    ) -> Response<Reply> {
        match self.receive(parts, body).await {
            Ok(()) => {
                gateway.note(parts, (CALLER, ""), StatusCode::OK, None);
                Response::new(Reply::own(Bytes::new()))
            }
            Err(refusal) => {
                count(&self.counts.refused, 1);
                gateway.note_refused(parts, &refusal);
                refusal.respond(&parts.headers)
            }
        }
    }

    async fn receive(&self, parts: &Parts, body: Incoming) -> Result<(), Refusal> {
        if parts.method != Method::POST {
            return Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "bad_method"));
        }
        let body = self.read(body).await?;
        let signature = parts.headers.get(SIGNATURE_HEADER);
        let signature = signature.and_then(|value| value.to_str().ok());
        let events = self.verified(signature.unwrap_or_default(), &body)?;
        count(&self.counts.deliveries, 1);
        let now = SystemClock.now();
        let events = events.iter().map(|event| Event::told(event, now)).collect();
        let taken = self.take(events, None).await;
        taken.map_err(|error| {
            warn!("a webhook could not be kept, Intuit will send it again: {error}");
            refusal(StatusCode::SERVICE_UNAVAILABLE, "store")
        })
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, Refusal> {
        let reading = async {
            let _room = self.room.acquire().await;
            Limited::new(body, LONGEST).collect().await
        };
        match timeout(PATIENCE, reading).await {
            Ok(Ok(read)) => Ok(read.to_bytes()),
            Ok(Err(_)) => Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "broken_body")),
            Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "slow_body")),
        }
    }

    fn verified(&self, signature: &str, body: &[u8]) -> Result<Vec<webhook::Event>, Refusal> {
        for verifier in &self.verifiers {
            match webhook::verify(verifier, signature, body) {
                Ok(events) => return Ok(events),
                Err(Refused::Signature) => {}
                // It is Intuit's, and would come again and again, and hold up what follows.
                Err(unknown) => {
                    warn!("a webhook is passed over: {unknown}");
                    return Ok(Vec::new());
                }
            }
        }
        Err(refusal(StatusCode::UNAUTHORIZED, "signature"))
    }

    /// Puts events into the queue.
    async fn take(&self, events: Vec<Event>, mark: Option<(String, Timestamp)>) -> io::Result<()> {
        let all = events.len() as u64;
        let source = events.first().map(|event| event.source);
        let new = self.queue.take(events, mark).await? as u64;
        let counts = &self.counts;
        match source {
            Some(Source::Cdc) => count(&counts.found, new),
            _ => {
                count(&counts.told, new);
                count(&counts.known, all - new);
            }
        }
        Ok(())
    }

    /// How it is.
    pub(crate) fn told(&self) -> Told {
        let (waiting, oldest) = self.queue.waiting();
        let held = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let counts = &self.counts;
        Told {
            waiting,
            oldest,
            counts: [
                ("deliveries", "Deliveries taken.", held(&counts.deliveries)),
                ("refused", "Deliveries refused.", held(&counts.refused)),
                ("told", "New events that Intuit told.", held(&counts.told)),
                ("found", "Events found by asking.", held(&counts.found)),
                ("known", "Events told again.", held(&counts.known)),
                ("handed", "Events handed on.", held(&counts.handed)),
                ("failed", "Failures to hand one on.", held(&counts.failed)),
            ],
        }
    }
}

fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

fn refusal(status: StatusCode, error: &'static str) -> Refusal {
    let (message, what_to_do) = match error {
        "signature" => (
            "the signature is not that of this app's verifier token",
            "put the app's verifier token into verifier_file; development and production have different ones",
        ),
        "store" => ("the delivery could not be kept", "send it again"),
        "slow_body" => ("the delivery did not come in time", "send it again"),
        "broken_body" => ("the delivery is too long or broke off", "send it again"),
        _ => ("webhooks are posted", "use POST"),
    };
    Refusal::new(status, error, message, what_to_do)
}

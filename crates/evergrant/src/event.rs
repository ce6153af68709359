//! What happens to a connection, told as it happens.
//!
//! One closed list, which logs, metrics, consoles and alerts all read. Events are delivered by a
//! synchronous call in the order in which they happen, so none is lost to a slow reader; who needs
//! a queue puts one behind the callback. No event carries a secret.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::{ConnectionId, ErrorKind, Fingerprint, Generation, Lapse, Refusal, Warning};

/// An event, when it happened and to which connection.
#[derive(Debug, Clone)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// To which connection.
    pub connection: ConnectionId,
    /// What.
    pub event: Event,
}

/// What can happen. The variants from [`Leased`](Event::Leased) to [`Released`](Event::Released)
/// are the steps of the refresh routine, in their order.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A request is about to be sent to the API or to the provider.
    Sending {
        /// Its method.
        method: Method,
        /// Its URL.
        url: Url,
        /// Its headers, `Authorization` redacted.
        headers: HeaderMap,
        /// The generation of the bearer token attached, if one was.
        generation: Option<Generation>,
    },
    /// Its answer's head has come.
    Answered {
        /// The status.
        status: StatusCode,
        /// The headers.
        headers: HeaderMap,
        /// How long it took.
        took: Duration,
    },
    /// No answer came.
    Unanswered {
        /// Why, in a sentence.
        reason: String,
        /// How long it took to fail.
        took: Duration,
    },
    /// The API refused the token (401).
    Refused {
        /// What the answer says about the token.
        refusal: Refusal,
    },

    /// The lease is held: nobody else may spend this connection's refresh token now.
    Leased,
    /// The store was read again under the lease.
    Reread {
        /// The generation found.
        generation: Generation,
    },
    /// The attempt is recorded and the store has proven writable; the refresh token is spent next.
    Spending {
        /// Why a refresh is made.
        reason: Reason,
        /// The refresh token that goes.
        refresh: Fingerprint,
        /// How often this attempt was tried before without an answer.
        replays: u32,
    },
    /// New tokens have come and are durable. Nothing is told between their arrival and this: a
    /// listener that hangs must not stand between a received token and the disk.
    Saved {
        /// Where, in words: a path, a database.
        place: String,
        /// Their generation.
        generation: Generation,
        /// The refresh token now: the same as before within a rotation window.
        refresh: Option<Fingerprint>,
        /// The new access token.
        access: Option<Fingerprint>,
    },
    /// The new tokens are visible to every caller of this process.
    Refreshed {
        /// Why.
        reason: Reason,
        /// Whether the refresh token is another one than before.
        rotated: bool,
        /// The generation.
        generation: Generation,
        /// When the new access token dies, if the provider said.
        expires: Option<Timestamp>,
    },
    /// The lease is given back.
    Released,

    /// A refresh failed; the grant is kept.
    RefreshFailed {
        /// What kind of failure.
        kind: ErrorKind,
        /// Details in a sentence.
        detail: String,
        /// How many in a row.
        failures: u32,
        /// Not tried again before.
        retry_at: Option<Timestamp>,
    },
    /// The new tokens could not be saved yet. They are held in memory and the save is retried.
    Undurable {
        /// Why.
        detail: String,
    },
    /// A grant that somebody else saved (another process, a fresh login) is used from now on.
    Adopted {
        /// Its generation.
        generation: Generation,
    },
    /// The store was set back to an older state (a restored backup, a failover), and the tokens that this
    /// process holds were put back.
    PutBack {
        /// Their generation when they were first saved.
        generation: Generation,
    },
    /// An end has come near that only consent can put off. The schedule tells it once for each of
    /// [`WARNING_DAYS`](crate::WARNING_DAYS).
    Expiring {
        /// Which end, and how near.
        warning: Warning,
        /// How much time is left.
        left: SignedDuration,
    },
    /// The schedule can't keep the connection alive, for a reason that time alone may not mend; it
    /// goes on trying. Told once for each reason.
    Stalled {
        /// What kind of failure.
        kind: ErrorKind,
        /// Details in a sentence.
        detail: String,
    },
    /// The grant is over.
    Lapsed {
        /// Why.
        lapse: Lapse,
    },
    /// A grant was made by consent.
    Connected {
        /// Its generation.
        generation: Generation,
    },
    /// The grant was revoked on request.
    Disconnected,
}

/// Why a refresh is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is no access token.
    Missing,
    /// The access token is over.
    Expired,
    /// It will be soon.
    Expiring,
    /// The API refused it.
    Rejected,
    /// The grant would idle out.
    Idle,
    /// Nobody knows how old the tokens are, so nobody knows when they end.
    UnknownAge,
    /// It was asked for.
    Forced,
    /// An earlier attempt's outcome is unknown, and the access token is over.
    Recovering,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is no access token",
            Self::Expired => "the access token has expired",
            Self::Expiring => "the access token is about to expire",
            Self::Rejected => "the API refused the access token",
            Self::Idle => "the grant must not idle out",
            Self::UnknownAge => "nobody knows how old the tokens are",
            Self::Forced => "it was asked for",
            Self::Recovering => "an earlier refresh has no known outcome",
        })
    }
}

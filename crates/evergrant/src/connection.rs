//! A connection: one grant that we keep, under a name.
//!
//! These are records: what a [`Store`](crate::Store) keeps and the pure
//! [`policy`](crate::policy) decides on. They do nothing by themselves.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AccessToken, Fingerprint, RefreshToken};

/// The name of a connection, chosen by its user: `acme-books`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Takes any name; stores that map names to files check it themselves.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Counts the grants that a connection has held: each save that changes tokens adds one. A writer
/// must name the generation that it replaces, so a slow one cannot undo a newer grant.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    /// The generation that a save on top of this one gets. There is none above the last one, which
    /// only a damaged record names.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One grant under a name, as a store keeps it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its name.
    pub id: ConnectionId,
    /// The [`Provider`](crate::Provider) that issued the grant, by name.
    pub provider: String,
    /// The company's realm id where the provider has such a thing; opaque here.
    pub realm: Option<String>,
    /// The tokens, live or lapsed.
    pub grant: Grant,
    /// Which grant in the connection's life this is.
    pub generation: Generation,
    /// A refresh whose outcome is not (or not well) settled.
    pub attempt: Option<Attempt>,
    /// When refreshes were made because the API refused a token, newest last, the last few only.
    pub refusals: Vec<Timestamp>,
}

impl Connection {
    /// The tokens, whether or not the grant still lives: a lapsed grant is marked, never deleted.
    pub fn tokens(&self) -> &TokenSet {
        match &self.grant {
            Grant::Live(tokens) | Grant::Lapsed { tokens, .. } => tokens,
        }
    }
}

/// Whether tokens can still be renewed.
#[derive(Debug, Clone)]
pub enum Grant {
    /// They can.
    Live(TokenSet),
    /// They can't: a human must reconnect.
    Lapsed {
        /// Why it is over.
        lapse: Lapse,
        /// Since when we know.
        since: Timestamp,
        /// The tokens as they were; the access token may live a little longer.
        tokens: TokenSet,
    },
}

/// What the provider issued, with its three clocks. By default nothing.
#[derive(Debug, Clone, Default)]
pub struct TokenSet {
    /// The bearer token; `None` when a token file holds only a refresh token.
    pub access: Option<AccessToken>,
    /// When the access token dies; `None` when its age is unknown (then a 401 decides).
    pub access_expires: Option<Timestamp>,
    /// The token that buys the next one; `None` when the provider gave none.
    pub refresh: Option<RefreshToken>,
    /// The rolling end of the refresh token (QuickBooks: 100 days, moved by each refresh).
    pub refresh_expires: Option<Timestamp>,
    /// The hard end of the grant, which only consent moves (QuickBooks: 5 years).
    pub grant_expires: Option<Timestamp>,
    /// When the provider issued this set; `None` when unknown.
    pub obtained: Option<Timestamp>,
}

impl TokenSet {
    /// How long the access token was made to live, where that is known.
    pub fn access_life(&self) -> Option<SignedDuration> {
        Some(self.access_expires?.duration_since(self.obtained?))
    }
}

/// A refresh that was begun: recorded before the refresh token is spent, so that after a crash it
/// says that the answer may have been lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The refresh token that was about to be spent.
    pub spends: Fingerprint,
    /// When.
    pub started: Timestamp,
    /// What is known of its outcome.
    pub outcome: Outcome,
    /// How many attempts in a row have failed, this one included.
    pub failures: u32,
    /// Not to be tried again before.
    pub retry_at: Option<Timestamp>,
    /// While it is open, why it was begun; after that, why it failed. One short sentence without a
    /// secret, for people to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What is known of a refresh that has not succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Begun and not closed: the process may have died at any point after.
    Open,
    /// Sent, but no usable answer came: the token may be spent.
    Unanswered,
    /// The provider did not act on it, or was never reached: the token is as good as before.
    NotSpent,
}

/// Why a grant is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lapse {
    /// The provider says `invalid_grant` and nothing of ours explains it: revoked, disconnected,
    /// or spent by somebody else.
    Revoked,
    /// The refresh token was not used within its rolling window.
    Idle,
    /// The grant has reached its hard end.
    HardLimit,
    /// The answer to an earlier refresh was lost, and the provider had rotated.
    LostReply,
    /// The refresh token at hand is an old one that has already been spent: a restored backup or
    /// a copied file.
    Spent,
    /// There is no refresh token, and the access token is over.
    NoRefreshToken,
    /// It was revoked on request.
    Disconnected,
    /// It was given to another keeper, who alone may spend it now.
    HandedOver,
}

impl fmt::Display for Lapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "the provider refused the refresh token (invalid_grant): revoked, disconnected, or spent elsewhere",
            Self::Idle => "the refresh token was not used within its window and has idled out",
            Self::HardLimit => "the grant has reached its hard end",
            Self::LostReply => "the answer to an earlier refresh was lost after the provider had rotated the token",
            Self::Spent => "this refresh token has been spent before: what is stored is an old copy, as from a backup",
            Self::NoRefreshToken => "the access token is over and there is no refresh token",
            Self::Disconnected => "the grant was revoked on request",
            Self::HandedOver => "the grant was handed over to another keeper",
        })
    }
}

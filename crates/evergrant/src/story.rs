//! A grant's story: what a store remembers of the things that happened to a connection.
//!
//! Records only, without a secret in them. Stores tell them ([`Store::story`](crate::Store::story)),
//! people read them; nothing is decided on them.

use jiff::Timestamp;

use crate::{Fingerprint, Generation, Lapse, Outcome};

/// One thing that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A grant that came from outside was found and is kept from then on: a fresh login, another
    /// tool's file.
    Adopted {
        /// The generation that it counts as.
        generation: Generation,
        /// Its refresh token.
        refresh: Option<Fingerprint>,
        /// Its access token.
        access: Option<Fingerprint>,
    },
    /// A refresh token, or an authorization code, was about to be sent to the provider.
    Spent {
        /// It, by name.
        spends: Fingerprint,
        /// How many attempts on it had failed before.
        failures: u32,
        /// Why.
        why: Option<String>,
    },
    /// It brought no tokens; the grant is kept.
    Failed {
        /// What was sent.
        spends: Fingerprint,
        /// What is known of it since.
        outcome: Outcome,
        /// How many attempts in a row have failed.
        failures: u32,
        /// Not to be tried again before.
        retry_at: Option<Timestamp>,
        /// Why.
        why: Option<String>,
    },
    /// New tokens were saved.
    Saved {
        /// Their generation.
        generation: Generation,
        /// The refresh token since then.
        refresh: Option<Fingerprint>,
        /// The one that it has replaced; `None` if it is the same one or the first.
        replaces: Option<Fingerprint>,
        /// The new access token.
        access: Option<Fingerprint>,
        /// When that dies.
        access_expires: Option<Timestamp>,
    },
    /// The API has taken a token that had replaced a refused one.
    Accepted {
        /// Its generation.
        generation: Generation,
    },
    /// The grant was found to be over, or ended.
    Lapsed {
        /// The generation that carries the mark.
        generation: Generation,
        /// The refresh token that opens nothing any more.
        refresh: Option<Fingerprint>,
        /// Why.
        lapse: Lapse,
    },
}

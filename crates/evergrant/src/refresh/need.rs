//! What a caller needs of a flight, and what that means for what was read under the lease: pure.

use jiff::{SignedDuration, Timestamp};

use crate::policy::{self, Decision};
use crate::{
    AccessToken, Bearer, Connection, Fingerprint, Generation, Grant, Lapse, Provider, Reason,
    Refusal,
};

/// What a caller needs of a flight.
#[derive(Debug, Clone)]
pub(crate) enum Need {
    /// A bearer that lives.
    Usable,
    /// One that will live so long.
    Living(SignedDuration),
    /// Another one than this, which the API refused.
    Other {
        refused: Fingerprint,
        refusal: Refusal,
    },
    /// One of a later generation.
    Refreshed { since: Generation },
    /// Whatever the schedule finds to be due; `jitter` is what it has judged by.
    Kept { jitter: f64 },
}

/// What a flight brings.
#[derive(Debug, Clone)]
pub(crate) enum Renewal {
    /// A usable bearer.
    Bearer(Bearer),
    /// The API's refusal is not one that a refresh cures.
    Futile,
}

impl Renewal {
    pub(crate) fn bearer(&self) -> Option<Bearer> {
        match self {
            Self::Bearer(bearer) => Some(bearer.clone()),
            Self::Futile => None,
        }
    }
}

impl Need {
    /// Whether a flight, perhaps begun for somebody else, has met this need.
    pub(crate) fn is_met_by(&self, renewal: &Renewal) -> bool {
        let Renewal::Bearer(bearer) = renewal else {
            return matches!(self, Self::Other { .. });
        };
        match self {
            Self::Usable | Self::Living(_) | Self::Kept { .. } => true,
            Self::Other { refused, .. } => bearer.token.fingerprint() != *refused,
            Self::Refreshed { since } => bearer.generation > *since,
        }
    }

    /// The pure decision for this need, on what was read under the lease.
    pub(super) fn decide(
        &self,
        connection: &Connection,
        provider: &Provider,
        now: Timestamp,
    ) -> Verdict {
        let tokens = connection.tokens();
        let is_alive = matches!(connection.grant, Grant::Live(_));
        let usable = || Verdict::from(policy::decide(connection, provider, now, 0.0));
        let refresh =
            |reason| Verdict::from(policy::decide_refresh(connection, provider, now, reason));
        match self {
            Self::Living(life) if policy::ends_within(tokens, now, *life) => {
                refresh(Reason::Expiring)
            }
            Self::Usable | Self::Living(_) => usable(),
            Self::Other { refused, refusal } => {
                let present = tokens.access.as_ref().map(AccessToken::fingerprint);
                if present.as_ref() != Some(refused) {
                    return usable();
                }
                if !policy::may_refresh_after_refusal(connection, provider, now, *refusal) {
                    return Verdict::Futile;
                }
                refresh(Reason::Rejected)
            }
            // A generation of its own has the mark of a grant that is over, too.
            Self::Refreshed { since } if is_alive && connection.generation > *since => usable(),
            Self::Refreshed { .. } => refresh(Reason::Forced),
            Self::Kept { jitter } => match policy::due(connection, provider, now, *jitter) {
                Some(reason) => refresh(reason),
                None => policy::decide(connection, provider, now, *jitter).into(),
            },
        }
    }
}

/// What to do.
pub(super) enum Verdict {
    Serve,
    Futile,
    Spend(Reason),
    Wait(Timestamp),
    Lapsed(Lapse),
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Use => Self::Serve,
            Decision::UseAndRefresh(reason) | Decision::Refresh(reason) => Self::Spend(reason),
            Decision::Wait { until } => Self::Wait(until),
            Decision::Lapsed(lapse) => Self::Lapsed(lapse),
        }
    }
}

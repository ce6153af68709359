//! A process: what it has in memory and what it does next.

use crate::journal::{Lapse, Outcome};
use crate::provider::{Answer, Refresh, Tokens};
use crate::store::Connection;
use crate::world::{Mutation, Setting};

/// A process. A killed one is as one that was never started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Process {
    pub(crate) step: Step,
    /// What it serves its callers.
    pub(crate) published: Option<Tokens>,
    /// What was read before the lease was taken; kept only by [`Mutation::NotReread`].
    pub(crate) seen: Option<Connection>,
}

/// What a process does next. After `Lease` it holds the lease, until it is back at `Serve`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Serve callers. If there is nothing to serve, look into the store.
    #[default]
    Serve,
    /// Take the lease, and discard a room that holds no save to finish.
    Lease,
    /// Finish the save that a crash has cut off.
    Finish(Install),
    /// Note in the journal what it does not know of the token file.
    Note { was_renamed: bool },
    /// Re-read, and decide.
    Reread,
    /// Reserve the room for the answer.
    Reserve(Spend),
    /// Record which refresh token is about to be spent.
    Mark(Spend),
    /// Make that durable.
    SyncMark(Spend),
    /// Send the refresh token.
    Send(Spend),
    /// Take the answer, which is on its way.
    Await(Spend, Answer),
    /// See that the store still holds what the new tokens replace.
    Check(Received),
    /// Fill the room with the new tokens.
    Fill(Received),
    /// Put it in place.
    Install(Received, Install),
    /// Note the save in the journal, and show the new tokens to the callers.
    Publish(Received),
    /// No tokens came, nor `invalid_grant`: record what that says of the refresh token.
    Settle(Spend, Outcome),
    /// Make that durable, and give the room up.
    SyncSettled,
    /// `invalid_grant`: see whether another grant is in the store by now.
    Refused(Spend),
    /// Mark the grant as over.
    Lapse(Spend, Lapse),
    /// Make that durable, and give the room up.
    SyncLapse(Spend),
}

/// From a filled room to a token file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Install {
    Sync,
    Rename,
    SyncDirectory,
}

/// A refresh token that is spent, and what was read with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Spend {
    pub(crate) token: Refresh,
    /// The generation that new tokens replace.
    pub(crate) replaces: u8,
    /// What is known of an earlier attempt on it, if that is not enough.
    pub(crate) doubt: Option<Outcome>,
    /// It is sent for the second time in this flight.
    pub(crate) replayed: bool,
}

/// New tokens, in memory alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Received {
    pub(crate) spend: Spend,
    pub(crate) tokens: Tokens,
}

impl Step {
    pub(crate) fn holds_lease(&self, setting: &Setting) -> bool {
        match self {
            Self::Serve | Self::Lease => false,
            Self::Send(_) | Self::Await(..) => !setting.has(Mutation::LeaseNotHeld),
            _ => true,
        }
    }

    /// The refresh token whose fate nobody else knows, with the tokens that nobody else has.
    pub(crate) fn secret(&self) -> Option<(Refresh, Option<Tokens>)> {
        match self {
            Self::Await(spend, _)
            | Self::Refused(spend)
            | Self::Lapse(spend, _)
            | Self::SyncLapse(spend) => Some((spend.token, None)),
            Self::Check(it) | Self::Fill(it) | Self::Install(it, Install::Sync) => {
                Some((it.spend.token, Some(it.tokens)))
            }
            _ => None,
        }
    }

    /// New tokens that are in memory while their save goes on.
    pub(crate) fn received(&self) -> Option<Received> {
        match self {
            Self::Check(it) | Self::Fill(it) | Self::Install(it, _) | Self::Publish(it) => {
                Some(*it)
            }
            _ => None,
        }
    }

    /// Whether it has looked at the token file for the last time before it replaces it.
    pub(crate) fn is_about_to_replace(&self) -> bool {
        matches!(
            self,
            Self::Fill(_)
                | Self::Install(_, Install::Sync | Install::Rename)
                | Self::Finish(Install::Sync | Install::Rename)
        )
    }
}

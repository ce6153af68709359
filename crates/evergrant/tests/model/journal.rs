//! The journal beside the token file, as `store/journal.rs` reads it: the state is the fold of all
//! lines.

use crate::provider::{Refresh, Tokens};

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Line {
    /// A grant that we did not write was found in the token file.
    Adopted(Held),
    /// A refresh was begun, or settled without tokens.
    Attempt(Attempt),
    /// New tokens were saved.
    Saved(Held),
    /// The grant of this refresh token is over.
    Lapsed {
        generation: u8,
        refresh: Refresh,
        lapse: Lapse,
    },
}

/// The tokens that the file held when we last looked or wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) generation: u8,
    pub(crate) tokens: Tokens,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Attempt {
    pub(crate) spends: Refresh,
    pub(crate) outcome: Outcome,
}

/// What is known of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Open,
    Unanswered,
    NotSpent,
}

/// Why a grant is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Lapse {
    Revoked,
    LostReply,
    Spent,
}

/// What the lines add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    pub(crate) held: Option<Held>,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) lapsed: Option<(Refresh, Lapse)>,
    /// Refresh tokens that were rotated away, a bit each.
    spent: u32,
}

impl History {
    pub(crate) fn add(&mut self, line: Line) {
        match line {
            Line::Adopted(held) => {
                self.held = Some(held);
                self.attempt = None;
            }
            Line::Attempt(attempt) => self.attempt = Some(attempt),
            Line::Saved(held) => self.saved(held),
            Line::Lapsed {
                generation,
                refresh,
                lapse,
            } => {
                if let Some(held) = &mut self.held {
                    held.generation = generation;
                }
                self.attempt = None;
                self.lapsed = Some((refresh, lapse));
            }
        }
    }

    pub(crate) fn generation(&self) -> u8 {
        self.held.map_or(0, |held| held.generation)
    }

    /// An attempt whose outcome nobody knows.
    pub(crate) fn open_attempt(&self) -> Option<Attempt> {
        self.attempt
            .filter(|attempt| attempt.outcome != Outcome::NotSpent)
    }

    /// The numbers of the refresh tokens that were rotated away.
    pub(crate) fn spent(&self) -> impl Iterator<Item = u8> {
        let spent = self.spent;
        (0..32).filter(move |number| spent & (1 << number) != 0)
    }

    pub(crate) fn is_spent(&self, refresh: Refresh) -> bool {
        self.spent & bit(refresh) != 0
    }

    fn saved(&mut self, held: Held) {
        if let Some(attempt) = self.attempt.take() {
            self.spent |= bit(attempt.spends);
        }
        // A provider that gives a token back has not spent it.
        self.spent &= !bit(held.tokens.refresh);
        self.held = Some(held);
    }
}

fn bit(refresh: Refresh) -> u32 {
    1 << refresh.number
}

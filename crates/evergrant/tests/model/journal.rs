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
    /// The attempt before, if nobody knows its outcome and it was to spend another token.
    pub(crate) aside: Option<Attempt>,
    pub(crate) lapsed: Option<(Refresh, Lapse)>,
    /// Refresh tokens that were rotated away, a bit each.
    spent: u32,
}

impl History {
    pub(crate) fn add(&mut self, line: Line) {
        match line {
            Line::Adopted(held) => self.adopted(held),
            Line::Attempt(attempt) => self.attempted(attempt),
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
                self.lapsed(refresh, lapse);
            }
        }
    }

    pub(crate) fn generation(&self) -> u8 {
        self.held.map_or(0, |held| held.generation)
    }

    /// An attempt whose outcome nobody knows.
    pub(crate) fn open_attempt(&self) -> Option<Attempt> {
        self.attempt.filter(Attempt::is_in_doubt)
    }

    /// The last attempt to spend this refresh token, if it was not settled with tokens.
    pub(crate) fn attempt_on(&self, refresh: Refresh) -> Option<Attempt> {
        let attempts = [self.attempt, self.aside].into_iter().flatten();
        attempts.into_iter().find(|it| it.spends == refresh)
    }

    /// The numbers of the refresh tokens that were rotated away.
    pub(crate) fn spent(&self) -> impl Iterator<Item = u8> {
        let spent = self.spent;
        (0..32).filter(move |number| spent & (1 << number) != 0)
    }

    pub(crate) fn is_spent(&self, refresh: Refresh) -> bool {
        self.spent & bit(refresh) != 0
    }

    /// What was in doubt may be spent. A doubt about the adopted token itself stays.
    fn adopted(&mut self, held: Held) {
        for attempt in self.take_attempts() {
            if attempt.spends == held.tokens.refresh {
                self.attempt = Some(attempt);
            } else if attempt.is_in_doubt() {
                self.spent |= bit(attempt.spends);
            }
        }
        self.held = Some(held);
    }

    fn attempted(&mut self, attempt: Attempt) {
        let before = self.open_attempt();
        if let Some(before) = before.filter(|before| before.spends != attempt.spends) {
            self.aside = Some(before);
        }
        self.attempt = Some(attempt);
    }

    /// A token whose mark gives way to another's stays dead.
    fn lapsed(&mut self, refresh: Refresh, lapse: Lapse) {
        if let Some((before, _)) = self.lapsed.replace((refresh, lapse))
            && before != refresh
        {
            self.spent |= bit(before);
        }
    }

    fn saved(&mut self, held: Held) {
        for attempt in self.take_attempts() {
            self.spent |= bit(attempt.spends);
        }
        // A provider that gives a token back has not spent it.
        self.spent &= !bit(held.tokens.refresh);
        self.held = Some(held);
    }

    fn take_attempts(&mut self) -> impl Iterator<Item = Attempt> + use<> {
        let attempts = [self.aside.take(), self.attempt.take()];
        attempts.into_iter().flatten()
    }
}

impl Attempt {
    fn is_in_doubt(&self) -> bool {
        self.outcome != Outcome::NotSpent
    }
}

fn bit(refresh: Refresh) -> u32 {
    1 << refresh.number
}

//! How the file store reads its files together, as `store/file/room.rs` does. All of it is pure.

use crate::disk::{Contents, Disk};
use crate::journal::{Held, History, Lapse, Outcome};
use crate::provider::Tokens;

/// What the token file and the journal say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Connection {
    pub(crate) tokens: Tokens,
    pub(crate) generation: u8,
    pub(crate) lapsed: Option<Lapse>,
    /// What is known of an attempt on this refresh token, if that is not enough.
    pub(crate) doubt: Option<Outcome>,
}

impl Connection {
    /// `Room::load`. `None`: the token file is damaged.
    pub(crate) fn load(disk: &Disk) -> Option<Self> {
        Some(Self::of(disk.tokens()?, &disk.history()))
    }

    fn of(tokens: Tokens, history: &History) -> Self {
        let known = history.held.filter(|held| held.tokens == tokens);
        let attempt = history.attempt_on(tokens.refresh);
        Self {
            tokens,
            generation: known.map_or(history.generation() + 1, |held| held.generation),
            lapsed: judge(tokens, history),
            doubt: attempt
                .map(|attempt| attempt.outcome)
                .filter(|outcome| *outcome != Outcome::NotSpent),
        }
    }

    fn held(&self) -> Held {
        Held {
            generation: self.generation,
            tokens: self.tokens,
        }
    }
}

fn judge(tokens: Tokens, history: &History) -> Option<Lapse> {
    if let Some((refresh, lapse)) = history.lapsed
        && refresh == tokens.refresh
    {
        return Some(lapse);
    }
    history.is_spent(tokens.refresh).then_some(Lapse::Spent)
}

/// `Room::finish_save`: whether `NAME.next` holds tokens that descend from the token file's, so
/// that only their rename is missing.
pub(crate) fn is_save_unfinished(disk: &Disk) -> bool {
    let filled = disk.next().and_then(Contents::tokens).is_some();
    let attempt = disk.history().open_attempt();
    let descends = attempt
        .zip(disk.tokens())
        .is_some_and(|(attempt, present)| attempt.spends == present.refresh);
    filled && descends
}

/// Tokens in the file that the journal does not know.
pub(crate) fn unknown(disk: &Disk) -> Option<Held> {
    let connection = Connection::load(disk)?;
    let is_known = connection.generation == disk.history().generation();
    (!is_known).then(|| connection.held())
}

/// Whether they came by a save of ours, if `was_renamed` tells rightly that no room is left. What
/// is known to be spent comes from a human's hand, and an attempt on these very tokens did not bring
/// them if the journal knows of no others that it was for, or an earlier one is still unclosed.
///
/// Who is careless does not look whether the journal knows of others.
pub(crate) fn are_ours(disk: &Disk, was_renamed: bool, is_careless: bool) -> bool {
    let history = disk.history();
    let found = Connection::load(disk);
    let is_old = found.is_some_and(|found| found.lapsed.is_some());
    let spends = history.attempt.map(|attempt| attempt.spends);
    let is_for_others = history.held.map(|held| held.tokens.refresh) != spends;
    let is_on_them = found.is_some_and(|found| found.doubt.is_some())
        && (is_for_others && !is_careless || history.aside.is_some());
    let is_open = history
        .attempt
        .is_some_and(|it| it.outcome == Outcome::Open);
    was_renamed && !is_old && !is_on_them && is_open
}

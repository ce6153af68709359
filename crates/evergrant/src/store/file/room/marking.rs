//! What is noted before a token is spent, and after it was in vain.

use super::{Room, now};
use crate::store::disk;
use crate::store::journal::{Entry, Held, History};
use crate::{Attempt, Error, ErrorKind, Outcome, Result};

/// The least room that is reserved for tokens to come.
const LEAST_ROOM: usize = 8 * 1024;

impl Room {
    pub(in super::super) fn record(&self, attempt: &Attempt) -> Result<()> {
        if attempt.outcome == Outcome::Open {
            return self.open(attempt);
        }
        self.note(attempt)?;
        let next = self.next();
        self.disk
            .remove(&next)
            .map_err(|error| self.failure("the file can't be removed", &next, error))
    }

    /// Room first: a mark that outlives a want of room would be a doubt about a token that was
    /// never sent.
    fn open(&self, attempt: &Attempt) -> Result<()> {
        self.require_replaceable()?;
        let history = self.history()?;
        self.note_unknown(&history)?;
        let earlier = history.attempt_on(&attempt.spends).cloned();
        self.reserve()?;
        let next = self.next();
        self.note(attempt).inspect_err(|_| {
            drop(self.disk.remove(&next));
            let doubted = earlier.filter(|earlier| earlier.outcome != Outcome::NotSpent);
            let over = doubted.unwrap_or_else(|| Attempt {
                outcome: Outcome::NotSpent,
                why: Some("the attempt could not be recorded".to_owned()),
                ..attempt.clone()
            });
            drop(self.append(&Entry::attempt(&over)));
        })
    }

    /// Makes room for tokens beside the file, durably and with its name, or leaves none.
    pub(super) fn reserve(&self) -> Result<()> {
        let next = self.next();
        let refused = |what: &str, error| {
            drop(self.disk.remove(&next));
            self.failure(what, &next, error)
        };
        disk::reserve(&*self.disk, &next, self.room_for_tokens()).map_err(|error| {
            refused(
                "there is no room to save new tokens, and nothing was spent",
                error,
            )
        })?;
        self.disk.sync_directory(&next).map_err(|error| {
            let what = "the directory can't be synced, so that new tokens could go with the power, \
                        and nothing was spent: keep the token file on another file system";
            refused(what, error)
        })
    }

    /// A login that was pasted in since the lease was taken is noted before it can be in doubt:
    /// tokens that the journal does not know could be taken for the answer to the attempt.
    pub(super) fn note_unknown(&self, history: &History) -> Result<()> {
        let Some(members) = self.members()? else {
            return Ok(());
        };
        let connection = self.connection(&members, history);
        if connection.generation == history.generation() {
            return Ok(());
        }
        self.append(&Entry::adopted(now(), Held::of(&connection)))
    }

    /// Adds to the journal, durably.
    pub(super) fn note(&self, attempt: &Attempt) -> Result<()> {
        let journal = self.journal();
        let failed = |error| self.failure("the attempt can't be recorded", &journal, error);
        let is_new = self.disk.stat(&journal).map_err(failed)?.is_none();
        self.append(&Entry::attempt(attempt))?;
        self.disk.sync(&journal).map_err(failed)?;
        if is_new {
            self.disk.sync_directory(&journal).map_err(failed)?;
        }
        Ok(())
    }

    /// Twice what the tokens take now, and something: sealed ones take up to half as much again.
    fn room_for_tokens(&self) -> usize {
        let present = self.disk.stat(&self.target()).ok().flatten();
        let size = present.map_or(0, |file| usize::try_from(file.size).unwrap_or(0));
        size.saturating_mul(2).saturating_add(LEAST_ROOM)
    }

    /// Finds out before anything is spent whether the token file could be replaced.
    pub(super) fn require_replaceable(&self) -> Result<()> {
        let path = self.target();
        let present = self
            .disk
            .stat(&path)
            .map_err(|error| self.failure("the token file can't be examined", &path, error))?;
        let place = path.display();
        if present.is_some_and(|file| file.mode & 0o222 == 0) {
            return Err(Error::new(
                ErrorKind::Store,
                format!(
                    "the access token must be refreshed, but {place} is read-only and the new \
                     tokens could not be saved; nothing was spent: make it writable (chmod u+w)"
                ),
            )
            .for_connection(&self.id));
        }
        if self.disk.is_mount_point(&path) {
            return Err(Error::new(
                ErrorKind::Store,
                format!(
                    "{place} is mounted as a single file and can't be replaced; nothing was spent: \
                     mount its directory instead"
                ),
            )
            .for_connection(&self.id));
        }
        Ok(())
    }
}

//! What the holder of the lease finds when it comes: saves that a crash cut off, tokens that came
//! from outside.

use super::{Room, now};
use crate::store::journal::{Entry, Held, History};
use crate::store::token_file::Members;
use crate::{Attempt, Connection, Grant, Lapse, Outcome, RefreshToken, Result, TokenSet};

impl Room {
    /// Brings the files in order once the lease is held: finishes a save that a crash cut off, and
    /// notes a grant that came from outside, so that it counts as a generation of its own. Sealed
    /// tokens that no key opens are an error before anything is changed.
    pub(in super::super) fn settle(&self) -> Result<()> {
        let was_renamed = self.finish_save()?;
        let history = self.history()?;
        let Some(members) = self.members()? else {
            return Ok(());
        };
        let connection = self.connection(&members, &history);
        if connection.generation == history.generation() {
            return Ok(());
        }
        let saver = history.attempt.as_ref().filter(|attempt| {
            // What the ledger knows as spent, an exchange does not bring: a human put it there.
            let is_old = matches!(connection.grant, Grant::Lapsed { .. });
            // An attempt on these very tokens did not bring them if the journal knows of no others that it
            // was for, or an earlier one is still unclosed: a line was lost.
            let is_on_them = connection.attempt.is_some()
                && (!history.holds(&attempt.spends) || history.has_aside());
            was_renamed && !is_old && !is_on_them && attempt.outcome == Outcome::Open
        });
        let entry = match saver {
            Some(attempt) => {
                // Its name first: a journal that knows of tokens which a power cut takes back would
                // call the ones before them spent.
                self.sync_names()?;
                self.testify(Some(attempt), connection.tokens());
                recovered(&connection, &members, attempt)
            }
            None => Entry::adopted(now(), Held::of(&connection)),
        };
        // Its durability rides on the attempt's: nothing is spent before that is synced.
        self.append(&entry)
    }

    /// The connection, for somebody who may be about to spend its refresh token. One that this host has seen
    /// rotated away, in another file or in this one before it was set back, is marked for what it is.
    pub(in super::super) fn reread(&self) -> Result<Option<Connection>> {
        let Some(found) = self.load()? else {
            return Ok(None);
        };
        let Grant::Live(tokens) = &found.grant else {
            return Ok(Some(found));
        };
        if !self.has_seen_spent(tokens) {
            return Ok(Some(found));
        }
        let over = Connection {
            grant: Grant::Lapsed {
                lapse: Lapse::Spent,
                since: now(),
                tokens: tokens.clone(),
            },
            generation: found.generation.next(),
            attempt: None,
            ..found.clone()
        };
        self.save(&over, found.generation)?;
        Ok(Some(over))
    }

    fn has_seen_spent(&self, tokens: &TokenSet) -> bool {
        let refresh = tokens.refresh.as_ref().map(RefreshToken::fingerprint);
        let (Some(witness), Some(refresh)) = (&self.witness, refresh) else {
            return false;
        };
        witness.catch_up();
        witness.knows(&refresh)
    }

    /// Tells this host that an attempt has come to these tokens.
    pub(super) fn testify(&self, attempt: Option<&Attempt>, tokens: &TokenSet) {
        let Some(witness) = &self.witness else { return };
        let held = tokens.refresh.as_ref().map(RefreshToken::fingerprint);
        let spent = attempt.filter(|attempt| attempt.outcome == Outcome::Open);
        let spent = spent.map(|attempt| &attempt.spends);
        witness.note(spent.filter(|spent| Some(*spent) != held.as_ref()));
        if let Some(held) = held {
            witness.take_back(&held);
        }
    }

    /// Puts a filled `NAME.next` in its place if it descends from the present token file, and
    /// removes it otherwise: it was never filled, or a fresh login has come in between and wins.
    ///
    /// Says whether it is in its place, now or since before: whether the tokens in the file are
    /// those of the last attempt, if the journal doesn't know them.
    fn finish_save(&self) -> Result<bool> {
        loop {
            let seen = self.contents()?;
            let present = self.parsed(seen.as_deref())?;
            let present = present.map(|found| self.opened(&found)).transpose()?;
            let Some(contents) = self.filled()? else {
                return Ok(true);
            };
            let prepared = Members::parse(&contents).ok();
            // Tokens that nobody can read are tokens all the same, and not to be removed.
            let opened = prepared.as_ref().map(|found| self.opened(found));
            opened.transpose()?;
            let history = self.history()?;
            let descends = descends(&history, present.as_ref());
            let Some(prepared) = prepared.filter(|_| descends) else {
                self.note_unanswered(&history)?;
                let next = self.next();
                let removed = self.disk.remove(&next).map(|()| false);
                return removed
                    .map_err(|error| self.failure("the file can't be removed", &next, error));
            };
            // To the byte what is there, so that a crash in the middle of this tears nothing.
            if self.install(&prepared.to_bytes(), seen.as_deref())? {
                return Ok(true);
            }
        }
    }

    /// What is in `NAME.next`, without the room that is left behind it.
    pub(super) fn filled(&self) -> Result<Option<Vec<u8>>> {
        let next = self.next();
        let contents = self
            .disk
            .read(&next)
            .map_err(|error| self.failure("the file can't be read", &next, error))?;
        Ok(contents.map(|mut contents| {
            let end = contents.iter().rposition(|byte| *byte != 0);
            contents.truncate(end.map_or(0, |last| last + 1));
            contents
        }))
    }

    /// From now on an open attempt without room means that the room was filled and renamed.
    fn note_unanswered(&self, history: &History) -> Result<()> {
        let Some(attempt) = history.attempt.as_ref() else {
            return Ok(());
        };
        if attempt.outcome != Outcome::Open {
            return Ok(());
        }
        self.note(&Attempt {
            outcome: Outcome::Unanswered,
            why: Some("its process died before an answer was saved".to_owned()),
            ..attempt.clone()
        })
    }
}

/// Whether tokens that lie prepared are the answer to an attempt on the present ones.
fn descends(history: &History, present: Option<&Members>) -> bool {
    let (Some(attempt), Some(present)) = (history.open_attempt(), present) else {
        return history.open_attempt().is_some();
    };
    let present = present.refresh().map(|token| token.fingerprint());
    // A code is spent for a file that nobody has touched since.
    let untouched = history.held.as_ref().map(|held| &held.refresh) == Some(&present);
    untouched || present.as_ref() == Some(&attempt.spends)
}

/// What a save would have noted. The tokens are no younger than the attempt that brought them.
fn recovered(connection: &Connection, members: &Members, attempt: &Attempt) -> Entry {
    let end = |name| attempt.started.saturating_add(members.life(name)?).ok();
    let held = Held {
        obtained: Some(attempt.started),
        access_expires: end("expires_in"),
        refresh_expires: end("x_refresh_token_expires_in"),
        ..Held::of(connection)
    };
    Entry::recovered(attempt.started, held)
}

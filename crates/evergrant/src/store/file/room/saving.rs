//! How new tokens get into their place, durably before they are visible.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::{Room, now};
use crate::store::Form;
use crate::store::disk::{self, Pace};
use crate::store::journal::{Entry, Held, History};
use crate::store::token_file::Members;
use crate::{Connection, Error, ErrorKind, Generation, Grant, Result};

/// A journal longer than this is summed up.
const JOURNAL_LIMIT: usize = 64 * 1024;
/// How many of its last bytes stay as they are then, for who wants to read the story.
const JOURNAL_KEPT: usize = 16 * 1024;

impl Room {
    pub(in super::super) fn save(&self, new: &Connection, replaces: Generation) -> Result<()> {
        let history = self.history()?;
        let seen = self.contents()?;
        let present = self.parsed(seen.as_deref())?;
        let present = present.map(|found| self.opened(&found)).transpose()?;
        let stored = present
            .as_ref()
            .map(|members| self.connection(members, &history));
        let generation = stored
            .as_ref()
            .map_or(history.generation(), |stored| stored.generation);
        // An earlier try may have got so far and failed after it.
        let is_in_place = stored.is_some_and(|stored| {
            matches!(new.grant, Grant::Live(_)) && Held::of(&stored).same_tokens(&Held::of(new))
        });
        if generation != replaces && !is_in_place {
            self.note_winner(&history);
            return Err(self.conflict(format!("generation {generation} is stored, not {replaces}")));
        }
        if is_in_place {
            self.sync_names()?;
        } else if let Grant::Live(tokens) = &new.grant {
            let mut members = present.unwrap_or_default();
            members.set_tokens(tokens);
            self.note_realm(&mut members, new);
            if !self.install(&self.prepared(&members)?, seen.as_deref())? {
                self.note_winner(&history);
                return Err(self.conflict("the token file was replaced meanwhile".to_owned()));
            }
        }
        if let Grant::Live(tokens) = &new.grant {
            self.testify(history.attempt.as_ref(), tokens);
        }
        self.append(&Entry::saved(new))?;
        let journal = self.journal();
        if matches!(new.grant, Grant::Lapsed { .. }) {
            let noted = self.disk.sync(&journal);
            drop(self.disk.remove(&self.next()));
            noted.map_err(|error| self.failure("the journal can't be written", &journal, error))?;
        } else {
            self.sync_soon(&journal);
        }
        self.sum_up(&journal);
        Ok(())
    }

    /// Tokens were put into the file while others were being exchanged for: with them on record, the
    /// token that was spent is known for what it is, should a copy of it come back. That is worth no
    /// failure.
    fn note_winner(&self, history: &History) {
        if self.note_unknown(history).is_ok() {
            self.sync_soon(&self.journal());
        }
    }

    /// Syncs the line about new tokens, for which nobody waits: they are safe without it. It says
    /// that the ones before are spent, and who finds no such line sees that by the file.
    fn sync_soon(&self, journal: &Path) {
        let (disk, path) = (Arc::clone(&self.disk), journal.to_owned());
        let sync = move || disk.sync(&path);
        match Handle::try_current() {
            Ok(runtime) if self.disk.pace() != Pace::Instant => drop(runtime.spawn_blocking(sync)),
            _ => drop(sync()),
        }
    }

    /// The tokens as they are, in another form. The journal knows them by fingerprint, so that it
    /// has nothing to note; what a crash leaves beside the file is removed or put in place by the
    /// next holder of the lease, and is the same tokens either way.
    pub(in super::super) fn rewrite(&self, form: Form) -> Result<()> {
        let seen = self.contents()?;
        let present = self.parsed(seen.as_deref())?.ok_or_else(|| {
            let place = self.target();
            Error::new(
                ErrorKind::NotFound,
                format!("there is no {}", place.display()),
            )
            .for_connection(&self.id)
        })?;
        let clear = self.opened(&present)?;
        let bytes = match form {
            Form::Clear if present.sealed_with().is_none() => return Ok(()),
            Form::Clear => clear.to_bytes(),
            Form::Sealed => self.sealed(&clear)?.ok_or_else(|| self.no_keys())?,
        };
        self.require_replaceable()?;
        self.reserve()?;
        if self.install(&bytes, seen.as_deref())? {
            return Ok(());
        }
        drop(self.disk.remove(&self.next()));
        Err(self.conflict("the token file was replaced meanwhile".to_owned()))
    }

    /// The bytes that hold these members. Those that lie prepared already, since an earlier try got
    /// so far and failed after it, are taken as they are: sealing is never the same twice, and to
    /// write others over bytes that are durable could tear them.
    fn prepared(&self, members: &Members) -> Result<Vec<u8>> {
        let Some(sealed) = self.sealed(members)? else {
            return Ok(members.to_bytes());
        };
        let lying = self.filled()?.and_then(|found| Members::parse(&found).ok());
        let same = lying.filter(|found| {
            let opened = self.opened(found);
            opened.is_ok_and(|opened| opened.to_bytes() == members.to_bytes())
        });
        Ok(same.map_or(sealed, |found| found.to_bytes()))
    }

    /// The bytes that hold these members sealed; `None` where nothing is.
    fn sealed(&self, members: &Members) -> Result<Option<Vec<u8>>> {
        let Some(sealer) = &self.kept.sealer else {
            return Ok(None);
        };
        let sealed = members.sealed(sealer, &self.id);
        let sealed = sealed.map_err(|error| error.for_connection(&self.id))?;
        Ok(Some(sealed.to_bytes()))
    }

    /// The realm goes into the file if consent told it or the file already has such a member, but
    /// not because a flag happened to name it.
    fn note_realm(&self, members: &mut Members, new: &Connection) {
        let Some(realm) = &new.realm else { return };
        if members.realm().is_some() || self.kept.file.realm.as_ref() != Some(realm) {
            members.set_realm(realm);
        }
    }

    /// Fills the room beside the file, and puts it in the file's place; `false`, and nothing is
    /// put there, if the file is no longer as it was `seen`: filling takes as long as a sync does,
    /// and a login that was pasted in meanwhile wins.
    pub(super) fn install(&self, bytes: &[u8], seen: Option<&[u8]>) -> Result<bool> {
        let (target, next) = (self.target(), self.next());
        let failed = |error| self.failure("the token file can't be replaced", &target, error);
        let present = self.disk.stat(&target).map_err(failed)?;
        let private = present.map_or(0o600, |file| file.mode & 0o600);
        disk::fill(&*self.disk, &next, bytes, private).map_err(failed)?;
        if self.contents()?.as_deref() != seen {
            return Ok(false);
        }
        disk::replace(&*self.disk, &next, &target).map_err(failed)?;
        Ok(true)
    }

    pub(super) fn sync_names(&self) -> Result<()> {
        let target = self.target();
        self.disk
            .sync_directory(&target)
            .map_err(|error| self.failure("the directory can't be synced", &target, error))
    }

    /// Sums a long journal up. That is housekeeping: if it fails, the long one is as good. One with a
    /// long ledger may grow longer, so that it is not written anew with each save.
    fn sum_up(&self, journal: &Path) {
        let is_long = |file: disk::Stat| file.size >= JOURNAL_LIMIT as u64;
        if !self
            .disk
            .stat(journal)
            .is_ok_and(|file| file.is_some_and(is_long))
        {
            return;
        }
        let (Ok(lines), Ok(history)) = (self.lines(), self.history()) else {
            return;
        };
        let summary = Entry::summary(now(), history).to_line();
        if lines.len() < JOURNAL_LIMIT + 2 * summary.len() {
            return;
        }
        let kept = &lines[lines.len() - JOURNAL_KEPT..];
        let whole_lines = kept
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let shorter = [&kept[whole_lines..], &summary].concat();
        let prepared = self.beside(".journal.next");
        if disk::fill(&*self.disk, &prepared, &shorter, 0o600).is_ok() {
            drop(disk::replace(&*self.disk, &prepared, journal));
        }
    }

    fn conflict(&self, what: String) -> Error {
        Error::new(ErrorKind::Conflict, what).for_connection(&self.id)
    }

    fn no_keys(&self) -> Error {
        Error::new(
            ErrorKind::Sealed,
            "there is no key to seal with; nothing was changed",
        )
        .for_connection(&self.id)
    }
}

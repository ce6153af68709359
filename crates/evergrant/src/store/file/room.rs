//! One connection's files, and how they are read and changed together.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::TokenFile;
use crate::store::disk::{self, Disk, Write};
use crate::store::journal::{self, Entry, Held, History};
use crate::store::token_file::Members;
use crate::{
    Attempt, Chapter, Connection, ConnectionId, Error, ErrorKind, Generation, Grant, Outcome,
    Result, TokenSet,
};

/// A journal longer than this is summed up.
const JOURNAL_LIMIT: usize = 64 * 1024;
/// How many of its last bytes stay as they are then, for who wants to read the story.
const JOURNAL_KEPT: usize = 16 * 1024;
/// The least room that is reserved for tokens to come.
const LEAST_ROOM: usize = 8 * 1024;

/// One connection's files.
#[derive(Clone)]
pub(super) struct Room {
    id: ConnectionId,
    file: Arc<TokenFile>,
    disk: Arc<dyn Disk>,
}

impl Room {
    pub(super) fn new(id: ConnectionId, file: &Arc<TokenFile>, disk: &Arc<dyn Disk>) -> Self {
        Self {
            id,
            file: Arc::clone(file),
            disk: Arc::clone(disk),
        }
    }

    /// Runs file work where it may block. Syncs take milliseconds, which other tasks need not wait.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.disk.is_instant() {
            return work(self);
        }
        let room = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&room)).await;
        done.unwrap_or_else(|failure| {
            Err(Error::new(ErrorKind::Store, "the file work was interrupted").with_source(failure))
        })
    }

    /// The token file itself, symbolic links followed.
    fn target(&self) -> PathBuf {
        self.disk.resolve(&self.file.path)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.target().into_os_string();
        name.push(suffix);
        name.into()
    }

    fn journal(&self) -> PathBuf {
        self.beside(".journal")
    }

    fn next(&self) -> PathBuf {
        self.beside(".next")
    }

    /// Waits for the lock without holding a thread, so that a caller who gives up leaves nothing
    /// behind.
    pub(super) async fn lock(&self, wait: Duration) -> Result<Box<dyn Any + Send + Sync>> {
        let path = self.beside(".lock");
        let locked = disk::lock(&*self.disk, &path, wait)
            .await
            .map_err(|error| {
                self.failure("the lock file can't be opened and locked", &path, error)
            })?;
        locked.ok_or_else(|| self.busy(&path, wait))
    }

    fn busy(&self, lock: &Path, wait: Duration) -> Error {
        let (lock, seconds) = (lock.display(), wait.as_secs());
        Error::new(
            ErrorKind::Busy,
            format!("another process has held {lock} for more than {seconds} s"),
        )
        .for_connection(&self.id)
    }

    pub(super) fn load(&self) -> Result<Option<Connection>> {
        // The journal first: it is written after the token file, so what it says of the file can
        // be behind but never ahead, and a token just rotated away is not mistaken for an old copy.
        let history = self.history()?;
        let Some(members) = self.members()? else {
            return Ok(None);
        };
        Ok(Some(self.connection(&members, &history)))
    }

    /// What the journal tells, for people.
    pub(super) fn story(&self) -> Result<Vec<Chapter>> {
        Ok(journal::story(&self.lines()?))
    }

    fn history(&self) -> Result<History> {
        Ok(History::read(&self.lines()?))
    }

    fn lines(&self) -> Result<Vec<u8>> {
        let path = self.journal();
        let lines = self
            .disk
            .read(&path)
            .map_err(|error| self.failure("the journal can't be read", &path, error))?;
        Ok(lines.unwrap_or_default())
    }

    fn members(&self) -> Result<Option<Members>> {
        let path = self.target();
        let contents = self
            .disk
            .read(&path)
            .map_err(|error| self.failure("the token file can't be read", &path, error))?;
        contents
            .map(|contents| Members::parse(&contents))
            .transpose()
            .map_err(|error| {
                let place = path.display();
                Error::new(ErrorKind::Store, format!("{error} ({place})")).for_connection(&self.id)
            })
    }

    /// What the file and the journal say together.
    fn connection(&self, members: &Members, history: &History) -> Connection {
        let mut tokens = TokenSet {
            access: members.access(),
            access_expires: None,
            refresh: members.refresh(),
            refresh_expires: None,
            grant_expires: None,
            obtained: None,
        };
        let found = Held::named(&tokens, Generation::default());
        let known = history.held.as_ref();
        let known = known.filter(|held| held.same_tokens(&found));
        let generation = match known {
            Some(held) => held.generation,
            None => history.generation().next(),
        };
        if let Some(held) = known {
            tokens.access_expires = held.access_expires;
            tokens.refresh_expires = held.refresh_expires;
            tokens.grant_expires = held.grant_expires;
            tokens.obtained = held.obtained;
        }
        Connection {
            id: self.id.clone(),
            provider: self.file.provider.clone(),
            realm: self.file.realm.clone().or_else(|| members.realm()),
            attempt: found
                .refresh
                .as_ref()
                .and_then(|refresh| history.attempt_on(refresh))
                .cloned(),
            refusals: known.map(|held| held.refusals.clone()).unwrap_or_default(),
            grant: history.judge(tokens, &found),
            generation,
        }
    }

    /// Brings the files in order once the lease is held: finishes a save that a crash cut off, and
    /// notes a grant that came from outside, so that it counts as a generation of its own.
    pub(super) fn settle(&self) -> Result<()> {
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
            was_renamed && !is_old && attempt.outcome == Outcome::Open
        });
        let entry = match saver {
            Some(attempt) => {
                // Its name first: a journal that knows of tokens which a power cut takes back would
                // call the ones before them spent.
                self.sync_names()?;
                recovered(&connection, &members, attempt)
            }
            None => Entry::adopted(now(), Held::of(&connection)),
        };
        // Its durability rides on the attempt's: nothing is spent before that is synced.
        self.append(&entry)
    }

    fn sync_names(&self) -> Result<()> {
        let target = self.target();
        self.disk
            .sync_directory(&target)
            .map_err(|error| self.failure("the directory can't be synced", &target, error))
    }

    /// Puts a filled `NAME.next` in its place if it descends from the present token file, and
    /// removes it otherwise: it was never filled, or a fresh login has come in between and wins.
    ///
    /// Says whether it is in its place, now or since before: whether the tokens in the file are
    /// those of the last attempt, if the journal doesn't know them.
    fn finish_save(&self) -> Result<bool> {
        let next = self.next();
        let contents = self
            .disk
            .read(&next)
            .map_err(|error| self.failure("the file can't be read", &next, error))?;
        let Some(mut contents) = contents else {
            return Ok(true);
        };
        let end = contents.iter().rposition(|byte| *byte != 0);
        contents.truncate(end.map_or(0, |last| last + 1));
        let history = self.history()?;
        let descends = match (history.open_attempt(), self.members()?) {
            (Some(attempt), Some(present)) => {
                let present = present.refresh().map(|token| token.fingerprint());
                // A code is spent for a file that nobody has touched since.
                let untouched = history.held.as_ref().map(|held| &held.refresh) == Some(&present);
                untouched || present.as_ref() == Some(&attempt.spends)
            }
            (Some(_), None) => true,
            (None, _) => false,
        };
        let Some(members) = Members::parse(&contents).ok().filter(|_| descends) else {
            self.note_unanswered(&history)?;
            return self
                .disk
                .remove(&next)
                .map(|()| false)
                .map_err(|error| self.failure("the file can't be removed", &next, error));
        };
        self.install(&members).map(|()| true)
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

    pub(super) fn record(&self, attempt: &Attempt) -> Result<()> {
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
        let next = self.next();
        let reserved = disk::reserve(&*self.disk, &next, self.room_for_tokens());
        if let Err(error) = reserved {
            drop(self.disk.remove(&next));
            return Err(self.failure("there is no room to save new tokens", &next, error));
        }
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

    /// A login that was pasted in since the lease was taken is noted before it can be in doubt:
    /// tokens that the journal does not know could be taken for the answer to the attempt.
    fn note_unknown(&self, history: &History) -> Result<()> {
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
    fn note(&self, attempt: &Attempt) -> Result<()> {
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

    /// Twice what the tokens take now, and something.
    fn room_for_tokens(&self) -> usize {
        let present = self.disk.stat(&self.target()).ok().flatten();
        let size = present.map_or(0, |file| usize::try_from(file.size).unwrap_or(0));
        size.saturating_mul(2).saturating_add(LEAST_ROOM)
    }

    /// Finds out before anything is spent whether the token file could be replaced.
    fn require_replaceable(&self) -> Result<()> {
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

    pub(super) fn save(&self, new: &Connection, replaces: Generation) -> Result<()> {
        let history = self.history()?;
        let present = self.members()?;
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
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("generation {generation} is stored, not {replaces}"),
            )
            .for_connection(&self.id));
        }
        if is_in_place {
            self.sync_names()?;
        } else if let Grant::Live(tokens) = &new.grant {
            let mut members = present.unwrap_or_default();
            members.set_tokens(tokens);
            self.note_realm(&mut members, new);
            self.install(&members)?;
        }
        self.append(&Entry::saved(new))?;
        let journal = self.journal();
        if matches!(new.grant, Grant::Lapsed { .. }) {
            drop(self.disk.remove(&self.next()));
            self.disk
                .sync(&journal)
                .map_err(|error| self.failure("the journal can't be written", &journal, error))?;
        }
        self.sum_up(&journal);
        Ok(())
    }

    /// The realm goes into the file if consent told it or the file already has such a member, but
    /// not because a flag happened to name it.
    fn note_realm(&self, members: &mut Members, new: &Connection) {
        let Some(realm) = &new.realm else { return };
        if members.realm().is_some() || self.file.realm.as_ref() != Some(realm) {
            members.set_realm(realm);
        }
    }

    /// Fills the room beside the file, and puts it in the file's place.
    fn install(&self, members: &Members) -> Result<()> {
        let (target, next) = (self.target(), self.next());
        let failed = |error| self.failure("the token file can't be replaced", &target, error);
        let present = self.disk.stat(&target).map_err(failed)?;
        let private = present.map_or(0o600, |file| file.mode & 0o600);
        disk::fill(&*self.disk, &next, &members.to_bytes(), private).map_err(failed)?;
        disk::replace(&*self.disk, &next, &target).map_err(failed)
    }

    /// Needs no lease: an appended line stands by itself.
    pub(super) fn accepted(&self, generation: Generation) -> Result<()> {
        self.append(&Entry::accepted(now(), generation))
    }

    fn append(&self, entry: &Entry) -> Result<()> {
        let path = self.journal();
        self.disk
            .write(&path, &entry.to_line(), Write::Append)
            .map_err(|error| self.failure("the journal can't be written", &path, error))
    }

    /// Sums a long journal up. That is housekeeping: if it fails, the long one is as good.
    fn sum_up(&self, journal: &Path) {
        let Ok(Some(lines)) = self.disk.read(journal) else {
            return;
        };
        if lines.len() < JOURNAL_LIMIT {
            return;
        }
        let kept = &lines[lines.len() - JOURNAL_KEPT..];
        let whole_lines = kept
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let summary = Entry::summary(now(), History::read(&lines));
        let shorter = [&kept[whole_lines..], &summary.to_line()].concat();
        let prepared = self.beside(".journal.next");
        if disk::fill(&*self.disk, &prepared, &shorter, 0o600).is_ok() {
            drop(disk::replace(&*self.disk, &prepared, journal));
        }
    }

    fn failure(&self, what: &str, path: &Path, error: io::Error) -> Error {
        Error::new(ErrorKind::Store, format!("{what}: {}", path.display()))
            .for_connection(&self.id)
            .with_source(error)
    }
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

/// When a line of the journal was written, to the second: nothing is decided on it.
fn now() -> Timestamp {
    let now = crate::Clock::now(&crate::SystemClock);
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

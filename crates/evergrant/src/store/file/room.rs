//! One connection's files, and how they are read and changed together.
//!
//! Reading is here; what the holder of the lease does stands in the three files below: what it finds
//! when it comes (`settling`), what it notes before a token is spent and after it was in vain
//! (`marking`), and how new tokens get into their place (`saving`).

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use super::Kept;
use crate::store::disk::{self, Disk, Pace, Write};
use crate::store::journal::{self, Entry, Held, History};
use crate::store::token_file::Members;
use crate::store::witness::Witness;
use crate::{
    Chapter, Connection, ConnectionId, Error, ErrorKind, Generation, KeyId, Result, TokenSet,
};

mod marking;
mod saving;
mod settling;

/// One connection's files.
#[derive(Clone)]
pub(super) struct Room {
    pub(super) id: ConnectionId,
    pub(super) kept: Arc<Kept>,
    pub(super) disk: Arc<dyn Disk>,
    /// Whether the files may be on a network file system.
    pub(super) on_network: bool,
    /// What this host has seen spent, where that is remembered.
    pub(super) witness: Option<Arc<Witness>>,
    /// Where the token file was found to be: one piece of work has one place.
    pub(super) found: OnceLock<PathBuf>,
}

impl Room {
    /// Runs file work where it may block. Syncs take milliseconds, which other tasks need not wait.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.disk.pace() != Pace::Threads {
            return work(self);
        }
        self.beside_others(work).await
    }

    /// Runs file work while its caller does something else.
    pub(super) async fn beside_others<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.disk.pace() == Pace::Instant {
            return work(self);
        }
        let room = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&room)).await;
        done.unwrap_or_else(|failure| {
            Err(Error::new(ErrorKind::Store, "the file work was interrupted").with_source(failure))
        })
    }

    /// Waits for the lock without holding a thread, so that a caller who gives up leaves nothing
    /// behind.
    pub(super) async fn lock(&self, wait: Duration) -> Result<Box<dyn Any + Send + Sync>> {
        self.require_trusty()?;
        let path = self.beside(".lock");
        let locked = disk::lock(&*self.disk, &path, wait)
            .await
            .map_err(|error| {
                self.failure("the lock file can't be opened and locked", &path, error)
            })?;
        locked.ok_or_else(|| self.busy(&path, wait))
    }

    pub(super) fn load(&self) -> Result<Option<Connection>> {
        self.require_trusty()?;
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

    /// The key that the tokens in the file are sealed with, whether or not it is at hand.
    pub(super) fn sealed_with(&self) -> Result<Option<KeyId>> {
        let members = self.parsed(self.contents()?.as_deref())?;
        Ok(members.and_then(|members| members.sealed_with()))
    }

    /// Needs no lease: an appended line stands by itself.
    pub(super) fn accepted(&self, generation: Generation) -> Result<()> {
        self.append(&Entry::accepted(now(), generation))
    }

    /// A place where locks hold, and keys that can be had: nothing is read or changed without.
    fn require_trusty(&self) -> Result<()> {
        if !self.on_network
            && let Some(kind) = self.disk.network_kind(&self.target())
        {
            let place = self.target();
            return Err(Error::new(
                ErrorKind::RemoteFile,
                format!(
                    "{} is on a network file system ({kind}), where a lock may exclude nobody and \
                     two machines could spend one refresh token; nothing was touched: keep it on a \
                     local disk, or allow network file systems if one machine alone uses it",
                    place.display()
                ),
            )
            .for_connection(&self.id));
        }
        if let Some(sealer) = &self.kept.sealer {
            let newest = sealer.newest();
            newest.map_err(|error| error.for_connection(&self.id))?;
        }
        Ok(())
    }

    /// The token file itself, symbolic links followed.
    fn target(&self) -> PathBuf {
        let found = self
            .found
            .get_or_init(|| self.disk.resolve(&self.kept.file.path));
        found.clone()
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

    fn history(&self) -> Result<History> {
        History::read(&self.lines()?).map_err(|later| {
            let path = self.journal();
            let what = format!("{later}: {}", path.display());
            Error::new(ErrorKind::Store, what).for_connection(&self.id)
        })
    }

    fn lines(&self) -> Result<Vec<u8>> {
        let path = self.journal();
        let lines = self
            .disk
            .read(&path)
            .map_err(|error| self.failure("the journal can't be read", &path, error))?;
        Ok(lines.unwrap_or_default())
    }

    /// The token file's members, the tokens in clear.
    fn members(&self) -> Result<Option<Members>> {
        let parsed = self.parsed(self.contents()?.as_deref())?;
        parsed.map(|members| self.opened(&members)).transpose()
    }

    /// The token file as it stands.
    fn contents(&self) -> Result<Option<Vec<u8>>> {
        let path = self.target();
        self.disk
            .read(&path)
            .map_err(|error| self.failure("the token file can't be read", &path, error))
    }

    fn parsed(&self, contents: Option<&[u8]>) -> Result<Option<Members>> {
        let parsed = contents.map(Members::parse).transpose();
        parsed.map_err(|error| {
            let path = self.target();
            let place = path.display();
            Error::new(ErrorKind::Store, format!("{error} ({place})")).for_connection(&self.id)
        })
    }

    fn opened(&self, members: &Members) -> Result<Members> {
        let opened = members.opened(self.kept.sealer.as_ref(), &self.id);
        opened.map_err(|error| error.for_connection(&self.id))
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
            provider: self.kept.file.provider.clone(),
            realm: self.kept.file.realm.clone().or_else(|| members.realm()),
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

    fn append(&self, entry: &Entry) -> Result<()> {
        let path = self.journal();
        self.disk
            .write(&path, &entry.to_line(), Write::Append)
            .map_err(|error| self.failure("the journal can't be written", &path, error))
    }

    fn busy(&self, lock: &Path, wait: Duration) -> Error {
        let (lock, seconds) = (lock.display(), wait.as_secs());
        Error::new(
            ErrorKind::Busy,
            format!("another process has held {lock} for more than {seconds} s"),
        )
        .for_connection(&self.id)
    }

    fn failure(&self, what: &str, path: &Path, error: io::Error) -> Error {
        Error::new(ErrorKind::Store, format!("{what}: {}", path.display()))
            .for_connection(&self.id)
            .with_source(error)
    }
}

/// When a line of the journal was written, to the second: nothing is decided on it.
fn now() -> Timestamp {
    let now = crate::Clock::now(&crate::SystemClock);
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

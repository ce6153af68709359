//! Connections in a SQLite database: many on one host, in one file, with nothing to run.
//!
//! The database is in WAL mode and every commit is synced, so what is saved is durable when
//! [`save`](Store::save) returns. All changes go through one thread, which commits whatever waits
//! for it together: a sync serves many connections. Reads go past it.
//!
//! Beside the database stands a small one that is not to be backed up: it remembers the last generation
//! of each connection, so that a database that was restored from a backup is recognised for what it is.
//! A database that stands beside another one's memory, or beside none, was brought from elsewhere: its
//! connections are paused until somebody has said that it is the only one.
//!
//! A lease is a lock of the kernel's on a file beside the database, not a transaction, since that
//! would keep every other connection from being written during an HTTP call. It dies with its
//! holder and lasts as long as he does, however long he is stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection as Database, OptionalExtension as _, params};

use super::disk::{self, Disk as _, OsDisk};
use super::record::{self, Change, KeptTokens, Record, Row, STORY_KEPT, STORY_TRIM};
use super::{
    Adoption, BoxFuture, Lease, Mark, Next, Pause, Registry, Remark, Sighting, Store, Survey,
};
use crate::{
    Attempt, Chapter, Clock as _, Connection, ConnectionId, Error, ErrorKind, Form, Generation,
    KeyId, RefreshToken, Result, Sealer, SystemClock,
};

mod health;
mod room;

use room::{RENUMBER, RESTORED, Room};

/// How many connections a survey shows at once.
const PAGE: usize = 2_000;
/// Leases are locks on so many files at most. Two connections that share one wait for each other,
/// which costs a little time, seldom.
const LOCKS: u32 = 4096;
/// So even who would not wait for his own connection waits so long for a neighbour's refresh.
const NEIGHBOURLY: Duration = Duration::from_millis(250);

/// Keeps connections in a SQLite database.
#[derive(Debug)]
pub struct SqliteStore {
    room: Arc<Room>,
    sealer: Option<Sealer>,
}

impl SqliteStore {
    /// In the database at `path`, which is made when it is first written to.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            room: Arc::new(Room::new(path.into())),
            sealer: None,
        }
    }

    /// Seals tokens from the next save on, if there is a sealer.
    #[must_use]
    pub fn sealed_by(mut self, sealer: Option<Sealer>) -> Self {
        self.sealer = sealer;
        self
    }

    /// A row of the database as it is kept.
    async fn row(&self, id: &ConnectionId) -> Result<Option<Found>> {
        let own = id.clone();
        let row = self.room.read(move |database| row(database, &own)).await;
        Ok(row.map_err(|error| error.for_connection(id))?.flatten())
    }

    fn lock_file(&self, id: &ConnectionId) -> PathBuf {
        let digest = ring::digest::digest(&ring::digest::SHA256, id.as_str().as_bytes());
        let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
        let number = u32::from_be_bytes(first) % LOCKS;
        self.room
            .beside("-leases")
            .join(format!("{number:03x}.lock"))
    }

    /// Reads the record of `id`, changes it, and writes it back with what the change adds, in one
    /// transaction. `None`: there is nothing to write.
    async fn change<T: Send + 'static>(
        &self,
        id: &ConnectionId,
        edit: impl FnOnce(&mut Record, &Ledger<'_>) -> Result<(T, Option<Change>)> + Send + 'static,
    ) -> Result<T> {
        let (own, sealer) = (id.clone(), self.sealer.clone());
        let done = self.room.write(move |database| {
            let row = row(database, &own)?;
            let record = row.map(|found| found.record(&own, sealer.as_ref()));
            let mut record = record.transpose()?.unwrap_or_default();
            let ledger = Ledger { database };
            let (value, change) = edit(&mut record, &ledger)?;
            if let Some(change) = change {
                let tokens = record.kept(&own, sealer.as_ref())?;
                write(database, &own, &record, &tokens, &change)?;
            }
            Ok(value)
        });
        done.await.map_err(|error| error.for_connection(id))
    }
}

impl Store for SqliteStore {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        Box::pin(async {
            let names = self.room.read(|database| {
                let sql = "SELECT id FROM connections \
                           WHERE access_token IS NOT NULL OR refresh_token IS NOT NULL ORDER BY id";
                let mut query = database.prepare_cached(sql)?;
                let rows = query.query_map([], |row| row.get(0).map(name))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            });
            Ok(names.await?.unwrap_or_default())
        })
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(async move {
            let Some(found) = self.row(id).await? else {
                return Ok(None);
            };
            let record = found.record(id, self.sealer.as_ref());
            let record = record.map_err(|error| error.for_connection(id))?;
            Ok(record.connection(id))
        })
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        Box::pin(async move {
            let (path, disk) = (self.lock_file(id), OsDisk::default());
            let place = path.display();
            let locked = disk::lock(&disk, &path, wait.max(NEIGHBOURLY))
                .await
                .map_err(|error| {
                    let what = format!("the lock file {place} can't be opened and locked");
                    Error::new(ErrorKind::Store, what)
                        .with_source(error)
                        .for_connection(id)
                })?;
            let lock = locked.ok_or_else(|| {
                let what = format!("another process has held {place} for long");
                Error::new(ErrorKind::Busy, what).for_connection(id)
            })?;
            Ok(Lease::new(id.clone(), lock))
        })
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        let (attempt, sealer) = (attempt.clone(), self.sealer.clone());
        Box::pin(self.change(lease.id(), move |record, _| {
            // Sealing the answer must not fail for want of a key.
            sealer.as_ref().map(Sealer::newest).transpose()?;
            Ok(((), Some(record.attempted(&attempt)?)))
        }))
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        let new = new.clone();
        Box::pin(self.change(lease.id(), move |record, _| {
            Ok(((), record.saved(&new, replaces)?))
        }))
    }

    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.change(id, move |record, _| {
            Ok(((), record.accepted(second(), generation)))
        }))
    }

    fn story<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Vec<Chapter>>> {
        Box::pin(async move {
            let own = id.clone();
            let lines = self.room.read(move |database| {
                let sql = "SELECT line FROM story WHERE id = ?1 ORDER BY seq";
                let mut query = database.prepare_cached(sql)?;
                let rows = query.query_map([own.as_str()], |row| row.get(0))?;
                Ok(rows.collect::<Result<Vec<Vec<u8>>, _>>()?)
            });
            Ok(record::story(&lines.await?.unwrap_or_default()))
        })
    }

    fn survey<'a>(&'a self, mark: Option<&'a Mark>) -> BoxFuture<'a, Result<Survey>> {
        let after = mark.and_then(|mark| mark.0.parse().ok()).unwrap_or(0_i64);
        Box::pin(async move {
            let sealer = self.sealer.clone();
            let page = self
                .room
                .read(move |database| page(database, after, sealer.as_ref()))
                .await?;
            Ok(page.unwrap_or_else(|| Survey {
                sightings: Vec::new(),
                next: Next::From(Mark("0".to_owned())),
            }))
        })
    }

    fn sealed_with<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<KeyId>>> {
        Box::pin(async move {
            let found = self.row(id).await?;
            Ok(found.and_then(|found| found.row.key()))
        })
    }

    fn rewrite<'a>(&'a self, lease: &'a Lease, form: Form) -> BoxFuture<'a, Result<()>> {
        let (id, sealer) = (lease.id().clone(), self.sealer.clone());
        Box::pin(async move {
            let own = id.clone();
            let done = self.room.write(move |database| {
                let row = row(database, &own)?.ok_or_else(|| no_such(&own))?;
                let record = row.record(&own, sealer.as_ref())?;
                let [access, refresh] = record.kept_as(form, &own, sealer.as_ref())?;
                let sql =
                    "UPDATE connections SET access_token = ?2, refresh_token = ?3 WHERE id = ?1";
                let mut update = database.prepare_cached(sql)?;
                update.execute(params![own.as_str(), access.as_deref(), refresh.as_deref()])?;
                Ok(())
            });
            done.await.map_err(|error| error.for_connection(&id))
        })
    }

    fn place(&self, id: &ConnectionId) -> String {
        format!("{id} in {}", self.room.path().display())
    }
}

impl Registry for SqliteStore {
    fn adopt<'a>(
        &'a self,
        lease: &'a Lease,
        found: &'a Connection,
    ) -> BoxFuture<'a, Result<Adoption>> {
        let found = found.clone();
        Box::pin(self.change(lease.id(), move |record, ledger| {
            let is_spent = match &found.tokens().refresh {
                Some(refresh) => ledger.has(refresh)?,
                None => false,
            };
            Ok(record.adopted(second(), &found, is_spent))
        }))
    }

    fn remove<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.change(lease.id(), |record, _| {
            Ok(((), Some(record.removed(second()))))
        }))
    }

    fn pause<'a>(&'a self, id: &'a ConnectionId, paused: bool) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let own = id.clone();
            let changed = self.room.write(move |database| {
                let sql =
                    format!("UPDATE connections SET paused = ?2, revision = {NEXT} WHERE id = ?1");
                let pause = number_of(paused.then_some(Pause::Asked));
                Ok(database.execute(&sql, params![own.as_str(), pause])?)
            });
            match changed.await? {
                0 => Err(
                    Error::new(ErrorKind::NotFound, "there is no such connection")
                        .for_connection(id),
                ),
                _ => Ok(()),
            }
        })
    }

    fn resume_restored(&self) -> BoxFuture<'_, Result<u64>> {
        Box::pin(self.room.write(|database| {
            let sql = format!("{RENUMBER} paused = 0 WHERE paused = ?1");
            let resumed = database.execute(&sql, [RESTORED])?;
            Ok(u64::try_from(resumed).unwrap_or(0))
        }))
    }

    fn examine(&self) -> BoxFuture<'_, Result<Vec<Remark>>> {
        Box::pin(async {
            let path = self.room.path().to_owned();
            let network = OsDisk::default().network_kind(&path);
            let remarks = self.room.write(health::examine);
            let mut remarks = remarks.await?;
            remarks.push(health::of_place(network.as_deref()));
            Ok(remarks)
        })
    }
}

/// How a row says why it is paused.
fn number_of(pause: Option<Pause>) -> i64 {
    match pause {
        None => 0,
        Some(Pause::Asked) => 1,
        Some(Pause::Restored) => RESTORED,
    }
}

fn pause_of(number: i64) -> Option<Pause> {
    match number {
        0 => None,
        RESTORED => Some(Pause::Restored),
        _ => Some(Pause::Asked),
    }
}

/// The refresh tokens that are known as spent.
struct Ledger<'a> {
    database: &'a Database,
}

impl Ledger<'_> {
    /// Whether a connection of this database has spent it, by whatever name: the primary key begins
    /// with the name, so each name is looked up.
    fn has(&self, refresh: &RefreshToken) -> Result<bool> {
        let sql = "SELECT 1 FROM spent \
                   WHERE id IN (SELECT id FROM connections) AND fingerprint = ?1";
        let mut query = self.database.prepare_cached(sql)?;
        Ok(query.exists(params![refresh.fingerprint().as_str()])?)
    }
}

/// The revision of a change that is being made. Changes are made one after the other, so who has
/// seen one has seen all before it.
const NEXT: &str = "(SELECT coalesce(max(revision), 0) + 1 FROM connections)";
const COLUMNS: &str = "provider, realm, access_token, refresh_token, paused, document";
/// The same with what is remembered beside the database.
const FOUND: &str = "provider, realm, access_token, refresh_token, paused, document, \
                     last.generation, last.refresh FROM connections AS c \
                     LEFT JOIN memory.last AS last ON last.id = c.id";

/// What is there of a connection: its row, and what is remembered beside the database.
struct Found {
    row: Row,
    remembered: Option<(u64, Option<String>)>,
}

impl Found {
    fn record(self, id: &ConnectionId, sealer: Option<&Sealer>) -> Result<Record> {
        let mut record = Record::of(self.row, id, sealer)?;
        if let Some((generation, refresh)) = self.remembered {
            record.recall(Generation(generation), refresh.as_deref());
        }
        Ok(record)
    }
}

fn row(database: &Database, id: &ConnectionId) -> Result<Option<Found>> {
    let sql = format!("SELECT {FOUND} WHERE c.id = ?1");
    let mut query = database.prepare_cached(&sql)?;
    let row = query.query_row([id.as_str()], |row| columns(row, 0));
    Ok(row.optional()?)
}

/// A row's columns from `first` on.
fn columns(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Found> {
    let kept = Row {
        provider: row.get(first)?,
        realm: row.get(first + 1)?,
        access: row.get(first + 2)?,
        refresh: row.get(first + 3)?,
        pause: pause_of(row.get(first + 4)?),
        document: row.get(first + 5)?,
        replaced: None,
    };
    let generation: Option<i64> = row.get(first + 6)?;
    let generation = generation.and_then(|generation| u64::try_from(generation).ok());
    let refresh = row.get(first + 7)?;
    Ok(Found {
        row: kept,
        remembered: generation.map(|generation| (generation, refresh)),
    })
}

fn write(
    database: &Database,
    id: &ConnectionId,
    record: &Record,
    [access, refresh]: &KeptTokens<'_>,
    change: &Change,
) -> Result<()> {
    let sql = format!(
        "INSERT INTO connections (id, {COLUMNS}, revision) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, {NEXT}) \
         ON CONFLICT (id) DO UPDATE SET provider = ?2, realm = ?3, access_token = ?4, \
         refresh_token = ?5, paused = ?6, document = ?7, revision = {NEXT}"
    );
    database.prepare_cached(&sql)?.execute(params![
        id.as_str(),
        record.provider,
        record.realm,
        access.as_deref(),
        refresh.as_deref(),
        number_of(record.pause),
        record.document(),
    ])?;
    for spent in &change.spent {
        let sql = "INSERT OR IGNORE INTO spent (id, fingerprint) VALUES (?1, ?2)";
        let mut insert = database.prepare_cached(sql)?;
        insert.execute(params![id.as_str(), spent.as_str()])?;
    }
    if let Some(held) = &change.held {
        let sql = "DELETE FROM spent WHERE id = ?1 AND fingerprint = ?2";
        let mut delete = database.prepare_cached(sql)?;
        delete.execute(params![id.as_str(), held.as_str()])?;
    }
    let sql = "INSERT INTO memory.last (id, generation, refresh) VALUES (?1, ?2, ?3) \
               ON CONFLICT (id) DO UPDATE SET generation = ?2, refresh = ?3";
    let mut remember = database.prepare_cached(sql)?;
    let refresh = record.held_refresh().map(crate::Fingerprint::as_str);
    let generation = i64::try_from(record.generation().0).unwrap_or(i64::MAX);
    remember.execute(params![id.as_str(), generation, refresh])?;
    let sql = "INSERT INTO story (id, line) VALUES (?1, ?2)";
    let mut insert = database.prepare_cached(sql)?;
    insert.execute(params![id.as_str(), change.line])?;
    if record.generation().0.is_multiple_of(STORY_TRIM) {
        let sql = "DELETE FROM story WHERE id = ?1 AND seq <= \
                   (SELECT seq FROM story WHERE id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)";
        let mut delete = database.prepare_cached(sql)?;
        delete.execute(params![id.as_str(), STORY_KEPT])?;
    }
    Ok(())
}

fn page(database: &Database, after: i64, sealer: Option<&Sealer>) -> Result<Survey> {
    let sql = format!(
        "SELECT revision, c.id, {FOUND} WHERE revision > ?1 ORDER BY revision LIMIT {PAGE}"
    );
    let mut query = database.prepare_cached(&sql)?;
    let mut rows = query.query([after])?;
    let mut last = after;
    let mut sightings = Vec::new();
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        let id = name(row.get(1)?);
        let found = columns(row, 2)?;
        sightings.push(Sighting {
            pause: found.row.pause,
            connection: found
                .record(&id, sealer)
                .map(|record| record.connection(&id)),
            id,
        });
    }
    let mark = Mark(last.to_string());
    let next = if sightings.len() < PAGE {
        Next::From(mark)
    } else {
        Next::More(mark)
    };
    Ok(Survey { sightings, next })
}

fn no_such(id: &ConnectionId) -> Error {
    Error::new(ErrorKind::NotFound, "there is no such connection").for_connection(id)
}

fn name(id: String) -> ConnectionId {
    ConnectionId::new(id)
}

/// When a line of the story was written: nothing is decided on it.
fn second() -> Timestamp {
    let now = SystemClock.now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(ErrorKind::Store, "the database did not do as it was told").with_source(error)
    }
}

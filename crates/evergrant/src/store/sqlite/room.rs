//! The database file: how it is opened, who writes to it, who reads from it.
//!
//! One thread writes. It commits whatever has gathered while it was syncing the last commit, so the
//! cost of a sync is shared by all who wait for one. Each piece of work stands or falls by itself;
//! nobody is told of success before the commit that holds it is durable.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection as Database, OpenFlags, TransactionBehavior};
use tokio::sync::oneshot;

use crate::store::disk::{Disk as _, OsDisk};
use crate::{Error, ErrorKind, Result};

/// How long a process waits for another one's commit.
const BUSY: Duration = Duration::from_secs(10);
/// How much work goes into one commit at most.
const TOGETHER: usize = 128;
/// How many idle readers are kept.
const READERS: usize = 4;
/// "evgr": says of a database whose it is.
const APPLICATION: i32 = 0x6576_6772;

/// The schema, a step a version. Steps are added, never changed.
const STEPS: [&str; 2] = [
    "
    CREATE TABLE connections (
        id TEXT PRIMARY KEY NOT NULL,
        provider TEXT NOT NULL,
        realm TEXT,
        access_token TEXT,
        refresh_token TEXT,
        paused INTEGER NOT NULL DEFAULT 0,
        document TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX connections_by_revision ON connections (revision);
    CREATE TABLE spent (
        id TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        PRIMARY KEY (id, fingerprint)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE story (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        line BLOB NOT NULL
    ) STRICT;
    CREATE INDEX story_by_id ON story (id, seq);
",
    "
    CREATE TABLE origin (name INTEGER NOT NULL) STRICT;
",
];

/// The table beside the database.
const MEMORY: &str = "
    CREATE TABLE IF NOT EXISTS memory.last (
        id TEXT PRIMARY KEY NOT NULL,
        generation INTEGER NOT NULL,
        refresh TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS memory.origin (name INTEGER NOT NULL) STRICT;
";
/// In the column `paused`: the tokens are from a backup, and nobody has said that they may be spent.
pub(super) const RESTORED: i64 = 2;
/// Begins a change of many rows, each of which gets a revision of its own.
pub(super) const RENUMBER: &str = "
    UPDATE main.connections SET revision = (SELECT max(revision) FROM main.connections) + revision,";

/// One database file.
pub(super) struct Room {
    path: PathBuf,
    /// Where work for the writing thread goes, once there is one.
    queue: Mutex<Option<Sender<Box<dyn Work>>>>,
    readers: Arc<Mutex<Vec<Database>>>,
}

impl Room {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            queue: Mutex::default(),
            readers: Arc::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    /// Has `work` done in a transaction; durable when this returns.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let task = Box::new(Task {
            work: Some(work),
            outcome: None,
            tell,
        });
        self.enqueue(task)?;
        told.await
            .unwrap_or_else(|_| Err(failed("its writing thread has ended")))
    }

    /// Runs a query; `None` if there is no database yet.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Database) -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let (path, readers) = (self.path.clone(), Arc::clone(&self.readers));
        let task = tokio::task::spawn_blocking(move || {
            let idle = lock(&readers).pop();
            let database = match idle {
                Some(database) => database,
                None if !path.exists() => return Ok(None),
                None => open(&path)?,
            };
            let answer = query(&database);
            let mut readers = lock(&readers);
            if readers.len() < READERS {
                readers.push(database);
            }
            drop(readers);
            answer.map(Some)
        });
        task.await
            .unwrap_or_else(|error| Err(failed("the query was interrupted").with_source(error)))
    }

    fn enqueue(&self, work: Box<dyn Work>) -> Result<()> {
        let mut queue = lock(&self.queue);
        let sender = match &*queue {
            Some(sender) => sender,
            None => queue.insert(self.start()?),
        };
        let Err(returned) = sender.send(work) else {
            return Ok(());
        };
        // It ended, for it could not open the database; another one may.
        queue
            .insert(self.start()?)
            .send(returned.0)
            .map_err(|_| failed("its writing thread has ended"))
    }

    fn start(&self) -> Result<Sender<Box<dyn Work>>> {
        let (sender, queue) = channel();
        let path = self.path.clone();
        std::thread::Builder::new()
            .name("evergrant-sqlite".to_owned())
            .spawn(move || attend(&path, &queue))
            .map_err(|error| failed("its writing thread can't be started").with_source(error))?;
        Ok(sender)
    }
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Room").field(&self.path).finish()
    }
}

/// Something to do in a transaction, and whom to tell.
trait Work: Send {
    /// Does it; whether it may be committed.
    fn run(&mut self, database: &Database) -> bool;
    /// Tells what has become of it, `commit` being what has become of the transaction.
    fn tell(self: Box<Self>, commit: Result<()>);
}

struct Task<T, W> {
    work: Option<W>,
    outcome: Option<Result<T>>,
    tell: oneshot::Sender<Result<T>>,
}

impl<T: Send, W: FnOnce(&Database) -> Result<T> + Send> Work for Task<T, W> {
    fn run(&mut self, database: &Database) -> bool {
        self.outcome = self.work.take().map(|work| work(database));
        matches!(self.outcome, Some(Ok(_)))
    }

    fn tell(self: Box<Self>, commit: Result<()>) {
        let outcome = match (self.outcome, commit) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (None, Ok(())) => Err(failed("it was not asked")),
        };
        // Whoever asked may be gone.
        drop(self.tell.send(outcome));
    }
}

/// The writing thread: goes on until nobody can ask any more. If the database can't be opened, all
/// who have asked so far are told, and the next one who asks has it tried again.
fn attend(path: &Path, queue: &Receiver<Box<dyn Work>>) {
    let mut database = match make(path) {
        Ok(database) => database,
        Err(error) => {
            if let Ok(first) = queue.recv() {
                first.tell(Err(error.clone()));
            }
            queue
                .try_iter()
                .for_each(|work| work.tell(Err(error.clone())));
            return;
        }
    };
    while let Ok(first) = queue.recv() {
        commit(&mut database, first, queue);
    }
}

/// Does what waits, and commits it together.
fn commit(database: &mut Database, first: Box<dyn Work>, queue: &Receiver<Box<dyn Work>>) {
    let mut done = Vec::new();
    let outcome = together(database, first, queue, &mut done);
    for work in done {
        work.tell(outcome.clone());
    }
}

fn together(
    database: &mut Database,
    first: Box<dyn Work>,
    queue: &Receiver<Box<dyn Work>>,
    done: &mut Vec<Box<dyn Work>>,
) -> Result<()> {
    let transaction = match database.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            done.push(first);
            return Err(error.into());
        }
    };
    let mut next = Some(first);
    while let Some(mut work) = next {
        let outcome = alone(&transaction, &mut *work);
        done.push(work);
        outcome?;
        next = (done.len() < TOGETHER)
            .then(|| queue.try_recv().ok())
            .flatten();
    }
    Ok(transaction.commit()?)
}

/// Does one piece of work, of which nothing is left if it fails.
fn alone(transaction: &Database, work: &mut dyn Work) -> rusqlite::Result<()> {
    let tell = |sql| transaction.prepare_cached(sql)?.execute([]).map(drop);
    tell("SAVEPOINT piece")?;
    if !work.run(transaction) {
        tell("ROLLBACK TO piece")?;
    }
    tell("RELEASE piece")
}

/// Opens the database for writing, making or migrating it if need be.
fn make(path: &Path) -> Result<Database> {
    let disk = OsDisk::default();
    // For its owner alone; SQLite gives the files beside it the same mode.
    let made = disk
        .make_directory(path)
        .and_then(|()| disk.create(path))
        .and_then(|()| disk.create(&memory_of(path)));
    made.map_err(|error| cannot_open(path).with_source(error))?;
    let mut database = connect(path)?;
    // Without these, a commit that was told could be lost by a power cut.
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    // What it remembers matters after a restored backup only, and is not worth a sync.
    database.pragma_update(Some("memory"), "journal_mode", "WAL")?;
    database.pragma_update(Some("memory"), "synchronous", "OFF")?;
    database.execute_batch(MEMORY)?;
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in STEPS.iter().skip(version(&transaction)?) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(
        None,
        "user_version",
        i64::try_from(STEPS.len()).unwrap_or(0),
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    settle_origin(&transaction)?;
    transaction.commit()?;
    Ok(database)
}

/// A database and its memory bear the same name. One that bears another name than the memory beside it
/// was brought from elsewhere, with tokens that may have been spent there.
fn settle_origin(database: &Database) -> Result<()> {
    if is_own(database)? {
        return Ok(());
    }
    let has_name = "SELECT EXISTS (SELECT 1 FROM main.origin)";
    if database.query_row(has_name, [], |row| row.get(0))? {
        let pause = format!("paused = CASE paused WHEN 0 THEN {RESTORED} ELSE paused END");
        database.execute(&format!("{RENUMBER} {pause}"), [])?;
    }
    database.execute_batch(
        "DELETE FROM main.origin;
         DELETE FROM memory.origin;
         INSERT INTO main.origin VALUES (random());
         INSERT INTO memory.origin SELECT name FROM main.origin;",
    )?;
    Ok(())
}

fn is_own(database: &Database) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM main.origin JOIN memory.origin USING (name))";
    Ok(database.query_row(sql, [], |row| row.get(0))?)
}

/// Opens a database that is there.
fn open(path: &Path) -> Result<Database> {
    if !memory_of(path).exists() {
        return make(path);
    }
    let database = connect(path)?;
    let remembers = "SELECT count(*) FROM memory.sqlite_schema WHERE name IN ('last', 'origin')";
    let remembers: i64 = database.query_row(remembers, [], |row| row.get(0))?;
    if version(&database)? == STEPS.len() && remembers == 2 && is_own(&database)? {
        return Ok(database);
    }
    drop(database);
    make(path)
}

fn connect(path: &Path) -> Result<Database> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Database::open_with_flags(path, flags)
        .map_err(|error| cannot_open(path).with_source(error))?;
    database.busy_timeout(BUSY)?;
    // Or the statement that reads a row would be planned anew for each value it is given.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let memory = memory_of(path);
    database.execute("ATTACH ?1 AS memory", [memory.to_string_lossy()])?;
    database.set_prepared_statement_cache_capacity(32);
    Ok(database)
}

/// How many of the schema's steps the database has gone.
fn version(database: &Database) -> Result<usize> {
    let number = |pragma| database.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    if version == 0 && application == 0 {
        let tables = "SELECT count(*) FROM main.sqlite_schema";
        if database.query_row(tables, [], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(0);
        }
    }
    if application != i64::from(APPLICATION) {
        return Err(Error::new(
            ErrorKind::Config,
            "the database is not one of evergrant's; nothing in it was touched",
        ));
    }
    match usize::try_from(version) {
        Ok(version) if version <= STEPS.len() => Ok(version),
        _ => Err(Error::new(
            ErrorKind::Config,
            "the database was made by a later version of this program; nothing in it was touched",
        )),
    }
}

/// Where the generations are remembered that a restored backup does not know of.
fn memory_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-memory");
    name.into()
}

fn cannot_open(path: &Path) -> Error {
    let what = format!("the database {} can't be opened", path.display());
    Error::new(ErrorKind::Store, what)
}

fn failed(why: &str) -> Error {
    Error::new(
        ErrorKind::Store,
        format!("the database can't be used: {why}"),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_work_that_fails_nothing_is_left_and_what_is_committed_with_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let room = Arc::new(Room::new(folder.path().join("a.db")));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40 {
            let room = Arc::clone(&room);
            tasks.spawn(async move {
                let done = room.write(move |database| {
                    database.execute("INSERT INTO spent VALUES (?1, '')", [number])?;
                    if number % 2 == 0 {
                        Ok(())
                    } else {
                        Err(failed("it is odd"))
                    }
                });
                assert_eq!(done.await.is_ok(), number % 2 == 0);
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        let left = room.read(|database| {
            let sql = "SELECT count(*), sum(id % 2) FROM spent";
            Ok(database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
        });
        assert_eq!(left.await.unwrap(), Some((20, 0)));
    }
}

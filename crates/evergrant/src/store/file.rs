//! Connections in token files: one file each, in the provider's own JSON shape.
//!
//! So a file that another tool wrote is adopted where it is, and a script that reads it goes on
//! working. Beside `NAME` stand
//! - `NAME.journal`: generation, age, attempts, and which refresh tokens are spent;
//! - `NAME.lock`: carries the lease, as a lock of the kernel's that dies with its holder;
//! - `NAME.next`, only while a refresh is under way: the room for the tokens to come, and after a
//!   crash possibly the tokens themselves.
//!
//! A save is durable once `NAME.next` is filled and synced; the rename makes it visible. Whoever
//! takes the lease next finishes a rename that a crash has prevented.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::disk::{Disk, OsDisk};
use super::{BoxFuture, Lease, Store};
use crate::{Attempt, Chapter, Connection, ConnectionId, Error, ErrorKind, Generation, Result};

mod room;

use room::Room;

/// One token file of a [`FileStore`].
#[derive(Debug, Clone)]
pub struct TokenFile {
    /// Where it is. A symbolic link is followed, and its target replaced beside the target.
    pub path: PathBuf,
    /// The provider that issued the grant, by name.
    pub provider: String,
    /// The company's realm id; if `None`, the file's `realmId` member says it.
    pub realm: Option<String>,
}

/// Keeps each connection in a token file of its own.
#[derive(Debug)]
pub struct FileStore {
    files: BTreeMap<ConnectionId, Arc<TokenFile>>,
    disk: Arc<dyn Disk>,
}

impl Default for FileStore {
    fn default() -> Self {
        Self::on(Arc::new(OsDisk::default()))
    }
}

impl FileStore {
    /// A store of no connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// On another disk than this machine's.
    pub(crate) fn on(disk: Arc<dyn Disk>) -> Self {
        let files = BTreeMap::new();
        Self { files, disk }
    }

    /// Does file work on the thread that asks, instead of on one where it may block: right for a
    /// program that makes one call, wrong where a sync of some milliseconds holds others up.
    #[must_use]
    pub fn on_this_thread(mut self) -> Self {
        self.disk = Arc::new(OsDisk { in_place: true });
        self
    }

    /// Adds a connection that lives in `file`. The file is not read yet, and need not exist.
    #[must_use]
    pub fn with(mut self, id: ConnectionId, file: TokenFile) -> Self {
        self.files.insert(id, Arc::new(file));
        self
    }

    fn room(&self, id: &ConnectionId) -> Result<Room> {
        let file = self.files.get(id).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no such connection").for_connection(id)
        })?;
        Ok(Room::new(id.clone(), file, &self.disk))
    }
}

impl Store for FileStore {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        let names = self.files.keys().cloned().collect();
        Box::pin(async { Ok(names) })
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(async move { self.room(id)?.blocking(Room::load).await })
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        Box::pin(async move {
            let room = self.room(id)?;
            let lock = room.lock(wait).await?;
            room.blocking(Room::settle).await?;
            Ok(Lease::new(id.clone(), lock))
        })
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        let attempt = attempt.clone();
        Box::pin(async move {
            let room = self.room(lease.id())?;
            room.blocking(move |room| room.record(&attempt)).await
        })
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        let new = new.clone();
        Box::pin(async move {
            let room = self.room(lease.id())?;
            room.blocking(move |room| room.save(&new, replaces)).await
        })
    }

    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let room = self.room(id)?;
            room.blocking(move |room| room.accepted(generation)).await
        })
    }

    fn story<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Vec<Chapter>>> {
        Box::pin(async move { self.room(id)?.blocking(Room::story).await })
    }

    fn place(&self, id: &ConnectionId) -> String {
        self.files.get(id).map_or_else(
            || format!("no token file ({id})"),
            |file| file.path.display().to_string(),
        )
    }
}

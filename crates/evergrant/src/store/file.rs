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
//!
//! With a [`Sealer`], the tokens in `NAME` and `NAME.next` are sealed where they stand. `NAME.journal`
//! names them by fingerprint and needs no sealing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::disk::{Disk, OsDisk, Pace};
use super::witness::Witness;
use super::{BoxFuture, Form, Lease, Store};
use crate::{
    Attempt, Chapter, Connection, ConnectionId, Error, ErrorKind, Generation, KeyId, Result, Sealer,
};

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
    files: BTreeMap<ConnectionId, Arc<Kept>>,
    disk: Arc<dyn Disk>,
    /// Whether token files may be on network file systems.
    on_network: bool,
    /// What is known of spent tokens beyond what the journals know.
    witness: Option<Arc<Witness>>,
}

/// A token file, and the keys with which its tokens are sealed.
#[derive(Debug)]
struct Kept {
    file: TokenFile,
    sealer: Option<Sealer>,
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
        Self {
            files: BTreeMap::new(),
            disk,
            on_network: false,
            witness: None,
        }
    }

    /// Does file work on the thread that asks, instead of on one where it may block, but for what can
    /// go on beside the network: right for a program that makes one call, wrong where a sync of some
    /// milliseconds holds others up.
    #[must_use]
    pub fn on_this_thread(mut self) -> Self {
        self.disk = Arc::new(OsDisk {
            pace: Pace::InPlace,
            ..OsDisk::default()
        });
        self
    }

    /// Takes token files on network file systems, which are refused otherwise: a lock there may
    /// exclude nobody, so this is right only where one machine alone uses them, or where the server
    /// is known to keep `flock` between its clients.
    #[must_use]
    pub fn on_network_file_systems(mut self) -> Self {
        self.on_network = true;
        self
    }

    /// Remembers in a folder of this host's own which refresh tokens were spent, so that a copy of a token
    /// file, or one that was restored together with its journal, is recognised before its token is sent.
    #[must_use]
    pub fn remembering_in(mut self, folder: &Path) -> Self {
        self.witness = Some(Arc::new(Witness::in_folder(folder)));
        self
    }

    /// Adds a connection that lives in `file`. The file is not read yet, and need not exist.
    #[must_use]
    pub fn with(self, id: ConnectionId, file: TokenFile) -> Self {
        self.keep(id, file, None)
    }

    /// Adds a connection whose tokens are sealed in `file` from the next save on; tokens that lie
    /// there in clear are read all the same.
    #[must_use]
    pub fn with_sealed(self, id: ConnectionId, file: TokenFile, sealer: Sealer) -> Self {
        self.keep(id, file, Some(sealer))
    }

    /// The kind of network file system that the connection's file is on, `nfs4` for instance.
    pub fn network_kind(&self, id: &ConnectionId) -> Option<String> {
        let kept = self.files.get(id)?;
        self.disk.network_kind(&self.disk.resolve(&kept.file.path))
    }

    fn keep(mut self, id: ConnectionId, file: TokenFile, sealer: Option<Sealer>) -> Self {
        self.files.insert(id, Arc::new(Kept { file, sealer }));
        self
    }

    fn room(&self, id: &ConnectionId) -> Result<Room> {
        let kept = self.files.get(id).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no such connection").for_connection(id)
        })?;
        Ok(Room {
            id: id.clone(),
            kept: Arc::clone(kept),
            disk: Arc::clone(&self.disk),
            on_network: self.on_network,
            witness: self.witness.clone(),
            found: OnceLock::new(),
        })
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

    fn reread<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(async move { self.room(lease.id())?.blocking(Room::reread).await })
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
            room.beside_others(move |room| room.record(&attempt)).await
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

    fn sealed_with<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<KeyId>>> {
        Box::pin(async move { self.room(id)?.blocking(Room::sealed_with).await })
    }

    fn rewrite<'a>(&'a self, lease: &'a Lease, form: Form) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let room = self.room(lease.id())?;
            room.blocking(move |room| room.rewrite(form)).await
        })
    }

    fn place(&self, id: &ConnectionId) -> String {
        self.files.get(id).map_or_else(
            || format!("no token file ({id})"),
            |kept| kept.file.path.display().to_string(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const TOKENS: &str = r#"{"access_token":"planted-a","refresh_token":"planted-r"}"#;

    /// A store whose disk is another machine's, on a folder with a token file.
    fn far_away(folder: &Path) -> (FileStore, ConnectionId) {
        let path = folder.join("acme.json");
        let disk = OsDisk {
            network_kind: |_| Some("nfs4".to_owned()),
            ..OsDisk::default()
        };
        disk.write(&path, TOKENS.as_bytes(), super::super::disk::Write::Over)
            .unwrap();
        let file = TokenFile {
            path,
            provider: "p".to_owned(),
            realm: None,
        };
        let id = ConnectionId::new("acme");
        (FileStore::on(Arc::new(disk)).with(id.clone(), file), id)
    }

    #[tokio::test]
    async fn h42_a_network_file_system_is_refused_and_nothing_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let (store, id) = far_away(folder.path());
        assert_eq!(store.network_kind(&id).as_deref(), Some("nfs4"));
        let loaded = store.load(&id).await.unwrap_err();
        let leased = store.lease(&id, Duration::ZERO).await.unwrap_err();
        for error in [loaded, leased] {
            assert_eq!(error.kind(), ErrorKind::RemoteFile);
            let said = error.to_string();
            assert!(
                said.contains("nfs4") && said.contains("local disk"),
                "{said}"
            );
            assert!(!said.contains("planted"));
        }
        let names = std::fs::read_dir(folder.path()).unwrap();
        assert_eq!(names.count(), 1, "no lock and no journal was made");
    }

    #[tokio::test]
    async fn h42_who_allows_it_may_use_a_network_file_system() {
        let folder = tempfile::tempdir().unwrap();
        let (store, id) = far_away(folder.path());
        let store = store.on_network_file_systems();
        assert!(store.load(&id).await.unwrap().is_some());
        store.lease(&id, Duration::ZERO).await.unwrap();
    }
}

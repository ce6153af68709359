//! Stores that break the protocol: what the harness must find out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::keeper::lock;
use crate::{
    Attempt, BoxFuture, Connection, ConnectionId, FileStore, Generation, Lease, Result, Store,
};

/// How long it takes until what was promised to be saved is.
const DELAY: Duration = Duration::from_millis(400);

/// Says that it has saved before it has.
#[derive(Debug)]
pub(super) struct EarlySave(Arc<FileStore>);

impl EarlySave {
    pub(super) fn new(store: FileStore) -> Self {
        Self(Arc::new(store))
    }
}

impl Store for EarlySave {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        self.0.list()
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        self.0.load(id)
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        self.0.lease(id, wait)
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        self.0.record(lease, attempt)
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        let (store, new) = (Arc::clone(&self.0), new.clone());
        let pretended = Lease::new(lease.id().clone(), ());
        tokio::spawn(async move {
            tokio::time::sleep(DELAY).await;
            drop(store.save(&pretended, &new, replaces).await);
        });
        Box::pin(async { Ok(()) })
    }

    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        self.0.accepted(id, generation)
    }

    fn place(&self, id: &ConnectionId) -> String {
        self.0.place(id)
    }
}

/// Under the lease, gives what it read before.
#[derive(Debug)]
pub(super) struct Forgetful {
    store: FileStore,
    read_before: Mutex<Option<Connection>>,
    leased: Arc<AtomicBool>,
}

impl Forgetful {
    pub(super) fn new(store: FileStore) -> Self {
        Self {
            store,
            read_before: Mutex::default(),
            leased: Arc::default(),
        }
    }
}

impl Store for Forgetful {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        self.store.list()
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        Box::pin(async move {
            let before = lock(&self.read_before).clone();
            if before.is_some() && self.leased.load(Ordering::Relaxed) {
                return Ok(before);
            }
            let read = self.store.load(id).await?;
            lock(&self.read_before).clone_from(&read);
            Ok(read)
        })
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        Box::pin(async move {
            let lease = self.store.lease(id, wait).await?;
            self.leased.store(true, Ordering::Relaxed);
            let guard = Leased(lease, Arc::clone(&self.leased));
            Ok(Lease::new(id.clone(), guard))
        })
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        self.store.record(lease, attempt)
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        self.store.save(lease, new, replaces)
    }

    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        self.store.accepted(id, generation)
    }

    fn place(&self, id: &ConnectionId) -> String {
        self.store.place(id)
    }
}

/// A lease, and that there is one.
struct Leased(
    #[expect(dead_code, reason = "it is held")] Lease,
    Arc<AtomicBool>,
);

impl Drop for Leased {
    fn drop(&mut self) {
        self.1.store(false, Ordering::Relaxed);
    }
}

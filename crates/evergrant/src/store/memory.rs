//! Connections in memory: for tests, and for grants that need not outlive the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;

use super::{BoxFuture, Lease, Store};
use crate::{Attempt, Connection, ConnectionId, Error, ErrorKind, Generation, Result};

/// Keeps connections in memory. What it is told is gone with it, so a rotated refresh token is lost
/// when the process ends: don't give it a grant that must survive.
#[derive(Debug, Default)]
pub struct MemoryStore {
    connections: Mutex<HashMap<ConnectionId, Connection>>,
    leases: Mutex<HashMap<ConnectionId, Arc<AsyncMutex<()>>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a connection in, replacing whatever had its name.
    pub fn insert(&self, connection: Connection) {
        self.connections().insert(connection.id.clone(), connection);
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<ConnectionId, Connection>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn mutex(&self, id: &ConnectionId) -> Arc<AsyncMutex<()>> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(leases.entry(id.clone()).or_default())
    }
}

impl Store for MemoryStore {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        let mut names: Vec<_> = self.connections().keys().cloned().collect();
        names.sort();
        Box::pin(async { Ok(names) })
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        let found = self.connections().get(id).cloned();
        Box::pin(async { Ok(found) })
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        Box::pin(async move {
            let guard = tokio::time::timeout(wait, self.mutex(id).lock_owned()).await;
            let guard = guard.map_err(|_| {
                Error::new(ErrorKind::Busy, "another task holds the lease").for_connection(id)
            })?;
            Ok(Lease::new(id.clone(), guard))
        })
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        if let Some(connection) = self.connections().get_mut(lease.id()) {
            connection.attempt = Some(attempt.clone());
        }
        Box::pin(async { Ok(()) })
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        let mut connections = self.connections();
        let stored = connections
            .get(lease.id())
            .map_or(Generation::default(), |stored| stored.generation);
        let saved = if stored == replaces {
            connections.insert(lease.id().clone(), new.clone());
            Ok(())
        } else {
            Err(Error::new(
                ErrorKind::Conflict,
                format!("generation {stored} is stored, not {replaces}"),
            )
            .for_connection(lease.id()))
        };
        Box::pin(async { saved })
    }

    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        if let Some(connection) = self.connections().get_mut(id)
            && connection.generation == generation
        {
            connection.refusals.clear();
        }
        Box::pin(async { Ok(()) })
    }

    fn place(&self, id: &ConnectionId) -> String {
        format!("memory ({id})")
    }
}

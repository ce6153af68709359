//! Connections in memory: for tests, and for grants that need not outlive the process.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;

use super::{Adoption, BoxFuture, Lease, Registry, Store};
use crate::{
    Attempt, Connection, ConnectionId, Error, ErrorKind, Fingerprint, Generation, Grant, Lapse,
    Outcome, Result,
};

/// Keeps connections in memory. What it is told is gone with it, so a rotated refresh token is lost
/// when the process ends: don't give it a grant that must survive.
#[derive(Debug, Default)]
pub struct MemoryStore {
    connections: Mutex<HashMap<ConnectionId, Connection>>,
    /// Refresh tokens that were rotated away.
    spent: Mutex<HashMap<ConnectionId, HashSet<Fingerprint>>>,
    paused: Mutex<HashSet<ConnectionId>>,
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
        lock(&self.connections)
    }

    fn mutex(&self, id: &ConnectionId) -> Arc<AsyncMutex<()>> {
        Arc::clone(lock(&self.leases).entry(id.clone()).or_default())
    }

    /// What an attempt has been made on and the new grant does not hold is spent.
    fn note_spent(&self, before: Option<&Connection>, new: &Connection) {
        let attempt = before.and_then(|before| before.attempt.as_ref());
        let mut spent = lock(&self.spent);
        let spent = spent.entry(new.id.clone()).or_default();
        spent.extend(attempt.map(|attempt| attempt.spends.clone()));
        if let Some(held) = refresh(new) {
            spent.remove(&held);
        }
    }
}

fn refresh(connection: &Connection) -> Option<Fingerprint> {
    let token = connection.tokens().refresh.as_ref()?;
    Some(token.fingerprint())
}

fn is_handed_over(connection: &Connection) -> bool {
    let lapse = Lapse::HandedOver;
    matches!(&connection.grant, Grant::Lapsed { lapse: found, .. } if *found == lapse)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        let is_paused = lock(&self.paused).contains(lease.id());
        if is_paused && attempt.outcome == Outcome::Open {
            let what = "the connection is paused; nothing was spent";
            let refused = Error::new(ErrorKind::Config, what).for_connection(lease.id());
            return Box::pin(async { Err(refused) });
        }
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
            let before = connections.insert(lease.id().clone(), new.clone());
            self.note_spent(before.as_ref(), new);
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

impl Registry for MemoryStore {
    fn adopt<'a>(
        &'a self,
        lease: &'a Lease,
        found: &'a Connection,
    ) -> BoxFuture<'a, Result<Adoption>> {
        let mut connections = self.connections();
        let stored = connections.get(lease.id());
        let generation = stored.map_or(Generation::default(), |stored| stored.generation);
        let token = refresh(found);
        let is_held = token.is_some() && stored.is_some_and(|stored| refresh(stored) == token);
        let is_spent = || {
            let spent = lock(&self.spent);
            token.is_some_and(|token| spent.values().any(|spent| spent.contains(&token)))
        };
        let adoption = if is_held && !stored.is_some_and(is_handed_over) {
            Adoption::Known(generation)
        } else if is_spent() {
            Adoption::Spent
        } else {
            let new = Connection {
                generation: generation.next(),
                ..found.clone()
            };
            connections.insert(lease.id().clone(), new);
            Adoption::Taken(generation.next())
        };
        Box::pin(async move { Ok(adoption) })
    }

    fn remove<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        self.connections().remove(lease.id());
        Box::pin(async { Ok(()) })
    }

    fn pause<'a>(&'a self, id: &'a ConnectionId, paused: bool) -> BoxFuture<'a, Result<()>> {
        let found = if !self.connections().contains_key(id) {
            Err(Error::new(ErrorKind::NotFound, "there is no such connection").for_connection(id))
        } else if paused {
            lock(&self.paused).insert(id.clone());
            Ok(())
        } else {
            lock(&self.paused).remove(id);
            Ok(())
        };
        Box::pin(async { found })
    }
}

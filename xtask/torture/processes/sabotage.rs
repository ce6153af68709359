//! Stores that break the protocol: what the judge must find out.

use std::sync::Arc;
use std::time::Duration;

use evergrant::{Attempt, BoxFuture, Connection, ConnectionId, Generation, Lease, Result, Store};

use super::orders::Sabotage;

/// How long it takes until what was said to be saved is.
const DELAY: Duration = Duration::from_millis(100);

/// The store with the mistake.
pub(crate) fn sabotaged(store: Arc<dyn Store>, sabotage: Sabotage) -> Arc<dyn Store> {
    Arc::new(Sabotaged { store, sabotage })
}

#[derive(Debug)]
struct Sabotaged {
    store: Arc<dyn Store>,
    sabotage: Sabotage,
}

impl Store for Sabotaged {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>> {
        self.store.list()
    }

    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>> {
        self.store.load(id)
    }

    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>> {
        if self.sabotage == Sabotage::NoLease {
            return Box::pin(async { Ok(Lease::new(id.clone(), ())) });
        }
        self.store.lease(id, wait)
    }

    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>> {
        if self.sabotage == Sabotage::NoJournal {
            return Box::pin(async { Ok(()) });
        }
        self.store.record(lease, attempt)
    }

    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>> {
        if self.sabotage != Sabotage::EarlySave {
            return self.store.save(lease, new, replaces);
        }
        let (store, new) = (Arc::clone(&self.store), new.clone());
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
        self.store.accepted(id, generation)
    }

    fn place(&self, id: &ConnectionId) -> String {
        self.store.place(id)
    }
}

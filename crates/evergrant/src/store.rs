//! Where connections live.
//!
//! [`Store`] is one of the crate's two traits: the seam for databases and vaults of others. Its
//! promise is durability and order, nothing more; deciding is done by the keeper.

use std::fmt;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::{Attempt, Chapter, Connection, ConnectionId, Generation, Result};

pub(crate) mod disk;
mod file;
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;
mod journal;
mod memory;
mod token_file;

pub use file::{FileStore, TokenFile};
pub use memory::MemoryStore;

/// A boxed future, as the methods of [`Store`] return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A place where connections live. Open to implementations outside this crate.
pub trait Store: Debug + Send + Sync + 'static {
    /// The names of all connections.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the place can't be read.
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>>;

    /// The connection as it is saved; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the place can't be read or what is there is
    /// damaged.
    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>>;

    /// The exclusive right to change `id`, across all processes that share the place; waited for at
    /// most `wait`, and given back when dropped or when the process dies.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) if it is not free in time,
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if there is no way to hold one. Never a lease
    /// that does not exclude.
    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>>;

    /// Records an attempt durably. If it is an open one, its refresh token is about to be spent:
    /// this also proves that the outcome can be saved, by reserving the room for it.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store): then nothing may be spent.
    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>>;

    /// Saves `new` in the place of the generation `replaces`; durable when it returns. Tokens, the
    /// mark of a lapse and the end of an attempt change together or not at all.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if another generation than `replaces` is
    /// stored, [`ErrorKind::Store`](crate::ErrorKind::Store) if it can't be made durable.
    fn save<'a>(
        &'a self,
        lease: &'a Lease,
        new: &'a Connection,
        replaces: Generation,
    ) -> BoxFuture<'a, Result<()>>;

    /// Notes that the API has taken the token of `generation`, which had replaced a refused one:
    /// its refusals no longer count. It needs no lease, and need not be durable.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if it can't be noted; no harm is done then.
    fn accepted<'a>(
        &'a self,
        id: &'a ConnectionId,
        generation: Generation,
    ) -> BoxFuture<'a, Result<()>>;

    /// What has happened to the connection, oldest first, as far back as the store remembers; nothing
    /// where a store keeps no such record. For people: nothing is decided on it.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the record can't be read.
    fn story<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Vec<Chapter>>> {
        let _ = id;
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Where `id` is kept, in words for a human: a path, a database.
    fn place(&self, id: &ConnectionId) -> String;
}

/// The exclusive right to change one connection. Given back when dropped.
pub struct Lease {
    id: ConnectionId,
    _guard: Box<dyn Send + Sync>,
}

impl Lease {
    /// A lease of `id` that lasts as long as `guard` is not dropped.
    pub fn new(id: ConnectionId, guard: impl Send + Sync + 'static) -> Self {
        Self {
            id,
            _guard: Box::new(guard),
        }
    }

    /// The connection that may be changed.
    pub fn id(&self) -> &ConnectionId {
        &self.id
    }
}

impl Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

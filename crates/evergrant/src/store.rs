//! Where connections live.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::{Attempt, Connection, ConnectionId, Generation, Result};

mod file;
mod memory;

pub use file::{FileStore, TokenFile};
pub use memory::MemoryStore;

/// A boxed future, as the methods of [`Store`] return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The exclusive right to change one connection, across processes. Given back when dropped.
pub struct Lease {
    id: ConnectionId,
    _guard: Box<dyn Send + Sync>,
}

impl Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Lease {
    /// A lease of `id` that lasts as long as `guard`.
    pub fn new(id: ConnectionId, guard: impl Send + Sync + 'static) -> Self {
        Self { id, _guard: Box::new(guard) }
    }
    /// The connection that may be changed.
    pub fn id(&self) -> &ConnectionId {
        &self.id
    }
}

/// A place where connections live. Open to implementations outside this crate.
pub trait Store: Debug + Send + Sync + 'static {
    /// The names of all connections.
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConnectionId>>>;
    /// The connection as it is saved; `None` if there is none of this name.
    fn load<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<Connection>>>;
    /// The exclusive right to change `id`, waited for at most `wait`.
    fn lease<'a>(&'a self, id: &'a ConnectionId, wait: Duration) -> BoxFuture<'a, Result<Lease>>;
    /// Records an attempt durably, and before it is spent proves that its outcome can be saved.
    fn record<'a>(&'a self, lease: &'a Lease, attempt: &'a Attempt) -> BoxFuture<'a, Result<()>>;
    /// Saves a grant durably under the generation after `replaces`; its attempt is closed.
    fn save<'a>(&'a self, lease: &'a Lease, new: &'a Connection, replaces: Generation) -> BoxFuture<'a, Result<()>>;
    /// Where `id` is kept, in words for a human: a path, a database.
    fn place(&self, id: &ConnectionId) -> String;
}

//! Where connections live.
//!
//! [`Store`] is one of the crate's two traits: the seam for databases and vaults of others. Its
//! promise is durability and order, nothing more; deciding is done by the keeper.

use std::any::Any;
use std::fmt;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::body::Proviso;
use crate::{
    Attempt, Chapter, Connection, ConnectionId, Error, ErrorKind, Generation, KeyId, Result,
};

pub(crate) mod disk;
#[cfg(feature = "postgres")]
pub(crate) mod fenced;
mod file;
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;
mod journal;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod record;
mod registry;
#[cfg(feature = "sqlite")]
mod sqlite;
mod token_file;
mod witness;

pub use file::{FileStore, TokenFile};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use registry::{Adoption, Registry, Remark, open};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

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

    /// The same under a lease, no older than the lease: what came with it need not be read again.
    ///
    /// # Errors
    /// Like [`load`](Self::load).
    fn reread<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Option<Connection>>> {
        self.load(lease.id())
    }

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

    /// What has changed since `mark`, everything if there is none: for who looks after many
    /// connections, and can't load each of them every time. A store that can't tell what has changed
    /// shows everything each time.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the place can't be read.
    fn survey<'a>(&'a self, mark: Option<&'a Mark>) -> BoxFuture<'a, Result<Survey>> {
        let _ = mark;
        Box::pin(async move {
            let mut sightings = Vec::new();
            for id in self.list().await? {
                let connection = self.load(&id).await;
                sightings.push(Sighting {
                    id,
                    connection,
                    pause: None,
                });
            }
            Ok(Survey {
                sightings,
                next: Next::Anew,
            })
        })
    }

    /// Ends when something may have changed, and at once is always allowed; a store that can't tell
    /// waits for ever. Only a hint: what it misses, the next survey shows.
    fn stirred(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }

    /// Books the next refresh at `app`, of which all processes together may begin `per_second`, and
    /// says how long it is until then.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if it can't be booked.
    fn book<'a>(
        &'a self,
        app: &'a str,
        per_second: u32,
    ) -> BoxFuture<'a, Result<Option<Duration>>> {
        let _ = (app, per_second);
        Box::pin(async { Ok(None) })
    }

    /// Gives a lease back, and returns when others can have it.
    fn release(&self, lease: Lease) -> BoxFuture<'_, ()> {
        drop(lease);
        Box::pin(std::future::ready(()))
    }

    /// Puts `later`, which this process holds, in the place of what is stored, if that is an old copy:
    /// the store was set back to an earlier state, by a restored backup or a failover that has lost its
    /// last commits. Whether it was. It is not to be spent for a minute, so that whoever holds a still
    /// later one can put that back. A fresh login is never replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if it can't be made durable.
    fn put_back<'a>(
        &'a self,
        lease: &'a Lease,
        later: &'a Connection,
    ) -> BoxFuture<'a, Result<bool>> {
        let _ = (lease, later);
        Box::pin(async { Ok(false) })
    }

    /// The key with which the connection's tokens are sealed now; `None` if they lie in clear. It is
    /// told though that key is not at hand.
    ///
    /// # Errors
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if the place can't be read.
    fn sealed_with<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, Result<Option<KeyId>>> {
        let _ = id;
        Box::pin(async { Ok(None) })
    }

    /// Writes the tokens again in another form, as durably as [`save`](Self::save), without making
    /// another generation of them. A store with keys saves sealed tokens from the next save on.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`](crate::ErrorKind::Sealed) if the keys can't be had,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the store has none or can't seal,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there are no tokens,
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) if it can't be made durable. What was there
    /// stays then.
    fn rewrite<'a>(&'a self, lease: &'a Lease, form: Form) -> BoxFuture<'a, Result<()>> {
        let _ = form;
        Box::pin(async move {
            Err(
                Error::new(ErrorKind::Config, "this store can't seal what it keeps")
                    .for_connection(lease.id()),
            )
        })
    }

    /// Where `id` is kept, in words for a human: a path, a database.
    fn place(&self, id: &ConnectionId) -> String;
}

/// Part of what a store holds.
#[derive(Debug)]
pub struct Survey {
    /// What was seen; a connection may come more than once.
    pub sightings: Vec<Sighting>,
    /// What to ask for next time.
    pub next: Next,
}

/// How a survey goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// There is more right now, from here on.
    More(Mark),
    /// That was all; changes will be seen from here on.
    From(Mark),
    /// That was all; what was not among it is not there any more. The next survey begins anew.
    Anew,
}

/// How far a survey has come. Means something to the store that made it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark(pub String);

/// A connection, as a survey has seen it.
#[derive(Debug)]
pub struct Sighting {
    /// Its name.
    pub id: ConnectionId,
    /// What [`Store::load`] would give.
    pub connection: Result<Option<Connection>>,
    /// Why nobody may spend its refresh token for now, if that is so.
    pub pause: Option<Pause>,
}

/// Why nobody may spend a connection's refresh token for now. Its access token is served while it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Somebody has asked for it.
    Asked,
    /// The database was restored from a backup, or is a copy of another: nobody can know whether its
    /// tokens were spent since, or are being spent elsewhere. Over with the next login, or when
    /// somebody has said that it is the only one.
    Restored,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "the connection is paused",
            Self::Restored => {
                "the database was restored from a backup or copied, and nobody can know which of \
                 its refresh tokens were spent since"
            }
        })
    }
}

impl Pause {
    /// What ends it, as a command.
    pub(crate) fn end(self) -> &'static str {
        match self {
            Self::Asked => "resume it first",
            Self::Restored => {
                "once no other copy of it is in use, say so with: evergrant connections resume \
                 --restored"
            }
        }
    }
}

/// How tokens lie in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Encrypted with the newest key of the store's.
    Sealed,
    /// As the provider issued them.
    Clear,
}

/// The exclusive right to change one connection. Given back when dropped; where that takes a word to
/// others, [`Store::release`] is surer.
pub struct Lease {
    id: ConnectionId,
    guard: Box<dyn Any + Send + Sync>,
    surely: Option<Proviso>,
}

impl Lease {
    /// A lease of `id` that lasts as long as `guard` is not dropped.
    pub fn new(id: ConnectionId, guard: impl Send + Sync + 'static) -> Self {
        Self {
            id,
            guard: Box::new(guard),
            surely: None,
        }
    }

    /// One that may end by itself: `surely` says, without asking anybody, whether it has not yet.
    #[must_use]
    pub fn ending(mut self, surely: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.surely = Some(Arc::new(surely));
        self
    }

    /// Whether nobody else can have it by now. To be asked last of all before something is done that
    /// can't be undone.
    pub fn is_held(&self) -> bool {
        self.surely.as_ref().is_none_or(|surely| surely())
    }

    /// The same question, to be asked by who is about to do it; `None` if there is no need to.
    pub(crate) fn proviso(&self) -> Option<Proviso> {
        self.surely.clone()
    }

    /// The guard that it was made with, for the store that has made it.
    pub fn guard<T: 'static>(&self) -> Option<&T> {
        self.guard.downcast_ref()
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

//! Stores whose connections come and go by themselves, not by a line of configuration each.
//!
//! [`Registry`] is what such a store can do besides keeping: take a grant in with its lineage, pause
//! it, forget it. [`open`] makes one from its URL.

use std::path::Path;
use std::sync::Arc;

use super::{BoxFuture, Lease, Store};
use crate::{Connection, ConnectionId, Error, ErrorKind, Generation, Result, Sealer};

/// A [`Store`] that takes connections in and lets them go.
pub trait Registry: Store {
    /// Takes in a grant that came from outside: another tool's file, a backup. Its generation is the
    /// store's to choose. Nothing is changed if its refresh token is one that is known as spent, by
    /// this connection or another one.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if it can't be made durable.
    fn adopt<'a>(
        &'a self,
        lease: &'a Lease,
        found: &'a Connection,
    ) -> BoxFuture<'a, Result<Adoption>>;

    /// Forgets the tokens. Which refresh tokens are spent stays known, so that none of them can come
    /// back.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if it can't be made durable.
    fn remove<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>>;

    /// From now on nobody may spend the refresh token, or anybody again. Access tokens are handed
    /// out while they live.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such connection, [`ErrorKind::Store`] if it can't be
    /// made durable.
    fn pause<'a>(&'a self, id: &'a ConnectionId, paused: bool) -> BoxFuture<'a, Result<()>>;

    /// Says that a restored database is the only one there is: connections that were paused for that
    /// ([`Pause::Restored`](crate::Pause::Restored)) are kept alive again. How many there were.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if it can't be made durable.
    fn resume_restored(&self) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async { Ok(0) })
    }

    /// Looks at everything that its promises rest on: settings, clocks, who stands between. It changes
    /// nothing but what opening does.
    ///
    /// # Errors
    /// What the first call would fail with.
    fn examine(&self) -> BoxFuture<'_, Result<Vec<Remark>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// What was found when a store was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is.
    pub what: String,
    /// What to do about it; `None` if it is as it should be.
    pub mend: Option<String>,
}

impl Remark {
    /// One that is `what` if it is good, and else `otherwise`, which `mend` mends.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn of(is_good: bool, what: String, otherwise: String, mend: &str) -> Self {
        if is_good {
            return Self { what, mend: None };
        }
        Self {
            what: otherwise,
            mend: Some(mend.to_owned()),
        }
    }
}

/// What has become of a grant that was to be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// It is kept from now on, as this generation.
    Taken(Generation),
    /// It is the one that is kept already.
    Known(Generation),
    /// Its refresh token was rotated away in this store: nothing was changed.
    Spent,
}

/// Opens the store of a URL: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`. With a sealer, tokens
/// are sealed from the next save on. Nothing is read or connected to before it is asked for something.
///
/// In `folder`, this host's own, it is remembered which refresh tokens were spent, so that a database
/// that was set back to an earlier state is recognised; without one, that is known for as long as the
/// process lives. SQLite remembers it beside the database.
///
/// # Errors
/// [`ErrorKind::Config`] if the URL is none of these, or its kind is not built in.
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    expect(
        unused_variables,
        clippy::needless_pass_by_value,
        reason = "no kind is built in"
    )
)]
pub fn open(url: &str, sealer: Option<Sealer>, folder: Option<&Path>) -> Result<Arc<dyn Registry>> {
    let scheme = url.split(':').next().unwrap_or_default();
    match scheme {
        #[cfg(feature = "sqlite")]
        "sqlite" => Ok(Arc::new(
            super::SqliteStore::at(path_of(url)?).sealed_by(sealer),
        )),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => {
            let store = super::PostgresStore::at(url)?.sealed_by(sealer);
            Ok(Arc::new(match folder {
                Some(folder) => store.remembering_in(folder),
                None => store,
            }))
        }
        _ => Err(Error::new(
            ErrorKind::Config,
            format!(
                "{scheme:?} is not a kind of store that this program knows: write sqlite:PATH or \
                 postgres://USER@HOST/DATABASE"
            ),
        )),
    }
}

/// The path of `sqlite:PATH`, which may have the slashes of a URL.
#[cfg(feature = "sqlite")]
fn path_of(url: &str) -> Result<&str> {
    let path = url.strip_prefix("sqlite:").unwrap_or_default();
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains('?') {
        return Err(Error::new(
            ErrorKind::Config,
            "a SQLite store is written sqlite:PATH",
        ));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_chosen_by_its_scheme() {
        for bad in ["", "mysql://x", "/tmp/x", "sqlite:", "sqlite:x?mode=ro"] {
            let error = open(bad, None, None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_path_may_have_the_slashes_of_a_url() {
        for (url, path) in [
            ("sqlite:a/b.db", "a/b.db"),
            ("sqlite:/a/b.db", "/a/b.db"),
            ("sqlite:///a/b.db", "/a/b.db"),
        ] {
            assert_eq!(path_of(url).unwrap(), path);
        }
    }
}

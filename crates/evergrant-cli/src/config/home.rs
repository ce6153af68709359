//! Where a connection's tokens are: a file of its own, or a store of many.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use super::Layer;
use crate::env;
use crate::failure::{Failure, Result};

/// A place for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// A token file.
    File(PathBuf),
    /// A store, by its URL.
    Store(String),
}

impl Home {
    /// What one level of settings says. A token file is the more particular of the two.
    pub(super) fn said(layer: &Layer) -> Option<Self> {
        let file = layer.token_file.clone().map(Self::File);
        file.or_else(|| layer.store.clone().map(Self::Store))
    }

    /// Where a connection is kept if nothing is said: in the token file that an earlier version has
    /// made for it, else in a database for all of them.
    pub(super) fn default_of(name: &str) -> Result<Self> {
        let folder = state_folder()?;
        let file = folder.join(format!("{name}.json"));
        if cfg!(feature = "sqlite") && !file.exists() {
            return Ok(Self::Store(url_of(&database_in(&folder))));
        }
        Ok(Self::File(file))
    }

    /// The file or the database, if it is one on this machine.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Store(url) => Some(Path::new(url.strip_prefix("sqlite:")?)),
        }
    }
}

/// As it is shown: without a password.
impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = self.path() {
            return path.display().fmt(f);
        }
        let Self::Store(url) = self else {
            return Ok(());
        };
        let Some(mut shown) = url.parse::<Url>().ok().filter(Url::has_host) else {
            return f.write_str("a store");
        };
        if shown.password().is_some() && shown.set_password(None).is_err() {
            return f.write_str("a store");
        }
        shown.set_query(None);
        shown.fmt(f)
    }
}

/// The URL of the database that connections are kept in if nothing is said, if there is one yet.
pub(super) fn default_store_if_there() -> Option<String> {
    let database = database_in(&folder()?);
    (cfg!(feature = "sqlite") && database.exists()).then(|| url_of(&database))
}

fn database_in(folder: &Path) -> PathBuf {
    folder.join("evergrant.db")
}

fn url_of(database: &Path) -> String {
    format!("sqlite:{}", database.display())
}

/// Where evergrant keeps what it makes.
pub(super) fn state_folder() -> Result<PathBuf> {
    folder().ok_or_else(|| {
        Failure::config(
            "there is no home directory to keep tokens in",
            "say where with --token-file or --store, or set HOME or XDG_STATE_HOME",
        )
    })
}

/// The same, if there is a home directory.
pub(crate) fn folder() -> Option<PathBuf> {
    let state = env::STATE_HOME.path().filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(env::home()?.join(".local").join("state")))?;
    Some(state.join("evergrant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let home = Home::Store("postgres://me:planted@db/grants?sslmode=require".to_owned());
        assert_eq!(home.to_string(), "postgres://me@db/grants");
        let odd = Home::Store("postgres:planted planted".to_owned());
        assert!(!odd.to_string().contains("planted planted"), "{odd}");
        assert_eq!(
            Home::Store("sqlite:/a/b.db".to_owned()).to_string(),
            "/a/b.db"
        );
    }
}

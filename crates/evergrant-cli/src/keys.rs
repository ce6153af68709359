//! The keys that seal tokens: where they are read, and how a new one is added.
//!
//! A key that is lost takes the tokens with it, so a new one is durable, beside all the older ones,
//! before anything is sealed with it. No key is ever printed.

use std::path::Path;

use evergrant::{Error, ErrorKind, KeyId, KeyRing, SealKey, Sealer};
use evergrant_gateway::disk;

use crate::config::KeySource;
use crate::env;
use crate::failure::{Failure, Result};

mod keyring;

/// A sealer with the keys of `source`, which are read when they are first needed.
pub(crate) fn sealer(source: &KeySource) -> Sealer {
    let source = source.clone();
    Sealer::reading(move || KeyRing::parse(&text(&source)?))
}

/// Adds a new key to `source`: from now on it seals, and the older ones open.
pub(crate) fn add(source: &KeySource) -> Result<KeyId> {
    let key = SealKey::generate()?;
    match source {
        KeySource::File(path) => add_to_file(path, &key)?,
        KeySource::Keyring(account) => {
            let before = keyring::read(account)?.unwrap_or_default();
            keyring::write(account, &with(&before, &key))?;
        }
        KeySource::Environment => {
            return Err(Failure::config(
                "a new key can't be put into the environment",
                "make one with: openssl rand -base64 32, and add it at the end of EVERGRANT_SEAL_KEY",
            ));
        }
    }
    Ok(key.id().clone())
}

fn text(source: &KeySource) -> evergrant::Result<String> {
    match source {
        KeySource::Environment => {
            let text = env::SEAL_KEY.text().map_err(unusable)?;
            text.ok_or_else(|| unusable("EVERGRANT_SEAL_KEY is not set"))
        }
        KeySource::File(path) => {
            require_private(path)?;
            std::fs::read_to_string(path).map_err(|error| {
                unusable(format!("the key file {} can't be read", path.display()))
                    .with_source(error)
            })
        }
        KeySource::Keyring(account) => keyring::read(account)?.ok_or_else(|| {
            unusable(format!(
                "the keyring has no key for evergrant's account {account:?}"
            ))
        }),
    }
}

/// Two who add at once add two keys.
fn add_to_file(path: &Path, key: &SealKey) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Failure::config(
            format!("the key file {} can't be written", path.display()),
            "name another with --seal-key-file, in a folder that takes new files",
        )
        .because(error)
    };
    // A link stays a link: its target is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let _lock = lock(&target).map_err(cannot)?;
    let before = match std::fs::read_to_string(&target) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(cannot)?,
    };
    if !before.is_empty() {
        require_private(&target)?;
        KeyRing::parse(&before)?;
    }
    disk::replace(&target, &with(&before, key)).map_err(cannot)
}

/// The keys' text with one more, which its name is noted beside.
fn with(before: &str, key: &SealKey) -> String {
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{before}{gap}{} # {}\n", key.expose().as_str(), key.id())
}

/// Held until it is dropped.
fn lock(path: &Path) -> std::io::Result<std::fs::File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(name)?;
    file.lock()?;
    Ok(file)
}

/// A key that others can read protects nothing from them.
#[cfg(unix)]
fn require_private(path: &Path) -> evergrant::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(metadata) = std::fs::metadata(path) else {
        // Reading it will say why.
        return Ok(());
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let place = path.display();
    Err(unusable(format!(
        "others than its owner can read the key file {place} (mode {mode:04o}): chmod 600 {place}"
    )))
}

#[cfg(not(unix))]
fn require_private(_path: &Path) -> evergrant::Result<()> {
    Ok(())
}

fn unusable(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Sealed, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h31_a_new_key_comes_last_and_takes_none_away() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::File(folder.path().join("seal.key"));
        let first = add(&source).unwrap();
        let second = add(&source).unwrap();
        let ring = KeyRing::parse(&text(&source).unwrap()).unwrap();
        assert_eq!(ring.ids().collect::<Vec<_>>(), [&first, &second]);
        assert_eq!(ring.newest().id(), &second);
        assert_eq!(sealer(&source).newest().unwrap(), second);
    }

    #[test]
    fn nothing_is_added_to_what_holds_no_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        disk::replace(&path, "my shopping list\n").unwrap();
        assert!(add(&KeySource::File(path.clone())).is_err());
        assert_eq!(std::fs::read_to_string(path).unwrap(), "my shopping list\n");
    }
}

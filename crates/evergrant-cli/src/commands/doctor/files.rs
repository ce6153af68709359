//! The token file or the database, and the place where it is.

use std::fs::TryLockError;
use std::io::Write as _;
use std::path::Path;

use evergrant::{Connection, Grant, Outcome, Remark};
use evergrant_gateway::span::left;
use tempfile::NamedTempFile;

use super::{Finding, folder_of};
use crate::config::{Home, Settings};
use crate::context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::report;

/// Looks; returns the connection if it can be read.
pub(super) async fn look(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Connection> {
    if let Some(path) = settings.home.path() {
        findings.push(writable(path));
        findings.extend(too_open(path));
        findings.extend(remote(settings, path));
    }
    if let Home::Store(_) = settings.home {
        findings.extend(examined(settings).await);
    }
    let place = &settings.home;
    let connection = match load(settings).await {
        Ok(Some(connection)) => connection,
        Ok(None) => {
            let login = format!("connect it: evergrant login {}", settings.flags());
            let what = match place {
                Home::File(_) => format!("there is no token file {place}"),
                Home::Store(_) => format!("there is no {} in {place}", settings.connection),
            };
            findings.push(Finding::fail(Exit::Config, what, login));
            return None;
        }
        Err(failure) => {
            findings.push(unreadable(&failure));
            return None;
        }
    };
    let kind = match place {
        Home::File(_) => "token file",
        Home::Store(_) => "store",
    };
    let generation = connection.generation;
    findings.push(Finding::ok(format!(
        "{kind} {place}, generation {generation}"
    )));
    findings.extend(seal(settings).await);
    findings.push(grant(settings, &connection));
    findings.extend(unsettled(&connection));
    Some(connection)
}

async fn load(settings: &Settings) -> Result<Option<Connection>> {
    let store = context::store(settings)?;
    Ok(store.load(&settings.connection).await?)
}

/// What the store itself has to say; if it can't be asked, what is read next tells why.
async fn examined(settings: &Settings) -> Vec<Finding> {
    let Ok(registry) = context::registry(settings) else {
        return Vec::new();
    };
    // To look at a database that is not there would make one.
    if settings.home.path().is_some_and(|path| !path.exists()) {
        return Vec::new();
    }
    let remarks = registry.examine().await.unwrap_or_default();
    let finding = |remark: Remark| match remark.mend {
        None => Finding::ok(format!("database: {}", remark.what)),
        Some(mend) => Finding::warn(format!("database: {}", remark.what), mend),
    };
    remarks.into_iter().map(finding).collect()
}

fn unreadable(failure: &Failure) -> Finding {
    let exit = failure.exit();
    match failure {
        Failure::Keeper(error) => Finding::fail(
            exit,
            report::chain(error),
            "mend it; the grants in it may be alive",
        ),
        Failure::Own(own) => Finding::fail(exit, own.what.clone(), own.mend.clone()),
        Failure::Api(_) | Failure::Told(_) => Finding::fail(exit, "the tokens can't be read", ""),
    }
}

fn grant(settings: &Settings, connection: &Connection) -> Finding {
    let login = format!("reconnect: evergrant login {}", settings.flags());
    match &connection.grant {
        Grant::Lapsed { lapse, .. } => Finding::fail(
            Exit::Reconnect,
            format!("the grant is over: {lapse}"),
            login,
        ),
        Grant::Live(tokens) if tokens.refresh.is_none() => Finding::warn(
            format!(
                "there is no refresh token; the access token: {}",
                left(tokens.access_expires)
            ),
            login,
        ),
        Grant::Live(tokens) => Finding::ok(format!(
            "access token: {}; refresh token: {}",
            left(tokens.access_expires),
            left(tokens.refresh_expires)
        )),
    }
}

fn unsettled(connection: &Connection) -> Option<Finding> {
    let attempt = connection.attempt.as_ref()?;
    if attempt.outcome == Outcome::NotSpent {
        return None;
    }
    Some(Finding::warn(
        "a refresh was begun, and its answer may have been lost",
        "the next call settles it; nothing is to be done now",
    ))
}

/// Whether others than its owner may read the file.
#[cfg(unix)]
fn too_open(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        Finding::warn(
            format!("others than its owner can read the token file (mode {mode:04o})"),
            format!("chmod 600 {}", path.display()),
        )
    })
}

#[cfg(not(unix))]
fn too_open(_path: &Path) -> Option<Finding> {
    None
}

/// A refresh replaces the file, so its folder must take new files.
fn writable(path: &Path) -> Finding {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(&target);
    match NamedTempFile::new_in(folder).and_then(|file| has_room(file.as_file())) {
        Ok(()) => synced(folder),
        Err(error) => Finding::fail(
            Exit::Store,
            format!(
                "the folder {} takes no new files: {error}",
                folder.display()
            ),
            "give it to this user, make room, or move the token file; no refresh is made before",
        ),
    }
}

/// Whether what a refresh has to write finds room. A full disk takes names, and no contents.
fn has_room(mut file: &std::fs::File) -> std::io::Result<()> {
    file.write_all(&[0; 64 * 1024])?;
    file.sync_all()
}

/// Where names can't be made durable, no refresh is made.
fn synced(folder: &Path) -> Finding {
    let place = folder.display();
    #[cfg(unix)]
    if let Err(error) = std::fs::File::open(folder).and_then(|it| it.sync_all()) {
        return Finding::fail(
            Exit::Store,
            format!("the folder {place} can't be synced: {error}"),
            "keep the token file on another file system; no refresh is made before",
        );
    }
    let whole = "the folder takes new files, names in it are durable, and locks exclude";
    match excludes(folder) {
        Ok(true) => Finding::ok(format!("{whole}: {place}")),
        Ok(false) => Finding::fail(
            Exit::Store,
            format!("locks in the folder {place} exclude nobody"),
            "keep the tokens on a local disk; two processes could spend one token here",
        ),
        Err(error) => Finding::fail(
            Exit::Store,
            format!("files in the folder {place} can't be locked and synced: {error}"),
            "keep the tokens on a local disk; no refresh is made before",
        ),
    }
}

/// Whether a lock keeps others out.
fn excludes(folder: &Path) -> std::io::Result<bool> {
    let ours = NamedTempFile::new_in(folder)?;
    ours.as_file().sync_all()?;
    ours.as_file().lock()?;
    let theirs = std::fs::File::open(ours.path())?;
    match theirs.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Only where the settings allow it does a look come so far.
fn remote(settings: &Settings, path: &Path) -> Option<Finding> {
    let kind = context::token_file(settings, path).network_kind(&settings.connection)?;
    Some(Finding::warn(
        format!("the token file is on a network file system ({kind}), where locks may not hold"),
        "let one machine only use it, or keep it on a local disk",
    ))
}

async fn seal(settings: &Settings) -> Option<Finding> {
    let store = context::store(settings).ok()?;
    let sealed = store.sealed_with(&settings.connection).await.ok()?;
    Some(match (&settings.layer.seal_keys, sealed) {
        (_, Some(key)) => Finding::ok(format!("the tokens are sealed with key {key}")),
        (Some(_), None) => Finding::warn(
            "a key is set, but the tokens still lie in clear",
            format!(
                "the next refresh seals them, or now: evergrant seal {}",
                settings.flags()
            ),
        ),
        (None, None) => return None,
    })
}

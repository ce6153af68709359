//! Where a grant lies: a directory of its own, a file system of its own that is small, or a server of
//! its own.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::Result;
use super::throw_away::{self, Server};

/// The size of a small file system in bytes: a journal at its longest, and little else.
const SMALL: u64 = 192 * 1024;
/// How often, and after how long each time, a server is looked at until it is idle.
const LOOKS: u32 = 200;
const LOOK: Duration = Duration::from_millis(25);
/// The smallest thing that a file system gives out.
const PAGE: u64 = 4096;

/// In what a grant is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// A token file.
    File,
    /// A SQLite database.
    Sqlite,
    /// A PostgreSQL database, on a server that can crash.
    Postgres,
}

impl Kept {
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "file" => Some(Self::File),
            "sqlite" => Some(Self::Sqlite),
            "postgres" => Some(Self::Postgres),
            _ => None,
        }
    }
}

/// A directory; removed, and unmounted, when dropped.
pub(crate) struct Place {
    directory: TempDir,
    small: bool,
    kept: Kept,
    server: Option<Server>,
}

impl Place {
    /// A directory on the disk where temporary files are, and a server if one is needed.
    ///
    /// # Errors
    /// If none can be made.
    pub(crate) fn on_disk(kept: Kept) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let server = (kept == Kept::Postgres).then(Server::start);
        Ok(Self {
            directory,
            small: false,
            kept,
            server: server.transpose()?,
        })
    }

    /// A file system of a few pages.
    ///
    /// # Errors
    /// If none can be mounted, as for everybody but root.
    pub(crate) fn small() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        mount(directory.path())?;
        Ok(Self {
            directory,
            small: true,
            kept: Kept::File,
            server: None,
        })
    }

    pub(crate) fn is_small(&self) -> bool {
        self.small
    }

    pub(crate) fn kept(&self) -> Kept {
        self.kept
    }

    /// What workers call it.
    pub(crate) fn home(&self) -> String {
        match (&self.server, self.kept) {
            (Some(server), _) => server.url(),
            (None, Kept::Sqlite) => {
                format!("sqlite:{}", self.directory.path().join("a.db").display())
            }
            (None, _) => self.file().display().to_string(),
        }
    }

    /// Ends the server as `kill -9` does; it is started again by itself.
    pub(crate) fn crash(&self) {
        if let Some(server) = &self.server {
            server.crash();
        }
    }

    /// Waits until the server has done what the dead have asked of it: a statement outlives its sender.
    pub(crate) fn await_idle(&self) {
        let Some(server) = &self.server else { return };
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'evergrant'";
        for _ in 0..LOOKS {
            if throw_away::run(&server.url(), sql).is_ok_and(|count| count == "0") {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("token.json")
    }

    /// Fills the small file system up to that many pages. On another one nothing happens.
    ///
    /// # Errors
    /// If the ballast can't be made.
    pub(crate) fn fill(&self, pages_left: u64) -> Result<()> {
        if !self.small {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let mut ballast = options.append(true).create(true).open(self.ballast())?;
        while ballast.write_all(&[0; PAGE as usize]).is_ok() {}
        let size = ballast.metadata()?.len();
        ballast.set_len(size.saturating_sub(pages_left * PAGE))?;
        Ok(())
    }

    /// Makes room again.
    pub(crate) fn free(&self) {
        if let Ok(ballast) = File::options().write(true).open(self.ballast()) {
            drop(ballast.set_len(0));
        }
    }

    fn ballast(&self) -> PathBuf {
        self.directory.path().join("ballast")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.small {
            unmount(self.directory.path());
        }
    }
}

#[cfg(target_os = "linux")]
fn mount(directory: &Path) -> Result<()> {
    use nix::mount::MsFlags;

    let options = format!("size={SMALL},mode=0700");
    let kind = Some("tmpfs");
    nix::mount::mount(
        kind,
        directory,
        kind,
        MsFlags::empty(),
        Some(options.as_str()),
    )?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn mount(_directory: &Path) -> Result<()> {
    Err("small file systems are mounted on Linux only".into())
}

#[cfg(target_os = "linux")]
fn unmount(directory: &Path) {
    let _ = nix::mount::umount2(directory, nix::mount::MntFlags::MNT_DETACH);
}

#[cfg(not(target_os = "linux"))]
fn unmount(_directory: &Path) {}

/// The size of a file; 0 if there is none.
pub(crate) fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

//! The sign that a running gateway puts up for the other commands: where it is.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk;

/// Where the gateway can be reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sign {
    /// The gateway, without a path.
    pub url: String,
    /// Its console, without a path, if it has one: by the name under which consent returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
}

/// A sign that is up. While it is held the kernel holds a lock for it, which ends with the process
/// however that ends: so a sign that a killed gateway has left behind is known as such.
#[derive(Debug)]
pub struct Standing {
    sign: Sign,
    folder: PathBuf,
    _lock: File,
}

impl Sign {
    /// Puts it up.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_up(self, folder: &Path) -> io::Result<Standing> {
        disk::private_folder(folder)?;
        let lock = lock_file(folder)?;
        // Where nothing can be locked, who reads the sign can't lock it either, and takes it for true.
        drop(lock.lock_shared());
        disk::replace(&path(folder), &serde_json::to_string_pretty(&self)?)?;
        Ok(Standing {
            sign: self,
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If no gateway has put one up, or who has is gone.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let sign: Self = serde_json::from_slice(&std::fs::read(path(folder))?)?;
        if lock_file(folder)?.try_lock().is_ok() {
            let what = format!("the one at {} has ended without a word", sign.url);
            return Err(io::Error::new(io::ErrorKind::NotFound, what));
        }
        Ok(sign)
    }
}

impl Standing {
    /// Takes it down, unless it is another gateway's by now.
    pub fn take_down(self) {
        let found = Sign::read(&self.folder);
        if found.is_ok_and(|found| found.url == self.sign.url) {
            // If it stays, who reads it finds its lock free.
            drop(std::fs::remove_file(path(&self.folder)));
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("gateway.json")
}

fn lock_file(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(folder.join("gateway.lock"))
}

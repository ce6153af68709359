//! The sign that a running gateway puts up for the other commands: where it is.

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

impl Sign {
    /// Puts it up.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_up(&self, folder: &Path) -> io::Result<()> {
        disk::private_folder(folder)?;
        disk::replace(&path(folder), &serde_json::to_string_pretty(self)?)
    }

    /// Takes it down, unless it is another gateway's by now.
    pub fn take_down(&self, folder: &Path) {
        let is_ours = Self::read(folder).is_ok_and(|found| found.url == self.url);
        if is_ours {
            // If it stays, who reads it finds nobody there.
            drop(std::fs::remove_file(path(folder)));
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// If no gateway has put one up.
    pub fn read(folder: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(path(folder))?)?)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("gateway.json")
}

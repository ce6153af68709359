//! The audit log: a line for each request, appended to a file by a thread of its own.
//!
//! A line says who asked for what, when, and what came of it; never a body, a query or a secret.
//! Requests don't wait for the disk. The thread takes what has gathered every few milliseconds, and
//! opens the file anew when it was moved away, so that a log can be rotated by renaming it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use tracing::warn;

use crate::disk;

/// Lines that come close together are written together.
const GATHERING: Duration = Duration::from_millis(5);
/// What is held while the disk does not take it.
const MOST_HELD: usize = 16 * 1024 * 1024;

/// A line of the log.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) at: String,
    pub(crate) caller: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) key: &'a str,
    pub(crate) connection: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) realm: Option<&'a str>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requestid: Option<&'a str>,
    /// Why the gateway answered by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<&'a str>,
}

/// The log. What it still holds is written when it is dropped.
#[derive(Debug)]
pub struct Audit {
    desk: Arc<Desk>,
    writer: Option<JoinHandle<()>>,
}

/// Where lines wait for the writer.
#[derive(Debug, Default)]
struct Desk {
    tray: Mutex<Tray>,
    filled: Condvar,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct Tray {
    lines: Vec<u8>,
    closed: bool,
}

impl Audit {
    /// Appends to a file, which is made if it is not there.
    ///
    /// # Errors
    /// If it can't be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            disk::private_folder(folder)?;
        }
        let file = append_to(path)?;
        let desk = Arc::new(Desk::default());
        let (own, path) = (Arc::clone(&desk), path.to_owned());
        let writer = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write_all(&own, &path, file))?;
        Ok(Self {
            desk,
            writer: Some(writer),
        })
    }

    /// Adds a line.
    pub(crate) fn add(&self, line: &Line<'_>) {
        let mut tray = self.desk.tray();
        if tray.lines.len() > MOST_HELD {
            self.desk.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let first = tray.lines.is_empty();
        // Neither writing to memory nor making text of these members fails.
        drop(serde_json::to_writer(&mut tray.lines, line));
        tray.lines.push(b'\n');
        drop(tray);
        if first {
            self.desk.filled.notify_one();
        }
    }

    /// How many lines the disk did not take.
    pub(crate) fn lost(&self) -> u64 {
        self.desk.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.desk.tray().closed = true;
        self.desk.filled.notify_one();
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

impl Desk {
    fn tray(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has gathered, and whether it is the last.
    fn take(&self) -> (Vec<u8>, bool) {
        let tray = self.tray();
        let waiting = |tray: &mut Tray| tray.lines.is_empty() && !tray.closed;
        let tray = self.filled.wait_while(tray, waiting);
        let last = tray.unwrap_or_else(PoisonError::into_inner).closed;
        if !last {
            std::thread::sleep(GATHERING);
        }
        (std::mem::take(&mut self.tray().lines), last)
    }
}

fn write_all(desk: &Desk, path: &Path, mut file: File) {
    let mut failing = false;
    loop {
        let (lines, last) = desk.take();
        if let Some(moved) = reopened(path, &file) {
            file = moved;
        }
        if let Err(error) = file.write_all(&lines) {
            let count = lines.iter().filter(|byte| **byte == b'\n').count();
            desk.lost.fetch_add(count as u64, Ordering::Relaxed);
            if !std::mem::replace(&mut failing, true) {
                let log = path.display();
                warn!("the audit log {log} can't be written: {error}");
            }
        } else {
            failing = false;
        }
        if last {
            drop(file.sync_all());
            return;
        }
    }
}

/// The file anew, if another one or none stands in its place.
fn reopened(path: &Path, open: &File) -> Option<File> {
    if is_same(path, open).unwrap_or(false) {
        return None;
    }
    append_to(path).ok()
}

#[cfg(unix)]
fn is_same(path: &Path, open: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let (there, here) = (std::fs::metadata(path)?, open.metadata()?);
    Ok((there.dev(), there.ino()) == (here.dev(), here.ino()))
}

/// An open file can't be moved away there.
#[cfg(not(unix))]
fn is_same(_: &Path, _: &File) -> io::Result<bool> {
    Ok(true)
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Where the log is unless it was told otherwise.
pub fn default_path(folder: &Path) -> PathBuf {
    folder.join("audit.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(path: &str) -> Line<'_> {
        Line {
            at: "2027-01-15T08:00:00Z".to_owned(),
            caller: "crm",
            key: "",
            connection: "acme",
            realm: Some("1"),
            method: "GET",
            path,
            status: 200,
            ms: 3,
            requestid: None,
            refused: None,
        }
    }

    #[test]
    fn lines_are_appended_and_a_log_that_was_moved_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(&path).unwrap();
        audit.add(&line("/v3/a\"b"));
        let begun = tokio::time::Instant::now();
        while std::fs::read_to_string(&path).unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(1));
        }
        let moved = folder.path().join("audit.1");
        std::fs::hard_link(&path, &moved).unwrap();
        std::fs::remove_file(&path).unwrap();
        audit.add(&line("/v3/second"));
        drop(audit);
        let first = std::fs::read_to_string(&moved).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(first.trim()).unwrap();
        assert_eq!(parsed["path"], "/v3/a\"b");
        assert!(parsed.get("requestid").is_none());
        let second = std::fs::read_to_string(&path).unwrap();
        assert_eq!(second.lines().count(), 1);
        assert!(second.contains("/v3/second"));
    }
}

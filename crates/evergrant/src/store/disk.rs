//! The disk: the only place that touches files, and the order in which writes become durable.
//!
//! [`Disk`] is what an operating system offers, a call at a time; the functions below it are the
//! sequences that make something durable. Nothing is ever written over in place: a file is prepared
//! beside its target, synced, renamed over it, and then the directory is synced, or a power cut
//! could bring the old file back.
//!
//! The seam is there so that the sequences can be run on a simulated disk that loses what was not
//! synced; the product has one disk.

use std::any::Any;
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod mounts;
mod os;

pub(crate) use os::OsDisk;

/// How often a taken lock is tried again: at first, and at the longest.
const LOCK_POLL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(25));

/// What an operating system offers. Files that it makes are for their owner alone (0600).
pub(crate) trait Disk: Debug + Send + Sync + 'static {
    /// The whole file, `None` if there is none.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;
    /// Size and permission bits, `None` if there is no file.
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>>;
    /// Writes, making the file if need be. Not durable before [`sync`](Self::sync).
    fn write(&self, path: &Path, bytes: &[u8], how: Write) -> io::Result<()>;
    /// Makes an empty file with `size` bytes of room behind its end, so that writing so much can't
    /// fail for want of space. Not durable before [`sync`](Self::sync).
    fn allocate(&self, path: &Path, size: usize) -> io::Result<()>;
    /// Sets size and permission bits.
    fn trim(&self, path: &Path, to: Stat) -> io::Result<()>;
    /// Makes a file's contents durable.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Puts a file in the place of another. Not durable before
    /// [`sync_directory`](Self::sync_directory).
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names beside `path` durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
    /// Removes a file; none is fine.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the directory of `path`, for its owner alone, if there is none.
    fn make_directory(&self, path: &Path) -> io::Result<()>;
    /// Tries to lock a file, making it if need be; `None` if somebody else holds it. The lock ends
    /// when the guard is dropped or its process dies. The file stays: who locks a removed file
    /// excludes nobody.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send + Sync>>>;
    /// The file behind symbolic links; `path` itself if there is none yet.
    fn resolve(&self, path: &Path) -> PathBuf;
    /// Whether something is mounted on the file itself, which then can't be replaced by a rename.
    fn is_mount_point(&self, path: &Path) -> bool;
    /// The kind of network file system that the file is on, or would be; `None` for a local one.
    fn network_kind(&self, path: &Path) -> Option<String>;
    /// Where work on it is to be done.
    fn pace(&self) -> Pace;
}

/// Where file work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// On the spot: no part of it takes time.
    Instant,
    /// On the spot by who can spare the time, but for what can go on beside something else.
    InPlace,
    /// On threads that may block.
    Threads,
}

/// A file's size and permission bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    pub(crate) mode: u32,
}

/// Where bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// At the end, on a line of their own even after a torn one.
    Append,
    /// Over what is there, from the start.
    Over,
}

/// Makes `size` bytes of room beside the target, for contents to come. Durable when it returns, but
/// for its name.
pub(super) fn reserve(disk: &dyn Disk, path: &Path, size: usize) -> io::Result<()> {
    disk.allocate(path, size)?;
    disk.sync(path)
}

/// Puts `contents` into reserved room. Durable when it returns.
pub(super) fn fill(disk: &dyn Disk, path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    disk.write(path, contents, Write::Over)?;
    let size = contents.len() as u64;
    disk.trim(path, Stat { size, mode })?;
    disk.sync(path)
}

/// Puts the prepared file in the place of the target, durably.
pub(super) fn replace(disk: &dyn Disk, prepared: &Path, target: &Path) -> io::Result<()> {
    disk.rename(prepared, target)?;
    disk.sync_directory(target)
}

/// Waits for a lock without holding a thread, so that a caller who gives up leaves nothing behind;
/// `None` if it is not free in time.
pub(super) async fn lock(
    disk: &dyn Disk,
    path: &Path,
    wait: Duration,
) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
    disk.make_directory(path)?;
    let (mut pause, longest) = LOCK_POLL;
    let mut waited = Duration::ZERO;
    loop {
        let locked = disk.try_lock(path)?;
        if locked.is_some() || waited >= wait {
            return Ok(locked);
        }
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(longest);
    }
}

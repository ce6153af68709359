//! The disk: the only place that writes files, and the order in which writes become durable.
//!
//! All files are 0600 and, when root works on somebody's files, stay that somebody's. Nothing is
//! ever written over in place: a file is prepared beside its target, synced, renamed over it, and
//! then the directory is synced, or a power cut could bring the old file back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The whole file, `None` if there is none.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut contents = Vec::new();
    file.read_to_end(&mut contents)?;
    Ok(Some(contents))
}

/// Opens the file that carries the lock, making it if need be. It is never removed: who locks a
/// removed file excludes nobody.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(path)
}

/// Appends `lines` to a log, as one write. Not durable before [`sync`].
pub(super) fn append(path: &Path, lines: &[u8]) -> io::Result<File> {
    let mut log = private().create(true).append(true).read(true).open(path)?;
    keep_owner(&log, path)?;
    // A line that a crash has torn must not swallow the next one.
    let torn = ends_torn(&mut log)?;
    let mut whole = Vec::with_capacity(lines.len() + 1);
    if torn {
        whole.push(b'\n');
    }
    whole.extend_from_slice(lines);
    log.write_all(&whole)?;
    Ok(log)
}

/// Makes a file's contents durable.
pub(super) fn sync(file: &File) -> io::Result<()> {
    file.sync_data()
}

/// Makes `size` bytes of room beside the target, for contents to come. Durable, its name included,
/// when it returns.
pub(super) fn reserve(path: &Path, size: usize) -> io::Result<()> {
    let mut file = private().create(true).truncate(true).open(path)?;
    keep_owner(&file, path)?;
    file.write_all(&vec![0; size])?;
    file.sync_all()?;
    sync_directory(path)
}

/// Puts `contents` into reserved room. Durable when it returns.
pub(super) fn fill(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    let mut file = private().create(true).truncate(false).open(path)?;
    keep_owner(&file, path)?;
    file.write_all(contents)?;
    file.set_len(contents.len() as u64)?;
    set_mode(&file, mode)?;
    file.sync_all()
}

/// Puts the prepared file in the place of the target, durably.
pub(super) fn replace(prepared: &Path, target: &Path) -> io::Result<()> {
    rename(prepared, target)?;
    sync_directory(target)
}

/// Removes a file; none is fine.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the directory of `path`, for its owner alone, if there is none.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    let directory = directory_of(path);
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one rename; the directory is synced after it"
)]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

fn ends_torn(log: &mut File) -> io::Result<bool> {
    if log.metadata()?.len() == 0 {
        return Ok(false);
    }
    log.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    log.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the names in the directory of `path` durable.
#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

/// Windows keeps names durable by itself and can't sync a directory.
#[cfg(not(unix))]
pub(super) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// The file's permission bits, `None` if there is no file.
#[cfg(unix)]
pub(super) fn mode(path: &Path) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.permissions().mode() & 0o7777)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Elsewhere only whether it may be written is known.
#[cfg(not(unix))]
pub(super) fn mode(path: &Path) -> io::Result<Option<u32>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().readonly() => Ok(Some(0o400)),
        Ok(_) => Ok(Some(0o600)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Root, working in somebody's directory, must not lock that somebody out of the files made there.
#[cfg(unix)]
fn keep_owner(file: &File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let directory = fs::metadata(directory_of(path))?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (directory.uid(), directory.gid()) {
        return Ok(());
    }
    std::os::unix::fs::fchown(file, Some(directory.uid()), Some(directory.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether something is mounted on `path` itself, as containers do with single files: such a file
/// can't be replaced by a rename.
#[cfg(target_os = "linux")]
pub(super) fn is_mount_point(path: &Path) -> bool {
    let Ok(table) = fs::read_to_string("/proc/self/mountinfo") else {
        return false;
    };
    let path = path.to_string_lossy();
    table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .any(|mounted| unescape(mounted) == path)
}

/// Only Linux mounts single files.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_mount_point(_path: &Path) -> bool {
    false
}

/// The kernel writes blank, tab, newline and backslash of a path as three octal digits.
#[cfg(target_os = "linux")]
fn unescape(mounted: &str) -> String {
    mounted
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

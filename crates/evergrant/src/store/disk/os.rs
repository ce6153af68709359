//! The disk of this machine.

use std::any::Any;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::{Disk, Pace, Stat, Write, mounts};

/// What is larger than this (64 MB) is neither a token file nor a journal.
const LARGEST: u64 = 64 << 20;

/// The operating system's files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OsDisk {
    /// Whether whoever asks can spare the time that a sync takes.
    pub(crate) pace: Pace,
    /// Finds out on what kind of network file system a path is; tests say it.
    pub(crate) network_kind: fn(&Path) -> Option<String>,
}

impl Default for OsDisk {
    fn default() -> Self {
        Self {
            pace: Pace::Threads,
            network_kind: mounts::network_kind,
        }
    }
}

#[cfg(feature = "sqlite")]
impl OsDisk {
    /// Makes an empty file for its owner alone, unless there is one. One that is there is not even
    /// opened: to close it would end the locks that this process holds on it by other means.
    pub(crate) fn create(self, path: &Path) -> io::Result<()> {
        match private().create_new(true).open(path) {
            Ok(file) => keep_owner(&file, path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Disk for OsDisk {
    fn pace(&self) -> Pace {
        self.pace
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = found(open_to_read(path))? else {
            return Ok(None);
        };
        if !file.metadata()?.is_file() {
            let why = "it is no regular file: tokens can't be kept in a pipe, a device or a folder";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let mut contents = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut contents)?;
        if contents.len() as u64 > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(contents))
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let metadata = found(fs::metadata(path))?;
        Ok(metadata.map(|metadata| Stat {
            size: metadata.len(),
            mode: mode(&metadata),
        }))
    }

    fn write(&self, path: &Path, bytes: &[u8], how: Write) -> io::Result<()> {
        let mut options = private();
        match how {
            Write::Append => options.append(true).read(true),
            Write::Over => options.truncate(false),
        };
        let mut file = options.create(true).open(path)?;
        keep_owner(&file, path)?;
        if how == Write::Append && ends_torn(&mut file)? {
            return file.write_all(&[b"\n", bytes].concat());
        }
        file.write_all(bytes)
    }

    fn allocate(&self, path: &Path, size: usize) -> io::Result<()> {
        require_within_limit(size)?;
        let mut file = private().create(true).truncate(true).open(path)?;
        keep_owner(&file, path)?;
        if allocate_behind_end(&file, size)? {
            return Ok(());
        }
        // Elsewhere only bytes that are there hold their place.
        file.write_all(&vec![0; size])
    }

    fn trim(&self, path: &Path, to: Stat) -> io::Result<()> {
        let file = private().open(path)?;
        if file.metadata()?.len() != to.size {
            file.set_len(to.size)?;
        }
        set_mode(&file, to.mode)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one rename; the directory is synced after it"
    )]
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(directory_of(path))?.sync_all()
    }

    /// Windows keeps names durable by itself and can't sync a directory.
    #[cfg(not(unix))]
    fn sync_directory(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        found(fs::remove_file(path)).map(drop)
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
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

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
        let file = private().create(true).truncate(false).open(path)?;
        keep_owner(&file, path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }

    /// Containers mount single files; only Linux can.
    fn is_mount_point(&self, path: &Path) -> bool {
        mounts::is_mount_point(path)
    }

    fn network_kind(&self, path: &Path) -> Option<String> {
        (self.network_kind)(path)
    }
}

/// Whether the file system has given the room. Not all can; being full is an error.
#[cfg(target_os = "linux")]
fn allocate_behind_end(file: &File, size: usize) -> io::Result<bool> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, size as u64) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn allocate_behind_end(_file: &File, _size: usize) -> io::Result<bool> {
    Ok(false)
}

/// A limit on the size of files (`RLIMIT_FSIZE`) does not keep anybody from reserving room behind a
/// file's end, but from writing there, and kills who tries.
#[cfg(unix)]
fn require_within_limit(size: usize) -> io::Result<()> {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Fsize).current;
    if limit.is_some_and(|limit| limit < size as u64) {
        return Err(rustix::io::Errno::FBIG.into());
    }
    Ok(())
}

#[cfg(not(unix))]
fn require_within_limit(_size: usize) -> io::Result<()> {
    Ok(())
}

/// Opens a file without waiting for whoever is to write into it, if it is a pipe.
#[cfg(unix)]
fn open_to_read(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    let waits_for_nobody = rustix::fs::OFlags::NONBLOCK.bits();
    OpenOptions::new()
        .read(true)
        .custom_flags(waits_for_nobody.cast_signed())
        .open(path)
}

#[cfg(not(unix))]
fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// What is not there is `None`.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A line that a crash has torn must not swallow the next one.
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

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

/// Elsewhere only whether it may be written is known.
#[cfg(not(unix))]
fn mode(metadata: &fs::Metadata) -> u32 {
    if metadata.permissions().readonly() {
        0o400
    } else {
        0o600
    }
}

#[cfg(unix)]
fn set_mode(file: &File, new: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if mode(&file.metadata()?) == new {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(new))
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

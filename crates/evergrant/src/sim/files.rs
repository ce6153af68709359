//! Files as a machine has them: what programs see (the page cache) and what a power cut leaves.
//!
//! Contents become durable by [`Files::sync`], names by [`Files::sync_directory`]. A power cut loses
//! what was not synced, keeps it, or keeps torn pieces of it, in any mixture and any order: no file
//! system is worse. A killed process changes nothing here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dice::Dice;
use super::seal;
use crate::store::disk::Stat;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One directory of files.
#[derive(Debug, Default)]
pub(super) struct Files {
    inodes: Vec<Inode>,
    cached: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    unsynced: Vec<Naming>,
    /// Whether what is looked for may be sealed.
    sealed: bool,
}

/// A file, whatever its name.
#[derive(Debug, Default)]
struct Inode {
    cached: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
    /// How far it may grow though the disk is full.
    room: usize,
    mode: u32,
}

/// A change to contents that is not durable yet.
#[derive(Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

/// A change to names that is not durable yet.
#[derive(Debug)]
enum Naming {
    Bound(PathBuf, usize),
    Moved(PathBuf, PathBuf, usize),
    Unbound(PathBuf),
}

/// How much of what was not synced a power cut leaves.
#[derive(Debug, Clone, Copy)]
enum Survival {
    Nothing,
    Everything,
    Pieces,
}

/// What programs do.
impl Files {
    pub(super) fn new(sealed: bool) -> Self {
        Self {
            sealed,
            ..Self::default()
        }
    }

    pub(super) fn read(&self, path: &Path) -> Option<&[u8]> {
        let inode = self.inode(path)?;
        Some(&inode.cached)
    }

    pub(super) fn stat(&self, path: &Path) -> Option<Stat> {
        let inode = self.inode(path)?;
        Some(Stat {
            size: inode.cached.len() as u64,
            mode: inode.mode,
        })
    }

    /// How many bytes a file can hold without more space.
    pub(super) fn capacity(&self, path: &Path) -> usize {
        self.inode(path)
            .map_or(0, |inode| inode.room.max(inode.cached.len()))
    }

    pub(super) fn write(&mut self, path: &Path, at: usize, bytes: &[u8]) {
        self.opened(path).change(Change::Write {
            at,
            bytes: bytes.to_vec(),
        });
    }

    /// An empty file with `size` bytes of room, behind its end or filled with zeros.
    pub(super) fn allocate(&mut self, path: &Path, size: usize, filled: bool) {
        let inode = self.opened(path);
        inode.change(Change::Length(0));
        inode.room = size;
        if filled {
            inode.change(Change::Length(size));
        }
    }

    pub(super) fn trim(&mut self, path: &Path, to: Stat) {
        let inode = self.opened(path);
        let size = usize::try_from(to.size).unwrap_or(usize::MAX);
        if inode.cached.len() != size {
            inode.change(Change::Length(size));
        }
        inode.mode = to.mode;
    }

    /// Whether there is such a file.
    pub(super) fn sync(&mut self, path: &Path) -> bool {
        let Some(inode) = self.inode_mut(path) else {
            return false;
        };
        for change in std::mem::take(&mut inode.unsynced) {
            change.apply(&mut inode.durable);
        }
        true
    }

    /// A sync that fails: programs go on seeing what was written, but some of it is taken for clean
    /// and never written, whatever is synced later. That is what Linux does with contents; lengths
    /// go through the file system's own journal.
    pub(super) fn fail_sync(&mut self, path: &Path, dice: &mut Dice) {
        if let Some(inode) = self.inode_mut(path) {
            inode
                .unsynced
                .retain(|change| matches!(change, Change::Length(_)) || dice.once_in(2));
        }
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> bool {
        let Some(inode) = self.cached.remove(from) else {
            return false;
        };
        let moved = Naming::Moved(from.to_owned(), to.to_owned(), inode);
        self.cached.insert(to.to_owned(), inode);
        self.unsynced.push(moved);
        true
    }

    pub(super) fn remove(&mut self, path: &Path) {
        if self.cached.remove(path).is_some() {
            self.unsynced.push(Naming::Unbound(path.to_owned()));
        }
    }

    pub(super) fn sync_directory(&mut self) {
        for naming in std::mem::take(&mut self.unsynced) {
            naming.apply(&mut self.durable);
        }
    }

    /// Puts another file in the place of `path`, durably: what careful humans do.
    pub(super) fn replace(&mut self, path: &Path, contents: &[u8]) {
        let new = self.inodes.len();
        self.inodes.push(Inode {
            cached: contents.to_vec(),
            durable: contents.to_vec(),
            mode: 0o600,
            ..Inode::default()
        });
        self.cached.insert(path.to_owned(), new);
        self.durable.insert(path.to_owned(), new);
        // Whatever was to become of the name, this has overtaken it.
        self.unsynced.retain(|naming| !naming.touches(path));
    }
}

/// What happens to a machine, and what is left.
impl Files {
    pub(super) fn power_cut(&mut self, dice: &mut Dice) {
        let survival = [Survival::Nothing, Survival::Everything, Survival::Pieces];
        let names = dice.pick(&survival).unwrap_or(Survival::Nothing);
        for naming in std::mem::take(&mut self.unsynced) {
            if names.spares(dice) {
                naming.apply(&mut self.durable);
            }
        }
        let contents = dice.pick(&survival).unwrap_or(Survival::Nothing);
        for inode in &mut self.inodes {
            inode.lose(contents, dice);
        }
        self.cached.clone_from(&self.durable);
    }

    /// Whether `needle` is in some file after the worst power cut.
    pub(super) fn holds_durably(&self, needle: &str) -> bool {
        let inodes = self.durable.values();
        inodes
            .filter_map(|inode| self.inodes.get(*inode))
            .any(|inode| self.contains(&inode.durable, needle))
    }

    /// Whether programs see `needle` in the file.
    pub(super) fn shows(&self, path: &Path, needle: &str) -> bool {
        self.read(path)
            .is_some_and(|contents| self.contains(contents, needle))
    }

    fn contains(&self, contents: &[u8], needle: &str) -> bool {
        if !self.sealed {
            return contains(contents, needle);
        }
        let text = String::from_utf8_lossy(contents);
        contains(seal::clear(&text).as_bytes(), needle)
    }

    fn inode(&self, path: &Path) -> Option<&Inode> {
        self.inodes.get(*self.cached.get(path)?)
    }

    fn inode_mut(&mut self, path: &Path) -> Option<&mut Inode> {
        self.inodes.get_mut(*self.cached.get(path)?)
    }

    /// The file, made if there is none.
    fn opened(&mut self, path: &Path) -> &mut Inode {
        let place = match self.cached.get(path) {
            Some(place) => *place,
            None => self.create(path),
        };
        &mut self.inodes[place]
    }

    fn create(&mut self, path: &Path) -> usize {
        let new = self.inodes.len();
        self.inodes.push(Inode {
            mode: 0o600,
            ..Inode::default()
        });
        self.cached.insert(path.to_owned(), new);
        self.unsynced.push(Naming::Bound(path.to_owned(), new));
        new
    }
}

impl Inode {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.cached);
        self.unsynced.push(change);
    }

    fn lose(&mut self, survival: Survival, dice: &mut Dice) {
        for change in std::mem::take(&mut self.unsynced) {
            match survival {
                Survival::Nothing => {}
                Survival::Everything => change.apply(&mut self.durable),
                Survival::Pieces => change.tear(&mut self.durable, dice),
            }
        }
        self.cached.clone_from(&self.durable);
    }
}

impl Change {
    fn apply(&self, contents: &mut Vec<u8>) {
        match self {
            Self::Length(length) => contents.resize(*length, 0),
            Self::Write { at, bytes } => put(contents, *at, bytes),
        }
    }

    /// None of it, all of it, a beginning, or some of its sectors.
    fn tear(&self, contents: &mut Vec<u8>, dice: &mut Dice) {
        let Self::Write { at, bytes } = self else {
            if dice.once_in(2) {
                self.apply(contents);
            }
            return;
        };
        match dice.below(4) {
            0 => {}
            1 => self.apply(contents),
            2 => put(contents, *at, &bytes[..dice.below(bytes.len())]),
            _ => {
                let first = SECTOR - at % SECTOR;
                let (head, rest) = bytes.split_at(first.min(bytes.len()));
                let mut place = *at;
                for sector in std::iter::once(head).chain(rest.chunks(SECTOR)) {
                    if dice.once_in(2) {
                        put(contents, place, sector);
                    }
                    place += sector.len();
                }
            }
        }
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Bound(path, inode) => {
                names.insert(path.clone(), *inode);
            }
            Self::Moved(from, to, inode) => {
                if names.get(from) == Some(inode) {
                    names.remove(from);
                }
                names.insert(to.clone(), *inode);
            }
            Self::Unbound(path) => {
                names.remove(path);
            }
        }
    }

    fn touches(&self, path: &Path) -> bool {
        match self {
            Self::Bound(bound, _) | Self::Unbound(bound) => bound == path,
            Self::Moved(_, to, _) => to == path,
        }
    }
}

impl Survival {
    fn spares(self, dice: &mut Dice) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Pieces => dice.once_in(2),
        }
    }
}

fn put(contents: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if contents.len() < end {
        contents.resize(end, 0);
    }
    contents[at..end].copy_from_slice(bytes);
}

fn contains(contents: &[u8], needle: &str) -> bool {
    let length = needle.len();
    let mut starts = contents.iter().enumerate();
    starts.any(|(at, byte)| {
        Some(byte) == needle.as_bytes().first()
            && contents[at..].get(..length) == Some(needle.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "f";

    fn files(contents: &str) -> Files {
        let mut files = Files::default();
        files.replace(Path::new(FILE), contents.as_bytes());
        files
    }

    /// What `f` can hold after a power cut, over many of them.
    fn left(prepare: impl Fn(&mut Files)) -> Vec<String> {
        let mut left: Vec<String> = (0..400)
            .map(|seed| {
                let mut files = files("old");
                prepare(&mut files);
                files.power_cut(&mut Dice::new(seed));
                let contents = files.read(Path::new(FILE)).unwrap_or(b"none");
                String::from_utf8_lossy(contents).into_owned()
            })
            .collect();
        left.sort();
        left.dedup();
        left
    }

    #[test]
    fn what_was_not_synced_may_be_lost_kept_or_torn() {
        let written = |files: &mut Files| files.write(Path::new(FILE), 0, b"NEW");
        assert_eq!(left(written), ["NEW", "NEd", "Nld", "old"]);
        let synced = |files: &mut Files| {
            written(files);
            assert!(files.sync(Path::new(FILE)));
        };
        assert_eq!(left(synced), ["NEW"]);
    }

    #[test]
    fn a_rename_is_durable_with_its_directory() {
        let renamed = |files: &mut Files| {
            files.write(Path::new("n"), 0, b"new");
            assert!(files.sync(Path::new("n")));
            files.sync_directory();
            assert!(files.rename(Path::new("n"), Path::new(FILE)));
        };
        assert_eq!(left(renamed), ["new", "old"]);
        let synced = |files: &mut Files| {
            renamed(files);
            files.sync_directory();
        };
        assert_eq!(left(synced), ["new"]);
    }

    #[test]
    fn after_a_failed_sync_a_later_one_proves_nothing() {
        let failed = |files: &mut Files| {
            files.write(Path::new(FILE), 0, b"NEW");
            files.fail_sync(Path::new(FILE), &mut Dice::new(1));
            assert_eq!(files.read(Path::new(FILE)), Some(&b"NEW"[..]));
            assert!(files.sync(Path::new(FILE)));
        };
        assert_eq!(left(failed).len(), 1);
    }
}

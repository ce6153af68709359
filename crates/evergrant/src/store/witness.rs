//! What this host knows of spent refresh tokens, whatever its stores say.
//!
//! A database can be set back: a backup is restored, a failover loses the last commits. A token file can
//! be copied under another name, or restored together with its journal. The store's own ledger is set
//! back with it, or is another one's, so each process notes by name what it has seen rotated away, by
//! itself or by others, and, if it is told where, in a file of the host's own that all its processes
//! share. A name is the first half of a hash; the file holds nothing that opens anything.
//!
//! It is evidence and no more: a line that is lost costs no token, so nothing here is synced, and a file
//! that can't be written is no error.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::Fingerprint;
use crate::store::disk::{Disk as _, OsDisk, Write};

/// So many are remembered at least, and twice as many at most: 17 bytes each in the file, and about as
/// many in memory.
const REMEMBERED: usize = 1_000_000;

/// Which refresh tokens are known as spent.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    path: Option<PathBuf>,
    known: Mutex<Known>,
}

/// The older half is forgotten when the younger one is full.
#[derive(Debug, Default)]
struct Known {
    young: HashSet<u64>,
    old: HashSet<u64>,
    /// How much of the file was read.
    read: u64,
}

impl Witness {
    /// One whose knowledge outlives this process, and is shared with the others of this host.
    fn at(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            known: Mutex::default(),
        }
    }

    /// The same, where the stores of a host look for it.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::at(folder.join("spent"))
    }

    /// Takes in what other processes of this host have noted.
    pub(crate) fn catch_up(&self) {
        if self.path.is_some() {
            let mut known = self.known();
            drop(self.read_on(&mut known));
        }
    }

    /// Notes tokens that were rotated away.
    pub(crate) fn note<'a>(&self, spent: impl IntoIterator<Item = &'a Fingerprint>) {
        let mut known = self.known();
        let before = known.young.len();
        let news: Vec<u64> = spent
            .into_iter()
            .filter_map(Fingerprint::number)
            .filter(|number| known.insert(*number))
            .collect();
        let Some(path) = self.path.as_ref().filter(|_| !news.is_empty()) else {
            return;
        };
        let disk = OsDisk::default();
        let lines: String = news
            .iter()
            .map(|number| format!("{number:016x}\n"))
            .collect();
        drop(disk.make_directory(path));
        drop(disk.write(path, lines.as_bytes(), Write::Append));
        let is_full = known.young.len() < before + news.len();
        if is_full {
            drop(self.shorten());
        }
    }

    /// Takes back that a token was rotated away: the provider has given it out once more.
    pub(crate) fn take_back(&self, token: &Fingerprint) {
        let Some(number) = token.number() else { return };
        let was_known = self.known().remove(number);
        if let Some(path) = self.path.as_ref().filter(|_| was_known) {
            let line = format!("-{number:016x}\n");
            drop(OsDisk::default().write(path, line.as_bytes(), Write::Append));
        }
    }

    /// Whether this token was rotated away.
    pub(crate) fn knows(&self, token: &Fingerprint) -> bool {
        let known = self.known();
        token.number().is_some_and(|number| known.has(number))
    }

    fn read_on(&self, known: &mut Known) -> std::io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        if length == known.read {
            return Ok(());
        }
        // One that is shorter than it was has been made anew.
        let from = if length < known.read { 0 } else { known.read };
        file.seek(SeekFrom::Start(from))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        // A line that is still being written is read next time.
        let whole = text.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |end| end + 1);
        for line in text[..whole].split(|byte| *byte == b'\n') {
            known.take_line(line);
        }
        known.read = from + u64::try_from(whole).unwrap_or(0);
        Ok(())
    }

    /// Keeps the last lines of the file only.
    fn shorten(&self) -> std::io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let disk = OsDisk::default();
        let text = disk.read(path)?.unwrap_or_default();
        let ends = text
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, byte)| **byte == b'\n');
        let kept = ends.map(|(at, _)| at + 1).nth(REMEMBERED).unwrap_or(0);
        let mut shorter = path.clone().into_os_string();
        shorter.push(".next");
        let shorter = PathBuf::from(shorter);
        disk.remove(&shorter)?;
        disk.write(&shorter, &text[kept..], Write::Over)?;
        disk.rename(&shorter, path)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn has(&self, number: u64) -> bool {
        self.young.contains(&number) || self.old.contains(&number)
    }

    /// Whether it is new.
    fn insert(&mut self, number: u64) -> bool {
        if self.has(number) {
            return false;
        }
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(number)
    }

    /// Whether it was there.
    fn remove(&mut self, number: u64) -> bool {
        let was_young = self.young.remove(&number);
        self.old.remove(&number) || was_young
    }

    /// A number that was rotated away, or `-` and one that was given out once more.
    fn take_line(&mut self, line: &[u8]) {
        let number = |digits: &str| {
            let digits = Some(digits).filter(|digits| digits.len() == 16);
            u64::from_str_radix(digits?, 16).ok()
        };
        let text = std::str::from_utf8(line).unwrap_or_default();
        match text.strip_prefix('-') {
            Some(digits) => drop(number(digits).map(|number| self.remove(number))),
            None => drop(number(text).map(|number| self.insert(number))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RefreshToken;

    fn print(token: &str) -> Fingerprint {
        RefreshToken::new(token).fingerprint()
    }

    fn written(path: &Path, text: &str) {
        let disk = OsDisk::default();
        disk.write(path, text.as_bytes(), Write::Over).unwrap();
    }

    #[test]
    fn h13_what_one_process_has_seen_all_of_its_host_know() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/spent");
        let (one, other) = (Witness::at(path.clone()), Witness::at(path.clone()));
        other.catch_up();
        one.note([&print("a"), &print("b")]);
        one.note([&print("a")]);
        assert!(one.knows(&print("b")) && !other.knows(&print("b")));
        other.catch_up();
        assert!(other.knows(&print("a")) && other.knows(&print("b")));
        assert!(!other.knows(&print("c")));
        assert_eq!(std::fs::read(&path).unwrap().len(), 34);
    }

    #[test]
    fn h13_a_token_that_is_given_out_once_more_is_not_spent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spent");
        let witness = Witness::at(path.clone());
        witness.note([&print("a"), &print("b")]);
        witness.take_back(&print("a"));
        witness.take_back(&print("c"));
        let fresh = Witness::at(path);
        fresh.catch_up();
        for it in [witness, fresh] {
            assert!(!it.knows(&print("a")) && it.knows(&print("b")) && !it.knows(&print("c")));
        }
    }

    #[test]
    fn a_torn_line_is_no_line_and_swallows_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spent");
        written(&path, &print("a").as_str()[..9]);
        let witness = Witness::at(path.clone());
        witness.catch_up();
        witness.note([&print("b")]);
        let fresh = Witness::at(path);
        fresh.catch_up();
        assert!(fresh.knows(&print("b")) && !fresh.knows(&print("a")));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut known = Known::default();
        let most = u64::try_from(REMEMBERED).unwrap();
        (0..most * 2 + 1).for_each(|number| assert!(known.insert(number)));
        assert!(!known.has(0) && known.has(most) && known.has(most * 2));
    }

    #[test]
    fn a_file_that_grows_too_long_is_shortened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spent");
        let line = |number: usize| format!("{number:016x}\n");
        let text: String = (0..REMEMBERED + 5).map(line).collect();
        written(&path, &text);
        Witness::at(path.clone()).shorten().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text[5 * 17..]);
    }
}

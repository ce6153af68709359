//! The callers' keys: random, shown once, kept as hashes, and looked up on each request.
//!
//! A key is `egk_` + 12 characters that name it + `_` + 43 characters of secret. The file holds the
//! name and the secret's SHA-256; a plain hash is enough, because the secret has 256 bits of chance.
//! `evergrant key` writes the file and a gateway reads it again when it has changed, so a new key
//! works, and a revoked one does not, within [`NOTICED`].

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::access::{Rate, Rights};
use crate::{disk, span};

/// A change of the file is noticed by every request that comes later than this after it.
pub const NOTICED: Duration = Duration::from_millis(25);

const PREFIX: &str = "egk_";
const NAME_BYTES: usize = 9;
const SECRET_BYTES: usize = 32;

/// A key as the file keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Key {
    /// What names it: part of the key, and no secret.
    pub id: String,
    /// Who holds it, in the user's words.
    pub name: String,
    /// SHA-256 of its secret, in base64.
    hash: String,
    /// When it was made.
    pub created: Timestamp,
    /// What it opens.
    #[serde(flatten)]
    pub rights: Rights,
}

/// The file of keys.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    keys: Vec<Key>,
}

/// The keys in memory, and those of this process alone.
#[derive(Debug)]
pub struct KeyRing {
    file: KeyFile,
    own: Vec<Key>,
    begun: Instant,
    /// When the file was looked at, in milliseconds since `begun`.
    looked: AtomicU64,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    stamp: Option<Stamp>,
    keys: HashMap<String, Arc<Holder>>,
}

/// Tells one version of the file from the next.
type Stamp = (SystemTime, u64, u64);

/// A caller whom a key has named.
#[derive(Debug)]
pub struct Holder {
    /// The key's id.
    pub(crate) id: String,
    /// The key's name.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) rights: Rights,
    hash: Vec<u8>,
    /// When its next request is due by its rate.
    due: Mutex<Option<Instant>>,
}

impl Key {
    /// What it opens, in words.
    pub fn in_words(&self) -> String {
        let rights = &self.rights;
        let mut words = vec![rights.preset.to_string()];
        if rights.connections.is_empty() {
            words.push("every connection".to_owned());
        } else {
            words.push(rights.connections.join(", "));
        }
        if !rights.methods.is_empty() {
            words.push(rights.methods.join(", "));
        }
        words.extend(rights.paths.iter().map(ToString::to_string));
        words.extend(rights.rate.map(|rate| format!("at most {rate}")));
        words.extend(
            rights
                .expires
                .map(|end| format!("until {}", span::local(end))),
        );
        words.join("; ")
    }
}

impl KeyFile {
    /// In the gateway's own directory.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join("keys.json"),
        }
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// If the file can't be read or is damaged; one that is not there holds none.
    pub fn list(&self) -> io::Result<Vec<Key>> {
        match std::fs::read(&self.path) {
            Ok(text) => Ok(serde_json::from_slice::<Contents>(&text)?.keys),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes a key. The text that is returned is shown once and kept nowhere.
    ///
    /// # Errors
    /// If there is no randomness or the file can't be written.
    pub fn add(&self, name: &str, rights: Rights, now: Timestamp) -> io::Result<(Key, String)> {
        let (key, text) = mint(name, rights, now)?;
        self.change(|keys| keys.push(key.clone()))?;
        Ok((key, text))
    }

    /// Ends keys, by id or by name. How many there were.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn revoke(&self, named: &str) -> io::Result<usize> {
        let mut ended = 0;
        self.change(|keys| {
            let before = keys.len();
            keys.retain(|key| key.id != named && key.name != named);
            ended = before - keys.len();
        })?;
        Ok(ended)
    }

    /// Changes the file while nobody else does.
    fn change(&self, edit: impl FnOnce(&mut Vec<Key>)) -> io::Result<()> {
        let _lock = self.lock()?;
        let mut keys = self.list()?;
        edit(&mut keys);
        let text = serde_json::to_string_pretty(&Contents { keys })?;
        disk::replace(&self.path, &text)
    }

    fn lock(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            disk::private_folder(folder)?;
        }
        let lock = self.path.with_extension("lock");
        let file = OpenOptions::new().create(true).append(true).open(lock)?;
        file.lock()?;
        Ok(file)
    }

    fn stamp(&self) -> Option<Stamp> {
        let found = std::fs::metadata(&self.path).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&found);
        #[cfg(not(unix))]
        let number = 0;
        Some((found.modified().ok()?, found.len(), number))
    }
}

impl KeyRing {
    /// The keys of a file, and one more for each of `own`, which no file knows.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn open(file: KeyFile, own: Vec<Key>) -> io::Result<Self> {
        let ring = Self {
            file,
            own,
            begun: Instant::now(),
            looked: AtomicU64::new(0),
            state: RwLock::default(),
        };
        ring.read()?;
        Ok(ring)
    }

    /// The file.
    pub(crate) fn file(&self) -> &KeyFile {
        &self.file
    }

    /// Whose key `text` is, if it is one.
    pub(crate) fn holder(&self, text: &str, now: Instant) -> Option<Arc<Holder>> {
        self.keep_up(now);
        let (id, secret) = text.strip_prefix(PREFIX)?.split_at_checked(id_length())?;
        let secret = secret.strip_prefix('_')?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let holder = state.keys.get(id)?;
        let hash = digest(&SHA256, secret.as_bytes());
        same(hash.as_ref(), &holder.hash).then(|| Arc::clone(holder))
    }

    /// Reads the file again if it has changed, but does not look at it all the time.
    fn keep_up(&self, now: Instant) {
        let passed = now.saturating_duration_since(self.begun).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        let last = self.looked.load(Ordering::Relaxed);
        let pause = u64::try_from(NOTICED.as_millis()).unwrap_or(0);
        if passed < last.saturating_add(pause) {
            return;
        }
        let known = self
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .stamp;
        if self.file.stamp() != known {
            // A file that can't be read just now opens nothing new; what is known stays.
            drop(self.read());
        }
        // Only now: who comes in the meantime must not go by what was known before.
        self.looked.store(passed, Ordering::Relaxed);
    }

    fn read(&self) -> io::Result<()> {
        let stamp = self.file.stamp();
        let listed = self.file.list()?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::take(&mut state.keys);
        let all = self.own.iter().cloned().chain(listed);
        state.keys = all
            .map(|key| (key.id.clone(), Holder::of(key, &old)))
            .collect();
        state.stamp = stamp;
        Ok(())
    }
}

impl Holder {
    /// Of a key; one that was known keeps count of its requests.
    fn of(key: Key, known: &HashMap<String, Arc<Self>>) -> Arc<Self> {
        let hash = STANDARD.decode(&key.hash).unwrap_or_default();
        if let Some(old) = known.get(&key.id)
            && old.hash == hash
            && old.rights == key.rights
        {
            return Arc::clone(old);
        }
        Arc::new(Self {
            id: key.id,
            name: key.name,
            rights: key.rights,
            hash,
            due: Mutex::new(None),
        })
    }

    /// Somebody who needs no key.
    pub fn without_key(name: &str, rights: Rights) -> Arc<Self> {
        Arc::new(Self {
            id: String::new(),
            name: name.to_owned(),
            rights,
            hash: Vec::new(),
            due: Mutex::new(None),
        })
    }

    /// Counts a request against the key's rate.
    ///
    /// # Errors
    /// How long to wait, if it comes too soon.
    pub(crate) fn count(&self, now: Instant) -> Result<(), Duration> {
        let Some(rate) = self.rights.rate else {
            return Ok(());
        };
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next_due(rate, *due, now)?;
        *due = Some(next);
        Ok(())
    }
}

/// The generic cell rate algorithm: requests are due one after the other, and may be early by as much
/// as a whole span less one request, which lets a span's worth through at once.
fn next_due(rate: Rate, due: Option<Instant>, now: Instant) -> Result<Instant, Duration> {
    let span = Duration::from_secs(rate.seconds.into());
    let each = span / rate.requests;
    let due = due.unwrap_or(now).max(now);
    let early = due.saturating_duration_since(now);
    let allowed = span.saturating_sub(each);
    if early > allowed {
        return Err(early - allowed);
    }
    Ok(due + each)
}

/// A new key, and the text that opens with it.
///
/// # Errors
/// If there is no randomness.
pub(crate) fn mint(name: &str, rights: Rights, now: Timestamp) -> io::Result<(Key, String)> {
    let id = random::<NAME_BYTES>()?;
    // `_` parts the name from the secret for people's eyes too.
    let id = id.replace(['_', '-'], "x");
    let secret = random::<SECRET_BYTES>()?;
    let key = Key {
        hash: STANDARD.encode(digest(&SHA256, secret.as_bytes())),
        name: name.to_owned(),
        created: now,
        rights,
        id,
    };
    let text = format!("{PREFIX}{}_{secret}", key.id);
    Ok((key, text))
}

/// So many bytes of chance, as text.
///
/// # Errors
/// If the system has none.
pub(crate) fn random<const BYTES: usize>() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the system has no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Compares in a time that tells nothing of where the difference is.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b));
    left.len() == right.len() && std::hint::black_box(differences) == 0
}

fn id_length() -> usize {
    NAME_BYTES * 4 / 3
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    #[test]
    fn a_key_opens_until_it_is_revoked_and_is_nowhere_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::in_folder(folder.path());
        let (key, text) = file.add("crm", Rights::full(), NOW).unwrap();
        let secret = text.rsplit('_').next().unwrap();
        let stored = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
        assert!(!stored.contains(secret) && stored.contains(&key.id));

        let ring = KeyRing::open(file.clone(), Vec::new()).unwrap();
        let mut now = Instant::now();
        assert_eq!(ring.holder(&text, now).unwrap().name, "crm");
        let other = if text.ends_with('A') { "B" } else { "A" };
        let wrong = format!("{}{other}", &text[..text.len() - 1]);
        for bad in [&wrong, "egk_", "", "egk_é", &text[..30], &text[4..]] {
            assert!(ring.holder(bad, now).is_none(), "{bad}");
        }
        assert_eq!(file.revoke("crm").unwrap(), 1);
        now += NOTICED * 2;
        assert!(ring.holder(&text, now).is_none());
        let (_, again) = file.add("crm", Rights::full(), NOW).unwrap();
        now += NOTICED * 2;
        assert!(ring.holder(&again, now).is_some());
    }

    #[test]
    fn a_rate_lets_a_span_through_and_then_one_after_the_other() {
        let rate = "10/s".parse().unwrap();
        let begun = Instant::now();
        let mut due = None;
        for _ in 0..10 {
            due = Some(next_due(rate, due, begun).unwrap());
        }
        let wait = next_due(rate, due, begun).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert!(next_due(rate, due, begun + wait).is_ok());
    }

    #[test]
    fn comparing_looks_at_everything() {
        assert!(same(b"abc", b"abc"));
        for other in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!same(b"abc", other));
        }
    }
}

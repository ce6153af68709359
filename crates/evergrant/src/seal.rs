//! Sealing: tokens encrypted where they lie, so that a copied file or a backup opens nothing.
//!
//! A [`Sealer`] turns a secret into a text and back: AES-256-GCM-SIV (RFC 8452) with a random
//! nonce, bound to the connection and the member that it was sealed for, so that whoever can write
//! the file but has no key can't put one connection's tokens in the place of another's. Stores call
//! it where they write and read; the keeper does not know of it.
//!
//! Where keys come from is the program's business: nothing here reads a file or the environment. A
//! copy of a file that is newer or older than another is not told apart by sealing; that is what a
//! store's journal is for.

#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;
mod keys;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::{ConnectionId, Error, ErrorKind, Result};

pub use keys::{KeyId, KeyRing, SealKey};

/// What every sealed text begins with, whatever its version.
const MARK: &str = "evergrant-sealed:";
/// The version of the form that follows: key id, then nonce and ciphertext in base64url.
const VERSION: &str = "1";
/// The length of a nonce in bytes (RFC 8452 §4).
const NONCE: usize = 12;

/// What a sealed text is bound to: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The connection that it belongs to, by its name.
    pub connection: &'a ConnectionId,
    /// What it is of that connection: `refresh_token`.
    pub member: &'a str,
}

/// Seals and opens texts with the keys of a [`KeyRing`]. Cheap to clone; clones share the keys.
#[derive(Clone)]
pub struct Sealer {
    inner: Arc<Inner>,
}

struct Inner {
    keys: RwLock<Option<KeyRing>>,
    source: Option<Box<Source>>,
}

type Source = dyn Fn() -> Result<KeyRing> + Send + Sync;

impl Sealer {
    /// With these keys.
    pub fn new(keys: KeyRing) -> Self {
        Self {
            inner: Arc::new(Inner {
                keys: RwLock::new(Some(keys)),
                source: None,
            }),
        }
    }

    /// With keys that `source` reads: when they are first needed, and again when a text is met that
    /// none of them opens, so that a long-running process takes part in a change of keys.
    pub fn reading(source: impl Fn() -> Result<KeyRing> + Send + Sync + 'static) -> Self {
        Self {
            inner: Arc::new(Inner {
                keys: RwLock::new(None),
                source: Some(Box::new(source)),
            }),
        }
    }

    /// The key that seals now. Whoever is about to receive something that can't be had twice asks
    /// this first: from then on, sealing it can't fail for want of a key.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`] if the keys can't be had.
    pub fn newest(&self) -> Result<KeyId> {
        Ok(self.keys()?.newest().id().clone())
    }

    /// `plain` as a text that only this connection's keys open, and only at `place`.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`] if the keys can't be had, or the system has no randomness.
    pub fn seal(&self, plain: &str, place: Place<'_>) -> Result<String> {
        let keys = self.keys()?;
        let key = keys.newest();
        let nonce = nonce()?;
        let sealed = cipher(key)
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: plain.as_bytes(),
                    aad: &place.bound_to(key.id()),
                },
            )
            .map_err(|_| sealed_error("the secret is too long to be sealed"))?;
        let body = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{MARK}{VERSION}:{}:{body}", key.id()))
    }

    /// What [`seal`](Self::seal) was given.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`] if its key is not at hand, if it was sealed for another place or is
    /// damaged, or if it is no sealed text.
    pub fn open(&self, text: &str, place: Place<'_>) -> Result<Zeroizing<String>> {
        let sealed = Sealed::parse(text)?;
        let keys = self.keys_with(&sealed.key)?;
        let key = keys.find(&sealed.key).ok_or_else(|| {
            sealed_error(format!(
                "the {} is sealed with key {}, and the keys at hand are {keys}",
                place.member, sealed.key
            ))
        })?;
        let (nonce, ciphertext) = sealed.parts();
        let plain = cipher(key).decrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: ciphertext,
                aad: &place.bound_to(key.id()),
            },
        );
        let plain = plain.map_err(|_| {
            sealed_error(format!(
                "the {} does not open with its key {}: it was sealed under another connection's \
                 name than {}, or it is damaged",
                place.member, sealed.key, place.connection
            ))
        })?;
        let plain = Zeroizing::new(plain);
        let text =
            str::from_utf8(&plain).map_err(|_| sealed_error("what was sealed is no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn keys(&self) -> Result<KeyRing> {
        let held = self.inner.keys.read();
        if let Some(keys) = &*held.unwrap_or_else(PoisonError::into_inner) {
            return Ok(keys.clone());
        }
        self.read_again()
    }

    /// The keys, read again if `id` is not among them.
    fn keys_with(&self, id: &KeyId) -> Result<KeyRing> {
        let keys = self.keys()?;
        if keys.find(id).is_some() || self.inner.source.is_none() {
            return Ok(keys);
        }
        // Keys that can't be read any more do not take away those that were.
        Ok(self.read_again().unwrap_or(keys))
    }

    fn read_again(&self) -> Result<KeyRing> {
        let Some(source) = &self.inner.source else {
            return Err(sealed_error("there is no key"));
        };
        let keys = source()?;
        let held = self.inner.keys.write();
        *held.unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
        Ok(keys)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Place<'_> {
    /// What the cipher authenticates besides the secret: each part with its length before it, so
    /// that no two places have the same.
    fn bound_to(self, key: &KeyId) -> Vec<u8> {
        let parts = [
            MARK,
            VERSION,
            key.as_str(),
            self.connection.as_str(),
            self.member,
        ];
        let mut bound = Vec::new();
        for part in parts {
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part.as_bytes());
        }
        bound
    }
}

/// Whether a text says that it is sealed, in this version's form or another's.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The key that a sealed text names.
pub(crate) fn key_of(text: &str) -> Option<KeyId> {
    Sealed::parse(text).ok().map(|sealed| sealed.key)
}

/// What to say of a sealed text where there is no sealer.
pub(crate) fn without_keys(text: &str, member: &str) -> Error {
    match Sealed::parse(text) {
        Ok(sealed) => sealed_error(format!(
            "the {member} is sealed with key {}, and no key is given",
            sealed.key
        )),
        Err(error) => error,
    }
}

/// A sealed text, taken apart.
struct Sealed {
    key: KeyId,
    nonce: [u8; NONCE],
    ciphertext: Vec<u8>,
}

impl Sealed {
    fn parse(text: &str) -> Result<Self> {
        let Some(rest) = text.strip_prefix(MARK) else {
            return Err(sealed_error("it is not sealed"));
        };
        let malformed = || sealed_error("the sealed text is damaged");
        let (version, rest) = rest.split_once(':').ok_or_else(malformed)?;
        if version != VERSION {
            return Err(sealed_error(format!(
                "it was sealed in form {version:?}, which this version of evergrant does not know: \
                 update it"
            )));
        }
        let (key, body) = rest.split_once(':').ok_or_else(malformed)?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| malformed())?;
        let (nonce, ciphertext) = body.split_first_chunk().ok_or_else(malformed)?;
        Ok(Self {
            key: KeyId::parse(key).ok_or_else(malformed)?,
            nonce: *nonce,
            ciphertext: ciphertext.to_vec(),
        })
    }

    fn parts(&self) -> (&[u8; NONCE], &[u8]) {
        (&self.nonce, &self.ciphertext)
    }
}

fn cipher(key: &SealKey) -> Aes256GcmSiv {
    Aes256GcmSiv::new(key.bytes().into())
}

fn nonce() -> Result<[u8; NONCE]> {
    let mut nonce = [0; NONCE];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|_| sealed_error("the system has no randomness"))?;
    Ok(nonce)
}

fn sealed_error(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Sealed, what)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const OLD: &str = "0000000000000000000000000000000000000000000000000000000000000001";
    const NEW: &str = "0000000000000000000000000000000000000000000000000000000000000002";

    fn sealer(keys: &str) -> Sealer {
        Sealer::new(KeyRing::parse(keys).unwrap())
    }

    fn place<'a>(connection: &'a ConnectionId, member: &'a str) -> Place<'a> {
        Place { connection, member }
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_and_nowhere_else() {
        let (acme, bolt) = (ConnectionId::new("acme"), ConnectionId::new("bolt"));
        let sealer = sealer(OLD);
        let text = sealer
            .seal("planted", place(&acme, "refresh_token"))
            .unwrap();
        assert!(is_sealed(&text) && !text.contains("planted"), "{text}");
        let opened = sealer.open(&text, place(&acme, "refresh_token")).unwrap();
        assert_eq!(opened.as_str(), "planted");
        for (connection, member) in [(&bolt, "refresh_token"), (&acme, "access_token")] {
            let error = sealer.open(&text, place(connection, member)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Sealed);
            assert!(error.to_string().contains("another connection"), "{error}");
        }
    }

    #[test]
    fn no_two_places_are_bound_alike() {
        let key = KeyRing::parse(OLD).unwrap();
        let key = key.newest().id();
        let (ab, a) = (ConnectionId::new("ab"), ConnectionId::new("a"));
        assert_ne!(place(&ab, "c").bound_to(key), place(&a, "bc").bound_to(key));
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time() {
        let acme = ConnectionId::new("acme");
        let sealer = sealer(OLD);
        let [one, other] = [1, 2].map(|_| sealer.seal("s", place(&acme, "m")).unwrap());
        assert_ne!(one, other);
    }

    #[test]
    fn h31_all_keys_open_the_newest_seals_and_a_lost_one_is_named() {
        let acme = ConnectionId::new("acme");
        let at = place(&acme, "m");
        let text = sealer(OLD).seal("s", at).unwrap();
        let both = sealer(&format!("{OLD}\n{NEW}\n"));
        assert_eq!(both.open(&text, at).unwrap().as_str(), "s");
        let again = both.seal("s", at).unwrap();
        assert_eq!(key_of(&again), Some(sealer(NEW).newest().unwrap()));
        let error = sealer(NEW).open(&text, at).unwrap_err();
        let lost = sealer(OLD).newest().unwrap();
        assert!(error.to_string().contains(lost.as_str()), "{error}");
        assert!(!format!("{error:?}").contains(OLD));
        let error = without_keys(&text, "m");
        assert!(error.to_string().contains(lost.as_str()), "{error}");
    }

    #[test]
    fn keys_are_read_again_when_an_unknown_one_is_met() {
        let acme = ConnectionId::new("acme");
        let at = place(&acme, "m");
        let file = Arc::new(Mutex::new(OLD.to_owned()));
        let read = Arc::clone(&file);
        let running = Sealer::reading(move || KeyRing::parse(&read.lock().unwrap()));
        let before = running.seal("s", at).unwrap();
        *file.lock().unwrap() = format!("{OLD}\n{NEW}");
        let after = sealer(NEW).seal("s", at).unwrap();
        assert_eq!(running.open(&after, at).unwrap().as_str(), "s");
        assert_eq!(running.newest().unwrap(), sealer(NEW).newest().unwrap());
        // A file that is gone takes no key away.
        *file.lock().unwrap() = "rubbish".to_owned();
        assert!(
            running
                .open("evergrant-sealed:1:00000000:AAAA", at)
                .is_err()
        );
        assert_eq!(running.open(&before, at).unwrap().as_str(), "s");
    }

    #[test]
    fn a_text_that_is_damaged_or_of_a_later_form_says_so() {
        let acme = ConnectionId::new("acme");
        let at = place(&acme, "m");
        let sealer = sealer(OLD);
        let text = sealer.seal("planted", at).unwrap();
        let cut = &text[..text.len() - 2];
        let later = text.replace("sealed:1:", "sealed:2:");
        for (text, why) in [
            ("plain", "not sealed"),
            ("evergrant-sealed:", "damaged"),
            ("evergrant-sealed:1:xyz:AAAA", "damaged"),
            (cut, "damaged"),
            (later.as_str(), "update it"),
        ] {
            let error = sealer.open(text, at).unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
    }
}

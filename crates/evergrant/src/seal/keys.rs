//! Keys, and rings of them.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::sealed_error;
use crate::Result;
use crate::secret::hex;

/// The length of a key in bytes: AES-256's.
const KEY: usize = 32;
/// How many hexadecimal digits name a key.
const ID: usize = 8;
/// Keeps a key's name from being any other hash of it.
const ID_DOMAIN: &[u8] = b"evergrant: the name of a sealing key\n";

/// The name of a key: 8 hexadecimal digits that follow from the key itself, so that two keys never
/// go by one name and nobody has to think of one. It tells nothing about the key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_id = text.len() == ID && text.bytes().all(is_digit);
        is_id.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A key: 32 random bytes. It prints as its name.
#[derive(Clone)]
pub struct SealKey {
    id: KeyId,
    bytes: Zeroizing<[u8; KEY]>,
}

impl SealKey {
    /// A new one, of the system's randomness.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`](crate::ErrorKind::Sealed) if the system has none.
    pub fn generate() -> Result<Self> {
        let mut bytes = Zeroizing::new([0; KEY]);
        SystemRandom::new()
            .fill(bytes.as_mut_slice())
            .map_err(|_| sealed_error("the system has no randomness"))?;
        Ok(Self::of(bytes))
    }

    /// Its name.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key itself, as [`KeyRing::parse`] reads it: base64 on one line. Whoever calls this
    /// answers for where it goes.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes.as_slice()))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.bytes
    }

    fn of(bytes: Zeroizing<[u8; KEY]>) -> Self {
        let mut digest = Context::new(&SHA256);
        digest.update(ID_DOMAIN);
        digest.update(bytes.as_slice());
        let id = KeyId(hex(&digest.finish().as_ref()[..ID / 2]));
        Self { id, bytes }
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = match text.len() {
            64 => from_hex(text),
            _ => BASE64.decode(text).ok().map(Zeroizing::new),
        }?;
        let bytes: [u8; KEY] = bytes.as_slice().try_into().ok()?;
        Some(Self::of(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({})", self.id)
    }
}

/// Keys, at least one. All of them open, the newest seals.
#[derive(Debug, Clone)]
pub struct KeyRing(Arc<Vec<SealKey>>);

impl KeyRing {
    /// Reads keys: 32 bytes each, in base64 or as 64 hexadecimal digits, between white space or
    /// commas, the newest last. What follows a `#` on a line is a comment.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`](crate::ErrorKind::Sealed) if there is none, or one can't be read; the
    /// text is never quoted.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or(""));
        let words = lines.flat_map(|line| line.split(|c: char| c.is_whitespace() || c == ','));
        let mut keys = Vec::new();
        for word in words.filter(|word| !word.is_empty()) {
            let number = keys.len() + 1;
            keys.push(SealKey::parse(word).ok_or_else(|| {
                sealed_error(format!(
                    "sealing key {number} is not 32 bytes in base64 or 64 hexadecimal digits"
                ))
            })?);
        }
        if keys.is_empty() {
            return Err(sealed_error("there is no sealing key in it"));
        }
        Ok(Self(Arc::new(keys)))
    }

    /// The key that seals.
    pub fn newest(&self) -> &SealKey {
        // There is at least one, as `parse` has seen to.
        &self.0[self.0.len() - 1]
    }

    /// The names of all keys, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.0.iter().map(SealKey::id)
    }

    pub(super) fn find(&self, id: &KeyId) -> Option<&SealKey> {
        self.0.iter().rev().find(|key| key.id == *id)
    }
}

impl fmt::Display for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.ids().map(KeyId::as_str).collect();
        f.write_str(&ids.join(", "))
    }
}

/// With or without padding, as tools differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect();
    bytes.map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_the_forms_that_tools_write() {
        let key = SealKey::generate().unwrap();
        let base64 = key.expose();
        let digits = hex(key.bytes());
        for text in [
            base64.to_string(),
            format!("\r\n  {}\t\n", base64.trim_end_matches('=')),
            digits.to_uppercase(),
            format!("# of the office\n{digits} # 2026\n\n"),
        ] {
            let ring = KeyRing::parse(&text).unwrap();
            assert_eq!(ring.newest().id(), key.id(), "{text}");
        }
        let two = KeyRing::parse(&format!("{},{digits}", "A".repeat(43))).unwrap();
        assert_eq!(two.ids().count(), 2);
        assert_eq!(two.newest().id(), key.id());
        assert_ne!(two.ids().next(), two.ids().last());
    }

    #[test]
    fn h50_what_is_no_key_is_refused_and_never_quoted() {
        for text in [
            "",
            " # nothing\n",
            "planted-secret",
            &"Z".repeat(64),
            "AAAA",
        ] {
            let error = KeyRing::parse(text).unwrap_err();
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
        let key = SealKey::generate().unwrap();
        let shown = format!("{key:?} {:?}", KeyRing::parse(&key.expose()).unwrap());
        assert!(!shown.contains(key.expose().as_str()), "{shown}");
        assert!(shown.contains(key.id().as_str()));
    }
}

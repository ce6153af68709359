//! The ledger of spent refresh tokens: what a restored backup or a copied file is recognised by.
//!
//! Only the newest few thousand are kept, so that a provider that rotates each hour for years does
//! not make each save slower than the one before. What is forgotten is older by that many rotations:
//! years where a token rotates daily, half a year where it does hourly. Should a copy as old as that
//! come back, the provider's own refusal is what is left to tell.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

use crate::Fingerprint;

/// How many are kept: 11 years of daily rotation, 24 weeks of hourly, in 44 KB.
const MOST: usize = 4096;
/// How many bytes a token takes.
const EACH: usize = size_of::<u64>();

/// Refresh tokens by the number that their fingerprint is, the one spent longest ago first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ledger(Vec<u64>);

impl Ledger {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, token: &Fingerprint) -> bool {
        let number = token.number();
        number.is_some_and(|number| self.0.contains(&number))
    }

    /// The token is spent as of now. What is no fingerprint of a token's names none.
    pub(crate) fn insert(&mut self, token: &Fingerprint) {
        let Some(number) = token.number() else { return };
        if self.0.contains(&number) {
            return;
        }
        self.0.push(number);
        self.forget();
    }

    pub(crate) fn remove(&mut self, token: &Fingerprint) {
        let number = token.number();
        self.0.retain(|known| Some(*known) != number);
    }

    /// All of them, leaving none.
    #[cfg(any(test, feature = "sqlite", feature = "postgres"))]
    pub(crate) fn take(&mut self) -> Vec<Fingerprint> {
        let taken = std::mem::take(&mut self.0);
        taken.into_iter().map(Fingerprint::of_number).collect()
    }

    fn forget(&mut self) {
        let excess = self.0.len().saturating_sub(MOST);
        self.0.drain(..excess);
    }
}

/// As base64 of their numbers, one after the other: half of what they would take as a list of texts.
impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|it| it.to_be_bytes()).collect();
        serializer.serialize_str(&STANDARD_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Ledger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Form {
            Packed(String),
            /// The journal's first version, in no order.
            Listed(Vec<Fingerprint>),
        }
        let mut ledger = Self::default();
        match Form::deserialize(deserializer)? {
            Form::Listed(listed) => listed.iter().for_each(|token| ledger.insert(token)),
            Form::Packed(packed) => {
                let bytes = STANDARD_NO_PAD.decode(packed).map_err(D::Error::custom)?;
                let (numbers, rest) = bytes.as_chunks::<EACH>();
                if !rest.is_empty() {
                    return Err(D::Error::custom("the ledger is cut off"));
                }
                ledger.0 = numbers.iter().map(|it| u64::from_be_bytes(*it)).collect();
                ledger.forget();
            }
        }
        Ok(ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RefreshToken;

    fn token(number: usize) -> Fingerprint {
        RefreshToken::new(format!("token-{number}")).fingerprint()
    }

    #[test]
    fn h13_it_keeps_thousands_in_little_room_and_forgets_the_oldest() {
        let mut ledger = Ledger::default();
        for number in 0..MOST + 10 {
            ledger.insert(&token(number));
            ledger.insert(&token(number));
        }
        assert!(!ledger.contains(&token(9)) && ledger.contains(&token(10)));
        let text = serde_json::to_string(&ledger).unwrap();
        assert!(text.len() < 44 * 1024, "{} bytes", text.len());
        let mut again: Ledger = serde_json::from_str(&text).unwrap();
        assert_eq!(again, ledger);
        again.remove(&token(10));
        assert!(!again.contains(&token(10)));
        let taken = again.take();
        assert_eq!(taken.first(), Some(&token(11)));
        assert!(again.is_empty());
    }

    #[test]
    fn the_first_versions_list_is_read() {
        let text = serde_json::to_string(&[token(1), token(2)]).unwrap();
        let ledger: Ledger = serde_json::from_str(&text).unwrap();
        assert!(ledger.contains(&token(1)) && ledger.contains(&token(2)));
        assert!(!ledger.contains(&token(3)));
        assert!(serde_json::from_str::<Ledger>("\"AAAA\"").is_err());
    }
}

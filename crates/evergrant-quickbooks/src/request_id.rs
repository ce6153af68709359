//! The id under which a write is sent, and sent again.
//!
//! QuickBooks answers a second request with the id of a first one as it answered the first, and
//! does nothing more. So a write whose answer was lost may be asked for again without being made
//! twice, as long as the id was made once, for the intent, and not for the attempt.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use ring::rand::{SecureRandom, SystemRandom};

/// The longest id that QuickBooks takes, in characters.
const LONGEST: usize = 50;
/// The longest id that it takes for a batch.
const LONGEST_FOR_BATCH: usize = 36;

/// The id of an intended write: 1 to 50 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

/// A text that is no id for a write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to {LONGEST} printable ASCII characters, no space among them")]
pub struct BadRequestId;

impl RequestId {
    /// A new one: 128 random bits in 32 characters.
    #[expect(
        clippy::expect_used,
        reason = "the system's randomness does not fail once it has begun, and an id that is not random could undo somebody else's write"
    )]
    pub fn random() -> Self {
        let mut bytes = [0_u8; 16];
        SystemRandom::new()
            .fill(&mut bytes)
            .expect("the system has randomness");
        let mut text = String::with_capacity(32);
        for byte in bytes {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The id as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_too_long_for_batch(&self) -> bool {
        self.0.len() > LONGEST_FOR_BATCH
    }

    /// The id of the `round`th re-made form of this intent. It follows from the first, so that
    /// whoever goes on with that one comes to the same.
    pub(crate) fn derived(&self, round: u32) -> Self {
        let suffix = format!(".{round}");
        let kept = self.0.len().min(LONGEST - suffix.len());
        Self(format!("{}{suffix}", &self.0[..kept]))
    }
}

impl FromStr for RequestId {
    type Err = BadRequestId;

    fn from_str(text: &str) -> Result<Self, BadRequestId> {
        let is_id =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_id.then(|| Self(text.to_owned())).ok_or(BadRequestId)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_and_fit_a_batch() {
        let (one, other) = (RequestId::random(), RequestId::random());
        assert_ne!(one, other);
        assert!(one.as_str().len() <= LONGEST_FOR_BATCH);
        assert_eq!(one.as_str().parse(), Ok(one));
    }

    #[test]
    fn what_quickbooks_would_refuse_is_no_id() {
        for bad in ["", "a b", "é", "a\n", &"x".repeat(51)] {
            assert_eq!(bad.parse::<RequestId>(), Err(BadRequestId), "{bad:?}");
        }
        assert!("x".repeat(50).parse::<RequestId>().is_ok());
    }

    #[test]
    fn derived_ids_differ_and_fit() {
        let longest: RequestId = "x".repeat(50).parse().unwrap();
        let derived = longest.derived(12);
        assert_eq!(derived.as_str(), format!("{}.12", "x".repeat(47)));
        assert_ne!(longest.derived(1), longest.derived(2));
    }
}

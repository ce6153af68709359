//! The version of a journal's summaries: 1 listed spent tokens one by one, 2 packs them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

/// The one that is written.
const PRESENT: u32 = 2;

/// A version that is known. Whatever was read, the present one is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Version;

/// The journal was summed up by a later version of evergrant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Later(u32);

impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.0;
        write!(
            f,
            "the journal is of version {found}, which this evergrant does not know: update it"
        )
    }
}

/// A line that can't be read is passed over, but not one that says it is of a later version.
///
/// # Errors
/// [`Later`] if it does.
pub(super) fn require_known(line: &[u8]) -> Result<(), Later> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: u32,
    }
    match serde_json::from_slice::<Versioned>(line) {
        Ok(Versioned { version }) if version > PRESENT => Err(Later(version)),
        _ => Ok(()),
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(PRESENT)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = u32::deserialize(deserializer)?;
        if version > PRESENT {
            return Err(D::Error::custom("a later version"));
        }
        Ok(Self)
    }
}

//! Secrets: values that are used but never shown.
//!
//! Each secret is a type of its own that prints as `[redacted]`, is wiped from memory when dropped,
//! and is named in logs and records by its [`Fingerprint`]. None of them is `Display`, `Serialize`
//! or comparable; only the token endpoint, the HTTP client and the stores call `expose`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Clones share one copy, which is wiped when the last is dropped.
        #[derive(Clone)]
        pub struct $name(Arc<Zeroizing<String>>);

        impl $name {
            /// Takes a secret in.
            pub fn new(value: impl Into<String>) -> Self {
                Self(Arc::new(Zeroizing::new(value.into())))
            }

            /// The secret itself. Whoever calls this answers for where it goes.
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// The name under which this secret may be logged and recorded.
            pub fn fingerprint(&self) -> Fingerprint {
                Fingerprint::of(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

secret!(
    /// A short-lived bearer token (QuickBooks: one hour).
    AccessToken
);
secret!(
    /// The long-lived, rotating token that buys the next access token.
    RefreshToken
);
secret!(
    /// The secret of an OAuth client (RFC 6749 §2.3.1).
    ClientSecret
);
secret!(
    /// A one-use authorization code from the consent callback (RFC 6749 §1.3.1).
    AuthorizationCode
);

/// The first 16 hexadecimal digits of a secret's SHA-256: enough to tell tokens apart, useless to
/// an attacker, because the tokens are long and random. It prints its first 8 digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    fn of(secret: &str) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
        let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
        Self::of_number(u64::from_be_bytes(first))
    }

    /// The number that the digits are; `None` if a record holds something else.
    pub(crate) fn number(&self) -> Option<u64> {
        let number = u64::from_str_radix(&self.0, 16).ok()?;
        (Self::of_number(number).0 == self.0).then_some(number)
    }

    /// One that a record has named; `None` if that is none.
    #[cfg(feature = "postgres")]
    pub(crate) fn named(text: &str) -> Option<Self> {
        let number = u64::from_str_radix(text, 16).ok()?;
        Some(Self::of_number(number))
    }

    pub(crate) fn of_number(number: u64) -> Self {
        Self(format!("{number:016x}"))
    }

    /// All 16 digits, as records keep them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(..8).unwrap_or(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h50_debug_never_shows_a_secret() {
        let shown = format!(
            "{:?} {:?} {:?} {:?}",
            AccessToken::new("planted-access"),
            RefreshToken::new("planted-refresh"),
            ClientSecret::new("planted-secret"),
            AuthorizationCode::new("planted-code"),
        );
        assert!(!shown.contains("planted"), "{shown}");
        assert!(shown.contains("[redacted]"));
    }

    #[test]
    fn a_fingerprint_names_one_secret_and_prints_short() {
        let one = AccessToken::new("a").fingerprint();
        assert_eq!(one.as_str(), "ca978112ca1bbdca");
        assert_eq!(one.to_string(), "ca978112");
        assert_ne!(one, AccessToken::new("b").fingerprint());
    }
}

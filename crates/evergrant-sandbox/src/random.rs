//! Randomness of two kinds: unguessable for tokens, cheap and repeatable for everything else.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

/// Looks like Intuit's: the compact form of an encrypted JWT without a wrapped key, so it holds `..`; about 1000
/// characters. What stands behind the header is random and encrypts nothing.
pub(crate) fn access_token() -> String {
    const HEADER: &str = r#"{"enc":"A128CBC-HS256","alg":"dir"}"#;
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (iv, text, tag) = (secret::<16>(), secret::<666>(), secret::<16>());
    format!(
        "{}..{}.{}.{}",
        part(HEADER.as_bytes()),
        part(&iv),
        part(&text),
        part(&tag)
    )
}

/// Looks like Intuit's of 2026: `RT1-<n>-H0-`, the second it expires in, then random characters.
pub(crate) fn refresh_token(expires: Timestamp) -> String {
    let [shard] = secret::<1>();
    format!(
        "RT1-{}-H0-{}{}",
        u32::from(shard) + 1,
        expires.as_second(),
        alphanumeric::<24>()
    )
}

/// Looks like Intuit's: `AB11`, a second, then random characters.
pub(crate) fn authorization_code(expires: Timestamp) -> String {
    format!("AB11{}{}", expires.as_second(), alphanumeric::<40>())
}

/// A UUID of version 4 made of these bits.
pub(crate) fn uuid([high, low]: [u64; 2]) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// A seed that differs from run to run.
pub(crate) fn seed() -> u64 {
    u64::from_le_bytes(secret())
}

/// The splitmix64 generator: not secret, repeatable from its seed, shared without a lock.
#[derive(Debug)]
pub(crate) struct Dice {
    state: AtomicU64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: AtomicU64::new(seed),
        }
    }

    pub(crate) fn roll(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self
            .state
            .fetch_add(STEP, Ordering::Relaxed)
            .wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[expect(
    clippy::expect_used,
    reason = "without a source of randomness there are no tokens"
)]
fn secret<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the operating system gives random bytes");
    bytes
}

/// The slight bias of the remainder does not matter: 24 characters keep more than 120 bits.
fn alphanumeric<const N: usize>() -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    secret::<N>()
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_look_like_intuits_and_differ() {
        let access = access_token();
        assert!(
            access.starts_with("eyJ") && access.contains(".."),
            "{access}"
        );
        assert!((900..1100).contains(&access.len()), "{}", access.len());
        assert_ne!(access, access_token());
        let refresh = refresh_token(Timestamp::UNIX_EPOCH);
        assert!(refresh.starts_with("RT1-") && refresh.len() <= 512);
        assert_ne!(refresh, refresh_token(Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn dice_repeat_from_their_seed() {
        let (one, two) = (Dice::new(7), Dice::new(7));
        let rolls: Vec<u64> = (0..4).map(|_| one.roll()).collect();
        assert_eq!(rolls, (0..4).map(|_| two.roll()).collect::<Vec<_>>());
        assert_ne!(rolls[0], rolls[1]);
    }
}

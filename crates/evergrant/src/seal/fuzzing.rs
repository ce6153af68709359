//! Sealed texts that nobody has sealed.

use super::{KeyRing, Place, Sealer, is_sealed, key_of};
use crate::ConnectionId;

/// A key, a connection's name, a member and a text, each up to the next zero byte.
///
/// # Panics
/// If a text that was not sealed with the key opens, if a sealed one does not open or opens
/// elsewhere, or if the key shows in a message.
pub fn sealed(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == 0);
    let mut next = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (key, connection, member, text) = (next(), ConnectionId::new(next()), next(), next());
    let keys = KeyRing::parse(&key).unwrap_or_else(|error| {
        assert!(key.len() < 16 || !error.to_string().contains(&key));
        fixed()
    });
    let sealer = Sealer::new(keys);
    let place = Place {
        connection: &connection,
        member: &member,
    };
    assert!(sealer.open(&text, place).is_err(), "nobody has sealed this");
    check_round(&sealer, &text, place);
}

#[expect(clippy::expect_used, reason = "a panic is what this is for")]
fn check_round(sealer: &Sealer, text: &str, place: Place<'_>) {
    let sealed = sealer.seal(text, place).expect("it can be sealed");
    assert!(is_sealed(&sealed));
    assert_eq!(key_of(&sealed), sealer.newest().ok());
    let opened = sealer.open(&sealed, place).expect("it opens");
    assert_eq!(opened.as_str(), text);
    let elsewhere = format!("{}!", place.member);
    let moved = Place {
        member: &elsewhere,
        ..place
    };
    assert!(sealer.open(&sealed, moved).is_err(), "it opens elsewhere");
    let (head, last) = sealed.split_at(sealed.len() - 2);
    let other = if last.starts_with('A') { "B" } else { "A" };
    let damaged = format!("{head}{other}{}", &last[1..]);
    assert!(
        sealer.open(&damaged, place).is_err(),
        "damage is overlooked"
    );
}

#[expect(clippy::expect_used, reason = "the key is a literal")]
fn fixed() -> KeyRing {
    KeyRing::parse(&"0".repeat(64)).expect("a key")
}

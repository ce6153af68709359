//! A token file that is read, given new tokens and written.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Members;
use crate::{AccessToken, RefreshToken, TokenSet};

/// The members that new tokens may change.
const OURS: [&str; 7] = [
    "access_token",
    "refresh_token",
    "expires_in",
    "x_refresh_token_expires_in",
    "x_refresh_token_hard_expires_in",
    "realmId",
    "realm_id",
];

/// A token file's bytes.
///
/// # Panics
/// If a member that is not ours changes or moves, if what is written can't be read back, or if it
/// does not hold the new tokens.
pub fn token_file(data: &[u8]) {
    let Ok(mut members) = Members::parse(data) else {
        return;
    };
    assert!(members.access().is_some() || members.refresh().is_some());
    let before = others(&members);
    let count = members.0.len();

    members.set_tokens(&new_tokens());
    members.set_realm("new-realm");
    let written = members.to_bytes();
    let again = read_back(&written);
    assert_eq!(others(&again), before, "other members have changed");
    assert!(again.0.len() >= count);
    assert_eq!(again.to_bytes(), written, "a second writing differs");
    assert_eq!(again.realm().as_deref(), Some("new-realm"));
    let life = |name| again.life(name).map(|life| life.as_secs());
    assert_eq!(life("expires_in"), Some(3600));
    assert_eq!(life("x_refresh_token_expires_in"), Some(8_640_000));
    let access = again.access().map(|token| token.expose().to_owned());
    assert_eq!(access.as_deref(), Some("new-access"));
    let refresh = again.refresh().map(|token| token.expose().to_owned());
    assert_eq!(refresh.as_deref(), Some("new \"refresh\" \\ \u{e9}"));
}

fn new_tokens() -> TokenSet {
    let now = Timestamp::UNIX_EPOCH;
    TokenSet {
        access: Some(AccessToken::new("new-access")),
        access_expires: Some(now + SignedDuration::from_secs(3600)),
        refresh: Some(RefreshToken::new("new \"refresh\" \\ \u{e9}")),
        refresh_expires: Some(now + SignedDuration::from_secs(8_640_000)),
        grant_expires: None,
        obtained: Some(now),
    }
}

/// Names and values, in their order and to the character.
fn others(members: &Members) -> Vec<(String, String)> {
    let others = members
        .0
        .iter()
        .filter(|(name, _)| !OURS.contains(&name.as_str()));
    others
        .map(|(name, value)| (name.clone(), value.get().to_owned()))
        .collect()
}

#[expect(clippy::expect_used, reason = "a panic is what this is for")]
fn read_back(written: &[u8]) -> Members {
    // What is not JSON to others is of no use to them, whatever we make of it.
    let json = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_slice(written));
    json.expect("what is written is JSON");
    Members::parse(written).expect("what is written is a token file")
}

//! The token file's contents: JSON in the provider's own shape, kept as its owner wrote it.
//!
//! Pure text in, text out. Members that are not ours to change keep their place, their order and
//! every character of their values.

#[cfg(any(test, feature = "test-util"))]
pub(super) mod fuzzing;

use std::fmt;

use jiff::SignedDuration;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::seal;
use crate::token_endpoint::seconds;
use crate::{
    AccessToken, ConnectionId, Error, ErrorKind, KeyId, Place, RefreshToken, Result, Sealer,
    TokenSet,
};

/// The members that are sealed where a file is.
const SECRETS: [&str; 2] = ["access_token", "refresh_token"];

/// The members of a token file, in their order.
#[derive(Default, Clone)]
pub(super) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Reads a token file. A byte-order mark and UTF-16, as PowerShell's redirection writes it, are
    /// understood.
    ///
    /// # Errors
    /// [`ErrorKind::Store`]: empty, no JSON object, or without any token.
    pub(super) fn parse(contents: &[u8]) -> Result<Self> {
        let text = decode(contents)?;
        if text.trim().is_empty() {
            return Err(damaged("it is empty"));
        }
        let members: Self = serde_json::from_str(&text).map_err(|error| {
            damaged(&format!(
                "it is not a JSON object (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        if members.text("access_token").is_none() && members.text("refresh_token").is_none() {
            return Err(damaged(
                "it has neither an access_token nor a refresh_token member",
            ));
        }
        for name in SECRETS {
            members.require_text(name)?;
        }
        Ok(members)
    }

    /// The same with its secrets in clear.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`] if one does not open.
    pub(super) fn opened(&self, sealer: Option<&Sealer>, id: &ConnectionId) -> Result<Self> {
        self.with_secrets(|member, text| {
            if !seal::is_sealed(text) {
                return Ok(None);
            }
            let Some(sealer) = sealer else {
                return Err(seal::without_keys(text, member));
            };
            let place = Place {
                connection: id,
                member,
            };
            Ok(Some(sealer.open(text, place)?.as_str().to_owned()))
        })
    }

    /// The same with its secrets sealed, those of an earlier member of the same name as well.
    ///
    /// # Errors
    /// [`ErrorKind::Sealed`] if the keys can't be had.
    pub(super) fn sealed(&self, sealer: &Sealer, id: &ConnectionId) -> Result<Self> {
        self.with_secrets(|member, text| {
            let place = Place {
                connection: id,
                member,
            };
            sealer.seal(text, place).map(Some)
        })
    }

    /// The key with which the tokens are sealed, if they are.
    pub(super) fn sealed_with(&self) -> Option<KeyId> {
        let secrets = SECRETS.iter().rev();
        secrets
            .filter_map(|name| self.text(name))
            .find_map(|text| seal::key_of(&text))
    }

    /// The same with other secrets, where `change` makes some.
    fn with_secrets(
        &self,
        mut change: impl FnMut(&str, &str) -> Result<Option<String>>,
    ) -> Result<Self> {
        let mut new = self.clone();
        for (name, value) in &mut new.0 {
            if !SECRETS.contains(&name.as_str()) {
                continue;
            }
            let text = serde_json::from_str::<String>(value.get()).unwrap_or_default();
            if text.is_empty() {
                continue;
            }
            let changed = change(name, &text)?;
            if let Some(raw) = changed.and_then(|text| raw(Value::from(text))) {
                *value = raw;
            }
        }
        Ok(new)
    }

    pub(super) fn access(&self) -> Option<AccessToken> {
        self.text("access_token").map(AccessToken::new)
    }

    pub(super) fn refresh(&self) -> Option<RefreshToken> {
        self.text("refresh_token").map(RefreshToken::new)
    }

    /// A member that tells a life in seconds.
    pub(super) fn life(&self, name: &str) -> Option<SignedDuration> {
        let value: Value = serde_json::from_str(self.raw(name)?.get()).ok()?;
        seconds(&value)
    }

    /// The company, where a tool (or we) have noted it.
    pub(super) fn realm(&self) -> Option<String> {
        self.text("realmId").or_else(|| self.text("realm_id"))
    }

    /// Puts the tokens in: known members change where they stand, missing ones come last.
    pub(super) fn set_tokens(&mut self, tokens: &TokenSet) {
        let life = |end: Option<jiff::Timestamp>| {
            let left = end?.duration_since(tokens.obtained?);
            Some(Value::from(left.as_secs()))
        };
        let text = |secret: &str| Some(Value::from(secret));
        let access = tokens.access.as_ref().and_then(|t| text(t.expose()));
        let refresh = tokens.refresh.as_ref().and_then(|t| text(t.expose()));
        let fresh = self.0.is_empty();
        self.set("expires_in", life(tokens.access_expires));
        self.set("x_refresh_token_expires_in", life(tokens.refresh_expires));
        if fresh || self.raw("x_refresh_token_hard_expires_in").is_some() {
            self.set(
                "x_refresh_token_hard_expires_in",
                life(tokens.grant_expires),
            );
        }
        self.set("refresh_token", refresh);
        self.set("access_token", access);
        if fresh {
            self.set("token_type", text("bearer"));
        }
    }

    /// Notes the company.
    pub(super) fn set_realm(&mut self, realm: &str) {
        // Where `realm` would look for it.
        let name = if self.text("realmId").is_none() && self.raw("realm_id").is_some() {
            "realm_id"
        } else {
            "realmId"
        };
        self.set(name, Some(Value::from(realm)));
    }

    /// The file's new contents: UTF-8, a member a line.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::from("{");
        let mut separator = "\n";
        for (name, value) in &self.0 {
            text.push_str(separator);
            text.push_str("  ");
            text.push_str(&Value::from(name.as_str()).to_string());
            text.push_str(": ");
            text.push_str(value.get());
            separator = ",\n";
        }
        text.push_str("\n}\n");
        text.into_bytes()
    }

    fn raw(&self, name: &str) -> Option<&RawValue> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_ref())
    }

    fn text(&self, name: &str) -> Option<String> {
        let text: String = serde_json::from_str(self.raw(name)?.get()).ok()?;
        Some(text).filter(|text| !text.is_empty())
    }

    fn require_text(&self, name: &str) -> Result<()> {
        match self.raw(name).map(|raw| raw.get().as_bytes()) {
            None | Some([b'"', ..] | b"null") => Ok(()),
            Some(_) => Err(damaged(&format!("its {name} member is not a text"))),
        }
    }

    fn set(&mut self, name: &str, value: Option<Value>) {
        let Some(raw) = value.and_then(raw) else {
            return;
        };
        match self.0.iter_mut().rev().find(|(key, _)| key == name) {
            Some((_, place)) => *place = raw,
            None => self.0.push((name.to_owned(), raw)),
        }
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

fn raw(value: impl fmt::Display) -> Option<Box<RawValue>> {
    RawValue::from_string(value.to_string()).ok()
}

fn decode(contents: &[u8]) -> Result<String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).map_err(|_| damaged("it is not valid UTF-16"))
    };
    match contents {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        plain => utf8(plain),
    }
}

fn utf8(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| damaged("it is not text in UTF-8"))
}

fn damaged(why: &str) -> Error {
    Error::new(
        ErrorKind::Store,
        format!("the token file can't be used: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn tokens() -> TokenSet {
        let now = Timestamp::constant(1_800_000_000, 0);
        TokenSet {
            access: Some(AccessToken::new("new-access")),
            access_expires: Some(now + SignedDuration::from_secs(3600)),
            refresh: Some(RefreshToken::new("new-refresh")),
            refresh_expires: Some(now + SignedDuration::from_secs(8_726_400)),
            grant_expires: None,
            obtained: Some(now),
        }
    }

    fn rewritten(text: &str) -> String {
        let mut members = Members::parse(text.as_bytes()).unwrap();
        members.set_tokens(&tokens());
        String::from_utf8(members.to_bytes()).unwrap()
    }

    #[test]
    fn other_members_keep_their_place_and_every_character() {
        let text = r#"{"note":"Caf\u00e9 \/","expires_in":"3600","deep":{ "b":1.50,"a":[1e5, -0] },
            "refresh_token":"r","access_token":"a","token_type":"Bearer","big":12345678901234567890.10}"#;
        assert_eq!(
            rewritten(text),
            r#"{
  "note": "Caf\u00e9 \/",
  "expires_in": 3600,
  "deep": { "b":1.50,"a":[1e5, -0] },
  "refresh_token": "new-refresh",
  "access_token": "new-access",
  "token_type": "Bearer",
  "big": 12345678901234567890.10,
  "x_refresh_token_expires_in": 8726400
}
"#
        );
    }

    #[test]
    fn h50_sealing_hides_each_secret_and_touches_nothing_else() {
        let text = r#"{"note":"Caf\u00e9","refresh_token":"planted-old","access_token":"planted-a",
            "deep":{ "refresh_token":"not ours" },"refresh_token":"planted-r","n":1.50}"#;
        let id = ConnectionId::new("acme");
        let keys = crate::KeyRing::parse(&"1".repeat(64)).unwrap();
        let sealer = Sealer::new(keys);
        let clear = Members::parse(text.as_bytes()).unwrap();
        assert_eq!(clear.sealed_with(), None);
        let sealed = clear.sealed(&sealer, &id).unwrap();
        let written = String::from_utf8(sealed.to_bytes()).unwrap();
        assert!(!written.contains("planted"), "{written}");
        assert!(written.contains(r#""note": "Caf\u00e9""#), "{written}");
        assert!(written.contains(r#""deep": { "refresh_token":"not ours" }"#));
        let again = Members::parse(written.as_bytes()).unwrap();
        assert_eq!(again.sealed_with(), sealer.newest().ok());
        let opened = again.opened(Some(&sealer), &id).unwrap();
        assert_eq!(opened.to_bytes(), clear.to_bytes());
        assert_eq!(opened.refresh().unwrap().expose(), "planted-r");
        for (sealer, id) in [(None, &id), (Some(&sealer), &ConnectionId::new("bolt"))] {
            let error = again.opened(sealer, id).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Sealed);
        }
    }

    #[test]
    fn a_mark_of_byte_order_is_read_and_not_written() {
        let plain = r#"{"access_token":"a","refresh_token":"r"}"#;
        let mut wide = vec![0xFF, 0xFE];
        wide.extend(plain.encode_utf16().flat_map(u16::to_le_bytes));
        let marked = [b"\xEF\xBB\xBF", plain.as_bytes()].concat();
        for contents in [wide, marked] {
            let members = Members::parse(&contents).unwrap();
            assert_eq!(members.refresh().unwrap().expose(), "r");
            assert_eq!(members.to_bytes()[0], b'{');
        }
    }

    #[test]
    fn the_realm_is_noted_where_it_is_read() {
        for (text, noted) in [
            (r#"{"access_token":"a"}"#, r#""realmId": "7""#),
            (
                r#"{"access_token":"a","realm_id":"1"}"#,
                r#""realm_id": "7""#,
            ),
            (
                r#"{"access_token":"a","realmId":"1","realm_id":"2"}"#,
                r#""realmId": "7""#,
            ),
            (
                r#"{"access_token":"a","realmId":"","realm_id":"2"}"#,
                r#""realm_id": "7""#,
            ),
        ] {
            let mut members = Members::parse(text.as_bytes()).unwrap();
            members.set_realm("7");
            assert_eq!(members.realm().as_deref(), Some("7"), "{text}");
            let written = String::from_utf8(members.to_bytes()).unwrap();
            assert!(written.contains(noted), "{written}");
        }
    }

    #[test]
    fn what_is_no_token_file_says_why() {
        for (contents, why) in [
            ("", "empty"),
            (" \n", "empty"),
            ("{\"access_token\":\"a", "not a JSON object"),
            ("[1]", "not a JSON object"),
            ("hello", "not a JSON object"),
            ("{}", "neither"),
            ("{\"access_token\":\"\"}", "neither"),
            ("{\"access_token\":5,\"refresh_token\":\"r\"}", "not a text"),
            ("\u{0}", "not a JSON object"),
        ] {
            let error = Members::parse(contents.as_bytes()).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(error.to_string().contains(why), "{contents:?}: {error}");
        }
    }

    #[test]
    fn h50_an_error_never_quotes_the_file() {
        let error = Members::parse(b"{\"access_token\":\"planted\" \"x\"}")
            .err()
            .unwrap();
        assert!(!format!("{error:?}").contains("planted"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Members::parse(&bytes);
        }

        #[test]
        fn what_is_written_reads_back(note in ".*", number in any::<i64>()) {
            let text = serde_json::json!({"note": note, "n": number, "access_token": "a"}).to_string();
            let again = rewritten(&text);
            let value: Value = serde_json::from_str(&again).unwrap();
            prop_assert_eq!(value["note"].as_str().unwrap(), note);
            prop_assert_eq!(value["n"].as_i64().unwrap(), number);
            prop_assert_eq!(value["access_token"].as_str().unwrap(), "new-access");
        }
    }
}

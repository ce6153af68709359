//! One level of a JSON value at a time, its values left as the text that they are.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value that is text yet.
pub(super) type Text<'a> = &'a str;

/// What a value is, one level deep.
pub(super) enum Level<'a> {
    /// Its members, in their order.
    Object(Vec<(Cow<'a, str>, Text<'a>)>),
    /// Its elements.
    List(Vec<Text<'a>>),
    /// A string, number or word, as it is written.
    Leaf(Text<'a>),
}

/// The value that `text` is.
pub(super) fn level(text: Text<'_>) -> Level<'_> {
    let text = text.trim_start();
    let read = match text.bytes().next() {
        Some(b'{') => serde_json::from_str(text)
            .ok()
            .map(|Members(members)| Level::Object(members)),
        Some(b'[') => elements(text).map(Level::List),
        _ => None,
    };
    read.unwrap_or(Level::Leaf(text))
}

/// A value as people read it: a string decoded, the rest as it is written.
pub(super) fn plain(text: Text<'_>) -> Cow<'_, str> {
    let Some(inside) = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    else {
        return text.into();
    };
    if !inside.contains('\\') {
        return inside.into();
    }
    serde_json::from_str::<String>(text).map_or(text.into(), Into::into)
}

fn elements(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

/// A name that is borrowed where it has no escapes in it.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            members.push((name, value.get()));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_is_read_and_spelling_is_kept() {
        let Level::Object(members) = level(r#" {"A": 639.00, "é\n": {"B": [1]}} "#) else {
            panic!("no object")
        };
        assert_eq!(
            members,
            [("A".into(), "639.00"), ("é\n".into(), r#"{"B": [1]}"#)]
        );
        let Level::List(elements) = level("[1, [2]]") else {
            panic!("no list")
        };
        assert_eq!(elements, ["1", "[2]"]);
        assert!(matches!(level("\"x\""), Level::Leaf("\"x\"")));
    }

    #[test]
    fn strings_are_decoded_for_people() {
        for (text, expected) in [
            (r#""a\"b""#, "a\"b"),
            (r#""x""#, "x"),
            ("1.50", "1.50"),
            ("null", "null"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}

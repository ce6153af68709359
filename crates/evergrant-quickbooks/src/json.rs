//! JSON kept in the characters in which it came.
//!
//! QuickBooks writes amounts as `639.00`. A parser that turns numbers into floats prints `639.0`
//! and loses the digits beyond the sixteenth, so a [`Json`] holds the text itself: members keep
//! their order, numbers and strings their spelling, and only the layout changes when it is printed.
//! It finds values and prints them; it does not change them.

use std::fmt;
use std::iter;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::path::{Path, Step};

/// Lines are indented no deeper than this, lest a body of nothing but brackets grow to the square
/// of its length when it is printed.
const DEEPEST_INDENT: usize = 64;

/// A valid JSON value as the server wrote it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Takes JSON in, checking that it is.
    ///
    /// # Errors
    /// Where and why it is not.
    pub fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(without_mark(bytes))
    }

    /// The text, exactly as it came.
    pub fn as_text(&self) -> &str {
        self.0.get()
    }

    /// The same value on many lines, indented by two spaces, with no line break at its end.
    pub fn pretty(&self) -> String {
        let mut out = String::with_capacity(self.as_text().len() * 2);
        let mut depth = 0_usize;
        let mut previous = "";
        for token in tokens(self.as_text()) {
            if is_closing(token) {
                depth = depth.saturating_sub(1);
            }
            if starts_line(previous, token) {
                out.push('\n');
                out.extend(iter::repeat_n("  ", depth.min(DEEPEST_INDENT)));
            }
            out.push_str(token);
            if token == ":" {
                out.push(' ');
            }
            if is_opening(token) {
                depth += 1;
            }
            previous = token;
        }
        out
    }

    /// The same value on one line, without a space between its parts.
    pub fn compact(&self) -> String {
        tokens(self.as_text()).collect()
    }

    /// The value as a shell would like it: a string without its quotes, a number or a word as it
    /// was written, an object or array as [`pretty`](Self::pretty) prints it.
    pub fn bare(&self) -> String {
        self.string().unwrap_or_else(|| self.pretty())
    }

    /// The string that it is, decoded; `None` if it is not a string.
    pub fn string(&self) -> Option<String> {
        serde_json::from_str(self.as_text()).ok()
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.as_text() == "null"
    }

    /// The value at `path`, `null` included; `None` if there is none. Of members with the same
    /// name the last one counts.
    pub fn at(&self, path: &Path) -> Option<Self> {
        let mut value: &RawValue = &self.0;
        for step in path.steps() {
            value = match step {
                Step::Member(name) => member(value, name)?,
                Step::Index(index) => elements(value)?.into_iter().nth(*index)?,
            };
        }
        Some(value.into())
    }

    /// The value as a type of the caller's, for instance [`serde_json::Value`].
    ///
    /// # Errors
    /// If it has another shape than that type.
    pub fn to<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.as_text())
    }

    /// Text that is known to be valid JSON, because it was put together from such.
    pub(crate) fn of_valid(text: String) -> Self {
        RawValue::from_string(text).map_or_else(|_| Self(RawValue::NULL.to_owned()), Self)
    }

    /// The value, borrowed.
    pub(crate) fn raw(&self) -> &RawValue {
        &self.0
    }
}

impl From<&RawValue> for Json {
    fn from(value: &RawValue) -> Self {
        Self(value.to_owned())
    }
}

/// Shows how much it is, not what: books hold personal data, and `Debug` ends up in logs.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.as_text().len())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_text())
    }
}

/// `bytes` without the byte-order mark that some servers put before JSON and XML.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The member of this name, the last of them if there are several.
pub(crate) fn member<'a>(object: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    members(object)?
        .into_iter()
        .rev()
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// The members of an object in their order; `None` if it is none.
pub(crate) fn members(object: &RawValue) -> Option<Vec<(String, &RawValue)>> {
    let members = Members(PhantomData);
    serde_json::Deserializer::from_str(object.get())
        .deserialize_map(members)
        .ok()
}

/// The elements of an array; `None` if it is none.
pub(crate) fn elements(array: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(array.get()).ok()
}

/// Reads one level of an object and leaves the values as text, so that no depth of nesting is too
/// deep.
struct Members<'a>(PhantomData<&'a RawValue>);

impl<'de: 'a, 'a> Visitor<'de> for Members<'a> {
    type Value = Vec<(String, &'a RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The tokens of valid JSON, white space left out.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    iter::from_fn(move || {
        rest = rest.trim_start();
        let end = match rest.bytes().next()? {
            b'"' => string_end(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest
                .find([',', ']', '}', ' ', '\t', '\r', '\n'])
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

/// The strings of valid JSON, quotes and escapes included, and what lies between them, in turn.
pub fn strings(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    iter::from_fn(move || {
        let end = match rest.find('"') {
            Some(0) => string_end(rest),
            Some(between) => between,
            None if rest.is_empty() => return None,
            None => rest.len(),
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

/// Where the JSON string that `text` begins with ends, its closing quote included.
pub(crate) fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn starts_line(previous: &str, token: &str) -> bool {
    previous == "," || is_opening(previous) != is_closing(token)
}

fn is_opening(token: &str) -> bool {
    matches!(token, "{" | "[")
}

fn is_closing(token: &str) -> bool {
    matches!(token, "}" | "]")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_keep_their_characters_through_printing() {
        let text = r#"{"TotalAmt":639.00,"Rate":0.10000000000000001,"Big":12345678901234567890.10,"E":1E+2,"Zero":-0.0}"#;
        let printed = "{\n  \"TotalAmt\": 639.00,\n  \"Rate\": 0.10000000000000001,\n  \
                       \"Big\": 12345678901234567890.10,\n  \"E\": 1E+2,\n  \"Zero\": -0.0\n}";
        assert_eq!(json(text).pretty(), printed);
        assert_eq!(json(printed).compact(), text);
        assert_eq!(json(text).as_text(), text);
        let amount = json(text).at(&"TotalAmt".parse().unwrap()).unwrap();
        assert_eq!(amount.bare(), "639.00");
    }

    #[test]
    fn printing_changes_the_layout_only() {
        let text =
            r#" { "a" : [ ] , "b":{}, "c":[1 ,true,{"d":"x, {y}: \"z\\" }] ,"é":"\u00e9" } "#;
        assert_eq!(
            json(text).pretty(),
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    true,\n    {\n      \
             \"d\": \"x, {y}: \\\"z\\\\\"\n    }\n  ],\n  \"é\": \"\\u00e9\"\n}"
        );
        for scalar in ["1", "null", "\"a b\"", "[]"] {
            assert_eq!(json(scalar).pretty(), scalar);
        }
    }

    #[test]
    fn strings_are_told_from_what_lies_between() {
        let text = r#"{"a\"b": ["c\\",1]} "#;
        let pieces: Vec<&str> = strings(text).collect();
        assert_eq!(pieces, ["{", r#""a\"b""#, ": [", r#""c\\""#, ",1]} "]);
        assert_eq!(strings("").count(), 0);
        assert_eq!(strings("\"open").collect::<Vec<_>>(), ["\"open"]);
    }

    #[test]
    fn bare_values_are_fit_for_a_shell() {
        for (text, bare) in [
            (r#""Bill \"B\" Miller\u00e9""#, "Bill \"B\" Milleré"),
            ("93242", "93242"),
            ("true", "true"),
            ("null", "null"),
            (r#"{"a":1}"#, "{\n  \"a\": 1\n}"),
        ] {
            assert_eq!(json(text).bare(), bare);
        }
    }

    #[test]
    fn a_bomb_of_brackets_is_printed_in_bounds() {
        let depth = 20_000;
        let bomb = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let printed = json(&bomb).pretty();
        assert!(printed.len() < bomb.len() * (2 * DEEPEST_INDENT + 2));
        assert_eq!(json(&printed).compact(), bomb);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for bad in ["", "{", "{\"a\":}", "<html>", "\u{feff}", "{} {}", "nul"] {
            assert!(Json::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
        assert!(Json::parse("\u{feff}{}".as_bytes()).is_ok());
    }

    #[test]
    fn debug_shows_no_content() {
        assert_eq!(format!("{:?}", json(r#"{"SSN":"1"}"#)), "Json(11 bytes)");
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_layout_means_the_same(value in any_json()) {
            let json = json(&value.to_string());
            let again: serde_json::Value = serde_json::from_str(&json.pretty()).unwrap();
            prop_assert_eq!(&again, &value);
            prop_assert_eq!(json.compact(), value.to_string());
            prop_assert_eq!(json.pretty(), format!("{value:#}"));
        }
    }
}

//! JSON as the books keep it: objects in the order of their class, compact, with amounts as Intuit writes them.
//!
//! Entities are stored as text, since a million of them must fit into memory and a read is then a copy. So this
//! module can look into such text without parsing all of it. The text must be this module's own: compact and valid.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The members of a JSON object, in order.
pub(crate) type Members = Map<String, Value>;

/// A hundredth of the company's currency.
pub(crate) type Cents = i64;

/// Compact JSON; a number with a fraction gets two decimals at least, a whole one none.
pub(crate) fn text(value: &impl Serialize) -> String {
    let mut bytes = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Amounts);
    // Writing values to memory does not fail.
    drop(value.serialize(&mut serializer));
    String::from_utf8(bytes).unwrap_or_default()
}

struct Amounts;

impl Formatter for Amounts {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let rounded = format!("{value:.2}");
        if rounded.parse() == Ok(value) {
            writer.write_all(rounded.as_bytes())
        } else {
            write!(writer, "{value}")
        }
    }
}

/// An amount as it is written: two decimals, or a bare zero.
pub(crate) fn amount(cents: Cents) -> Value {
    if cents == 0 {
        return json!(0);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "amounts stay below 2^53 hundredths"
    )]
    let value = cents as f64 / 100.0;
    json!(value)
}

/// An amount as reports write it: `-12.30`.
pub(crate) fn decimal(cents: Cents) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// What a number comes to in hundredths.
pub(crate) fn cents(value: &Value) -> Cents {
    value.as_f64().map_or(0, to_cents)
}

/// Rounds half away from zero, forgiving what binary fractions lose (1.005 is 1.01).
#[expect(
    clippy::cast_possible_truncation,
    reason = "amounts are checked to be far smaller"
)]
pub(crate) fn to_cents(value: f64) -> Cents {
    (value * 100.0 + value.signum() * 1e-7).round() as Cents
}

/// A scalar as text, without the quotes of JSON.
pub(crate) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The `value` of a reference.
pub(crate) fn reference<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name)?.get("value")?.as_str()
}

/// The text of a member of the object that `object` is.
pub(crate) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let (start, end) = place(object, name)?;
    object.get(start..end)
}

/// The text found by following names into objects.
pub(crate) fn at<'a>(object: &'a str, path: &[&str]) -> Option<&'a str> {
    path.iter()
        .try_fold(object, |text, name| member(text, name))
}

/// The text of a scalar member, without quotes and escapes.
pub(crate) fn scalar<'a>(object: &'a str, name: &str) -> Option<Cow<'a, str>> {
    member(object, name).map(unquoted)
}

/// A scalar's text without quotes and escapes.
pub(crate) fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(inner) = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str(text).map_or(Cow::Borrowed(inner), Cow::Owned)
}

/// The object with another value for a member that it has.
pub(crate) fn replaced(object: &str, name: &str, value: &Value) -> String {
    let Some((start, end)) = place(object, name) else {
        return object.to_owned();
    };
    format!("{}{}{}", &object[..start], text(value), &object[end..])
}

/// Text as the JSON that it is, to be written out as it stands.
pub(crate) fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap_or(RawValue::NULL)
}

/// The members of an object's text.
pub(crate) fn parsed(object: &str) -> Members {
    serde_json::from_str(object).unwrap_or_default()
}

/// Where a member's value starts and ends.
fn place(object: &str, name: &str) -> Option<(usize, usize)> {
    let bytes = object.as_bytes();
    let mut at = 1;
    while bytes.get(at) == Some(&b'"') {
        let key_end = skip(bytes, at);
        let value_end = skip(bytes, key_end + 1);
        if bytes.get(at + 1..key_end - 1) == Some(name.as_bytes()) {
            return Some((key_end + 1, value_end));
        }
        at = value_end + 1;
    }
    None
}

/// The end of the value that starts at `start`.
fn skip(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = skip_string(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn skip_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_recorded() {
        let written = text(&json!({"a": 639.0, "b": 0, "c": 39.5, "d": 8, "e": 0.125, "f": -1.0}));
        assert_eq!(
            written,
            r#"{"a":639.00,"b":0,"c":39.50,"d":8,"e":0.125,"f":-1.00}"#
        );
        assert_eq!(text(&amount(0)), "0");
        assert_eq!(text(&amount(63_900)), "639.00");
        assert_eq!(
            [decimal(-1230), decimal(5), decimal(-5)],
            ["-12.30", "0.05", "-0.05"]
        );
        assert_eq!(
            [to_cents(1.005), to_cents(-1.005), to_cents(0.1 + 0.2)],
            [101, -101, 30]
        );
    }

    #[test]
    fn text_is_looked_into() {
        let object = text(
            &json!({"a": "x\"y,}", "b": {"c": [1, {"d": "]"}], "e": 2.5}, "f": null, "g": true}),
        );
        assert_eq!(scalar(&object, "a").unwrap(), "x\"y,}");
        assert_eq!(at(&object, &["b", "e"]), Some("2.50"));
        assert_eq!(member(&object, "f"), Some("null"));
        assert_eq!(member(&object, "g"), Some("true"));
        assert_eq!(member(&object, "c"), None);
        assert_eq!(member("{}", "a"), None);
        let changed = replaced(&object, "g", &json!(7));
        assert_eq!(member(&changed, "g"), Some("7"));
        assert_eq!(parsed(&changed)["b"]["e"], 2.5);
    }
}

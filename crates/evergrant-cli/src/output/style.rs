//! Colours and time zones inside JSON text that is laid out already.
//!
//! Only strings are touched, so numbers and layout stay as they are.

use evergrant_quickbooks::Json;
use evergrant_quickbooks::json::strings;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::args::Zone;

const KEY: &str = "\x1b[1;34m";
const STRING: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// `text`, which is JSON, with its times in `zone` and, if asked for, colours.
pub(super) fn restyle(text: &str, zone: Zone, colour: bool) -> String {
    if zone == Zone::Keep && !colour {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut pieces = strings(text).peekable();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('"') {
            out.push_str(piece);
            continue;
        }
        let is_key = pieces
            .peek()
            .is_some_and(|after| after.trim_start().starts_with(':'));
        let moved = if is_key {
            None
        } else {
            moved(piece.trim_matches('"'), zone).map(|time| format!("\"{time}\""))
        };
        let shown = moved.as_deref().unwrap_or(piece);
        if colour {
            out.extend([if is_key { KEY } else { STRING }, shown, PLAIN]);
        } else {
            out.push_str(shown);
        }
    }
    out
}

/// `value` in another zone if it is a time with an offset, with as many decimals of a second.
pub(super) fn moved(value: &str, zone: Zone) -> Option<String> {
    if zone == Zone::Keep {
        return None;
    }
    let time = time(value)?;
    let decimals = match value.get(19..)?.strip_prefix('.') {
        Some(fraction) => fraction.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    };
    if zone == Zone::Utc {
        return Some(format!("{time:.decimals$}"));
    }
    let format = match decimals {
        0 => "%Y-%m-%dT%H:%M:%S%:z".to_owned(),
        _ => format!("%Y-%m-%dT%H:%M:%S%.{decimals}f%:z"),
    };
    let zoned = time.to_zoned(TimeZone::system());
    Some(zoned.strftime(&format).to_string())
}

/// The instant that `value` names, if it is written as the API writes instants: date, `T`, time
/// and offset.
pub(super) fn time(value: &str) -> Option<Timestamp> {
    let separator = value.as_bytes().get(10)?;
    if *separator != b'T' {
        return None;
    }
    value.parse().ok()
}

/// A JSON string literal of `text`.
pub(super) fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The value as text for people: a string decoded, the rest as it was written.
pub(super) fn plain(value: &Json) -> String {
    value.string().unwrap_or_else(|| value.compact())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_move_and_other_strings_stay() {
        for (value, expected) in [
            ("2015-07-24T09:34:35-07:00", Some("2015-07-24T16:34:35Z")),
            (
                "2020-09-29T06:02:58.970-07:00",
                Some("2020-09-29T13:02:58.970Z"),
            ),
            ("2015-07-24T09:34:35Z", Some("2015-07-24T09:34:35Z")),
            ("2015-07-24", None),
            ("2015-07-24T09:34:35", None),
            ("45 N. Elm Street, Middlefield", None),
            ("ééééééTééééééééééééééé", None),
            ("", None),
        ] {
            assert_eq!(moved(value, Zone::Utc).as_deref(), expected, "{value}");
            assert_eq!(moved(value, Zone::Keep), None);
        }
        let local = moved("2020-09-29T06:02:58.970-07:00", Zone::Local).unwrap();
        assert!(local.contains(":58.970"), "{local}");
        assert_eq!(time(&local), time("2020-09-29T06:02:58.970-07:00"));
    }

    #[test]
    fn only_strings_are_touched() {
        let text =
            r#"{"a\"b": "2015-07-24T09:34:35-07:00", "n": 639.00, "2015-07-24T09:34:35Z": "x"}"#;
        assert_eq!(restyle(text, Zone::Keep, false), text);
        assert_eq!(
            restyle(text, Zone::Utc, false),
            text.replace("09:34:35-07:00", "16:34:35Z")
        );
        assert_eq!(
            restyle(r#"{"a":"b","c":1}"#, Zone::Keep, true),
            "{\x1b[1;34m\"a\"\x1b[0m:\x1b[32m\"b\"\x1b[0m,\x1b[1;34m\"c\"\x1b[0m:1}"
        );
    }
}

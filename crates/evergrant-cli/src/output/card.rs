//! Cards: labels and values in two columns, for people.

use evergrant_quickbooks::Json;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::style;
use crate::args::Zone;

/// The lines of a card, each ended, their values in one column.
pub(super) fn lay_out(lines: &[(String, String)], colour: bool) -> String {
    let width = lines.iter().map(|(label, _)| label.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut card = String::new();
    for (label, value) in lines {
        let gap = " ".repeat(width - label.chars().count());
        if colour {
            card.push_str(&format!("\x1b[1;34m{label}\x1b[0m{gap}  {value}\n"));
        } else {
            card.push_str(&format!("{label}{gap}  {value}\n"));
        }
    }
    card
}

/// Every value inside `json` with its path, in order; what is `null` or empty is left out.
pub(super) fn leaves(json: &Json, zone: Zone) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    match json.to() {
        Ok(value) => collect(&value, String::new(), &mut paths),
        // Nested too deep for a card.
        Err(_) => return vec![("Value".to_owned(), json.compact())],
    }
    let found = paths.into_iter().filter_map(|path| {
        if path.is_empty() {
            return Some(("Value".to_owned(), style::plain(json)));
        }
        let value = json.at(&path.parse().ok()?)?;
        let text = style::plain(&value);
        let text = human_time(&text, zone).unwrap_or(text);
        let text = text.replace(['\n', '\r'], " ");
        Some((path, text))
    });
    found.filter(|(_, text)| !text.is_empty()).collect()
}

/// A time of the API's as month/day/year hour:minute in `zone`; `None` if it is no time, or if
/// times are to stay as they came.
pub(crate) fn human_time(text: &str, zone: Zone) -> Option<String> {
    let zone = match zone {
        Zone::Keep => return None,
        Zone::Utc => TimeZone::UTC,
        Zone::Local => TimeZone::system(),
    };
    let time = style::time(text)?.to_zoned(zone);
    Some(time.strftime("%-m/%-d/%Y %H:%M").to_string())
}

/// `name` as a step of a path that can stand anywhere in it.
fn quoted(name: &str) -> String {
    format!("[{}]", style::literal(name))
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, member) in members {
                collect(
                    member,
                    format!("{path}{}", step(name, path.is_empty())),
                    paths,
                );
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                collect(element, format!("{path}[{index}]"), paths);
            }
        }
        _ => paths.push(path),
    }
}

fn step(name: &str, first: bool) -> String {
    if name.is_empty() || name.contains(['.', '[', '"', '\\']) {
        return quoted(name);
    }
    if first {
        return name.to_owned();
    }
    format!(".{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(text: &str, zone: Zone) -> String {
        let json = Json::parse(text.as_bytes()).unwrap();
        lay_out(&leaves(&json, zone), false)
    }

    #[test]
    fn values_stand_in_one_column_with_their_spelling() {
        let text = r#"{"Id":"58","Addr":{"City":"Mid\ndlefield","Lat":null,"a.b":true},"Line":[{"Amount":639.00}],"Note":""}"#;
        assert_eq!(
            card(text, Zone::Keep),
            "Id              58\n\
             Addr.City       Mid dlefield\n\
             Addr[\"a.b\"]     true\n\
             Line[0].Amount  639.00\n"
        );
    }

    #[test]
    fn times_are_written_for_people() {
        let text = r#"{"Created":"2015-07-24T09:34:35-07:00"}"#;
        assert_eq!(card(text, Zone::Utc), "Created  7/24/2015 16:34\n");
        assert_eq!(
            card(text, Zone::Keep),
            "Created  2015-07-24T09:34:35-07:00\n"
        );
    }

    #[test]
    fn a_lone_value_is_a_card_too() {
        assert_eq!(card("1.50", Zone::Keep), "Value  1.50\n");
        assert_eq!(card("{}", Zone::Keep), "");
    }
}

//! Members as they are typed, put into an object: `Name=value`, `Line[0].Amount:=12.50`.
//!
//! Pure. The schema decides what a plain value becomes: a number, `true` or `false`, a reference to
//! an id, or text.

use evergrant_quickbooks::{EntityKind, Json, Object, Value, schema};

use crate::commands::suggest;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// A member and its new value.
#[derive(Debug)]
pub(super) struct Change {
    steps: Vec<Step>,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Index(usize),
}

/// The id, if the first word is one, and the members after it.
pub(super) fn split(words: &[String]) -> (Option<&str>, &[String]) {
    match words.split_first() {
        Some((first, rest)) if !first.contains('=') => (Some(first), rest),
        _ => (None, words),
    }
}

/// The members that the words give.
///
/// # Errors
/// A word that gives none, a name that the kind has not, or a value that its member can't have.
pub(super) fn changes(kind: EntityKind, words: &[String]) -> Result<Vec<Change>> {
    words.iter().map(|word| change(kind, word)).collect()
}

fn change(kind: EntityKind, word: &str) -> Result<Change> {
    let bad = |why: &str| {
        let mend = "write Name=value, Name:=json or PrimaryAddr.City=value";
        Failure::new(Exit::Usage, format!("{word:?}: {why}"), mend)
    };
    let (name, value) = word
        .split_once('=')
        .ok_or_else(|| bad("there is no = in it"))?;
    let (name, is_json) = name
        .strip_suffix(':')
        .map_or((name, false), |name| (name, true));
    suggest::member(kind, name)?;
    let steps = steps(kind, name).ok_or_else(|| bad("its name can't be read"))?;
    if is_json {
        let json =
            Json::parse(value.as_bytes()).map_err(|error| bad(&format!("no JSON: {error}")))?;
        let value = Value::of(&json).ok_or_else(|| bad("nested too deeply"))?;
        return Ok(Change { steps, value });
    }
    let value =
        typed(kind, name, value).map_err(|expected| bad(&format!("it takes {expected}")))?;
    Ok(Change { steps, value })
}

/// A plain value as its member takes it, or what it would take.
fn typed(kind: EntityKind, name: &str, text: &str) -> Result<Value, &'static str> {
    let bare: String = without_indices(name);
    let of = schema::get()
        .find(kind, &bare)
        .map_or("string", |field| field.kind.as_str());
    match of {
        "decimal" | "integer" => number(text).ok_or("a number"),
        "boolean" if matches!(text, "true" | "false") => Ok(Value::bool(text == "true")),
        "boolean" => Err("true or false"),
        "ref" => {
            let mut reference = Object::new();
            reference.set("value", Value::string(text));
            Ok(Value::Object(reference))
        }
        _ => Ok(Value::string(text)),
    }
}

/// A number in the spelling that it has.
fn number(text: &str) -> Option<Value> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let json = Json::parse(text.as_bytes()).ok().filter(|_| is_number)?;
    Value::of(&json)
}

fn without_indices(name: &str) -> String {
    let parts = name
        .split('.')
        .map(|part| part.split('[').next().unwrap_or(part));
    parts.collect::<Vec<_>>().join(".")
}

/// The way to a member, its names spelt as the schema has them.
fn steps(kind: EntityKind, name: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut known = String::new();
    for part in name.split('.') {
        let (name, mut indices) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() {
            return None;
        }
        known = if known.is_empty() {
            name.to_owned()
        } else {
            format!("{known}.{name}")
        };
        let spelt = schema::get()
            .find(kind, &known)
            .map_or(name, |field| field.name.as_str());
        steps.push(Step::Member(spelt.to_owned()));
        while let Some(rest) = indices.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            indices = rest;
        }
        if !indices.is_empty() {
            return None;
        }
    }
    Some(steps)
}

/// The object with the changes made; what is on the way to a member and not there is made.
///
/// # Errors
/// A list has a gap before an index.
pub(super) fn applied(object: Object, changes: &[Change]) -> Result<Object> {
    let mut whole = Value::Object(object);
    for change in changes {
        put(&mut whole, &change.steps, &change.value).ok_or_else(|| {
            let what = "an index is beyond the end of its list";
            Failure::new(
                Exit::Usage,
                what,
                "give the elements in their order, from [0]",
            )
        })?;
    }
    match whole {
        Value::Object(object) => Ok(object),
        _ => Ok(Object::new()),
    }
}

fn put(place: &mut Value, steps: &[Step], value: &Value) -> Option<()> {
    let Some((step, rest)) = steps.split_first() else {
        *place = value.clone();
        return Some(());
    };
    match step {
        Step::Member(name) => {
            if !matches!(place, Value::Object(_)) {
                *place = Value::Object(Object::new());
            }
            let Value::Object(object) = place else {
                return None;
            };
            let mut inside = object.get(name).cloned().unwrap_or_else(Value::null);
            put(&mut inside, rest, value)?;
            object.set(name, inside);
            Some(())
        }
        Step::Index(index) => {
            if !matches!(place, Value::Array(_)) {
                *place = Value::Array(Vec::new());
            }
            let Value::Array(elements) = place else {
                return None;
            };
            if *index == elements.len() {
                elements.push(Value::null());
            }
            put(elements.get_mut(*index)?, rest, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: EntityKind, object: &str, words: &[&str]) -> Result<String> {
        let object = Object::parse(&Json::parse(object.as_bytes()).unwrap()).unwrap();
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Ok(applied(object, &changes(kind, &words)?)?
            .to_json()
            .as_text()
            .to_owned())
    }

    #[test]
    fn the_schema_decides_what_a_value_becomes() {
        let words = [
            "givenname=Ann",
            "BillRate=85.00",
            "Active=false",
            "PrimaryAddr.City=Bay=shore",
            "EmployeeNumber=007",
        ];
        assert_eq!(
            made(EntityKind::Employee, "{}", &words).unwrap(),
            r#"{"GivenName":"Ann","BillRate":85.00,"Active":false,"PrimaryAddr":{"City":"Bay=shore"},"EmployeeNumber":"007"}"#
        );
        let words = [
            "CustomerRef=1",
            "Line[0].Amount=10.00",
            "Line[0].DetailType=SalesItemLineDetail",
            r#"Line[1]:={"Amount":639.00}"#,
        ];
        assert_eq!(
            made(EntityKind::Invoice, "{}", &words).unwrap(),
            r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":10.00,"DetailType":"SalesItemLineDetail"},{"Amount":639.00}]}"#
        );
    }

    #[test]
    fn what_is_there_keeps_its_place_and_spelling() {
        let object = r#"{"Id":"1","Odd":1.50,"PrimaryAddr":{"City":"x","Line1":"y"}}"#;
        assert_eq!(
            made(EntityKind::Employee, object, &["PrimaryAddr.City=z"]).unwrap(),
            r#"{"Id":"1","Odd":1.50,"PrimaryAddr":{"City":"z","Line1":"y"}}"#
        );
    }

    #[test]
    fn what_can_not_be_is_refused() {
        for word in [
            "GivenName",
            "GivnName=x",
            "BillRate=many",
            "Active=yes",
            "PrimaryAddr:={",
            "=x",
            "PrimaryAddr..City=x",
        ] {
            let failure = made(EntityKind::Employee, "{}", &[word]).unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage, "{word}");
        }
        assert!(made(EntityKind::Invoice, "{}", &["Line[1].Amount=1"]).is_err());
    }

    #[test]
    fn the_first_word_may_be_an_id() {
        let words = ["58".to_owned(), "A=b".to_owned()];
        assert_eq!(split(&words), (Some("58"), &words[1..]));
        assert_eq!(split(&words[1..]), (None, &words[1..]));
    }
}

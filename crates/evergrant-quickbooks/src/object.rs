//! A JSON object that can be changed, and writes back whatever it was not told to change.
//!
//! Members keep their order, numbers and strings their spelling, unknown members their place; of
//! members with the same name the last one counts. The types of `model` are views
//! on one of these, and so lose nothing. It is for objects the size of an invoice: what is nested
//! deeper than [`DEEPEST`] is refused rather than followed.

use std::borrow::Cow;
use std::fmt;

use crate::json::tokens;
use crate::{Json, Path};

/// How deep objects and arrays may be nested.
const DEEPEST: usize = 120;

/// A JSON object.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Object {
    members: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    /// As it is written, quotes and escapes included.
    name: Box<str>,
    value: Value,
}

/// A JSON value inside an [`Object`].
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A number, string, `true`, `false` or `null`, as it is written.
    Scalar(Box<str>),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// JSON that is no object, or one that is nested too deeply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON object, or nested too deeply")]
pub struct NotAnObject;

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an object in.
    ///
    /// # Errors
    /// If it is something else, or nested more than a hundred levels deep.
    pub fn parse(json: &Json) -> Result<Self, NotAnObject> {
        match Value::parse(json.as_text()) {
            Some(Value::Object(object)) => Ok(object),
            _ => Err(NotAnObject),
        }
    }

    /// The object as JSON on one line.
    pub fn to_json(&self) -> Json {
        Json::of_valid(self.to_string())
    }

    /// The names of its members in their order.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.members.iter().map(|entry| unquoted(&entry.name))
    }

    /// Whether it has no member.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The value of the member `name`, `null` included.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let found = |entry: &&Entry| is_named(entry, name);
        self.members
            .iter()
            .rev()
            .find(found)
            .map(|entry| &entry.value)
    }

    /// The value at `path` as JSON.
    pub fn at(&self, path: &Path) -> Option<Json> {
        self.to_json().at(path)
    }

    /// Gives the member `name` a value, where it stands, or at the end if there is none.
    pub fn set(&mut self, name: &str, value: Value) {
        let found = |entry: &&mut Entry| is_named(entry, name);
        match self.members.iter_mut().rev().find(found) {
            Some(entry) => entry.value = value,
            None => self.members.push(Entry {
                name: quoted(name),
                value,
            }),
        }
    }

    /// Takes the member `name` away.
    pub fn remove(&mut self, name: &str) {
        self.members.retain(|entry| !is_named(entry, name));
    }

    /// Adds the members of `other` at the end.
    pub(crate) fn append(&mut self, other: Self) {
        self.members.extend(other.members);
    }

    /// The first member.
    pub(crate) fn first(&self) -> Option<(Cow<'_, str>, &Value)> {
        let entry = self.members.first()?;
        Some((unquoted(&entry.name), &entry.value))
    }
}

impl Value {
    /// `null`.
    pub fn null() -> Self {
        Self::Scalar("null".into())
    }

    /// A string.
    pub fn string(text: &str) -> Self {
        Self::Scalar(quoted(text))
    }

    /// `true` or `false`.
    pub fn bool(value: bool) -> Self {
        Self::Scalar(if value { "true" } else { "false" }.into())
    }

    /// A number, from text that is one in JSON.
    pub(crate) fn number(text: String) -> Self {
        Self::Scalar(text.into())
    }

    /// Takes JSON in; `None` if it is nested too deeply.
    pub fn of(json: &Json) -> Option<Self> {
        Self::parse(json.as_text())
    }

    /// The value as JSON on one line.
    pub fn to_json(&self) -> Json {
        Json::of_valid(self.to_string())
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(text) if &**text == "null")
    }

    /// The string that it is, decoded.
    pub fn as_string(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Scalar(text) if text.starts_with('"') => decoded(text),
            _ => None,
        }
    }

    /// The text of a scalar: a string decoded, a number or word as it is written.
    pub(crate) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Scalar(text) if text.starts_with('"') => decoded(text),
            Self::Scalar(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    /// `text` must be valid JSON.
    fn parse(text: &str) -> Option<Self> {
        let mut tokens = tokens(text);
        let first = tokens.next()?;
        read(first, &mut tokens, 0)
    }
}

fn read<'a>(token: &str, rest: &mut impl Iterator<Item = &'a str>, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    Some(match token {
        "{" => Value::Object(read_object(rest, depth)?),
        "[" => Value::Array(read_array(rest, depth)?),
        scalar => Value::Scalar(scalar.into()),
    })
}

fn read_object<'a>(rest: &mut impl Iterator<Item = &'a str>, depth: usize) -> Option<Object> {
    let mut object = Object::new();
    loop {
        match rest.next()? {
            "}" => return Some(object),
            "," => {}
            name => {
                let _colon = rest.next()?;
                let value = rest.next()?;
                object.members.push(Entry {
                    name: name.into(),
                    value: read(value, rest, depth + 1)?,
                });
            }
        }
    }
}

fn read_array<'a>(rest: &mut impl Iterator<Item = &'a str>, depth: usize) -> Option<Vec<Value>> {
    let mut elements = Vec::new();
    loop {
        match rest.next()? {
            "]" => return Some(elements),
            "," => {}
            element => elements.push(read(element, rest, depth + 1)?),
        }
    }
}

fn is_named(entry: &Entry, name: &str) -> bool {
    unquoted(&entry.name) == name
}

/// A name without its quotes, decoded if it needs to be and can be.
fn unquoted(written: &str) -> Cow<'_, str> {
    decoded(written).unwrap_or(Cow::Borrowed(written))
}

fn decoded(written: &str) -> Option<Cow<'_, str>> {
    let inside = written.strip_prefix('"')?.strip_suffix('"')?;
    if !inside.contains('\\') {
        return Some(Cow::Borrowed(inside));
    }
    serde_json::from_str(written).ok().map(Cow::Owned)
}

fn quoted(text: &str) -> Box<str> {
    serde_json::Value::from(text).to_string().into()
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(text) => f.write_str(text),
            Self::Object(object) => object.fmt(f),
            Self::Array(elements) => {
                f.write_str("[")?;
                for (at, element) in elements.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    element.fmt(f)?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, entry) in self.members.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "," })?;
            write!(f, "{}:{}", entry.name, entry.value)?;
        }
        f.write_str("}")
    }
}

/// Shows how much it is, not what: books hold personal data, and `Debug` ends up in logs.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} members)", self.members.len())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar(_) => "Scalar",
            Self::Array(_) => "Array",
            Self::Object(_) => "Object",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        Object::parse(&Json::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn what_is_read_is_written_to_the_letter() {
        let text =
            r#"{"a":639.00,"é":"\u00e9\/","b\"":[1E+2,{"x":null},[]],"odd":"\ud800","a":-0.0}"#;
        assert_eq!(object(text).to_string(), text);
        let spaced = object(" { \"a\" : [ 1 , 2 ] } ");
        assert_eq!(spaced.to_string(), r#"{"a":[1,2]}"#);
    }

    #[test]
    fn a_change_touches_its_member_alone() {
        let mut object = object(r#"{"Id":"1","Qty":2.50,"Novel":{"x":1}}"#);
        object.set("Qty", Value::Scalar("3".into()));
        object.set("Memo", Value::string("say \"hi\""));
        object.remove("Id");
        assert_eq!(
            object.to_string(),
            r#"{"Qty":3,"Novel":{"x":1},"Memo":"say \"hi\""}"#
        );
        assert_eq!(
            object.get("Memo").unwrap().as_string().unwrap(),
            "say \"hi\""
        );
        assert!(object.get("Id").is_none());
    }

    #[test]
    fn escaped_names_are_found() {
        let object = object(r#"{"\u0041":1}"#);
        assert!(object.get("A").is_some());
        assert_eq!(object.names().next().unwrap(), "A");
    }

    #[test]
    fn what_is_no_object_or_too_deep_is_refused() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(500), "}".repeat(500));
        for bad in ["[]", "1", "null", "\"x\"", &deep] {
            let json = Json::parse(bad.as_bytes()).unwrap();
            assert_eq!(Object::parse(&json), Err(NotAnObject));
        }
    }
}

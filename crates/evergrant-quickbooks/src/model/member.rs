//! Members: how each type is read from JSON and written to it.
//!
//! Reading is forgiving where QuickBooks has been seen to be inconsistent: numbers and booleans may
//! be quoted, a list of one may be bare, and an empty text is no value for what is not a text.

use std::fmt;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use rust_decimal::Decimal;

use crate::entity::time;
use crate::{Entity, EntityKind, Error, Object, Result, Value};

/// The type of a member.
pub trait Member: Sized {
    /// What a value of it looks like, for an error message.
    const EXPECTED: &'static str;

    /// The value, if it is one.
    fn read(value: &Value) -> Option<Self>;

    /// The value as JSON.
    fn write(&self) -> Value;

    /// Whether `value` is one, or nothing.
    ///
    /// # Errors
    /// Where it is something else.
    fn check(value: &Value) -> Result<(), Mismatch> {
        if is_absent(value) || Self::read(value).is_some() {
            return Ok(());
        }
        Err(Mismatch::of(Self::EXPECTED))
    }
}

/// A value that is not of its member's type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} is not {expected}")]
pub struct Mismatch {
    path: String,
    expected: &'static str,
}

/// The members of a type with what checks them.
pub(super) type Members = &'static [(&'static str, fn(&Value) -> Result<(), Mismatch>)];

impl Mismatch {
    fn of(expected: &'static str) -> Self {
        Self {
            path: String::new(),
            expected,
        }
    }

    fn within(self, step: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        Self {
            path: format!("{step}{joint}{}", self.path),
            ..self
        }
    }
}

pub(super) fn get<T: Member>(object: &Object, member: &str) -> Option<T> {
    object
        .get(member)
        .filter(|value| !value.is_null())
        .and_then(T::read)
}

pub(super) fn set<T: Member>(object: &mut Object, member: &str, value: &T) {
    object.set(member, value.write());
}

pub(super) fn object(value: &Value) -> Option<Object> {
    match value {
        Value::Object(object) => Some(object.clone()),
        _ => None,
    }
}

/// Checks the known members of an object.
pub(super) fn check(value: &Value, members: Members) -> Result<(), Mismatch> {
    match value {
        Value::Object(object) => check_object(object, members),
        value if is_absent(value) => Ok(()),
        _ => Err(Mismatch::of("an object")),
    }
}

fn check_object(object: &Object, members: Members) -> Result<(), Mismatch> {
    for (member, check) in members {
        if let Some(value) = object.get(member) {
            check(value).map_err(|mismatch| mismatch.within(member))?;
        }
    }
    Ok(())
}

/// The object of an entity of this kind, looked through.
pub(super) fn of_entity(entity: &Entity, kind: EntityKind, members: Members) -> Result<Object> {
    if entity.kind() != Some(kind) {
        return Err(Error::misshapen(format!(
            "{} came for {kind}",
            entity.name()
        )));
    }
    let object = Object::parse(entity.json());
    let object = object.map_err(|error| Error::misshapen(format!("{kind}: {error}")))?;
    check_object(&object, members).map_err(|error| Error::misshapen(format!("{kind}: {error}")))?;
    Ok(object)
}

fn is_absent(value: &Value) -> bool {
    matches!(value, Value::Scalar(text) if matches!(&**text, "null" | "\"\""))
}

impl Member for String {
    const EXPECTED: &'static str = "a text";

    fn read(value: &Value) -> Option<Self> {
        value.as_text().map(std::borrow::Cow::into_owned)
    }

    fn write(&self) -> Value {
        Value::string(self)
    }
}

impl Member for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_text()?;
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if is("true") {
            Some(true)
        } else {
            is("false").then_some(false)
        }
    }

    fn write(&self) -> Value {
        Value::bool(*self)
    }
}

impl Member for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn read(value: &Value) -> Option<Self> {
        value.as_text()?.trim().parse().ok()
    }

    fn write(&self) -> Value {
        Value::number(self.to_string())
    }
}

/// Exact, or not at all: up to 28 digits.
impl Member for Decimal {
    const EXPECTED: &'static str = "a number of at most 28 digits";

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_text()?;
        let text = text.trim();
        if text.contains(['e', 'E']) {
            return Self::from_scientific(text).ok();
        }
        Self::from_str_exact(text).ok()
    }

    fn write(&self) -> Value {
        Value::number(self.to_string())
    }
}

impl Member for Date {
    const EXPECTED: &'static str = "a date";

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_string()?;
        Some(Pieces::parse(&*text).ok()?.date())
    }

    fn write(&self) -> Value {
        Value::string(&self.to_string())
    }
}

/// With the offset that it was written with. One that has none names no instant: it is let pass,
/// and its getter returns `None`.
impl Member for Zoned {
    const EXPECTED: &'static str = "a date with a time";

    fn read(value: &Value) -> Option<Self> {
        time(&value.as_string()?)
    }

    fn write(&self) -> Value {
        Value::string(&self.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string())
    }

    fn check(value: &Value) -> Result<(), Mismatch> {
        let is_time = |text: std::borrow::Cow<'_, str>| Pieces::parse(&*text).is_ok();
        if is_absent(value) || value.as_string().is_some_and(is_time) {
            return Ok(());
        }
        Err(Mismatch::of(Self::EXPECTED))
    }
}

/// What is not described further.
impl Member for Object {
    const EXPECTED: &'static str = "an object";

    fn read(value: &Value) -> Option<Self> {
        object(value)
    }

    fn write(&self) -> Value {
        Value::Object(self.clone())
    }
}

/// A bare value is a list of one.
impl<T: Member> Member for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Array(elements) => elements.iter().map(T::read).collect(),
            one => T::read(one).map(|one| vec![one]),
        }
    }

    fn write(&self) -> Value {
        Value::Array(self.iter().map(T::write).collect())
    }

    fn check(value: &Value) -> Result<(), Mismatch> {
        let Value::Array(elements) = value else {
            return T::check(value);
        };
        for (at, element) in elements.iter().enumerate() {
            T::check(element).map_err(|mismatch| mismatch.within(&format!("[{at}]")))?;
        }
        Ok(())
    }
}

macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<String>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Member for $name {
            const EXPECTED: &'static str = "an id";

            fn read(value: &Value) -> Option<Self> {
                String::read(value).map(Self)
            }

            fn write(&self) -> Value {
                Value::string(&self.0)
            }
        }
    )*};
}

text_types! {
    /// The id of an object: digits mostly, but a text.
    Id
    /// The number of changes that an object has seen: digits, but a text. A write names the one
    /// that it is based on.
    SyncToken
}

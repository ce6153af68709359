//! References from one object to another.

use std::fmt;
use std::marker::PhantomData;

use super::member::{Id, Member};
use super::{Mismatch, member};
use crate::{Client, Object, Result, Typed, Value};

/// A reference to a `T`; `Ref<Entity>` if it may be one of several kinds, or of none that the API
/// has. The one of a currency holds its code (`EUR`) in place of an id.
pub struct Ref<T> {
    object: Object,
    target: PhantomData<fn() -> T>,
}

impl<T> Ref<T> {
    /// A reference to the object with this id.
    pub fn to(id: impl Into<Id>) -> Self {
        let mut object = Object::new();
        object.set("value", id.into().write());
        Self::of(object)
    }

    /// The same with the kind that it refers to, where it may be one of several: `Vendor`.
    #[must_use]
    pub fn of_kind(mut self, kind: &str) -> Self {
        self.object.set("type", Value::string(kind));
        self
    }

    /// The id of what it refers to; empty if it names none.
    pub fn id(&self) -> Id {
        member::get(&self.object, "value").unwrap_or_else(|| Id::from(""))
    }

    /// The name of what it refers to, if QuickBooks has sent it along.
    pub fn name(&self) -> Option<String> {
        member::get(&self.object, "name")
    }

    /// The kind of what it refers to, where it may be one of several.
    pub fn kind(&self) -> Option<String> {
        member::get(&self.object, "type")
    }

    fn of(object: Object) -> Self {
        Self {
            object,
            target: PhantomData,
        }
    }
}

impl Client {
    /// Reads what `reference` refers to.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn follow<T: Typed>(&self, reference: &Ref<T>) -> Result<T> {
        self.read(reference.id()).await
    }
}

/// Some references come as bare ids.
impl<T> Member for Ref<T> {
    const EXPECTED: &'static str = "a reference";

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self::of(object.clone())),
            Value::Array(_) => None,
            Value::Scalar(_) => Id::read(value).map(Self::to),
        }
    }

    fn write(&self) -> Value {
        Value::Object(self.object.clone())
    }

    fn check(value: &Value) -> Result<(), Mismatch> {
        const MEMBERS: member::Members = &[("value", Id::check), ("name", String::check)];
        match value {
            Value::Scalar(_) => Ok(()),
            value => member::check(value, MEMBERS),
        }
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Self::of(self.object.clone())
    }
}

impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object
    }
}

impl<T> Eq for Ref<T> {}

/// Without the name: books hold personal data, and `Debug` ends up in logs.
impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.id())
    }
}

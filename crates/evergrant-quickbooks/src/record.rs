//! What the client reads and writes: an [`Entity`], whose kind is known at run time, or a type of
//! [`model`](crate::model), whose kind is known to the compiler.

use crate::{Entity, EntityKind, Result};

/// Something that stands for one object in the books.
pub trait Record: Sized + Clone + Send + Sync + 'static {
    /// The object with its kind.
    fn entity(&self) -> Entity;

    /// What an answer holds.
    ///
    /// # Errors
    /// [`Unexpected`](crate::ErrorKind::Unexpected) if it is of another kind, or a member that is
    /// known has a value of another type.
    fn from_entity(entity: Entity) -> Result<Self>;
}

/// A [`Record`] whose kind its type tells.
pub trait Typed: Record {
    /// The kind.
    const KIND: EntityKind;
}

impl Record for Entity {
    fn entity(&self) -> Entity {
        self.clone()
    }

    fn from_entity(entity: Entity) -> Result<Self> {
        Ok(entity)
    }
}

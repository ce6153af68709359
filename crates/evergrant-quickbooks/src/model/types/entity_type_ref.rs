//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Entity;
use crate::model::*;

object! {
    /// `EntityTypeRef`, inside of entities.
    ///
    /// Required to create: `EntityRef`.
    EntityTypeRef {
        /// `Type`.
        type_, set_type: EntityType = "Type";
        /// `EntityRef`, of `Customer` or `Vendor` or `Employee`. Required to create.
        entity_ref, set_entity_ref: Ref<Entity> = "EntityRef";
    }
}

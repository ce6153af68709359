//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `CustomFieldDefinition`, inside of entities.
    CustomFieldDefinition {
        /// `CustomField`. *Schema only.*
        custom_field, set_custom_field: Vec<CustomField> = "CustomField";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `GenericContactType`, inside of entities.
    GenericContactType {
        /// `Id`. Set by the server alone. *Schema only.*
        id, set_id: Id = "Id";
        /// `Name`. *Schema only.*
        name, set_name: String = "Name";
        /// `Value`. *Schema only.*
        value, set_value: String = "Value";
        /// `Type`. *Schema only.*
        type_, set_type: String = "Type";
        /// `Default`. *Schema only.*
        default_, set_default: bool = "Default";
        /// `Tag`. *Schema only.*
        tag, set_tag: String = "Tag";
    }
}

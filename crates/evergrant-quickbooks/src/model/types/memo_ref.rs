//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `MemoRef`, inside of entities.
    MemoRef {
        /// `value`. *Schema only.*
        value, set_value: String = "value";
        /// `id`. *Schema only.*
        id, set_id: Id = "id";
    }
}

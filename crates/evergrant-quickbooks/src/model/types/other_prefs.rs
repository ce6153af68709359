//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;

object! {
    /// `OtherPrefs`, inside of entities.
    OtherPrefs {
        /// `NameValue`. *Schema only.*
        name_value, set_name_value: Vec<Object> = "NameValue";
    }
}

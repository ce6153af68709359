//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;

object! {
    /// `PrintDocumentPrefs`, inside of entities.
    PrintDocumentPrefs {
        /// `NameValue`. *Schema only.*
        name_value, set_name_value: Vec<Object> = "NameValue";
    }
}

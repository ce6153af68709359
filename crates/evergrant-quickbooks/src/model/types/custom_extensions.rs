//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `CustomExtensions`, inside of entities.
    CustomExtensions {
        /// `ExtensionType`. *Schema only.*
        extension_type, set_extension_type: String = "ExtensionType";
        /// `AssociatedValues`. *Schema only.*
        associated_values, set_associated_values: Vec<CustomExtensionAssociatedValues> = "AssociatedValues";
    }
}

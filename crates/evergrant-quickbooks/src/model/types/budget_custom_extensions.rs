//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `BudgetCustomExtensions`, inside of entities.
    BudgetCustomExtensions {
        /// `ExtensionType`. *Schema only.*
        extension_type, set_extension_type: String = "ExtensionType";
        /// `AssociatedValue`. *Schema only.*
        associated_value, set_associated_value: BudgetCustomExtensionAssociatedValue = "AssociatedValue";
    }
}

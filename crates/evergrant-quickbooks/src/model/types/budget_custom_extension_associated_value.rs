//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `BudgetCustomExtensionAssociatedValue`, inside of entities.
    BudgetCustomExtensionAssociatedValue {
        /// `Key`. *Schema only.*
        key, set_key: String = "Key";
        /// `Value`. *Schema only.*
        value, set_value: String = "Value";
    }
}

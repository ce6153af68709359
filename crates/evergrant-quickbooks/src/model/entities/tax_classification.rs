//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `TaxClassification`: name list, at `taxclassification`.
    ///
    /// Operations: `read`.
    /// Set by the server alone: `id`, `code`, `name`, `description`, `level`, `ParentRef`,
    /// `applicableTo`.
    TaxClassification {
        /// `id`. Set by the server alone.
        id: Id = "id";
        /// `code`. Set by the server alone.
        code: String = "code";
        /// `name`. Set by the server alone.
        name: String = "name";
        /// `description`. Set by the server alone.
        description: String = "description";
        /// `level`. Set by the server alone.
        level: String = "level";
        /// `ParentRef`, of `TaxClassification`. Set by the server alone. *Schema only.*
        parent_ref: Ref<TaxClassification> = "ParentRef";
        /// `applicableTo`. Set by the server alone.
        applicable_to: Vec<String> = "applicableTo";
    }
}

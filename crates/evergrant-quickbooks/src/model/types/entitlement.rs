//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `Entitlement`, inside of entities.
    Entitlement {
        /// `id`. Set by the server alone. *Schema only.*
        id: String = "id";
        /// `name`. Set by the server alone. *Schema only.*
        name: String = "name";
        /// `term`. Set by the server alone. *Schema only.*
        term: EntitlementTerm = "term";
    }
}

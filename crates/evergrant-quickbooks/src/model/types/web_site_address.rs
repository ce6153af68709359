//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `WebSiteAddress`, inside of entities.
    WebSiteAddress {
        /// `Id`. Set by the server alone. *Schema only.*
        id, set_id: Id = "Id";
        /// `URI`. At most 1000 characters.
        uri, set_uri: String = "URI";
        /// `Default`. *Schema only.*
        default_, set_default: bool = "Default";
        /// `Tag`. *Schema only.*
        tag, set_tag: String = "Tag";
    }
}

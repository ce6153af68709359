//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `EmailAddress`, inside of entities.
    EmailAddress {
        /// `Address`. At most 100 characters.
        address, set_address: String = "Address";
        /// `Default`. *Schema only.*
        default_, set_default: bool = "Default";
        /// `Tag`. *Schema only.*
        tag, set_tag: String = "Tag";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `ContactInfo`, inside of entities.
    ContactInfo {
        /// `Type`.
        type_, set_type: ContactType = "Type";
        /// `Telephone`.
        telephone, set_telephone: TelephoneNumber = "Telephone";
        /// `Email`. *Schema only.*
        email, set_email: EmailAddress = "Email";
        /// `WebSite`. *Schema only.*
        web_site, set_web_site: WebSiteAddress = "WebSite";
        /// `OtherContact`. *Schema only.*
        other_contact, set_other_contact: GenericContactType = "OtherContact";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `TelephoneNumber`, inside of entities.
    TelephoneNumber {
        /// `DeviceType`. *Schema only.*
        device_type, set_device_type: String = "DeviceType";
        /// `CountryCode`. *Schema only.*
        country_code, set_country_code: String = "CountryCode";
        /// `AreaCode`. *Schema only.*
        area_code, set_area_code: String = "AreaCode";
        /// `ExchangeCode`. *Schema only.*
        exchange_code, set_exchange_code: String = "ExchangeCode";
        /// `Extension`. *Schema only.*
        extension, set_extension: String = "Extension";
        /// `FreeFormNumber`. At most 30 characters.
        free_form_number, set_free_form_number: String = "FreeFormNumber";
        /// `Default`. *Schema only.*
        default_, set_default: bool = "Default";
        /// `Tag`. *Schema only.*
        tag, set_tag: String = "Tag";
    }
}

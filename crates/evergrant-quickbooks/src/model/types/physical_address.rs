//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `PhysicalAddress`, inside of entities.
    PhysicalAddress {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `Line1`. At most 500 characters.
        line1, set_line1: String = "Line1";
        /// `Line2`. At most 500 characters.
        line2, set_line2: String = "Line2";
        /// `Line3`. At most 500 characters.
        line3, set_line3: String = "Line3";
        /// `Line4`. At most 500 characters.
        line4, set_line4: String = "Line4";
        /// `Line5`. At most 500 characters.
        line5, set_line5: String = "Line5";
        /// `City`. At most 255 characters.
        city, set_city: String = "City";
        /// `Country`. At most 255 characters.
        country, set_country: String = "Country";
        /// `CountryCode`. *Schema only.*
        country_code, set_country_code: String = "CountryCode";
        /// `County`. *Schema only.*
        county, set_county: String = "County";
        /// `CountrySubDivisionCode`. At most 255 characters.
        country_sub_division_code, set_country_sub_division_code: String = "CountrySubDivisionCode";
        /// `PostalCode`. At most 30 characters.
        postal_code, set_postal_code: String = "PostalCode";
        /// `PostalCodeSuffix`. *Schema only.*
        postal_code_suffix, set_postal_code_suffix: String = "PostalCodeSuffix";
        /// `Lat`. Set by the server alone.
        lat: String = "Lat";
        /// `Long`. Set by the server alone.
        long: String = "Long";
        /// `Tag`. *Schema only.*
        tag, set_tag: String = "Tag";
        /// `Note`. *Schema only.*
        note, set_note: String = "Note";
    }
}

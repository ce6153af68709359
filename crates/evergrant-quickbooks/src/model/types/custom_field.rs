//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `CustomField`, inside of entities.
    ///
    /// Required to create: `DefinitionId`.
    CustomField {
        /// `DefinitionId`. Required to create.
        definition_id, set_definition_id: Id = "DefinitionId";
        /// `Name`. Set by the server alone.
        name: String = "Name";
        /// `Type`.
        type_, set_type: CustomFieldType = "Type";
        /// `StringValue`.
        string_value, set_string_value: String = "StringValue";
        /// `BooleanValue`. *Schema only.*
        boolean_value, set_boolean_value: bool = "BooleanValue";
        /// `DateValue`. *Schema only.*
        date_value, set_date_value: jiff::civil::Date = "DateValue";
        /// `NumberValue`. *Schema only.*
        number_value, set_number_value: rust_decimal::Decimal = "NumberValue";
    }
}

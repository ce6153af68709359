//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `DescriptionLineDetail`, inside of entities.
    DescriptionLineDetail {
        /// `ServiceDate`.
        service_date, set_service_date: jiff::civil::Date = "ServiceDate";
        /// `TaxCodeRef`, of `TaxCode`.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `DescriptionLineDetailEx`. Set by the server alone. *Schema only.*
        description_line_detail_ex: Object = "DescriptionLineDetailEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `TaxPrefs`, inside of entities.
    TaxPrefs {
        /// `UsingSalesTax`. Set by the server alone.
        using_sales_tax: bool = "UsingSalesTax";
        /// `PartnerTaxEnabled`. Set by the server alone.
        partner_tax_enabled: bool = "PartnerTaxEnabled";
        /// `HideTaxManagement`. *Schema only.*
        hide_tax_management, set_hide_tax_management: bool = "HideTaxManagement";
        /// `TaxGroupCodeRef`, of `TaxCode`. Set by the server alone.
        tax_group_code_ref: Ref<TaxCode> = "TaxGroupCodeRef";
    }
}

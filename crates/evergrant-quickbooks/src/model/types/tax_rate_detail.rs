//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `TaxRateDetail`, inside of entities.
    ///
    /// Required to create: `TaxRateRef`.
    TaxRateDetail {
        /// `TaxRateRef`, of `TaxRate`. Required to create.
        tax_rate_ref, set_tax_rate_ref: Ref<TaxRate> = "TaxRateRef";
        /// `TaxTypeApplicable`.
        tax_type_applicable, set_tax_type_applicable: TaxTypeApplicablity = "TaxTypeApplicable";
        /// `TaxOrder`.
        tax_order, set_tax_order: i64 = "TaxOrder";
        /// `TaxOnTaxOrder`. *Schema only.*
        tax_on_tax_order, set_tax_on_tax_order: i64 = "TaxOnTaxOrder";
    }
}

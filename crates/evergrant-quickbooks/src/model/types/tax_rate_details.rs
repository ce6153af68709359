//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `TaxRateDetails`, inside of entities.
    ///
    /// At least one of: `TaxRateId`, `TaxRateName`.
    TaxRateDetails {
        /// `TaxRateName`. Required to create under some condition. At most 10 characters.
        tax_rate_name, set_tax_rate_name: String = "TaxRateName";
        /// `TaxRateId`. Required to create under some condition.
        tax_rate_id, set_tax_rate_id: String = "TaxRateId";
        /// `RateValue`. Required to create under some condition.
        rate_value, set_rate_value: rust_decimal::Decimal = "RateValue";
        /// `TaxAgencyId`. Required to create under some condition.
        tax_agency_id, set_tax_agency_id: String = "TaxAgencyId";
        /// `TaxApplicableOn`.
        tax_applicable_on, set_tax_applicable_on: TaxRateApplicableOn = "TaxApplicableOn";
    }
}

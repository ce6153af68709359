//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `TaxService`: supporting, at `taxservice/taxcode`.
    ///
    /// Operations: `create`.
    /// Required to create: `TaxCode`, `TaxRateDetails`.
    /// Set by the server alone: `TaxCodeId`.
    TaxService {
        /// `TaxCode`. Required to create. At most 100 characters.
        tax_code, set_tax_code: String = "TaxCode";
        /// `TaxCodeId`. Set by the server alone.
        tax_code_id: String = "TaxCodeId";
        /// `TaxRateDetails`. Required to create.
        tax_rate_details, set_tax_rate_details: Vec<TaxRateDetails> = "TaxRateDetails";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `TaxRateList`, inside of entities.
    TaxRateList {
        /// `TaxRateDetail`.
        tax_rate_detail, set_tax_rate_detail: Vec<TaxRateDetail> = "TaxRateDetail";
    }
}

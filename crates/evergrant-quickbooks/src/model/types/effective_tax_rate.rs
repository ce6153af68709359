//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;

object! {
    /// `EffectiveTaxRate`, inside of entities.
    EffectiveTaxRate {
        /// `RateValue`.
        rate_value, set_rate_value: rust_decimal::Decimal = "RateValue";
        /// `EffectiveDate`.
        effective_date, set_effective_date: jiff::Zoned = "EffectiveDate";
        /// `EndDate`.
        end_date, set_end_date: jiff::Zoned = "EndDate";
        /// `EffectiveTaxRateEx`. Set by the server alone. *Schema only.*
        effective_tax_rate_ex: Object = "EffectiveTaxRateEx";
    }
}

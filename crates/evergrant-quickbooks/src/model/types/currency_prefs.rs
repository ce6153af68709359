//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `CurrencyPrefs`, inside of entities.
    CurrencyPrefs {
        /// `MultiCurrencyEnabled`. Set by the server alone.
        multi_currency_enabled: bool = "MultiCurrencyEnabled";
        /// `HomeCurrency`, of `CompanyCurrency`. Set by the server alone.
        home_currency: Ref<CompanyCurrency> = "HomeCurrency";
    }
}

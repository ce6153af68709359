//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Entity;
use crate::model::*;

object! {
    /// `MarkupInfo`, inside of entities.
    MarkupInfo {
        /// `PercentBased`. *Schema only.*
        percent_based, set_percent_based: bool = "PercentBased";
        /// `Value`. *Schema only.*
        value, set_value: rust_decimal::Decimal = "Value";
        /// `Percent`.
        percent, set_percent: rust_decimal::Decimal = "Percent";
        /// `PriceLevelRef`.
        price_level_ref, set_price_level_ref: Ref<Entity> = "PriceLevelRef";
        /// `MarkUpIncomeAccountRef`, of `Account`. Set by the server alone.
        mark_up_income_account_ref: Ref<Account> = "MarkUpIncomeAccountRef";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Entity;
use crate::model::*;

object! {
    /// `DiscountOverride`, inside of entities.
    DiscountOverride {
        /// `DiscountRef`. *Schema only.*
        discount_ref, set_discount_ref: Ref<Entity> = "DiscountRef";
        /// `PercentBased`. *Schema only.*
        percent_based, set_percent_based: bool = "PercentBased";
        /// `DiscountPercent`. *Schema only.*
        discount_percent, set_discount_percent: rust_decimal::Decimal = "DiscountPercent";
        /// `DiscountAccountRef`, of `Account`. *Schema only.*
        discount_account_ref, set_discount_account_ref: Ref<Account> = "DiscountAccountRef";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `EnabledSurchargeInfo`, inside of entities.
    EnabledSurchargeInfo {
        /// `Enabled`. *Schema only.*
        enabled, set_enabled: bool = "Enabled";
        /// `Card`. *Schema only.*
        card, set_card: SurchargePaymentMethodInfo = "Card";
        /// `ACH`. *Schema only.*
        ach, set_ach: SurchargePaymentMethodInfo = "ACH";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `SurchargePaymentMethodInfo`, inside of entities.
    SurchargePaymentMethodInfo {
        /// `Enabled`. *Schema only.*
        enabled, set_enabled: bool = "Enabled";
    }
}

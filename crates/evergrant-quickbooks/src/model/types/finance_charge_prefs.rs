//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `FinanceChargePrefs`, inside of entities.
    FinanceChargePrefs {
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `TxnRetainageDetail`, inside of entities.
    TxnRetainageDetail {
        /// `RetainageAmount`. *Schema only.*
        retainage_amount, set_retainage_amount: rust_decimal::Decimal = "RetainageAmount";
        /// `RetainageOpenBalance`. Set by the server alone. *Schema only.*
        retainage_open_balance: rust_decimal::Decimal = "RetainageOpenBalance";
    }
}

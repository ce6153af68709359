//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `CashBackInfo`, inside of entities.
    ///
    /// Required to create: `AccountRef`, `Amount`.
    CashBackInfo {
        /// `AccountRef`, of `Account`. Required to create.
        account_ref, set_account_ref: Ref<Account> = "AccountRef";
        /// `Amount`. Required to create.
        amount, set_amount: rust_decimal::Decimal = "Amount";
        /// `Memo`.
        memo, set_memo: String = "Memo";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;

object! {
    /// `CheckPayment`, inside of entities.
    CheckPayment {
        /// `CheckNum`.
        check_num, set_check_num: String = "CheckNum";
        /// `Status`.
        status, set_status: String = "Status";
        /// `NameOnAcct`.
        name_on_acct, set_name_on_acct: String = "NameOnAcct";
        /// `AcctNum`.
        acct_num, set_acct_num: String = "AcctNum";
        /// `BankName`.
        bank_name, set_bank_name: String = "BankName";
        /// `CheckPaymentEx`. Set by the server alone. *Schema only.*
        check_payment_ex: Object = "CheckPaymentEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `BillPaymentCreditCard`, inside of entities.
    ///
    /// Required to create: `CCAccountRef`.
    BillPaymentCreditCard {
        /// `CCAccountRef`, of `Account`. Required to create.
        cc_account_ref, set_cc_account_ref: Ref<Account> = "CCAccountRef";
        /// `CCDetail`. *Schema only.*
        cc_detail, set_cc_detail: CreditCardPaymentDetail = "CCDetail";
        /// `BillPaymentCreditCardEx`. Set by the server alone. *Schema only.*
        bill_payment_credit_card_ex: Object = "BillPaymentCreditCardEx";
    }
}

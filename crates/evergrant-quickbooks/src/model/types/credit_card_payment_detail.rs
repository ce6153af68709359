//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `CreditCardPaymentDetail`, inside of entities.
    CreditCardPaymentDetail {
        /// `CreditChargeInfo`.
        credit_charge_info, set_credit_charge_info: CreditChargeInfo = "CreditChargeInfo";
        /// `CreditChargeResponse`.
        credit_charge_response, set_credit_charge_response: CreditChargeResponse = "CreditChargeResponse";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `CreditChargeInfo`, inside of entities.
    CreditChargeInfo {
        /// `Number`. *Schema only.*
        number, set_number: String = "Number";
        /// `Type`.
        type_, set_type: String = "Type";
        /// `NameOnAcct`.
        name_on_acct, set_name_on_acct: String = "NameOnAcct";
        /// `CcExpiryMonth`.
        cc_expiry_month, set_cc_expiry_month: i64 = "CcExpiryMonth";
        /// `CcExpiryYear`.
        cc_expiry_year, set_cc_expiry_year: i64 = "CcExpiryYear";
        /// `BillAddrStreet`. At most 255 characters.
        bill_addr_street, set_bill_addr_street: String = "BillAddrStreet";
        /// `PostalCode`. At most 30 characters.
        postal_code, set_postal_code: String = "PostalCode";
        /// `CommercialCardCode`. *Schema only.*
        commercial_card_code, set_commercial_card_code: String = "CommercialCardCode";
        /// `CCTxnMode`. *Schema only.*
        cc_txn_mode, set_cc_txn_mode: CCTxnMode = "CCTxnMode";
        /// `CCTxnType`. *Schema only.*
        cc_txn_type, set_cc_txn_type: CCTxnType = "CCTxnType";
        /// `PrevCCTransId`. *Schema only.*
        prev_cc_trans_id, set_prev_cc_trans_id: String = "PrevCCTransId";
        /// `Amount`.
        amount, set_amount: rust_decimal::Decimal = "Amount";
        /// `ProcessPayment`.
        process_payment, set_process_payment: bool = "ProcessPayment";
        /// `CreditCardChargeInfoEx`. Set by the server alone. *Schema only.*
        credit_card_charge_info_ex: Object = "CreditCardChargeInfoEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `CreditChargeResponse`, inside of entities.
    CreditChargeResponse {
        /// `CCProcessor`. *Schema only.*
        cc_processor, set_cc_processor: String = "CCProcessor";
        /// `CCTransId`. At most 100 characters.
        cc_trans_id, set_cc_trans_id: String = "CCTransId";
        /// `Status`.
        status, set_status: CCPaymentStatus = "Status";
        /// `ResultCode`. *Schema only.*
        result_code, set_result_code: i64 = "ResultCode";
        /// `ResultMsg`. *Schema only.*
        result_msg, set_result_msg: String = "ResultMsg";
        /// `MerchantAcctNum`. *Schema only.*
        merchant_acct_num, set_merchant_acct_num: String = "MerchantAcctNum";
        /// `CardSecurityCodeMatch`. *Schema only.*
        card_security_code_match, set_card_security_code_match: CCSecurityCodeMatch = "CardSecurityCodeMatch";
        /// `AuthCode`. At most 100 characters.
        auth_code, set_auth_code: String = "AuthCode";
        /// `AvsStreet`. *Schema only.*
        avs_street, set_avs_street: CCAVSMatch = "AvsStreet";
        /// `AvsZip`. *Schema only.*
        avs_zip, set_avs_zip: CCAVSMatch = "AvsZip";
        /// `SecurityCode`. *Schema only.*
        security_code, set_security_code: String = "SecurityCode";
        /// `ReconBatchId`. *Schema only.*
        recon_batch_id, set_recon_batch_id: String = "ReconBatchId";
        /// `PaymentGroupingCode`. *Schema only.*
        payment_grouping_code, set_payment_grouping_code: i64 = "PaymentGroupingCode";
        /// `TxnAuthorizationTime`.
        txn_authorization_time, set_txn_authorization_time: jiff::Zoned = "TxnAuthorizationTime";
        /// `TxnAuthorizationStamp`. *Schema only.*
        txn_authorization_stamp, set_txn_authorization_stamp: i64 = "TxnAuthorizationStamp";
        /// `ClientTransID`. *Schema only.*
        client_trans_id, set_client_trans_id: String = "ClientTransID";
        /// `CreditChargeResponseEx`. Set by the server alone. *Schema only.*
        credit_charge_response_ex: Object = "CreditChargeResponseEx";
    }
}

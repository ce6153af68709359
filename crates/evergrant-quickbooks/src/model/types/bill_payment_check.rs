//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `BillPaymentCheck`, inside of entities.
    ///
    /// Required to create: `BankAccountRef`.
    BillPaymentCheck {
        /// `BankAccountRef`, of `Account`. Required to create.
        bank_account_ref, set_bank_account_ref: Ref<Account> = "BankAccountRef";
        /// `PrintStatus`.
        print_status, set_print_status: PrintStatus = "PrintStatus";
        /// `CheckDetail`. *Schema only.*
        check_detail, set_check_detail: CheckPayment = "CheckDetail";
        /// `PayeeAddr`. *Schema only.*
        payee_addr, set_payee_addr: PhysicalAddress = "PayeeAddr";
        /// `BillPaymentCheckEx`. Set by the server alone. *Schema only.*
        bill_payment_check_ex: Object = "BillPaymentCheckEx";
    }
}

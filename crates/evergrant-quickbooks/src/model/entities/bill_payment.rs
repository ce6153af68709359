//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `BillPayment`: transaction, at `billpayment`.
    ///
    /// Operations: `create`, `read`, `update`, `delete`, `void`, `query`, `cdc`, `batch`.
    /// Required to create: `Line`, `VendorRef`, `PayType`, `TotalAmt`.
    /// At least one of: `CheckPayment`, `CreditCardPayment`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `BillPaymentEx`.
    /// Its lines carry no details.
    BillPayment {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `AttachableRef`. *Schema only.*
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`. *Schema only.*
        sparse, set_sparse: bool = "sparse";
        /// `DocNumber`. At most 21 characters.
        doc_number, set_doc_number: String = "DocNumber";
        /// `TxnDate`.
        txn_date, set_txn_date: jiff::civil::Date = "TxnDate";
        /// `TxnSubType`. *Schema only.*
        txn_sub_type, set_txn_sub_type: TxnSubType = "TxnSubType";
        /// `DepartmentRef`, of `Department`.
        department_ref, set_department_ref: Ref<Department> = "DepartmentRef";
        /// `CurrencyRef`, of `CompanyCurrency`. Required to create under some condition.
        currency_ref, set_currency_ref: Ref<CompanyCurrency> = "CurrencyRef";
        /// `ExchangeRate`.
        exchange_rate, set_exchange_rate: rust_decimal::Decimal = "ExchangeRate";
        /// `PrivateNote`. At most 4000 characters.
        private_note, set_private_note: String = "PrivateNote";
        /// `TxnStatus`. *Schema only.*
        txn_status, set_txn_status: String = "TxnStatus";
        /// `LinkedTxn`. *Schema only.*
        linked_txn, set_linked_txn: Vec<LinkedTxn> = "LinkedTxn";
        /// `Line`. Required to create.
        line, set_line: Vec<Line> = "Line";
        /// `TxnTaxDetail`. *Schema only.*
        txn_tax_detail, set_txn_tax_detail: TxnTaxDetail = "TxnTaxDetail";
        /// `TxnSource`. *Schema only.*
        txn_source, set_txn_source: String = "TxnSource";
        /// `TaxFormType`. *Schema only.*
        tax_form_type, set_tax_form_type: String = "TaxFormType";
        /// `TaxFormNum`. *Schema only.*
        tax_form_num, set_tax_form_num: String = "TaxFormNum";
        /// `TransactionLocationType`. Since minor version 4.
        transaction_location_type, set_transaction_location_type: TransactionLocationType = "TransactionLocationType";
        /// `Tag`. *Schema only.*
        tag, set_tag: Vec<Tag> = "Tag";
        /// `TxnApprovalInfo`. *Schema only.*
        txn_approval_info, set_txn_approval_info: TxnApprovalInfo = "TxnApprovalInfo";
        /// `RecurDataRef`, of `RecurringTransaction`. *Schema only.*
        recur_data_ref, set_recur_data_ref: Ref<RecurringTransaction> = "RecurDataRef";
        /// `RecurringInfo`. *Schema only.*
        recurring_info, set_recurring_info: RecurringInfo = "RecurringInfo";
        /// `ProjectRef`. *Schema only.*
        project_ref, set_project_ref: Ref<Entity> = "ProjectRef";
        /// `TotalCostAmount`. *Schema only.*
        total_cost_amount, set_total_cost_amount: rust_decimal::Decimal = "TotalCostAmount";
        /// `HomeTotalCostAmount`. *Schema only.*
        home_total_cost_amount, set_home_total_cost_amount: rust_decimal::Decimal = "HomeTotalCostAmount";
        /// `VendorRef`, of `Vendor`. Required to create.
        vendor_ref, set_vendor_ref: Ref<Vendor> = "VendorRef";
        /// `VendorAddr`. *Schema only.*
        vendor_addr, set_vendor_addr: PhysicalAddress = "VendorAddr";
        /// `APAccountRef`, of `Account`.
        ap_account_ref, set_ap_account_ref: Ref<Account> = "APAccountRef";
        /// `PayType`. Required to create.
        pay_type, set_pay_type: BillPaymentType = "PayType";
        /// `CheckPayment`.
        check_payment, set_check_payment: BillPaymentCheck = "CheckPayment";
        /// `CreditCardPayment`.
        credit_card_payment, set_credit_card_payment: BillPaymentCreditCard = "CreditCardPayment";
        /// `TotalAmt`. Required to create.
        total_amt, set_total_amt: rust_decimal::Decimal = "TotalAmt";
        /// `BillPaymentEx`. Set by the server alone. *Schema only.*
        bill_payment_ex: Object = "BillPaymentEx";
        /// `ProcessBillPayment`.
        process_bill_payment, set_process_bill_payment: bool = "ProcessBillPayment";
    }
}

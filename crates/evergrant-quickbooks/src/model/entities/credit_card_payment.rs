//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `CreditCardPayment`: transaction, at `creditcardpayment`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `query`, `cdc`, `batch`.
    /// Required to create: `TxnDate`, `CreditCardAccountRef`, `BankAccountRef`, `Amount`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `CreditCardPaymentEx`.
    CreditCardPayment {
        /// `Id`. Set by the server alone. *Schema only.*
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone. *Schema only.*
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone. *Schema only.*
        meta_data: ModificationMetaData = "MetaData";
        /// `AttachableRef`. *Schema only.*
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`. *Schema only.*
        sparse, set_sparse: bool = "sparse";
        /// `DocNumber`. *Schema only.*
        doc_number, set_doc_number: String = "DocNumber";
        /// `TxnDate`. Required to create. *Schema only.*
        txn_date, set_txn_date: jiff::civil::Date = "TxnDate";
        /// `TxnSubType`. *Schema only.*
        txn_sub_type, set_txn_sub_type: TxnSubType = "TxnSubType";
        /// `DepartmentRef`, of `Department`. *Schema only.*
        department_ref, set_department_ref: Ref<Department> = "DepartmentRef";
        /// `CurrencyRef`, of `CompanyCurrency`. *Schema only.*
        currency_ref, set_currency_ref: Ref<CompanyCurrency> = "CurrencyRef";
        /// `ExchangeRate`. *Schema only.*
        exchange_rate, set_exchange_rate: rust_decimal::Decimal = "ExchangeRate";
        /// `PrivateNote`. *Schema only.*
        private_note, set_private_note: String = "PrivateNote";
        /// `TxnStatus`. *Schema only.*
        txn_status, set_txn_status: String = "TxnStatus";
        /// `LinkedTxn`. *Schema only.*
        linked_txn, set_linked_txn: Vec<LinkedTxn> = "LinkedTxn";
        /// `Line`. *Schema only.*
        line, set_line: Vec<Line> = "Line";
        /// `TxnTaxDetail`. *Schema only.*
        txn_tax_detail, set_txn_tax_detail: TxnTaxDetail = "TxnTaxDetail";
        /// `TxnSource`. *Schema only.*
        txn_source, set_txn_source: String = "TxnSource";
        /// `TaxFormType`. *Schema only.*
        tax_form_type, set_tax_form_type: String = "TaxFormType";
        /// `TaxFormNum`. *Schema only.*
        tax_form_num, set_tax_form_num: String = "TaxFormNum";
        /// `TransactionLocationType`. *Schema only.*
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
        /// `CreditCardAccountRef`, of `Account`. Required to create. *Schema only.*
        credit_card_account_ref, set_credit_card_account_ref: Ref<Account> = "CreditCardAccountRef";
        /// `BankAccountRef`, of `Account`. Required to create. *Schema only.*
        bank_account_ref, set_bank_account_ref: Ref<Account> = "BankAccountRef";
        /// `Amount`. Required to create. *Schema only.*
        amount, set_amount: rust_decimal::Decimal = "Amount";
        /// `VendorRef`, of `Vendor`. *Schema only.*
        vendor_ref, set_vendor_ref: Ref<Vendor> = "VendorRef";
        /// `CheckNum`. *Schema only.*
        check_num, set_check_num: String = "CheckNum";
        /// `PrintStatus`. *Schema only.*
        print_status, set_print_status: PrintStatus = "PrintStatus";
        /// `Memo`. *Schema only.*
        memo, set_memo: String = "Memo";
        /// `CreditCardPaymentEx`. Set by the server alone. *Schema only.*
        credit_card_payment_ex: Object = "CreditCardPaymentEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `Payment`: transaction, at `payment`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `void`, `query`, `cdc`,
    /// `batch`, `pdf`, `send`.
    /// Required to create: `CustomerRef`, `TotalAmt`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `UnappliedAmt`,
    /// `PaymentEx`, `TaxExemptionRef`.
    /// Its lines carry no details.
    Payment {
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
        /// `DocNumber`. *Schema only.*
        doc_number, set_doc_number: String = "DocNumber";
        /// `TxnDate`.
        txn_date, set_txn_date: jiff::civil::Date = "TxnDate";
        /// `TxnSubType`. *Schema only.*
        txn_sub_type, set_txn_sub_type: TxnSubType = "TxnSubType";
        /// `DepartmentRef`, of `Department`. *Schema only.*
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
        /// `Line`.
        line, set_line: Vec<Line> = "Line";
        /// `TxnTaxDetail`. *Schema only.*
        txn_tax_detail, set_txn_tax_detail: TxnTaxDetail = "TxnTaxDetail";
        /// `TxnSource`.
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
        /// `ProjectRef`. Since minor version 69.
        project_ref, set_project_ref: Ref<Entity> = "ProjectRef";
        /// `TotalCostAmount`. *Schema only.*
        total_cost_amount, set_total_cost_amount: rust_decimal::Decimal = "TotalCostAmount";
        /// `HomeTotalCostAmount`. *Schema only.*
        home_total_cost_amount, set_home_total_cost_amount: rust_decimal::Decimal = "HomeTotalCostAmount";
        /// `CustomerRef`, of `Customer`. Required to create.
        customer_ref, set_customer_ref: Ref<Customer> = "CustomerRef";
        /// `RemitToRef`, of `Customer`. *Schema only.*
        remit_to_ref, set_remit_to_ref: Ref<Customer> = "RemitToRef";
        /// `ARAccountRef`, of `Account`.
        ar_account_ref, set_ar_account_ref: Ref<Account> = "ARAccountRef";
        /// `DepositToAccountRef`, of `Account`.
        deposit_to_account_ref, set_deposit_to_account_ref: Ref<Account> = "DepositToAccountRef";
        /// `PaymentMethodRef`, of `PaymentMethod`.
        payment_method_ref, set_payment_method_ref: Ref<PaymentMethod> = "PaymentMethodRef";
        /// `PaymentRefNum`. Required to create under some condition.
        payment_ref_num, set_payment_ref_num: String = "PaymentRefNum";
        /// `PaymentType`. *Schema only.*
        payment_type, set_payment_type: PaymentType = "PaymentType";
        /// `CheckPayment`. *Schema only.*
        check_payment, set_check_payment: CheckPayment = "CheckPayment";
        /// `CreditCardPayment`.
        credit_card_payment, set_credit_card_payment: CreditCardPaymentDetail = "CreditCardPayment";
        /// `TotalAmt`. Required to create.
        total_amt, set_total_amt: rust_decimal::Decimal = "TotalAmt";
        /// `UnappliedAmt`. Set by the server alone.
        unapplied_amt: rust_decimal::Decimal = "UnappliedAmt";
        /// `ProcessPayment`. *Schema only.*
        process_payment, set_process_payment: bool = "ProcessPayment";
        /// `PaymentExtendedType`. *Schema only.*
        payment_extended_type, set_payment_extended_type: PaymentExtendedType = "PaymentExtendedType";
        /// `PaymentEx`. Set by the server alone. *Schema only.*
        payment_ex: Object = "PaymentEx";
        /// `TaxExemptionRef`. Set by the server alone. Since minor version 21.
        tax_exemption_ref: Ref<Entity> = "TaxExemptionRef";
    }
}

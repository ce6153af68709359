//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `VendorCredit`: transaction, at `vendorcredit`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `query`, `cdc`, `batch`.
    /// Required to create: `Line`, `VendorRef`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `RecurDataRef`,
    /// `TotalAmt`, `VendorCreditEx`, `Balance`.
    /// Its lines carry `ItemBasedExpenseLineDetail`, `AccountBasedExpenseLineDetail`.
    VendorCredit {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `CustomField`. *Schema only.*
        custom_field, set_custom_field: Vec<CustomField> = "CustomField";
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
        /// `LinkedTxn`. Since minor version 55.
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
        /// `RecurDataRef`, of `RecurringTransaction`. Set by the server alone. Since minor version
        /// 52.
        recur_data_ref: Ref<RecurringTransaction> = "RecurDataRef";
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
        /// `APAccountRef`, of `Account`.
        ap_account_ref, set_ap_account_ref: Ref<Account> = "APAccountRef";
        /// `TotalAmt`. Set by the server alone.
        total_amt: rust_decimal::Decimal = "TotalAmt";
        /// `Memo`. *Schema only.*
        memo, set_memo: String = "Memo";
        /// `GlobalTaxCalculation`.
        global_tax_calculation, set_global_tax_calculation: GlobalTaxCalculation = "GlobalTaxCalculation";
        /// `VendorAddr`. *Schema only.*
        vendor_addr, set_vendor_addr: PhysicalAddress = "VendorAddr";
        /// `VendorCreditEx`. Set by the server alone. *Schema only.*
        vendor_credit_ex: Object = "VendorCreditEx";
        /// `Balance`. Set by the server alone. Since minor version 12.
        balance: rust_decimal::Decimal = "Balance";
        /// `IncludeInAnnualTPAR`. Since minor version 40.
        include_in_annual_tpar, set_include_in_annual_tpar: bool = "IncludeInAnnualTPAR";
    }
}

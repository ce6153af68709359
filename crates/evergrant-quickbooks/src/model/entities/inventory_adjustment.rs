//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Entity;
use crate::model::*;

entity! {
    /// `InventoryAdjustment`: transaction, at `inventoryadjustment`.
    ///
    /// Operations: `create`, `read`, `sparse update`, `delete`, `query`, `cdc`, `batch`.
    /// Required to create: `TxnDate`, `Line`, `AdjustAccountRef`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`.
    /// Its lines carry `ItemAdjustmentLineDetail`.
    InventoryAdjustment {
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
        /// `Line`. Required to create. *Schema only.*
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
        /// `ShippingAdjustment`. *Schema only.*
        shipping_adjustment, set_shipping_adjustment: bool = "ShippingAdjustment";
        /// `AdjustAccountRef`, of `Account`. Required to create. *Schema only.*
        adjust_account_ref, set_adjust_account_ref: Ref<Account> = "AdjustAccountRef";
        /// `CustomerRef`, of `Customer`. *Schema only.*
        customer_ref, set_customer_ref: Ref<Customer> = "CustomerRef";
    }
}

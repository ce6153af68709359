//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `PurchaseOrder`: transaction, at `purchaseorder`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `query`, `cdc`, `batch`,
    /// `pdf`, `send`.
    /// Required to create: `Line`, `VendorRef`, `APAccountRef`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `RecurDataRef`,
    /// `TotalAmt`, `PurchaseOrderEx`.
    /// Its lines carry `ItemBasedExpenseLineDetail`, `AccountBasedExpenseLineDetail`.
    PurchaseOrder {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `CustomField`.
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
        /// `LinkedTxn`.
        linked_txn, set_linked_txn: Vec<LinkedTxn> = "LinkedTxn";
        /// `Line`. Required to create.
        line, set_line: Vec<Line> = "Line";
        /// `TxnTaxDetail`.
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
        /// `APAccountRef`, of `Account`. Required to create.
        ap_account_ref, set_ap_account_ref: Ref<Account> = "APAccountRef";
        /// `TotalAmt`. Set by the server alone.
        total_amt: rust_decimal::Decimal = "TotalAmt";
        /// `Memo`. At most 4000 characters.
        memo, set_memo: String = "Memo";
        /// `GlobalTaxCalculation`.
        global_tax_calculation, set_global_tax_calculation: GlobalTaxCalculation = "GlobalTaxCalculation";
        /// `TaxCodeRef`, of `TaxCode`. *Schema only.*
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `ReimbursableInfoRef`. *Schema only.*
        reimbursable_info_ref, set_reimbursable_info_ref: Ref<Entity> = "ReimbursableInfoRef";
        /// `SalesTermRef`, of `Term`.
        sales_term_ref, set_sales_term_ref: Ref<Term> = "SalesTermRef";
        /// `DueDate`.
        due_date, set_due_date: jiff::civil::Date = "DueDate";
        /// `ExpectedDate`. *Schema only.*
        expected_date, set_expected_date: jiff::civil::Date = "ExpectedDate";
        /// `VendorAddr`.
        vendor_addr, set_vendor_addr: PhysicalAddress = "VendorAddr";
        /// `ShipTo`, of `Customer`.
        ship_to, set_ship_to: Ref<Customer> = "ShipTo";
        /// `DropShipToEntity`, of `Customer`. *Schema only.*
        drop_ship_to_entity, set_drop_ship_to_entity: Ref<Customer> = "DropShipToEntity";
        /// `InventorySiteRef`. *Schema only.*
        inventory_site_ref, set_inventory_site_ref: Ref<Entity> = "InventorySiteRef";
        /// `ShipAddr`.
        ship_addr, set_ship_addr: PhysicalAddress = "ShipAddr";
        /// `ShipMethodRef`.
        ship_method_ref, set_ship_method_ref: Ref<Entity> = "ShipMethodRef";
        /// `FOB`. *Schema only.*
        fob, set_fob: String = "FOB";
        /// `POEmail`. Since minor version 17.
        po_email, set_po_email: EmailAddress = "POEmail";
        /// `TemplateRef`. *Schema only.*
        template_ref, set_template_ref: Ref<Entity> = "TemplateRef";
        /// `PrintStatus`. *Schema only.*
        print_status, set_print_status: PrintStatus = "PrintStatus";
        /// `EmailStatus`. Since minor version 45.
        email_status, set_email_status: EmailStatus = "EmailStatus";
        /// `ManuallyClosed`. *Schema only.*
        manually_closed, set_manually_closed: bool = "ManuallyClosed";
        /// `POStatus`.
        po_status, set_po_status: PurchaseOrderStatus = "POStatus";
        /// `PurchaseOrderEx`. Set by the server alone. *Schema only.*
        purchase_order_ex: Object = "PurchaseOrderEx";
    }
}

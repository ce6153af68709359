//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `Preferences`: supporting, at `preferences`.
    ///
    /// Operations: `read`, `update`, `query`, `batch`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`.
    Preferences {
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
        /// `AccountingInfoPrefs`.
        accounting_info_prefs, set_accounting_info_prefs: CompanyAccountingPrefs = "AccountingInfoPrefs";
        /// `AdvancedInventoryPrefs`. *Schema only.*
        advanced_inventory_prefs, set_advanced_inventory_prefs: AdvancedInventoryPrefs = "AdvancedInventoryPrefs";
        /// `ProductAndServicesPrefs`.
        product_and_services_prefs, set_product_and_services_prefs: ProductAndServicesPrefs = "ProductAndServicesPrefs";
        /// `SalesFormsPrefs`.
        sales_forms_prefs, set_sales_forms_prefs: SalesFormsPrefs = "SalesFormsPrefs";
        /// `EmailMessagesPrefs`.
        email_messages_prefs, set_email_messages_prefs: EmailMessagesPrefs = "EmailMessagesPrefs";
        /// `PrintDocumentPrefs`. *Schema only.*
        print_document_prefs, set_print_document_prefs: PrintDocumentPrefs = "PrintDocumentPrefs";
        /// `VendorAndPurchasesPrefs`.
        vendor_and_purchases_prefs, set_vendor_and_purchases_prefs: VendorAndPurchasesPrefs = "VendorAndPurchasesPrefs";
        /// `TimeTrackingPrefs`.
        time_tracking_prefs, set_time_tracking_prefs: TimeTrackingPrefs = "TimeTrackingPrefs";
        /// `TaxPrefs`.
        tax_prefs, set_tax_prefs: TaxPrefs = "TaxPrefs";
        /// `FinanceChargesPrefs`. *Schema only.*
        finance_charges_prefs, set_finance_charges_prefs: FinanceChargePrefs = "FinanceChargesPrefs";
        /// `CurrencyPrefs`.
        currency_prefs, set_currency_prefs: CurrencyPrefs = "CurrencyPrefs";
        /// `ReportPrefs`.
        report_prefs, set_report_prefs: ReportPrefs = "ReportPrefs";
        /// `OtherPrefs`.
        other_prefs, set_other_prefs: OtherPrefs = "OtherPrefs";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `TaxAgency`: name list, at `taxagency`.
    ///
    /// Operations: `create`, `read`, `query`, `batch`.
    /// Required to create: `DisplayName`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `TaxRegistrationNumber`, `TaxTrackedOnPurchases`, `TaxTrackedOnSales`, `LastFileDate`,
    /// `TaxAgencyConfig`.
    TaxAgency {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`. *Schema only.*
        sparse, set_sparse: bool = "sparse";
        /// `DisplayName`. Required to create. At most 100 characters.
        display_name, set_display_name: String = "DisplayName";
        /// `SalesTaxCodeRef`, of `TaxCode`. *Schema only.*
        sales_tax_code_ref, set_sales_tax_code_ref: Ref<TaxCode> = "SalesTaxCodeRef";
        /// `SalesTaxCountry`. *Schema only.*
        sales_tax_country, set_sales_tax_country: String = "SalesTaxCountry";
        /// `SalesTaxReturnRef`. *Schema only.*
        sales_tax_return_ref, set_sales_tax_return_ref: Ref<Entity> = "SalesTaxReturnRef";
        /// `TaxRegistrationNumber`. Set by the server alone.
        tax_registration_number: String = "TaxRegistrationNumber";
        /// `ReportingPeriod`. *Schema only.*
        reporting_period, set_reporting_period: String = "ReportingPeriod";
        /// `TaxTrackedOnPurchases`. Set by the server alone.
        tax_tracked_on_purchases: bool = "TaxTrackedOnPurchases";
        /// `TaxOnPurchasesAccountRef`, of `Account`. *Schema only.*
        tax_on_purchases_account_ref, set_tax_on_purchases_account_ref: Ref<Account> = "TaxOnPurchasesAccountRef";
        /// `TaxTrackedOnSales`. Set by the server alone.
        tax_tracked_on_sales: bool = "TaxTrackedOnSales";
        /// `TaxTrackedOnSalesAccountRef`, of `Account`. *Schema only.*
        tax_tracked_on_sales_account_ref, set_tax_tracked_on_sales_account_ref: Ref<Account> = "TaxTrackedOnSalesAccountRef";
        /// `TaxOnTax`. *Schema only.*
        tax_on_tax, set_tax_on_tax: bool = "TaxOnTax";
        /// `LastFileDate`. Set by the server alone. Since minor version 6.
        last_file_date: jiff::civil::Date = "LastFileDate";
        /// `TaxAgencyExt`. *Schema only.*
        tax_agency_ext, set_tax_agency_ext: Object = "TaxAgencyExt";
        /// `TaxAgencyConfig`. Set by the server alone. Since minor version 46.
        tax_agency_config: TaxAgencyConfig = "TaxAgencyConfig";
    }
}

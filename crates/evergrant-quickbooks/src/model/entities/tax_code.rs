//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `TaxCode`: name list, at `taxcode`.
    ///
    /// Operations: `read`, `query`, `batch`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `Hidden`,
    /// `Taxable`, `TaxGroup`, `TaxCodeEx`, `TaxCodeConfigType`.
    TaxCode {
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
        /// `Name`. At most 100 characters.
        name, set_name: String = "Name";
        /// `Description`. At most 100 characters.
        description, set_description: String = "Description";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `Hidden`. Set by the server alone. Since minor version 21.
        hidden: bool = "Hidden";
        /// `Taxable`. Set by the server alone.
        taxable: bool = "Taxable";
        /// `TaxGroup`. Set by the server alone.
        tax_group: bool = "TaxGroup";
        /// `SalesTaxRateList`. Required to create under some condition.
        sales_tax_rate_list, set_sales_tax_rate_list: TaxRateList = "SalesTaxRateList";
        /// `PurchaseTaxRateList`. Required to create under some condition.
        purchase_tax_rate_list, set_purchase_tax_rate_list: TaxRateList = "PurchaseTaxRateList";
        /// `AdjustmentTaxRateList`. *Schema only.*
        adjustment_tax_rate_list, set_adjustment_tax_rate_list: TaxRateList = "AdjustmentTaxRateList";
        /// `TaxCodeEx`. Set by the server alone. *Schema only.*
        tax_code_ex: Object = "TaxCodeEx";
        /// `TaxCodeConfigType`. Set by the server alone. Since minor version 51.
        tax_code_config_type: GTMConfigType = "TaxCodeConfigType";
    }
}

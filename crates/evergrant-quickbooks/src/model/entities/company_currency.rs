//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `CompanyCurrency`: name list, at `companycurrency`.
    ///
    /// Operations: `create`, `read`, `update`, `query`, `cdc`, `batch`.
    /// Required to create: `Code`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `CompanyCurrencyEx`.
    CompanyCurrency {
        /// `Id`. Set by the server alone. *Schema only.*
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone. *Schema only.*
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone. *Schema only.*
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
        /// `Code`. Required to create. *Schema only.*
        code, set_code: String = "Code";
        /// `Name`. *Schema only.*
        name, set_name: String = "Name";
        /// `Active`. *Schema only.*
        active, set_active: bool = "Active";
        /// `CompanyCurrencyEx`. Set by the server alone. *Schema only.*
        company_currency_ex: Object = "CompanyCurrencyEx";
    }
}

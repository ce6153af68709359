//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `TaxRate`: name list, at `taxrate`.
    ///
    /// Operations: `read`, `query`, `batch`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `Name`,
    /// `Description`, `Active`, `RateValue`, `AgencyRef`, `TaxReturnLineRef`, `EffectiveTaxRate`,
    /// `SpecialTaxType`, `DisplayType`, `TaxRateEx`, `OriginalTaxRate`.
    TaxRate {
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
        /// `Name`. Set by the server alone. At most 100 characters.
        name: String = "Name";
        /// `Description`. Set by the server alone. At most 100 characters.
        description: String = "Description";
        /// `Active`. Set by the server alone.
        active: bool = "Active";
        /// `RateValue`. Set by the server alone.
        rate_value: rust_decimal::Decimal = "RateValue";
        /// `AgencyRef`, of `TaxAgency`. Set by the server alone.
        agency_ref: Ref<TaxAgency> = "AgencyRef";
        /// `TaxReturnLineRef`. Set by the server alone.
        tax_return_line_ref: Ref<Entity> = "TaxReturnLineRef";
        /// `EffectiveTaxRate`. Set by the server alone.
        effective_tax_rate: Vec<EffectiveTaxRate> = "EffectiveTaxRate";
        /// `SpecialTaxType`. Set by the server alone.
        special_tax_type: SpecialTaxType = "SpecialTaxType";
        /// `DisplayType`. Set by the server alone.
        display_type: TaxRateDisplayType = "DisplayType";
        /// `TaxRateEx`. Set by the server alone. *Schema only.*
        tax_rate_ex: Object = "TaxRateEx";
        /// `OriginalTaxRate`, of `TaxRate`. Set by the server alone. Since minor version 62.
        original_tax_rate: Ref<TaxRate> = "OriginalTaxRate";
    }
}

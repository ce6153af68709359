//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `ExchangeRate`: supporting, at `exchangerate`.
    ///
    /// Operations: `read`, `update`, `query`, `batch`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `ExchangeRateEx`.
    ExchangeRate {
        /// `Id`. Set by the server alone. *Schema only.*
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
        /// `SourceCurrencyCode`.
        source_currency_code, set_source_currency_code: String = "SourceCurrencyCode";
        /// `TargetCurrencyCode`.
        target_currency_code, set_target_currency_code: String = "TargetCurrencyCode";
        /// `Rate`.
        rate, set_rate: rust_decimal::Decimal = "Rate";
        /// `AsOfDate`.
        as_of_date, set_as_of_date: jiff::civil::Date = "AsOfDate";
        /// `ExchangeRateEx`. Set by the server alone. *Schema only.*
        exchange_rate_ex: Object = "ExchangeRateEx";
    }
}

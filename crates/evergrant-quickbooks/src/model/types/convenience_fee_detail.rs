//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `ConvenienceFeeDetail`, inside of entities.
    ConvenienceFeeDetail {
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
        /// `ConvenienceFeeType`. *Schema only.*
        convenience_fee_type, set_convenience_fee_type: ConvenienceFeeType = "ConvenienceFeeType";
        /// `ConvenienceFeePercent`. *Schema only.*
        convenience_fee_percent, set_convenience_fee_percent: rust_decimal::Decimal = "ConvenienceFeePercent";
    }
}

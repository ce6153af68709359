//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `PaymentMethod`: name list, at `paymentmethod`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// Required to create: `Name`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `PaymentMethodEx`.
    PaymentMethod {
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
        /// `Name`. Required to create. At most 31 characters.
        name, set_name: String = "Name";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `Type`.
        type_, set_type: PaymentMethodType = "Type";
        /// `PaymentMethodEx`. Set by the server alone. *Schema only.*
        payment_method_ex: Object = "PaymentMethodEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `CustomerType`: name list, at `customertype`.
    ///
    /// Operations: `read`, `query`, `batch`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `FullyQualifiedName`.
    CustomerType {
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
        /// `Name`. *Schema only.*
        name, set_name: String = "Name";
        /// `ParentRef`, of `CustomerType`. *Schema only.*
        parent_ref, set_parent_ref: Ref<CustomerType> = "ParentRef";
        /// `FullyQualifiedName`. Set by the server alone. *Schema only.*
        fully_qualified_name: String = "FullyQualifiedName";
        /// `Active`. *Schema only.*
        active, set_active: bool = "Active";
    }
}

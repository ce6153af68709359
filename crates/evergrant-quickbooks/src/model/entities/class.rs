//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `Class`: name list, at `class`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// Required to create: `Name`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `SubClass`,
    /// `FullyQualifiedName`, `ClassEx`.
    Class {
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
        /// `Name`. Required to create. At most 100 characters.
        name, set_name: String = "Name";
        /// `SubClass`. Set by the server alone.
        sub_class: bool = "SubClass";
        /// `ParentRef`, of `Class`. Required to create under some condition.
        parent_ref, set_parent_ref: Ref<Class> = "ParentRef";
        /// `FullyQualifiedName`. Set by the server alone.
        fully_qualified_name: String = "FullyQualifiedName";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `ClassEx`. Set by the server alone. *Schema only.*
        class_ex: Object = "ClassEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `JournalCode`: name list, at `journalcode`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `batch`.
    /// Required to create: `Name`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `JournalCodeEx`.
    JournalCode {
        /// `Id`. Set by the server alone.
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
        /// `Name`. Required to create.
        name, set_name: String = "Name";
        /// `Type`.
        type_, set_type: JournalCodeType = "Type";
        /// `Description`.
        description, set_description: String = "Description";
        /// `Active`. *Schema only.*
        active, set_active: bool = "Active";
        /// `JournalCodeEx`. Set by the server alone. *Schema only.*
        journal_code_ex: Object = "JournalCodeEx";
    }
}

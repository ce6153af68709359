//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `Department`: name list, at `department`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// Required to create: `Name`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `SubDepartment`,
    /// `FullyQualifiedName`, `DepartmentEx`.
    Department {
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
        /// `SubDepartment`. Set by the server alone.
        sub_department: bool = "SubDepartment";
        /// `ParentRef`, of `Department`. Required to create under some condition.
        parent_ref, set_parent_ref: Ref<Department> = "ParentRef";
        /// `FullyQualifiedName`. Set by the server alone.
        fully_qualified_name: String = "FullyQualifiedName";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `DepartmentEx`. Set by the server alone. *Schema only.*
        department_ex: Object = "DepartmentEx";
        /// `Address`. *Schema only.*
        address, set_address: PhysicalAddress = "Address";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `Budget`: name list, at `budget`.
    ///
    /// Operations: `create`, `read`, `update`, `delete`, `query`, `cdc`, `batch`.
    /// Required to create: `StartDate`, `EndDate`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`.
    Budget {
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
        /// `Name`.
        name, set_name: String = "Name";
        /// `StartDate`. Required to create.
        start_date, set_start_date: jiff::civil::Date = "StartDate";
        /// `EndDate`. Required to create.
        end_date, set_end_date: jiff::civil::Date = "EndDate";
        /// `BudgetType`.
        budget_type, set_budget_type: BudgetType = "BudgetType";
        /// `BudgetEntryType`.
        budget_entry_type, set_budget_entry_type: BudgetEntryType = "BudgetEntryType";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `BudgetDetail`.
        budget_detail, set_budget_detail: Vec<BudgetDetail> = "BudgetDetail";
    }
}

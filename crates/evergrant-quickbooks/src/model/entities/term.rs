//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

entity! {
    /// `Term`: name list, at `term`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// Required to create: `Name`.
    /// At least one of: `DueDays`, `DayOfMonthDue`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `Type`,
    /// `SalesTermEx`.
    Term {
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
        /// `Type`. Set by the server alone.
        type_: TermType = "Type";
        /// `DiscountPercent`.
        discount_percent, set_discount_percent: rust_decimal::Decimal = "DiscountPercent";
        /// `DueDays`.
        due_days, set_due_days: i64 = "DueDays";
        /// `DiscountDays`.
        discount_days, set_discount_days: i64 = "DiscountDays";
        /// `DayOfMonthDue`.
        day_of_month_due, set_day_of_month_due: i64 = "DayOfMonthDue";
        /// `DueNextMonthDays`.
        due_next_month_days, set_due_next_month_days: i64 = "DueNextMonthDays";
        /// `DiscountDayOfMonth`.
        discount_day_of_month, set_discount_day_of_month: i64 = "DiscountDayOfMonth";
        /// `SalesTermEx`. Set by the server alone. *Schema only.*
        sales_term_ex: Object = "SalesTermEx";
    }
}

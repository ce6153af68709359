//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `TimeActivity`: transaction, at `timeactivity`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `delete`, `query`, `batch`.
    /// Required to create: `NameOf`.
    /// At least one of: `Hours`, `Minutes`, `StartTime`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`,
    /// `TimeActivityEx`.
    TimeActivity {
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
        /// `TimeZone`. *Schema only.*
        time_zone, set_time_zone: String = "TimeZone";
        /// `TxnDate`. Required to create under some condition.
        txn_date, set_txn_date: jiff::civil::Date = "TxnDate";
        /// `NameOf`. Required to create.
        name_of, set_name_of: TimeActivityType = "NameOf";
        /// `EmployeeRef`, of `Employee`. Required to create under some condition.
        employee_ref, set_employee_ref: Ref<Employee> = "EmployeeRef";
        /// `VendorRef`, of `Vendor`. Required to create under some condition.
        vendor_ref, set_vendor_ref: Ref<Vendor> = "VendorRef";
        /// `OtherNameRef`. *Schema only.*
        other_name_ref, set_other_name_ref: Ref<Entity> = "OtherNameRef";
        /// `CustomerRef`, of `Customer`. Required to create under some condition.
        customer_ref, set_customer_ref: Ref<Customer> = "CustomerRef";
        /// `DepartmentRef`, of `Department`.
        department_ref, set_department_ref: Ref<Department> = "DepartmentRef";
        /// `ItemRef`, of `Item`.
        item_ref, set_item_ref: Ref<Item> = "ItemRef";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `PayrollItemRef`.
        payroll_item_ref, set_payroll_item_ref: Ref<Entity> = "PayrollItemRef";
        /// `ProjectRef`. Since minor version 69.
        project_ref, set_project_ref: Ref<Entity> = "ProjectRef";
        /// `TimeChargeId`. *Schema only.*
        time_charge_id, set_time_charge_id: i64 = "TimeChargeId";
        /// `BillableStatus`.
        billable_status, set_billable_status: BillableStatus = "BillableStatus";
        /// `Taxable`.
        taxable, set_taxable: bool = "Taxable";
        /// `HourlyRate`. Required to create under some condition.
        hourly_rate, set_hourly_rate: rust_decimal::Decimal = "HourlyRate";
        /// `CostRate`.
        cost_rate, set_cost_rate: rust_decimal::Decimal = "CostRate";
        /// `Hours`. Required to create under some condition.
        hours, set_hours: i64 = "Hours";
        /// `Minutes`. *Schema only.*
        minutes, set_minutes: i64 = "Minutes";
        /// `Seconds`. *Schema only.*
        seconds, set_seconds: i64 = "Seconds";
        /// `BreakHours`. Required to create under some condition.
        break_hours, set_break_hours: i64 = "BreakHours";
        /// `BreakMinutes`. Required to create under some condition.
        break_minutes, set_break_minutes: i64 = "BreakMinutes";
        /// `BreakSeconds`. *Schema only.*
        break_seconds, set_break_seconds: i64 = "BreakSeconds";
        /// `StartTime`. Required to create under some condition.
        start_time, set_start_time: jiff::Zoned = "StartTime";
        /// `EndTime`. Required to create under some condition.
        end_time, set_end_time: jiff::Zoned = "EndTime";
        /// `Description`. At most 4000 characters.
        description, set_description: String = "Description";
        /// `TimeActivityEx`. Set by the server alone. *Schema only.*
        time_activity_ex: Object = "TimeActivityEx";
        /// `HoursInEmployeeTimeZone`. *Schema only.*
        hours_in_employee_time_zone, set_hours_in_employee_time_zone: bool = "HoursInEmployeeTimeZone";
        /// `TransactionLocationType`. Since minor version 4.
        transaction_location_type, set_transaction_location_type: TransactionLocationType = "TransactionLocationType";
    }
}

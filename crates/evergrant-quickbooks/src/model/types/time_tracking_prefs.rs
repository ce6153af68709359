//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `TimeTrackingPrefs`, inside of entities.
    TimeTrackingPrefs {
        /// `UseServices`. *Schema only.*
        use_services, set_use_services: bool = "UseServices";
        /// `DefaultTimeItem`, of `Item`. *Schema only.*
        default_time_item, set_default_time_item: Ref<Item> = "DefaultTimeItem";
        /// `BillCustomers`.
        bill_customers, set_bill_customers: bool = "BillCustomers";
        /// `ShowBillRateToAll`.
        show_bill_rate_to_all, set_show_bill_rate_to_all: bool = "ShowBillRateToAll";
        /// `WorkWeekStartDate`. Set by the server alone.
        work_week_start_date: Week = "WorkWeekStartDate";
        /// `MarkTimeEntriesBillable`. Set by the server alone.
        mark_time_entries_billable: bool = "MarkTimeEntriesBillable";
        /// `UsingSalesTax`.
        using_sales_tax, set_using_sales_tax: bool = "UsingSalesTax";
    }
}

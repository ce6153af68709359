//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `RecurringInfo`, inside of entities.
    RecurringInfo {
        /// `Name`. *Schema only.*
        name, set_name: String = "Name";
        /// `RecurType`. *Schema only.*
        recur_type, set_recur_type: RecurType = "RecurType";
        /// `Active`. *Schema only.*
        active, set_active: bool = "Active";
        /// `ScheduleInfo`. *Schema only.*
        schedule_info, set_schedule_info: RecurringScheduleInfo = "ScheduleInfo";
    }
}

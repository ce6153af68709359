//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `RecurringScheduleInfo`, inside of entities.
    RecurringScheduleInfo {
        /// `IntervalType`. *Schema only.*
        interval_type, set_interval_type: IntervalType = "IntervalType";
        /// `NumInterval`. *Schema only.*
        num_interval, set_num_interval: i64 = "NumInterval";
        /// `DayOfMonth`. *Schema only.*
        day_of_month, set_day_of_month: i64 = "DayOfMonth";
        /// `DayOfWeek`. *Schema only.*
        day_of_week, set_day_of_week: Week = "DayOfWeek";
        /// `WeekOfMonth`. *Schema only.*
        week_of_month, set_week_of_month: i64 = "WeekOfMonth";
        /// `MonthOfYear`. *Schema only.*
        month_of_year, set_month_of_year: Month = "MonthOfYear";
        /// `RemindDays`. *Schema only.*
        remind_days, set_remind_days: i64 = "RemindDays";
        /// `DaysBefore`. *Schema only.*
        days_before, set_days_before: i64 = "DaysBefore";
        /// `MaxOccurrences`. *Schema only.*
        max_occurrences, set_max_occurrences: i64 = "MaxOccurrences";
        /// `StartDate`. *Schema only.*
        start_date, set_start_date: jiff::civil::Date = "StartDate";
        /// `EndDate`. *Schema only.*
        end_date, set_end_date: jiff::civil::Date = "EndDate";
        /// `NextDate`. Set by the server alone. *Schema only.*
        next_date: jiff::civil::Date = "NextDate";
        /// `PreviousDate`. Set by the server alone. *Schema only.*
        previous_date: jiff::civil::Date = "PreviousDate";
    }
}

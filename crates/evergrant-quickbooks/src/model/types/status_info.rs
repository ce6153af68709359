//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `StatusInfo`, inside of entities.
    StatusInfo {
        /// `status`. Set by the server alone. *Schema only.*
        status: String = "status";
        /// `statusDate`. *Schema only.*
        status_date, set_status_date: jiff::civil::Date = "statusDate";
        /// `callToAction`. *Schema only.*
        call_to_action, set_call_to_action: String = "callToAction";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `Entitlements`: supporting, at `entitlements`.
    ///
    /// Operations: `read`.
    /// Set by the server alone: `QboCompany`, `PlanName`, `MaxUsers`, `CurrentUsers`,
    /// `DaysRemainingTrial`, `Entitlement`, `Thresholds`.
    Entitlements {
        /// `QboCompany`. Set by the server alone. *Schema only.*
        qbo_company: bool = "QboCompany";
        /// `PlanName`. Set by the server alone. *Schema only.*
        plan_name: String = "PlanName";
        /// `MaxUsers`. Set by the server alone. *Schema only.*
        max_users: i64 = "MaxUsers";
        /// `CurrentUsers`. Set by the server alone. *Schema only.*
        current_users: i64 = "CurrentUsers";
        /// `DaysRemainingTrial`. Set by the server alone. *Schema only.*
        days_remaining_trial: i64 = "DaysRemainingTrial";
        /// `Entitlement`. Set by the server alone. *Schema only.*
        entitlement: Vec<Entitlement> = "Entitlement";
        /// `Thresholds`. Set by the server alone. *Schema only.*
        thresholds: Vec<Thresholds> = "Thresholds";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `Threshold`, inside of entities.
    Threshold {
        /// `name`. Set by the server alone. *Schema only.*
        name: String = "name";
        /// `limit`. Set by the server alone. *Schema only.*
        limit: String = "limit";
        /// `enforced`. Set by the server alone. *Schema only.*
        enforced: String = "enforced";
        /// `currentCount`. Set by the server alone. *Schema only.*
        current_count: String = "currentCount";
        /// `aboveThreshold`. Set by the server alone. *Schema only.*
        above_threshold: String = "aboveThreshold";
    }
}

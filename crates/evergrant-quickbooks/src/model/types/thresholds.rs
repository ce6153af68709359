//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `Thresholds`, inside of entities.
    Thresholds {
        /// `Threshold`. Set by the server alone. *Schema only.*
        threshold: Vec<Threshold> = "Threshold";
    }
}

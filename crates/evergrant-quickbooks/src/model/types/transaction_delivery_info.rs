//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `TransactionDeliveryInfo`, inside of entities.
    TransactionDeliveryInfo {
        /// `DeliveryType`. Set by the server alone.
        delivery_type: DeliveryType = "DeliveryType";
        /// `DeliveryTime`. Set by the server alone.
        delivery_time: jiff::Zoned = "DeliveryTime";
        /// `DeliveryErrorType`. *Schema only.*
        delivery_error_type, set_delivery_error_type: DeliveryErrorType = "DeliveryErrorType";
    }
}

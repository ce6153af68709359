//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `SubTotalLineDetail`, inside of entities.
    SubTotalLineDetail {
        /// `ItemRef`, of `Item`.
        item_ref, set_item_ref: Ref<Item> = "ItemRef";
        /// `ServiceDate`. *Schema only.*
        service_date, set_service_date: jiff::civil::Date = "ServiceDate";
    }
}

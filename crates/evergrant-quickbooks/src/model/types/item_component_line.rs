//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `ItemComponentLine`, inside of entities.
    ItemComponentLine {
        /// `ItemRef`, of `Item`. *Schema only.*
        item_ref, set_item_ref: Ref<Item> = "ItemRef";
        /// `Qty`. *Schema only.*
        qty, set_qty: rust_decimal::Decimal = "Qty";
        /// `UOMRef`. *Schema only.*
        uom_ref, set_uom_ref: UOMRef = "UOMRef";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `ItemAdjustmentLineDetail`, inside of entities.
    ///
    /// Required to create: `ItemRef`, `QtyDiff`.
    ItemAdjustmentLineDetail {
        /// `ItemRef`, of `Item`. Required to create. *Schema only.*
        item_ref, set_item_ref: Ref<Item> = "ItemRef";
        /// `SalesPrice`. *Schema only.*
        sales_price, set_sales_price: rust_decimal::Decimal = "SalesPrice";
        /// `QtyDiff`. Required to create. *Schema only.*
        qty_diff, set_qty_diff: rust_decimal::Decimal = "QtyDiff";
        /// `NewQty`. *Schema only.*
        new_qty, set_new_qty: rust_decimal::Decimal = "NewQty";
        /// `ClassRef`, of `Class`. *Schema only.*
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
    }
}

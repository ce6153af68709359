//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `ItemGroupDetail`, inside of entities.
    ItemGroupDetail {
        /// `ItemGroupLine`. *Schema only.*
        item_group_line, set_item_group_line: Vec<ItemComponentLine> = "ItemGroupLine";
    }
}

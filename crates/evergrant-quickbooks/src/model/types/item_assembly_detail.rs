//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `ItemAssemblyDetail`, inside of entities.
    ItemAssemblyDetail {
        /// `ItemAssemblyLine`. *Schema only.*
        item_assembly_line, set_item_assembly_line: Vec<ItemComponentLine> = "ItemAssemblyLine";
    }
}

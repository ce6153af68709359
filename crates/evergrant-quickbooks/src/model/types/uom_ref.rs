//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Entity;
use crate::model::*;

object! {
    /// `UOMRef`, inside of entities.
    UOMRef {
        /// `Unit`. *Schema only.*
        unit, set_unit: String = "Unit";
        /// `UOMSetRef`. *Schema only.*
        uom_set_ref, set_uom_set_ref: Ref<Entity> = "UOMSetRef";
    }
}

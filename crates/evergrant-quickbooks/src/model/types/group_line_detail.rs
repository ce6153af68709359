//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `GroupLineDetail`, inside of entities.
    GroupLineDetail {
        /// `GroupItemRef`, of `Item`.
        group_item_ref, set_group_item_ref: Ref<Item> = "GroupItemRef";
        /// `Quantity`.
        quantity, set_quantity: rust_decimal::Decimal = "Quantity";
        /// `UOMRef`. *Schema only.*
        uom_ref, set_uom_ref: UOMRef = "UOMRef";
        /// `ServiceDate`. *Schema only.*
        service_date, set_service_date: jiff::civil::Date = "ServiceDate";
        /// `Line`.
        line, set_line: Vec<Line> = "Line";
        /// `GroupLineDetailEx`. Set by the server alone. *Schema only.*
        group_line_detail_ex: Object = "GroupLineDetailEx";
    }
}

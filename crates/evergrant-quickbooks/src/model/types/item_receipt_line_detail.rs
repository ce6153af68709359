//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;

object! {
    /// `ItemReceiptLineDetail`, inside of entities.
    ItemReceiptLineDetail {
        /// `ItemReceiptLineDetailEx`. Set by the server alone. *Schema only.*
        item_receipt_line_detail_ex: Object = "ItemReceiptLineDetailEx";
    }
}

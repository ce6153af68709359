//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

object! {
    /// `AttachableRef`, inside of entities.
    AttachableRef {
        /// `EntityRef`, of `Bill` or `BillPayment` or `CreditMemo` or `Customer` or `Deposit` or
        /// `Employee` or `Estimate` or `Invoice` or `Item` or `JournalEntry` or `Payment` or
        /// `Purchase` or `PurchaseOrder` or `RefundReceipt` or `SalesReceipt` or `TimeActivity` or
        /// `Transfer` or `Vendor` or `VendorCredit`.
        entity_ref, set_entity_ref: Ref<Entity> = "EntityRef";
        /// `LineInfo`.
        line_info, set_line_info: Id = "LineInfo";
        /// `IncludeOnSend`.
        include_on_send, set_include_on_send: bool = "IncludeOnSend";
        /// `CustomField`.
        custom_field, set_custom_field: Vec<CustomField> = "CustomField";
        /// `AttachableRefEx`. Set by the server alone. *Schema only.*
        attachable_ref_ex: Object = "AttachableRefEx";
        /// `NoRefOnly`.
        no_ref_only, set_no_ref_only: bool = "NoRefOnly";
        /// `Inactive`.
        inactive, set_inactive: bool = "Inactive";
    }
}

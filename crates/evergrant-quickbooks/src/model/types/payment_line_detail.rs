//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `PaymentLineDetail`, inside of entities.
    PaymentLineDetail {
        /// `ItemRef`, of `Item`. *Schema only.*
        item_ref, set_item_ref: Ref<Item> = "ItemRef";
        /// `ServiceDate`. *Schema only.*
        service_date, set_service_date: jiff::civil::Date = "ServiceDate";
        /// `ClassRef`, of `Class`. *Schema only.*
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `Balance`. *Schema only.*
        balance, set_balance: rust_decimal::Decimal = "Balance";
        /// `HomeBalance`. Set by the server alone. *Schema only.*
        home_balance: rust_decimal::Decimal = "HomeBalance";
        /// `Discount`. *Schema only.*
        discount, set_discount: DiscountOverride = "Discount";
        /// `PaymentLineEx`. Set by the server alone. *Schema only.*
        payment_line_ex: Object = "PaymentLineEx";
    }
}

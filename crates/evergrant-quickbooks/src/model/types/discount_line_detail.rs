//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

object! {
    /// `DiscountLineDetail`, inside of entities.
    DiscountLineDetail {
        /// `DiscountRef`. *Schema only.*
        discount_ref, set_discount_ref: Ref<Entity> = "DiscountRef";
        /// `PercentBased`.
        percent_based, set_percent_based: bool = "PercentBased";
        /// `DiscountPercent`.
        discount_percent, set_discount_percent: rust_decimal::Decimal = "DiscountPercent";
        /// `DiscountAccountRef`, of `Account`.
        discount_account_ref, set_discount_account_ref: Ref<Account> = "DiscountAccountRef";
        /// `ServiceDate`. *Schema only.*
        service_date, set_service_date: jiff::civil::Date = "ServiceDate";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `TaxCodeRef`, of `TaxCode`.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `DiscountLineDetailEx`. Set by the server alone. *Schema only.*
        discount_line_detail_ex: Object = "DiscountLineDetailEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

object! {
    /// `SalesItemLineDetail`, inside of entities.
    SalesItemLineDetail {
        /// `ItemRef`, of `Item`.
        item_ref, set_item_ref: Ref<Item> = "ItemRef";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `UnitPrice`.
        unit_price, set_unit_price: rust_decimal::Decimal = "UnitPrice";
        /// `UnitCostPrice`. *Schema only.*
        unit_cost_price, set_unit_cost_price: rust_decimal::Decimal = "UnitCostPrice";
        /// `RatePercent`. *Schema only.*
        rate_percent, set_rate_percent: rust_decimal::Decimal = "RatePercent";
        /// `PriceLevelRef`. *Schema only.*
        price_level_ref, set_price_level_ref: Ref<Entity> = "PriceLevelRef";
        /// `MarkupInfo`.
        markup_info, set_markup_info: MarkupInfo = "MarkupInfo";
        /// `Qty`.
        qty, set_qty: rust_decimal::Decimal = "Qty";
        /// `UOMRef`. *Schema only.*
        uom_ref, set_uom_ref: UOMRef = "UOMRef";
        /// `ItemAccountRef`, of `Account`.
        item_account_ref, set_item_account_ref: Ref<Account> = "ItemAccountRef";
        /// `InventorySiteRef`. *Schema only.*
        inventory_site_ref, set_inventory_site_ref: Ref<Entity> = "InventorySiteRef";
        /// `TaxCodeRef`, of `TaxCode`.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `TaxClassificationRef`, of `TaxClassification`. Set by the server alone. Since minor
        /// version 21.
        tax_classification_ref: Ref<TaxClassification> = "TaxClassificationRef";
        /// `ServiceDate`.
        service_date, set_service_date: jiff::civil::Date = "ServiceDate";
        /// `TaxInclusiveAmt`. Since minor version 1.
        tax_inclusive_amt, set_tax_inclusive_amt: rust_decimal::Decimal = "TaxInclusiveAmt";
        /// `DiscountRate`. Since minor version 4.
        discount_rate, set_discount_rate: rust_decimal::Decimal = "DiscountRate";
        /// `DiscountAmt`. Since minor version 4.
        discount_amt, set_discount_amt: rust_decimal::Decimal = "DiscountAmt";
        /// `DeferredRevenue`. *Schema only.*
        deferred_revenue, set_deferred_revenue: bool = "DeferredRevenue";
        /// `RetainageAmount`. *Schema only.*
        retainage_amount, set_retainage_amount: rust_decimal::Decimal = "RetainageAmount";
        /// `SalesItemLineDetailEx`. Set by the server alone. *Schema only.*
        sales_item_line_detail_ex: Object = "SalesItemLineDetailEx";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Entity;
use crate::model::*;

object! {
    /// `ReimburseLineDetail`, inside of entities.
    ReimburseLineDetail {
        /// `ItemRef`, of `Item`. *Schema only.*
        item_ref, set_item_ref: Ref<Item> = "ItemRef";
        /// `ClassRef`, of `Class`. *Schema only.*
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `UnitPrice`. *Schema only.*
        unit_price, set_unit_price: rust_decimal::Decimal = "UnitPrice";
        /// `UnitCostPrice`. *Schema only.*
        unit_cost_price, set_unit_cost_price: rust_decimal::Decimal = "UnitCostPrice";
        /// `RatePercent`. *Schema only.*
        rate_percent, set_rate_percent: rust_decimal::Decimal = "RatePercent";
        /// `PriceLevelRef`. *Schema only.*
        price_level_ref, set_price_level_ref: Ref<Entity> = "PriceLevelRef";
        /// `MarkupInfo`. *Schema only.*
        markup_info, set_markup_info: MarkupInfo = "MarkupInfo";
        /// `Qty`. *Schema only.*
        qty, set_qty: rust_decimal::Decimal = "Qty";
        /// `UOMRef`. *Schema only.*
        uom_ref, set_uom_ref: UOMRef = "UOMRef";
        /// `ItemAccountRef`, of `Account`. *Schema only.*
        item_account_ref, set_item_account_ref: Ref<Account> = "ItemAccountRef";
        /// `InventorySiteRef`. *Schema only.*
        inventory_site_ref, set_inventory_site_ref: Ref<Entity> = "InventorySiteRef";
        /// `TaxCodeRef`, of `TaxCode`. *Schema only.*
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `TaxClassificationRef`, of `TaxClassification`. *Schema only.*
        tax_classification_ref, set_tax_classification_ref: Ref<TaxClassification> = "TaxClassificationRef";
    }
}

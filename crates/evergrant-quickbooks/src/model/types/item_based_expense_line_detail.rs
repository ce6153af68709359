//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

object! {
    /// `ItemBasedExpenseLineDetail`, inside of entities.
    ItemBasedExpenseLineDetail {
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
        /// `PriceLevelRef`.
        price_level_ref, set_price_level_ref: Ref<Entity> = "PriceLevelRef";
        /// `MarkupInfo`.
        markup_info, set_markup_info: MarkupInfo = "MarkupInfo";
        /// `Qty`.
        qty, set_qty: rust_decimal::Decimal = "Qty";
        /// `UOMRef`. *Schema only.*
        uom_ref, set_uom_ref: UOMRef = "UOMRef";
        /// `ItemAccountRef`, of `Account`. *Schema only.*
        item_account_ref, set_item_account_ref: Ref<Account> = "ItemAccountRef";
        /// `InventorySiteRef`. *Schema only.*
        inventory_site_ref, set_inventory_site_ref: Ref<Entity> = "InventorySiteRef";
        /// `TaxCodeRef`, of `TaxCode`.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `TaxClassificationRef`, of `TaxClassification`. *Schema only.*
        tax_classification_ref, set_tax_classification_ref: Ref<TaxClassification> = "TaxClassificationRef";
        /// `CustomerRef`, of `Customer`.
        customer_ref, set_customer_ref: Ref<Customer> = "CustomerRef";
        /// `BillableStatus`.
        billable_status, set_billable_status: BillableStatus = "BillableStatus";
        /// `TaxInclusiveAmt`.
        tax_inclusive_amt, set_tax_inclusive_amt: rust_decimal::Decimal = "TaxInclusiveAmt";
        /// `ItemBasedExpenseLineDetailEx`. Set by the server alone. *Schema only.*
        item_based_expense_line_detail_ex: Object = "ItemBasedExpenseLineDetailEx";
    }
}

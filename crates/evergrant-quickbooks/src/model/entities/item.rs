//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

entity! {
    /// `Item`: name list, at `item`.
    ///
    /// Operations: `create`, `read`, `update`, `sparse update`, `query`, `cdc`, `batch`.
    /// Required to create: `Name`.
    /// Set by the server alone: `Id`, `SyncToken`, `MetaData`, `domain`, `status`, `Level`,
    /// `FullyQualifiedName`, `ItemEx`.
    Item {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `SyncToken`. Set by the server alone.
        sync_token, set_sync_token: SyncToken = "SyncToken";
        /// `MetaData`. Set by the server alone.
        meta_data: ModificationMetaData = "MetaData";
        /// `CustomField`. *Schema only.*
        custom_field, set_custom_field: Vec<CustomField> = "CustomField";
        /// `AttachableRef`. *Schema only.*
        attachable_ref, set_attachable_ref: Vec<AttachableRef> = "AttachableRef";
        /// `domain`. Set by the server alone. *Schema only.*
        domain: String = "domain";
        /// `status`. Set by the server alone. *Schema only.*
        status: EntityStatus = "status";
        /// `sparse`. *Schema only.*
        sparse, set_sparse: bool = "sparse";
        /// `Name`. Required to create. At most 100 characters.
        name, set_name: String = "Name";
        /// `Sku`. At most 100 characters. Since minor version 4.
        sku, set_sku: String = "Sku";
        /// `Description`. At most 4000 characters.
        description, set_description: String = "Description";
        /// `Active`.
        active, set_active: bool = "Active";
        /// `SubItem`.
        sub_item, set_sub_item: bool = "SubItem";
        /// `ParentRef`, of `Item`.
        parent_ref, set_parent_ref: Ref<Item> = "ParentRef";
        /// `Level`. Set by the server alone.
        level: i64 = "Level";
        /// `FullyQualifiedName`. Set by the server alone.
        fully_qualified_name: String = "FullyQualifiedName";
        /// `Taxable`.
        taxable, set_taxable: bool = "Taxable";
        /// `SalesTaxIncluded`.
        sales_tax_included, set_sales_tax_included: bool = "SalesTaxIncluded";
        /// `PercentBased`. *Schema only.*
        percent_based, set_percent_based: bool = "PercentBased";
        /// `UnitPrice`.
        unit_price, set_unit_price: rust_decimal::Decimal = "UnitPrice";
        /// `RatePercent`. *Schema only.*
        rate_percent, set_rate_percent: rust_decimal::Decimal = "RatePercent";
        /// `Type`. Required to create under some condition. One of `Inventory`, `Service`,
        /// `NonInventory`, `Group`, `Category`.
        type_, set_type: ItemType = "Type";
        /// `PaymentMethodRef`, of `PaymentMethod`. *Schema only.*
        payment_method_ref, set_payment_method_ref: Ref<PaymentMethod> = "PaymentMethodRef";
        /// `UOMSetRef`. *Schema only.*
        uom_set_ref, set_uom_set_ref: Ref<Entity> = "UOMSetRef";
        /// `IncomeAccountRef`, of `Account`. Required to create under some condition.
        income_account_ref, set_income_account_ref: Ref<Account> = "IncomeAccountRef";
        /// `PurchaseDesc`. At most 1000 characters.
        purchase_desc, set_purchase_desc: String = "PurchaseDesc";
        /// `PurchaseTaxIncluded`.
        purchase_tax_included, set_purchase_tax_included: bool = "PurchaseTaxIncluded";
        /// `PurchaseCost`.
        purchase_cost, set_purchase_cost: rust_decimal::Decimal = "PurchaseCost";
        /// `ExpenseAccountRef`, of `Account`.
        expense_account_ref, set_expense_account_ref: Ref<Account> = "ExpenseAccountRef";
        /// `COGSAccountRef`, of `Account`. *Schema only.*
        cogs_account_ref, set_cogs_account_ref: Ref<Account> = "COGSAccountRef";
        /// `AssetAccountRef`, of `Account`. Required to create under some condition.
        asset_account_ref, set_asset_account_ref: Ref<Account> = "AssetAccountRef";
        /// `PrefVendorRef`, of `Vendor`. Since minor version 31.
        pref_vendor_ref, set_pref_vendor_ref: Ref<Vendor> = "PrefVendorRef";
        /// `AvgCost`. *Schema only.*
        avg_cost, set_avg_cost: rust_decimal::Decimal = "AvgCost";
        /// `TrackQtyOnHand`.
        track_qty_on_hand, set_track_qty_on_hand: bool = "TrackQtyOnHand";
        /// `QtyOnHand`. Required to create under some condition.
        qty_on_hand, set_qty_on_hand: rust_decimal::Decimal = "QtyOnHand";
        /// `QtyOnPurchaseOrder`. *Schema only.*
        qty_on_purchase_order, set_qty_on_purchase_order: rust_decimal::Decimal = "QtyOnPurchaseOrder";
        /// `QtyOnSalesOrder`. *Schema only.*
        qty_on_sales_order, set_qty_on_sales_order: rust_decimal::Decimal = "QtyOnSalesOrder";
        /// `ReorderPoint`.
        reorder_point, set_reorder_point: rust_decimal::Decimal = "ReorderPoint";
        /// `ManPartNum`. *Schema only.*
        man_part_num, set_man_part_num: String = "ManPartNum";
        /// `DepositToAccountRef`, of `Account`. *Schema only.*
        deposit_to_account_ref, set_deposit_to_account_ref: Ref<Account> = "DepositToAccountRef";
        /// `SalesTaxCodeRef`, of `TaxCode`.
        sales_tax_code_ref, set_sales_tax_code_ref: Ref<TaxCode> = "SalesTaxCodeRef";
        /// `PurchaseTaxCodeRef`, of `TaxCode`.
        purchase_tax_code_ref, set_purchase_tax_code_ref: Ref<TaxCode> = "PurchaseTaxCodeRef";
        /// `InvStartDate`. Required to create under some condition.
        inv_start_date, set_inv_start_date: jiff::civil::Date = "InvStartDate";
        /// `BuildPoint`. *Schema only.*
        build_point, set_build_point: rust_decimal::Decimal = "BuildPoint";
        /// `PrintGroupedItems`. *Schema only.*
        print_grouped_items, set_print_grouped_items: bool = "PrintGroupedItems";
        /// `SpecialItem`. *Schema only.*
        special_item, set_special_item: bool = "SpecialItem";
        /// `SpecialItemType`. *Schema only.*
        special_item_type, set_special_item_type: SpecialItemType = "SpecialItemType";
        /// `ItemGroupDetail`. *Schema only.*
        item_group_detail, set_item_group_detail: ItemGroupDetail = "ItemGroupDetail";
        /// `ItemAssemblyDetail`. *Schema only.*
        item_assembly_detail, set_item_assembly_detail: ItemAssemblyDetail = "ItemAssemblyDetail";
        /// `AbatementRate`. Since minor version 3.
        abatement_rate, set_abatement_rate: rust_decimal::Decimal = "AbatementRate";
        /// `ReverseChargeRate`. Since minor version 3.
        reverse_charge_rate, set_reverse_charge_rate: rust_decimal::Decimal = "ReverseChargeRate";
        /// `ServiceType`. Since minor version 3.
        service_type, set_service_type: String = "ServiceType";
        /// `ItemCategoryType`. Required to create under some condition. Fixed once created. Since
        /// minor version 3.
        item_category_type, set_item_category_type: ItemCategoryType = "ItemCategoryType";
        /// `ItemEx`. Set by the server alone. *Schema only.*
        item_ex: Object = "ItemEx";
        /// `TaxClassificationRef`, of `TaxClassification`. Since minor version 34.
        tax_classification_ref, set_tax_classification_ref: Ref<TaxClassification> = "TaxClassificationRef";
        /// `UQCDisplayText`. At most 25 characters. Since minor version 33.
        uqc_display_text, set_uqc_display_text: String = "UQCDisplayText";
        /// `UQCId`. Since minor version 33.
        uqc_id, set_uqc_id: String = "UQCId";
        /// `ClassRef`, of `Class`. Since minor version 41.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `Source`. Since minor version 59.
        source, set_source: String = "Source";
        /// `DeferredRevenue`. *Schema only.*
        deferred_revenue, set_deferred_revenue: bool = "DeferredRevenue";
        /// `CustomExtensions`. *Schema only.*
        custom_extensions, set_custom_extensions: Vec<CustomExtensions> = "CustomExtensions";
    }
}

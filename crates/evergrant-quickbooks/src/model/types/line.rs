//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;
use crate::{Entity, Object};

object! {
    /// `Line`, inside of entities.
    Line {
        /// `Id`. Set by the server alone.
        id, set_id: Id = "Id";
        /// `LineNum`.
        line_num, set_line_num: i64 = "LineNum";
        /// `Description`. At most 4000 characters.
        description, set_description: String = "Description";
        /// `Amount`. Since minor version 23.
        amount, set_amount: rust_decimal::Decimal = "Amount";
        /// `Received`. Set by the server alone. *Schema only.*
        received: rust_decimal::Decimal = "Received";
        /// `LinkedTxn`. Since minor version 55.
        linked_txn, set_linked_txn: Vec<LinkedTxn> = "LinkedTxn";
        /// `DetailType`.
        detail_type, set_detail_type: LineDetailType = "DetailType";
        /// `PaymentLineDetail`. *Schema only.*
        payment_line_detail, set_payment_line_detail: PaymentLineDetail = "PaymentLineDetail";
        /// `DiscountLineDetail`.
        discount_line_detail, set_discount_line_detail: DiscountLineDetail = "DiscountLineDetail";
        /// `TaxLineDetail`. *Schema only.*
        tax_line_detail, set_tax_line_detail: TaxLineDetail = "TaxLineDetail";
        /// `SalesItemLineDetail`.
        sales_item_line_detail, set_sales_item_line_detail: SalesItemLineDetail = "SalesItemLineDetail";
        /// `DescriptionLineDetail`.
        description_line_detail, set_description_line_detail: DescriptionLineDetail = "DescriptionLineDetail";
        /// `ItemBasedExpenseLineDetail`.
        item_based_expense_line_detail, set_item_based_expense_line_detail: ItemBasedExpenseLineDetail = "ItemBasedExpenseLineDetail";
        /// `AccountBasedExpenseLineDetail`.
        account_based_expense_line_detail, set_account_based_expense_line_detail: AccountBasedExpenseLineDetail = "AccountBasedExpenseLineDetail";
        /// `ReimburseLineDetail`. *Schema only.*
        reimburse_line_detail, set_reimburse_line_detail: ReimburseLineDetail = "ReimburseLineDetail";
        /// `DepositLineDetail`.
        deposit_line_detail, set_deposit_line_detail: DepositLineDetail = "DepositLineDetail";
        /// `PurchaseOrderItemLineDetail`. *Schema only.*
        purchase_order_item_line_detail, set_purchase_order_item_line_detail: PurchaseOrderItemLineDetail = "PurchaseOrderItemLineDetail";
        /// `SalesOrderItemLineDetail`. *Schema only.*
        sales_order_item_line_detail, set_sales_order_item_line_detail: SalesOrderItemLineDetail = "SalesOrderItemLineDetail";
        /// `ItemReceiptLineDetail`. *Schema only.*
        item_receipt_line_detail, set_item_receipt_line_detail: ItemReceiptLineDetail = "ItemReceiptLineDetail";
        /// `JournalEntryLineDetail`.
        journal_entry_line_detail, set_journal_entry_line_detail: JournalEntryLineDetail = "JournalEntryLineDetail";
        /// `GroupLineDetail`.
        group_line_detail, set_group_line_detail: GroupLineDetail = "GroupLineDetail";
        /// `SubTotalLineDetail`.
        sub_total_line_detail, set_sub_total_line_detail: SubTotalLineDetail = "SubTotalLineDetail";
        /// `TDSLineDetail`. *Schema only.*
        tds_line_detail, set_tds_line_detail: TDSLineDetail = "TDSLineDetail";
        /// `ItemAdjustmentLineDetail`. *Schema only.*
        item_adjustment_line_detail, set_item_adjustment_line_detail: ItemAdjustmentLineDetail = "ItemAdjustmentLineDetail";
        /// `CustomField`.
        custom_field, set_custom_field: Vec<CustomField> = "CustomField";
        /// `LineEx`. Set by the server alone. *Schema only.*
        line_ex: Object = "LineEx";
        /// `ProjectRef`. Since minor version 69.
        project_ref, set_project_ref: Ref<Entity> = "ProjectRef";
        /// `CostAmount`. *Schema only.*
        cost_amount, set_cost_amount: rust_decimal::Decimal = "CostAmount";
        /// `HomeCostAmount`. *Schema only.*
        home_cost_amount, set_home_cost_amount: rust_decimal::Decimal = "HomeCostAmount";
        /// `CustomExtensions`. *Schema only.*
        custom_extensions, set_custom_extensions: Vec<CustomExtensions> = "CustomExtensions";
    }
}

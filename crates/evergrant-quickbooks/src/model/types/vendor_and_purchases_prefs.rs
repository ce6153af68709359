//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `VendorAndPurchasesPrefs`, inside of entities.
    VendorAndPurchasesPrefs {
        /// `EnableBills`. *Schema only.*
        enable_bills, set_enable_bills: bool = "EnableBills";
        /// `TrackingByCustomer`.
        tracking_by_customer, set_tracking_by_customer: bool = "TrackingByCustomer";
        /// `BillableExpenseTracking`.
        billable_expense_tracking, set_billable_expense_tracking: bool = "BillableExpenseTracking";
        /// `DefaultTerms`, of `Term`.
        default_terms, set_default_terms: Ref<Term> = "DefaultTerms";
        /// `DefaultMarkup`.
        default_markup, set_default_markup: rust_decimal::Decimal = "DefaultMarkup";
        /// `DefaultMarkupAccount`, of `Account`.
        default_markup_account, set_default_markup_account: Ref<Account> = "DefaultMarkupAccount";
        /// `AutomaticBillPayment`. *Schema only.*
        automatic_bill_payment, set_automatic_bill_payment: bool = "AutomaticBillPayment";
        /// `TPAREnabled`. Set by the server alone. Since minor version 40.
        tpar_enabled: bool = "TPAREnabled";
        /// `POCustomField`. Set by the server alone.
        po_custom_field: Vec<CustomFieldDefinition> = "POCustomField";
        /// `MsgToVendors`. *Schema only.*
        msg_to_vendors, set_msg_to_vendors: String = "MsgToVendors";
        /// `UsingInventory`. *Schema only.*
        using_inventory, set_using_inventory: bool = "UsingInventory";
        /// `DiscountAccountRef`, of `Account`. *Schema only.*
        discount_account_ref, set_discount_account_ref: Ref<Account> = "DiscountAccountRef";
    }
}

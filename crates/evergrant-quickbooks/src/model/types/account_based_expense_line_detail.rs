//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `AccountBasedExpenseLineDetail`, inside of entities.
    ///
    /// Required to create: `AccountRef`.
    AccountBasedExpenseLineDetail {
        /// `CustomerRef`, of `Customer`.
        customer_ref, set_customer_ref: Ref<Customer> = "CustomerRef";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `AccountRef`, of `Account`. Required to create.
        account_ref, set_account_ref: Ref<Account> = "AccountRef";
        /// `BillableStatus`.
        billable_status, set_billable_status: BillableStatus = "BillableStatus";
        /// `MarkupInfo`.
        markup_info, set_markup_info: MarkupInfo = "MarkupInfo";
        /// `TaxAmount`.
        tax_amount, set_tax_amount: rust_decimal::Decimal = "TaxAmount";
        /// `TaxCodeRef`, of `TaxCode`.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `TaxInclusiveAmt`. Since minor version 1.
        tax_inclusive_amt, set_tax_inclusive_amt: rust_decimal::Decimal = "TaxInclusiveAmt";
        /// `ExpenseDetailLineDetailEx`. Set by the server alone. *Schema only.*
        expense_detail_line_detail_ex: Object = "ExpenseDetailLineDetailEx";
    }
}

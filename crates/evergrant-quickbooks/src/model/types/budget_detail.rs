//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `BudgetDetail`, inside of entities.
    BudgetDetail {
        /// `BudgetDate`.
        budget_date, set_budget_date: jiff::civil::Date = "BudgetDate";
        /// `Amount`.
        amount, set_amount: rust_decimal::Decimal = "Amount";
        /// `AccountRef`, of `Account`.
        account_ref, set_account_ref: Ref<Account> = "AccountRef";
        /// `CustomerRef`, of `Customer`.
        customer_ref, set_customer_ref: Ref<Customer> = "CustomerRef";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `DepartmentRef`, of `Department`.
        department_ref, set_department_ref: Ref<Department> = "DepartmentRef";
        /// `CustomExtensions`. *Schema only.*
        custom_extensions, set_custom_extensions: Vec<BudgetCustomExtensions> = "CustomExtensions";
    }
}

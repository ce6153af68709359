//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `SalesFormsPrefs`, inside of entities.
    SalesFormsPrefs {
        /// `UsingProgressInvoicing`. Set by the server alone. Since minor version 32.
        using_progress_invoicing: bool = "UsingProgressInvoicing";
        /// `CustomField`. Set by the server alone.
        custom_field: Vec<CustomFieldDefinition> = "CustomField";
        /// `CustomTxnNumbers`.
        custom_txn_numbers, set_custom_txn_numbers: bool = "CustomTxnNumbers";
        /// `DelayedCharges`. *Schema only.*
        delayed_charges, set_delayed_charges: bool = "DelayedCharges";
        /// `SalesEmailCc`. Since minor version 8.
        sales_email_cc, set_sales_email_cc: EmailAddress = "SalesEmailCc";
        /// `SalesEmailBcc`. Since minor version 8.
        sales_email_bcc, set_sales_email_bcc: EmailAddress = "SalesEmailBcc";
        /// `EmailCopyToCompany`.
        email_copy_to_company, set_email_copy_to_company: bool = "EmailCopyToCompany";
        /// `AllowDeposit`.
        allow_deposit, set_allow_deposit: bool = "AllowDeposit";
        /// `AllowDiscount`.
        allow_discount, set_allow_discount: bool = "AllowDiscount";
        /// `DefaultDiscountAccount`.
        default_discount_account, set_default_discount_account: String = "DefaultDiscountAccount";
        /// `AllowEstimates`.
        allow_estimates, set_allow_estimates: bool = "AllowEstimates";
        /// `EstimateMessage`. Set by the server alone.
        estimate_message: String = "EstimateMessage";
        /// `ETransactionEnabledStatus`. Set by the server alone.
        e_transaction_enabled_status: ETransactionEnabledStatus = "ETransactionEnabledStatus";
        /// `ETransactionAttachPDF`.
        e_transaction_attach_pdf, set_e_transaction_attach_pdf: bool = "ETransactionAttachPDF";
        /// `ETransactionPaymentEnabled`.
        e_transaction_payment_enabled, set_e_transaction_payment_enabled: bool = "ETransactionPaymentEnabled";
        /// `IPNSupportEnabled`. Set by the server alone.
        ipn_support_enabled: bool = "IPNSupportEnabled";
        /// `InvoiceMessage`. *Schema only.*
        invoice_message, set_invoice_message: String = "InvoiceMessage";
        /// `AllowServiceDate`.
        allow_service_date, set_allow_service_date: bool = "AllowServiceDate";
        /// `AllowShipping`.
        allow_shipping, set_allow_shipping: bool = "AllowShipping";
        /// `DefaultShippingAccount`.
        default_shipping_account, set_default_shipping_account: String = "DefaultShippingAccount";
        /// `DefaultItem`, of `Item`. *Schema only.*
        default_item, set_default_item: Ref<Item> = "DefaultItem";
        /// `DefaultTerms`, of `Term`.
        default_terms, set_default_terms: Ref<Term> = "DefaultTerms";
        /// `DefaultDeliveryMethod`. *Schema only.*
        default_delivery_method, set_default_delivery_method: String = "DefaultDeliveryMethod";
        /// `AutoApplyCredit`. Set by the server alone. Since minor version 21.
        auto_apply_credit: bool = "AutoApplyCredit";
        /// `AutoApplyPayments`. *Schema only.*
        auto_apply_payments, set_auto_apply_payments: bool = "AutoApplyPayments";
        /// `TrackReimbursableExpensesAsIncome`. *Schema only.*
        track_reimbursable_expenses_as_income, set_track_reimbursable_expenses_as_income: bool = "TrackReimbursableExpensesAsIncome";
        /// `UsingSalesOrders`. *Schema only.*
        using_sales_orders, set_using_sales_orders: bool = "UsingSalesOrders";
        /// `UsingPriceLevels`. Set by the server alone.
        using_price_levels: bool = "UsingPriceLevels";
        /// `DefaultFOB`. *Schema only.*
        default_fob, set_default_fob: String = "DefaultFOB";
        /// `DefaultCustomerMessage`.
        default_customer_message, set_default_customer_message: String = "DefaultCustomerMessage";
    }
}

//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `EmailMessagesPrefs`, inside of entities.
    EmailMessagesPrefs {
        /// `NameValue`. *Schema only.*
        name_value, set_name_value: Vec<Object> = "NameValue";
        /// `InvoiceMessage`.
        invoice_message, set_invoice_message: EmailMessage = "InvoiceMessage";
        /// `EstimateMessage`.
        estimate_message, set_estimate_message: EmailMessage = "EstimateMessage";
        /// `SalesReceiptMessage`.
        sales_receipt_message, set_sales_receipt_message: EmailMessage = "SalesReceiptMessage";
        /// `StatementMessage`.
        statement_message, set_statement_message: EmailMessage = "StatementMessage";
    }
}

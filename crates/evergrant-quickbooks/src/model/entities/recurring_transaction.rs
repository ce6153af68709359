//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

entity! {
    /// `RecurringTransaction`: transaction, at `recurringtransaction`.
    ///
    /// Operations: `create`, `read`, `delete`, `query`.
    /// At least one of: `Bill`, `CreditMemo`, `Deposit`, `Estimate`, `Invoice`, `JournalEntry`,
    /// `Purchase`, `PurchaseOrder`, `RefundReceipt`, `SalesReceipt`, `Transfer`, `VendorCredit`.
    RecurringTransaction {
        /// `Bill`. *Schema only.*
        bill, set_bill: Bill = "Bill";
        /// `CreditMemo`. *Schema only.*
        credit_memo, set_credit_memo: CreditMemo = "CreditMemo";
        /// `Deposit`. *Schema only.*
        deposit, set_deposit: Deposit = "Deposit";
        /// `Estimate`. *Schema only.*
        estimate, set_estimate: Estimate = "Estimate";
        /// `Invoice`. *Schema only.*
        invoice, set_invoice: Invoice = "Invoice";
        /// `JournalEntry`. *Schema only.*
        journal_entry, set_journal_entry: JournalEntry = "JournalEntry";
        /// `Purchase`. *Schema only.*
        purchase, set_purchase: Purchase = "Purchase";
        /// `PurchaseOrder`. *Schema only.*
        purchase_order, set_purchase_order: PurchaseOrder = "PurchaseOrder";
        /// `RefundReceipt`. *Schema only.*
        refund_receipt, set_refund_receipt: RefundReceipt = "RefundReceipt";
        /// `SalesReceipt`. *Schema only.*
        sales_receipt, set_sales_receipt: SalesReceipt = "SalesReceipt";
        /// `Transfer`. *Schema only.*
        transfer, set_transfer: Transfer = "Transfer";
        /// `VendorCredit`. *Schema only.*
        vendor_credit, set_vendor_credit: VendorCredit = "VendorCredit";
    }
}

//! What lines are about. Made by `cargo xtask codegen`; not to be changed by hand.

line_details! {
    AccountBasedExpense "AccountBasedExpenseLineDetail" AccountBasedExpenseLineDetail "AccountBasedExpenseLineDetail"
    Deposit "DepositLineDetail" DepositLineDetail "DepositLineDetail"
    Description "DescriptionOnly" DescriptionLineDetail "DescriptionLineDetail"
    Discount "DiscountLineDetail" DiscountLineDetail "DiscountLineDetail"
    Group "GroupLineDetail" GroupLineDetail "GroupLineDetail"
    ItemAdjustment "ItemAdjustmentLineDetail" ItemAdjustmentLineDetail "ItemAdjustmentLineDetail"
    ItemBasedExpense "ItemBasedExpenseLineDetail" ItemBasedExpenseLineDetail "ItemBasedExpenseLineDetail"
    ItemReceipt "ItemReceiptLineDetail" ItemReceiptLineDetail "ItemReceiptLineDetail"
    JournalEntry "JournalEntryLineDetail" JournalEntryLineDetail "JournalEntryLineDetail"
    Payment "PaymentLineDetail" PaymentLineDetail "PaymentLineDetail"
    PurchaseOrderItem "PurchaseOrderItemLineDetail" PurchaseOrderItemLineDetail "PurchaseOrderItemLineDetail"
    Reimburse "ReimburseLineDetail" ReimburseLineDetail "ReimburseLineDetail"
    SalesItem "SalesItemLineDetail" SalesItemLineDetail "SalesItemLineDetail"
    SalesOrderItem "SalesOrderItemLineDetail" SalesOrderItemLineDetail "SalesOrderItemLineDetail"
    SubTotal "SubTotalLineDetail" SubTotalLineDetail "SubTotalLineDetail"
    TDS "TDSLineDetail" TDSLineDetail "TDSLineDetail"
    Tax "TaxLineDetail" TaxLineDetail "TaxLineDetail"
}

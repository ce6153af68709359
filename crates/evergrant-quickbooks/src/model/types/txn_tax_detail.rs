//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `TxnTaxDetail`, inside of entities.
    TxnTaxDetail {
        /// `TxnTaxCodeRef`, of `TaxCode`.
        txn_tax_code_ref, set_txn_tax_code_ref: Ref<TaxCode> = "TxnTaxCodeRef";
        /// `TotalTax`.
        total_tax, set_total_tax: rust_decimal::Decimal = "TotalTax";
        /// `TaxReviewStatus`. *Schema only.*
        tax_review_status, set_tax_review_status: TaxReviewStatus = "TaxReviewStatus";
        /// `TaxLine`.
        tax_line, set_tax_line: Vec<Line> = "TaxLine";
        /// `UseAutomatedSalesTax`. *Schema only.*
        use_automated_sales_tax, set_use_automated_sales_tax: bool = "UseAutomatedSalesTax";
    }
}

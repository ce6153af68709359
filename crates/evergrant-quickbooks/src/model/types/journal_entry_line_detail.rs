//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::Object;
use crate::model::*;

object! {
    /// `JournalEntryLineDetail`, inside of entities.
    ///
    /// Required to create: `PostingType`, `AccountRef`.
    JournalEntryLineDetail {
        /// `PostingType`. Required to create.
        posting_type, set_posting_type: PostingType = "PostingType";
        /// `Entity`. Required to create under some condition.
        entity, set_entity: EntityTypeRef = "Entity";
        /// `AccountRef`, of `Account`. Required to create.
        account_ref, set_account_ref: Ref<Account> = "AccountRef";
        /// `ClassRef`, of `Class`.
        class_ref, set_class_ref: Ref<Class> = "ClassRef";
        /// `DepartmentRef`, of `Department`.
        department_ref, set_department_ref: Ref<Department> = "DepartmentRef";
        /// `TaxCodeRef`, of `TaxCode`.
        tax_code_ref, set_tax_code_ref: Ref<TaxCode> = "TaxCodeRef";
        /// `TaxRateRef`, of `TaxRate`. *Schema only.*
        tax_rate_ref, set_tax_rate_ref: Ref<TaxRate> = "TaxRateRef";
        /// `TaxApplicableOn`. Required to create under some condition.
        tax_applicable_on, set_tax_applicable_on: TaxApplicableOn = "TaxApplicableOn";
        /// `TaxAmount`.
        tax_amount, set_tax_amount: rust_decimal::Decimal = "TaxAmount";
        /// `TaxInclusiveAmt`. Since minor version 53.
        tax_inclusive_amt, set_tax_inclusive_amt: rust_decimal::Decimal = "TaxInclusiveAmt";
        /// `BillableStatus`.
        billable_status, set_billable_status: BillableStatus = "BillableStatus";
        /// `JournalCodeRef`, of `JournalCode`. Required to create under some condition. Since minor
        /// version 5.
        journal_code_ref, set_journal_code_ref: Ref<JournalCode> = "JournalCodeRef";
        /// `JournalEntryLineDetailEx`. Set by the server alone. *Schema only.*
        journal_entry_line_detail_ex: Object = "JournalEntryLineDetailEx";
    }
}

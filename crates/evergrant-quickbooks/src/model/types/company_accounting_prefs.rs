//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `CompanyAccountingPrefs`, inside of entities.
    CompanyAccountingPrefs {
        /// `UseAccountNumbers`. Set by the server alone. Since minor version 21.
        use_account_numbers: bool = "UseAccountNumbers";
        /// `DefaultARAccount`, of `Account`. *Schema only.*
        default_ar_account, set_default_ar_account: Ref<Account> = "DefaultARAccount";
        /// `DefaultAPAccount`, of `Account`. *Schema only.*
        default_ap_account, set_default_ap_account: Ref<Account> = "DefaultAPAccount";
        /// `TrackDepartments`.
        track_departments, set_track_departments: bool = "TrackDepartments";
        /// `DepartmentTerminology`.
        department_terminology, set_department_terminology: String = "DepartmentTerminology";
        /// `ClassTrackingPerTxn`.
        class_tracking_per_txn, set_class_tracking_per_txn: bool = "ClassTrackingPerTxn";
        /// `ClassTrackingPerTxnLine`.
        class_tracking_per_txn_line, set_class_tracking_per_txn_line: bool = "ClassTrackingPerTxnLine";
        /// `AutoJournalEntryNumber`. *Schema only.*
        auto_journal_entry_number, set_auto_journal_entry_number: bool = "AutoJournalEntryNumber";
        /// `FirstMonthOfFiscalYear`. Set by the server alone. Since minor version 21.
        first_month_of_fiscal_year: Month = "FirstMonthOfFiscalYear";
        /// `TaxYearMonth`. Set by the server alone. Since minor version 21.
        tax_year_month: Month = "TaxYearMonth";
        /// `TaxForm`. Set by the server alone. Since minor version 21.
        tax_form: String = "TaxForm";
        /// `BookCloseDate`. Set by the server alone. Since minor version 21.
        book_close_date: jiff::civil::Date = "BookCloseDate";
        /// `CustomerTerminology`.
        customer_terminology, set_customer_terminology: String = "CustomerTerminology";
    }
}

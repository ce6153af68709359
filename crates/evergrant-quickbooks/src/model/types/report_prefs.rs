//! Made by `cargo xtask codegen`; not to be changed by hand.

use crate::model::*;

object! {
    /// `ReportPrefs`, inside of entities.
    ReportPrefs {
        /// `ReportBasis`.
        report_basis, set_report_basis: ReportBasis = "ReportBasis";
        /// `CalcAgingReportFromTxnDate`. Set by the server alone.
        calc_aging_report_from_txn_date: bool = "CalcAgingReportFromTxnDate";
    }
}

//! Reports: added up from the ledger's entries, in Intuit's shape of nested rows.
//!
//! A report is a request (`request`: which days, which accounts, which columns), entries that it adds up
//! (`tally`, `open` for what is not settled, `cash` for the cash basis), and a tree of rows (`shape`). The reports
//! themselves stand in the other files, by kind.

mod aging;
mod cash;
mod cut;
mod detail;
mod official;
mod open;
mod party;
mod request;
mod sales;
mod shape;
mod statement;
mod stock;
mod tally;
mod transaction;

use jiff::Timestamp;

use crate::company::Company;
use crate::json;
use crate::refusal::ServiceFault;
use request::Request;
use shape::Report;

/// A report that is made: its name, and by what.
type Maker = fn(&Company, &Request) -> Report;

/// The reports by the names in their paths. France has three of its own, which ask for the same.
const REPORTS: [(&str, Maker); 34] = [
    ("AccountList", detail::account_list),
    ("AgedPayableDetail", aging::payable_detail),
    ("AgedPayables", aging::payables),
    ("AgedReceivableDetail", aging::receivable_detail),
    ("AgedReceivables", aging::receivables),
    ("BAS", official::activity_statement),
    ("BalanceSheet", statement::balance_sheet),
    ("CashFlow", statement::cash_flow),
    ("ClassSales", sales::by_class),
    ("CustomerBalance", party::customer_balance),
    ("CustomerBalanceDetail", party::customer_balance_detail),
    ("CustomerIncome", sales::customer_income),
    ("CustomerSales", sales::by_customer),
    ("DepartmentSales", sales::by_department),
    ("FECReport", official::entries),
    ("GeneralLedger", detail::general_ledger),
    ("GeneralLedgerFR", detail::general_ledger),
    ("InventoryValuationDetail", stock::valuation_detail),
    ("InventoryValuationSummary", stock::valuation_summary),
    ("ItemSales", sales::by_item),
    ("JournalReport", detail::journal),
    ("JournalReportFR", detail::journal),
    ("ProfitAndLoss", statement::profit_and_loss),
    ("ProfitAndLossDetail", detail::profit_and_loss_detail),
    ("TaxSummary", sales::tax_summary),
    ("TransactionList", detail::transaction_list),
    (
        "TransactionListByCustomer",
        detail::transactions_by_customer,
    ),
    ("TransactionListByVendor", detail::transactions_by_vendor),
    (
        "TransactionListWithSplits",
        detail::transactions_with_splits,
    ),
    ("TrialBalance", statement::trial_balance),
    ("TrialBalanceFR", statement::trial_balance),
    ("VendorBalance", party::vendor_balance),
    ("VendorBalanceDetail", party::vendor_balance_detail),
    ("VendorExpenses", sales::vendor_expenses),
];

/// The report with this name, as JSON text. `parameter` gives what stood in the query; a report of more than
/// `most_cells` is cut.
pub(crate) fn answer(
    company: &Company,
    name: &str,
    parameter: &dyn Fn(&str) -> Option<String>,
    now: Timestamp,
    most_cells: usize,
) -> Result<String, ServiceFault> {
    let Some((name, make)) = REPORTS.iter().find(|(known, _)| *known == name) else {
        return Err(ServiceFault::unsupported_operation(&format!(
            "reports/{name}"
        )));
    };
    let request = Request::read(company, name, parameter, now)?;
    let mut report = make(company, &request);
    cut::cut(&mut report, most_cells);
    Ok(json::text(&report.written(&request)))
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

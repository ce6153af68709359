//! Reports agree with the ledger and with each other.

use serde_json::Value;

use super::*;
use crate::schema::Kind;
use crate::seed::Seed;

fn company() -> (Company, Timestamp) {
    let now: Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
    let mut company = Company::open(&Seed::generated(150, 3).companies[0], now);
    company.grow();
    (company, now)
}

pub(super) fn run(
    company: &Company,
    now: Timestamp,
    name: &str,
    parameters: &[(&str, &str)],
) -> Value {
    let parameter = |name: &str| {
        let found = parameters.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    serde_json::from_str(&answer(company, name, &parameter, now, usize::MAX).unwrap()).unwrap()
}

/// The last cell of the summary of a group, in hundredths.
pub(super) fn sum(report: &Value, group: &str) -> i64 {
    fn find<'a>(rows: &'a Value, group: &str) -> Option<&'a Value> {
        rows["Row"].as_array()?.iter().find_map(|row| {
            if row["group"] == group {
                Some(&row["Summary"])
            } else {
                find(&row["Rows"], group)
            }
        })
    }
    let summary = find(&report["Rows"], group).unwrap_or_else(|| panic!("no {group}"));
    cents(summary["ColData"].as_array().unwrap().last().unwrap())
}

fn cents(cell: &Value) -> i64 {
    cell["value"]
        .as_str()
        .unwrap()
        .replace('.', "")
        .parse()
        .unwrap_or(0)
}

#[test]
fn the_statements_agree_with_the_ledger() {
    let (company, now) = company();
    let all = [("date_macro", "All")];
    let ledger = |types: &[&str]| -> i64 {
        let accounts = company.store.shelf(Kind::named("Account")).records.keys();
        let accounts =
            accounts.filter(|id| tally::is_of(&company, u32::try_from(**id).unwrap(), types));
        accounts.map(|id| company.ledger.account(*id)).sum()
    };
    let profit = run(&company, now, "ProfitAndLoss", &all);
    assert_eq!(sum(&profit, "Income"), -ledger(&["Income"]));
    assert_eq!(sum(&profit, "Expenses"), ledger(&["Expense"]));
    let net = -ledger(&[
        "Income",
        "Other Income",
        "Expense",
        "Cost of Goods Sold",
        "Other Expense",
    ]);
    assert_eq!(sum(&profit, "NetIncome"), net);
    let day = [("start_date", "2026-01-01"), ("end_date", "2026-12-31")];
    let sheet = run(&company, now, "BalanceSheet", &day);
    assert_eq!(
        sum(&sheet, "TotalAssets"),
        sum(&sheet, "TotalLiabilitiesAndEquity")
    );
    assert_eq!(sum(&sheet, "AR"), ledger(&["Accounts Receivable"]));
    assert_eq!(sum(&sheet, "AP"), -ledger(&["Accounts Payable"]));
    let trial = run(&company, now, "TrialBalance", &day);
    let total = trial["Rows"]["Row"].as_array().unwrap().last().unwrap();
    let cells = &total["Summary"]["ColData"];
    assert_eq!(cents(&cells[1]), cents(&cells[2]));
    for name in ["AgedReceivables", "AgedReceivableDetail", "CustomerBalance"] {
        assert_eq!(
            sum(&run(&company, now, name, &[]), "GrandTotal"),
            ledger(&["Accounts Receivable"]),
            "{name}"
        );
    }
    for name in ["AgedPayables", "AgedPayableDetail", "VendorBalance"] {
        assert_eq!(
            sum(&run(&company, now, name, &[]), "GrandTotal"),
            -ledger(&["Accounts Payable"]),
            "{name}"
        );
    }
    let flow = run(&company, now, "CashFlow", &all);
    let undeposited = i64::from(
        company
            .account_for(crate::ledger::accounts::Role::Undeposited)
            .unwrap(),
    );
    let cash = ledger(&["Bank"]) + company.ledger.account(undeposited.unsigned_abs());
    assert_eq!(sum(&flow, "EndingCash"), cash);
    assert_eq!(
        sum(&run(&company, now, "CustomerSales", &all), "GrandTotal"),
        -ledger(&["Income", "Other Income"])
    );
}

#[test]
fn columns_add_up() {
    let (company, now) = company();
    let by = |split| {
        run(
            &company,
            now,
            "ProfitAndLoss",
            &[
                ("date_macro", "Last Fiscal Year"),
                ("summarize_column_by", split),
            ],
        )
    };
    let whole = sum(&by("Total"), "NetIncome");
    for split in [
        "Month",
        "Quarter",
        "Week",
        "Customers",
        "Classes",
        "Departments",
        "ProductsAndServices",
        "Vendors",
    ] {
        assert_eq!(sum(&by(split), "NetIncome"), whole, "{split}");
    }
    assert_eq!(
        by("Month")["Columns"]["Column"].as_array().unwrap().len(),
        14
    );
    let sheet = run(
        &company,
        now,
        "BalanceSheet",
        &[
            ("date_macro", "This Fiscal Year-to-date"),
            ("summarize_column_by", "Month"),
        ],
    );
    assert_eq!(
        sum(&sheet, "TotalAssets"),
        sum(&sheet, "TotalLiabilitiesAndEquity")
    );
}

#[test]
fn empty_reports_say_so_and_cash_comes_later() {
    let (company, now) = company();
    let empty = run(
        &company,
        now,
        "ProfitAndLoss",
        &[("start_date", "1999-01-01"), ("end_date", "1999-12-31")],
    );
    assert_eq!(empty["Header"]["Option"][1]["Value"], "true");
    assert_eq!(empty["Rows"], serde_json::json!({}));
    assert_eq!(empty["Header"]["StartPeriod"], "1999-01-01");
    let cash = run(
        &company,
        now,
        "ProfitAndLoss",
        &[("date_macro", "All"), ("accounting_method", "Cash")],
    );
    assert_eq!(cash["Header"]["ReportBasis"], "Cash");
    assert!(
        sum(&cash, "Income")
            < sum(
                &run(&company, now, "ProfitAndLoss", &[("date_macro", "All")]),
                "Income"
            )
    );
}

#[test]
fn tax_offices_are_told_what_the_ledger_says() {
    let (company, now) = company();
    let all = &[("date_macro", "All")];
    let entries = run(&company, now, "FECReport", all);
    let rows = entries["Rows"]["Row"].as_array().unwrap();
    let side = |place: usize| -> f64 {
        let cells = rows
            .iter()
            .map(|row| row["ColData"][place]["value"].as_str().unwrap());
        cells.map(|cell| cell.parse::<f64>().unwrap()).sum()
    };
    assert!((side(11) - side(12)).abs() < 0.005 && side(11) > 1000.0);
    let statement = run(&company, now, "BAS", all);
    let value = |row: &Value| {
        row["ColData"][1]["value"]
            .as_str()
            .unwrap_or("0")
            .to_owned()
    };
    let boxes = statement["Rows"]["Row"].as_array().unwrap();
    let taxes = run(&company, now, "TaxSummary", all);
    let taxes = taxes["Rows"]["Row"].as_array().unwrap();
    assert_eq!(
        value(&boxes[1]),
        value(&taxes.last().unwrap()["Summary"]),
        "1A"
    );
    assert_eq!(
        boxes[4]["Summary"]["ColData"][0]["value"],
        "9 Payment or refund"
    );
}

#[test]
fn every_report_answers_in_shape() {
    let (company, now) = company();
    for (name, _) in REPORTS {
        for parameters in [
            &[][..],
            &[("date_macro", "All"), ("summarize_column_by", "Month")],
            &[
                ("start_date", "2026-05-01"),
                ("end_date", "2026-01-01"),
                ("summarize_column_by", "Week"),
            ],
            &[("date_macro", "Last Month")],
            &[
                ("accounting_method", "Cash"),
                ("customer", "3"),
                ("summarize_column_by", "Days"),
            ],
        ] {
            let report = run(&company, now, name, parameters);
            assert_eq!(report["Header"]["ReportName"], name);
            let width = report["Columns"]["Column"].as_array().unwrap().len();
            check(name, &report["Rows"], width);
        }
    }
    let nothing = |_: &str| None;
    assert_eq!(
        answer(&company, "Nonsense", &nothing, now, usize::MAX)
            .unwrap_err()
            .code,
        "500"
    );
    let bad = |name: &str| (name == "date_macro").then(|| "Whenever".to_owned());
    assert_eq!(
        answer(&company, "CashFlow", &bad, now, usize::MAX)
            .unwrap_err()
            .code,
        "2170"
    );
}

fn check(name: &str, rows: &Value, width: usize) {
    for row in rows["Row"].as_array().into_iter().flatten() {
        let lines = [
            &row["ColData"],
            &row["Header"]["ColData"],
            &row["Summary"]["ColData"],
        ];
        for cells in lines.into_iter().filter_map(Value::as_array) {
            assert_eq!(cells.len(), width, "{name} {row}");
        }
        check(name, &row["Rows"], width);
    }
}

#[test]
fn periods_have_days_and_a_total_after_them() {
    let (company, now) = company();
    let columns = |split: &str, start: &str, end: &str| -> Vec<(String, String)> {
        let asked = [
            ("summarize_column_by", split),
            ("start_date", start),
            ("end_date", end),
        ];
        let report = run(&company, now, "ProfitAndLoss", &asked);
        let columns = report["Columns"]["Column"].as_array().unwrap().clone();
        let width = |row: &Value| row["Summary"]["ColData"].as_array().unwrap().len();
        let mut rows = report["Rows"]["Row"].as_array().into_iter().flatten();
        assert!(rows.all(|row| width(row) == columns.len()));
        let value = |column: &Value, name: &str| {
            let data = column["MetaData"].as_array().unwrap();
            let found = data.iter().find(|it| it["Name"] == name);
            found.map_or_else(String::new, |it| it["Value"].as_str().unwrap().to_owned())
        };
        let told = columns.iter().skip(1).map(|column| {
            let title = column["ColTitle"].as_str().unwrap().to_owned();
            if title.eq_ignore_ascii_case("total") {
                assert_eq!(value(column, "ColKey"), "total");
            } else {
                assert_eq!(value(column, "ColKey"), title);
            }
            let days = format!(
                "{} {}",
                value(column, "StartDate"),
                value(column, "EndDate")
            );
            (title, days)
        });
        told.collect()
    };
    let titles = |split: &str, start: &str, end: &str| -> Vec<String> {
        columns(split, start, end)
            .into_iter()
            .map(|it| it.0)
            .collect()
    };
    let days = columns("Days", "2026-07-20", "2026-07-21");
    assert_eq!(days[0].0, "Jul 20, 2026");
    assert_eq!(days[1].1, "2026-07-21 2026-07-21");
    assert_eq!(days[2], ("Total".to_owned(), " ".to_owned()));
    assert_eq!(
        titles("Month", "2026-01-01", "2026-02-10"),
        ["Jan 2026", "Feb 1 - 10, 2026", "Total"]
    );
    assert_eq!(
        titles("Month", "2026-01-01", "2026-01-31"),
        ["Jan 2026", "Total"]
    );
    assert_eq!(
        titles("Quarter", "2026-01-01", "2026-05-02"),
        ["Jan - Mar, 2026", "Apr 1 - May 2, 2026", "Total"]
    );
    assert_eq!(
        titles("Year", "2025-01-01", "2025-12-31"),
        ["2025", "Total"]
    );
    assert_eq!(titles("Total", "2026-01-01", "2026-02-10"), ["TOTAL"]);
}

#[test]
fn a_report_of_too_many_cells_is_cut_and_says_so() {
    let (company, now) = company();
    let all = |name: &str| (name == "date_macro").then(|| "All".to_owned());
    for name in ["GeneralLedger", "TransactionList", "ProfitAndLoss"] {
        let whole = answer(&company, name, &all, now, 400_000).unwrap();
        assert!(!whole.contains("Unable to display"), "{name}");
        let cells = whole.matches(r#""value":"#).count();
        for most in [0, 9, cells / 2, cells - 1] {
            let cut = answer(&company, name, &all, now, most).unwrap();
            assert_eq!(
                cut.matches("Unable to display more data").count(),
                1,
                "{name}"
            );
            let width = cut.matches("ColTitle").count();
            assert!(cut.matches(r#""value":"#).count() <= most + width, "{name}");
        }
        assert_eq!(answer(&company, name, &all, now, cells).unwrap(), whole);
    }
}

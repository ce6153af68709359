//! The statements: profit and loss, balance sheet, trial balance, cash flow.

use super::request::{Request, Split};
use super::shape::{Cell, Column, Dated, Report, Row, Section};
use super::tally::{self, Sums, Tree, minus, plus, section, width};
use crate::company::Company;
use crate::json::{Cents, decimal};
use crate::ledger::accounts::Role;
use crate::schema::Kind;

const INCOME: &[&str] = &["Income"];
const GOODS: &[&str] = &["Cost of Goods Sold"];
const EXPENSES: &[&str] = &["Expense"];
const OTHER_INCOME: &[&str] = &["Other Income"];
const OTHER_EXPENSES: &[&str] = &["Other Expense"];

pub(super) fn profit_and_loss(company: &Company, request: &Request) -> Report {
    let sums = tally::of_period(company, request, |_, posting| Some(posting.account));
    let width = width(request);
    let earned = Tree {
        company,
        sums: &sums,
        sign: -1,
        width,
    };
    let spent = Tree {
        company,
        sums: &sums,
        sign: 1,
        width,
    };
    let (income, income_total) = earned.section("Income", INCOME, "Income");
    let (goods, goods_total) = spent.section("Cost of Goods Sold", GOODS, "COGS");
    let (expenses, expenses_total) = spent.section("Expenses", EXPENSES, "Expenses");
    let (other_income, other_income_total) =
        earned.section("Other Income", OTHER_INCOME, "OtherIncome");
    let (other_expenses, other_expenses_total) =
        spent.section("Other Expenses", OTHER_EXPENSES, "OtherExpenses");
    let parts = [&income, &goods, &expenses, &other_income, &other_expenses];
    let is_empty = parts.iter().all(|part| part.is_none());
    let gross = minus(&income_total, &goods_total);
    let operating = minus(&gross, &expenses_total);
    let other = minus(&other_income_total, &other_expenses_total);
    let mut rows = Vec::new();
    if !is_empty {
        rows.extend(income);
        rows.extend(goods);
        rows.push(Row::sum("Gross Profit", &gross, Some("GrossProfit")));
        rows.extend(expenses);
        rows.push(Row::sum(
            "Net Operating Income",
            &operating,
            Some("NetOperatingIncome"),
        ));
        rows.extend(other_income);
        rows.extend(other_expenses);
        rows.push(Row::sum("Net Other Income", &other, Some("NetOtherIncome")));
        rows.push(Row::sum(
            "Net Income",
            &plus(&operating, &other),
            Some("NetIncome"),
        ));
    }
    Report {
        columns: Column::amounts("Account", request),
        rows,
        dated: Dated::Period,
    }
}

pub(super) fn balance_sheet(company: &Company, request: &Request) -> Report {
    let sums = closed(company, request);
    let width = width(request);
    let held = Tree {
        company,
        sums: &sums,
        sign: 1,
        width,
    };
    let owed = Tree {
        company,
        sums: &sums,
        sign: -1,
        width,
    };
    let (assets, assets_total) = assets(&held);
    let (liabilities, liabilities_total) = liabilities(&owed);
    let (mut equity, mut equity_total) = owed.rows(&["Equity"]);
    let net = net_income(company, request);
    if net.iter().any(|cents| *cents != 0) {
        equity.push(Row::Data(Cell::line("Net Income", None, &net)));
        equity_total = plus(&equity_total, &net);
    }
    let mut rows = Vec::new();
    rows.extend(assets);
    let mut others: Vec<Row> = liabilities.into_iter().collect();
    if !equity.is_empty() {
        others.push(section("Equity", equity, &equity_total, Some("Equity")));
    }
    if !others.is_empty() {
        let total = plus(&liabilities_total, &equity_total);
        rows.push(titled(
            "LIABILITIES AND EQUITY",
            "TOTAL LIABILITIES AND EQUITY",
            others,
            &total,
            "TotalLiabilitiesAndEquity",
        ));
    }
    debug_assert!(
        rows.is_empty()
            || assets_total == plus(&liabilities_total, &equity_total)
            || is_filtered(request)
    );
    Report {
        columns: Column::amounts("Account", request),
        rows,
        dated: Dated::Period,
    }
}

/// Debits and credits of each account. Years that are over stand in retained earnings.
pub(super) fn trial_balance(company: &Company, request: &Request) -> Report {
    let sums = with_year(company, request, closed(company, request));
    let kind = Kind::named("Account");
    let mut rows = Vec::new();
    let (mut debits, mut credits) = (0, 0);
    for account_type in crate::ledger::accounts::TYPES {
        for (id, record) in &company.store.shelf(kind).records {
            let amount = u32::try_from(*id)
                .ok()
                .and_then(|id| sums.get(&id)?.last().copied())
                .unwrap_or(0);
            if amount == 0
                || record
                    .scalar("AccountType")
                    .is_none_or(|it| it != account_type.name)
            {
                continue;
            }
            let name = record.scalar("FullyQualifiedName").unwrap_or_default();
            let (debit, credit) = if amount > 0 {
                (amount, 0)
            } else {
                (0, -amount)
            };
            debits += debit;
            credits += credit;
            rows.push(Row::Data(vec![
                Cell::with_id(name, *id),
                Cell::amount(debit),
                Cell::amount(credit),
            ]));
        }
    }
    if !rows.is_empty() {
        let summary = vec![
            Cell::text("TOTAL"),
            Cell::text(decimal(debits)),
            Cell::text(decimal(credits)),
        ];
        rows.push(Row::Section(Section {
            summary,
            group: Some("GrandTotal"),
            ..Section::default()
        }));
    }
    let columns = vec![
        Column::new("", "Account", "account"),
        Column::new("Debit", "Money", "debit"),
        Column::new("Credit", "Money", "credit"),
    ];
    Report {
        columns,
        rows,
        dated: Dated::Period,
    }
}

/// Balances with the income and expenses of the year in their own accounts.
fn with_year(company: &Company, request: &Request, mut sums: Sums) -> Sums {
    let year = request.fiscal_year(request.end);
    let width = width(request);
    tally::each(company, request, |_, date, posting| {
        if (year..=request.end).contains(&date) && !tally::is_lasting(company, posting.account) {
            let amounts = sums
                .entry(posting.account)
                .or_insert_with(|| vec![0; width]);
            if let Some(last) = amounts.last_mut() {
                *last += posting.amount;
            }
        }
    });
    sums
}

/// Net income, and how what is neither income nor cash changed; what is in the bank and on its way there is cash.
pub(super) fn cash_flow(company: &Company, request: &Request) -> Report {
    let changes = tally::of_period(company, request, |_, posting| Some(posting.account));
    let width = width(request);
    let undeposited = company.account_for(Role::Undeposited);
    let is_cash =
        |account: u32| Some(account) == undeposited || tally::is_of(company, account, &["Bank"]);
    let mut net = vec![0; width];
    let (mut operating, mut investing, mut financing) = (Vec::new(), Vec::new(), Vec::new());
    let mut totals = [vec![0; width], vec![0; width], vec![0; width]];
    for (account, amounts) in &changes {
        let amounts: Vec<Cents> = amounts.iter().map(|cents| -cents).collect();
        if !tally::is_lasting(company, *account) {
            net = plus(&net, &amounts);
            continue;
        }
        if is_cash(*account) || amounts.iter().all(|cents| *cents == 0) {
            continue;
        }
        let place = usize::from(tally::is_of(
            company,
            *account,
            &["Fixed Asset", "Other Asset"],
        )) + 2 * usize::from(tally::is_of(
            company,
            *account,
            &["Long Term Liability", "Equity"],
        ));
        let record = company
            .store
            .get(Kind::named("Account"), u64::from(*account));
        let name = record
            .and_then(|record| record.scalar("FullyQualifiedName"))
            .unwrap_or_default();
        let row = Row::Data(Cell::line(&name, Some(u64::from(*account)), &amounts));
        totals[place] = plus(&totals[place], &amounts);
        [&mut operating, &mut investing, &mut financing][place].push(row);
    }
    let before = cash_before(company, request, &is_cash);
    let rows = cash_rows(
        request,
        &net,
        [operating, investing, financing],
        &totals,
        before,
    );
    Report {
        columns: Column::amounts("Account", request),
        rows,
        dated: Dated::Period,
    }
}

fn cash_rows(
    request: &Request,
    net: &[Cents],
    parts: [Vec<Row>; 3],
    totals: &[Vec<Cents>; 3],
    before: Cents,
) -> Vec<Row> {
    let [adjustments, investing, financing] = parts;
    let operating_total = plus(net, &totals[0]);
    let increase = plus(&plus(&operating_total, &totals[1]), &totals[2]);
    let is_empty = before == 0
        && adjustments.is_empty()
        && investing.is_empty()
        && financing.is_empty()
        && net.iter().all(|cents| *cents == 0);
    if is_empty {
        return Vec::new();
    }
    let operating = operating_rows(net, adjustments, &totals[0]);
    let provided = |name: &str| format!("Net cash provided by {name} activities");
    let mut rows = vec![titled(
        "OPERATING ACTIVITIES",
        &provided("operating"),
        operating,
        &operating_total,
        "OperatingActivities",
    )];
    if !investing.is_empty() {
        rows.push(titled(
            "INVESTING ACTIVITIES",
            &provided("investing"),
            investing,
            &totals[1],
            "InvestingActivities",
        ));
    }
    if !financing.is_empty() {
        rows.push(titled(
            "FINANCING ACTIVITIES",
            &provided("financing"),
            financing,
            &totals[2],
            "FinancingActivities",
        ));
    }
    rows.push(Row::sum(
        "Net cash increase for period",
        &increase,
        Some("CashIncrease"),
    ));
    let (begins, ends) = cash_levels(request, &increase, before);
    rows.push(Row::Section(Section {
        rows: vec![Row::Data(Cell::line(
            "Cash at beginning of period",
            None,
            &begins,
        ))],
        group: Some("BeginningCash"),
        ..Section::default()
    }));
    rows.push(Row::sum("Cash at end of period", &ends, Some("EndingCash")));
    rows
}

fn operating_rows(net: &[Cents], adjustments: Vec<Row>, total: &[Cents]) -> Vec<Row> {
    let mut rows = vec![Row::sum("Net Income", net, Some("NetIncome"))];
    if !adjustments.is_empty() {
        let title = "Adjustments to reconcile Net Income to Net Cash provided by operations:";
        rows.push(section(
            title,
            adjustments,
            total,
            Some("OperatingAdjustments"),
        ));
    }
    rows
}

/// Cash at the beginning and at the end of each column.
fn cash_levels(request: &Request, increase: &[Cents], before: Cents) -> (Vec<Cents>, Vec<Cents>) {
    if !request.split.is_of_time() || request.split == Split::Total {
        let begins: Vec<Cents> = increase
            .iter()
            .enumerate()
            .map(|(place, _)| {
                if place + 1 == increase.len() {
                    before
                } else {
                    0
                }
            })
            .collect();
        let ends = plus(&begins, increase);
        return (begins, ends);
    }
    let mut level = before;
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    let periods = request.columns.len();
    for change in increase.iter().take(periods) {
        begins.push(level);
        level += change;
        ends.push(level);
    }
    if increase.len() > periods {
        begins.push(before);
        ends.push(level);
    }
    (begins, ends)
}

fn cash_before(company: &Company, request: &Request, is_cash: &dyn Fn(u32) -> bool) -> Cents {
    let mut before = 0;
    tally::each(company, request, |_, date, posting| {
        if date < request.start && is_cash(posting.account) {
            before += posting.amount;
        }
    });
    before
}

/// Balances at the end of each column, with the income of years that were over by then in retained earnings.
fn closed(company: &Company, request: &Request) -> Sums {
    let all = tally::until(company, request);
    let width = width(request);
    let net = net_income(company, request);
    let mut earned = vec![0; width];
    let mut sums = Sums::new();
    for (account, amounts) in all {
        if tally::is_lasting(company, account) {
            sums.insert(account, amounts);
        } else {
            earned = plus(&earned, &amounts);
        }
    }
    // What was earned in this year is not retained yet.
    let earned = plus(&earned, &net);
    if let Some(retained) = company
        .account_for(Role::Retained)
        .or_else(|| company.account_for(Role::OpeningBalance))
    {
        let amounts = sums.entry(retained).or_insert_with(|| vec![0; width]);
        *amounts = plus(amounts, &earned);
    }
    sums
}

/// What was earned from the beginning of the fiscal year to the end of each column.
fn net_income(company: &Company, request: &Request) -> Vec<Cents> {
    let mut net = vec![0; width(request)];
    let last = net.len() - 1;
    let years: Vec<_> = request
        .periods
        .iter()
        .map(|(_, end)| (request.fiscal_year(*end), *end))
        .collect();
    let year = request.fiscal_year(request.end);
    tally::each(company, request, |_, date, posting| {
        if tally::is_lasting(company, posting.account) {
            return;
        }
        if request.split.is_of_time() {
            for (column, (start, end)) in years.iter().enumerate() {
                if (*start..=*end).contains(&date) {
                    net[column] -= posting.amount;
                }
            }
        } else if (year..=request.end).contains(&date)
            && let Some(column) = request.column(date, posting)
        {
            net[column] -= posting.amount;
            net[last] -= posting.amount;
        }
    });
    if request.split.is_of_time() && request.has_total_column() && last > 0 {
        net[last] = net[last - 1];
    }
    net
}

fn assets(held: &Tree) -> (Option<Row>, Vec<Cents>) {
    let (current, total) = sections(
        held,
        &[
            ("Bank Accounts", "Bank", "BankAccounts"),
            ("Accounts Receivable", "Accounts Receivable", "AR"),
            (
                "Other Current Assets",
                "Other Current Asset",
                "OtherCurrentAssets",
            ),
        ],
    );
    let current = (!current.is_empty())
        .then(|| section("Current Assets", current, &total, Some("CurrentAssets")));
    let (rest, rest_total) = sections(
        held,
        &[
            ("Fixed Assets", "Fixed Asset", "FixedAssets"),
            ("Other Assets", "Other Asset", "OtherAssets"),
        ],
    );
    let total = plus(&total, &rest_total);
    let rows: Vec<Row> = current.into_iter().chain(rest).collect();
    let row =
        (!rows.is_empty()).then(|| titled("ASSETS", "TOTAL ASSETS", rows, &total, "TotalAssets"));
    (row, total)
}

fn liabilities(owed: &Tree) -> (Option<Row>, Vec<Cents>) {
    let (current, total) = sections(
        owed,
        &[
            ("Accounts Payable", "Accounts Payable", "AP"),
            ("Credit Cards", "Credit Card", "CreditCards"),
            (
                "Other Current Liabilities",
                "Other Current Liability",
                "OtherCurrentLiabilities",
            ),
        ],
    );
    let current = (!current.is_empty()).then(|| {
        section(
            "Current Liabilities",
            current,
            &total,
            Some("CurrentLiabilities"),
        )
    });
    let (rest, rest_total) = sections(
        owed,
        &[(
            "Long-Term Liabilities",
            "Long Term Liability",
            "LongTermLiabilities",
        )],
    );
    let total = plus(&total, &rest_total);
    let rows: Vec<Row> = current.into_iter().chain(rest).collect();
    let row = (!rows.is_empty()).then(|| section("Liabilities", rows, &total, Some("Liabilities")));
    (row, total)
}

fn sections(tree: &Tree, parts: &[(&str, &str, &'static str)]) -> (Vec<Row>, Vec<Cents>) {
    let mut rows = Vec::new();
    let mut total = vec![0; tree.width];
    for (title, account_type, group) in parts {
        let (row, amounts) = tree.section(title, &[account_type], group);
        rows.extend(row);
        total = plus(&total, &amounts);
    }
    (rows, total)
}

fn titled(title: &str, summary: &str, rows: Vec<Row>, total: &[Cents], group: &'static str) -> Row {
    Row::Section(Section {
        header: Cell::title(title, None, total.len() + 1),
        rows,
        summary: Cell::line(summary, None, total),
        group: Some(group),
    })
}

/// Whether some postings are left out, so that the two sides need not agree.
fn is_filtered(request: &Request) -> bool {
    !request.named_filters.is_empty() || !request.split.is_of_time()
}

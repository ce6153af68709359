//! Income and expenses by who or what they are with: customers, vendors, items, classes, departments, tax agencies.

use std::collections::BTreeMap;

use super::request::{Request, shown_name};
use super::shape::{Cell, Column, Dated, Report, Row};
use super::tally;
use super::transaction::person;
use crate::company::{Company, Key};
use crate::json::Cents;
use crate::ledger::Posting;
use crate::schema::Kind;

const INCOME: &[&str] = &["Income", "Other Income"];
const EXPENSES: &[&str] = &["Cost of Goods Sold", "Expense", "Other Expense"];

pub(super) fn by_customer(company: &Company, request: &Request) -> Report {
    let sums = sales(company, request, |posting| posting.name);
    listed(request, "Customer", sums, |id| person(company, id))
}

pub(super) fn by_class(company: &Company, request: &Request) -> Report {
    let sums = sales(company, request, |posting| posting.class);
    listed(request, "Class", sums, |id| {
        shown_name(company, Kind::named("Class"), id)
    })
}

pub(super) fn by_department(company: &Company, request: &Request) -> Report {
    let sums = sales(company, request, |posting| posting.department);
    listed(request, "Department", sums, |id| {
        shown_name(company, Kind::named("Department"), id)
    })
}

/// Quantity, amount and share of each item that was sold.
pub(super) fn by_item(company: &Company, request: &Request) -> Report {
    let sums = sales(company, request, |posting| posting.item);
    listed(request, "ProductsAndService", sums, |id| {
        shown_name(company, Kind::named("Item"), id)
    })
}

/// What each customer brought and cost.
pub(super) fn customer_income(company: &Company, request: &Request) -> Report {
    let mut names: BTreeMap<u32, [Cents; 2]> = BTreeMap::new();
    tally::each(company, request, |_, date, posting| {
        if !(request.start..=request.end).contains(&date)
            || tally::is_lasting(company, posting.account)
        {
            return;
        }
        let is_income = tally::is_of(company, posting.account, INCOME);
        let sums = names.entry(posting.name).or_default();
        if is_income {
            sums[0] -= posting.amount;
        } else {
            sums[1] += posting.amount;
        }
    });
    let is_customer = |id: u32| company.exists(Kind::named("Customer"), u64::from(id));
    let mut total = [0; 3];
    let mut rows = Vec::new();
    for (id, [income, cost]) in names.into_iter().filter(|(id, _)| is_customer(*id)) {
        let amounts = [income, cost, income - cost];
        for (sum, amount) in total.iter_mut().zip(amounts) {
            *sum += amount;
        }
        rows.push(Row::Data(Cell::line(
            &person(company, id),
            Some(u64::from(id)),
            &amounts,
        )));
    }
    if !rows.is_empty() {
        rows.push(Row::sum("TOTAL", &total, Some("GrandTotal")));
    }
    let columns = [
        ("", "Customer", "customer"),
        ("Total Income", "Money", "income"),
        ("Total Expenses", "Money", "expenses"),
        ("Net Income", "Money", "netincome"),
    ];
    Report {
        columns: columns
            .map(|(title, kind, key)| Column::new(title, kind, key))
            .into(),
        rows,
        dated: Dated::Period,
    }
}

pub(super) fn vendor_expenses(company: &Company, request: &Request) -> Report {
    let is_vendor = |id: u32| company.exists(Kind::named("Vendor"), u64::from(id));
    let sums = tally::of_period(company, request, |_, posting| {
        let is_expense =
            tally::is_of(company, posting.account, EXPENSES) && is_vendor(posting.name);
        is_expense.then_some(posting.name)
    });
    listed(request, "Vendor", sums, |id| person(company, id))
}

/// What was taken for each tax agency.
pub(super) fn tax_summary(company: &Company, request: &Request) -> Report {
    let taxes = tax_accounts(company);
    let is_sale = |key: Key| {
        matches!(
            Kind::all()[key.0].name,
            "Invoice" | "SalesReceipt" | "CreditMemo" | "RefundReceipt"
        )
    };
    let mut sums = tally::of_period(company, request, |key, posting| {
        (is_sale(key) && taxes.contains(&posting.account)).then_some(posting.account)
    });
    for amounts in sums.values_mut() {
        amounts.iter_mut().for_each(|cents| *cents = -*cents);
    }
    listed(request, "TaxAgency", sums, |id| {
        shown_name(company, Kind::named("Account"), id)
    })
}

pub(super) fn tax_accounts(company: &Company) -> Vec<u32> {
    let accounts = &company.store.shelf(Kind::named("Account")).records;
    let is_of_tax = |subtype: &str| matches!(subtype, "SalesTaxPayable" | "GlobalTaxPayable");
    let found = accounts.iter().filter(|(_, record)| {
        record
            .scalar("AccountSubType")
            .is_some_and(|it| is_of_tax(&it))
    });
    found
        .filter_map(|(id, _)| u32::try_from(*id).ok())
        .collect()
}

fn sales(company: &Company, request: &Request, key: impl Fn(&Posting) -> u32) -> tally::Sums {
    let mut sums = tally::of_period(company, request, |_, posting| {
        tally::is_of(company, posting.account, INCOME).then(|| key(posting))
    });
    for amounts in sums.values_mut() {
        amounts.iter_mut().for_each(|cents| *cents = -*cents);
    }
    sums
}

/// A row for each key, in the order of names, over their sum.
fn listed(
    request: &Request,
    first: &'static str,
    sums: tally::Sums,
    name: impl Fn(u32) -> String,
) -> Report {
    let mut total = vec![0; tally::width(request)];
    let mut rows = Vec::new();
    for (id, amounts) in sums
        .into_iter()
        .filter(|(_, amounts)| amounts.iter().any(|cents| *cents != 0))
    {
        total = tally::plus(&total, &amounts);
        let name = Some(name(id))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "Not Specified".to_owned());
        rows.push((
            name.to_lowercase(),
            Row::Data(Cell::line(&name, Some(u64::from(id)), &amounts)),
        ));
    }
    rows.sort_by(|one, two| one.0.cmp(&two.0));
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    if !rows.is_empty() {
        rows.push(Row::sum("TOTAL", &total, Some("GrandTotal")));
    }
    Report {
        columns: Column::amounts(first, request),
        rows,
        dated: Dated::Period,
    }
}

//! Reports that tax offices ask for: France's file of entries and Australia's activity statement.
//!
//! The columns of the first are those of the French decree (Livre des procédures fiscales, article A47 A-1); the boxes
//! of the second those of the Australian form, filled from what the tax accounts and the profit and loss hold.

use jiff::civil::Date;

use super::request::Request;
use super::shape::{Cell, Column, Dated, Report, Row, Section};
use super::tally;
use super::transaction::{Transaction, account_name, person};
use crate::company::{Company, Key};
use crate::json::{self, Cents};
use crate::ledger::{Entry, Posting};
use crate::schema::Kind;

const ENTRY_COLUMNS: [(&str, &str); 18] = [
    ("JournalCode", "String"),
    ("JournalLib", "String"),
    ("EcritureNum", "String"),
    ("EcritureDate", "Date"),
    ("CompteNum", "String"),
    ("CompteLib", "String"),
    ("CompAuxNum", "String"),
    ("CompAuxLib", "String"),
    ("PieceRef", "String"),
    ("PieceDate", "Date"),
    ("EcritureLib", "String"),
    ("Debit", "Money"),
    ("Credit", "Money"),
    ("EcritureLet", "String"),
    ("DateLet", "Date"),
    ("ValidDate", "Date"),
    ("Montantdevise", "Money"),
    ("Idevise", "String"),
];

const INCOME: &[&str] = &["Income", "Other Income"];
const EXPENSES: &[&str] = &["Cost of Goods Sold", "Expense", "Other Expense"];

/// Every posting of the period, a row each, numbered by transaction.
pub(super) fn entries(company: &Company, request: &Request) -> Report {
    let mut keyed: Vec<(Key, Entry)> = tally::entries(company, request);
    keyed.retain(|(_, entry)| (request.start..=request.end).contains(&entry.date));
    keyed.sort_by_key(|(key, entry)| (entry.date, key.1));
    let mut rows = Vec::new();
    for (number, (key, entry)) in keyed.iter().enumerate() {
        let Some(transaction) = Transaction::read(company, *key) else {
            continue;
        };
        let row = |posting| Row::Data(entry_row(company, &transaction, number + 1, posting));
        rows.extend(entry.postings.iter().map(row));
    }
    let columns = ENTRY_COLUMNS.map(|(title, kind)| Column::new(title, kind, title));
    Report {
        columns: columns.into(),
        rows,
        dated: Dated::Period,
    }
}

fn entry_row(
    company: &Company,
    transaction: &Transaction,
    number: usize,
    posting: &Posting,
) -> Vec<Cell> {
    let (code, journal) = journal_of(Kind::all()[transaction.key.0].name);
    let account = u64::from(posting.account);
    let aside = match posting.name {
        0 => String::new(),
        name => name.to_string(),
    };
    let memo = match transaction.memo.as_str() {
        "" => transaction.label.to_owned(),
        memo => memo.to_owned(),
    };
    vec![
        Cell::text(code),
        Cell::text(journal),
        Cell::with_id(number.to_string(), transaction.key.1),
        Cell::text(day(transaction.date)),
        Cell::text(account_number(company, account)),
        Cell::with_id(account_name(company, posting.account), account),
        Cell::text(aside),
        Cell::text(person(company, posting.name)),
        Cell::text(transaction.number.clone()),
        Cell::text(day(transaction.date)),
        Cell::text(memo),
        Cell::text(json::decimal(posting.amount.max(0))),
        Cell::text(json::decimal((-posting.amount).max(0))),
        Cell::text(""),
        Cell::text(""),
        Cell::text(day(transaction.date)),
        Cell::text(""),
        Cell::text(""),
    ]
}

/// The journal that a kind of transaction is written in: sales, purchases, bank, or the rest.
fn journal_of(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "Invoice" | "SalesReceipt" | "CreditMemo" | "RefundReceipt" => ("VT", "Ventes"),
        "Bill" | "VendorCredit" => ("AC", "Achats"),
        "Payment" | "BillPayment" | "Purchase" | "Deposit" | "Transfer" | "CreditCardPayment" => {
            ("BQ", "Banque")
        }
        _ => ("OD", "Opérations diverses"),
    }
}

/// The number that the company gave an account, or its id.
fn account_number(company: &Company, id: u64) -> String {
    let record = company.store.get(Kind::named("Account"), id);
    let number = record.and_then(|record| record.scalar("AcctNum"));
    number.map_or_else(|| id.to_string(), std::borrow::Cow::into_owned)
}

/// As the decree has it: `20261122`.
fn day(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// What a posting counts as in the activity statement.
#[derive(Clone, Copy)]
enum Part {
    Sales,
    Purchases,
    TaxOnSales,
    TaxOnPurchases,
}

/// Sales and purchases with their taxes, and what is due.
pub(super) fn activity_statement(company: &Company, request: &Request) -> Report {
    let taxes = super::sales::tax_accounts(company);
    let sums = tally::of_period(company, request, |key, posting| {
        part(company, &taxes, key, posting).map(|part| part as u32)
    });
    let width = tally::width(request);
    let sum = |part: Part| sums.get(&(part as u32)).cloned().unwrap_or(vec![0; width]);
    let turned = |part| sum(part).iter().map(|cents| -cents).collect::<Vec<Cents>>();
    let (on_sales, on_purchases) = (turned(Part::TaxOnSales), sum(Part::TaxOnPurchases));
    let with = |one: &[Cents], two: &[Cents]| -> Vec<Cents> {
        one.iter().zip(two).map(|(one, two)| one + two).collect()
    };
    let sold = with(&turned(Part::Sales), &on_sales);
    let bought = with(&sum(Part::Purchases), &on_purchases);
    let due: Vec<Cents> = on_sales
        .iter()
        .zip(&on_purchases)
        .map(|(one, two)| one - two)
        .collect();
    let boxes = [
        ("G1 Total sales", &sold),
        ("1A GST on sales", &on_sales),
        ("G11 Non-capital purchases", &bought),
        ("1B GST on purchases", &on_purchases),
    ];
    let mut rows = Vec::new();
    if !sums.is_empty() {
        rows.extend(boxes.map(|(title, amounts)| Row::Data(Cell::line(title, None, amounts))));
        rows.push(Row::Section(Section {
            summary: Cell::line("9 Payment or refund", None, &due),
            group: Some("GrandTotal"),
            ..Section::default()
        }));
    }
    Report {
        columns: Column::amounts("Box", request),
        rows,
        dated: Dated::Period,
    }
}

fn part(company: &Company, taxes: &[u32], key: Key, posting: &Posting) -> Option<Part> {
    if taxes.contains(&posting.account) {
        return match journal_of(Kind::all()[key.0].name).0 {
            "VT" => Some(Part::TaxOnSales),
            "AC" => Some(Part::TaxOnPurchases),
            _ => None,
        };
    }
    let is_of = |types| tally::is_of(company, posting.account, types);
    if is_of(INCOME) {
        return Some(Part::Sales);
    }
    is_of(EXPENSES).then_some(Part::Purchases)
}

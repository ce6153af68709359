//! What each customer owes and each vendor is owed.

use std::collections::BTreeMap;

use super::open::{self, Item};
use super::request::Request;
use super::shape::{Cell, Column, Dated, Report, Row, Section};
use super::transaction::person;
use crate::company::Company;
use crate::json::{Cents, decimal};
use crate::ledger::Side;

pub(super) fn customer_balance(company: &Company, request: &Request) -> Report {
    balance(company, request, Side::Receivable)
}

pub(super) fn vendor_balance(company: &Company, request: &Request) -> Report {
    balance(company, request, Side::Payable)
}

pub(super) fn customer_balance_detail(company: &Company, request: &Request) -> Report {
    detail(company, request, Side::Receivable)
}

pub(super) fn vendor_balance_detail(company: &Company, request: &Request) -> Report {
    detail(company, request, Side::Payable)
}

fn balance(company: &Company, request: &Request, side: Side) -> Report {
    let mut rows = Vec::new();
    let mut total = 0;
    for (name, items) in by_name(company, request, side) {
        let open: Cents = items.iter().map(|item| item.open).sum();
        if open != 0 {
            total += open;
            let id = items.first().map_or(0, |item| item.name);
            rows.push(Row::Data(Cell::line(&name, Some(u64::from(id)), &[open])));
        }
    }
    if !rows.is_empty() {
        rows.push(Row::sum("TOTAL", &[total], Some("GrandTotal")));
    }
    let first = if side == Side::Receivable {
        "Customer"
    } else {
        "Vendor"
    };
    let columns = vec![
        Column::new("", first, "name"),
        Column::new("Total", "Money", "total"),
    ];
    Report {
        columns,
        rows,
        dated: Dated::Day,
    }
}

fn detail(company: &Company, request: &Request, side: Side) -> Report {
    let mut rows = Vec::new();
    let (mut amount, mut open) = (0, 0);
    for (name, items) in by_name(company, request, side) {
        let mut level = 0;
        let id = items.first().map_or(0, |item| item.name);
        let sums = (
            items.iter().map(|item| item.amount).sum::<Cents>(),
            items.iter().map(|item| item.open).sum::<Cents>(),
        );
        amount += sums.0;
        open += sums.1;
        let lines = items.iter().map(|item| {
            level += item.open;
            Row::Data(cells(item, level))
        });
        rows.push(Row::Section(Section {
            header: Cell::title(&name, Some(u64::from(id)), COLUMNS.len()),
            rows: lines.collect(),
            summary: summary(&format!("Total for {name}"), sums),
            group: None,
        }));
    }
    if !rows.is_empty() {
        rows.push(Row::Section(Section {
            summary: summary("TOTAL", (amount, open)),
            group: Some("GrandTotal"),
            ..Section::default()
        }));
    }
    let columns = COLUMNS
        .iter()
        .map(|(title, kind, key)| Column::new(*title, kind, *key));
    Report {
        columns: columns.collect(),
        rows,
        dated: Dated::Day,
    }
}

const COLUMNS: [(&str, &str, &str); 7] = [
    ("Date", "Date", "tx_date"),
    ("Transaction Type", "String", "txn_type"),
    ("Num", "String", "doc_num"),
    ("Due Date", "Date", "due_date"),
    ("Amount", "Money", "subt_amount"),
    ("Open Balance", "Money", "subt_open_bal"),
    ("Balance", "Money", "rbal_open_bal"),
];

fn cells(item: &Item, level: Cents) -> Vec<Cell> {
    let transaction = &item.transaction;
    vec![
        Cell::text(transaction.date.to_string()),
        Cell::with_id(transaction.label, transaction.key.1),
        Cell::text(transaction.number.clone()),
        Cell::text(transaction.due.to_string()),
        Cell::text(decimal(item.amount)),
        Cell::text(decimal(item.open)),
        Cell::text(decimal(level)),
    ]
}

fn summary(title: &str, (amount, open): (Cents, Cents)) -> Vec<Cell> {
    let mut cells = Cell::title(title, None, 4);
    cells.extend([amount, open].map(|cents| Cell::text(decimal(cents))));
    cells.push(Cell::default());
    cells
}

/// What is open, by name in the order of names; all of it if paid ones are asked for too.
fn by_name(company: &Company, request: &Request, side: Side) -> BTreeMap<String, Vec<Item>> {
    let paid = request.paid.as_deref().map(str::to_lowercase);
    let is_wanted = |item: &Item| match paid.as_deref() {
        Some("all") => true,
        Some("paid") => item.open == 0,
        _ => item.open != 0,
    };
    let mut names: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in open::items(company, side, request.end) {
        if request.admits_name(item.name) && is_wanted(&item) {
            names
                .entry(person(company, item.name))
                .or_default()
                .push(item);
        }
    }
    names
}

//! Goods on hand: how many, and what they cost.

use super::request::{Request, shown_name};
use super::shape::{Cell, Column, Dated, Report, Row, Section};
use super::transaction::Transaction;
use crate::company::Company;
use crate::json::decimal;
use crate::ledger::{QUANTITY, Stock};
use crate::schema::Kind;

pub(super) fn valuation_summary(company: &Company, request: &Request) -> Report {
    let mut rows = Vec::new();
    let mut total = Stock::default();
    for (id, stock) in on_hand(company, request) {
        total.value += stock.value;
        total.quantity += stock.quantity;
        let name = shown_name(company, Kind::named("Item"), id);
        let sku = company.store.get(Kind::named("Item"), u64::from(id));
        let sku = sku
            .and_then(|record| record.scalar("Sku"))
            .unwrap_or_default()
            .into_owned();
        let mut cells = vec![Cell::with_id(name, u64::from(id)), Cell::text(sku)];
        cells.extend(amounts(stock));
        rows.push(Row::Data(cells));
    }
    if !rows.is_empty() {
        let summary = vec![
            Cell::text("TOTAL"),
            Cell::default(),
            Cell::text(quantity(total.quantity)),
            Cell::text(decimal(total.value)),
            Cell::default(),
        ];
        rows.push(Row::Section(Section {
            summary,
            group: Some("GrandTotal"),
            ..Section::default()
        }));
    }
    let columns = [
        ("", "ProductsAndService", "item"),
        ("SKU", "String", "sku"),
        ("Qty", "Numeric", "qty"),
        ("Asset Value", "Money", "asset_value"),
        ("Calc. Avg", "Money", "calc_avg"),
    ];
    Report {
        columns: columns
            .map(|(title, kind, key)| Column::new(title, kind, key))
            .into(),
        rows,
        dated: Dated::Day,
    }
}

/// Each item's changes in the order of days, with what was on hand after each.
pub(super) fn valuation_detail(company: &Company, request: &Request) -> Report {
    let mut rows = Vec::new();
    for (id, _) in on_hand(company, request) {
        let mut level = Stock::default();
        let lines = changes(company, request)
            .into_iter()
            .filter(|(_, item, _)| *item == id)
            .map(|(transaction, _, change)| {
                level.quantity += change.quantity;
                level.value += change.value;
                Row::Data(vec![
                    Cell::text(transaction.date.to_string()),
                    Cell::with_id(transaction.label, transaction.key.1),
                    Cell::text(transaction.number.clone()),
                    Cell::with_id(transaction.name.clone(), u64::from(transaction.name_id)),
                    Cell::text(quantity(change.quantity)),
                    Cell::text(decimal(change.value)),
                    Cell::text(quantity(level.quantity)),
                    Cell::text(decimal(level.value)),
                ])
            });
        let name = shown_name(company, Kind::named("Item"), id);
        rows.push(Row::Section(Section {
            header: Cell::title(&name, Some(u64::from(id)), 8),
            rows: lines.collect(),
            ..Section::default()
        }));
    }
    let columns = [
        ("Date", "Date", "tx_date"),
        ("Transaction Type", "String", "txn_type"),
        ("Num", "String", "doc_num"),
        ("Name", "String", "name"),
        ("Qty", "Numeric", "quantity"),
        ("FIFO Cost", "Money", "cost"),
        ("Qty on Hand", "Numeric", "rbal_qty"),
        ("Asset Value", "Money", "rbal_asset"),
    ];
    Report {
        columns: columns
            .map(|(title, kind, key)| Column::new(title, kind, key))
            .into(),
        rows,
        dated: Dated::Period,
    }
}

/// What is on hand on the request's day, by item.
fn on_hand(company: &Company, request: &Request) -> Vec<(u32, Stock)> {
    let mut stock = std::collections::BTreeMap::<u32, Stock>::new();
    for (_, entry) in company
        .ledger
        .entries()
        .filter(|(_, entry)| entry.date <= request.end)
    {
        for change in &entry.moves {
            let sum = stock.entry(change.item).or_default();
            sum.quantity += change.stock.quantity;
            sum.value += change.stock.value;
        }
    }
    stock.into_iter().collect()
}

fn changes(company: &Company, request: &Request) -> Vec<(Transaction, u32, Stock)> {
    let entries = company
        .ledger
        .entries()
        .filter(|(_, entry)| entry.date <= request.end && !entry.moves.is_empty());
    let mut changes: Vec<(Transaction, u32, Stock)> = Vec::new();
    for (key, entry) in entries {
        for change in &entry.moves {
            changes.extend(
                Transaction::read(company, key)
                    .map(|transaction| (transaction, change.item, change.stock)),
            );
        }
    }
    changes.sort_by_key(|(transaction, ..)| (transaction.date, transaction.key.1));
    changes
}

fn amounts(stock: Stock) -> [Cell; 3] {
    let average = stock.cost(QUANTITY as i64);
    [
        Cell::text(quantity(stock.quantity)),
        Cell::text(decimal(stock.value)),
        average.map_or_else(Cell::default, |cents| Cell::text(decimal(cents))),
    ]
}

#[expect(
    clippy::cast_precision_loss,
    reason = "quantities stay below 2^53 parts"
)]
fn quantity(parts: i64) -> String {
    format!("{:.2}", parts as f64 / QUANTITY)
}

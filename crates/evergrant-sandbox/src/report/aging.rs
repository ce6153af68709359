//! How old is what is owed.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::open::{self, Item};
use super::request::Request;
use super::shape::{Cell, Column, Dated, Report, Row, Section};
use super::tally::plus;
use super::transaction::person;
use crate::company::Company;
use crate::json::{Cents, decimal};
use crate::ledger::Side;

pub(super) fn receivables(company: &Company, request: &Request) -> Report {
    summary(company, request, Side::Receivable)
}

pub(super) fn payables(company: &Company, request: &Request) -> Report {
    summary(company, request, Side::Payable)
}

pub(super) fn receivable_detail(company: &Company, request: &Request) -> Report {
    detail(company, request, Side::Receivable)
}

pub(super) fn payable_detail(company: &Company, request: &Request) -> Report {
    detail(company, request, Side::Payable)
}

/// A row for each name, a column for each age.
fn summary(company: &Company, request: &Request, side: Side) -> Report {
    let titles = titles(request);
    let width = titles.len() + 1;
    let mut names: BTreeMap<u32, Vec<Cents>> = BTreeMap::new();
    for item in owed(company, request, side) {
        let amounts = names.entry(item.name).or_insert_with(|| vec![0; width]);
        amounts[age(request, item.transaction.due)] += item.open;
        amounts[width - 1] += item.open;
    }
    let mut rows: Vec<(String, Row)> = Vec::new();
    let mut total = vec![0; width];
    for (id, amounts) in names
        .into_iter()
        .filter(|(_, amounts)| amounts.iter().any(|cents| *cents != 0))
    {
        total = plus(&total, &amounts);
        let name = person(company, id);
        let cells = amounts.iter().map(|cents| Cell::amount(*cents));
        let row = std::iter::once(Cell::with_id(name.clone(), u64::from(id))).chain(cells);
        rows.push((name.to_lowercase(), Row::Data(row.collect())));
    }
    rows.sort_by(|one, two| one.0.cmp(&two.0));
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    if !rows.is_empty() {
        rows.push(Row::sum("TOTAL", &total, Some("GrandTotal")));
    }
    let first = if side == Side::Receivable {
        "Customer"
    } else {
        "Vendor"
    };
    let mut columns = vec![Column::new(
        "",
        first,
        if side == Side::Receivable {
            "cust_name"
        } else {
            "vend_name"
        },
    )];
    columns.extend(titles.iter().enumerate().map(|(place, title)| {
        Column::new(
            title.clone(),
            "Money",
            if place == 0 {
                "current".to_owned()
            } else {
                (place - 1).to_string()
            },
        )
    }));
    columns.push(Column::new("Total", "Money", "total"));
    Report {
        columns,
        rows,
        dated: Dated::Day,
    }
}

/// A section for each age, oldest first, a row for each transaction.
fn detail(company: &Company, request: &Request, side: Side) -> Report {
    let titles = titles(request);
    let mut ages: Vec<Vec<Item>> = titles.iter().map(|_| Vec::new()).collect();
    for item in owed(company, request, side) {
        ages[age(request, item.transaction.due)].push(item);
    }
    let mut rows = Vec::new();
    let (mut amount, mut open) = (0, 0);
    for (title, items) in titles
        .iter()
        .zip(ages)
        .rev()
        .filter(|(_, items)| !items.is_empty())
    {
        let title = if title == "Current" {
            title.clone()
        } else {
            format!("{title} days past due")
        };
        let sums = (
            items.iter().map(|item| item.amount).sum::<Cents>(),
            items.iter().map(|item| item.open).sum::<Cents>(),
        );
        amount += sums.0;
        open += sums.1;
        rows.push(Row::Section(Section {
            header: Cell::title(&title, None, DETAIL_COLUMNS.len()),
            rows: items
                .iter()
                .map(|item| Row::Data(item_cells(company, request, item)))
                .collect(),
            summary: summary_cells(&format!("Total for {title}"), sums),
            group: None,
        }));
    }
    if !rows.is_empty() {
        rows.push(Row::Section(Section {
            summary: summary_cells("TOTAL", (amount, open)),
            group: Some("GrandTotal"),
            ..Section::default()
        }));
    }
    let name = if side == Side::Receivable {
        ("Customer", "cust_name")
    } else {
        ("Vendor", "vend_name")
    };
    let columns = DETAIL_COLUMNS.iter().map(|(title, kind, key)| match *key {
        "name" => Column::new(name.0, kind, name.1),
        key => Column::new(*title, kind, key),
    });
    Report {
        columns: columns.collect(),
        rows,
        dated: Dated::Day,
    }
}

const DETAIL_COLUMNS: [(&str, &str, &str); 8] = [
    ("Date", "Date", "tx_date"),
    ("Transaction Type", "String", "txn_type"),
    ("Num", "String", "doc_num"),
    ("Name", "String", "name"),
    ("Due Date", "Date", "due_date"),
    ("Past Due", "Numeric", "past_due"),
    ("Amount", "Money", "subt_amount"),
    ("Open Balance", "Money", "subt_open_bal"),
];

fn item_cells(company: &Company, request: &Request, item: &Item) -> Vec<Cell> {
    let transaction = &item.transaction;
    vec![
        Cell::text(transaction.date.to_string()),
        Cell::with_id(transaction.label, transaction.key.1),
        Cell::text(transaction.number.clone()),
        Cell::with_id(person(company, item.name), u64::from(item.name)),
        Cell::text(transaction.due.to_string()),
        Cell::text(days_late(request, transaction.due).to_string()),
        Cell::text(decimal(item.amount)),
        Cell::text(decimal(item.open)),
    ]
}

fn summary_cells(title: &str, (amount, open): (Cents, Cents)) -> Vec<Cell> {
    let mut cells = Cell::title(title, None, DETAIL_COLUMNS.len() - 2);
    cells.push(Cell::text(decimal(amount)));
    cells.push(Cell::text(decimal(open)));
    cells
}

fn owed(company: &Company, request: &Request, side: Side) -> impl Iterator<Item = Item> {
    let items = open::items(company, side, request.end);
    items
        .into_iter()
        .filter(|item| item.open != 0 && request.admits_name(item.name))
}

/// `Current`, `1 - 30`, … and `91 and over`.
fn titles(request: &Request) -> Vec<String> {
    let (count, length) = request.aging;
    let count = i64::try_from(count).unwrap_or(4);
    let period = |place: i64| {
        let first = (place - 1) * length + 1;
        if place == count {
            format!("{first} and over")
        } else {
            format!("{first} - {}", place * length)
        }
    };
    std::iter::once("Current".to_owned())
        .chain((1..=count).map(period))
        .collect()
}

/// The place of a due date among the ages.
fn age(request: &Request, due: Date) -> usize {
    let (count, length) = request.aging;
    match days_late(request, due) {
        late if late <= 0 => 0,
        late => usize::try_from((late - 1) / length + 1)
            .unwrap_or(count)
            .min(count),
    }
}

fn days_late(request: &Request, due: Date) -> i64 {
    request
        .end
        .since(due)
        .map_or(0, |span| i64::from(span.get_days()))
}

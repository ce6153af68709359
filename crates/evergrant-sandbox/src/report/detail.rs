//! Lists: the general ledger, the journal, transactions, accounts.

use std::collections::BTreeMap;

use super::request::Request;
use super::shape::{Cell, Column, Dated, Report, Row, Section};
use super::tally;
use super::transaction::{Transaction, account_name, person};
use crate::company::{Company, Key};
use crate::json::{self, Cents, decimal};
use crate::ledger::accounts::{is_debit, is_lasting};
use crate::ledger::{Entry, Posting};
use crate::schema::Kind;

/// A posting with the day and the transaction that it is of.
struct Line {
    key: Key,
    entry: Entry,
    posting: Posting,
}

pub(super) fn general_ledger(company: &Company, request: &Request) -> Report {
    by_account(company, request, |_| true)
}

pub(super) fn profit_and_loss_detail(company: &Company, request: &Request) -> Report {
    by_account(company, request, |account_type| !is_lasting(account_type))
}

const JOURNAL_COLUMNS: [(&str, &str, &str); 8] = [
    ("Date", "Date", "tx_date"),
    ("Transaction Type", "String", "txn_type"),
    ("Num", "String", "doc_num"),
    ("Name", "String", "name"),
    ("Memo/Description", "String", "memo"),
    ("Account", "String", "account_name"),
    ("Debit", "Money", "debt_amt"),
    ("Credit", "Money", "credit_amt"),
];

/// Debits and credits, transaction by transaction.
pub(super) fn journal(company: &Company, request: &Request) -> Report {
    let mut rows = Vec::new();
    let (mut all_debits, mut all_credits) = (0, 0);
    let mut keyed: Vec<(Key, Entry)> = tally::entries(company, request);
    keyed.retain(|(_, entry)| (request.start..=request.end).contains(&entry.date));
    keyed.sort_by_key(|(key, entry)| (entry.date, key.1));
    for (key, entry) in keyed {
        let Some(transaction) = Transaction::read(company, key) else {
            continue;
        };
        let (mut debits, mut credits) = (0, 0);
        for (place, posting) in entry.postings.iter().enumerate() {
            let (debit, credit) = (posting.amount.max(0), (-posting.amount).max(0));
            debits += debit;
            credits += credit;
            let mut cells = if place == 0 {
                head(&transaction)
            } else {
                Cell::title("", None, 3)
            };
            cells.push(Cell::with_id(
                person(company, posting.name),
                u64::from(posting.name),
            ));
            cells.push(Cell::text(transaction.memo.clone()));
            cells.push(Cell::with_id(
                account_name(company, posting.account),
                u64::from(posting.account),
            ));
            cells.extend([Cell::amount(debit), Cell::amount(credit)]);
            rows.push(Row::Data(cells));
        }
        all_debits += debits;
        all_credits += credits;
        rows.push(Row::Section(Section {
            summary: journal_sum("", debits, credits),
            ..Section::default()
        }));
    }
    if !rows.is_empty() {
        rows.push(Row::Section(Section {
            summary: journal_sum("TOTAL", all_debits, all_credits),
            group: Some("GrandTotal"),
            ..Section::default()
        }));
    }
    Report {
        columns: JOURNAL_COLUMNS
            .map(|(title, kind, key)| Column::new(title, kind, key))
            .into(),
        rows,
        dated: Dated::Period,
    }
}

pub(super) fn transaction_list(company: &Company, request: &Request) -> Report {
    let rows = listed(company, request)
        .iter()
        .map(|it| Row::Data(cells(company, it)))
        .collect();
    Report {
        columns: list_columns(),
        rows,
        dated: Dated::Period,
    }
}

pub(super) fn transactions_by_customer(company: &Company, request: &Request) -> Report {
    grouped(company, request, "Customer")
}

pub(super) fn transactions_by_vendor(company: &Company, request: &Request) -> Report {
    grouped(company, request, "Vendor")
}

/// Each transaction with a row for every account that it changes.
pub(super) fn transactions_with_splits(company: &Company, request: &Request) -> Report {
    let mut rows = Vec::new();
    for transaction in listed(company, request) {
        let Some(entry) = company.ledger.entry(transaction.key) else {
            continue;
        };
        let lines = entry.postings.iter().map(|posting| {
            let mut cells = head(&transaction);
            cells.push(Cell::text("Yes"));
            cells.push(Cell::with_id(
                person(company, posting.name),
                u64::from(posting.name),
            ));
            cells.push(Cell::text(transaction.memo.clone()));
            cells.push(Cell::with_id(
                account_name(company, posting.account),
                u64::from(posting.account),
            ));
            cells.extend([Cell::default(), Cell::text(decimal(posting.amount))]);
            Row::Data(cells)
        });
        rows.push(Row::Section(Section {
            header: cells(company, &transaction),
            rows: lines.collect(),
            ..Section::default()
        }));
    }
    Report {
        columns: list_columns(),
        rows,
        dated: Dated::Period,
    }
}

pub(super) fn account_list(company: &Company, _: &Request) -> Report {
    let kind = Kind::named("Account");
    let mut rows: Vec<(String, Row)> = Vec::new();
    for (id, record) in company
        .store
        .shelf(kind)
        .records
        .iter()
        .filter(|(_, record)| record.active)
    {
        let shown = company.live(kind, *id, record);
        let of = |name: &str| json::scalar(&shown, name).unwrap_or_default().into_owned();
        let balance: f64 = of("CurrentBalance").parse().unwrap_or(0.0);
        let name = of("FullyQualifiedName");
        rows.push((
            name.to_lowercase(),
            Row::Data(vec![
                Cell::with_id(name, *id),
                Cell::text(of("AccountType")),
                Cell::text(of("AccountSubType")),
                Cell::text(of("Description")),
                Cell::text(decimal(json::to_cents(balance))),
            ]),
        ));
    }
    rows.sort_by(|one, two| one.0.cmp(&two.0));
    let columns = [
        ("Account", "String", "account_name"),
        ("Type", "String", "account_type"),
        ("Detail type", "String", "detail_acc_type"),
        ("Description", "String", "account_desc"),
        ("Balance", "Money", "account_bal"),
    ];
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Report {
        columns: columns
            .map(|(title, kind, key)| Column::new(title, kind, key))
            .into(),
        rows,
        dated: Dated::Undated,
    }
}

/// A section for each account: what it held before, what changed it, what that comes to.
fn by_account(company: &Company, request: &Request, is_wanted: impl Fn(&str) -> bool) -> Report {
    let mut lines: BTreeMap<u32, Vec<Line>> = BTreeMap::new();
    let mut before: BTreeMap<u32, Cents> = BTreeMap::new();
    for (key, entry) in tally::entries(company, request)
        .into_iter()
        .filter(|(_, entry)| entry.date <= request.end)
    {
        for posting in entry
            .postings
            .iter()
            .filter(|posting| request.admits(posting))
        {
            if entry.date < request.start {
                *before.entry(posting.account).or_default() += posting.amount;
                lines.entry(posting.account).or_default();
            } else {
                lines.entry(posting.account).or_default().push(Line {
                    key,
                    entry: entry.clone(),
                    posting: *posting,
                });
            }
        }
    }
    let mut rows = Vec::new();
    let kind = Kind::named("Account");
    for account_type in crate::ledger::accounts::TYPES
        .iter()
        .filter(|it| is_wanted(it.name))
    {
        for (id, record) in &company.store.shelf(kind).records {
            let Some(account) = u32::try_from(*id).ok().filter(|_| {
                record
                    .scalar("AccountType")
                    .is_some_and(|it| it == account_type.name)
            }) else {
                continue;
            };
            let is_asked = request.accounts.is_empty() || request.accounts.contains(&account);
            if let Some(lines) = lines.remove(&account).filter(|_| is_asked) {
                let sign = if is_debit(account_type.name) { 1 } else { -1 };
                let held = before
                    .get(&account)
                    .filter(|_| is_lasting(account_type.name))
                    .map_or(0, |cents| cents * sign);
                rows.extend(ledger_section(company, account, lines, held, sign));
            }
        }
    }
    Report {
        columns: LEDGER_COLUMNS
            .map(|(title, kind, key)| Column::new(title, kind, key))
            .into(),
        rows,
        dated: Dated::Period,
    }
}

const LEDGER_COLUMNS: [(&str, &str, &str); 8] = [
    ("Date", "Date", "tx_date"),
    ("Transaction Type", "String", "txn_type"),
    ("Num", "String", "doc_num"),
    ("Name", "String", "name"),
    ("Memo/Description", "String", "memo"),
    ("Split", "String", "split_acc"),
    ("Amount", "Money", "subt_nat_amount"),
    ("Balance", "Money", "rbal_nat_amount"),
];

fn ledger_section(
    company: &Company,
    account: u32,
    mut lines: Vec<Line>,
    held: Cents,
    sign: Cents,
) -> Option<Row> {
    if lines.is_empty() && held == 0 {
        return None;
    }
    lines.sort_by_key(|line| (line.entry.date, line.key.1, line.posting.line));
    let mut level = held;
    let mut rows = Vec::new();
    if held != 0 {
        let mut cells = Cell::title("Beginning Balance", None, LEDGER_COLUMNS.len() - 1);
        cells.push(Cell::text(decimal(held)));
        rows.push(Row::Data(cells));
    }
    for line in &lines {
        let Some(transaction) = Transaction::read(company, line.key) else {
            continue;
        };
        let amount = sign * line.posting.amount;
        level += amount;
        let mut cells = head(&transaction);
        cells.push(Cell::with_id(
            person(company, line.posting.name),
            u64::from(line.posting.name),
        ));
        cells.push(Cell::text(transaction.memo));
        cells.push(split(company, &line.entry, account));
        cells.extend([amount, level].map(|cents| Cell::text(decimal(cents))));
        rows.push(Row::Data(cells));
    }
    let name = account_name(company, account);
    let mut summary = Cell::title(&format!("Total for {name}"), None, LEDGER_COLUMNS.len() - 2);
    summary.extend([Cell::text(decimal(level - held)), Cell::default()]);
    let header = Cell::title(&name, Some(u64::from(account)), LEDGER_COLUMNS.len());
    Some(Row::Section(Section {
        header,
        rows,
        summary,
        group: None,
    }))
}

/// The other account of an entry, or that there are several.
fn split(company: &Company, entry: &Entry, account: u32) -> Cell {
    let mut others: Vec<u32> = entry
        .postings
        .iter()
        .map(|posting| posting.account)
        .filter(|it| *it != account)
        .collect();
    others.sort_unstable();
    others.dedup();
    match others.as_slice() {
        [] => Cell::default(),
        [other] => Cell::with_id(account_name(company, *other), u64::from(*other)),
        _ => Cell::text("-Split-"),
    }
}

fn grouped(company: &Company, request: &Request, kind: &str) -> Report {
    let kind = Kind::named(kind);
    let mut names: BTreeMap<(String, u32), Vec<Transaction>> = BTreeMap::new();
    for transaction in listed(company, request) {
        if company.exists(kind, u64::from(transaction.name_id)) {
            names
                .entry((transaction.name.to_lowercase(), transaction.name_id))
                .or_default()
                .push(transaction);
        }
    }
    let rows = names.into_iter().map(|((_, id), transactions)| {
        let name = person(company, id);
        let total: Cents = transactions.iter().map(|it| it.amount).sum();
        let mut summary = Cell::title(&format!("Total for {name}"), None, list_columns().len() - 1);
        summary.push(Cell::text(decimal(total)));
        Row::Section(Section {
            header: Cell::title(&name, Some(u64::from(id)), list_columns().len()),
            rows: transactions
                .iter()
                .map(|it| Row::Data(cells(company, it)))
                .collect(),
            summary,
            group: None,
        })
    });
    Report {
        columns: list_columns(),
        rows: rows.collect(),
        dated: Dated::Period,
    }
}

/// The transactions of the request's days.
fn listed(company: &Company, request: &Request) -> Vec<Transaction> {
    let mut all = Transaction::all(company);
    let is_of_type = |it: &Transaction| {
        let plain: String = it
            .label
            .chars()
            .filter(|it| it.is_alphabetic())
            .collect::<String>()
            .to_lowercase();
        request.transaction_type.as_ref().is_none_or(|asked| {
            plain.starts_with(asked.as_str())
                || Kind::all()[it.key.0].name.eq_ignore_ascii_case(asked)
        })
    };
    all.retain(|it| {
        (request.start..=request.end).contains(&it.date)
            && request.admits_name(it.name_id)
            && is_of_type(it)
    });
    all
}

fn list_columns() -> Vec<Column> {
    let columns = [
        ("Date", "Date", "tx_date"),
        ("Transaction Type", "String", "txn_type"),
        ("Num", "String", "doc_num"),
        ("Posting", "Boolean", "is_no_post"),
        ("Name", "String", "name"),
        ("Memo/Description", "String", "memo"),
        ("Account", "String", "account_name"),
        ("Split", "String", "other_account"),
        ("Amount", "Money", "subt_nat_amount"),
    ];
    columns
        .map(|(title, kind, key)| Column::new(title, kind, key))
        .into()
}

fn cells(company: &Company, transaction: &Transaction) -> Vec<Cell> {
    let (account, other) = transaction.accounts;
    let mut cells = head(transaction);
    cells.push(Cell::text(if transaction.is_posting {
        "Yes"
    } else {
        "No"
    }));
    cells.push(Cell::with_id(
        transaction.name.clone(),
        u64::from(transaction.name_id),
    ));
    cells.push(Cell::text(transaction.memo.clone()));
    cells.push(Cell::with_id(
        account_name(company, account),
        u64::from(account),
    ));
    cells.push(match other {
        Some(other) => Cell::with_id(account_name(company, other), u64::from(other)),
        None if account == 0 => Cell::default(),
        None => Cell::text("-Split-"),
    });
    cells.push(Cell::text(decimal(transaction.amount)));
    cells
}

/// Day, type and number.
fn head(transaction: &Transaction) -> Vec<Cell> {
    vec![
        Cell::text(transaction.date.to_string()),
        Cell::with_id(transaction.label, transaction.key.1),
        Cell::text(transaction.number.clone()),
    ]
}

fn journal_sum(title: &str, debits: Cents, credits: Cents) -> Vec<Cell> {
    let mut cells = Cell::title(title, None, 6);
    cells.extend([debits, credits].map(|cents| Cell::text(decimal(cents))));
    cells
}

//! Sums of postings, by account or by whatever else, in the columns of a request.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::cash;
use super::request::{Basis, Request};
use super::shape::{Cell, Row, Section};
use crate::company::{Company, Key};
use crate::json::Cents;
use crate::ledger::accounts;
use crate::ledger::{Entry, Posting};
use crate::schema::Kind;

/// Amounts by key, one for each column and, unless the one column is their sum, that at the end.
pub(super) type Sums = BTreeMap<u32, Vec<Cents>>;

/// The entries of a company on a request's basis.
pub(super) fn entries(company: &Company, request: &Request) -> Vec<(Key, Entry)> {
    match request.basis {
        Basis::Accrual => company
            .ledger
            .entries()
            .map(|(key, entry)| (key, entry.clone()))
            .collect(),
        Basis::Cash => cash::entries(company),
    }
}

/// Adds up the postings of the request's days, by what `key` says of them.
pub(super) fn of_period(
    company: &Company,
    request: &Request,
    key: impl Fn(Key, &Posting) -> Option<u32>,
) -> Sums {
    let mut sums = Sums::new();
    each(company, request, |entry_key, date, posting| {
        if (request.start..=request.end).contains(&date)
            && let Some(key) = key(entry_key, posting)
            && let Some(column) = request.column(date, posting)
        {
            add(
                &mut sums,
                key,
                column,
                request.columns.len(),
                posting.amount,
            );
        }
    });
    totalled(sums, request)
}

/// Adds up all postings until each column's last day, by account.
pub(super) fn until(company: &Company, request: &Request) -> Sums {
    if !request.split.is_of_time() {
        let whole = |date: Date| date <= request.end;
        return totalled(by_account(company, request, whole), request);
    }
    let mut sums = Sums::new();
    let width = request.periods.len();
    each(company, request, |_, date, posting| {
        for (column, (_, last)) in request.periods.iter().enumerate() {
            if date <= *last {
                add(&mut sums, posting.account, column, width, posting.amount);
            }
        }
    });
    if request.has_total_column() {
        // What is on a day adds up to nothing; the last column stands again.
        for amounts in sums.values_mut() {
            amounts.push(amounts.last().copied().unwrap_or(0));
        }
    }
    sums
}

/// Whether an account has a type with one of these names.
pub(super) fn is_of(company: &Company, account: u32, types: &[&str]) -> bool {
    let account = company
        .store
        .get(Kind::named("Account"), u64::from(account));
    account
        .and_then(|account| account.scalar("AccountType"))
        .is_some_and(|it| types.contains(&&*it))
}

/// Whether an account stands in the balance sheet.
pub(super) fn is_lasting(company: &Company, account: u32) -> bool {
    let account = company
        .store
        .get(Kind::named("Account"), u64::from(account));
    account
        .and_then(|account| account.scalar("AccountType"))
        .is_some_and(|it| accounts::is_lasting(&it))
}

/// Calls with every posting that the request admits.
pub(super) fn each(
    company: &Company,
    request: &Request,
    mut call: impl FnMut(Key, Date, &Posting),
) {
    let mut all = |key: Key, entry: &Entry| {
        for posting in entry
            .postings
            .iter()
            .filter(|posting| request.admits(posting))
        {
            call(key, entry.date, posting);
        }
    };
    match request.basis {
        Basis::Accrual => company
            .ledger
            .entries()
            .for_each(|(key, entry)| all(key, entry)),
        Basis::Cash => cash::entries(company)
            .iter()
            .for_each(|(key, entry)| all(*key, entry)),
    }
}

/// How many amounts a row of the request has.
pub(super) fn width(request: &Request) -> usize {
    request.columns.len() + usize::from(request.has_total_column())
}

/// The sum of sums, column by column.
pub(super) fn plus(one: &[Cents], two: &[Cents]) -> Vec<Cents> {
    one.iter().zip(two).map(|(one, two)| one + two).collect()
}

pub(super) fn minus(one: &[Cents], two: &[Cents]) -> Vec<Cents> {
    one.iter().zip(two).map(|(one, two)| one - two).collect()
}

/// Accounts of some types with their amounts, as rows, each below its parent; and what they come to.
pub(super) struct Tree<'a> {
    pub(super) company: &'a Company,
    pub(super) sums: &'a Sums,
    /// -1 for accounts that credits increase.
    pub(super) sign: Cents,
    pub(super) width: usize,
}

impl Tree<'_> {
    pub(super) fn rows(&self, types: &[&str]) -> (Vec<Row>, Vec<Cents>) {
        let kind = Kind::named("Account");
        let mut rows = Vec::new();
        let mut total = vec![0; self.width];
        for (id, record) in &self.company.store.shelf(kind).records {
            let is_wanted = record
                .scalar("AccountType")
                .is_some_and(|it| types.contains(&&*it));
            let parent = crate::json::at(&record.text, &["ParentRef", "value"]);
            let parent = parent.and_then(|id| crate::json::unquoted(id).parse().ok());
            let is_below =
                parent.is_some_and(|parent| self.company.store.get(kind, parent).is_some());
            if is_wanted
                && !is_below
                && let Some((row, amounts)) = self.row(*id)
            {
                total = plus(&total, &amounts);
                rows.push(row);
            }
        }
        (rows, total)
    }

    /// A section of accounts with its sum; none if there is nothing in it.
    pub(super) fn section(
        &self,
        title: &str,
        types: &[&str],
        group: &'static str,
    ) -> (Option<Row>, Vec<Cents>) {
        let (rows, total) = self.rows(types);
        if rows.is_empty() {
            return (None, total);
        }
        (Some(section(title, rows, &total, Some(group))), total)
    }

    fn row(&self, id: u64) -> Option<(Row, Vec<Cents>)> {
        let kind = Kind::named("Account");
        let record = self.company.store.get(kind, id)?;
        let name = record.scalar("Name").unwrap_or_default();
        let sum = u32::try_from(id).ok().and_then(|id| self.sums.get(&id));
        let own: Vec<Cents> = match sum {
            Some(sum) => sum.iter().map(|cents| cents * self.sign).collect(),
            None => vec![0; self.width],
        };
        let children: Vec<u64> = self.company.store.children((kind.index, id)).collect();
        let below: Vec<(Row, Vec<Cents>)> = children
            .into_iter()
            .filter_map(|child| self.row(child))
            .collect();
        if below.is_empty() {
            let is_there = sum.is_some_and(|sum| sum.iter().any(|cents| *cents != 0));
            return is_there.then(|| (Row::Data(Cell::line(&name, Some(id), &own)), own));
        }
        let total = below
            .iter()
            .fold(own.clone(), |total, (_, amounts)| plus(&total, amounts));
        let is_own = own.iter().any(|cents| *cents != 0);
        let header = if is_own {
            Cell::line(&name, Some(id), &own)
        } else {
            Cell::title(&name, Some(id), self.width + 1)
        };
        let row = Row::Section(Section {
            header,
            rows: below.into_iter().map(|(row, _)| row).collect(),
            summary: Cell::line(&format!("Total {name}"), None, &total),
            group: None,
        });
        Some((row, total))
    }
}

/// Rows under a title and over their sum.
pub(super) fn section(
    title: &str,
    rows: Vec<Row>,
    total: &[Cents],
    group: Option<&'static str>,
) -> Row {
    Row::Section(Section {
        header: Cell::title(title, None, total.len() + 1),
        rows,
        summary: Cell::line(&format!("Total {title}"), None, total),
        group,
    })
}

fn by_account(company: &Company, request: &Request, is_in: impl Fn(Date) -> bool) -> Sums {
    let mut sums = Sums::new();
    each(company, request, |_, date, posting| {
        if is_in(date)
            && let Some(column) = request.column(date, posting)
        {
            add(
                &mut sums,
                posting.account,
                column,
                request.columns.len(),
                posting.amount,
            );
        }
    });
    sums
}

fn add(sums: &mut Sums, key: u32, column: usize, width: usize, amount: Cents) {
    let amounts = sums.entry(key).or_insert_with(|| vec![0; width]);
    if let Some(sum) = amounts.get_mut(column) {
        *sum += amount;
    }
}

fn totalled(mut sums: Sums, request: &Request) -> Sums {
    if request.has_total_column() {
        for amounts in sums.values_mut() {
            amounts.push(amounts.iter().sum());
        }
    }
    sums
}

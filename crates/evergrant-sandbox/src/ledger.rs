//! The books: what each transaction does to the accounts, and what they hold because of it.
//!
//! Every entry sums to zero, so the trial balance does. Balances are kept up to date as entries come and go;
//! reports add up the entries themselves. How a transaction becomes an entry stands in `posting`.

pub(crate) mod accounts;
mod posting;

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::company::Key;
use crate::json::Cents;
use crate::packed::Packed;

pub(crate) use posting::{Costs, Trouble, entry};

/// All entries of a company and what they come to.
#[derive(Default)]
pub(crate) struct Ledger {
    /// By the kind's place in the table, and by id.
    entries: BTreeMap<usize, Packed<u64, Entry>>,
    /// By account, debits positive.
    accounts: HashMap<u32, Cents>,
    /// What each customer owes.
    receivable: HashMap<u32, Cents>,
    /// What each vendor is owed.
    payable: HashMap<u32, Cents>,
    stock: HashMap<u32, Stock>,
}

/// What one transaction books.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) date: Date,
    pub(crate) postings: Box<[Posting]>,
    pub(crate) moves: Box<[Move]>,
}

/// A change of one account. Ids that are zero stand for none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Posting {
    /// Debits are positive.
    pub(crate) amount: Cents,
    pub(crate) account: u32,
    /// A customer, vendor or employee; they share one sequence of ids.
    pub(crate) name: u32,
    pub(crate) class: u32,
    pub(crate) department: u32,
    pub(crate) item: u32,
    /// The line that it comes from, counted from 1; zero for the transaction as a whole.
    pub(crate) line: u16,
    pub(crate) side: Side,
}

/// Whose open balance a posting changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Side {
    #[default]
    Neither,
    Receivable,
    Payable,
}

/// A change of stock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Move {
    pub(crate) item: u32,
    pub(crate) stock: Stock,
}

/// Goods on hand.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Stock {
    /// In hundred-thousandths, so that sums are exact.
    pub(crate) quantity: i64,
    pub(crate) value: Cents,
}

/// How many parts `Stock::quantity` counts for one.
pub(crate) const QUANTITY: f64 = 100_000.0;

impl Ledger {
    /// Books an entry in place of the one that stood there.
    pub(crate) fn set(&mut self, key: Key, entry: Option<Entry>) {
        if let Some(entry) = &entry {
            self.add(entry, 1);
        }
        let (kind, id) = key;
        let of_kind = self.entries.entry(kind).or_default();
        let old = match entry {
            Some(entry) => of_kind.insert(id, entry),
            None => of_kind.remove(&id),
        };
        if let Some(old) = old {
            self.add(&old, -1);
        }
    }

    /// All entries, by kind and id.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Key, &Entry)> {
        self.entries.iter().flat_map(|(kind, of_kind)| {
            let entries = of_kind.iter();
            entries.map(|(id, entry)| ((*kind, *id), entry))
        })
    }

    /// Moves an entry to where there is room now.
    pub(crate) fn settle(&mut self, (kind, id): Key) {
        let of_kind = self.entries.get_mut(&kind);
        if let Some(entry) = of_kind.and_then(|of_kind| of_kind.get_mut(&id)) {
            *entry = entry.clone();
        }
    }

    pub(crate) fn entry(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key.0)?.get(&key.1)
    }

    /// What an account holds, debits positive.
    pub(crate) fn account(&self, id: u64) -> Cents {
        of(&self.accounts, id)
    }

    pub(crate) fn receivable(&self, customer: u64) -> Cents {
        of(&self.receivable, customer)
    }

    pub(crate) fn payable(&self, vendor: u64) -> Cents {
        of(&self.payable, vendor)
    }

    pub(crate) fn stock(&self, item: u64) -> Stock {
        u32::try_from(item)
            .ok()
            .and_then(|item| self.stock.get(&item).copied())
            .unwrap_or_default()
    }

    fn add(&mut self, entry: &Entry, sign: i64) {
        for posting in &entry.postings {
            let amount = posting.amount * sign;
            *self.accounts.entry(posting.account).or_default() += amount;
            match posting.side {
                Side::Neither => {}
                Side::Receivable => *self.receivable.entry(posting.name).or_default() += amount,
                Side::Payable => *self.payable.entry(posting.name).or_default() -= amount,
            }
        }
        for change in &entry.moves {
            let stock = self.stock.entry(change.item).or_default();
            stock.quantity += change.stock.quantity * sign;
            stock.value += change.stock.value * sign;
        }
    }
}

impl Stock {
    /// What so much of it costs, at the average of what is there; none if nothing is.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a product of what is far smaller"
    )]
    pub(crate) fn cost(self, quantity: i64) -> Option<Cents> {
        if self.quantity <= 0 || self.value <= 0 {
            return None;
        }
        let exact = i128::from(self.value) * i128::from(quantity);
        let whole = i128::from(self.quantity);
        Some(((exact + whole / 2).div_euclid(whole)) as Cents)
    }
}

fn of(balances: &HashMap<u32, Cents>, id: u64) -> Cents {
    u32::try_from(id)
        .ok()
        .and_then(|id| balances.get(&id).copied())
        .unwrap_or_default()
}

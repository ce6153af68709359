//! What is not settled on a day: invoices and bills not paid, payments and credits not used.
//!
//! What a payment settles counts once both it and what it settles are there, and then for both. So all that is open
//! adds up to what the ledger says is receivable or payable.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::transaction::Transaction;
use crate::company::{Company, Key};
use crate::json::Cents;
use crate::ledger::Side;

/// An open transaction, or the part of one that is of one customer or vendor.
pub(super) struct Item {
    pub(super) transaction: Transaction,
    pub(super) name: u32,
    /// What it was for; negative for what we owe to a customer, or a vendor to us.
    pub(super) amount: Cents,
    /// What is left of it.
    pub(super) open: Cents,
}

/// All that is there on a day, settled or not, in the order of days.
pub(super) fn items(company: &Company, side: Side, day: Date) -> Vec<Item> {
    let sign = if side == Side::Receivable { 1 } else { -1 };
    let mut amounts: BTreeMap<(Key, u32), Cents> = BTreeMap::new();
    for (key, entry) in company
        .ledger
        .entries()
        .filter(|(_, entry)| entry.date <= day)
    {
        for posting in entry.postings.iter().filter(|posting| posting.side == side) {
            *amounts.entry((key, posting.name)).or_default() += sign * posting.amount;
        }
    }
    let mut open = amounts.clone();
    for (source, name) in amounts.keys() {
        for (target, amount) in company.settled_by(*source) {
            let signed = match amounts.get(&(target, *name)) {
                Some(whole) if *whole < 0 => -amount,
                Some(_) => amount,
                None => continue,
            };
            *open.entry((target, *name)).or_default() -= signed;
            *open.entry((*source, *name)).or_default() += signed;
        }
    }
    let item = |((key, name), amount): (&(Key, u32), &Cents)| {
        let open = open.get(&(*key, *name)).copied().unwrap_or(0);
        Some(Item {
            transaction: Transaction::read(company, *key)?,
            name: *name,
            amount: *amount,
            open,
        })
    };
    let mut items: Vec<Item> = amounts.iter().filter_map(item).collect();
    items.sort_by_key(|item| (item.transaction.date, item.transaction.key.1));
    items
}

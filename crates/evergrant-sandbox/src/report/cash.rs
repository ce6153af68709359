//! The cash basis: what is invoiced counts when it is paid, and as far as it is.
//!
//! An invoice or a bill books nothing by itself. A payment books, in place of what it does to receivables or
//! payables, its share of what it settles. What a payment settles nothing with stays receivable or payable.

use crate::company::{Company, Key};
use crate::json::Cents;
use crate::ledger::{Entry, Posting, Side};
use crate::schema::Kind;

/// All entries, on the cash basis.
pub(super) fn entries(company: &Company) -> Vec<(Key, Entry)> {
    let entries = company.ledger.entries();
    entries
        .filter_map(|(key, entry)| Some((key, one(company, key, entry)?)))
        .collect()
}

fn one(company: &Company, key: Key, entry: &Entry) -> Option<Entry> {
    match Kind::all()[key.0].name {
        "Invoice" | "CreditMemo" | "Bill" | "VendorCredit" => None,
        "Payment" | "BillPayment" => Some(payment(company, key, entry)),
        _ => Some(entry.clone()),
    }
}

fn payment(company: &Company, key: Key, entry: &Entry) -> Entry {
    let mut postings = Vec::new();
    for posting in &entry.postings {
        if posting.side == Side::Neither {
            postings.push(*posting);
            continue;
        }
        let mut left = posting.amount;
        for (settled, amount) in company.settled_by(key) {
            let parts = shares(company, settled, amount);
            left -= parts.iter().map(|part| part.amount).sum::<Cents>();
            postings.extend(parts);
        }
        postings.push(Posting {
            amount: left,
            ..*posting
        });
    }
    postings.retain(|posting| posting.amount != 0);
    Entry {
        date: entry.date,
        postings: postings.into_boxed_slice(),
        moves: Box::default(),
    }
}

/// What a settled transaction books but for receivables and payables, in proportion to the amount settled.
fn shares(company: &Company, settled: Key, amount: Cents) -> Vec<Posting> {
    let Some(entry) = company.ledger.entry(settled) else {
        return Vec::new();
    };
    let open: Cents = entry
        .postings
        .iter()
        .filter(|posting| posting.side != Side::Neither)
        .map(|posting| posting.amount)
        .sum();
    if open == 0 {
        return Vec::new();
    }
    // Of a part that comes to less than all, each posting gets its share and the last what rounding leaves.
    let whole = if open < 0 { -amount } else { amount };
    let others = entry
        .postings
        .iter()
        .filter(|posting| posting.side == Side::Neither);
    let mut parts: Vec<Posting> = others
        .map(|posting| Posting {
            amount: scaled(posting.amount, amount, open.abs()),
            ..*posting
        })
        .collect();
    let sum: Cents = parts.iter().map(|posting| posting.amount).sum();
    if let Some(last) = parts.last_mut() {
        last.amount += -whole - sum;
    }
    parts
}

#[expect(clippy::cast_possible_truncation, reason = "a share of an amount")]
fn scaled(of: Cents, part: Cents, whole: Cents) -> Cents {
    (i128::from(of) * i128::from(part) / i128::from(whole)) as Cents
}

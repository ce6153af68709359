//! What transactions settle of each other: payments of invoices, credits used, bills paid, payments deposited.
//!
//! A transaction that settles others names them in its lines; those others show what is left of them and by whom
//! they were settled, and both change with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::refs::linked_kind;
use super::store::Key;
use super::{Company, Writing};
use crate::json::{self, Cents, Members};
use crate::refusal::ServiceFault;
use crate::schema::Kind;

/// Who settles how much of whom.
#[derive(Default)]
pub(crate) struct Links {
    /// By the one settled: by whom, and how much.
    settled: BTreeMap<Key, BTreeMap<Key, Cents>>,
}

impl Links {
    /// How much of a transaction is settled.
    pub(crate) fn settled(&self, key: Key) -> Cents {
        self.settled.get(&key).map_or(0, |by| by.values().sum())
    }

    /// Who settles a transaction, and how much of it.
    pub(crate) fn settlers(&self, key: Key) -> impl Iterator<Item = (Key, Cents)> {
        self.settled
            .get(&key)
            .into_iter()
            .flatten()
            .map(|(by, amount)| (*by, *amount))
    }

    pub(super) fn remove(&mut self, source: Key, effects: &[(Key, Cents)]) {
        for (target, _) in effects {
            if let Some(by) = self.settled.get_mut(target) {
                by.remove(&source);
                if by.is_empty() {
                    self.settled.remove(target);
                }
            }
        }
    }

    pub(super) fn add(&mut self, source: Key, effects: &[(Key, Cents)]) {
        for (target, amount) in effects {
            *self
                .settled
                .entry(*target)
                .or_default()
                .entry(source)
                .or_default() += amount;
        }
    }
}

/// What a transaction settles, and of how much.
pub(super) fn effects(kind: &Kind, members: &Members) -> Vec<(Key, Cents)> {
    let settles_amounts = settles_amounts(kind);
    let mut effects = Vec::new();
    let mut note = |link: &Value, amount: Cents| {
        if let Some(target) = target(link)
            && is_settled_by(target, kind)
        {
            effects.push((target, amount));
        }
    };
    for line in members
        .get("Line")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let amount = if settles_amounts {
            json::cents(&line["Amount"])
        } else {
            0
        };
        for (place, link) in line["LinkedTxn"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            note(link, if place == 0 { amount } else { 0 });
        }
    }
    if !settles_amounts {
        for link in members
            .get("LinkedTxn")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            note(link, 0);
        }
    }
    effects
}

/// Checks what a payment settles, lowers what is more than is open, and says what is left over.
pub(super) fn settle(
    company: &Company,
    kind: &'static Kind,
    id: Option<u64>,
    members: &mut Members,
) -> Result<(), ServiceFault> {
    if !matches!(kind.name, "Payment" | "BillPayment") {
        return Ok(());
    }
    let source = (kind.index, id.unwrap_or(0));
    let mut open: BTreeMap<Key, Cents> = BTreeMap::new();
    let mut applied = 0;
    for line in members
        .get_mut("Line")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if line["Amount"].is_null() {
            return Err(ServiceFault::missing("Line.Amount"));
        }
        let Some(target) = line["LinkedTxn"].get(0).and_then(target) else {
            continue;
        };
        let left = open
            .entry(target)
            .or_insert_with(|| open_amount(company, target, source));
        let amount = json::cents(&line["Amount"]).min(*left);
        *left -= amount;
        line["Amount"] = json::amount(amount);
        applied += if is_credit(target) { -amount } else { amount };
    }
    let total = members.get("TotalAmt").map_or(0, json::cents);
    if kind.name == "BillPayment" {
        if id.is_none() {
            void_if_settled_before(kind, members);
        }
        return Ok(());
    }
    if applied > total {
        return Err(ServiceFault::business(
            "The amount that is applied is greater than the amount of the payment.",
        ));
    }
    members.insert("UnappliedAmt".into(), json::amount(total - applied));
    Ok(())
}

/// A payment of bills of which nothing was open is void from the start, and has no lines.
fn void_if_settled_before(kind: &'static Kind, members: &mut Members) {
    let lines = members.get("Line").and_then(Value::as_array);
    let is_idle = |line: &Value| json::cents(&line["Amount"]) == 0 && line["LinkedTxn"].is_array();
    if lines.is_some_and(|lines| !lines.is_empty() && lines.iter().all(is_idle)) {
        super::update::voided(kind, members);
    }
}

/// Writes what is left of a transaction, and by whom it was settled, into it.
pub(super) fn show(company: &Company, key: Key, members: &mut Members) {
    let kind = &Kind::all()[key.0];
    let total = members.get("TotalAmt").map_or(0, json::cents);
    let left = total - company.links.settled(key);
    match kind.name {
        "Invoice" | "Bill" | "VendorCredit" => {
            members.insert("Balance".into(), json::amount(left));
        }
        "CreditMemo" => {
            members.insert("Balance".into(), json::amount(left));
            members.insert("RemainingCredit".into(), json::amount(left));
        }
        "SalesReceipt" | "RefundReceipt" => {
            members.insert("Balance".into(), json!(0));
        }
        "ReimburseCharge" => {
            let is_passed_on = company.links.settlers(key).next().is_some();
            members.insert("HasBeenInvoiced".into(), json!(is_passed_on));
        }
        _ => {}
    }
    if kind.class.has("LinkedTxn") && kind.sort == crate::schema::Sort::Transaction {
        let own = own_links(kind, members);
        let shown: Vec<Value> = own.into_iter().chain(settlers(company, key)).collect();
        // An empty list is shown by invoices alone.
        if shown.is_empty() && kind.name != "Invoice" {
            members.shift_remove("LinkedTxn");
        } else {
            members.insert("LinkedTxn".into(), Value::Array(shown));
        }
    }
}

/// Writes anew what a change of another transaction has changed.
pub(super) fn refresh(company: &mut Company, affected: BTreeSet<Key>, writing: &Writing) {
    for key in affected {
        let kind = &Kind::all()[key.0];
        let Some(old) = company.store.members(kind, key.1) else {
            continue;
        };
        let mut new = old.clone();
        show(company, key, &mut new);
        if new != old {
            super::update::bump(&mut new, writing.now);
            company.store.put(kind, key.1, new);
            company.note_change(kind, key.1, super::Deed::Update, writing.now);
        }
    }
}

/// Takes a transaction that is going out of the lines of those that settled it.
pub(super) fn release(
    company: &mut Company,
    gone: Key,
    writing: &Writing,
) -> Result<(), ServiceFault> {
    let settlers: Vec<Key> = company.links.settlers(gone).map(|(by, _)| by).collect();
    for (kind_index, id) in settlers {
        let kind = &Kind::all()[kind_index];
        let Some(mut members) = company.store.members(kind, id) else {
            continue;
        };
        unlink(kind, &mut members, gone);
        settle_again(company, kind, id, members, writing)?;
    }
    Ok(())
}

/// A line that does nothing but settle goes with what it settled; one that says what was sold or bought stays.
fn unlink(kind: &Kind, members: &mut Members, gone: Key) {
    let is_kept = |link: &Value| target(link) != Some(gone);
    if let Some(Value::Array(links)) = members.get_mut("LinkedTxn") {
        links.retain(is_kept);
    }
    let Some(Value::Array(lines)) = members.get_mut("Line") else {
        return;
    };
    if settles_amounts(kind) {
        lines.retain(|line| line["LinkedTxn"].get(0).is_none_or(is_kept));
        return;
    }
    for line in lines.iter_mut() {
        if let Some(Value::Array(links)) = line.get_mut("LinkedTxn") {
            links.retain(is_kept);
        }
    }
}

/// Whether a kind's lines name what they settle, and of how much.
fn settles_amounts(kind: &Kind) -> bool {
    matches!(kind.name, "Payment" | "BillPayment" | "Deposit")
}

/// Lowers what is settled of a transaction to what it comes to now, the latest settler first. What is taken from a
/// payment is not applied any more.
pub(super) fn trim(company: &mut Company, key: Key, writing: &Writing) -> Result<(), ServiceFault> {
    let kind = &Kind::all()[key.0];
    if !matches!(
        kind.name,
        "Invoice" | "CreditMemo" | "Bill" | "VendorCredit"
    ) {
        return Ok(());
    }
    let settlers: Vec<Key> = company.links.settlers(key).map(|(by, _)| by).collect();
    for (place, id) in settlers.into_iter().rev() {
        if company.links.settled(key) <= total(company, key) {
            break;
        }
        let kind = &Kind::all()[place];
        let Some(members) = company.store.members(kind, id) else {
            continue;
        };
        settle_again(company, kind, id, members, writing)?;
    }
    Ok(())
}

/// Writes a payment anew whose settled transactions have changed.
fn settle_again(
    company: &mut Company,
    kind: &'static Kind,
    id: u64,
    mut members: Members,
    writing: &Writing,
) -> Result<(), ServiceFault> {
    if settle(company, kind, Some(id), &mut members).is_err() {
        // A credit that it used has become too small for what it pays.
        members.insert("Line".into(), json!([]));
        settle(company, kind, Some(id), &mut members)?;
    }
    super::update::bump(&mut members, writing.now);
    company.commit(kind, id, members, super::Deed::Update, writing)
}

/// Whether money that a transaction brought has been deposited, so that it can no longer be changed.
pub(super) fn is_deposited(company: &Company, key: Key) -> bool {
    let deposit = Kind::named("Deposit").index;
    company
        .links
        .settlers(key)
        .any(|((kind, _), _)| kind == deposit)
}

fn settlers(company: &Company, key: Key) -> impl Iterator<Item = Value> {
    company.links.settlers(key).map(move |((kind, id), _)| {
        let kind = &Kind::all()[kind];
        let name = match kind.name {
            "BillPayment" if company.is_by_card(id) => "BillPaymentCreditCard",
            "BillPayment" => "BillPaymentCheck",
            name => name,
        };
        json!({"TxnId": id.to_string(), "TxnType": name})
    })
}

/// The links that a transaction was given and that are not those of its settlers.
fn own_links(kind: &Kind, members: &Members) -> Vec<Value> {
    let links = members
        .get("LinkedTxn")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let is_own = |link: &&Value| {
        let target = target(link);
        target.is_none_or(|target| is_settled_by(target, kind))
    };
    links.iter().filter(is_own).cloned().collect()
}

fn target(link: &Value) -> Option<Key> {
    let kind = linked_kind(link["TxnType"].as_str()?)?;
    Some((kind.index, link["TxnId"].as_str()?.parse().ok()?))
}

/// Which transactions can be settled by which.
fn is_settled_by(target: Key, source: &Kind) -> bool {
    let target = Kind::all()[target.0].name;
    match source.name {
        "Payment" => matches!(target, "Invoice" | "CreditMemo" | "JournalEntry"),
        "BillPayment" => matches!(target, "Bill" | "VendorCredit" | "JournalEntry"),
        "Deposit" => matches!(
            target,
            "Payment" | "SalesReceipt" | "RefundReceipt" | "JournalEntry"
        ),
        "Invoice" | "SalesReceipt" | "CreditMemo" => {
            matches!(target, "Estimate" | "TimeActivity" | "ReimburseCharge")
        }
        "Bill" | "Purchase" => target == "PurchaseOrder",
        "ReimburseCharge" => matches!(target, "Bill" | "Purchase"),
        _ => false,
    }
}

fn is_credit(target: Key) -> bool {
    matches!(Kind::all()[target.0].name, "CreditMemo" | "VendorCredit")
}

/// What is left of a transaction but for what `source` settles of it. A journal entry's lines are not followed.
fn open_amount(company: &Company, target: Key, source: Key) -> Cents {
    let kind = &Kind::all()[target.0];
    if kind.name == "JournalEntry" {
        return Cents::MAX;
    }
    let others = company
        .links
        .settlers(target)
        .filter(|(by, _)| *by != source);
    let settled: Cents = others.map(|(_, amount)| amount).sum();
    (total(company, target) - settled).max(0)
}

/// What a transaction comes to.
fn total(company: &Company, key: Key) -> Cents {
    let record = company.store.get(&Kind::all()[key.0], key.1);
    let total = record.and_then(|record| json::member(&record.text, "TotalAmt")?.parse().ok());
    json::to_cents(total.unwrap_or(0.0))
}

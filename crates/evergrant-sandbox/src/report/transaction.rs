//! Transactions as reports list them.

use jiff::civil::Date;

use super::request::shown_name;
use crate::company::{Company, Key};
use crate::json::{self, Cents};
use crate::ledger::Entry;
use crate::schema::{Kind, Sort};

/// What reports say of a transaction.
pub(super) struct Transaction {
    pub(super) key: Key,
    pub(super) label: &'static str,
    pub(super) date: Date,
    pub(super) due: Date,
    pub(super) number: String,
    /// The customer, vendor or employee; zero if there is none.
    pub(super) name_id: u32,
    pub(super) name: String,
    pub(super) memo: String,
    /// With the sign that it has in lists: money out is negative.
    pub(super) amount: Cents,
    pub(super) is_posting: bool,
    /// The account of its first posting, and of the others.
    pub(super) accounts: (u32, Option<u32>),
}

impl Transaction {
    /// The transaction with this key; none if it is not one.
    pub(super) fn read(company: &Company, key: Key) -> Option<Self> {
        let kind = &Kind::all()[key.0];
        if kind.sort != Sort::Transaction && kind.name != "Item" && kind.name != "Account" {
            return None;
        }
        let text = &company.store.get(kind, key.1)?.text;
        let of = |name: &str| {
            json::scalar(text, name)
                .map(std::borrow::Cow::into_owned)
                .unwrap_or_default()
        };
        let entry = company.ledger.entry(key);
        let date: Date = of("TxnDate")
            .parse()
            .ok()
            .or(entry.map(|entry| entry.date))?;
        let name_id = ["CustomerRef", "VendorRef", "EntityRef", "EmployeeRef"]
            .iter()
            .find_map(|name| {
                json::unquoted(json::at(text, &[name, "value"])?)
                    .parse()
                    .ok()
            });
        let name_id: u32 = name_id.unwrap_or(0);
        Some(Self {
            key,
            label: label(kind, text),
            date,
            due: of("DueDate").parse().unwrap_or(date),
            number: of("DocNumber"),
            name_id,
            name: person(company, name_id),
            memo: of("PrivateNote"),
            amount: amount(kind, text, entry),
            is_posting: entry.is_some(),
            accounts: accounts(entry),
        })
    }

    /// All transactions of a company, oldest first.
    pub(super) fn all(company: &Company) -> Vec<Self> {
        let kinds = Kind::all()
            .iter()
            .filter(|kind| kind.sort == Sort::Transaction);
        let kinds = kinds.filter(|kind| {
            !matches!(
                kind.name,
                "RecurringTransaction" | "TimeActivity" | "ReimburseCharge"
            )
        });
        let keys = kinds.flat_map(|kind| {
            company
                .store
                .shelf(kind)
                .records
                .keys()
                .map(|id| (kind.index, *id))
        });
        let mut all: Vec<Self> = keys.filter_map(|key| Self::read(company, key)).collect();
        all.sort_by_key(|it| (it.date, it.key.1));
        all
    }
}

/// A customer's, vendor's or employee's name.
pub(super) fn person(company: &Company, id: u32) -> String {
    let kinds = ["Customer", "Vendor", "Employee"]
        .into_iter()
        .map(Kind::named);
    kinds
        .map(|kind| shown_name(company, kind, id))
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

pub(super) fn account_name(company: &Company, id: u32) -> String {
    shown_name(company, Kind::named("Account"), id)
}

fn label(kind: &Kind, text: &str) -> &'static str {
    let is = |name: &str, value: &str| json::scalar(text, name).is_some_and(|it| it == value);
    match kind.name {
        "Purchase" if is("PaymentType", "Check") => "Check",
        "Purchase" if is("Credit", "true") => "Credit Card Credit",
        "Purchase" => "Expense",
        "BillPayment" if is("PayType", "CreditCard") => "Bill Payment (Credit Card)",
        "BillPayment" => "Bill Payment (Check)",
        "CreditMemo" => "Credit Memo",
        "SalesReceipt" => "Sales Receipt",
        "RefundReceipt" => "Refund",
        "JournalEntry" => "Journal Entry",
        "VendorCredit" => "Vendor Credit",
        "PurchaseOrder" => "Purchase Order",
        "CreditCardPayment" => "Credit Card Payment",
        "InventoryAdjustment" => "Inventory Qty Adjust",
        "TaxPayment" => "Sales Tax Payment",
        "Item" => "Inventory Starting Value",
        "Account" => "Opening Balance",
        _ => Kind::all()[kind.index].name,
    }
}

fn amount(kind: &Kind, text: &str, entry: Option<&Entry>) -> Cents {
    let number = |name: &str| json::member(text, name).and_then(|it| it.parse::<f64>().ok());
    let total = number("TotalAmt")
        .or_else(|| number("Amount"))
        .map(json::to_cents);
    let debits = || {
        let postings = entry.into_iter().flat_map(|entry| entry.postings.iter());
        postings.map(|posting| posting.amount.max(0)).sum()
    };
    let total = total.unwrap_or_else(debits);
    match kind.name {
        "Purchase" if json::member(text, "Credit") != Some("true") => -total,
        "BillPayment" | "CreditMemo" | "RefundReceipt" | "VendorCredit" => -total,
        _ => total,
    }
}

/// The account of the transaction as a whole, and the one other, if there is but one.
fn accounts(entry: Option<&Entry>) -> (u32, Option<u32>) {
    let Some(entry) = entry else {
        return (0, None);
    };
    let first = entry.postings.first().map_or(0, |posting| posting.account);
    let mut others: Vec<u32> = entry
        .postings
        .iter()
        .map(|posting| posting.account)
        .filter(|it| *it != first)
        .collect();
    others.dedup();
    (first, (others.len() == 1).then(|| others[0]))
}

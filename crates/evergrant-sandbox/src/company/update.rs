//! Full and sparse updates, and what they leave alone.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::is_given;
use crate::json::{self, Members};
use crate::refusal::ServiceFault;
use crate::schema::Kind;
use crate::time::record_time;

/// A full update: what clients may set comes from the body alone, the rest stays.
pub(super) fn replaced(kind: &'static Kind, old: &Members, sent: Members) -> Members {
    /// What stays though a body leaves it out.
    const LASTING: [&str; 7] = [
        "Active",
        "TxnDate",
        "DocNumber",
        "CurrencyRef",
        "Type",
        "Balance",
        "QtyOnHand",
    ];
    let mut new = sent;
    for member in &kind.class.members {
        let stays = !member.writable || member.fixed || LASTING.contains(&member.name);
        let is_settable = member.writable && !member.fixed && new.contains_key(member.name);
        if stays
            && !is_settable
            && let Some(value) = old.get(member.name)
        {
            new.insert(member.name.to_owned(), value.clone());
        }
    }
    new
}

/// A sparse update: members sent replace the old ones whole; a blank text clears one.
pub(super) fn merged(kind: &'static Kind, old: &Members, sent: Members) -> Members {
    // Preferences are groups of switches, of which clients send those that they change.
    let is_deep = kind.name == "Preferences";
    let mut new = old.clone();
    for (name, value) in sent {
        if let (true, Value::Object(value)) = (is_deep, &value)
            && let Some(Value::Object(group)) = new.get_mut(&name)
        {
            group.extend(value.clone());
            continue;
        }
        let is_fixed = kind.class.find(&name).is_some_and(|member| member.fixed);
        if !is_fixed || !is_given(old, &name) {
            new.insert(name, value);
        }
    }
    new.retain(|_, value| value.as_str() != Some(""));
    new
}

/// What a sparse update has to repeat, though it changes something else; of these, what the entity has.
const REPEATED: [(&str, &[&str]); 10] = [
    ("Bill", &["VendorRef"]),
    ("BillPayment", &["VendorRef"]),
    ("Class", &["Name"]),
    (
        "CreditCardPayment",
        &["CreditCardAccountRef", "BankAccountRef", "Amount"],
    ),
    ("Department", &["Name"]),
    ("Deposit", &["DepositToAccountRef"]),
    ("Purchase", &["PaymentType"]),
    ("Term", &["Name", "DueDays", "DayOfMonthDue"]),
    ("Transfer", &["FromAccountRef", "ToAccountRef", "Amount"]),
    ("VendorCredit", &["VendorRef"]),
];

/// Refuses a sparse update that leaves out what it has to repeat.
pub(super) fn check_repeated(
    kind: &'static Kind,
    old: &Members,
    sent: &Members,
) -> Result<(), ServiceFault> {
    let of_kind = REPEATED.iter().find(|(name, _)| *name == kind.name);
    let names = of_kind.map_or(&[][..], |(_, names)| names);
    let left_out = |name: &&&str| is_given(old, name) && !is_given(sent, name);
    match names.iter().find(left_out) {
        Some(name) => Err(ServiceFault::missing(name)),
        None => Ok(()),
    }
}

/// The next version.
pub(super) fn bump(members: &mut Members, now: Timestamp) {
    let version: u64 = members
        .get("SyncToken")
        .and_then(|it| json::plain(it).parse().ok())
        .unwrap_or(0);
    members.insert(
        "SyncToken".into(),
        json!(version.saturating_add(1).to_string()),
    );
    if let Some(Value::Object(meta)) = members.get_mut("MetaData") {
        meta.insert("LastUpdatedTime".into(), json!(record_time(now)));
    }
}

/// Makes nothing of a transaction but the record that it was.
pub(super) fn voided(kind: &'static Kind, members: &mut Members) {
    const AMOUNTS: [&str; 8] = [
        "TotalAmt",
        "HomeTotalAmt",
        "Balance",
        "HomeBalance",
        "UnappliedAmt",
        "Amount",
        "Deposit",
        "RemainingCredit",
    ];
    for name in AMOUNTS {
        if let Some(value) = members.get_mut(name) {
            *value = json!(0);
        }
    }
    if matches!(kind.name, "Payment" | "BillPayment") {
        members.insert("Line".into(), json!([]));
    }
    for line in members
        .get_mut("Line")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        void_line(line);
    }
    if members.contains_key("TxnTaxDetail") {
        members.insert("TxnTaxDetail".into(), json!({"TotalTax": 0}));
    }
    let note = members
        .get("PrivateNote")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let note = if note.is_empty() || note.starts_with("Voided") {
        "Voided".to_owned()
    } else {
        format!("Voided - {note}")
    };
    members.insert("PrivateNote".into(), json!(note));
}

fn void_line(line: &mut Value) {
    line["Amount"] = json!(0);
    for name in ["Qty", "UnitPrice"] {
        if let Some(value) = line
            .get_mut("SalesItemLineDetail")
            .and_then(|detail| detail.get_mut(name))
        {
            *value = json!(0);
        }
    }
    if let Some(detail) = line
        .get_mut("DiscountLineDetail")
        .and_then(Value::as_object_mut)
    {
        detail.insert("PercentBased".into(), json!(false));
        detail.shift_remove("DiscountPercent");
    }
    let inner = line
        .get_mut("GroupLineDetail")
        .and_then(|detail| detail.get_mut("Line"));
    for line in inner.and_then(Value::as_array_mut).into_iter().flatten() {
        void_line(line);
    }
}

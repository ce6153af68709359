//! What a new entity has though nobody set it, what follows from terms and preferences, and what these forbid.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::body::{arranged, is_given};
use super::store::is_numbered;
use super::{Company, Writing};
use crate::json::{self, Members};
use crate::refusal::ServiceFault;
use crate::schema::{Kind, Sort};
use crate::time::pacific_date;

/// Fills in what a new entity starts with.
pub(super) fn begin(
    company: &Company,
    kind: &'static Kind,
    members: &mut Members,
    writing: &Writing,
) {
    for (name, value) in &kind.start {
        members.entry(*name).or_insert_with(|| value.clone());
    }
    if kind.class.has("CurrencyRef")
        && kind.name != "TimeActivity"
        && !members.contains_key("CurrencyRef")
    {
        members.insert(
            "CurrencyRef".into(),
            json!({"value": currency(company, members)}),
        );
    }
    if kind.sort == Sort::Transaction {
        begin_transaction(company, kind, members, writing.now);
    }
    match kind.name {
        "Item" => begin_item(members),
        "Term" => {
            let by_date = members.contains_key("DayOfMonthDue");
            members.insert(
                "Type".into(),
                json!(if by_date { "DATE_DRIVEN" } else { "STANDARD" }),
            );
        }
        "CompanyCurrency" => {
            let name = members.get("Code").cloned().unwrap_or_default();
            members.entry("Name").or_insert(name);
        }
        _ => {}
    }
}

/// What an update leaves as it was whatever it says.
pub(super) fn keep(kind: &'static Kind, old: &Members, new: &mut Members) {
    let kept: &[&str] = match kind.name {
        "Item" => &["QtyOnHand", "InvStartDate"],
        "Account" => &[
            "CurrentBalance",
            "CurrentBalanceWithSubAccounts",
            "OpeningBalance",
            "OpeningBalanceDate",
        ],
        "Customer" | "Vendor" => &["Balance", "BalanceWithJobs", "OpenBalanceDate"],
        _ => &[],
    };
    for name in kept {
        match old.get(*name) {
            Some(value) => drop(new.insert((*name).to_owned(), value.clone())),
            None => drop(new.shift_remove(*name)),
        }
    }
    // The amounts of tax follow from the lines again, unless the client sets them.
    if let Some(Value::Object(detail)) = new.get_mut("TxnTaxDetail")
        && detail.contains_key("TxnTaxCodeRef")
        && old.get("TxnTaxDetail").and_then(|old| old.get("TotalTax")) == detail.get("TotalTax")
        && old.get("Line") != Some(&Value::Null)
    {
        detail.shift_remove("TotalTax");
        detail.shift_remove("TaxLine");
    }
}

/// What terms, numbers and preferences make of a transaction.
pub(super) fn check(
    company: &Company,
    kind: &'static Kind,
    id: Option<u64>,
    members: &mut Members,
    writing: &Writing,
) -> Result<(), ServiceFault> {
    if kind.sort != Sort::Transaction {
        return Ok(());
    }
    check_period(company, kind, members)?;
    complete_due_date(company, kind, members);
    if is_numbered(kind) {
        name_custom_fields(company, kind, members);
    }
    let Some(number) = members
        .get("DocNumber")
        .and_then(Value::as_str)
        .filter(|it| !it.is_empty())
    else {
        return Ok(());
    };
    if writing.allows_duplicate_numbers || !warns_of_duplicates(company, kind) {
        return Ok(());
    }
    match company.store.numbered(kind, number) {
        Some(other) if Some(other) != id => {
            Err(ServiceFault::duplicate_number(number, kind.name, other))
        }
        _ => Ok(()),
    }
}

/// A transaction of a period that is closed can't be written.
pub(super) fn check_period(
    company: &Company,
    kind: &'static Kind,
    members: &Members,
) -> Result<(), ServiceFault> {
    let closed = company.preference(&["AccountingInfoPrefs", "BookCloseDate"]);
    let date = members.get("TxnDate").and_then(Value::as_str);
    match (closed, date) {
        (Some(closed), Some(date)) if kind.name != "Estimate" && date <= closed.as_str() => {
            Err(ServiceFault::period_closed())
        }
        _ => Ok(()),
    }
}

fn begin_transaction(
    company: &Company,
    kind: &'static Kind,
    members: &mut Members,
    now: Timestamp,
) {
    members
        .entry("TxnDate")
        .or_insert_with(|| json!(pacific_date(now).to_string()));
    let is_custom = company
        .preference(&["SalesFormsPrefs", "CustomTxnNumbers"])
        .is_some_and(|it| it == "true");
    if is_numbered(kind) && !is_custom && !is_given(members, "DocNumber") {
        members.insert("DocNumber".into(), json!(company.store.next_number()));
    }
    if kind.class.has("SalesTermRef") && !members.contains_key("SalesTermRef") {
        let party = ["CustomerRef", "VendorRef"].iter().find_map(|name| {
            let kind = Kind::named(name.trim_end_matches("Ref"));
            company.store.find(kind, json::reference(members, name)?)
        });
        let terms = party.and_then(|party| {
            ["SalesTermRef", "TermRef"]
                .iter()
                .find_map(|name| json::at(&party.text, &[name, "value"]))
        });
        if let Some(term) = terms
            .map(json::unquoted)
            .filter(|_| kind.name != "Estimate")
        {
            members.insert("SalesTermRef".into(), json!({"value": term}));
        }
    }
    if kind.name == "Payment"
        && !members.contains_key("DepositToAccountRef")
        && let Some(account) = company.account_for(crate::ledger::accounts::Role::Undeposited)
    {
        members.insert(
            "DepositToAccountRef".into(),
            json!({"value": account.to_string()}),
        );
    }
    if matches!(kind.name, "Bill" | "VendorCredit" | "PurchaseOrder")
        && !members.contains_key("APAccountRef")
        && let Some(account) = company.account_for(crate::ledger::accounts::Role::Payable)
    {
        members.insert("APAccountRef".into(), json!({"value": account.to_string()}));
    }
    if kind.name == "SalesReceipt"
        && !members.contains_key("DepositToAccountRef")
        && let Some(account) = company.account_for(crate::ledger::accounts::Role::Undeposited)
    {
        members.insert(
            "DepositToAccountRef".into(),
            json!({"value": account.to_string()}),
        );
    }
}

/// The currency of the party, else the company's.
fn currency(company: &Company, members: &Members) -> String {
    let party = ["CustomerRef", "VendorRef"].iter().find_map(|name| {
        let party = company.store.find(
            Kind::named(name.trim_end_matches("Ref")),
            json::reference(members, name)?,
        )?;
        json::at(&party.text, &["CurrencyRef", "value"])
            .map(|code| json::unquoted(code).into_owned())
    });
    party.unwrap_or_else(|| company.home_currency())
}

fn begin_item(members: &mut Members) {
    let is_counted = members.get("TrackQtyOnHand") == Some(&json!(true));
    let usual = if is_counted { "Inventory" } else { "Service" };
    members.entry("Type").or_insert(json!(usual));
    if members.get("Type") == Some(&json!("Inventory")) {
        members.insert("TrackQtyOnHand".into(), json!(true));
        members.entry("QtyOnHand").or_insert(json!(0));
    }
    if matches!(
        members.get("Type").and_then(Value::as_str),
        Some("Category")
    ) {
        members.retain(|name, _| {
            !matches!(
                name.as_str(),
                "UnitPrice" | "PurchaseCost" | "TrackQtyOnHand" | "Taxable"
            )
        });
    }
}

/// `DueDate` follows from the terms; without any it is the transaction's date.
fn complete_due_date(company: &Company, kind: &'static Kind, members: &mut Members) {
    if !matches!(kind.name, "Invoice" | "Bill") || is_given(members, "DueDate") {
        return;
    }
    let date: Option<Date> = members
        .get("TxnDate")
        .and_then(|date| date.as_str()?.parse().ok());
    let Some(date) = date else {
        return;
    };
    let term = json::reference(members, "SalesTermRef")
        .and_then(|id| company.store.find(Kind::named("Term"), id));
    let number = |name: &str| -> Option<i64> { json::member(&term?.text, name)?.parse().ok() };
    let due = match (number("DueDays"), number("DayOfMonthDue")) {
        (Some(days), _) => date.checked_add(days.clamp(0, 9999).days()).ok(),
        (None, Some(day)) => due_on(date, day, number("DueNextMonthDays").unwrap_or(0)),
        (None, None) => None,
    };
    members.insert("DueDate".into(), json!(due.unwrap_or(date).to_string()));
}

/// That day of the month, or of the next if it is closer than `at_least` days.
fn due_on(date: Date, day: i64, at_least: i64) -> Option<Date> {
    let on = |date: Date| -> Option<Date> {
        let last = i64::from(date.days_in_month());
        let day = i8::try_from(day.clamp(1, last)).ok()?;
        date.with().day(day).build().ok()
    };
    let due = on(date)?;
    let earliest = date.checked_add(at_least.clamp(0, 99).days()).ok()?;
    if due >= earliest {
        Some(due)
    } else {
        on(date.first_of_month().checked_add(1.month()).ok()?)
    }
}

/// Custom fields of sales forms bear the names that the preferences give them.
fn name_custom_fields(company: &Company, kind: &'static Kind, members: &mut Members) {
    let class = kind
        .class
        .find("CustomField")
        .and_then(|it| it.shape.class());
    let (Some(class), Some(Value::Array(fields))) = (class, members.get_mut("CustomField")) else {
        return;
    };
    let groups = company.preference(&["SalesFormsPrefs", "CustomField"]);
    let groups: Option<Vec<Value>> = groups.and_then(|text| serde_json::from_str(&text).ok());
    let groups = groups.unwrap_or_default();
    let named: Vec<&Value> = groups
        .iter()
        .filter_map(|group| group["CustomField"].as_array())
        .flatten()
        .collect();
    for field in fields.iter_mut().filter_map(Value::as_object_mut) {
        let id = field.get("DefinitionId").map(json::plain);
        let preference = format!("SalesFormsPrefs.SalesCustomName{}", id.unwrap_or_default());
        if let Some(name) = named.iter().find(|it| it["Name"] == preference) {
            field.insert("Name".into(), name["StringValue"].clone());
            field.entry("Type").or_insert_with(|| json!("StringType"));
            *field = arranged(class, std::mem::take(field));
        }
    }
}

fn warns_of_duplicates(company: &Company, kind: &'static Kind) -> bool {
    let is_on = |value: Option<String>| value.is_some_and(|it| it == "true");
    match kind.name {
        _ if is_numbered(kind) => {
            is_on(company.preference(&["SalesFormsPrefs", "CustomTxnNumbers"]))
        }
        "Bill" => is_on(company.other_preference("WarnDuplicateBillNumber")),
        "JournalEntry" => is_on(company.other_preference("WarnDuplicateJournalEntryNumber")),
        "Purchase" | "BillPayment" => is_on(company.other_preference("WarnDuplicateCheckNumber")),
        _ => false,
    }
}

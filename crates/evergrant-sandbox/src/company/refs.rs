//! References: that they lead somewhere, and the name that goes with them.

use serde_json::{Value, json};

use super::{Company, classification, names};
use crate::json::{self, Members};
use crate::refusal::ServiceFault;
use crate::schema::{Class, Kind, Shape};

/// Values that stand for what the API has no entity for.
const WELL_KNOWN: [&str; 5] = [
    "TAX",
    "NON",
    "CustomSalesTax",
    "SHIPPING_ITEM_ID",
    "NOT_SPECIFIED",
];

/// Checks each reference in `members` and writes the name of its target. One that stood in `old` already may lead to
/// something inactive.
pub(super) fn resolve(
    company: &Company,
    class: &'static Class,
    members: &mut Members,
    old: Option<&Members>,
) -> Result<(), ServiceFault> {
    for member in &class.members {
        let Some(value) = members.get_mut(member.name) else {
            continue;
        };
        let before = old.and_then(|old| old.get(member.name));
        match member.shape {
            Shape::Reference(_) => each(value, before, |value, before| {
                resolve_one(company, class, member.shape, value, before)
            })?,
            Shape::Group(_) => {
                let Some(class) = member.shape.class() else {
                    continue;
                };
                each(value, before, |value, before| match value {
                    Value::Object(group) => {
                        resolve(company, class, group, before.and_then(Value::as_object))
                    }
                    _ => Ok(()),
                })?;
            }
            _ => {}
        }
    }
    if class.name == "LinkedTxn" {
        check_link(company, members)?;
    }
    Ok(())
}

/// The kind of the transaction that a link's `TxnType` names.
pub(super) fn linked_kind(link_type: &str) -> Option<&'static Kind> {
    let name = match link_type {
        "Expense" | "Check" | "CreditCardCredit" | "CashPurchase" | "CreditCardExpense" => {
            "Purchase"
        }
        "BillPaymentCheck" | "BillPaymentCreditCard" => "BillPayment",
        "StatementCharge" | "ChargeCredit" => return None,
        other => other,
    };
    Kind::by_name(name)
}

/// The account, item and so on that a reference leads to.
pub(super) fn target(
    company: &Company,
    shape: Shape,
    reference: &Members,
) -> Option<(&'static Kind, u64)> {
    let id = reference.get("value")?.as_str()?.parse().ok()?;
    // An empty type is none: a client library writes one into every reference.
    let asked = reference.get("type").and_then(Value::as_str);
    let asked = asked.filter(|asked| !asked.is_empty());
    let targets = shape.targets().iter().copied();
    let mut fitting =
        targets.filter(|kind| asked.is_none_or(|asked| asked.eq_ignore_ascii_case(kind.name)));
    fitting
        .find(|kind| company.store.get(kind, id).is_some())
        .map(|kind| (kind, id))
}

fn each(
    value: &mut Value,
    old: Option<&Value>,
    mut check: impl FnMut(&mut Value, Option<&Value>) -> Result<(), ServiceFault>,
) -> Result<(), ServiceFault> {
    let Value::Array(values) = value else {
        return check(value, old);
    };
    for (place, value) in values.iter_mut().enumerate() {
        check(value, old.and_then(|old| old.get(place)))?;
    }
    Ok(())
}

fn resolve_one(
    company: &Company,
    class: &Class,
    shape: Shape,
    value: &mut Value,
    old: Option<&Value>,
) -> Result<(), ServiceFault> {
    let Value::Object(reference) = value else {
        return Ok(());
    };
    let id = reference
        .get("value")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let targets = shape.targets();
    if targets.is_empty() || WELL_KNOWN.contains(&id.as_str()) {
        return Ok(());
    }
    if targets[0].name == "CompanyCurrency" {
        return resolve_currency(company, reference, &id);
    }
    if targets[0].name == "TaxClassification" {
        return resolve_classification(reference, &id);
    }
    let is_kept = old.and_then(|old| old.get("value")).and_then(Value::as_str) == Some(&id);
    let invalid = || match class.name {
        "AttachableRef" => ServiceFault::business(
            "Object Not Found : Something you're trying to attach to is not there.",
        ),
        _ => ServiceFault::invalid_reference(),
    };
    let (kind, number) = target(company, shape, reference).ok_or_else(invalid)?;
    let record = company.store.get(kind, number).ok_or_else(invalid)?;
    if !record.active && !is_kept {
        return Err(invalid());
    }
    // What a transaction says of its tax, it says by ids alone.
    let is_bare = matches!(class.name, "TxnTaxDetail" | "TaxLineDetail");
    if is_bare {
        reference.shift_remove("name");
    } else if let Some(name) = names::shown(kind, &record.text) {
        reference.insert("name".into(), json!(name));
    }
    if targets.len() > 1 && class.name != "AttachableRef" {
        reference.insert("type".into(), json!(kind.name));
    }
    Ok(())
}

fn resolve_classification(reference: &mut Members, id: &str) -> Result<(), ServiceFault> {
    let name = classification::name(id).ok_or_else(ServiceFault::invalid_reference)?;
    reference.insert("name".into(), json!(name));
    Ok(())
}

fn resolve_currency(
    company: &Company,
    reference: &mut Members,
    code: &str,
) -> Result<(), ServiceFault> {
    let name = company
        .currency_name(code)
        .ok_or_else(ServiceFault::invalid_reference)?;
    reference.insert("name".into(), json!(name));
    Ok(())
}

fn check_link(company: &Company, link: &Members) -> Result<(), ServiceFault> {
    let text = |name: &str| link.get(name).map(json::plain).unwrap_or_default();
    let Some(kind) = linked_kind(&text("TxnType")) else {
        return Ok(());
    };
    match company.store.find(kind, &text("TxnId")) {
        Some(_) => Ok(()),
        None => Err(ServiceFault::invalid_reference()),
    }
}

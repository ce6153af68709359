//! Reimbursable charges: what was bought for a customer and is to be passed on to them.
//!
//! Clients can only read them. One stands beside each billable line of a bill or an expense: it comes, changes and
//! goes with the line, and is linked from the transaction. A sale that links it has passed it on. What a markup adds
//! is not computed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::store::{Key, sequence};
use super::{Company, Deed, Writing, links, update};
use crate::json::{self, Members};
use crate::refusal::ServiceFault;
use crate::schema::Kind;
use crate::time::record_time;

/// Makes the charges of a transaction what its lines say, before it is put into its place.
pub(super) fn follow(
    company: &mut Company,
    key: Key,
    members: &Members,
    writing: &Writing,
) -> Result<(), ServiceFault> {
    let kind = &Kind::all()[key.0];
    if !matches!(kind.name, "Bill" | "Purchase") {
        return Ok(());
    }
    let mut former = of(company, key);
    let lines = members.get("Line").and_then(Value::as_array);
    for line in lines.into_iter().flatten() {
        let Some(charge) = charge(key, members, line) else {
            continue;
        };
        let line_id = json::plain(&line["Id"]);
        match former.remove(&line_id) {
            Some(id) => change(company, id, charge, writing),
            None => make(company, key, charge, writing),
        }
    }
    former
        .into_values()
        .try_for_each(|id| remove(company, id, writing))
}

/// Takes away the charges of a transaction that goes.
pub(super) fn end(company: &mut Company, key: Key, writing: &Writing) -> Result<(), ServiceFault> {
    of(company, key)
        .into_values()
        .try_for_each(|id| remove(company, id, writing))
}

/// The charges of a transaction, by the lines that they are for.
fn of(company: &Company, key: Key) -> BTreeMap<String, u64> {
    let charges = Kind::named("ReimburseCharge");
    let ids = company
        .links
        .settlers(key)
        .map(|((kind, id), _)| (kind, id));
    let ids = ids.filter(|(kind, _)| *kind == charges.index);
    ids.filter_map(|(_, id)| {
        let charge = company.store.members(charges, id)?;
        let line = charge.get("LinkedTxn")?.get(0)?.get("TxnLineId")?;
        Some((json::plain(line), id))
    })
    .collect()
}

/// What is charged for a line; none if it is not to be passed on.
fn charge(key: Key, members: &Members, line: &Value) -> Option<Members> {
    let detail = &line[line["DetailType"].as_str()?];
    let is_billable = matches!(
        detail["BillableStatus"].as_str(),
        Some("Billable" | "HasBeenBilled")
    );
    let customer = detail.get("CustomerRef")?;
    if !is_billable || json::cents(&line["Amount"]) == 0 {
        return None;
    }
    let mut passed_on = Members::new();
    for (to, from) in [
        ("ItemRef", "ItemRef"),
        ("ItemAccountRef", "AccountRef"),
        ("ClassRef", "ClassRef"),
        ("Qty", "Qty"),
        ("UnitPrice", "UnitPrice"),
        ("TaxCodeRef", "TaxCodeRef"),
        ("MarkupInfo", "MarkupInfo"),
    ] {
        if let Some(value) = detail.get(from) {
            passed_on.insert(to.into(), value.clone());
        }
    }
    let kind = Kind::all()[key.0].name;
    let mut charge = Members::new();
    charge.insert("CustomerRef".into(), customer.clone());
    charge.insert("Amount".into(), line["Amount"].clone());
    for name in ["TxnDate", "CurrencyRef", "ExchangeRate"] {
        if let Some(value) = members.get(name) {
            charge.insert(name.into(), value.clone());
        }
    }
    charge.insert(
        "LinkedTxn".into(),
        json!([{"TxnId": key.1.to_string(), "TxnType": kind, "TxnLineId": line["Id"]}]),
    );
    let mut own = json!({"Id": "1", "LineNum": 1});
    if let Some(description) = line.get("Description") {
        own["Description"] = description.clone();
    }
    own["Amount"] = line["Amount"].clone();
    own["DetailType"] = json!("ReimburseLineDetail");
    own["ReimburseLineDetail"] = Value::Object(passed_on);
    charge.insert("Line".into(), json!([own]));
    Some(charge)
}

fn make(company: &mut Company, source: Key, mut charge: Members, writing: &Writing) {
    let kind = Kind::named("ReimburseCharge");
    let id = company.store.next_id(sequence(kind));
    let time = record_time(writing.now);
    let head = json!({"domain": "QBO", "sparse": false, "Id": id.to_string(), "SyncToken": "0",
        "MetaData": {"CreateTime": time, "LastUpdatedTime": time}});
    charge.extend(head.as_object().cloned().unwrap_or_default());
    company.links.add((kind.index, id), &[(source, 0)]);
    links::show(company, (kind.index, id), &mut charge);
    company.store.put(kind, id, charge);
    company.note_change(kind, id, Deed::Create, writing.now);
}

fn change(company: &mut Company, id: u64, charge: Members, writing: &Writing) {
    let kind = Kind::named("ReimburseCharge");
    let Some(old) = company.store.members(kind, id) else {
        return;
    };
    let mut new = old.clone();
    new.extend(charge);
    links::show(company, (kind.index, id), &mut new);
    if new != old {
        update::bump(&mut new, writing.now);
        company.store.put(kind, id, new);
        company.note_change(kind, id, Deed::Update, writing.now);
    }
}

/// A sale that has passed it on keeps its line, and loses the link.
fn remove(company: &mut Company, id: u64, writing: &Writing) -> Result<(), ServiceFault> {
    let kind = Kind::named("ReimburseCharge");
    let key = (kind.index, id);
    links::release(company, key, writing)?;
    let sources = company.effects(kind, id);
    company.links.remove(key, &sources);
    company.store.bury(kind, id, writing.now.as_millisecond());
    company.note_change(kind, id, Deed::Delete, writing.now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn write(company: &mut Company, kind: &str, body: Value) -> Value {
        let Value::Object(body) = body else {
            panic!("{body} is no object");
        };
        let text = company.write(Kind::by_name(kind).unwrap(), &body, &writing());
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    fn writing() -> Writing {
        Writing {
            now: "2026-11-22T20:00:00Z".parse().unwrap(),
            allows_duplicate_numbers: true,
        }
    }

    fn bill(lines: &Value) -> Value {
        json!({"VendorRef": {"value": "30"}, "Line": lines})
    }

    fn line(amount: i64, status: &str) -> Value {
        json!({"Amount": amount, "Description": "Bark", "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}, "CustomerRef": {"value": "1"}, "BillableStatus": status}})
    }

    fn charges(company: &Company) -> Vec<Value> {
        let records = &company.store.shelf(Kind::named("ReimburseCharge")).records;
        let texts = records.values().map(|record| &record.text);
        texts
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    }

    #[test]
    fn a_charge_stands_beside_each_billable_line() {
        let mut company = Company::open(&Seed::sample().companies[0], writing().now);
        let lines = json!([line(20, "Billable"), line(30, "NotBillable")]);
        let made = write(&mut company, "Bill", bill(&lines));
        let all = charges(&company);
        let [charge] = all.as_slice() else {
            panic!("{all:?}");
        };
        assert_eq!(charge["Amount"].as_f64(), Some(20.0));
        assert_eq!(charge["CustomerRef"]["value"], "1");
        assert_eq!(charge["HasBeenInvoiced"], false);
        assert_eq!(charge["LinkedTxn"][0]["TxnId"], made["Id"]);
        assert_eq!(charge["LinkedTxn"][0]["TxnLineId"], "1");
        let detail = &charge["Line"][0]["ReimburseLineDetail"];
        assert_eq!(detail["ItemAccountRef"]["value"], "7");
        assert_eq!(made["SyncToken"], "0");
        assert_eq!(
            made["LinkedTxn"],
            json!([{"TxnId": charge["Id"], "TxnType": "ReimburseCharge"}])
        );
    }

    #[test]
    fn it_changes_and_goes_with_its_line() {
        let mut company = Company::open(&Seed::sample().companies[0], writing().now);
        let mut made = write(
            &mut company,
            "Bill",
            bill(&json!([line(20, "Billable"), line(5, "Billable")])),
        );
        let before = charges(&company);
        made["Line"][0]["Amount"] = json!(25);
        made["Line"][1] = line(5, "NotBillable");
        made["Line"][1]["Id"] = json!("2");
        let made = write(&mut company, "Bill", made);
        let after = charges(&company);
        assert_eq!(after.len(), 1);
        assert_eq!(after[0]["Id"], before[0]["Id"]);
        assert_eq!(after[0]["Amount"].as_f64(), Some(25.0));
        assert_eq!(after[0]["SyncToken"], "1");
        let body = json!({"Id": made["Id"], "SyncToken": made["SyncToken"]});
        company
            .delete(Kind::named("Bill"), body.as_object().unwrap(), &writing())
            .unwrap();
        assert!(charges(&company).is_empty());
    }

    #[test]
    fn a_sale_that_links_it_passes_it_on() {
        let mut company = Company::open(&Seed::sample().companies[0], writing().now);
        let made = write(&mut company, "Bill", bill(&json!([line(20, "Billable")])));
        let charge = charges(&company)[0]["Id"].clone();
        let sale = json!({"CustomerRef": {"value": "1"}, "Line": [{"Amount": 20, "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {}, "LinkedTxn": [{"TxnId": charge, "TxnType": "ReimburseCharge"}]}]});
        let sale = write(&mut company, "Invoice", sale);
        assert_eq!(charges(&company)[0]["HasBeenInvoiced"], true);
        let body = json!({"Id": made["Id"], "SyncToken": made["SyncToken"]});
        company
            .delete(Kind::named("Bill"), body.as_object().unwrap(), &writing())
            .unwrap();
        let id = sale["Id"].as_str().unwrap();
        let sale = json::parsed(&company.read(Kind::named("Invoice"), id).unwrap());
        assert_eq!(sale["TotalAmt"].as_f64(), Some(20.0));
        assert_eq!(sale["Line"][0]["LinkedTxn"], json!([]));
        assert!(charges(&company).is_empty());
    }

    #[test]
    fn books_read_back_have_the_same_charges() {
        let mut company = Company::open(&Seed::sample().companies[0], writing().now);
        write(&mut company, "Bill", bill(&json!([line(20, "Billable")])));
        let written = |company: &Company| serde_json::to_string(&company.snapshot("1")).unwrap();
        let snapshot = written(&company);
        let again = serde_json::from_str(&snapshot).unwrap();
        let mut again = Company::open(&again, writing().now);
        assert_eq!(written(&again), snapshot);
        let charge = charges(&again)[0].clone();
        let source = charge["LinkedTxn"][0]["TxnId"].as_str().unwrap();
        let source = again.read(Kind::named("Bill"), source).unwrap();
        let body: Value = serde_json::from_str(&source).unwrap();
        write(&mut again, "Bill", body);
        assert_eq!(charges(&again), [charge]);
    }
}

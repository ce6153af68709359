//! Every entity of the table and every operation: what the table allows works, what it does not is refused, and what
//! it says of members is kept to. Bodies are made from the table; a kind that is added to it is tested with it.

use serde_json::{Value, json};

use super::*;
use crate::schema::{Member, Shape};
use crate::seed::Seed;
use crate::settings::Settings;
use crate::{batch, cdc, query};

/// Kinds that are asked for in ways of their own.
const HAVE_NO_IDS: [&str; 3] = ["ExchangeRate", "Preferences", "TaxService"];

fn company() -> Company {
    Company::open(&Seed::sample().companies[0], now())
}

fn now() -> Timestamp {
    "2026-11-22T20:00:00Z".parse().unwrap()
}

fn writing() -> Writing {
    Writing {
        now: now(),
        allows_duplicate_numbers: false,
    }
}

fn object(value: Value) -> Members {
    let Value::Object(members) = value else {
        panic!("{value} is no object");
    };
    members
}

/// A body with all that is needed to create one.
fn body(company: &mut Company, kind: &'static Kind, nonce: u32) -> Members {
    let mut body = Members::new();
    for member in kind
        .class
        .members
        .iter()
        .filter(|member| member.required && member.name != "Line")
    {
        body.insert(member.name.into(), value(company, member, nonce));
    }
    for group in &kind.needs_any_of {
        let member = kind.class.find(group[0]).unwrap();
        if kind.is_wrapper() {
            let mut inner = self::body(company, Kind::named("Bill"), nonce);
            inner.insert(
                "RecurringInfo".into(),
                json!({"Name": format!("Template {nonce}"), "RecurType": "Automated"}),
            );
            body.insert("Bill".into(), Value::Object(inner));
        } else {
            body.insert(group[0].into(), value(company, member, nonce));
        }
    }
    if let Some(needs) = &kind.needs_by {
        let (case, needed) = needs.cases[0];
        body.insert(needs.member.into(), json!(case));
        let member = kind.class.find(needed).unwrap();
        body.insert(needed.into(), value(company, member, nonce));
    }
    if let Some(line) = line(kind) {
        body.insert("Line".into(), line);
    }
    body
}

fn line(kind: &Kind) -> Option<Value> {
    let one =
        |detail: &str, inner: Value| json!([{"Amount": 12.5, "DetailType": detail, detail: inner}]);
    Some(match kind.name {
        "Invoice" | "SalesReceipt" | "CreditMemo" | "RefundReceipt" | "Estimate" => one(
            "SalesItemLineDetail",
            json!({"ItemRef": {"value": "2"}, "Qty": 1, "UnitPrice": 12.5}),
        ),
        "Bill" | "Purchase" | "VendorCredit" | "PurchaseOrder" => one(
            "AccountBasedExpenseLineDetail",
            json!({"AccountRef": {"value": "7"}}),
        ),
        "Deposit" => one("DepositLineDetail", json!({"AccountRef": {"value": "1"}})),
        "InventoryAdjustment" => {
            json!([{"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": {"ItemRef": {"value": "11"}, "QtyDiff": -2}}])
        }
        "JournalEntry" => json!([
            {"Amount": 5, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "7"}}},
            {"Amount": 5, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": {"PostingType": "Credit", "AccountRef": {"value": "35"}}},
        ]),
        _ => return None,
    })
}

/// A value that suits a member.
fn value(company: &mut Company, member: &'static Member, nonce: u32) -> Value {
    let one = match member.shape {
        Shape::Text | Shape::Masked if member.name == "Code" => {
            json!(if nonce.is_multiple_of(2) {
                "GBP"
            } else {
                "AUD"
            })
        }
        Shape::Text | Shape::Masked => json!(format!("{} {nonce}", member.name)),
        Shape::Id => json!("1"),
        Shape::Flag => json!(true),
        Shape::Money | Shape::Number | Shape::Integer => json!(7),
        Shape::Date => json!("2026-11-20"),
        Shape::Time => json!("2026-11-20T08:00:00-08:00"),
        Shape::Choice(_) => json!(member.shape.choices()[0]),
        Shape::Reference(_) => reference(company, member),
        Shape::Group(_) => {
            let class = member.shape.class().unwrap();
            let required = class.members.iter().filter(|member| member.required);
            let inner: Members = required
                .map(|member| (member.name.to_owned(), value(company, member, nonce)))
                .collect();
            Value::Object(inner)
        }
        Shape::Any => json!(null),
    };
    if member.several { json!([one]) } else { one }
}

/// The first that there is of the kind that a reference may name, of the type that its name asks for.
fn reference(company: &mut Company, member: &'static Member) -> Value {
    let account = match member.name {
        "APAccountRef" => Some("33"),
        "BankAccountRef" | "FromAccountRef" | "AccountRef" | "DepositToAccountRef" => Some("35"),
        "CCAccountRef" | "CreditCardAccountRef" => Some("41"),
        "ToAccountRef" => Some("36"),
        _ => None,
    };
    let first = || {
        let kind = member.shape.targets().first()?;
        company
            .store
            .shelf(kind)
            .records
            .keys()
            .next()
            .map(u64::to_string)
    };
    json!({"value": account.map(str::to_owned).or_else(first).unwrap_or_default()})
}

fn code(result: Result<String, ServiceFault>) -> &'static str {
    result.map_or_else(|fault| fault.code, |text| panic!("not refused: {text}"))
}

/// The entity in an answer; a template stands in its wrapper.
fn entity(kind: &Kind, text: &str) -> Members {
    let members = json::parsed(text);
    recurring::inner(kind, &members).cloned().unwrap_or(members)
}

#[test]
fn what_the_table_allows_works_and_what_it_does_not_is_refused() {
    for kind in Kind::all()
        .iter()
        .filter(|kind| !HAVE_NO_IDS.contains(&kind.name))
    {
        let mut company = company();
        let body = body(&mut company, kind, 1);
        let created = company.write(kind, &body, &writing());
        if !kind.allows(Operation::Create) {
            assert_eq!(code(created), "500", "{}", kind.name);
            continue;
        }
        let made = entity(
            kind,
            &created.unwrap_or_else(|fault| panic!("{}: {fault:?}\n{body:?}", kind.name)),
        );
        let id = made["Id"].as_str().unwrap().to_owned();
        assert_eq!(made["SyncToken"], "0", "{}", kind.name);
        read_and_query(&company, kind, &id);
        update(&mut company, kind, &id);
        end(&mut company, kind, &id);
    }
}

fn read_and_query(company: &Company, kind: &'static Kind, id: &str) {
    let read = company.read(kind, id);
    assert_eq!(read.is_ok(), kind.allows(Operation::Read), "{}", kind.name);
    let text = format!("select * from {} where Id = '{id}'", kind.name);
    if kind.allows(Operation::Query) {
        let answer = query::answer(company, &text, &Settings::default()).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let found = object(answer[kind.root][0].clone());
        let found = recurring::inner(kind, &found).unwrap_or(&found);
        assert_eq!(found["Id"], id, "{}", kind.name);
    }
    let wanted = cdc::Wanted {
        entities: kind.name,
        changed_since: "2026-11-22T00:00:00-08:00",
    };
    let changes = cdc::answer(company, &wanted, now(), &Settings::default());
    assert_eq!(
        changes.is_ok(),
        kind.allows(Operation::ChangeData),
        "{}",
        kind.name
    );
    if let Ok(changes) = changes {
        assert!(
            changes.contains(&format!("\"Id\":\"{id}\"")),
            "{}",
            kind.name
        );
    }
}

fn update(company: &mut Company, kind: &'static Kind, id: &str) {
    let mut full = body(company, kind, 2);
    full.insert("Id".into(), json!(id));
    full.insert("SyncToken".into(), json!("0"));
    let sparse = object(json!({"Id": id, "SyncToken": "1", "sparse": true}));
    let stale = object(json!({"Id": id, "SyncToken": "77", "sparse": true}));
    if kind.is_wrapper() {
        return;
    }
    if !kind.allows(Operation::Update) && !kind.allows(Operation::SparseUpdate) {
        assert_eq!(
            code(company.write(kind, &full, &writing())),
            "500",
            "{}",
            kind.name
        );
        return;
    }
    assert_eq!(
        code(company.write(kind, &stale, &writing())),
        "5010",
        "{}",
        kind.name
    );
    let changed = company
        .write(kind, &full, &writing())
        .unwrap_or_else(|fault| panic!("{}: {fault:?}", kind.name));
    let version = entity(kind, &changed)["SyncToken"].clone();
    let mut sparse = sparse;
    sparse.insert("SyncToken".into(), version.clone());
    repeat(kind, &entity(kind, &changed), &mut sparse);
    let same = company
        .write(kind, &sparse, &writing())
        .unwrap_or_else(|fault| panic!("{}: {fault:?}", kind.name));
    assert_eq!(
        entity(kind, &same)["SyncToken"],
        version,
        "{}: nothing was changed",
        kind.name
    );
}

/// Fills in what a sparse update is refused without.
fn repeat(kind: &'static Kind, entity: &Members, sparse: &mut Members) {
    while let Err(fault) = update::check_repeated(kind, entity, sparse) {
        assert_eq!(fault.code, "2020", "{}", kind.name);
        let name = fault.element.unwrap();
        sparse.insert(name.clone(), entity[&name].clone());
    }
}

/// Voids and deletes, or makes inactive.
fn end(company: &mut Company, kind: &'static Kind, id: &str) {
    let version = |company: &Company| {
        entity(
            kind,
            &company
                .read(kind, id)
                .unwrap_or_else(|_| company.shown(kind, id.parse().unwrap()).unwrap()),
        )["SyncToken"]
            .clone()
    };
    let named = |company: &Company| object(json!({"Id": id, "SyncToken": version(company)}));
    let body = named(company);
    let voided = company.void(kind, &body, &writing());
    assert_eq!(
        voided.is_ok(),
        kind.allows(Operation::Void),
        "{}",
        kind.name
    );
    if let Ok(voided) = voided {
        assert_eq!(json::parsed(&voided)["TotalAmt"], 0, "{}", kind.name);
    }
    let mut body = named(company);
    if kind.is_wrapper() {
        body = object(json!({"Bill": body}));
    }
    let deleted = company.delete(kind, &body, &writing());
    assert_eq!(
        deleted.is_ok(),
        kind.allows(Operation::Delete),
        "{}",
        kind.name
    );
    if deleted.is_ok() {
        assert_eq!(code(company.read(kind, id)), "610", "{}", kind.name);
        assert_eq!(
            code(company.delete(kind, &body, &writing())),
            "610",
            "{}",
            kind.name
        );
        return;
    }
    if kind
        .class
        .find("Active")
        .is_some_and(|member| member.writable)
        && kind.allows(Operation::SparseUpdate)
    {
        let mut off = object(
            json!({"Id": id, "SyncToken": version(company), "sparse": true, "Active": false}),
        );
        repeat(
            kind,
            &json::parsed(&company.read(kind, id).unwrap()),
            &mut off,
        );
        let off = json::parsed(&company.write(kind, &off, &writing()).unwrap());
        let name = off[kind.naming().unwrap()].as_str().unwrap();
        assert!(name.ends_with(" (deleted)"), "{name}");
    }
}

#[test]
fn members_are_what_the_table_says() {
    for kind in Kind::all().iter().filter(|kind| {
        kind.allows(Operation::Create) && kind.path != "taxservice/taxcode" && !kind.is_wrapper()
    }) {
        let mut company = company();
        let whole = body(&mut company, kind, 1);
        let mut refused = |change: &dyn Fn(&mut Members)| {
            let mut body = whole.clone();
            change(&mut body);
            code(company.write(kind, &body, &writing()))
        };
        assert_eq!(
            refused(&|body| drop(body.insert("Bogus".into(), json!(1)))),
            "2010",
            "{}",
            kind.name
        );
        for member in kind.class.members.iter().filter(|member| member.writable) {
            let label = format!("{} {}", kind.name, member.name);
            if member.required {
                assert_eq!(
                    refused(&|body| drop(body.shift_remove(member.name))),
                    "2020",
                    "{label}"
                );
            }
            let set = |value: Value| {
                let value = if member.several {
                    json!([value])
                } else {
                    value
                };
                move |body: &mut Members| drop(body.insert(member.name.into(), value.clone()))
            };
            if let Shape::Reference(_) = member.shape
                && !member.shape.targets().is_empty()
            {
                assert_eq!(refused(&set(json!({"value": "98765"}))), "2500", "{label}");
            }
            if let Shape::Choice(_) = member.shape {
                assert_eq!(refused(&set(json!("Nonsense"))), "2170", "{label}");
            }
            if let Some(longest) = member.longest.filter(|_| member.shape == Shape::Text) {
                assert_eq!(
                    refused(&set(json!("x".repeat(longest + 1)))),
                    "2050",
                    "{label}"
                );
            }
            if matches!(member.shape, Shape::Money | Shape::Number | Shape::Integer) {
                assert_eq!(refused(&set(json!("much"))), "2080", "{label}");
            }
            if member.shape == Shape::Date {
                assert_eq!(refused(&set(json!("someday"))), "2010", "{label}");
            }
        }
    }
}

#[test]
fn batches_take_every_kind_that_the_table_lets_in() {
    for kind in Kind::all()
        .iter()
        .filter(|kind| !HAVE_NO_IDS.contains(&kind.name))
    {
        let mut company = company();
        let body = body(&mut company, kind, 1);
        let request = object(
            json!({"BatchItemRequest": [{"bId": "a", "operation": "create", kind.name: body}, {"bId": "b", "Query": "select count(*) from Customer"}]}),
        );
        let answer: Value = serde_json::from_str(
            &batch::answer(&mut company, &request, &writing(), &Settings::default()).unwrap(),
        )
        .unwrap();
        let is_made = answer[0][kind.root]["Id"].is_string();
        assert_eq!(
            is_made,
            kind.allows(Operation::Batch) && kind.allows(Operation::Create),
            "{} {answer}",
            kind.name
        );
        assert!(
            is_made || answer[0]["Fault"]["type"] == "ValidationFault",
            "{answer}"
        );
        assert!(answer[1]["QueryResponse"]["totalCount"].is_u64());
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one thing after the other")]
fn what_has_no_ids_is_kept_too() {
    let mut company = company();
    let switch = object(json!({"SyncToken": "0", "SalesFormsPrefs": {"CustomTxnNumbers": true}}));
    let preferences = json::parsed(
        &company
            .write(Kind::named("Preferences"), &switch, &writing())
            .unwrap(),
    );
    assert_eq!(preferences["SalesFormsPrefs"]["CustomTxnNumbers"], true);
    assert_eq!(
        preferences["SalesFormsPrefs"]["AllowDiscount"], true,
        "the others stay"
    );
    let numbered = object(
        json!({"DocNumber": "7", "CustomerRef": {"value": "1"}, "Line": [
        {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]}),
    );
    company
        .write(Kind::named("Invoice"), &numbered, &writing())
        .unwrap();
    assert_eq!(
        code(company.write(Kind::named("Invoice"), &numbered, &writing())),
        "6140"
    );
    let rate = |company: &mut Company, body: Value| {
        company.write(Kind::named("ExchangeRate"), &object(body), &writing())
    };
    assert_eq!(
        code(rate(
            &mut company,
            json!({"SourceCurrencyCode": "XYZ", "Rate": 2})
        )),
        "2500"
    );
    rate(
        &mut company,
        json!({"SourceCurrencyCode": "EUR", "Rate": 1.25, "AsOfDate": "2026-11-01"}),
    )
    .unwrap();
    let text = company
        .exchange_rate("EUR", Some("2026-11-20"), now())
        .unwrap();
    assert_eq!(json::parsed(&text)["Rate"], 1.25);
    assert_eq!(
        json::parsed(
            &company
                .exchange_rate("EUR", Some("2026-10-01"), now())
                .unwrap()
        )["Rate"],
        1.11
    );
    let body = object(
        json!({"TaxCode": "Coast", "TaxRateDetails": [{"TaxRateName": "Coast 5", "RateValue": "5", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}]}),
    );
    let made = json::parsed(&company.make_tax_code(&body, &writing()).unwrap());
    assert!(made["TaxRateDetails"][0]["TaxRateId"].is_string());
    assert_eq!(code(company.make_tax_code(&body, &writing())), "6240");
    let sale = object(
        json!({"CustomerRef": {"value": "1"}, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": made["TaxCodeId"]}}, "Line": [
        {"Amount": 200, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "9"}, "TaxCodeRef": {"value": "TAX"}}}]}),
    );
    let sale = json::parsed(
        &company
            .write(Kind::named("Invoice"), &sale, &writing())
            .unwrap(),
    );
    assert_eq!(
        (&sale["TxnTaxDetail"]["TotalTax"], &sale["TotalAmt"]),
        (&json!(10.0), &json!(210.0))
    );
}

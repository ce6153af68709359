//! Entities written, and refused, as Intuit does.

mod habits;

use super::state::tests::{entries, opened, written};
use super::*;
use crate::query;
use crate::seed::Seed;
use crate::settings::Settings;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const WRITING: Writing = Writing {
    now: NOW,
    allows_duplicate_numbers: false,
};

fn employee() -> &'static Kind {
    Kind::named("Employee")
}

fn company() -> Company {
    Company::open(&Seed::sample().companies[0], NOW)
}

fn write(company: &mut Company, body: Value) -> Result<Members, ServiceFault> {
    let Value::Object(body) = body else {
        panic!("not an object")
    };
    company
        .write(employee(), &body, &WRITING)
        .map(|text| json::parsed(&text))
}

fn code(result: Result<Members, ServiceFault>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn the_known_employee_is_there_in_intuits_order() {
    let company = company();
    let text = company.read(employee(), "58").unwrap();
    let start = r#"{"SSN":"XXX-XX-XXXX","PrimaryAddr":{"Id":"#;
    assert!(text.starts_with(start), "{text}");
    let places = [
        "BillableTime",
        "domain",
        "\"Id\":\"58\"",
        "GivenName",
        "Active",
        "PrimaryPhone",
    ];
    let found: Vec<usize> = places
        .iter()
        .map(|place| text.find(place).unwrap())
        .collect();
    assert!(found.is_sorted(), "{text}");
}

#[test]
fn ids_must_be_numbers_that_exist() {
    let company = company();
    assert_eq!(company.read(employee(), "1.5").err().unwrap().code, "2030");
    assert_eq!(company.read(employee(), "9999").err().unwrap().code, "610");
}

#[test]
fn creates_with_what_intuit_fills_in() {
    let mut company = company();
    let body = json!({"GivenName": "Ada", "FamilyName": "Quill", "SSN": "123-45-6789",
                      "PrimaryAddr": {"City": "Hexcombe", "Line1": "1 Row"}});
    let made = write(&mut company, body).unwrap();
    assert_eq!(made["DisplayName"], "Ada Quill");
    assert_eq!(made["PrintOnCheckName"], "Ada Quill");
    assert_eq!(made["SyncToken"], "0");
    assert_eq!(made["SSN"], "XXX-XX-XXXX");
    assert_eq!(made["BillableTime"], false);
    let address = made["PrimaryAddr"].as_object().unwrap();
    assert_eq!(address.keys().collect::<Vec<_>>(), ["Id", "Line1", "City"]);
}

#[test]
fn refuses_what_intuit_refuses() {
    let mut company = company();
    assert_eq!(
        code(write(&mut company, json!({"DisplayName": "Nobody"}))),
        "2020"
    );
    assert_eq!(
        code(write(
            &mut company,
            json!({"GivenName": "bill", "FamilyName": "MILLER"})
        )),
        "6240"
    );
    let unknown = write(&mut company, json!({"BadJson": true})).unwrap_err();
    assert_eq!(unknown.code, "2010");
    assert!(
        unknown.detail.contains(
            r#"Unrecognized field "BadJson" (class com.intuit.schema.finance.v3.Employee)"#
        )
    );
    assert!(
        unknown
            .detail
            .ends_with("\n specified is unsupported or invalid"),
        "{}",
        unknown.detail
    );
    let nested = write(
        &mut company,
        json!({"GivenName": "A", "PrimaryAddr": {"Town": "X"}}),
    )
    .unwrap_err();
    assert!(nested.detail.contains("v3.PhysicalAddress"));
    assert_eq!(
        code(write(&mut company, json!({"GivenName": {"a": 1}}))),
        "2010"
    );
    assert_eq!(
        code(write(&mut company, json!({"Id": "58", "sparse": true}))),
        "2020"
    );
    assert_eq!(
        code(write(&mut company, json!({"Id": "58", "SyncToken": "7"}))),
        "5010"
    );
    assert_eq!(
        code(write(&mut company, json!({"Id": "9999", "SyncToken": "0"}))),
        "610"
    );
}

#[test]
fn a_sparse_update_changes_what_is_sent_and_the_token() {
    let mut company = company();
    let old = json::parsed(&company.read(employee(), "58").unwrap());
    let body = json!({"Id": "58", "SyncToken": old["SyncToken"], "sparse": true, "Title": "Mr"});
    let new = write(&mut company, body).unwrap();
    assert_eq!(new["Title"], "Mr");
    assert_eq!(new["PrimaryAddr"], old["PrimaryAddr"]);
    assert_ne!(new["SyncToken"], old["SyncToken"]);
    assert_ne!(
        new["MetaData"]["LastUpdatedTime"],
        old["MetaData"]["LastUpdatedTime"]
    );
    assert_eq!(new["MetaData"]["CreateTime"], old["MetaData"]["CreateTime"]);
}

#[test]
fn a_full_update_clears_what_is_not_sent() {
    let mut company = company();
    let old = json::parsed(&company.read(employee(), "58").unwrap());
    let body = json!({"Id": "58", "SyncToken": old["SyncToken"], "GivenName": "William"});
    let new = write(&mut company, body).unwrap();
    assert!(!new.contains_key("PrimaryAddr") && !new.contains_key("FamilyName"));
    assert_eq!(new["DisplayName"], "William");
    assert_eq!(new["Active"], true);
}

#[test]
fn deactivation_marks_the_name_and_twice_is_once() {
    let mut company = company();
    let body =
        |token: &Value| json!({"Id": "58", "SyncToken": token, "sparse": true, "Active": false});
    let off = write(&mut company, body(&json!("0"))).unwrap();
    assert_eq!(off["DisplayName"], "Bill Miller (deleted)");
    let again = write(&mut company, body(&off["SyncToken"])).unwrap();
    assert_eq!(again, off);
    let on = json!({"Id": "58", "SyncToken": off["SyncToken"], "sparse": true, "Active": true});
    assert_eq!(
        write(&mut company, on).unwrap()["DisplayName"],
        "Bill Miller"
    );
}

/// Books with nothing in them but what the test puts there.
fn empty() -> Company {
    let seed = r#"{"companies":[{"realm":"1","user":"Ada Quill"}]}"#;
    Company::open(&Seed::from_json(seed).unwrap().companies[0], NOW)
}

fn make(company: &mut Company, kind: &str, body: Value) -> Members {
    put(company, kind, body).unwrap()
}

fn put(company: &mut Company, kind: &str, body: Value) -> Result<Members, ServiceFault> {
    let Value::Object(body) = body else {
        panic!("not an object")
    };
    company
        .write(Kind::named(kind), &body, &WRITING)
        .map(|text| json::parsed(&text))
}

fn get(company: &Company, kind: &str, id: &Value) -> Members {
    json::parsed(
        &company
            .read(Kind::named(kind), id.as_str().unwrap())
            .unwrap(),
    )
}

fn refer(made: &Members) -> Value {
    json!({"value": made["Id"]})
}

fn invoice(customer: &Members, amount: f64) -> Value {
    json!({"CustomerRef": refer(customer), "Line": [{"Amount": amount, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"Qty": 2, "UnitPrice": amount / 2.0}}]})
}

fn account(company: &Company, subtype: &str) -> Members {
    let accounts = company.store.shelf(Kind::named("Account")).records.iter();
    let mut found =
        accounts.filter(|(_, record)| record.scalar("AccountSubType").unwrap() == subtype);
    let (id, record) = found.next().unwrap();
    json::parsed(&company.live(Kind::named("Account"), *id, record))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn an_invoice_is_completed_booked_paid_and_unpaid() {
    let mut company = empty();
    let customer = make(
        &mut company,
        "Customer",
        json!({"DisplayName": "Hexcombe Bees"}),
    );
    let made = make(&mut company, "Invoice", invoice(&customer, 120.5));
    assert_eq!(
        (&made["TotalAmt"], &made["Balance"]),
        (&json!(120.5), &json!(120.5))
    );
    assert_eq!(
        (&made["DocNumber"], &made["TxnDate"]),
        (&json!("1001"), &json!("1969-12-31"))
    );
    assert_eq!(made["CustomerRef"]["name"], "Hexcombe Bees");
    let lines = made["Line"].as_array().unwrap();
    assert_eq!(
        (&lines[0]["Id"], &lines[0]["LineNum"]),
        (&json!("1"), &json!(1))
    );
    assert_eq!(lines[1]["DetailType"], "SubTotalLineDetail");
    assert_eq!(get(&company, "Customer", &customer["Id"])["Balance"], 120.5);
    assert_eq!(
        account(&company, "AccountsReceivable")["CurrentBalance"],
        120.5
    );

    let body = json!({"CustomerRef": refer(&customer), "TotalAmt": 150, "Line": [{"Amount": 150,
        "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}]});
    let payment = make(&mut company, "Payment", body);
    assert_eq!(payment["Line"][0]["Amount"], 120.5, "no more than is open");
    assert_eq!(payment["UnappliedAmt"], 29.5);
    let paid = get(&company, "Invoice", &made["Id"]);
    assert_eq!(
        (&paid["Balance"], &paid["SyncToken"]),
        (&json!(0), &json!("1"))
    );
    assert_eq!(
        paid["LinkedTxn"],
        json!([{"TxnId": payment["Id"], "TxnType": "Payment"}])
    );
    assert_eq!(get(&company, "Customer", &customer["Id"])["Balance"], -29.5);
    assert_eq!(
        account(&company, "UndepositedFunds")["CurrentBalance"],
        150.0
    );

    let body = json!({"Id": payment["Id"], "SyncToken": "0"});
    company
        .delete(Kind::named("Payment"), body.as_object().unwrap(), &WRITING)
        .unwrap();
    let open = get(&company, "Invoice", &made["Id"]);
    assert_eq!(
        (&open["Balance"], &open["LinkedTxn"]),
        (&json!(120.5), &json!([]))
    );
    let again = company.delete(Kind::named("Payment"), body.as_object().unwrap(), &WRITING);
    assert_eq!(
        again.unwrap_err().detail,
        "Object Not Found : Another user has deleted this transaction."
    );

    let body = json!({"Id": made["Id"], "SyncToken": open["SyncToken"]});
    company
        .void(Kind::named("Invoice"), body.as_object().unwrap(), &WRITING)
        .unwrap();
    let voided = get(&company, "Invoice", &made["Id"]);
    assert_eq!(
        (&voided["TotalAmt"], &voided["PrivateNote"]),
        (&json!(0), &json!("Voided"))
    );
    assert_eq!(get(&company, "Customer", &customer["Id"])["Balance"], 0);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn references_and_names_are_checked() {
    let mut company = empty();
    let fault = |result: Result<Members, ServiceFault>| result.unwrap_err().code;
    let stranger = json!({"CustomerRef": {"value": "99"}, "Line": [{"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]});
    assert_eq!(fault(put(&mut company, "Invoice", stranger)), "2500");
    assert_eq!(
        fault(put(
            &mut company,
            "Invoice",
            json!({"Line": [{"Amount": 1}]})
        )),
        "2020"
    );
    let parent = make(&mut company, "Customer", json!({"DisplayName": "Parent"}));
    let job = make(
        &mut company,
        "Customer",
        json!({"DisplayName": "Job", "ParentRef": refer(&parent), "Job": true}),
    );
    assert_eq!(job["FullyQualifiedName"], "Parent:Job");
    make(&mut company, "Invoice", invoice(&job, 10.0));
    let shown = get(&company, "Customer", &parent["Id"]);
    assert_eq!(
        (&shown["Balance"], &shown["BalanceWithJobs"]),
        (&json!(0), &json!(10.0))
    );
    make(
        &mut company,
        "Customer",
        json!({"Id": parent["Id"], "SyncToken": "0", "sparse": true, "DisplayName": "Elder"}),
    );
    assert_eq!(
        get(&company, "Customer", &job["Id"])["FullyQualifiedName"],
        "Elder:Job"
    );
    let circle =
        json!({"Id": parent["Id"], "SyncToken": "1", "sparse": true, "ParentRef": refer(&job)});
    assert_eq!(fault(put(&mut company, "Customer", circle)), "6000");
    assert_eq!(
        fault(put(&mut company, "Vendor", json!({"DisplayName": "elder"}))),
        "6240"
    );
    make(
        &mut company,
        "Customer",
        json!({"Id": job["Id"], "SyncToken": "0", "sparse": true, "Active": false}),
    );
    assert_eq!(
        fault(put(&mut company, "Invoice", invoice(&job, 1.0))),
        "2500"
    );
    assert_eq!(
        fault(put(
            &mut company,
            "Account",
            json!({"Name": "X", "AccountType": "Piggy bank"})
        )),
        "2170"
    );
    assert_eq!(
        fault(put(
            &mut company,
            "Term",
            json!({"Name": "x".repeat(32), "DueDays": 1})
        )),
        "2050"
    );
    let wrong = json!({"CustomerRef": refer(&parent), "Line": [{"Amount": 3, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"Qty": 2, "UnitPrice": 2}}]});
    assert_eq!(fault(put(&mut company, "Invoice", wrong)), "6070");
}

#[test]
fn a_snapshot_opens_to_the_same_company() {
    let mut company = empty();
    let customer = make(
        &mut company,
        "Customer",
        json!({"DisplayName": "Hexcombe Bees"}),
    );
    let item = make(
        &mut company,
        "Item",
        json!({"Name": "Jar", "Type": "Inventory", "TrackQtyOnHand": true, "QtyOnHand": 10,
        "PurchaseCost": 3.33, "UnitPrice": 9, "InvStartDate": "1969-01-01"}),
    );
    let body = json!({"CustomerRef": refer(&customer), "Line": [{"Amount": 27, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": refer(&item), "Qty": 3, "UnitPrice": 9}}]});
    let gone = make(&mut company, "Invoice", body.clone());
    make(&mut company, "Invoice", body);
    let body = json!({"Id": gone["Id"], "SyncToken": "0"});
    company
        .delete(Kind::named("Invoice"), body.as_object().unwrap(), &WRITING)
        .unwrap();
    assert_eq!(get(&company, "Item", &item["Id"])["QtyOnHand"], 7);
    let opened = opened(&company, NOW);
    assert_eq!(written(&opened), written(&company));
    assert_eq!(
        get(&opened, "Item", &item["Id"]),
        get(&company, "Item", &item["Id"])
    );
    assert_eq!(
        account(&opened, "Inventory")["CurrentBalance"],
        account(&company, "Inventory")["CurrentBalance"]
    );
    assert_eq!(entries(&opened), entries(&company));
}

#[test]
fn the_sample_company_is_in_business_and_in_balance() {
    let now: Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
    let sample = Seed::generated(200, 7);
    let mut company = Company::open(&sample.companies[0], now);
    assert!(company.is_to_grow(None) && !company.is_to_grow(Some(employee())));
    company.grow();
    assert!(company.take_changes().is_empty());
    let count = |name: &str| company.store.shelf(Kind::named(name)).records.len();
    assert!(count("Account") > 60 && count("Customer") >= 29 && count("Vendor") > 20);
    assert_eq!(count("Attachable"), 0);
    for kind in [
        "Invoice",
        "Payment",
        "Bill",
        "Purchase",
        "SalesReceipt",
        "JournalEntry",
    ] {
        assert!(count(kind) > 0, "{kind}");
    }
    let posted = company
        .ledger
        .entries()
        .flat_map(|(_, entry)| entry.postings.iter());
    assert_eq!(posted.map(|posting| posting.amount).sum::<i64>(), 0);
    let mut again = Company::open(&sample.companies[0], now);
    again.grow();
    assert!(written(&again) == written(&company), "the same again");
    assert!(written(&opened(&company, now)) == written(&company));
}

/// What client libraries send with everything, and QuickBooks takes.
#[test]
fn attachments_are_found_by_what_they_are_attached_to() {
    let mut company = company();
    let to = |kind: &str, id: &str| json!({"EntityRef": {"type": kind, "value": id}});
    let customer = make(&mut company, "Customer", json!({"DisplayName": "Filed"}));
    let id = customer["Id"].as_str().unwrap().to_owned();
    let body = json!({"Note": "n", "AttachableRef": [to("Customer", &id), to("Employee", "58")]});
    make(&mut company, "Attachable", body);
    let of = |kind: &str, id: &str| {
        let reference = "AttachableRef.EntityRef";
        let both = format!("{reference}.Type = '{kind}' and {reference}.value = '{id}'");
        count(&company, &format!("attachable where {both}"))
    };
    assert_eq!([of("customer", &id), of("Employee", "58")], [1, 1]);
    assert_eq!(of("Invoice", &id), 0);
}

#[test]
fn a_template_is_changed_in_its_wrapper() {
    let mut company = company();
    let info = json!({"Name": "Rent", "RecurType": "Automated", "ScheduleInfo": {"DayOfMonth": 1}});
    let line = json!({"Amount": 500, "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "17"}}});
    let vendor = make(&mut company, "Vendor", json!({"DisplayName": "Landlord"}));
    let bill = json!({"VendorRef": refer(&vendor), "RecurringInfo": info, "Line": [line]});
    let made = make(&mut company, "RecurringTransaction", json!({"Bill": bill}));
    let mut changed = made["Bill"].clone();
    changed["RecurringInfo"]["ScheduleInfo"]["DayOfMonth"] = json!(15);
    let put = |company: &mut Company, bill: &Value| {
        put(company, "RecurringTransaction", json!({"Bill": bill}))
    };
    let again = put(&mut company, &changed).unwrap();
    let bill = &again["Bill"];
    assert_eq!(bill["RecurringInfo"]["ScheduleInfo"]["DayOfMonth"], 15);
    assert_eq!(
        (&bill["Id"], &bill["SyncToken"]),
        (&made["Bill"]["Id"], &json!("1"))
    );
    assert_eq!(code(put(&mut company, &changed)), "5010");

    let count = |condition| count(&company, &format!("RecurringTransaction where {condition}"));
    for condition in [
        "Type = 'Bill'",
        "RecurringInfo.Name = 'Rent' and Type in ('bill', 'Invoice')",
        "MetaData.CreateTime > '1960-01-01' orderby MetaData.CreateTime",
    ] {
        assert_eq!(count(condition), 1, "{condition}");
    }
    assert_eq!(count("Type = 'Invoice'"), 0);
    let text = "select * from RecurringTransaction where Nonsense = '1'";
    let refused = query::answer(&company, text, &Settings::default());
    assert_eq!(refused.unwrap_err().code, "4001");
}

fn count(company: &Company, rest: &str) -> Value {
    let text = format!("select count(*) from {rest}");
    let answer = query::answer(company, &text, &Settings::default()).unwrap();
    json::parsed(&answer)["totalCount"].clone()
}

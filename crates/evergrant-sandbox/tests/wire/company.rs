//! A company through the API: written, asked for, and reported on.

use evergrant_sandbox::{Handle, Options, Seed};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{REALM, Wire, frozen, text};

async fn ready() -> (Handle, Wire<TcpStream>, String) {
    let options = Options {
        seed: Seed::generated(40, 1),
        ..Options::default()
    };
    let sandbox = frozen(options).await;
    let wire = Wire::plain(&sandbox).await;
    let token = text(&sandbox.issue_grant(REALM), "access_token").to_owned();
    (sandbox, wire, token)
}

fn at(path: &str) -> String {
    format!("/v3/company/{REALM}/{path}")
}

fn invoice() -> Value {
    json!({"CustomerRef": {"value": "1"}, "Line": [{"Amount": 80, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "4"}}}]})
}

#[tokio::test]
async fn an_invoice_lives_and_dies_where_everyone_can_see_it() {
    let (_sandbox, mut wire, token) = ready().await;
    let made = wire
        .post_json(
            &at("invoice?minorversion=75"),
            &token,
            &invoice().to_string(),
        )
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body.contains(r#""TotalAmt":80.00"#), "{}", made.body);
    let made = made.json()["Invoice"].clone();
    let id = text(&made, "Id");
    let linked = wire
        .get(&at(&format!("invoice/{id}?include=invoiceLink")), &token)
        .await;
    assert!(linked.json()["Invoice"]["InvoiceLink"].is_string());
    let named = json!({"Id": id, "SyncToken": "0"}).to_string();
    let voided = wire
        .post_json(&at("invoice?operation=void"), &token, &named)
        .await
        .json();
    assert_eq!(voided["Invoice"]["PrivateNote"], "Voided");
    let payment = json!({"CustomerRef": {"value": "1"}, "TotalAmt": 5}).to_string();
    let payment = wire
        .post_json(&at("payment"), &token, &payment)
        .await
        .json();
    let payment = json!({"Id": payment["Payment"]["Id"], "SyncToken": "0"}).to_string();
    let refused = at("payment?operation=void");
    let refused = wire.post_json(&refused, &token, &payment).await.json();
    assert_eq!(refused["Fault"]["Error"][0]["code"], "500");
    let voided = at("payment?operation=update&include=void");
    let voided = wire.post_json(&voided, &token, &payment).await.json();
    assert_eq!(voided["Payment"]["TotalAmt"], 0);
    let named = json!({"Id": id, "SyncToken": "1"}).to_string();
    let deleted = wire
        .post_json(&at("invoice?operation=delete"), &token, &named)
        .await;
    let expected =
        format!(r#"{{"Invoice":{{"domain":"QBO","status":"Deleted","Id":"{id}"}},"time":"#);
    assert!(deleted.body.starts_with(&expected), "{}", deleted.body);
    let changed = at("cdc?entities=Invoice,Term&changedSince=2020-09-29T00:00:00-07:00");
    let changed = wire.get(&changed, &token).await.json();
    let slots = &changed["CDCResponse"][0]["QueryResponse"];
    let rows = slots[0]["Invoice"].as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["Id"] == id && row["status"] == "Deleted")
    );
    assert_eq!(slots[1], json!({}));
    let old = at("cdc?entities=Invoice&changedSince=2011-01-01");
    let fault = wire.get(&old, &token).await.json();
    assert_eq!(fault["Fault"]["Error"][0]["code"], "500");
}

#[tokio::test]
async fn a_batch_answers_each_item_by_itself() {
    let (_sandbox, mut wire, token) = ready().await;
    let batch = json!({"BatchItemRequest": [
        {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Hexcombe Bees"}},
        {"bId": "2", "operation": "create", "Customer": {"DisplayName": "Hexcombe Bees"}},
        {"bId": "3", "operation": "update", "Customer": {"Id": "%{1.Id}", "SyncToken": "0", "sparse": true, "Notes": "n"}},
        {"bId": "4", "Query": "select count(*) from Employee"},
    ]});
    let path = at("batch?requestid=once");
    let answer = wire.post_json(&path, &token, &batch.to_string()).await;
    let again = wire.post_json(&path, &token, &batch.to_string()).await;
    assert_eq!(answer.body, again.body);
    let items = &answer.json()["BatchItemResponse"];
    assert_eq!(items[0]["bId"], "1");
    assert_eq!(items[1]["Fault"]["Error"][0]["code"], "6240");
    assert_eq!(items[2]["Customer"]["SyncToken"], "1");
    assert_eq!(items[3]["QueryResponse"]["totalCount"], 10);
    let many: Vec<Value> = (0..31)
        .map(|id| json!({"bId": id.to_string(), "Query": "select * from Term"}))
        .collect();
    let fault = wire
        .post_json(
            &at("batch"),
            &token,
            &json!({"BatchItemRequest": many}).to_string(),
        )
        .await;
    assert_eq!(fault.json()["Fault"]["Error"][0]["code"], "6000");
}

#[tokio::test]
async fn reports_stand_in_no_envelope() {
    let (_sandbox, mut wire, token) = ready().await;
    let report = wire
        .get(&at("reports/ProfitAndLoss?date_macro=Last%20Month"), &token)
        .await
        .json();
    assert_eq!(report["Header"]["ReportName"], "ProfitAndLoss");
    assert_eq!(report["Header"]["StartPeriod"], "2020-08-01");
    assert_eq!(report["Header"]["EndPeriod"], "2020-08-31");
    assert!(report.get("time").is_none());
    let fault = wire.get(&at("reports/Weather"), &token).await;
    assert_eq!(fault.status, 400);
    let rate = wire
        .get(&at("exchangerate?sourcecurrencycode=EUR"), &token)
        .await
        .json();
    assert_eq!(rate["ExchangeRate"]["TargetCurrencyCode"], "USD");
    let rights = wire
        .get(&format!("/manage/entitlements/v3/{REALM}"), &token)
        .await;
    assert!(rights.body.contains("<QboCompany>true"), "{}", rights.body);
    let taxed = wire.get(&at("taxclassification?level=1"), &token).await;
    let id = taxed.json()["TaxClassification"][0]["id"].clone();
    let path = format!("taxclassification/{}", id.as_str().unwrap());
    let taxed = wire.get(&at(&path), &token).await.json();
    assert_eq!(taxed["TaxClassification"]["id"], id);
    let preferences = wire.get(&at("preferences"), &token).await.json();
    assert_eq!(
        preferences["Preferences"]["CurrencyPrefs"]["HomeCurrency"]["value"],
        "USD"
    );
}

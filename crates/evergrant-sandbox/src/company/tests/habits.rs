//! What client libraries are seen to send, and what becomes of it.

use super::*;

#[test]
fn habits_of_client_libraries_are_no_faults() {
    let mut company = company();
    let customer = make(&mut company, "Customer", json!({"DisplayName": "Habit"}));
    let item =
        json!({"Name": "Work", "Type": "Service", "IncomeAccountRef": {"value": "1", "type": ""}});
    let item = make(&mut company, "Item", item);
    let line = json!({"Amount": 40, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {
        "ItemRef": {"value": item["Id"], "name": "", "type": ""}, "Qty": 0, "UnitPrice": 0}});
    let discount = json!({"DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": true, "DiscountPercent": 10}});
    let body = json!({"CustomerRef": refer(&customer), "Line": [line, discount],
        "CurrencyRef": {}, "ClassRef": {"value": ""},
        "CustomField": [{"DefinitionId": "1", "StringValue": "12b"}]});
    let made = make(&mut company, "Invoice", body);
    assert!(!made.contains_key("ClassRef"), "it led nowhere");
    assert_eq!(
        made["CustomField"][0].to_string(),
        r#"{"DefinitionId":"1","Name":"Plot","Type":"StringType","StringValue":"12b"}"#
    );
    let details: Vec<&Value> = made["Line"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["DetailType"])
        .collect();
    assert_eq!(
        details,
        [
            "SalesItemLineDetail",
            "SubTotalLineDetail",
            "DiscountLineDetail"
        ],
        "a discount is taken off the subtotal above it"
    );
    let body = json!({"Amount": 9, "BankAccountRef": {"value": "35"}, "CreditCardAccountRef": {"value": "41"}});
    let payment = make(&mut company, "CreditCardPayment", body);
    let transfer = get(&company, "Transfer", &payment["Id"]);
    assert_eq!(transfer["ToAccountRef"]["value"], "41");
    let service = json!({"Id": 0, "TaxCode": "Hill", "TaxRateDetails": [
        {"TaxRateName": "Hill and valley", "RateValue": 5, "TaxAgencyId": 1, "TaxApplicableOn": "Sales"}]});
    let writing = Writing {
        now: Timestamp::UNIX_EPOCH,
        allows_duplicate_numbers: false,
    };
    assert!(
        company
            .make_tax_code(service.as_object().unwrap(), &writing)
            .is_ok()
    );
}

#[test]
fn a_payment_of_what_was_paid_is_void() {
    let mut company = company();
    let vendor = make(&mut company, "Vendor", json!({"DisplayName": "Paid"}));
    let line = json!({"Amount": 20, "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}}});
    let bill = json!({"VendorRef": refer(&vendor), "Line": [line]});
    let bill = make(&mut company, "Bill", bill);
    let paying = json!({"VendorRef": refer(&vendor), "PayType": "Check", "TotalAmt": 20,
        "CheckPayment": {"BankAccountRef": {"value": "35"}},
        "Line": [{"Amount": 20, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}]});
    assert!(!bill.contains_key("LinkedTxn"), "nothing has paid it yet");
    let first = make(&mut company, "BillPayment", paying.clone());
    assert_eq!(first["Line"][0]["Amount"], 20.0);
    let second = make(&mut company, "BillPayment", paying);
    assert_eq!(
        (&second["TotalAmt"], &second["Line"], &second["PrivateNote"]),
        (&json!(0), &json!([]), &json!("Voided"))
    );
    let bill = get(&company, "Bill", &bill["Id"]);
    assert_eq!(bill["LinkedTxn"].as_array().map(Vec::len), Some(1));
}

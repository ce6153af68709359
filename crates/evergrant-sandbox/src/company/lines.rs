//! Transactions: what the server adds to them. Lines are numbered, amounts multiplied, taxes and totals summed.

use serde_json::{Value, json};

use super::Company;
use super::body::arranged;
use crate::json::{self, Cents, Members};
use crate::refusal::ServiceFault;
use crate::schema::{Class, Kind, Shape};

/// Adds what follows from a transaction's lines, or refuses lines that make no sense.
pub(super) fn complete(
    company: &Company,
    kind: &'static Kind,
    members: &mut Members,
) -> Result<(), ServiceFault> {
    match kind.name {
        "Invoice" | "SalesReceipt" | "CreditMemo" | "RefundReceipt" | "Estimate" => {
            complete_sale(company, kind, members)
        }
        "Bill" | "VendorCredit" | "Purchase" | "PurchaseOrder" => complete_purchase(kind, members),
        "JournalEntry" => complete_journal(kind, members),
        "Deposit" => complete_deposit(kind, members),
        "InventoryAdjustment" => {
            number_lines(kind, members, 1);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What the lines of a transaction come to.
pub(super) fn sum(members: &Members) -> Cents {
    let lines = members
        .get("Line")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    lines.iter().map(|line| json::cents(&line["Amount"])).sum()
}

fn complete_sale(
    company: &Company,
    kind: &'static Kind,
    members: &mut Members,
) -> Result<(), ServiceFault> {
    let mut lines = take_lines(members);
    lines.retain(|line| line["DetailType"] != "SubTotalLineDetail");
    if lines.is_empty() && kind.name != "Estimate" {
        return Err(ServiceFault::missing("Line"));
    }
    for line in &mut lines {
        complete_sale_line(company, line)?;
    }
    let is_discount = |line: &&Value| line["DetailType"] == "DiscountLineDetail";
    let subtotal: Cents = lines
        .iter()
        .filter(|line| !is_discount(line))
        .map(|line| json::cents(&line["Amount"]))
        .sum();
    for line in lines.iter_mut().filter(|line| is_discount(&&**line)) {
        let detail = &line["DiscountLineDetail"];
        if detail["PercentBased"] == true {
            let percent = detail["DiscountPercent"].as_f64().unwrap_or(0.0);
            line["Amount"] = json::amount(share(subtotal, percent));
        }
    }
    let discount: Cents = lines
        .iter()
        .filter(is_discount)
        .map(|line| json::cents(&line["Amount"]))
        .sum();
    let is_discounted_first = members.get("ApplyTaxAfterDiscount") == Some(&json!(true));
    let taxable = taxable(company, &lines);
    let taxable = if is_discounted_first && subtotal != 0 {
        taxable - scaled(discount, taxable, subtotal)
    } else {
        taxable
    };
    let tax = complete_tax(company, members, taxable);
    members.insert("Line".into(), Value::Array(lines));
    number_lines(kind, members, 1);
    if let Some(Value::Array(lines)) = members.get_mut("Line") {
        // It sums up what stands above it, and discounts are taken off it.
        let place = lines
            .iter()
            .position(|line| line["DetailType"] == "DiscountLineDetail");
        let subtotal = json!({"Amount": json::amount(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}});
        lines.insert(place.unwrap_or(lines.len()), subtotal);
    }
    set_total(kind, members, subtotal - discount + tax);
    Ok(())
}

fn complete_sale_line(company: &Company, line: &mut Value) -> Result<(), ServiceFault> {
    match line["DetailType"].as_str() {
        None => Err(ServiceFault::missing("Line.DetailType")),
        Some("SalesItemLineDetail") => {
            if line["SalesItemLineDetail"].is_null() {
                return Err(ServiceFault::missing("SalesItemLineDetail"));
            }
            multiply(line, "SalesItemLineDetail")?;
            let detail = &mut line["SalesItemLineDetail"];
            if detail["ItemRef"].is_null()
                && let Some((id, name)) = company.default_item()
            {
                detail["ItemRef"] = json!({"value": id, "name": name});
            }
            if detail["TaxCodeRef"].is_null() {
                detail["TaxCodeRef"] = json!({"value": "NON"});
            }
            arrange(detail, "SalesItemLineDetail");
            Ok(())
        }
        Some("GroupLineDetail") => complete_group(company, line),
        Some("DiscountLineDetail") => {
            let is_percent = line["DiscountLineDetail"]["PercentBased"] == true;
            if line["Amount"].is_null() && !is_percent {
                return Err(ServiceFault::missing("Line.Amount"));
            }
            Ok(())
        }
        Some("DescriptionOnly") => Ok(()),
        Some(other) => Err(ServiceFault::invalid_enumeration("DetailType", other)),
    }
}

/// A bundle's lines are those of its item, if the client sends none.
fn complete_group(company: &Company, line: &mut Value) -> Result<(), ServiceFault> {
    let detail = &mut line["GroupLineDetail"];
    if detail.is_null() {
        return Err(ServiceFault::missing("GroupLineDetail"));
    }
    if detail["Line"].as_array().is_none_or(Vec::is_empty) {
        let bundle = detail["GroupItemRef"]["value"].as_str().unwrap_or_default();
        let quantity = detail["Quantity"].as_f64().unwrap_or(1.0);
        detail["Line"] = Value::Array(company.bundle_lines(bundle, quantity));
    }
    let mut total = 0;
    for inner in detail["Line"].as_array_mut().into_iter().flatten() {
        if inner["DetailType"] == "GroupLineDetail" {
            return Err(ServiceFault::invalid_enumeration(
                "DetailType",
                "GroupLineDetail",
            ));
        }
        complete_sale_line(company, inner)?;
        total += json::cents(&inner["Amount"]);
    }
    arrange(detail, "GroupLineDetail");
    line["Amount"] = json::amount(total);
    Ok(())
}

fn complete_purchase(kind: &'static Kind, members: &mut Members) -> Result<(), ServiceFault> {
    let mut lines = take_lines(members);
    for line in &mut lines {
        let detail = line["DetailType"].as_str().map(str::to_owned);
        match detail.as_deref() {
            None => return Err(ServiceFault::missing("Line.DetailType")),
            Some(detail @ ("ItemBasedExpenseLineDetail" | "AccountBasedExpenseLineDetail")) => {
                if line[detail].is_null() {
                    return Err(ServiceFault::missing(detail));
                }
                multiply(line, detail)?;
                let detail = &mut line[detail];
                if detail["BillableStatus"].is_null() {
                    detail["BillableStatus"] = json!("NotBillable");
                }
                if detail["TaxCodeRef"].is_null() {
                    detail["TaxCodeRef"] = json!({"value": "NON"});
                }
            }
            Some("DescriptionOnly" | "TDSLineDetail") => {}
            Some(other) => return Err(ServiceFault::invalid_enumeration("DetailType", other)),
        }
    }
    members.insert("Line".into(), Value::Array(lines));
    number_lines(kind, members, 1);
    let tax = members
        .get("TxnTaxDetail")
        .map_or(0, |detail| json::cents(&detail["TotalTax"]));
    set_total(kind, members, sum(members) + tax);
    Ok(())
}

fn complete_journal(kind: &'static Kind, members: &mut Members) -> Result<(), ServiceFault> {
    let mut balance = 0;
    let lines = members
        .get("Line")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    for line in lines {
        match line["DetailType"].as_str() {
            None => return Err(ServiceFault::missing("Line.DetailType")),
            Some("DescriptionOnly") => continue,
            Some("JournalEntryLineDetail") if line["JournalEntryLineDetail"].is_null() => {
                return Err(ServiceFault::missing("JournalEntryLineDetail"));
            }
            Some("JournalEntryLineDetail") => {}
            Some(other) => return Err(ServiceFault::invalid_enumeration("DetailType", other)),
        }
        if line["Amount"].is_null() {
            return Err(ServiceFault::missing("Line.Amount"));
        }
        let sign = if line["JournalEntryLineDetail"]["PostingType"] == "Credit" {
            -1
        } else {
            1
        };
        balance += sign * json::cents(&line["Amount"]);
    }
    if balance != 0 {
        return Err(ServiceFault::business(
            "Transaction is not in balance. Make sure the Debits column equals the Credits column.",
        ));
    }
    number_lines(kind, members, 0);
    Ok(())
}

fn complete_deposit(kind: &'static Kind, members: &mut Members) -> Result<(), ServiceFault> {
    let lines = members
        .get("Line")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    if lines.iter().any(|line| line["Amount"].is_null()) {
        return Err(ServiceFault::missing("Line.Amount"));
    }
    number_lines(kind, members, 1);
    let cash_back = members
        .get("CashBack")
        .map_or(0, |cash_back| json::cents(&cash_back["Amount"]));
    set_total(kind, members, sum(members) - cash_back);
    Ok(())
}

/// `Amount` is `Qty` times `UnitPrice`, and may be left out if both are there.
fn multiply(line: &mut Value, detail: &str) -> Result<(), ServiceFault> {
    let number = |name: &str| line[detail][name].as_f64();
    let product = number("Qty")
        .zip(number("UnitPrice"))
        .map(|(quantity, price)| json::to_cents(quantity * price));
    match (line["Amount"].as_f64(), product) {
        (None, None) => Err(ServiceFault::missing("Line.Amount")),
        (None, Some(product)) => {
            line["Amount"] = json::amount(product);
            Ok(())
        }
        // Prices have been rounded before they were sent; a quantity or price of nothing is one that was not given.
        (Some(amount), Some(product))
            if product != 0 && (json::to_cents(amount) - product).abs() > 1 =>
        {
            Err(ServiceFault::wrong_amount(&json::plain(&line["Amount"])))
        }
        _ => Ok(()),
    }
}

/// What the lines whose tax code says so come to.
fn taxable(company: &Company, lines: &[Value]) -> Cents {
    let taxed = lines.iter().map(|line| match line["DetailType"].as_str() {
        Some("GroupLineDetail") => {
            let inner = line["GroupLineDetail"]["Line"]
                .as_array()
                .map_or(&[][..], Vec::as_slice);
            taxable(company, inner)
        }
        Some("SalesItemLineDetail") => {
            let code = line["SalesItemLineDetail"]["TaxCodeRef"]["value"]
                .as_str()
                .unwrap_or("NON");
            let is_taxed = code == "TAX" || (code != "NON" && company.is_taxing(code));
            if is_taxed {
                json::cents(&line["Amount"])
            } else {
                0
            }
        }
        _ => 0,
    });
    taxed.sum()
}

/// The tax that the client says, or that its code comes to.
fn complete_tax(company: &Company, members: &mut Members, taxable: Cents) -> Cents {
    let detail = members.entry("TxnTaxDetail").or_insert_with(|| json!({}));
    if !detail["TotalTax"].is_null() {
        return json::cents(&detail["TotalTax"]);
    }
    let code = detail["TxnTaxCodeRef"]["value"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let lines: Vec<Value> = company
        .tax_rates(&code)
        .into_iter()
        .map(|(rate, percent)| {
            json!({"Amount": json::amount(share(taxable, percent)), "DetailType": "TaxLineDetail", "TaxLineDetail": {
                "TaxRateRef": {"value": rate}, "PercentBased": true, "TaxPercent": whole(percent),
                "NetAmountTaxable": json::amount(taxable)}})
        })
        .collect();
    let total: Cents = lines.iter().map(|line| json::cents(&line["Amount"])).sum();
    detail["TotalTax"] = json::amount(total);
    if !lines.is_empty() {
        detail["TaxLine"] = Value::Array(lines);
    }
    total
}

/// Numbers that are whole are written without decimals.
#[expect(clippy::cast_possible_truncation, reason = "a percentage")]
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 {
        json!(number as i64)
    } else {
        json!(number)
    }
}

/// `percent` of an amount.
#[expect(
    clippy::cast_precision_loss,
    reason = "amounts stay below 2^53 hundredths"
)]
fn share(of: Cents, percent: f64) -> Cents {
    json::to_cents(of as f64 / 100.0 * percent / 100.0)
}

/// `part` times `of` by `whole`, rounded.
#[expect(clippy::cast_possible_truncation, reason = "a part of an amount")]
fn scaled(part: Cents, of: Cents, whole: Cents) -> Cents {
    let exact = i128::from(part) * i128::from(of);
    (exact / i128::from(whole)) as Cents
}

/// Lines keep the ids that they have; the others get the next ones.
fn number_lines(kind: &'static Kind, members: &mut Members, first: u64) {
    let Some(class) = kind
        .class
        .find("Line")
        .and_then(|member| member.shape.class())
    else {
        return;
    };
    let Some(Value::Array(lines)) = members.get_mut("Line") else {
        return;
    };
    let is_ordered = kind.name != "JournalEntry" && kind.name != "Deposit";
    let highest = lines
        .iter()
        .filter_map(|line| line["Id"].as_str()?.parse::<u64>().ok())
        .max();
    let mut next = highest.map_or(first, |highest| highest.saturating_add(1));
    for (place, line) in lines.iter_mut().enumerate() {
        if line["Id"].is_null() {
            line["Id"] = json!(next.to_string());
            next = next.saturating_add(1);
        }
        if is_ordered {
            line["LineNum"] = json!(place + 1);
        }
        arrange_as(line, class);
    }
}

fn set_total(kind: &Kind, members: &mut Members, total: Cents) {
    members.insert("TotalAmt".into(), json::amount(total));
    if kind
        .class
        .find("TotalAmt")
        .is_none_or(|member| member.shape != Shape::Money)
    {
        members.shift_remove("TotalAmt");
    }
}

fn take_lines(members: &mut Members) -> Vec<Value> {
    match members.get_mut("Line") {
        Some(Value::Array(lines)) => std::mem::take(lines),
        _ => Vec::new(),
    }
}

/// Puts a detail's members into the order of its class.
fn arrange(detail: &mut Value, name: &str) {
    let line = Kind::named("Invoice")
        .class
        .find("Line")
        .and_then(|member| member.shape.class());
    if let Some(class) = line.and_then(|line| line.find(name)?.shape.class()) {
        arrange_as(detail, class);
    }
}

fn arrange_as(group: &mut Value, class: &Class) {
    if let Value::Object(members) = group {
        *members = arranged(class, std::mem::take(members));
    }
}

//! Bodies in XML, turned into the JSON that says the same.
//!
//! Whether they make sense is for the books to say: what the table does not know is handed on under its name, so that
//! XML is refused with the same faults as JSON.

use serde_json::{Value, json};

use super::tree::Element;
use crate::json::Members;
use crate::refusal::ServiceFault;
use crate::schema::{Class, Kind, Member, Shape};

/// The members of an entity of this kind.
pub(crate) fn entity(kind: &Kind, body: &[u8]) -> Result<Members, ServiceFault> {
    let root = root(body)?;
    if root.name != kind.name && root.name != kind.root {
        let reason = format!("Unrecognized element \"{}\"; a property", root.name);
        return Err(ServiceFault::invalid_property(&reason));
    }
    Ok(members(&kind.class, &root))
}

/// A batch, in the form that it has in JSON.
pub(crate) fn batch(body: &[u8]) -> Result<Members, ServiceFault> {
    let root = root(body)?;
    let items = root
        .children
        .iter()
        .filter(|child| child.name == "BatchItemRequest");
    let items: Vec<Value> = items.map(batch_item).collect();
    Ok(Members::from_iter([(
        "BatchItemRequest".to_owned(),
        Value::Array(items),
    )]))
}

fn root(body: &[u8]) -> Result<Element, ServiceFault> {
    let root = Element::parse(body);
    root.ok_or_else(|| ServiceFault::invalid_property("failed to parse xml document; a property"))
}

fn batch_item(item: &Element) -> Value {
    let mut object = Members::new();
    for (name, value) in &item.attributes {
        object.insert(name.clone(), json!(value));
    }
    for child in &item.children {
        let value = match Kind::by_name(&child.name) {
            Some(kind) => Value::Object(members(&kind.class, child)),
            None => untyped(child),
        };
        object.insert(child.name.clone(), value);
    }
    Value::Object(object)
}

fn members(class: &Class, element: &Element) -> Members {
    let mut members = Members::new();
    for (name, text) in &element.attributes {
        if let Some(member) = class.find(name) {
            members.insert(name.clone(), scalar(member.shape, text));
        }
    }
    for child in &element.children {
        match class.find(&child.name) {
            Some(member) => add(&mut members, member, value(member.shape, child)),
            None => drop(members.insert(child.name.clone(), untyped(child))),
        }
    }
    // A memo is an object in JSON and text in XML.
    if element.children.is_empty() && class.has("value") && !element.text.is_empty() {
        members.insert("value".to_owned(), json!(element.text));
    }
    members
}

fn add(members: &mut Members, member: &Member, value: Value) {
    if !member.several {
        members.insert(member.name.to_owned(), value);
        return;
    }
    let list = members
        .entry(member.name)
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.push(value);
    }
}

fn value(shape: Shape, element: &Element) -> Value {
    if element.attribute("nil") == Some("true") {
        return Value::Null;
    }
    match shape {
        Shape::Reference(_) if element.children.is_empty() => reference(element),
        Shape::Group(_) => match shape.class() {
            Some(class) => Value::Object(members(class, element)),
            None => untyped(element),
        },
        _ if !element.children.is_empty() => untyped(element),
        _ => scalar(shape, &element.text),
    }
}

fn reference(element: &Element) -> Value {
    let mut object = Members::from_iter([("value".to_owned(), json!(element.text.trim()))]);
    for name in ["name", "type"] {
        if let Some(text) = element.attribute(name) {
            object.insert(name.to_owned(), json!(text));
        }
    }
    Value::Object(object)
}

/// Text that does not suit its shape stays text, for the books to object to.
fn scalar(shape: Shape, text: &str) -> Value {
    let trimmed = text.trim();
    match shape {
        Shape::Flag => trimmed.parse().map_or_else(|_| json!(trimmed), Value::Bool),
        Shape::Money | Shape::Number | Shape::Integer => trimmed
            .parse()
            .map_or_else(|_| json!(trimmed), Value::Number),
        Shape::Text | Shape::Masked => json!(text),
        _ => json!(trimmed),
    }
}

/// What the table says nothing about.
fn untyped(element: &Element) -> Value {
    if element.children.is_empty() {
        return json!(element.text);
    }
    let child = |child: &Element| (child.name.clone(), untyped(child));
    Value::Object(element.children.iter().map(child).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_is_what_it_is_in_json() {
        let body = br#"<Invoice xmlns="http://schema.intuit.com/finance/v3" sparse="true">
          <Id>7</Id><CustomerRef name="X">2</CustomerRef><CustomerMemo>Hi &amp; bye</CustomerMemo>
          <Line><Amount>50.00</Amount><DetailType>SalesItemLineDetail</DetailType>
            <SalesItemLineDetail><ItemRef>1</ItemRef><Qty>2</Qty></SalesItemLineDetail></Line>
          <LinkedTxn><TxnId>1</TxnId></LinkedTxn><ApplyTaxAfterDiscount>false</ApplyTaxAfterDiscount>
          <DueDate> 2026-01-31 </DueDate><Bogus><A>1</A></Bogus></Invoice>"#;
        let invoice = entity(Kind::named("Invoice"), body).unwrap();
        let expected = json!({"sparse": true, "Id": "7", "CustomerRef": {"value": "2", "name": "X"},
            "CustomerMemo": {"value": "Hi & bye"},
            "Line": [{"Amount": 50.0, "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 2}}],
            "LinkedTxn": [{"TxnId": "1"}], "ApplyTaxAfterDiscount": false, "DueDate": "2026-01-31",
            "Bogus": {"A": "1"}});
        assert_eq!(Value::Object(invoice), expected);
    }

    #[test]
    fn a_batch_is_what_it_is_in_json() {
        let body = br#"<IntuitBatchRequest xmlns="http://schema.intuit.com/finance/v3">
          <BatchItemRequest bId="a" operation="create"><Class><Name>N</Name></Class></BatchItemRequest>
          <BatchItemRequest bId="b"><Query>select * from Class</Query></BatchItemRequest></IntuitBatchRequest>"#;
        let expected = json!({"BatchItemRequest": [
            {"bId": "a", "operation": "create", "Class": {"Name": "N"}},
            {"bId": "b", "Query": "select * from Class"}]});
        assert_eq!(Value::Object(batch(body).unwrap()), expected);
    }

    #[test]
    fn another_entity_and_broken_text_are_refused() {
        let kind = Kind::named("Class");
        for body in ["<Item/>", "<Class>", "<Class><Name>&nbsp;</Name></Class>"] {
            assert_eq!(
                entity(kind, body.as_bytes()).unwrap_err().code,
                "2010",
                "{body}"
            );
        }
    }
}

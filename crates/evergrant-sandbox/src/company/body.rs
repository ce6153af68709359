//! What clients send, checked against the table and brought into its form.
//!
//! Like Intuit's, the parser takes numbers for text and text for numbers. What only the server sets is dropped
//! without a word, since clients send back what they have read; null means absent.

use serde_json::{Number, Value, json};

use crate::json::{self, Members};
use crate::refusal::ServiceFault;
use crate::schema::{Class, Kind, Member, Shape};

/// Amounts and other numbers that are larger than any business's.
const LARGEST: f64 = 1e11;

/// How deep groups may be nested; QuickBooks has no deeper ones, and a body must not exhaust the stack.
const DEEPEST: usize = 12;

/// The members of `body` that a client may set, in the table's form.
pub(super) fn fit(class: &'static Class, body: &Members) -> Result<Members, ServiceFault> {
    fit_at(class, body, 0)
}

/// Whether everything is there that is needed to create one.
pub(super) fn check_required(kind: &'static Kind, members: &Members) -> Result<(), ServiceFault> {
    for group in &kind.needs_any_of {
        if !group.iter().any(|name| is_given(members, name)) {
            return Err(ServiceFault::missing(group[0]));
        }
    }
    if let Some(needs) = &kind.needs_by
        && let Some(value) = members.get(needs.member).and_then(Value::as_str)
        && let Some((_, needed)) = needs.cases.iter().find(|(case, _)| *case == value)
        && !is_given(members, needed)
    {
        return Err(ServiceFault::missing(needed));
    }
    check_class(&kind.class, members, "")
}

/// Whether a member holds something.
pub(super) fn is_given(members: &Members, name: &str) -> bool {
    match members.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(values)) => !values.is_empty(),
        Some(_) => true,
    }
}

/// The same members in the order of the class.
pub(super) fn arranged(class: &Class, mut members: Members) -> Members {
    let in_order = class
        .members
        .iter()
        .filter_map(|member| members.remove_entry(member.name));
    in_order.collect()
}

fn fit_at(class: &'static Class, body: &Members, depth: usize) -> Result<Members, ServiceFault> {
    if depth > DEEPEST {
        return Err(unfit());
    }
    if let Some(unknown) = body.keys().find(|name| !class.has(name)) {
        return Err(unrecognized(class, unknown));
    }
    let mut fitted = Members::new();
    for member in class.members.iter().filter(|member| member.writable) {
        if let Some(value) = body.get(member.name).filter(|value| !value.is_null())
            && let Some(value) = fit_member(member, value, depth)?
        {
            fitted.insert(member.name.to_owned(), value);
        }
    }
    Ok(fitted)
}

/// Several values need not stand in a list if there is but one.
fn fit_member(
    member: &'static Member,
    value: &Value,
    depth: usize,
) -> Result<Option<Value>, ServiceFault> {
    // Clients that send all members of a class send those that they do not mean as empty text.
    let is_meant = value != "" || member.shape == Shape::Text;
    if member.shape == Shape::Any || !is_meant || leads_nowhere(member, value) {
        return Ok(None);
    }
    match (member.several, value) {
        (true, Value::Array(values)) => {
            let fitted = values.iter().map(|value| fit_value(member, value, depth));
            fitted
                .collect::<Result<Vec<Value>, _>>()
                .map(|values| Some(Value::Array(values)))
        }
        (true, value) => Ok(Some(Value::Array(vec![fit_value(member, value, depth)?]))),
        (false, value) => fit_value(member, value, depth).map(Some),
    }
}

/// Whether it is a reference without an id: that counts as none.
fn leads_nowhere(member: &Member, value: &Value) -> bool {
    let is_reference = matches!(member.shape, Shape::Reference(_)) && value.is_object();
    let id = &value["value"];
    is_reference && (id.is_null() || id == "")
}

fn fit_value(member: &'static Member, value: &Value, depth: usize) -> Result<Value, ServiceFault> {
    if let (Some(class), Value::Object(group)) = (member.shape.class(), value) {
        return fit_at(class, group, depth + 1).map(Value::Object);
    }
    if let (Shape::Reference(_), Value::Object(group)) = (member.shape, value) {
        return fit_reference(member, group);
    }
    if value.is_object() || value.is_array() || value.is_null() {
        return Err(unfit());
    }
    fit_scalar(member, &json::plain(value), value)
}

fn fit_scalar(member: &'static Member, text: &str, value: &Value) -> Result<Value, ServiceFault> {
    match member.shape {
        Shape::Masked => Ok(json!("XXX-XX-XXXX")),
        Shape::Flag => text.parse().map(Value::Bool).map_err(|_| unfit()),
        Shape::Money => number(member, text, value).map(|value| json::amount(json::cents(&value))),
        Shape::Number => number(member, text, value),
        Shape::Integer => match number(member, text, value)?.as_i64() {
            Some(whole) => Ok(json!(whole)),
            None => Err(ServiceFault::illegal_number(member.name, text)),
        },
        Shape::Date => date(text).ok_or_else(|| ServiceFault::illegal_date(member.name, text)),
        Shape::Time if crate::time::moment(text).is_none() => {
            Err(ServiceFault::illegal_date(member.name, text))
        }
        Shape::Choice(_) => choice(member, text),
        Shape::Text | Shape::Id | Shape::Time => short(member, text),
        Shape::Group(_) | Shape::Reference(_) | Shape::Any => Err(unfit()),
    }
}

fn fit_reference(member: &'static Member, group: &Members) -> Result<Value, ServiceFault> {
    const NAMES: [&str; 3] = ["value", "name", "type"];
    if let Some(unknown) = group.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(ServiceFault::unrecognized("ReferenceType", unknown, &NAMES));
    }
    let mut fitted = Members::new();
    for name in NAMES {
        match group.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Object(_) | Value::Array(_)) => return Err(unfit()),
            Some(value) => {
                fitted.insert(name.to_owned(), short(member, &json::plain(value))?);
            }
        }
    }
    Ok(Value::Object(fitted))
}

fn number(member: &'static Member, text: &str, value: &Value) -> Result<Value, ServiceFault> {
    let illegal = || ServiceFault::illegal_number(member.name, text);
    let number = match value {
        Value::Number(number) => number.clone(),
        _ => serde_json::from_str::<Number>(text.trim()).map_err(|_| illegal())?,
    };
    if number.as_f64().is_none_or(|size| size.abs() > LARGEST) {
        return Err(illegal());
    }
    Ok(Value::Number(number))
}

/// A date, of which a time may follow.
fn date(text: &str) -> Option<Value> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let is_time = text.len() == 10
        || crate::time::moment(text).is_some()
        || text[10..].starts_with(['-', '+', 'Z']);
    is_time.then(|| json!(date.to_string()))
}

fn choice(member: &'static Member, text: &str) -> Result<Value, ServiceFault> {
    let known = member
        .shape
        .choices()
        .iter()
        .find(|known| known.eq_ignore_ascii_case(text));
    known
        .map(|known| json!(known))
        .ok_or_else(|| ServiceFault::invalid_enumeration(member.name, text))
}

fn short(member: &'static Member, text: &str) -> Result<Value, ServiceFault> {
    match member.longest {
        Some(longest) if text.chars().count() > longest => {
            Err(ServiceFault::too_long(member.name, longest))
        }
        _ => Ok(json!(text)),
    }
}

/// `inside` is the path to the group, with a dot at its end.
fn check_class(class: &'static Class, members: &Members, inside: &str) -> Result<(), ServiceFault> {
    for member in &class.members {
        if member.required && !is_given(members, member.name) {
            return Err(ServiceFault::missing(&format!("{inside}{}", member.name)));
        }
        let (Some(class), Some(value)) = (member.shape.class(), members.get(member.name)) else {
            continue;
        };
        let groups = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        let inside = format!("{inside}{}.", member.name);
        for group in groups.iter().filter_map(Value::as_object) {
            check_class(class, group, &inside)?;
        }
    }
    Ok(())
}

fn unfit() -> ServiceFault {
    ServiceFault::invalid_property("failed to parse json object; a property")
}

fn unrecognized(class: &Class, name: &str) -> ServiceFault {
    let known: Vec<&str> = class.members.iter().map(|member| member.name).collect();
    ServiceFault::unrecognized(class.name, name, &known)
}

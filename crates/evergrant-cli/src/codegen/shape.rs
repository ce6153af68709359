//! What the values of some samples have in common.
//!
//! Pure inference: a member is optional if one object lacks it or has `null` there; numbers are
//! whole only if all are, and amounts by their name never are; strings are dates, times or ids if
//! all are.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

/// How the names of amounts and quantities end, lest one that happens to be whole in the samples
/// be taken for a count.
const AMOUNTS: [&str; 12] = [
    "Amt",
    "Amount",
    "Balance",
    "BalanceWithJobs",
    "Cost",
    "OnHand",
    "Percent",
    "Price",
    "Qty",
    "Rate",
    "Total",
    "Hours",
];

/// The members that a reference to another object may have.
const REFERENCE: [&str; 3] = ["value", "name", "type"];

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing but `null`, or the elements of a list that was always empty.
    Null,
    Boolean,
    /// A number without a fraction.
    Integer,
    /// A number that must stay exact.
    Decimal,
    Text,
    /// `2026-11-22`.
    Date,
    /// `2026-11-22T09:34:35-08:00`.
    Timestamp,
    /// A string that names something.
    Id,
    /// `{"value": "1", "name": "Checking"}`, which leads to another object.
    Reference,
    List(Box<Self>),
    Object(Vec<Member>),
    /// Values that have nothing in common.
    Any,
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) shape: Shape,
    /// Whether it may be missing, or `null`.
    pub(super) optional: bool,
}

/// The shape of all samples.
pub(super) fn infer(samples: &[Value]) -> Shape {
    let shapes = samples.iter().map(of_value);
    recognised("", shapes.reduce(merged).unwrap_or(Shape::Null))
}

fn of_value(value: &Value) -> Shape {
    match value {
        Value::Null => Shape::Null,
        Value::Bool(_) => Shape::Boolean,
        Value::Number(number) if number.is_i64() => Shape::Integer,
        Value::Number(_) => Shape::Decimal,
        Value::String(text) => of_text(text),
        Value::Array(elements) => {
            let elements = elements.iter().map(of_value);
            Shape::List(Box::new(elements.reduce(merged).unwrap_or(Shape::Null)))
        }
        Value::Object(members) => of_object(members),
    }
}

fn of_text(text: &str) -> Shape {
    let dashed = text.len() >= 10 && text.is_ascii() && &text[4..5] == "-" && &text[7..8] == "-";
    if dashed && text.len() == 10 && text.parse::<Date>().is_ok() {
        return Shape::Date;
    }
    if dashed && text[10..].starts_with('T') && text.parse::<Timestamp>().is_ok() {
        return Shape::Timestamp;
    }
    Shape::Text
}

fn of_object(members: &Map<String, Value>) -> Shape {
    let members = members.iter().map(|(name, value)| Member {
        name: name.clone(),
        shape: of_value(value),
        optional: value.is_null(),
    });
    Shape::Object(members.collect())
}

/// The shape that values of both have.
fn merged(one: Shape, other: Shape) -> Shape {
    match (one, other) {
        (one, other) if one == other => one,
        (Shape::Integer, Shape::Decimal) | (Shape::Decimal, Shape::Integer) => Shape::Decimal,
        (one, other) if is_text(&one) && is_text(&other) => Shape::Text,
        (Shape::List(one), Shape::List(other)) => {
            Shape::List(Box::new(merged_elements(*one, *other)))
        }
        (Shape::Object(one), Shape::Object(other)) => Shape::Object(merged_members(one, other)),
        // Elements of a list: which ones are missing can't be told apart from what they are.
        _ => Shape::Any,
    }
}

/// An empty list says nothing about what other lists hold.
fn merged_elements(one: Shape, other: Shape) -> Shape {
    match (one, other) {
        (Shape::Null, shape) | (shape, Shape::Null) => shape,
        (one, other) => merged(one, other),
    }
}

/// In the order of the first object, what only the second has after its neighbours.
fn merged_members(one: Vec<Member>, other: Vec<Member>) -> Vec<Member> {
    let missing = |member: &Member, from: &[Member]| !from.iter().any(|it| it.name == member.name);
    let mut all: Vec<Member> = one
        .into_iter()
        .map(|mut member| {
            member.optional |= missing(&member, &other);
            member
        })
        .collect();
    let mut at = 0;
    for mut member in other {
        if let Some(known) = all.iter().position(|it| it.name == member.name) {
            let old = std::mem::replace(&mut all[known].shape, Shape::Null);
            all[known].shape = merged_elements(old, member.shape);
            all[known].optional |= member.optional;
            at = known + 1;
        } else {
            member.optional = true;
            all.insert(at, member);
            at += 1;
        }
    }
    all
}

fn is_text(shape: &Shape) -> bool {
    matches!(shape, Shape::Text | Shape::Date | Shape::Timestamp)
}

/// The shape of what stands under `name`, once the name is taken into account.
fn recognised(name: &str, shape: Shape) -> Shape {
    match shape {
        Shape::Text if is_id(name) => Shape::Id,
        Shape::Integer if AMOUNTS.iter().any(|end| name.ends_with(end)) => Shape::Decimal,
        Shape::List(element) => Shape::List(Box::new(recognised(name, *element))),
        Shape::Object(members) if name.ends_with("Ref") && is_reference(&members) => {
            Shape::Reference
        }
        Shape::Object(members) => {
            let members = members.into_iter().map(|member| Member {
                shape: recognised(&member.name, member.shape),
                ..member
            });
            Shape::Object(members.collect())
        }
        shape => shape,
    }
}

fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("Id") || name.ends_with("_id")
}

fn is_reference(members: &[Member]) -> bool {
    let known =
        |member: &Member| REFERENCE.contains(&member.name.as_str()) && is_text(&member.shape);
    members.iter().all(known) && members.iter().any(|it| it.name == "value" && !it.optional)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(samples: &[&str]) -> Shape {
        let samples: Vec<Value> = samples
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect();
        infer(&samples)
    }

    fn members(samples: &[&str]) -> Vec<(String, Shape, bool)> {
        let Shape::Object(members) = shape(samples) else {
            panic!("no object")
        };
        let parts = members
            .into_iter()
            .map(|it| (it.name, it.shape, it.optional));
        parts.collect()
    }

    #[test]
    fn values_are_recognised() {
        for (text, expected) in [
            ("true", Shape::Boolean),
            ("7", Shape::Integer),
            ("7.0", Shape::Decimal),
            ("12345678901234567890", Shape::Decimal),
            (r#""x""#, Shape::Text),
            (r#""""#, Shape::Text),
            (r#""2026-11-22""#, Shape::Date),
            (r#""2026-13-22""#, Shape::Text),
            (r#""2026-11-22T09:34:35-08:00""#, Shape::Timestamp),
            (r#""2026-11-22T09:34:35""#, Shape::Text),
            (r#""ééééé""#, Shape::Text),
            ("[]", Shape::List(Box::new(Shape::Null))),
            ("[1, 2.5]", Shape::List(Box::new(Shape::Decimal))),
            (r#"[1, "x"]"#, Shape::List(Box::new(Shape::Any))),
            ("{}", Shape::Object(Vec::new())),
        ] {
            assert_eq!(shape(&[text]), expected, "{text}");
        }
    }

    #[test]
    fn names_tell_ids_amounts_and_references() {
        let text = r#"{"Id": "58", "TxnId": "7", "id": 9, "TotalAmt": 0, "LineNum": 1,
            "TxnDate": "2026-11-22", "CurrencyRef": {"value": "USD", "name": "Dollar"},
            "OddRef": {"value": "1", "more": "x"}, "Addr": {"value": "1"}}"#;
        let found = members(&[text]);
        let shapes: Vec<&Shape> = found.iter().map(|(_, shape, _)| shape).collect();
        assert_eq!(
            shapes[..7],
            [
                &Shape::Id,
                &Shape::Id,
                &Shape::Integer,
                &Shape::Decimal,
                &Shape::Integer,
                &Shape::Date,
                &Shape::Reference
            ]
        );
        assert!(matches!(shapes[7], Shape::Object(_)));
        assert!(matches!(shapes[8], Shape::Object(_)));
    }

    #[test]
    fn what_one_sample_lacks_is_optional() {
        let found = members(&[
            r#"{"A": 1, "C": null, "L": []}"#,
            r#"{"A": 1.5, "B": "x", "C": {"D": true}, "L": [{"E": 1}, {"F": 2}]}"#,
        ]);
        let names: Vec<(&str, bool)> = found
            .iter()
            .map(|(name, _, optional)| (name.as_str(), *optional))
            .collect();
        assert_eq!(
            names,
            [("A", false), ("B", true), ("C", true), ("L", false)]
        );
        assert_eq!(found[0].1, Shape::Decimal);
        let Shape::List(element) = &found[3].1 else {
            panic!("no list")
        };
        let Shape::Object(element) = &**element else {
            panic!("no object")
        };
        assert!(element.iter().all(|member| member.optional));
    }

    #[test]
    fn the_order_of_samples_changes_the_order_of_members_only() {
        let samples = [
            r#"{"A": 1, "B": {"C": "x"}}"#,
            r#"{"B": {"C": null, "D": 1}}"#,
        ];
        let mut one = members(&samples);
        let mut other = members(&[samples[1], samples[0]]);
        one.sort_by(|a, b| a.0.cmp(&b.0));
        other.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(one, other);
    }
}

//! Tax classifications: what items are, as far as sales tax asks. They are the same in each company, and clients can
//! only read them.
//!
//! Intuit has some hundreds; here is a handful in the same shape, of which the second level says what its first is
//! made of.

use serde_json::{Value, json};

use crate::json::{self, Members};
use crate::refusal::ServiceFault;

/// Number, name, and the numbers of what it consists of.
struct Group(
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const GROUPS: [Group; 3] = [
    Group(
        "99990101",
        "Goods",
        &[
            ("99990102", "Goods that nothing else describes"),
            ("09010101", "Plants, seeds and soil"),
            ("09020802", "Garden tools and hardware"),
        ],
    ),
    Group(
        "99990201",
        "Services",
        &[
            ("99990202", "Services that nothing else describes"),
            ("10010201", "Landscaping and garden care"),
            ("10010304", "Pest control"),
        ],
    ),
    Group(
        "11010101",
        "Freight",
        &[("11010201", "Delivery with goods that are sold")],
    ),
];

/// All of them, or those of a level or of a parent.
pub(crate) fn listed(level: Option<&str>, parent: Option<&str>) -> String {
    let is_asked = |it: &Members| {
        level.is_none_or(|level| it["level"] == level)
            && parent.is_none_or(|parent| parent_of(it) == Some(parent))
    };
    let found: Vec<Members> = all().into_iter().filter(is_asked).collect();
    json::text(&found)
}

/// The one with this id.
pub(crate) fn read(id: &str) -> Result<String, ServiceFault> {
    let mut all = all().into_iter();
    let found = all.find(|it| it["id"] == id);
    found
        .map(|it| json::text(&it))
        .ok_or_else(ServiceFault::not_found)
}

/// The name of the one with this id.
pub(super) fn name(id: &str) -> Option<String> {
    let found = all().into_iter().find(|it| it["id"] == id)?;
    found["name"].as_str().map(str::to_owned)
}

fn all() -> Vec<Members> {
    let groups = GROUPS.iter().flat_map(|Group(number, name, parts)| {
        let parts = parts
            .iter()
            .map(move |(part, name)| members(part, name, Some(number)));
        std::iter::once(members(number, name, None)).chain(parts)
    });
    groups.collect()
}

fn members(number: &str, name: &str, parent: Option<&str>) -> Members {
    let id = |number: &str| format!("EUC-{number}-V1-00020000");
    let mut members = Members::new();
    members.insert("id".into(), json!(id(number)));
    members.insert("code".into(), json!(id(number)));
    members.insert("name".into(), json!(name));
    members.insert("description".into(), json!(name));
    members.insert(
        "level".into(),
        json!(if parent.is_none() { "1" } else { "2" }),
    );
    if let Some(parent) = parent {
        members.insert("ParentRef".into(), json!({"value": id(parent)}));
    }
    members.insert(
        "applicableTo".into(),
        json!(["Inventory", "NonInventory", "Service"]),
    );
    members
}

fn parent_of(members: &Members) -> Option<&str> {
    members
        .get("ParentRef")?
        .get("value")
        .and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(level: Option<&str>, parent: Option<&str>) -> Vec<String> {
        let all: Vec<Members> = serde_json::from_str(&listed(level, parent)).unwrap();
        all.iter().map(|it| json::plain(&it["name"])).collect()
    }

    #[test]
    fn they_are_found_by_level_parent_and_id() {
        assert_eq!(names(Some("1"), None), ["Goods", "Services", "Freight"]);
        let parent = "EUC-11010101-V1-00020000";
        assert_eq!(
            names(None, Some(parent)),
            ["Delivery with goods that are sold"]
        );
        assert!(read(parent).unwrap().contains(r#""name":"Freight""#));
        assert_eq!(name(parent).as_deref(), Some("Freight"));
        assert_eq!(read("1").unwrap_err().code, "610");
    }
}

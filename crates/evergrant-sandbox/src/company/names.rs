//! Names: what an entity is called when nobody said so, that no two are called alike, and what happens to the name
//! of one that is made inactive.

use serde_json::{Value, json};

use super::Company;
use super::body::is_given;
use crate::json::{self, Members};
use crate::refusal::ServiceFault;
use crate::schema::Kind;

/// What Intuit puts behind the name of what is made inactive.
const MARK: &str = " (deleted)";

/// How many levels of names there may be below each other.
const DEEPEST: usize = 5;

/// Fills in the names that follow from other members.
pub(super) fn complete(
    company: &Company,
    kind: &'static Kind,
    id: Option<u64>,
    members: &mut Members,
) -> Result<(), ServiceFault> {
    if kind.is_person() {
        complete_person(members);
    }
    let Some(naming) = kind.naming() else {
        return Ok(());
    };
    let name = text(members, naming);
    if kind.class.has("FullyQualifiedName") {
        let (full, level) = qualified(company, kind, id, members, &name)?;
        if kind.name != "Vendor" && kind.name != "Employee" {
            members.insert("FullyQualifiedName".into(), json!(full));
        }
        if level > 0 && kind.class.has("Level") {
            members.insert("Level".into(), json!(level));
        } else {
            members.shift_remove("Level");
        }
        for flag in ["SubAccount", "SubClass", "SubDepartment", "SubItem"] {
            if kind.class.has(flag) && (flag != "SubItem" || level > 0) {
                members.insert(flag.into(), json!(level > 0));
            }
        }
    }
    Ok(())
}

/// A name belongs to one entity of those that share names.
pub(super) fn check_unique(
    company: &Company,
    kind: &'static Kind,
    id: Option<u64>,
    members: &Members,
) -> Result<(), ServiceFault> {
    let name = match kind.name {
        "CompanyCurrency" => text(members, "Code"),
        "Budget" => return Ok(()),
        _ if kind.class.has("FullyQualifiedName") && !kind.is_person() => {
            text(members, "FullyQualifiedName")
        }
        _ => kind
            .naming()
            .map(|naming| text(members, naming))
            .unwrap_or_default(),
    };
    match company.store.bearer(kind, &name) {
        Some((other, bearer)) if (other, Some(bearer)) != (kind.index, id) => {
            Err(ServiceFault::duplicate_name())
        }
        _ => Ok(()),
    }
}

/// Marks the name of what is made inactive, and takes the mark off what is active again.
pub(super) fn mark_activity(
    company: &Company,
    kind: &'static Kind,
    old: &Members,
    new: &mut Members,
) {
    let Some(naming) = kind.naming().filter(|_| kind.class.has("Active")) else {
        return;
    };
    let is_active = |members: &Members| members.get("Active") != Some(&json!(false));
    let name = text(new, naming);
    let marked = match (is_active(old), is_active(new)) {
        (_, false) if !name.contains(MARK.trim_end_matches(')')) => marked(company, kind, &name),
        (false, true) => unmarked(&name).to_owned(),
        _ => return,
    };
    new.insert(naming.into(), json!(marked));
}

/// Names the children anew after their parent was.
pub(super) fn rename_children(company: &mut Company, kind: &'static Kind, id: u64) {
    let children: Vec<u64> = company.store.children((kind.index, id)).collect();
    for child in children {
        let Some(mut members) = company.store.members(kind, child) else {
            continue;
        };
        let before = members.get("FullyQualifiedName").cloned();
        if complete(company, kind, Some(child), &mut members).is_ok()
            && members.get("FullyQualifiedName") != before.as_ref()
        {
            company.store.put(kind, child, members);
            rename_children(company, kind, child);
        }
    }
}

/// The name that references to an entity carry.
pub(super) fn shown(kind: &Kind, record: &str) -> Option<String> {
    let names: &[&str] = match kind.name {
        "Customer" | "Vendor" | "Employee" | "TaxAgency" => &["DisplayName"],
        "Account" | "Class" | "Department" => &["FullyQualifiedName", "Name"],
        _ if kind.is_list() => &["Name"],
        _ => return None,
    };
    let name = names.iter().find_map(|name| json::scalar(record, name));
    name.map(std::borrow::Cow::into_owned)
}

fn complete_person(members: &mut Members) {
    if !is_given(members, "DisplayName") {
        let parts = ["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"];
        let given: Vec<&str> = parts
            .iter()
            .filter_map(|part| members.get(*part)?.as_str())
            .collect();
        let name = given.join(" ");
        members.insert("DisplayName".into(), json!(name));
    }
    let display_name = members["DisplayName"].clone();
    members.entry("PrintOnCheckName").or_insert(display_name);
}

/// The name with those of its parents before it, and how many those are.
fn qualified(
    company: &Company,
    kind: &'static Kind,
    id: Option<u64>,
    members: &Members,
    name: &str,
) -> Result<(String, usize), ServiceFault> {
    let mut full = name.to_owned();
    let mut level = 0;
    let mut next = super::store::parent(members);
    while let Some(parent) = next {
        level += 1;
        if Some(parent) == id || level >= DEEPEST {
            return Err(ServiceFault::business(
                "The parent of a name can be neither itself nor below it, nor more than five levels deep.",
            ));
        }
        let Some(record) = company.store.get(kind, parent) else {
            break;
        };
        let name = kind
            .naming()
            .and_then(|naming| record.scalar(naming))
            .unwrap_or_default();
        full = format!("{name}:{full}");
        next = json::at(&record.text, &["ParentRef", "value"])
            .and_then(|id| json::unquoted(id).parse().ok());
    }
    Ok((full, level))
}

/// The name with its mark, numbered if there is such a one already.
fn marked(company: &Company, kind: &Kind, name: &str) -> String {
    let numbered = (1..).map(|number| format!("{name} (deleted-{number})"));
    std::iter::once(format!("{name}{MARK}"))
        .chain(numbered)
        .find(|name| company.store.bearer(kind, name).is_none())
        .unwrap_or_default()
}

fn unmarked(name: &str) -> &str {
    name.rfind(MARK.trim_end_matches(')'))
        .filter(|_| name.ends_with(')'))
        .map_or(name, |start| &name[..start])
}

fn text(members: &Members, name: &str) -> String {
    members
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

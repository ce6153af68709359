//! One company: its entities, their SyncTokens, and the replies it remembers by request id.
//!
//! Entities are kept as the JSON objects they are on the wire, in Intuit's order of members, together with their
//! text, so that a read copies bytes and nothing more. What a kind of entity is made of stands in `schema`.

use std::collections::{BTreeMap, HashMap};

use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::refusal::ServiceFault;
use crate::schema::{COMPANY_INFO, Class, KINDS, Kind, Member, Shape};
use crate::seed::CompanySeed;
use crate::time::record_time;

type Members = Map<String, Value>;

/// The books behind one realm id.
pub(crate) struct Company {
    /// Who connected it, whom stale-object faults name.
    user: String,
    shelves: HashMap<&'static str, Shelf>,
    last_id: u64,
    /// The bodies of writes that came with a request id.
    replies: HashMap<String, Bytes>,
}

/// All entities of one kind by id.
pub(crate) type Shelf = BTreeMap<u64, Record>;

/// One entity.
pub(crate) struct Record {
    pub(crate) members: Members,
    /// `members` as JSON, made once for each SyncToken.
    pub(crate) text: Bytes,
}

impl Company {
    /// Opens the books with what the seed says.
    pub(crate) fn open(seed: &CompanySeed) -> Self {
        let mut company = Self {
            user: seed.user.clone(),
            shelves: HashMap::new(),
            last_id: 0,
            replies: HashMap::new(),
        };
        for kind in KINDS {
            let entities = seed
                .entities
                .get(kind.class.name)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let shelf: Shelf = entities
                .iter()
                .filter_map(|entity| seeded(kind, entity))
                .collect();
            company.shelves.insert(kind.class.name, shelf);
        }
        company.last_id = company
            .shelves
            .values()
            .flat_map(|shelf| shelf.values())
            .map(highest_id)
            .max()
            .unwrap_or(0);
        company
    }

    pub(crate) fn shelf(&self, kind: &Kind) -> &Shelf {
        static EMPTY: Shelf = Shelf::new();
        self.shelves.get(kind.class.name).unwrap_or(&EMPTY)
    }

    /// The company's name, if its books hold one.
    pub(crate) fn name(&self) -> Option<String> {
        let info = self.shelf(&COMPANY_INFO).values().next()?;
        info.text_of("CompanyName").map(str::to_owned)
    }

    /// The entity with this id; the id is as it stood in the path.
    pub(crate) fn read(&self, kind: &Kind, id: &str) -> Result<&Record, ServiceFault> {
        let id: u64 = id.parse().map_err(|_| ServiceFault::invalid_id(id))?;
        self.shelf(kind)
            .get(&id)
            .ok_or_else(ServiceFault::not_found)
    }

    /// Creates the entity in `body`, or changes it if the body names one.
    pub(crate) fn write(
        &mut self,
        kind: &'static Kind,
        body: &Members,
        now: Timestamp,
    ) -> Result<&Record, ServiceFault> {
        let sent = tidy(&kind.class, body)?;
        let id = match body.get("Id").filter(|id| !id.is_null()) {
            None => self.create(kind, sent, now)?,
            Some(id) => self.change(kind, id, sent, body, now)?,
        };
        self.shelf(kind)
            .get(&id)
            .ok_or_else(ServiceFault::not_found)
    }

    /// The body with which a request of this id was answered before.
    pub(crate) fn reply(&self, request_id: &str) -> Option<Bytes> {
        self.replies.get(request_id).cloned()
    }

    pub(crate) fn remember_reply(&mut self, request_id: String, body: Bytes) {
        self.replies.insert(request_id, body);
    }

    fn create(
        &mut self,
        kind: &'static Kind,
        mut sent: Members,
        now: Timestamp,
    ) -> Result<u64, ServiceFault> {
        let is_given = |name: &&str| sent.get(*name).is_some_and(is_filled);
        if let [first, ..] = kind.needs_any_of
            && !kind.needs_any_of.iter().any(is_given)
        {
            return Err(ServiceFault::missing(first));
        }
        let id = self.next_id();
        complete(kind, &mut sent);
        self.check_name(kind, id, &sent)?;
        self.number_groups(&kind.class, &mut sent, None);
        let time = record_time(now);
        sent.insert("domain".into(), json!("QBO"));
        sent.insert("sparse".into(), json!(false));
        sent.insert("Id".into(), json!(id.to_string()));
        sent.insert("SyncToken".into(), json!("0"));
        sent.insert(
            "MetaData".into(),
            json!({"CreateTime": time, "LastUpdatedTime": time}),
        );
        self.put(kind, id, sent);
        Ok(id)
    }

    fn change(
        &mut self,
        kind: &'static Kind,
        id: &Value,
        sent: Members,
        body: &Members,
        now: Timestamp,
    ) -> Result<u64, ServiceFault> {
        let id = plain_text(id);
        let old = self.read(kind, &id)?.members.clone();
        let id = id.parse().map_err(|_| ServiceFault::invalid_id(&id))?;
        let Some(token) = body.get("SyncToken").filter(|token| !token.is_null()) else {
            return Err(ServiceFault::missing("SyncToken"));
        };
        if old.get("SyncToken").map(plain_text) != Some(plain_text(token)) {
            return Err(ServiceFault::stale(&self.user));
        }
        let is_sparse = body
            .get("sparse")
            .is_some_and(|sparse| plain_text(sparse) == "true");
        let mut new = if is_sparse {
            merged(&old, sent)
        } else {
            replaced(kind, &old, sent)
        };
        mark_activity(&old, &mut new);
        self.check_name(kind, id, &new)?;
        self.number_groups(&kind.class, &mut new, Some(&old));
        if new != old {
            bump(&mut new, now);
            self.put(kind, id, new);
        }
        Ok(id)
    }

    fn put(&mut self, kind: &'static Kind, id: u64, members: Members) {
        let record = Record::new(arranged(&kind.class, members));
        self.shelves
            .entry(kind.class.name)
            .or_default()
            .insert(id, record);
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// A display name belongs to one name of the company, whatever its kind.
    fn check_name(&self, kind: &Kind, id: u64, members: &Members) -> Result<(), ServiceFault> {
        let Some(wanted) = members
            .get("DisplayName")
            .and_then(Value::as_str)
            .filter(|_| kind.is_name)
        else {
            return Ok(());
        };
        let wanted = wanted.to_lowercase();
        let is_taken = KINDS.iter().filter(|other| other.is_name).any(|other| {
            self.shelf(other).iter().any(|(taken_id, record)| {
                let is_itself = other.class.name == kind.class.name && *taken_id == id;
                !is_itself
                    && record
                        .text_of("DisplayName")
                        .is_some_and(|name| name.to_lowercase() == wanted)
            })
        });
        if is_taken {
            Err(ServiceFault::duplicate_name())
        } else {
            Ok(())
        }
    }

    /// Groups that have ids (addresses) keep the one they had or get a new one.
    fn number_groups(
        &mut self,
        class: &'static Class,
        members: &mut Members,
        old: Option<&Members>,
    ) {
        for member in class.members {
            let Shape::Group(group) = member.shape else {
                continue;
            };
            if !group.has("Id") {
                continue;
            }
            let Some(Value::Object(value)) = members.get_mut(member.name) else {
                continue;
            };
            if value.contains_key("Id") {
                continue;
            }
            let kept = old.and_then(|old| old.get(member.name)?.get("Id").cloned());
            let id = kept.unwrap_or_else(|| json!(self.next_id().to_string()));
            value.insert("Id".into(), id);
            *value = arranged(group, std::mem::take(value));
        }
    }
}

impl Record {
    fn new(members: Members) -> Self {
        let text = Bytes::from(Value::Object(members.clone()).to_string());
        Self { members, text }
    }

    /// A member's text, if it is text.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }
}

/// The members of `body` that a client may set, checked against the class and put in its order; null means absent.
fn tidy(class: &'static Class, body: &Members) -> Result<Members, ServiceFault> {
    if let Some(unknown) = body.keys().find(|name| !class.has(name)) {
        return Err(unrecognized(class, unknown));
    }
    let mut tidied = Members::new();
    for member in class.members.iter().filter(|member| member.writable) {
        if let Some(value) = body.get(member.name).filter(|value| !value.is_null()) {
            tidied.insert(member.name.to_owned(), fitted(member, value)?);
        }
    }
    Ok(tidied)
}

/// A value in the shape of its member. Like Intuit's, the parser takes numbers for text and text for numbers.
fn fitted(member: &Member, value: &Value) -> Result<Value, ServiceFault> {
    let unfit = || ServiceFault::invalid_property("failed to parse json object; a property");
    match (member.shape, value) {
        (Shape::Group(class), Value::Object(group)) => Ok(Value::Object(tidy(class, group)?)),
        (Shape::Groups(class), Value::Array(groups)) => {
            let tidied = groups.iter().map(|group| match group {
                Value::Object(group) => tidy(class, group).map(Value::Object),
                _ => Err(unfit()),
            });
            tidied.collect()
        }
        (Shape::Group(_) | Shape::Groups(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
            Err(unfit())
        }
        (Shape::Masked, _) => Ok(json!("XXX-XX-XXXX")),
        (Shape::Flag, value) => plain_text(value)
            .parse()
            .map(Value::Bool)
            .map_err(|_| unfit()),
        (Shape::Number, Value::Number(_)) => Ok(value.clone()),
        (Shape::Number, value) => serde_json::from_str::<serde_json::Number>(&plain_text(value))
            .map(Value::Number)
            .map_err(|_| unfit()),
        (Shape::Text | Shape::Id | Shape::Time, value) => Ok(Value::String(plain_text(value))),
    }
}

fn unrecognized(class: &Class, name: &str) -> ServiceFault {
    let known: Vec<String> = class
        .members
        .iter()
        .map(|member| format!("\"{}\"", member.name))
        .collect();
    ServiceFault::invalid_property(&format!(
        "Unrecognized field \"{name}\" (class com.intuit.schema.finance.v3.{}), not marked as ignorable \
         ({} known properties: {}])\n",
        class.name,
        known.len(),
        known.join(", "),
    ))
}

/// A full update: what clients may set comes from the body alone, the rest stays.
fn replaced(kind: &Kind, old: &Members, sent: Members) -> Members {
    let mut new = sent;
    let kept = kind
        .class
        .members
        .iter()
        .filter(|member| !member.writable || member.name == "Active");
    for member in kept {
        if let Some(value) = old
            .get(member.name)
            .filter(|_| !new.contains_key(member.name))
        {
            new.insert(member.name.to_owned(), value.clone());
        }
    }
    complete(kind, &mut new);
    new
}

/// A sparse update: members sent replace the old ones whole.
fn merged(old: &Members, sent: Members) -> Members {
    let mut new = old.clone();
    new.extend(sent);
    new
}

/// Fills in what Intuit fills in by itself.
fn complete(kind: &Kind, members: &mut Members) {
    for flag in kind.plain_flags {
        members.entry(*flag).or_insert(json!(false));
    }
    if !kind.is_name {
        return;
    }
    members.entry("Active").or_insert(json!(true));
    if !members.get("DisplayName").is_some_and(is_filled) {
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

/// Intuit marks the display name of what is made inactive.
fn mark_activity(old: &Members, new: &mut Members) {
    const MARK: &str = " (deleted)";
    let is_active = |members: &Members| members.get("Active") != Some(&json!(false));
    let name = new
        .get("DisplayName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let marked = match (is_active(old), is_active(new)) {
        (_, false) if !name.ends_with(MARK) => format!("{name}{MARK}"),
        (false, true) => name.trim_end_matches(MARK).to_owned(),
        _ => return,
    };
    new.insert("DisplayName".into(), json!(marked));
}

fn bump(members: &mut Members, now: Timestamp) {
    let version: u64 = members
        .get("SyncToken")
        .and_then(|it| plain_text(it).parse().ok())
        .unwrap_or(0);
    members.insert("SyncToken".into(), json!((version + 1).to_string()));
    if let Some(meta) = members.get_mut("MetaData") {
        meta["LastUpdatedTime"] = json!(record_time(now));
    }
}

/// The same members in the order of the class.
fn arranged(class: &Class, mut members: Members) -> Members {
    let in_order = class
        .members
        .iter()
        .filter_map(|member| members.remove_entry(member.name));
    in_order.collect()
}

fn seeded(kind: &Kind, entity: &Members) -> Option<(u64, Record)> {
    let id = entity.get("Id")?.as_str()?.parse().ok()?;
    Some((id, Record::new(arranged(&kind.class, entity.clone()))))
}

/// The highest id in an entity, its groups' included: they share one sequence.
fn highest_id(record: &Record) -> u64 {
    let own = record.members.get("Id");
    let groups = record.members.values().filter_map(|value| value.get("Id"));
    own.into_iter()
        .chain(groups)
        .filter_map(|id| id.as_str()?.parse().ok())
        .max()
        .unwrap_or(0)
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// A scalar as text, without the quotes of JSON.
fn plain_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::EMPLOYEE;
    use crate::seed::Seed;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn company() -> Company {
        Company::open(&Seed::sample().companies[0])
    }

    fn write(company: &mut Company, body: Value) -> Result<Members, ServiceFault> {
        let Value::Object(body) = body else {
            panic!("not an object")
        };
        company
            .write(&EMPLOYEE, &body, NOW)
            .map(|record| record.members.clone())
    }

    fn code(result: Result<Members, ServiceFault>) -> &'static str {
        result.unwrap_err().code
    }

    #[test]
    fn the_known_employee_is_there_in_intuits_order() {
        let company = company();
        let text = company.read(&EMPLOYEE, "58").unwrap().text.clone();
        let text = std::str::from_utf8(&text).unwrap();
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
        assert_eq!(company.read(&EMPLOYEE, "1.5").err().unwrap().code, "2030");
        assert_eq!(company.read(&EMPLOYEE, "9999").err().unwrap().code, "610");
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
        assert!(unknown.detail.contains(
            r#"Unrecognized field "BadJson" (class com.intuit.schema.finance.v3.Employee)"#
        ));
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
        let old = company.read(&EMPLOYEE, "58").unwrap().members.clone();
        let body =
            json!({"Id": "58", "SyncToken": old["SyncToken"], "sparse": true, "Title": "Mr"});
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
        let old = company.read(&EMPLOYEE, "58").unwrap().members.clone();
        let body = json!({"Id": "58", "SyncToken": old["SyncToken"], "GivenName": "William"});
        let new = write(&mut company, body).unwrap();
        assert!(!new.contains_key("PrimaryAddr") && !new.contains_key("FamilyName"));
        assert_eq!(new["DisplayName"], "William");
        assert_eq!(new["Active"], true);
    }

    #[test]
    fn deactivation_marks_the_name_and_twice_is_once() {
        let mut company = company();
        let body = |token: &Value| json!({"Id": "58", "SyncToken": token, "sparse": true, "Active": false});
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
}

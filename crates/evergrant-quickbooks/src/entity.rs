//! One entity as QuickBooks sent it: a kind and its JSON.
//!
//! This is the level for whoever learns the kind at run time. It reads the members that every
//! entity has and finds the others by [`Path`]; who wants to change some takes it for an
//! [`Object`](crate::Object).

mod kind;

use std::fmt;

use jiff::Zoned;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

pub(crate) use kind::Address;
pub use kind::{EntityKind, Operation, UnknownKind};

use crate::json::{member, members};
use crate::{Error, Json, Object, Path, Result, Value};

/// An entity.
#[derive(Clone)]
pub struct Entity {
    member: String,
    json: Json,
}

impl Entity {
    /// An entity of one's own, to be written: the object alone, or the whole of an answer with the
    /// object in the member that its kind has there.
    ///
    /// # Errors
    /// [`Unsendable`](crate::ErrorKind::Unsendable) if `json` is no object.
    pub fn new(kind: EntityKind, json: &Json) -> Result<Self> {
        let inside = member(json.raw(), kind.member()).filter(|found| found.get().starts_with('{'));
        // Some objects have a member of their own kind's name, so an answer has nothing else of note.
        let is_answer = members(json.raw()).is_some_and(|all| {
            all.iter()
                .all(|(name, _)| name == kind.member() || name == "time")
        });
        let json = inside
            .filter(|_| is_answer)
            .map_or_else(|| json.clone(), Json::from);
        if members(json.raw()).is_none() {
            return Err(Error::unsendable(format!("this {kind} is no JSON object")));
        }
        Ok(Self::found(kind.member().to_owned(), json))
    }

    /// As much of an entity as it takes to delete, void or deactivate it.
    pub fn stub(kind: EntityKind, id: &str, sync_token: &str) -> Self {
        let mut object = Object::new();
        object.set("Id", Value::string(id));
        object.set("SyncToken", Value::string(sync_token));
        Self::found(kind.member().to_owned(), object.to_json())
    }

    pub(crate) fn found(member: String, json: Json) -> Self {
        Self { member, json }
    }

    /// Its kind; `None` if QuickBooks has come to know kinds that we don't.
    pub fn kind(&self) -> Option<EntityKind> {
        EntityKind::of_member(&self.member)
    }

    /// The name of its kind, as the answer had it: `Employee`.
    pub fn name(&self) -> &str {
        &self.member
    }

    /// All of it.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// Its id, unique among the entities of its kind in its company.
    pub fn id(&self) -> Option<String> {
        let has_small_id = self.kind() == Some(EntityKind::TaxClassification);
        self.common(if has_small_id { "id" } else { "Id" })
    }

    /// The number of changes it has seen; an update must name it.
    pub fn sync_token(&self) -> Option<String> {
        self.common("SyncToken")
    }

    /// Whether it is what a delete, or a list of changes, tells of something that is no more.
    pub fn is_deleted(&self) -> bool {
        self.text("status").as_deref() == Some("Deleted")
    }

    /// When it was made, in the offset that the server wrote (Pacific time for US companies).
    pub fn created(&self) -> Option<Zoned> {
        time(&self.text("MetaData.CreateTime")?)
    }

    /// When it was last changed, in the offset that the server wrote.
    pub fn updated(&self) -> Option<Zoned> {
        time(&self.text("MetaData.LastUpdatedTime")?)
    }

    /// A member that every entity has. A recurring transaction has it in the transaction that it
    /// wraps, its only member.
    fn common(&self, name: &str) -> Option<String> {
        let wrapped = || {
            let members = members(self.json.raw())?;
            let found = members
                .into_iter()
                .find_map(|(_, value)| member(value, name))?;
            Some(Json::from(found).bare())
        };
        let is_wrapper = self.kind() == Some(EntityKind::RecurringTransaction);
        self.text(name)
            .or_else(|| is_wrapper.then(wrapped).flatten())
    }

    /// The value at `path`; `None` if there is none.
    pub fn get(&self, path: &Path) -> Option<Json> {
        self.json.at(path)
    }

    /// The value at `path` as bare text (see [`Json::bare`]), for paths written into a program:
    /// `employee.text("PrimaryAddr.City")`. `None` if there is no such value, it is `null`, or
    /// `path` is not a path.
    pub fn text(&self, path: &str) -> Option<String> {
        let found = self.get(&path.parse().ok()?)?;
        (!found.is_null()).then(|| found.bare())
    }
}

/// Names the entity without its content: books hold personal data, and `Debug` ends up in logs.
impl fmt::Debug for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entity")
            .field("name", &self.member)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

/// An instant with its offset kept: `2015-07-24T09:34:35-07:00`.
pub(crate) fn time(text: &str) -> Option<Zoned> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let instant = offset
        .to_timestamp(pieces.date().to_datetime(pieces.time()?))
        .ok()?;
    Some(instant.to_zoned(TimeZone::fixed(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn employee() -> Entity {
        let text = r#"{"PrimaryAddr":{"City":"Middlefield","Lat":null},"Id":"58","SyncToken":"0","SSN":"planted","MetaData":{"CreateTime":"2015-07-24T09:34:35-07:00","LastUpdatedTime":"2016-02-24T13:10:36-08:00"}}"#;
        Entity::found("Employee".to_owned(), Json::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn the_common_members_are_read() {
        let employee = employee();
        assert_eq!(employee.kind(), Some(EntityKind::Employee));
        assert_eq!(employee.id().as_deref(), Some("58"));
        assert_eq!(employee.sync_token().as_deref(), Some("0"));
        assert_eq!(
            employee.text("PrimaryAddr.City").as_deref(),
            Some("Middlefield")
        );
        for absent in ["PrimaryAddr.Lat", "PrimaryAddr.Long", "PrimaryAddr..", ""] {
            assert_eq!(employee.text(absent), None, "{absent}");
        }
        let null = employee.get(&"PrimaryAddr.Lat".parse().unwrap());
        assert!(null.is_some_and(|value| value.is_null()));
    }

    #[test]
    fn times_keep_their_offset() {
        let employee = employee();
        let (created, updated) = (employee.created().unwrap(), employee.updated().unwrap());
        assert_eq!(
            created.strftime("%m/%d/%Y %H:%M %:z").to_string(),
            "07/24/2015 09:34 -07:00"
        );
        assert_eq!(updated.strftime("%H:%M %:z").to_string(), "13:10 -08:00");
        assert_eq!(created.timestamp().to_string(), "2015-07-24T16:34:35Z");
        assert_eq!(
            time("2015-07-24T16:34:35Z").unwrap().timestamp(),
            created.timestamp()
        );
        for bad in [
            "",
            "2015-07-24",
            "2015-07-24T09:34:35",
            "soon",
            "2015-13-01T00:00:00Z",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_content() {
        assert_eq!(
            format!("{:?}", employee()),
            r#"Entity { name: "Employee", id: Some("58"), .. }"#
        );
    }
}

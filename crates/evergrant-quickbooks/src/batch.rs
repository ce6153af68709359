//! Up to thirty operations in one request.
//!
//! The items do not see each other's results, and one that fails leaves the others as they are; so
//! each has an outcome of its own. The whole is sent under one request id, like any write.

use http::Method;

use crate::json::{elements, member, members};
use crate::write::form;
use crate::{
    Client, Entity, EntityKind, Error, Fault, Json, Object, Operation, QueryResponse, Record,
    Request, Response, Result, Value, Write,
};

/// The most items of one batch.
pub const LARGEST_BATCH: usize = 30;
/// The longest id of an item, in characters, where the batch has a request id.
const LONGEST_ID: usize = 10;

/// One operation of a batch.
#[derive(Debug, Clone)]
pub struct BatchItem {
    id: Option<String>,
    content: std::result::Result<Object, String>,
}

/// What came of one operation.
#[derive(Debug)]
#[non_exhaustive]
pub struct BatchOutcome {
    /// The item's id: its own, or its number in the batch, counted from 1.
    pub id: String,
    /// What it was answered with.
    pub result: Result<BatchAnswer>,
}

/// What an operation of a batch is answered with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BatchAnswer {
    /// The object after a write.
    Entity(Entity),
    /// The rows of a query.
    Rows(QueryResponse),
}

impl BatchItem {
    /// Makes a new object.
    pub fn create<R: Record>(record: &R) -> Self {
        Self::of(record, Operation::Create, whole)
    }

    /// Replaces an object.
    pub fn update<R: Record>(record: &R) -> Self {
        Self::of(record, Operation::Update, whole)
    }

    /// Changes some members of an object.
    pub fn patch<R: Record>(record: &R) -> Self {
        Self::of(record, Operation::SparseUpdate, form::patched)
    }

    /// Deletes a transaction.
    pub fn delete<R: Record>(record: &R) -> Self {
        Self::of(record, Operation::Delete, named)
    }

    /// Keeps a transaction with its amounts at zero.
    pub fn void<R: Record>(record: &R) -> Self {
        let mut item = Self::of(record, Operation::Void, |entity| {
            let mut object = named(entity)?;
            object.set("sparse", Value::bool(true));
            Ok(object)
        });
        if let Ok(content) = &mut item.content {
            content.set("optionsData", Value::string("void"));
        }
        item
    }

    /// Selects rows; a thousand at most.
    pub fn query(statement: &str) -> Self {
        let mut content = Object::new();
        content.set("Query", Value::string(statement));
        Self {
            id: None,
            content: Ok(content),
        }
    }

    /// The same with an id of the caller's, up to ten characters.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    fn of<R: Record>(
        record: &R,
        operation: Operation,
        body: fn(&Entity) -> Result<Object>,
    ) -> Self {
        let content = Self::content(&record.entity(), operation, body);
        Self {
            id: None,
            content: content.map_err(|error| error.to_string()),
        }
    }

    fn content(
        entity: &Entity,
        operation: Operation,
        body: fn(&Entity) -> Result<Object>,
    ) -> Result<Object> {
        let kind = entity.kind().ok_or_else(|| {
            Error::unsendable(format!("{} is no kind of entity known here", entity.name()))
        })?;
        form::allow(kind, Operation::Batch)?;
        form::allow(kind, operation)?;
        if operation != Operation::Create && kind != EntityKind::ExchangeRate {
            form::version(kind, entity)?;
        }
        let mut content = Object::new();
        content.set("operation", Value::string(verb(operation)));
        content.set(kind.member(), Value::Object(body(entity)?));
        Ok(content)
    }
}

impl Client {
    /// Up to [`LARGEST_BATCH`] operations in one request, in their order. It counts against a limit
    /// of its own, 40 a minute, and each item as a call where calls are paid for.
    ///
    /// The outcomes come in the order of `items`; one that QuickBooks did not answer is
    /// [`Unexpected`](crate::ErrorKind::Unexpected).
    pub fn batch(&self, items: Vec<BatchItem>) -> Write<Vec<BatchOutcome>> {
        let ids: Vec<String> = items
            .iter()
            .enumerate()
            .map(|(at, item)| item_id(at, item))
            .collect();
        let request = body(items, &ids);
        self.write(request, move |answer| outcomes(answer, &ids))
    }
}

fn item_id(at: usize, item: &BatchItem) -> String {
    item.id.clone().unwrap_or_else(|| (at + 1).to_string())
}

fn body(items: Vec<BatchItem>, ids: &[String]) -> Result<Request> {
    if !(1..=LARGEST_BATCH).contains(&items.len()) {
        let count = items.len();
        return Err(Error::unsendable(format!(
            "a batch has 1 to {LARGEST_BATCH} items, this one has {count}"
        )));
    }
    let mut list = Vec::new();
    for (item, id) in items.into_iter().zip(ids) {
        let is_known = list.iter().any(|known: &Value| is_of(known, id));
        if id.is_empty() || id.chars().count() > LONGEST_ID || is_known {
            return Err(Error::unsendable(format!(
                "the id {id:?} of a batch item is empty, too long or not its own"
            )));
        }
        let content = item
            .content
            .map_err(|error| Error::unsendable(format!("item {id}: {error}")))?;
        let mut object = Object::new();
        object.set("bId", Value::string(id));
        object.append(content);
        list.push(Value::Object(object));
    }
    let mut body = Object::new();
    body.set("BatchItemRequest", Value::Array(list));
    Ok(Request::new(Method::POST, "batch").with_json(body.to_string()))
}

fn is_of(item: &Value, id: &str) -> bool {
    match item {
        Value::Object(item) => item.get("bId").and_then(Value::as_string).as_deref() == Some(id),
        _ => false,
    }
}

fn outcomes(answer: &Response, ids: &[String]) -> Result<Vec<BatchOutcome>> {
    let json = answer.json()?;
    let list = member(json.raw(), "BatchItemResponse").and_then(elements);
    let list = list.ok_or_else(|| answer.unexpected("no BatchItemResponse in it"))?;
    let list: Vec<Json> = list.into_iter().map(Json::from).collect();
    let outcome = |id: &String| {
        let item = list.iter().find(|item| bid(item).as_deref() == Some(id));
        BatchOutcome {
            id: id.clone(),
            result: item.map_or_else(
                || Err(answer.unexpected(&format!("no outcome of item {id}"))),
                |item| read_item(answer, item),
            ),
        }
    };
    Ok(ids.iter().map(outcome).collect())
}

fn bid(item: &Json) -> Option<String> {
    Json::from(member(item.raw(), "bId")?).string()
}

/// One item's answer: a fault of its own, rows, or the object.
fn read_item(answer: &Response, item: &Json) -> Result<BatchAnswer> {
    if Fault::parse(item.as_text().as_bytes()).is_some() {
        return Err(Error::answered(answer.part(item)));
    }
    let members = members(item.raw()).unwrap_or_default();
    for (name, value) in &members {
        match name.as_str() {
            "QueryResponse" => {
                return QueryResponse::read(value)
                    .map(BatchAnswer::Rows)
                    .ok_or_else(|| answer.unexpected("a QueryResponse that is none"));
            }
            "bId" | "Warnings" | "Fault" => {}
            _ if value.get().starts_with('{') => {
                return Ok(BatchAnswer::Entity(Entity::found(
                    name.clone(),
                    (*value).into(),
                )));
            }
            _ => {}
        }
    }
    Err(answer.unexpected("an item with nothing in it"))
}

fn whole(entity: &Entity) -> Result<Object> {
    Object::parse(entity.json()).map_err(|error| Error::unsendable(error.to_string()))
}

fn named(entity: &Entity) -> Result<Object> {
    let kind = entity
        .kind()
        .ok_or_else(|| Error::unsendable("of no known kind"))?;
    form::version(kind, entity)
}

fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "create",
        Operation::Delete => "delete",
        _ => "update",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::response::tests::response;

    fn entity(kind: EntityKind, text: &str) -> Entity {
        Entity::new(kind, &Json::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn every_operation_has_its_item() {
        let vendor = entity(EntityKind::Vendor, r#"{"DisplayName":"A"}"#);
        let invoice = Entity::stub(EntityKind::Invoice, "7", "2");
        let items = vec![
            BatchItem::create(&vendor),
            BatchItem::patch(&invoice).with_id("p"),
            BatchItem::delete(&invoice),
            BatchItem::void(&invoice),
            BatchItem::query("select * from Item where Name = 'x'"),
        ];
        let ids: Vec<String> = items
            .iter()
            .enumerate()
            .map(|(at, item)| item_id(at, item))
            .collect();
        let request = body(items, &ids).unwrap();
        assert_eq!(
            std::str::from_utf8(request.body()).unwrap(),
            concat!(
                r#"{"BatchItemRequest":[{"bId":"1","operation":"create","Vendor":{"DisplayName":"A"}},"#,
                r#"{"bId":"p","operation":"update","Invoice":{"Id":"7","SyncToken":"2","sparse":true}},"#,
                r#"{"bId":"3","operation":"delete","Invoice":{"Id":"7","SyncToken":"2"}},"#,
                r#"{"bId":"4","operation":"update","Invoice":{"Id":"7","SyncToken":"2","sparse":true},"optionsData":"void"},"#,
                r#"{"bId":"5","Query":"select * from Item where Name = 'x'"}]}"#
            )
        );
    }

    #[test]
    fn what_no_batch_takes_is_refused() {
        let query = |id: &str| BatchItem::query("x").with_id(id);
        let employee = Entity::stub(EntityKind::Employee, "1", "0");
        for (items, why) in [
            (vec![], "a batch has 1 to 30 items"),
            (vec![BatchItem::query("x"); 31], "a batch has 1 to 30 items"),
            (vec![query("a"), query("a")], "the id \"a\" of a batch item"),
            (
                vec![query("12345678901")],
                "the id \"12345678901\" of a batch item",
            ),
            (
                vec![BatchItem::delete(&employee)],
                "item 1: QuickBooks has no delete of Employee",
            ),
        ] {
            let ids: Vec<String> = items
                .iter()
                .enumerate()
                .map(|(at, item)| item_id(at, item))
                .collect();
            let error = body(items, &ids).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsendable);
            assert!(error.to_string().starts_with(why), "{error}");
        }
    }

    #[test]
    fn each_item_has_an_outcome_of_its_own() {
        let answer = response(
            r#"{"BatchItemResponse":[{"Vendor":{"Id":"1"},"bId":"1"},{"Fault":{"Error":[{"Message":"Duplicate Name Exists Error","Detail":"The name supplied already exists. : null","code":"6240","element":""}],"type":"ValidationFault"},"bId":"2"},{"QueryResponse":{"SalesReceipt":[{"Id":"11"}],"startPosition":1,"maxResults":1},"bId":"4"},{"Fault":{"Error":[{"Message":"message=ThrottleExceeded; errorCode=003001; statusCode=429","code":"3001"}],"type":"SERVICE"},"bId":"3"}],"time":"2020-09-29T06:02:35.257-07:00"}"#,
        );
        let ids: Vec<String> = ["1", "2", "3", "4", "5"].map(str::to_owned).into();
        let outcomes = outcomes(&answer, &ids).unwrap();
        let Ok(BatchAnswer::Entity(vendor)) = &outcomes[0].result else {
            panic!("{:?}", outcomes[0]);
        };
        assert_eq!(
            (vendor.name(), vendor.id().as_deref()),
            ("Vendor", Some("1"))
        );
        let kind = |at: usize| outcomes[at].result.as_ref().map(|_| ()).unwrap_err().kind();
        assert_eq!(kind(1), ErrorKind::Invalid);
        assert_eq!(kind(2), ErrorKind::Throttled);
        assert_eq!(kind(4), ErrorKind::Unexpected);
        let Ok(BatchAnswer::Rows(rows)) = &outcomes[3].result else {
            panic!("{:?}", outcomes[3]);
        };
        assert_eq!(rows.entities[0].id().as_deref(), Some("11"));
    }
}

//! The form that each operation has on the wire; pure.
//!
//! Most are a POST to the entity's path with its JSON. What differs: the query says `operation`,
//! voids are of two kinds, deletes want two members only, and what QuickBooks calls a sparse update
//! is marked so in the JSON itself.

use http::Method;
use http::header::HeaderValue;

use crate::request::encoded;
use crate::{Entity, EntityKind, Error, Object, Operation, Request, Result, Value};

pub(super) fn create(kind: EntityKind, entity: &Entity) -> Result<Request> {
    allow(kind, Operation::Create)?;
    Ok(post(kind).with_json(entity.json().compact()))
}

pub(super) fn update(kind: EntityKind, entity: &Entity) -> Result<Request> {
    allow(kind, Operation::Update)?;
    // An exchange rate is found by its currencies and date.
    if kind != EntityKind::ExchangeRate {
        version(kind, entity)?;
    }
    let request = post(kind).with_json(entity.json().compact());
    Ok(match kind {
        EntityKind::Preferences => request.with_query("operation", "update"),
        _ => request,
    })
}

pub(super) fn patch(kind: EntityKind, entity: &Entity) -> Result<Request> {
    allow(kind, Operation::SparseUpdate)?;
    version(kind, entity)?;
    Ok(post(kind).with_json(patched(entity)?.to_string()))
}

/// The object marked as one that has only the members to change.
pub(crate) fn patched(entity: &Entity) -> Result<Object> {
    let mut object = object(entity)?;
    object.set("sparse", Value::bool(true));
    Ok(object)
}

pub(super) fn delete(kind: EntityKind, entity: &Entity) -> Result<Request> {
    allow(kind, Operation::Delete)?;
    let named = version(kind, entity)?;
    let body = match wrapper(kind, entity) {
        Some(inside) => {
            let mut outside = Object::new();
            outside.set(&inside, Value::Object(named));
            outside
        }
        None => named,
    };
    let request = post(kind).with_query("operation", "delete");
    Ok(request.with_json(body.to_string()))
}

pub(super) fn void(kind: EntityKind, entity: &Entity) -> Result<Request> {
    allow(kind, Operation::Void)?;
    let mut body = version(kind, entity)?;
    if kind == EntityKind::Invoice {
        let request = post(kind).with_query("operation", "void");
        return Ok(request.with_json(body.to_string()));
    }
    body.set("sparse", Value::bool(true));
    let request = post(kind)
        .with_query("operation", "update")
        .with_query("include", "void");
    Ok(request.with_json(body.to_string()))
}

pub(super) fn deactivate(kind: EntityKind, entity: &Entity) -> Result<Request> {
    let has_switch = crate::schema::get().find(kind, "Active").is_some();
    if !has_switch || !kind.allows(Operation::SparseUpdate) {
        return Err(Error::unsendable(format!("{kind} can't be deactivated")));
    }
    let mut body = version(kind, entity)?;
    body.set("sparse", Value::bool(true));
    body.set("Active", Value::bool(false));
    Ok(post(kind).with_json(body.to_string()))
}

pub(super) fn mail(kind: EntityKind, id: &str, to: Option<&str>) -> Result<Request> {
    allow(kind, Operation::Send)?;
    let path = format!("{}/{}/send", kind.path(), segment(kind, id)?);
    let nothing = HeaderValue::from_static("application/octet-stream");
    let request = Request::new(Method::POST, path).with_body(nothing, Vec::new());
    Ok(match to {
        Some(to) => request.with_query("sendTo", to),
        None => request,
    })
}

/// `id` as a part of a path.
pub(crate) fn segment(kind: EntityKind, id: &str) -> Result<String> {
    if matches!(id, "" | "." | "..") {
        return Err(Error::unsendable(format!("{id:?} is no id of {kind}")));
    }
    Ok(encoded(id))
}

pub(crate) fn allow(kind: EntityKind, operation: Operation) -> Result<()> {
    if kind.allows(operation) {
        return Ok(());
    }
    let named: Vec<&str> = kind.operations().iter().map(|o| o.name()).collect();
    let context = format!(
        "QuickBooks has no {} of {kind}; it has {}",
        operation.name(),
        named.join(", ")
    );
    Err(Error::unsendable(context))
}

/// The same object in the version `token`.
pub(super) fn with_sync_token(entity: &Entity, token: &str) -> Result<Entity> {
    let mut object = object(entity)?;
    object.set("SyncToken", Value::string(token));
    Ok(Entity::found(entity.name().to_owned(), object.to_json()))
}

/// Which object is meant, in which version.
pub(crate) fn version(kind: EntityKind, entity: &Entity) -> Result<Object> {
    let mut object = Object::new();
    for (name, value) in [("Id", entity.id()), ("SyncToken", entity.sync_token())] {
        let value = value.ok_or_else(|| {
            Error::unsendable(format!(
                "this {kind} has no {name}: read it first, and send what you read"
            ))
        })?;
        object.set(name, Value::string(&value));
    }
    Ok(object)
}

/// The member in which a recurring transaction has its transaction.
fn wrapper(kind: EntityKind, entity: &Entity) -> Option<String> {
    if kind != EntityKind::RecurringTransaction {
        return None;
    }
    let object = Object::parse(entity.json()).ok()?;
    let (name, value) = object.first()?;
    matches!(value, Value::Object(_)).then(|| name.into_owned())
}

fn object(entity: &Entity) -> Result<Object> {
    Object::parse(entity.json()).map_err(|error| Error::unsendable(error.to_string()))
}

fn post(kind: EntityKind) -> Request {
    Request::new(Method::POST, kind.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Json};

    fn entity(kind: EntityKind, text: &str) -> Entity {
        Entity::new(kind, &Json::parse(text.as_bytes()).unwrap()).unwrap()
    }

    fn shown(request: &Request) -> (String, &str) {
        let query: Vec<String> = request
            .query()
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let path = format!("{}?{}", request.path(), query.join("&"));
        (path, std::str::from_utf8(request.body()).unwrap())
    }

    #[test]
    fn every_operation_has_its_form() {
        let named = r#"{"Id":"7","SyncToken":"2"}"#;
        let sparse = r#"{"Id":"7","SyncToken":"2","sparse":true}"#;
        let stub = |kind| Entity::stub(kind, "7", "2");
        let invoice = entity(
            EntityKind::Invoice,
            r#"{"Id":"7","SyncToken":"2","TotalAmt":639.00}"#,
        );
        for (request, path, body) in [
            (
                create(EntityKind::Invoice, &invoice),
                "invoice?",
                invoice.json().as_text(),
            ),
            (
                update(EntityKind::Invoice, &invoice),
                "invoice?",
                invoice.json().as_text(),
            ),
            (
                patch(EntityKind::Invoice, &stub(EntityKind::Invoice)),
                "invoice?",
                sparse,
            ),
            (
                delete(EntityKind::Invoice, &invoice),
                "invoice?operation=delete",
                named,
            ),
            (
                void(EntityKind::Invoice, &invoice),
                "invoice?operation=void",
                named,
            ),
            (
                void(EntityKind::Payment, &stub(EntityKind::Payment)),
                "payment?operation=update&include=void",
                sparse,
            ),
        ] {
            assert_eq!(shown(&request.unwrap()), (path.to_owned(), body));
        }
    }

    #[test]
    fn special_kinds_have_special_forms() {
        let named = r#"{"Id":"7","SyncToken":"2"}"#;
        let stub = |kind| Entity::stub(kind, "7", "2");
        for (request, path, body) in [
            (
                deactivate(EntityKind::Customer, &stub(EntityKind::Customer)),
                "customer?",
                r#"{"Id":"7","SyncToken":"2","sparse":true,"Active":false}"#,
            ),
            (
                mail(EntityKind::Invoice, "7", Some("a@b.example")),
                "invoice/7/send?sendTo=a@b.example",
                "",
            ),
            (
                update(EntityKind::Preferences, &stub(EntityKind::Preferences)),
                "preferences?operation=update",
                named,
            ),
            (
                update(
                    EntityKind::ExchangeRate,
                    &entity(EntityKind::ExchangeRate, r#"{"Rate":1.5}"#),
                ),
                "exchangerate?",
                r#"{"Rate":1.5}"#,
            ),
            (
                create(
                    EntityKind::TaxService,
                    &entity(EntityKind::TaxService, r#"{"TaxCode":"x"}"#),
                ),
                "taxservice/taxcode?",
                r#"{"TaxCode":"x"}"#,
            ),
        ] {
            assert_eq!(shown(&request.unwrap()), (path.to_owned(), body));
        }
    }

    #[test]
    fn a_recurring_transaction_is_named_inside_its_wrapper() {
        let text = r#"{"Bill":{"Id":"7","SyncToken":"2","Line":[]}}"#;
        let recurring = entity(EntityKind::RecurringTransaction, text);
        assert_eq!(recurring.id().as_deref(), Some("7"));
        let request = delete(EntityKind::RecurringTransaction, &recurring).unwrap();
        assert_eq!(
            shown(&request),
            (
                "recurringtransaction?operation=delete".to_owned(),
                r#"{"Bill":{"Id":"7","SyncToken":"2"}}"#
            )
        );
    }

    #[test]
    fn what_there_is_no_form_for_is_refused() {
        let employee = Entity::stub(EntityKind::Employee, "1", "0");
        let bare = entity(EntityKind::Invoice, "{}");
        for (refused, why) in [
            (
                delete(EntityKind::Employee, &employee),
                "QuickBooks has no delete of Employee",
            ),
            (
                update(EntityKind::Invoice, &bare),
                "this Invoice has no Id: read it first",
            ),
            (
                deactivate(EntityKind::Invoice, &bare),
                "Invoice can't be deactivated",
            ),
            (
                mail(EntityKind::Invoice, "..", None),
                "\"..\" is no id of Invoice",
            ),
            (
                create(EntityKind::TaxRate, &bare),
                "QuickBooks has no create of TaxRate",
            ),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsendable);
            assert!(error.to_string().starts_with(why), "{error}");
        }
    }

    #[test]
    fn an_answers_envelope_is_taken_off_and_a_member_of_the_same_name_is_not() {
        let answer = entity(EntityKind::Invoice, r#"{"Invoice":{"Id":"7"},"time":"x"}"#);
        assert_eq!(answer.json().as_text(), r#"{"Id":"7"}"#);
        let text = r#"{"Id":"7","Class":{"value":"1"}}"#;
        assert_eq!(entity(EntityKind::Class, text).json().as_text(), text);
        let list = Json::parse(b"[]").unwrap();
        assert!(Entity::new(EntityKind::Class, &list).is_err());
    }
}

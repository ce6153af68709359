//! Recurring transactions: a template inside of a wrapper, `{"Invoice": {…, "RecurringInfo": {…}}}`. It has an id of
//! its own, which stands inside too, and books nothing.

use serde_json::{Value, json};

use super::{Company, Deed, Writing, body, defaults, refs, store};
use crate::json::Members;
use crate::refusal::ServiceFault;
use crate::schema::{Kind, Operation};
use crate::time::record_time;

/// Creates a template. There are no updates.
pub(super) fn write(
    company: &mut Company,
    kind: &'static Kind,
    sent: &Members,
    writing: &Writing,
) -> Result<String, ServiceFault> {
    let fitted = body::fit(&kind.class, sent)?;
    let is_template =
        |name: &&String| Kind::by_name(name).is_some_and(|it| it.allows(Operation::Create));
    let Some(name) = fitted.keys().find(is_template).cloned() else {
        return Err(ServiceFault::missing(
            kind.needs_any_of
                .first()
                .map_or("Invoice", |group| group[0]),
        ));
    };
    let Some((Value::Object(mut members), inner)) =
        fitted.get(&name).cloned().zip(Kind::by_name(&name))
    else {
        return Err(ServiceFault::missing("Invoice"));
    };
    if sent
        .get(&name)
        .and_then(|inner| inner.get("Id"))
        .is_some_and(|id| !id.is_null())
    {
        return Err(ServiceFault::unsupported_operation("update"));
    }
    if members
        .get("RecurringInfo")
        .is_none_or(|info| info["Name"].as_str().unwrap_or_default().is_empty())
    {
        return Err(ServiceFault::missing("RecurringInfo.Name"));
    }
    body::check_required(inner, &members)?;
    defaults::begin(company, inner, &mut members, writing);
    members.shift_remove("DocNumber");
    refs::resolve(company, &inner.class, &mut members, None)?;
    super::lines::complete(company, inner, &mut members)?;
    let id = company.store.next_id(store::sequence(kind));
    let time = record_time(writing.now);
    let head = json!({"domain": "QBO", "sparse": false, "Id": id.to_string(), "SyncToken": "0",
        "MetaData": {"CreateTime": time, "LastUpdatedTime": time}, "RecurDataRef": {"value": id.to_string()}});
    members.extend(head.as_object().cloned().unwrap_or_default());
    let members = body::arranged(&inner.class, members);
    let wrapper = Members::from_iter([(name, Value::Object(members))]);
    company.store.put(kind, id, wrapper);
    company.note_change(kind, id, Deed::Create, writing.now);
    company.shown(kind, id)
}

/// The template in a wrapper that a client has sent, if this is one.
pub(super) fn inner<'a>(kind: &Kind, body: &'a Members) -> Option<&'a Members> {
    if kind.name != "RecurringTransaction" {
        return None;
    }
    body.values().find_map(Value::as_object)
}

/// What is answered about a deleted entity: a template stands inside of its wrapper.
pub(super) fn wrapped(company: &Company, kind: &'static Kind, id: u64, deleted: Value) -> Value {
    let wrapper = company
        .store
        .members(kind, id)
        .filter(|_| kind.name == "RecurringTransaction");
    match wrapper.and_then(|wrapper| wrapper.keys().next().cloned()) {
        Some(name) => json!({name: deleted}),
        None => deleted,
    }
}

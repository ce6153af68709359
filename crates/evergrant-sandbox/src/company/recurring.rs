//! Recurring transactions: a template inside of a wrapper, `{"Invoice": {…, "RecurringInfo": {…}}}`. It has an id of
//! its own, which stands inside too, and books nothing.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Company, Deed, Writing, body, defaults, refs, store, update};
use crate::json::Members;
use crate::refusal::ServiceFault;
use crate::schema::{Kind, Operation};
use crate::time::record_time;

/// What queries call the kind of transaction that a template is for.
pub(crate) const TYPE: &str = "Type";

/// A template as queries look at it: out of its wrapper, with its kind as a member.
pub(crate) fn searched(wrapper: &str) -> Cow<'_, str> {
    let parts = || {
        let inside = wrapper.strip_prefix("{\"")?.strip_suffix('}')?;
        let (name, template) = inside.split_once("\":")?;
        Some((name, template.strip_prefix('{')?))
    };
    parts().map_or(Cow::Borrowed(wrapper), |(name, members)| {
        Cow::Owned(format!(r#"{{"{TYPE}":"{name}",{members}"#))
    })
}

/// Creates a template, or changes the one that is named: whole, or what is sent if that is `sparse`.
pub(super) fn write(
    company: &mut Company,
    kind: &'static Kind,
    sent: &Members,
    writing: &Writing,
) -> Result<String, ServiceFault> {
    let fitted = body::fit(&kind.class, sent)?;
    let is_template =
        |name: &&String| Kind::by_name(name).is_some_and(|it| it.allows(Operation::Create));
    let name = fitted.keys().find(is_template).cloned();
    let name = name.ok_or_else(|| ServiceFault::missing("Invoice"))?;
    let Some((Value::Object(mut members), inner)) =
        fitted.get(&name).cloned().zip(Kind::by_name(&name))
    else {
        return Err(ServiceFault::missing("Invoice"));
    };
    let sent = sent.get(&name).and_then(Value::as_object);
    let old = sent.map(|sent| named(company, kind, sent)).transpose()?;
    let old = old.flatten();
    if let (Some((_, old)), Some(true)) = (
        &old,
        sent.map(|sent| sent.get("sparse") == Some(&json!(true))),
    ) {
        members = old.clone().into_iter().chain(members).collect();
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
    refs::resolve(
        company,
        &inner.class,
        &mut members,
        old.as_ref().map(|(_, old)| old),
    )?;
    super::lines::complete(company, inner, &mut members)?;
    let (id, deed) = head(company, kind, &mut members, old, writing);
    let members = body::arranged(&inner.class, members);
    let wrapper = Members::from_iter([(name, Value::Object(members))]);
    company.store.put(kind, id, wrapper);
    company.note_change(kind, id, deed, writing.now);
    company.shown(kind, id)
}

/// The template that a client names with its version, if it names one.
fn named(
    company: &Company,
    kind: &'static Kind,
    sent: &Members,
) -> Result<Option<(u64, Members)>, ServiceFault> {
    if sent.get("Id").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let id = company.named(kind, sent)?;
    let wrapper = company.store.members(kind, id);
    let old = wrapper.as_ref().and_then(|wrapper| inner(kind, wrapper));
    Ok(old.map(|old| (id, old.clone())))
}

/// Writes what is the server's: id, version, times. What there was before goes on.
fn head(
    company: &mut Company,
    kind: &'static Kind,
    members: &mut Members,
    old: Option<(u64, Members)>,
    writing: &Writing,
) -> (u64, Deed) {
    let Some((id, old)) = old else {
        let id = company.store.next_id(store::sequence(kind));
        let time = record_time(writing.now);
        let head = json!({"domain": "QBO", "sparse": false, "Id": id.to_string(), "SyncToken": "0",
            "MetaData": {"CreateTime": time, "LastUpdatedTime": time}, "RecurDataRef": {"value": id.to_string()}});
        members.extend(head.as_object().cloned().unwrap_or_default());
        return (id, Deed::Create);
    };
    members.insert("sparse".to_owned(), json!(false));
    for name in ["domain", "Id", "SyncToken", "MetaData", "RecurDataRef"] {
        if let Some(value) = old.get(name) {
            members.insert(name.to_owned(), value.clone());
        }
    }
    update::bump(members, writing.now);
    (id, Deed::Update)
}

/// The template in a wrapper that a client has sent, if this is one.
pub(crate) fn inner<'a>(kind: &Kind, body: &'a Members) -> Option<&'a Members> {
    if !kind.is_wrapper() {
        return None;
    }
    body.values().find_map(Value::as_object)
}

/// What is answered about a deleted entity: a template stands inside of its wrapper.
pub(super) fn wrapped(company: &Company, kind: &'static Kind, id: u64, deleted: Value) -> Value {
    let wrapper = company
        .store
        .members(kind, id)
        .filter(|_| kind.is_wrapper());
    match wrapper.and_then(|wrapper| wrapper.keys().next().cloned()) {
        Some(name) => json!({name: deleted}),
        None => deleted,
    }
}

//! Batches: up to thirty requests in one, each answered by itself.
//!
//! The items run one after the other. An item may name the result of an earlier one by `%{bId.Id}`: Intuit's own
//! batches have no such references and say that items can't see each other, so only what was written like this is
//! replaced.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::api;
use crate::cdc;
use crate::company::{Company, Writing};
use crate::json::Members;
use crate::query;
use crate::refusal::ServiceFault;
use crate::schema::{Kind, Operation};
use crate::settings::Settings;
use crate::xml;

/// A batch's body, in either language.
pub(crate) fn parsed(body: &[u8]) -> Result<Members, ServiceFault> {
    if xml::is_xml(body) {
        return xml::batch(body);
    }
    api::parse(body)
}

/// The longest id of an item of a batch that has a request id.
pub(crate) const LONGEST_ID: usize = 10;

/// Whether all items' ids may go with a request id.
pub(crate) fn has_short_ids(body: &Members) -> bool {
    let items = body.get("BatchItemRequest").and_then(Value::as_array);
    let mut ids = items
        .into_iter()
        .flatten()
        .filter_map(|item| item["bId"].as_str());
    ids.all(|id| id.chars().count() <= LONGEST_ID)
}

/// How many items a batch has, so far as it makes sense.
pub(crate) fn size(body: &[u8]) -> usize {
    let items = parsed(body)
        .ok()
        .and_then(|mut body| body.remove("BatchItemRequest"));
    items.as_ref().and_then(Value::as_array).map_or(1, Vec::len)
}

/// The list of `BatchItemResponse`, as JSON text.
pub(crate) fn answer(
    company: &mut Company,
    body: &Members,
    writing: &Writing,
    settings: &Settings,
) -> Result<String, ServiceFault> {
    let Some(Value::Array(items)) = body.get("BatchItemRequest") else {
        return Err(ServiceFault::missing("BatchItemRequest"));
    };
    if items.len() as u64 > u64::from(settings.batch_items) {
        return Err(ServiceFault::batch_too_large(settings.batch_items));
    }
    let mut ids = HashMap::new();
    let answers: Vec<String> = items
        .iter()
        .map(|item| {
            let bid = item["bId"].as_str().map(str::to_owned);
            let answer = one(company, item, &ids, writing, settings);
            if let (Some(bid), Ok((_, text))) = (&bid, &answer)
                && let Some(id) = crate::json::scalar(text, "Id")
            {
                ids.insert(bid.clone(), id.into_owned());
            }
            let (name, text) =
                answer.unwrap_or_else(|fault| ("Fault", fault.envelope().to_string()));
            match bid {
                Some(bid) => format!(r#"{{"{name}":{text},"bId":{}}}"#, json!(bid)),
                None => format!(r#"{{"{name}":{text}}}"#),
            }
        })
        .collect();
    Ok(format!("[{}]", answers.join(",")))
}

/// What an item is answered with, and under which name.
fn one(
    company: &mut Company,
    item: &Value,
    ids: &HashMap<String, String>,
    writing: &Writing,
    settings: &Settings,
) -> Result<(&'static str, String), ServiceFault> {
    if let Some(text) = item["Query"].as_str() {
        return Ok(("QueryResponse", query::answer(company, text, settings)?));
    }
    if let Some(asked) = item["CDCQuery"].as_object() {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
        let wanted = cdc::Wanted {
            entities: text("Entities"),
            changed_since: text("ChangedSince"),
        };
        let answer = cdc::answer(company, &wanted, writing.now, settings)?;
        return Ok(("CDCResponse", answer));
    }
    let members = item.as_object().map(Members::iter).into_iter().flatten();
    let entity = members
        .filter_map(|(name, value)| Some((Kind::by_name(name)?, value.as_object()?)))
        .next();
    let Some((kind, body)) = entity.filter(|(kind, _)| kind.allows(Operation::Batch)) else {
        return Err(ServiceFault::missing("BatchItemRequest entity"));
    };
    let body = &referring(body, ids);
    let options = item["optionsData"].as_str().unwrap_or_default();
    let answer = match item["operation"].as_str().unwrap_or_default() {
        "create" | "update" if options == "void" => company.void(kind, body, writing),
        "create" if body.get("Id").is_some_and(|id| !id.is_null()) => {
            Err(ServiceFault::unsupported_operation("create"))
        }
        "update" if body.get("Id").is_none_or(Value::is_null) => Err(ServiceFault::missing("Id")),
        // Without a word about it, it is what the same body posted by itself would be.
        "create" | "update" | "" => company.write(kind, body, writing),
        "delete" => company.delete(kind, body, writing),
        "void" => company.void(kind, body, writing),
        other => Err(ServiceFault::invalid_enumeration("operation", other)),
    };
    Ok((kind.root, answer?))
}

/// The body with `%{bId.Id}` replaced by the id that this item was given.
fn referring(body: &Members, ids: &HashMap<String, String>) -> Members {
    let mut body = Value::Object(body.clone());
    if !ids.is_empty() {
        replace(&mut body, ids);
    }
    match body {
        Value::Object(body) => body,
        _ => Members::new(),
    }
}

fn replace(value: &mut Value, ids: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            let name = text
                .strip_prefix("%{")
                .and_then(|text| text.strip_suffix(".Id}"));
            if let Some(id) = name.and_then(|name| ids.get(name)) {
                text.clone_from(id);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, ids)),
        Value::Object(members) => members.values_mut().for_each(|value| replace(value, ids)),
        _ => {}
    }
}

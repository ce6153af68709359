//! `schema`: what is known of entities and their members, offline.

use evergrant_quickbooks::{EntityKind, Json, schema};
use serde_json::{Value, json};

use super::suggest;
use crate::args::{self, Format};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Runs the command.
pub(crate) fn run(context: &Context, args: &args::Schema) -> Result<()> {
    let rows = match args.place.as_deref() {
        None => entities(),
        Some(place) => members(place)?,
    };
    let mut out = context.output().rows_as(Format::Table);
    for row in rows {
        out.push(&row)?;
    }
    out.finish()
}

/// A row for each entity.
fn entities() -> Vec<Json> {
    let entities = schema::get().entities.iter();
    let rows = entities.map(|entity| {
        row(&json!({
            "Entity": entity.name,
            "Kind": entity.kind,
            "Operations": entity.operations.join(" "),
        }))
    });
    rows.flatten().collect()
}

/// A row for each member at a place: `invoice`, `invoice.Line`.
fn members(place: &str) -> Result<Vec<Json>> {
    let (entity, path) = place.split_once('.').unwrap_or((place, ""));
    let kind: EntityKind = entity.parse().map_err(|error| usage(format!("{error}")))?;
    let known = schema::get();
    if path.is_empty() {
        return Ok(known
            .entity(kind)
            .map(|entity| fields(&entity.fields))
            .unwrap_or_default());
    }
    suggest::member(kind, path)?;
    let field = known
        .find(kind, path)
        .ok_or_else(|| usage(format!("nothing is known of {place}")))?;
    Ok(match known.fields_of(&field.kind) {
        Some(inside) => fields(inside),
        None => fields(std::slice::from_ref(field)),
    })
}

fn fields(fields: &[schema::Field]) -> Vec<Json> {
    fields
        .iter()
        .filter_map(|field| row(&described(field)))
        .collect()
}

fn described(field: &schema::Field) -> Value {
    let known = schema::get();
    let values = match field.values.as_slice() {
        [] => known.enumeration(&field.kind).unwrap_or_default(),
        values => values,
    };
    let notes = [
        (field.required, "required"),
        (field.conditional, "required sometimes"),
        (field.read_only, "read only"),
        (field.immutable, "fixed once created"),
        (field.deprecated, "deprecated"),
        (field.not_filterable, "no filter"),
        (field.not_sortable, "no order"),
        (!field.documented, "not documented"),
    ];
    let notes: Vec<&str> = notes
        .into_iter()
        .filter_map(|(is, note)| is.then_some(note))
        .collect();
    let list = if field.array { "[]" } else { "" };
    json!({
        "Member": field.name,
        "Type": format!("{}{list}", field.kind),
        "Refers to": field.to.join(" "),
        "Longest": field.max_len,
        "Notes": notes.join(", "),
        "Values": values.join(" "),
    })
}

/// Without what is empty.
fn row(value: &Value) -> Option<Json> {
    let members = value.as_object()?.iter();
    let kept = members.filter(|(_, value)| !value.is_null() && *value != "");
    let kept: serde_json::Map<String, Value> = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Json::parse(Value::from(kept).to_string().as_bytes()).ok()
}

fn usage(what: String) -> Failure {
    Failure::new(Exit::Usage, what, "evergrant schema lists the entities")
}

//! `cdc`: what has changed since a moment.

use evergrant::{Clock as _, SystemClock};
use evergrant_quickbooks::{Changes, Entity, EntityKind, Json, Operation};
use jiff::Timestamp;

use crate::args::{self, Format, Moment};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Cdc) -> Result<()> {
    let since = instant(args.since)?;
    let kinds = match args.entities.as_slice() {
        [] => captured(),
        kinds => kinds.to_vec(),
    };
    let changes = context.quickbooks().await?.cdc(&kinds, since).await?;
    if !changes.cut.is_empty() {
        let cut: Vec<&str> = changes.cut.iter().map(|kind| kind.name()).collect();
        tell(Some(format!(
            "evergrant: more has changed than an answer holds; all changes are there, but deletions may be missing of: {}",
            cut.join(", ")
        )));
    }
    print(context, &changes)
}

/// JSON is one document with the time to ask for next; other formats have a row for each change.
fn print(context: &Context, changes: &Changes) -> Result<()> {
    let output = context.output();
    let format = output.format();
    let is_document = matches!(format, Format::Json | Format::Yaml) && !output.picks();
    if is_document {
        return output.answer(&document(changes));
    }
    let is_flat = matches!(format, Format::Table | Format::Csv);
    let mut rows = output.rows();
    for entity in changes.changed.iter().chain(&changes.deleted) {
        rows.push(&if is_flat {
            named(entity)
        } else {
            wrapped(entity)
        })?;
    }
    rows.finish()
}

fn document(changes: &Changes) -> Json {
    let list = |entities: &[Entity]| {
        let entities: Vec<String> = entities
            .iter()
            .map(|entity| wrapped(entity).to_string())
            .collect();
        entities.join(",")
    };
    let time = changes
        .time
        .as_ref()
        .map(|time| time.timestamp().to_string());
    let cut: Vec<&str> = changes.cut.iter().map(|kind| kind.name()).collect();
    of_text(&format!(
        "{{\"changed\":[{}],\"deleted\":[{}],\"cut\":{},\"time\":{}}}",
        list(&changes.changed),
        list(&changes.deleted),
        serde_json::json!(cut),
        serde_json::json!(time),
    ))
}

/// The entity in the member that is named after its kind, as answers have it.
pub(super) fn wrapped(entity: &Entity) -> Json {
    of_text(&format!(
        "{{{}:{}}}",
        serde_json::json!(entity.name()),
        entity.json()
    ))
}

/// The entity with its kind as its first member.
fn named(entity: &Entity) -> Json {
    let members = entity.json().as_text().trim_start().trim_start_matches('{');
    of_text(&format!(
        "{{\"Entity\":{},{members}",
        serde_json::json!(entity.name())
    ))
}

/// Text that is put together from JSON, and so is JSON.
fn of_text(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap_or_else(|_| Json::from(serde_json::value::RawValue::NULL))
}

fn captured() -> Vec<EntityKind> {
    let kinds = EntityKind::ALL.iter().copied();
    kinds.filter(|kind| kind.allows(Operation::Cdc)).collect()
}

fn instant(moment: Moment) -> Result<Timestamp> {
    match moment {
        Moment::At(at) => Ok(at),
        Moment::Ago(age) => SystemClock.now().checked_sub(age).map_err(|error| {
            Failure::new(
                Exit::Usage,
                "that is too long ago",
                "QuickBooks looks 30 days back",
            )
            .because(error)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_what_they_are() {
        let json = Json::parse(br#"{"Id":"1","Amt":639.00}"#).unwrap();
        let entity = Entity::new(EntityKind::Invoice, &json).unwrap();
        assert_eq!(
            wrapped(&entity).as_text(),
            r#"{"Invoice":{"Id":"1","Amt":639.00}}"#
        );
        assert_eq!(
            named(&entity).as_text(),
            r#"{"Entity":"Invoice","Id":"1","Amt":639.00}"#
        );
        assert!(captured().contains(&EntityKind::Invoice));
        assert!(!captured().contains(&EntityKind::TaxCode));
    }
}

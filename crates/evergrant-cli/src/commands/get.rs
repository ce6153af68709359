//! `get`: reads one entity and prints the whole answer.

use evergrant_quickbooks::{Entity, EntityKind, Json, Object, Operation, Request, Value};

use super::suggest;
use crate::args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Get) -> Result<()> {
    suggest::fields(args.entity, &context.output().field_names())?;
    let answer = ask(context, args.entity, &args.id).await?;
    context.output().answer(&answer)
}

/// Reads one entity; the answer is the API's own, envelope and all.
pub(crate) async fn read(context: &Context, entity: &str, id: &str) -> Result<Json> {
    let kind: EntityKind = entity.parse().map_err(|error| usage(format!("{error}")))?;
    ask(context, kind, id).await
}

async fn ask(context: &Context, kind: EntityKind, id: &str) -> Result<Json> {
    check(kind, id)?;
    let quickbooks = context.quickbooks().await?;
    let request = match kind {
        EntityKind::ExchangeRate => exchange_rate(id),
        // They come in XML, and without the envelope that others have.
        EntityKind::Entitlements => {
            let entitlements = quickbooks.read_entity(kind, id).await?;
            return Ok(enveloped(&entitlements));
        }
        _ => quickbooks.reading(kind, id)?,
    };
    Ok(quickbooks.send(request).await?.json()?)
}

/// An entity as an answer has it, in the member that is named after its kind.
fn enveloped(entity: &Entity) -> Json {
    let mut answer = Object::new();
    if let Some(value) = Value::of(entity.json()) {
        answer.set(entity.name(), value);
    }
    answer.to_json()
}

/// The rate of a currency, `EUR`, of today or of a day, `EUR/2026-01-31`.
fn exchange_rate(id: &str) -> Request {
    let (currency, day) = id.split_once('/').unwrap_or((id, ""));
    let request =
        Request::get(EntityKind::ExchangeRate.path()).with_query("sourcecurrencycode", currency);
    match day {
        "" => request,
        day => request.with_query("asofdate", day),
    }
}

/// What can be known to fail is refused before anything is read.
fn check(kind: EntityKind, id: &str) -> Result<()> {
    let needs_id = !matches!(
        kind,
        EntityKind::Preferences | EntityKind::CompanyInfo | EntityKind::Entitlements
    );
    if !kind.allows(Operation::Read) {
        return Err(usage(format!("a {kind} can't be read, only made")));
    }
    if needs_id && matches!(id, "" | "." | "..") {
        return Err(usage(match id {
            "" => format!("the id of the {kind} is missing"),
            id => format!("{id:?} is no id of the kind {kind}"),
        }));
    }
    Ok(())
}

fn usage(what: String) -> Failure {
    Failure::new(Exit::Usage, what, "see evergrant get --help")
}

/// `id` as one segment of a path.
pub(super) fn segment(id: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    encoded.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_whatever_it_holds() {
        assert_eq!(segment("58"), "58");
        assert_eq!(segment("../a b?c#d+e"), "..%2Fa%20b%3Fc%23d%2Be");
    }

    #[test]
    fn what_can_not_be_read_is_refused_before_anything_is_sent() {
        for (kind, id) in [
            (EntityKind::TaxService, "1"),
            (EntityKind::Employee, ".."),
            (EntityKind::Employee, ""),
        ] {
            let failure = check(kind, id).unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage, "{kind} {id}");
        }
        assert!(check(EntityKind::Employee, "58").is_ok());
        assert!(check(EntityKind::Preferences, "").is_ok());
    }
}

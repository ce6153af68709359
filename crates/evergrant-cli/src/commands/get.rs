//! `get`: reads one entity and prints the whole answer.

use evergrant_quickbooks::{EntityKind, Json, Operation, Request};

use crate::args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Get) -> Result<()> {
    let answer = read(context, &args.entity, &args.id).await?;
    context.output().answer(&answer)
}

/// Reads one entity; the answer is the API's own, envelope and all.
pub(crate) async fn read(context: &Context, entity: &str, id: &str) -> Result<Json> {
    let request = request(entity, id)?;
    let quickbooks = context.quickbooks().await?;
    Ok(quickbooks.send(request).await?.json()?)
}

fn request(entity: &str, id: &str) -> Result<Request> {
    let usage = |what: String| Failure::new(Exit::Usage, what, "see evergrant get --help");
    let kind: EntityKind = entity.parse().map_err(|error| usage(format!("{error}")))?;
    if !kind.allows(Operation::Read) {
        return Err(usage(format!("a {kind} can't be read, only made")));
    }
    if matches!(id, "" | "." | "..") {
        return Err(usage(format!("{id:?} is not the id of a {kind}")));
    }
    // A company has one set of preferences, which has no id in its address.
    if kind == EntityKind::Preferences {
        return Ok(Request::get(kind.path()));
    }
    Ok(Request::get(format!("{}/{}", kind.path(), segment(id))))
}

/// `id` as one segment of a path.
fn segment(id: &str) -> String {
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
        for (entity, id) in [
            ("emploiee", "1"),
            ("TaxService", "1"),
            ("employee", ".."),
            ("employee", ""),
        ] {
            let failure = request(entity, id).unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage, "{entity} {id}");
        }
        assert!(request("Employee", "58").is_ok());
    }
}

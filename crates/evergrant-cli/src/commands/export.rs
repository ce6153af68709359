//! `export`: gives a grant back as a token file. The store marks it as handed over first, so that
//! there is no moment with two owners; if the file then can't be written, the same command tries again when
//! it is told to.

use evergrant::{
    Connection, ConnectionId, FileStore, Generation, Grant, Lapse, Store as _, TokenFile, TokenSet,
};

use super::import::{WAIT, handed_over};
use crate::args;
use crate::config::Settings;
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Export) -> Result<()> {
    let mut given = context.given().clone();
    given.connection = args.name.clone().or(given.connection);
    let settings = context.adopt(Settings::read(&given)?)?;
    let place = args.to.display();
    if args.to.exists() {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{place} is there already, and may hold a grant"),
            "name a file that is not there yet",
        ));
    }
    let id = &settings.connection;
    let registry = context::registry(settings)?;
    let lease = registry.lease(id, WAIT).await?;
    let stored = context.keeper()?.connection(id).await?;
    let tokens = takeable(&stored, args.again)?;
    let file = TokenFile {
        path: args.to.clone(),
        provider: stored.provider.clone(),
        realm: None,
    };
    let files = FileStore::new().with(id.clone(), file);
    let own = files.lease(id, WAIT).await?;
    let given = Connection {
        grant: handed_over(tokens.clone()),
        generation: stored.generation.next(),
        attempt: None,
        ..stored.clone()
    };
    registry.save(&lease, &given, stored.generation).await?;
    let new = Connection {
        grant: Grant::Live(tokens),
        generation: Generation::default().next(),
        attempt: None,
        ..stored
    };
    let saved = files.save(&own, &new, Generation::default()).await;
    saved.map_err(|error| unwritten(id, error))?;
    tell(Some(format!(
        "{id} is in {place} now; {} will not spend it any more",
        settings.home
    )));
    Ok(())
}

/// The tokens, if whoever gets them can go on with them. `again`: nobody else has them, though they were
/// handed over before.
fn takeable(connection: &Connection, again: bool) -> Result<TokenSet> {
    let id = &connection.id;
    match &connection.grant {
        Grant::Live(tokens) => Ok(tokens.clone()),
        Grant::Lapsed {
            lapse: Lapse::HandedOver,
            tokens,
            ..
        } if again => Ok(tokens.clone()),
        Grant::Lapsed {
            lapse: Lapse::HandedOver,
            ..
        } => Err(Failure::new(
            Exit::Conflict,
            format!(
                "{id} was handed over before, and two who have it would spend each other's tokens"
            ),
            format!(
                "take it back with: evergrant import -c {id} FILE; if there is no file, because it was \
                 lost or never written, add --again"
            ),
        )),
        Grant::Lapsed { lapse, .. } => Err(Failure::new(
            Exit::Reconnect,
            format!("{id}: the grant is over: {lapse}"),
            format!("reconnect it: evergrant login -c {id}"),
        )),
    }
}

/// The store has let go of it already.
fn unwritten(id: &ConnectionId, error: evergrant::Error) -> Failure {
    Failure::new(
        Exit::Store,
        format!("the token file can't be written, and nobody keeps {id} alive now"),
        format!("write it to another place: evergrant export {id} --to PATH --again"),
    )
    .because(error)
}

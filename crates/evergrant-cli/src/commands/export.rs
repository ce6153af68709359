//! `export`: gives a grant back as a token file. The store marks it as handed over first, so that
//! there is no moment with two owners; if the file then can't be written, the same command tries again.

use evergrant::{Connection, FileStore, Generation, Grant, Lapse, Store as _, TokenFile, TokenSet};

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
    let tokens = takeable(&stored)?;
    let given = Connection {
        grant: handed_over(tokens.clone()),
        generation: stored.generation.next(),
        attempt: None,
        ..stored.clone()
    };
    registry.save(&lease, &given, stored.generation).await?;
    let file = TokenFile {
        path: args.to.clone(),
        provider: stored.provider.clone(),
        realm: None,
    };
    let files = FileStore::new().with(id.clone(), file);
    let own = files.lease(id, WAIT).await?;
    let new = Connection {
        grant: Grant::Live(tokens),
        generation: Generation::default().next(),
        attempt: None,
        ..stored
    };
    files.save(&own, &new, Generation::default()).await?;
    tell(Some(format!(
        "{id} is in {place} now; {} will not spend it any more",
        settings.home
    )));
    Ok(())
}

/// The tokens, if whoever gets them can go on with them.
fn takeable(connection: &Connection) -> Result<TokenSet> {
    match &connection.grant {
        Grant::Live(tokens)
        | Grant::Lapsed {
            lapse: Lapse::HandedOver,
            tokens,
            ..
        } => Ok(tokens.clone()),
        Grant::Lapsed { lapse, .. } => Err(Failure::new(
            Exit::Reconnect,
            format!("{}: the grant is over: {lapse}", connection.id),
            format!("reconnect it: evergrant login -c {}", connection.id),
        )),
    }
}

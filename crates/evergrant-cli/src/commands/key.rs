//! `key`: makes, lists and ends the keys that open the gateway.

use evergrant::{Clock as _, SystemClock};
use evergrant_gateway::access::Rights;
use evergrant_gateway::keys::{Key, KeyFile, NOTICED};
use serde_json::json;

use crate::args::{self, KeyAction};
use crate::config::{Serve, Settings};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &args::Key) -> Result<()> {
    let serve = Serve::read(context.given())?;
    let file = KeyFile::in_folder(serve.folder());
    match &args.action {
        KeyAction::Add(new) => add(context, &file, new),
        KeyAction::List { json } => list(context, &file, *json),
        KeyAction::Revoke { name } => revoke(&file, name),
    }
}

fn add(context: &Context, file: &KeyFile, new: &args::KeyAdd) -> Result<()> {
    let mut connections = new.connections.clone();
    connections.extend(context.given().connection.clone());
    for name in &connections {
        require_known(context, name)?;
    }
    let now = SystemClock.now();
    let expires = new.expires.map(|time| now.saturating_add(time));
    let rights = Rights {
        preset: new.preset,
        connections,
        methods: new.methods.clone(),
        paths: new.paths.clone(),
        expires: expires.transpose().ok().flatten(),
        rate: new.rate,
    };
    let (key, text) = file.add(&new.name, rights, now).map_err(unusable)?;
    // When this returns, every gateway takes the key.
    std::thread::sleep(NOTICED * 2);
    if let Err(failure) = context.output().line(&text) {
        // Nobody has seen it, and nobody will.
        file.revoke(&key.id).map_err(unusable)?;
        return Err(failure);
    }
    tell(Some(format!(
        "Key {} for {}: {}. It is shown this once; send it as: Authorization: Bearer KEY",
        key.id,
        key.name,
        key.in_words()
    )));
    Ok(())
}

/// A key for a name that nobody has would open that name's books some day.
fn require_known(context: &Context, name: &str) -> Result<()> {
    let mut given = context.given().clone();
    given.connection = Some(name.to_owned());
    Settings::read(&given).map(drop)
}

fn list(context: &Context, file: &KeyFile, as_json: bool) -> Result<()> {
    let keys = file.list().map_err(unusable)?;
    if as_json {
        let all: Vec<_> = keys.iter().map(shown).collect();
        return context
            .output()
            .line(&format!("{:#}", json!({ "keys": all })));
    }
    for key in &keys {
        context
            .output()
            .line(&format!("{}  {}: {}", key.id, key.name, key.in_words()))?;
    }
    if keys.is_empty() {
        tell(Some(
            "There are no keys; make one with: evergrant key add NAME".to_owned(),
        ));
    }
    Ok(())
}

fn revoke(file: &KeyFile, name: &str) -> Result<()> {
    let ended = file.revoke(name).map_err(unusable)?;
    if ended == 0 {
        return Err(Failure::new(
            Exit::NotFound,
            format!("there is no key {name:?}"),
            "see: evergrant key list",
        ));
    }
    // When this returns, no gateway takes the key any more.
    std::thread::sleep(NOTICED * 2);
    tell(Some(format!("Revoked {ended}")));
    Ok(())
}

/// What may be shown of a key: its hash stays in its file.
fn shown(key: &Key) -> serde_json::Value {
    json!({
        "id": key.id,
        "name": key.name,
        "created": key.created,
        "rights": key.rights,
    })
}

fn unusable(error: std::io::Error) -> Failure {
    Failure::new(
        Exit::Store,
        "the file of keys can't be read or written",
        "mend the place (owner, mode, room), or name another one with dir in [serve]",
    )
    .because(error)
}

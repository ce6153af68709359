//! `import`: takes grants that other tools hold into the store, each with its lineage.
//!
//! Whatever was taken in once is remembered by fingerprint, so a file that is imported again is known,
//! and one whose refresh token has been rotated away since is refused. A token file of our own hands
//! its grant over: from then on it is the store's alone.

use std::path::Path;
use std::time::Duration;

use evergrant::{
    Adoption, Connection, ConnectionId, FileStore, Generation, Grant, Lapse, Registry, Store as _,
    TokenFile,
};
use evergrant_quickbooks::Json;
use serde_json::{Value, json};

use crate::args::{self, Given};
use crate::config::Login;
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

mod found;

use found::Found;

/// How long a refresh under way is waited for.
pub(super) const WAIT: Duration = Duration::from_secs(75);

/// What has become of one grant.
struct Done {
    name: ConnectionId,
    place: String,
    adoption: Adoption,
}

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Import) -> Result<()> {
    let mut all = Vec::new();
    for path in &args.files {
        let found = read(path)?;
        let name = context.given().connection.as_deref();
        if name.is_some() && (found.len() > 1 || args.files.len() > 1) {
            return Err(Failure::new(
                Exit::Usage,
                "one name can't be given to several grants",
                "leave out -c to call each as it is called there, or import one file at a time",
            ));
        }
        for found in found {
            let name = name.map_or_else(|| found.name.clone(), str::to_owned);
            all.push((path, name, found));
        }
    }
    let mut done = Vec::new();
    for (path, name, found) in all {
        let outcome = take_in(context.given(), path, &name, found).await?;
        if !args.json {
            tell(Some(outcome.sentence()));
        }
        done.push(outcome);
    }
    if args.json {
        let list: Vec<Value> = done.iter().map(Done::json).collect();
        context
            .output()
            .json(&parsed(&json!({ "imported": list }))?)?;
    }
    if done.iter().any(|done| done.adoption == Adoption::Spent) {
        return Err(Failure::Told(Exit::Conflict));
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Found>> {
    let place = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::config(format!("{place} can't be read"), "name another file").because(error)
    })?;
    let found = found::parse(&bytes, path);
    if found.is_empty() {
        return Err(Failure::config(
            format!("there is no refresh token in {place}"),
            "name a file that holds one: token JSON, a profile, a .env file",
        ));
    }
    Ok(found)
}

async fn take_in(given: &Given, path: &Path, name: &str, found: Found) -> Result<Done> {
    let given = Given {
        connection: Some(name.to_owned()),
        realm: given.realm.clone().or_else(|| found.realm.clone()),
        ..given.clone()
    };
    let login = Login::read(&given)?;
    let settings = &login.settings;
    let registry = context::registry(settings)?;
    let connection = Connection {
        id: settings.connection.clone(),
        provider: context::provider_name(settings, login.has_own()),
        realm: settings.layer.realm.clone(),
        grant: Grant::Live(found.tokens),
        generation: Generation::default(),
        attempt: None,
        refusals: Vec::new(),
    };
    let adoption = if is_ours(path) {
        hand_over(&*registry, path, connection).await?
    } else {
        adopt(&*registry, &connection).await?
    };
    login.remember(settings.layer.realm.as_deref())?;
    Ok(Done {
        name: settings.connection.clone(),
        place: settings.home.to_string(),
        adoption,
    })
}

async fn adopt(registry: &dyn Registry, connection: &Connection) -> Result<Adoption> {
    let lease = registry.lease(&connection.id, WAIT).await?;
    Ok(registry.adopt(&lease, connection).await?)
}

/// Whether evergrant keeps the grant in this very file: its journal is there.
fn is_ours(path: &Path) -> bool {
    let mut journal = path.as_os_str().to_owned();
    journal.push(".journal");
    Path::new(&journal).exists()
}

/// Takes in the grant of a token file that we keep, and marks it there as handed over. Both are
/// leased meanwhile, so no process can be spending it.
async fn hand_over(
    registry: &dyn Registry,
    path: &Path,
    connection: Connection,
) -> Result<Adoption> {
    let file = TokenFile {
        path: path.to_owned(),
        provider: connection.provider.clone(),
        realm: connection.realm.clone(),
    };
    let id = connection.id.clone();
    let files = FileStore::new().with(id.clone(), file);
    let lease = files.lease(&id, WAIT).await?;
    let Some(held) = files.load(&id).await? else {
        return adopt(registry, &connection).await;
    };
    let tokens = match &held.grant {
        Grant::Live(tokens) => tokens.clone(),
        Grant::Lapsed { lapse, .. } => return Err(over(path, *lapse)),
    };
    let adoption = adopt(
        registry,
        &Connection {
            grant: Grant::Live(tokens.clone()),
            realm: held.realm.clone(),
            ..connection
        },
    )
    .await?;
    let given = Connection {
        grant: handed_over(tokens),
        generation: held.generation.next(),
        attempt: None,
        ..held.clone()
    };
    files.save(&lease, &given, held.generation).await?;
    Ok(adoption)
}

/// A grant that somebody else keeps from now on.
pub(super) fn handed_over(tokens: evergrant::TokenSet) -> Grant {
    use evergrant::Clock as _;
    Grant::Lapsed {
        lapse: Lapse::HandedOver,
        since: evergrant::SystemClock.now(),
        tokens,
    }
}

fn over(path: &Path, lapse: Lapse) -> Failure {
    let what = format!("the grant in {} is over: {lapse}", path.display());
    Failure::new(
        Exit::Reconnect,
        what,
        "log in again: evergrant login -c NAME",
    )
}

impl Done {
    fn sentence(&self) -> String {
        let Self { name, place, .. } = self;
        match self.adoption {
            Adoption::Taken(generation) => {
                format!("{name}: taken into {place} as generation {generation}")
            }
            Adoption::Known(generation) => {
                format!("{name}: {place} holds this grant already, in generation {generation}")
            }
            Adoption::Spent => format!(
                "{name}: not taken in: {place} has spent this refresh token long ago, and holds \
                 the one that has replaced it"
            ),
        }
    }

    fn json(&self) -> Value {
        let (outcome, generation) = match self.adoption {
            Adoption::Taken(generation) => ("taken", Some(generation)),
            Adoption::Known(generation) => ("known", Some(generation)),
            Adoption::Spent => ("spent", None),
        };
        json!({
            "name": self.name,
            "store": self.place,
            "outcome": outcome,
            "generation": generation,
        })
    }
}

/// JSON of our own, to be printed as the API's is.
pub(super) fn parsed(value: &Value) -> Result<Json> {
    Json::parse(value.to_string().as_bytes())
        .map_err(|error| Failure::new(Exit::Fault, "it can't be printed", "").because(error))
}

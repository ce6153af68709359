//! `import`: takes grants that other tools hold into the store, each with its lineage.
//!
//! Whatever was taken in once is remembered by fingerprint, so a file that is imported again is known,
//! and one whose refresh token has been rotated away since is refused. A token file of our own hands
//! its grant over: from then on it is the store's alone.
//!
//! A grant has one name in a store: under two, one connection would spend the other's refresh token.
//! And a name keeps its company: the grant of another one does not take its place.

use std::path::{Path, PathBuf};
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
mod holder;

use found::Found;
use holder::Holders;

/// How long a refresh under way is waited for.
pub(super) const WAIT: Duration = Duration::from_secs(75);

/// What has become of one grant.
struct Done {
    name: ConnectionId,
    place: String,
    outcome: Outcome,
}

enum Outcome {
    /// The store has looked at it.
    Adopted {
        adoption: Adoption,
        /// Whether another grant, which was alive, has made room for it.
        replaces: bool,
    },
    /// It is kept already, by this name.
    HeldBy(ConnectionId),
    /// The name is that of a live grant of this company.
    NameOf(String),
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
    each_has_a_name(&all)?;
    let mut done = Vec::new();
    let mut holders = Holders::default();
    for (path, name, found) in all {
        let outcome = take_in(context.given(), &mut holders, path, &name, found).await?;
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
    if done.iter().any(Done::is_refused) {
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

/// Of two grants by one name the second would take the first one's place.
fn each_has_a_name(all: &[(&PathBuf, String, Found)]) -> Result<()> {
    for (at, (path, name, _)) in all.iter().enumerate() {
        if let Some((earlier, _, _)) = all[..at].iter().find(|(_, it, _)| it == name) {
            let (earlier, path) = (earlier.display(), path.display());
            return Err(Failure::new(
                Exit::Usage,
                format!("two grants would be called {name}: in {earlier} and in {path}"),
                "nothing was taken in: import them one by one, each with -c NAME",
            ));
        }
    }
    Ok(())
}

async fn take_in(
    given: &Given,
    holders: &mut Holders,
    path: &Path,
    name: &str,
    found: Found,
) -> Result<Done> {
    let given = Given {
        connection: Some(name.to_owned()),
        realm: given.realm.clone().or_else(|| found.realm.clone()),
        ..given.clone()
    };
    let login = Login::read(&given)?;
    let settings = &login.settings;
    let registry = context::registry(settings)?;
    let before = registry.load(&settings.connection).await?;
    // Many files don't say whose they are; the name does, if it was used before.
    let known = before.as_ref().and_then(|it| it.realm.clone());
    let connection = Connection {
        id: settings.connection.clone(),
        provider: context::provider_name(settings, login.has_own()),
        realm: settings.layer.realm.clone().or(known),
        grant: Grant::Live(found.tokens),
        generation: Generation::default(),
        attempt: None,
        refusals: Vec::new(),
    };
    let place = settings.home.to_string();
    let done = |outcome| Done {
        name: connection.id.clone(),
        place: place.clone(),
        outcome,
    };
    let before = before.filter(|it| matches!(it.grant, Grant::Live(_)));
    if let Some(company) = before
        .as_ref()
        .and_then(|it| other_company(it, &connection))
    {
        return Ok(done(Outcome::NameOf(company)));
    }
    let holders = holders.of(&place, &*registry).await?;
    if let Some(other) = holders.other_than(&connection) {
        return Ok(done(Outcome::HeldBy(other)));
    }
    let adoption = if is_ours(path) {
        hand_over(&*registry, path, connection.clone()).await?
    } else {
        adopt(&*registry, &connection).await?
    };
    holders.add(&connection);
    login.remember(settings.layer.realm.as_deref())?;
    Ok(done(Outcome::Adopted {
        adoption,
        replaces: before.is_some(),
    }))
}

/// The company of the one, if the other is another company's.
fn other_company(held: &Connection, new: &Connection) -> Option<String> {
    let (held, new) = (held.realm.as_ref()?, new.realm.as_ref()?);
    (held.trim() != new.trim()).then(|| held.clone())
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
    fn is_refused(&self) -> bool {
        let taken = |adoption| adoption != Adoption::Spent;
        !matches!(&self.outcome, Outcome::Adopted { adoption, .. } if taken(*adoption))
    }

    fn sentence(&self) -> String {
        let Self { name, place, .. } = self;
        let (adoption, replaces) = match &self.outcome {
            Outcome::Adopted { adoption, replaces } => (adoption, *replaces),
            Outcome::HeldBy(other) => {
                return format!(
                    "{name}: not taken in: {place} holds this grant already, as {other}, and two \
                     names would spend each other's tokens; for another name, export it first: \
                     evergrant export {other} --to FILE"
                );
            }
            Outcome::NameOf(company) => {
                return format!(
                    "{name}: not taken in: by this name {place} holds the live grant of another \
                     company, {company}; choose another name with -c"
                );
            }
        };
        match adoption {
            Adoption::Taken(generation) if replaces => format!(
                "{name}: taken into {place} as generation {generation}, in the place of another grant"
            ),
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
        let (outcome, generation) = match &self.outcome {
            Outcome::Adopted { adoption, .. } => match adoption {
                Adoption::Taken(generation) => ("taken", Some(generation)),
                Adoption::Known(generation) => ("known", Some(generation)),
                Adoption::Spent => ("spent", None),
            },
            Outcome::HeldBy(_) => ("held", None),
            Outcome::NameOf(_) => ("other_company", None),
        };
        let held_by = match &self.outcome {
            Outcome::HeldBy(other) => Some(other),
            Outcome::Adopted { .. } | Outcome::NameOf(_) => None,
        };
        json!({
            "name": self.name,
            "store": self.place,
            "outcome": outcome,
            "generation": generation,
            "held_by": held_by,
        })
    }
}

/// JSON of our own, to be printed as the API's is.
pub(super) fn parsed(value: &Value) -> Result<Json> {
    Json::parse(value.to_string().as_bytes())
        .map_err(|error| Failure::new(Exit::Fault, "it can't be printed", "").because(error))
}

//! `connections`: what the store holds, and the few things that its owner does with it by hand.

use evergrant::{
    Connection, ConnectionId, ErrorKind, Grant, Next, Pause, Registry, Sighting, Survey,
};
use evergrant_gateway::span::left;
use serde_json::{Value, json};

use super::import::{WAIT, parsed};
use super::status;
use crate::args::{ConnectionsCommand, List, Remove, State};
use crate::config::{Home, Settings};
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::report;
use crate::trace::tell;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &crate::args::Connections) -> Result<()> {
    match &args.command {
        ConnectionsCommand::List(args) => list(context, args).await,
        ConnectionsCommand::Show(args) => {
            let settings = settings_of(context, &args.name)?;
            status::show(context, vec![settings], args.json).await
        }
        ConnectionsCommand::Pause(args) => pause(context, &args.names, true).await,
        ConnectionsCommand::Resume(args) if args.restored => resume_restored(context).await,
        ConnectionsCommand::Resume(args) => pause(context, &args.names, false).await,
        ConnectionsCommand::Remove(args) => remove(context, args).await,
    }
}

/// The settings of the store, whatever the connection.
fn settings(context: &Context) -> Result<Settings> {
    let settings = Settings::of_store(context.given())?;
    settings.ok_or_else(|| {
        Failure::config(
            "there is no store yet",
            "name one with --store or EVERGRANT_STORE, or make a connection: evergrant login -c NAME",
        )
    })
}

fn settings_of(context: &Context, name: &str) -> Result<Settings> {
    let mut given = context.given().clone();
    given.connection = Some(name.to_owned());
    let named = Settings::read(&given)?;
    // A table of the file may name another store than the one for all.
    if matches!(named.home, Home::Store(_)) {
        return Ok(named);
    }
    Ok(settings(context)?.for_connection(&ConnectionId::new(name)))
}

async fn list(context: &Context, args: &List) -> Result<()> {
    let settings = settings(context)?;
    let registry = context::registry(&settings)?;
    let mut rows = Vec::new();
    let mut mark = None;
    loop {
        let Survey { sightings, next } = registry.survey(mark.as_ref()).await?;
        let chosen = sightings.into_iter().filter(|it| is_chosen(it, args));
        rows.extend(chosen.map(Row::of));
        match next {
            Next::More(further) => mark = Some(further),
            Next::From(_) | Next::Anew => break,
        }
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    // Those that changed while they were being read come twice; the later is the truer one.
    rows.dedup_by(|later, earlier| later.name == earlier.name);
    if args.json {
        let list: Vec<Value> = rows.iter().map(Row::json).collect();
        return context
            .output()
            .json(&parsed(&json!({ "connections": list }))?);
    }
    if rows.is_empty() {
        tell(Some(format!("none in {}", settings.home)));
        return Ok(());
    }
    context.output().line(&table(&rows))
}

/// What the list shows of a connection.
struct Row {
    name: ConnectionId,
    provider: String,
    realm: Option<String>,
    state: &'static str,
    detail: Option<String>,
    access: String,
    refresh: String,
    generation: u64,
}

impl Row {
    fn of(sighting: Sighting) -> Self {
        let state = state(&sighting);
        let connection = sighting.connection.as_ref().ok().and_then(Option::as_ref);
        let detail = match (&sighting.connection, connection.map(|it| &it.grant)) {
            (Err(error), _) => Some(report::chain(error)),
            (_, Some(Grant::Lapsed { lapse, .. })) => Some(lapse.to_string()),
            _ if sighting.pause == Some(Pause::Restored) => {
                Some("restored from a backup, or a copy".to_owned())
            }
            _ => None,
        };
        let ends = |end: fn(&Connection) -> Option<jiff::Timestamp>| {
            connection.map_or_else(String::new, |it| left(end(it)))
        };
        Self {
            provider: connection.map_or_else(String::new, |it| it.provider.clone()),
            realm: connection.and_then(|it| it.realm.clone()),
            state,
            detail,
            access: ends(|it| it.tokens().access_expires),
            refresh: ends(|it| it.tokens().refresh_expires),
            generation: connection.map_or(0, |it| it.generation.0),
            name: sighting.id,
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "provider": self.provider,
            "realm": self.realm,
            "state": self.state,
            "detail": self.detail,
            "access_token": self.access,
            "refresh_token": self.refresh,
            "generation": self.generation,
        })
    }

    fn cells(&self) -> [String; 6] {
        let state = match &self.detail {
            Some(detail) => format!("{}: {detail}", self.state),
            None => self.state.to_owned(),
        };
        [
            self.name.to_string(),
            self.realm.clone().unwrap_or_else(|| "-".to_owned()),
            self.provider.clone(),
            self.access.clone(),
            self.refresh.clone(),
            state,
        ]
    }
}

fn state(sighting: &Sighting) -> &'static str {
    match &sighting.connection {
        Err(_) => "unreadable",
        Ok(Some(connection)) => match connection.grant {
            Grant::Lapsed { .. } => "lapsed",
            Grant::Live(_) if sighting.pause.is_some() => "paused",
            Grant::Live(_) => "live",
        },
        Ok(None) => "removed",
    }
}

fn is_chosen(sighting: &Sighting, args: &List) -> bool {
    let found = state(sighting);
    let wanted = match args.state {
        Some(State::Live) => found == "live",
        Some(State::Lapsed) => found == "lapsed",
        Some(State::Paused) => found == "paused",
        None => found != "removed",
    };
    let needle = args.needle.as_deref().unwrap_or_default();
    let connection = sighting.connection.as_ref().ok().and_then(Option::as_ref);
    let realm = connection.and_then(|it| it.realm.as_deref());
    let is_match =
        sighting.id.as_str().contains(needle) || realm.is_some_and(|realm| realm.contains(needle));
    wanted && is_match
}

fn table(rows: &[Row]) -> String {
    let header = [
        "NAME",
        "COMPANY",
        "PROVIDER",
        "ACCESS TOKEN",
        "REFRESH TOKEN",
        "STATE",
    ];
    let mut lines = vec![header.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    status::columns(&lines)
}

async fn pause(context: &Context, names: &[String], paused: bool) -> Result<()> {
    for name in names {
        let settings = settings_of(context, name)?;
        let registry = context::registry(&settings)?;
        registry.pause(&settings.connection, paused).await?;
        tell(Some(if paused {
            format!("{name} is paused: nobody spends its refresh token until it is resumed")
        } else {
            format!("{name} is kept alive again")
        }));
    }
    Ok(())
}

async fn resume_restored(context: &Context) -> Result<()> {
    let settings = settings(context)?;
    let resumed = context::registry(&settings)?.resume_restored().await?;
    tell(Some(match resumed {
        0 => format!(
            "nothing in {} was paused for having been restored",
            settings.home
        ),
        1 => "1 connection is kept alive again".to_owned(),
        many => format!("{many} connections are kept alive again"),
    }));
    Ok(())
}

async fn remove(context: &Context, args: &Remove) -> Result<()> {
    let settings = settings_of(context, &args.name)?;
    let registry = context::registry(&settings)?;
    let id = &settings.connection;
    let lease = registry.lease(id, WAIT).await?;
    let stored = registry.load(id).await?;
    let Some(stored) = stored else {
        return Err(no_such(&*registry, id).into());
    };
    if matches!(stored.grant, Grant::Live(_)) && !args.force {
        return Err(Failure::new(
            Exit::Conflict,
            format!("the grant of {id} is alive, and its tokens are here alone"),
            format!(
                "end it with: evergrant logout -c {id}, or give it away with: evergrant export {id} \
                 --to FILE, or remove it all the same with --force"
            ),
        ));
    }
    registry.remove(&lease).await?;
    tell(Some(format!("{id} is removed from {}", settings.home)));
    Ok(())
}

fn no_such(registry: &dyn Registry, id: &ConnectionId) -> evergrant::Error {
    let what = format!("there is no {}", registry.place(id));
    evergrant::Error::new(ErrorKind::NotFound, what)
}

//! `explain`: a grant's story on one screen, read from the record that its store keeps.
//!
//! What happened, newest last; then how it stands now, and what there is to do. Nothing is sent,
//! nothing is changed, and tokens are named by fingerprint.

use evergrant::{Chapter, Clock as _, Connection, End, Grant, Runway, SystemClock, policy};
use evergrant_gateway::span::{self, left, local, local_second};
use evergrant_gateway::story;

use crate::args;
use crate::config::{Home, Settings};
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// How many chapters fit on a screen with the rest.
const SCREEN: usize = 14;

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Explain) -> Result<()> {
    let mut given = context.given().clone();
    given.connection = args.name.clone().or(given.connection);
    let settings = context.adopt(Settings::read(&given)?)?;
    let store = context::store(settings)?;
    let connection = store.load(&settings.connection).await?;
    let story = store.story(&settings.connection).await?;
    let hidden = if args.all {
        0
    } else {
        story.len().saturating_sub(SCREEN)
    };

    let sealed = store.sealed_with(&settings.connection).await?;
    let mut lines = vec![head(settings, connection.as_ref())];
    lines.extend(sealed.map(|key| format!("Its tokens are sealed with key {key}.")));
    lines.push(String::new());
    if hidden > 0 {
        lines.push(format!("({hidden} earlier ones: --all)"));
    }
    if story.is_empty() {
        lines.push("Nothing has been done with it by evergrant yet.".to_owned());
    }
    lines.extend(story.iter().skip(hidden).map(line));
    lines.push(String::new());
    lines.push(format!("Now:   {}", present(settings, connection.as_ref())));
    lines.push(format!("To do: {}", to_do(settings, connection.as_ref())));
    context.output().line(&lines.join("\n"))?;
    if connection.is_none() && story.is_empty() {
        // A name that means nothing is a mistake more often than not.
        return Err(Failure::Told(Exit::Config));
    }
    Ok(())
}

fn head(settings: &Settings, connection: Option<&Connection>) -> String {
    let stored = connection.and_then(|it| it.realm.as_deref());
    let realm = stored.or(settings.layer.realm.as_deref());
    let company = realm.map(|realm| format!(", company {realm}"));
    format!(
        "{}{} ({}), in {}",
        settings.connection,
        company.unwrap_or_default(),
        settings.environment,
        settings.home
    )
}

fn line(chapter: &Chapter) -> String {
    format!(
        "{}  {}",
        local_second(chapter.at),
        story::told(&chapter.what)
    )
}

fn present(settings: &Settings, connection: Option<&Connection>) -> String {
    let Some(connection) = connection else {
        return match settings.home {
            Home::File(_) => "not connected, there is no token file".to_owned(),
            Home::Store(_) => "not connected, the store has no such grant".to_owned(),
        };
    };
    let runway = Runway::of(connection);
    match &connection.grant {
        Grant::Lapsed { lapse, since, .. } => format!("lapsed since {}: {lapse}", local(*since)),
        Grant::Live(_) => format!(
            "live, generation {}; access token: {}; idle window: {}; hard end: {}",
            connection.generation,
            left(runway.access),
            left(runway.idle),
            left(runway.hard)
        ),
    }
}

fn to_do(settings: &Settings, connection: Option<&Connection>) -> String {
    let login = format!("evergrant login {}", settings.flags());
    let Some(connection) = connection else {
        return format!("connect it: {login}");
    };
    if let Grant::Lapsed { .. } = connection.grant {
        return format!("a human must consent again: {login}");
    }
    let doubt = policy::in_doubt(connection);
    if let Some(attempt) = connection
        .attempt
        .as_ref()
        .filter(|it| !doubt && it.failures > 0)
    {
        let why = attempt.why.as_deref().unwrap_or("the last refresh failed");
        return format!("mend this if it lasts: {why}");
    }
    let now = SystemClock.now();
    let warnings = Runway::of(connection).warnings(now);
    match warnings.iter().min_by_key(|warning| warning.at) {
        Some(warning) if warning.end == End::Idle => format!(
            "{}: refresh it, or run evergrant keep: evergrant refresh {}",
            span::warning(warning),
            settings.flags()
        ),
        Some(warning) => format!("{}: {login} before then", span::warning(warning)),
        None if doubt => {
            "nothing; the answer to a refresh is missing, and the token is sent again \
                          when nothing else is left to live on"
                .to_owned()
        }
        None => "nothing".to_owned(),
    }
}

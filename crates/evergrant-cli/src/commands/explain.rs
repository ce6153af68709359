//! `explain`: a grant's story on one screen, read from the record that its store keeps.
//!
//! What happened, newest last; then how it stands now, and what there is to do. Nothing is sent,
//! nothing is changed, and tokens are named by fingerprint.

use evergrant::{
    Chapter, Clock as _, Connection, End, Fingerprint, Grant, Happening, Outcome, Runway,
    SystemClock, policy,
};

use crate::args;
use crate::config::Settings;
use crate::context::{self, Context};
use crate::failure::Result;
use crate::span::{self, left, local, local_second};

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
    lines.push(format!("Now:   {}", present(connection.as_ref())));
    lines.push(format!("To do: {}", to_do(settings, connection.as_ref())));
    context.output().line(&lines.join("\n"))
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
    format!("{}  {}", local_second(chapter.at), told(&chapter.what))
}

/// What happened, in words.
pub(crate) fn told(what: &Happening) -> String {
    match what {
        Happening::Adopted {
            generation,
            refresh,
            access,
        } => format!(
            "found     generation {generation}: refresh token {}, access token {}",
            name(refresh.as_ref()),
            name(access.as_ref())
        ),
        Happening::Spent {
            spends,
            failures,
            why,
        } => {
            let again = match failures {
                0 => String::new(),
                failures => format!(", after {failures} failed"),
            };
            let why = why.as_ref().map(|why| format!(", because {why}"));
            format!("tried     {spends}{again}{}", why.unwrap_or_default())
        }
        Happening::Failed { .. } => failed(what),
        Happening::Saved { .. } => saved(what),
        Happening::Accepted { generation } => {
            format!("accepted  the API takes the token of generation {generation}")
        }
        Happening::Lapsed { refresh, lapse, .. } => {
            format!(
                "lapsed    refresh token {}: {lapse}",
                name(refresh.as_ref())
            )
        }
        _ => "something that this version has no words for".to_owned(),
    }
}

fn failed(what: &Happening) -> String {
    let Happening::Failed {
        outcome,
        failures,
        retry_at,
        why,
        ..
    } = what
    else {
        return String::new();
    };
    let row = match failures {
        0 | 1 => String::new(),
        failures => format!(", {failures} in a row"),
    };
    let next = retry_at.map(|at| format!(", not again before {}", local_second(at)));
    let why = why.as_ref().map(|why| format!(": {why}"));
    format!(
        "failed    {}{row}{}{}",
        outcome_of(*outcome),
        next.unwrap_or_default(),
        why.unwrap_or_default()
    )
}

fn saved(what: &Happening) -> String {
    let Happening::Saved {
        generation,
        refresh,
        replaces,
        access,
        access_expires,
    } = what
    else {
        return String::new();
    };
    let refresh = name(refresh.as_ref());
    let rotation = match replaces {
        Some(old) => format!("refresh token {old} rotated to {refresh}"),
        None => format!("refresh token {refresh}"),
    };
    let end = access_expires.map(|end| format!(", good until {}", local(end)));
    format!(
        "saved     generation {generation}: {rotation}, access token {}{}",
        name(access.as_ref()),
        end.unwrap_or_default()
    )
}

fn name(print: Option<&Fingerprint>) -> String {
    print.map_or_else(|| "none".to_owned(), Fingerprint::to_string)
}

fn outcome_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "its end is not on record",
        Outcome::Unanswered => "no usable answer came, the token may be spent",
        Outcome::NotSpent => "nothing was spent",
    }
}

fn present(connection: Option<&Connection>) -> String {
    let Some(connection) = connection else {
        return "not connected, there is no token file".to_owned();
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

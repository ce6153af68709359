//! `status`: how the connections are, read from their files alone. Nothing is sent, nothing is
//! changed, and tokens are named by fingerprint.

use evergrant::{
    Clock as _, Connection, ConnectionId, Fingerprint, Grant, KeyId, Outcome, Runway, SystemClock,
    Warning,
};
use evergrant_gateway::span::{self, left, local};
use evergrant_quickbooks::Json;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::args;
use crate::config::{Fleet, Home, Settings};
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::report;
use crate::trace::tell;

/// A connection, as it was found.
struct Finding {
    settings: Settings,
    found: evergrant::Result<Option<Connection>>,
    /// The key that its tokens are sealed with.
    sealed: Option<KeyId>,
}

/// Runs the command. It ends with the code that a call over the worst connection would meet.
pub(crate) async fn run(context: &Context, args: &args::Status) -> Result<()> {
    show(context, everything(context).await?, args.json).await
}

/// Shows these connections.
pub(super) async fn show(context: &Context, all: Vec<Settings>, as_json: bool) -> Result<()> {
    let mut findings = Vec::new();
    for settings in all {
        let store = context::store(&settings)?;
        let found = store.load(&settings.connection).await;
        let sealed = store.sealed_with(&settings.connection).await;
        findings.push(Finding {
            settings,
            found,
            // What can't be read has been found out by then.
            sealed: sealed.unwrap_or_default(),
        });
    }
    if as_json {
        let connections: Vec<Value> = findings.iter().map(Finding::json).collect();
        let text = json!({ "connections": connections }).to_string();
        context.output().json(&parsed(&text)?)?;
    } else if let [finding] = findings.as_slice() {
        context.output().card(&finding.card())?;
    } else {
        context.output().line(&table(&findings))?;
    }
    for finding in &findings {
        if let Err(error) = &finding.found {
            tell(Some(format!("evergrant: {}", report::chain(error))));
        }
    }
    let worst = findings
        .iter()
        .map(Finding::exit)
        .max_by_key(|exit| exit.code());
    match worst {
        None | Some(Exit::Done) => Ok(()),
        Some(exit) => Err(Failure::Told(exit)),
    }
}

/// The connections that are named, and those that the store has besides.
pub(super) async fn everything(context: &Context) -> Result<Vec<Settings>> {
    let Fleet { mut named, others } = Fleet::read(context.given())?;
    if let Some(others) = others {
        let listed = context::store(&others)?.list().await?;
        let is_new = |id: &ConnectionId| named.iter().all(|it| it.connection != *id);
        let more: Vec<_> = listed.iter().filter(|id| is_new(id)).collect();
        named.extend(more.into_iter().map(|id| others.for_connection(id)));
    }
    Ok(named)
}

impl Finding {
    fn exit(&self) -> Exit {
        match &self.found {
            Ok(Some(connection)) => match connection.grant {
                Grant::Live(_) => Exit::Done,
                Grant::Lapsed { .. } => Exit::Reconnect,
            },
            Ok(None) => Exit::Config,
            Err(error) => error.remedy().into(),
        }
    }

    /// The state, and in a table, which has no room for more, what to be warned of.
    fn row_state(&self) -> String {
        let warnings = self.connection().map(warnings).unwrap_or_default();
        let warnings = warnings.iter().map(|it| format!("; {}", span::warning(it)));
        self.state() + &warnings.collect::<String>()
    }

    fn state(&self) -> String {
        match &self.found {
            Ok(Some(connection)) => match &connection.grant {
                Grant::Live(_) => "live".to_owned(),
                Grant::Lapsed { lapse, .. } => format!("lapsed: {lapse}"),
            },
            Ok(None) => match self.settings.home {
                Home::File(_) => "not connected: there is no token file".to_owned(),
                Home::Store(_) => "not connected: the store has no such grant".to_owned(),
            },
            Err(_) => "unreadable".to_owned(),
        }
    }

    fn seal(&self) -> String {
        match &self.sealed {
            Some(key) => format!("with key {key}"),
            None => "no, the tokens lie in clear".to_owned(),
        }
    }

    fn connection(&self) -> Option<&Connection> {
        self.found.as_ref().ok()?.as_ref()
    }

    fn realm(&self) -> Option<&str> {
        let stored = self.connection().and_then(|it| it.realm.as_deref());
        stored.or(self.settings.layer.realm.as_deref())
    }

    fn card(&self) -> Vec<(String, String)> {
        let settings = &self.settings;
        let mut lines = vec![
            ("connection", settings.connection.to_string()),
            ("company", self.realm().unwrap_or("not known").to_owned()),
            ("environment", settings.environment.to_string()),
            (home_label(&settings.home), settings.home.to_string()),
            ("sealed", self.seal()),
            ("state", self.state()),
        ];
        if let Some(connection) = self.connection() {
            lines.extend(token_lines(connection));
            let warnings = warnings(connection).into_iter();
            lines.extend(warnings.map(|warning| ("warning", span::warning(&warning))));
        }
        let own = |(label, value): (&str, String)| (label.to_owned(), value);
        lines.into_iter().map(own).collect()
    }

    fn json(&self) -> Value {
        let settings = &self.settings;
        let connection = self.connection();
        let lapse = connection.and_then(|connection| match &connection.grant {
            Grant::Live(_) => None,
            Grant::Lapsed { lapse, since, .. } => Some(json!({ "lapse": lapse, "since": since })),
        });
        let state = match (&self.found, &lapse) {
            (Ok(Some(_)), None) => "live",
            (Ok(Some(_)), Some(_)) => "lapsed",
            (Ok(None), _) => "not_connected",
            (Err(_), _) => "unreadable",
        };
        json!({
            "name": settings.connection,
            "token_file": match &settings.home {
                Home::File(path) => Some(path),
                Home::Store(_) => None,
            },
            "store": match &settings.home {
                Home::File(_) => None,
                home @ Home::Store(_) => Some(home.to_string()),
            },
            "environment": settings.environment.to_string(),
            "realm": self.realm(),
            "sealed_with": self.sealed,
            "state": state,
            "lapsed": lapse,
            "problem": self.found.as_ref().err().map(|error| report::chain(error)),
            "tokens": connection.map(tokens),
            "runway": connection.map(runway),
            "warnings": connection.map(warnings).unwrap_or_default(),
        })
    }
}

fn home_label(home: &Home) -> &'static str {
    match home {
        Home::File(_) => "token file",
        Home::Store(_) => "store",
    }
}

fn token_lines(connection: &Connection) -> Vec<(&'static str, String)> {
    let tokens = connection.tokens();
    let unknown = || "not known".to_owned();
    let named = |print: Option<Fingerprint>, end| match print {
        Some(print) => format!("{print}, {}", left(end)),
        None => "none".to_owned(),
    };
    let access = tokens
        .access
        .as_ref()
        .map(evergrant::AccessToken::fingerprint);
    let refresh = tokens
        .refresh
        .as_ref()
        .map(evergrant::RefreshToken::fingerprint);
    let obtained = tokens.obtained.map_or(unknown(), local);
    let mut lines = vec![
        ("access token", named(access, tokens.access_expires)),
        ("refresh token", named(refresh, tokens.refresh_expires)),
        (
            "hard end",
            tokens
                .grant_expires
                .map_or(unknown(), |end| left(Some(end))),
        ),
        (
            "obtained",
            format!("{obtained}, generation {}", connection.generation),
        ),
    ];
    if let Some(attempt) = &connection.attempt {
        let outcome = match attempt.outcome {
            Outcome::Open => "begun and never ended",
            Outcome::Unanswered => "not answered",
            Outcome::NotSpent => "failed, nothing spent",
        };
        let started = local(attempt.started);
        let why = attempt.why.as_deref();
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        lines.push((
            "last refresh",
            format!("{started}, {outcome}{why}, {} in a row", attempt.failures),
        ));
    }
    lines
}

fn tokens(connection: &Connection) -> Value {
    let tokens = connection.tokens();
    let token = |print: Option<Fingerprint>, expires: Option<Timestamp>| {
        print.map(|print| json!({ "fingerprint": print.to_string(), "expires": expires }))
    };
    json!({
        "access": token(
            tokens.access.as_ref().map(evergrant::AccessToken::fingerprint),
            tokens.access_expires,
        ),
        "refresh": token(
            tokens.refresh.as_ref().map(evergrant::RefreshToken::fingerprint),
            tokens.refresh_expires,
        ),
        "grant_expires": tokens.grant_expires,
        "obtained": tokens.obtained,
        "generation": connection.generation,
        "attempt": connection.attempt,
    })
}

/// Seconds left, negative when it is over, `null` where the end is not known.
fn runway(connection: &Connection) -> Value {
    let now = SystemClock.now();
    let left = |end: Option<Timestamp>| end.map(|end| end.duration_since(now).as_secs());
    let runway = Runway::of(connection);
    json!({
        "access": left(runway.access),
        "idle": left(runway.idle),
        "hard": left(runway.hard),
    })
}

fn warnings(connection: &Connection) -> Vec<Warning> {
    Runway::of(connection).warnings(SystemClock.now())
}

/// A line a connection.
fn table(findings: &[Finding]) -> String {
    let header = [
        "NAME",
        "COMPANY",
        "ENVIRONMENT",
        "ACCESS TOKEN",
        "REFRESH TOKEN",
        "STATE",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(findings.iter().map(|finding| {
        let tokens = finding.connection().map(Connection::tokens);
        let end = |end: Option<Timestamp>| tokens.map_or_else(String::new, |_| left(end));
        [
            finding.settings.connection.to_string(),
            finding.realm().unwrap_or("-").to_owned(),
            finding.settings.environment.to_string(),
            end(tokens.and_then(|tokens| tokens.access_expires)),
            end(tokens.and_then(|tokens| tokens.refresh_expires)),
            finding.row_state(),
        ]
    }));
    columns(&rows)
}

/// Cells one below the other.
pub(super) fn columns(rows: &[[String; 6]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; 6]| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn parsed(text: &str) -> Result<Json> {
    Json::parse(text.as_bytes()).map_err(|error| {
        Failure::new(Exit::Fault, "the status can't be printed", "").because(error)
    })
}

//! `[serve]` of `evergrant.toml`: where to listen, and which parts to run.
//!
//! ```toml
//! [serve]
//! listen = "127.0.0.1:8400"        # another machine's callers need public, tls_cert and tls_key
//! socket = "gateway.sock"          # a Unix socket besides, guarded by its permissions
//! limits = { per_second = 10, per_minute = 500, at_once = 10, wait = "10s" }   # or false
//!
//! [serve.alerts]
//! command = ["notify-send", "evergrant"]
//!
//! [serve.webhooks]
//! verifier_file = "verifier.txt"
//! command = ["python3", "changed.py"]
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evergrant_gateway::access::Preset;
use evergrant_gateway::alert;
use evergrant_gateway::intake::{Handler, Rules};
use evergrant_gateway::limit::Rule;
use evergrant_gateway::patience::Patience;
use evergrant_gateway::post::Post;
use evergrant_quickbooks::EntityKind;
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::{self, Deserializer};
use url::Url;

use super::file::{located, private};
use crate::env;
use crate::failure::{Failure, Result};

/// The port of `login`'s default redirect URI, so that one registered address serves both.
const PORT: u16 = 8400;
/// How often companies are asked what has changed. Each time is one call that Intuit meters.
const GAPS: Duration = Duration::from_secs(6 * 3600);
/// An idle connection takes some 7 KB: so many take less than a laptop can spare.
const MOST_CONNECTIONS: usize = 10_000;

/// What `serve` is to do. Paths are whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Serve {
    /// Where to listen.
    #[serde(deserialize_with = "address")]
    pub(crate) listen: SocketAddr,
    /// Whether it may be another address than this machine's own.
    pub(crate) public: bool,
    /// The certificates to show, PEM, the server's own first.
    pub(crate) tls_cert: Option<PathBuf>,
    /// Their private key, PEM.
    pub(crate) tls_key: Option<PathBuf>,
    /// More names by which this server is called, with the port if it is not the scheme's own.
    #[serde(deserialize_with = "names")]
    pub(crate) hosts: Vec<String>,
    /// A Unix socket to listen on besides.
    pub(crate) socket: Option<PathBuf>,
    /// Its permissions, in octal.
    #[serde(deserialize_with = "octal")]
    pub(crate) socket_mode: u32,
    /// What its callers may do, who need no key.
    pub(crate) socket_access: Preset,
    /// Where keys, the audit log and the console's secret are kept.
    pub(crate) dir: Option<PathBuf>,
    /// How many threads serve; as many as there are processors if it is not said.
    pub(crate) threads: Option<NonZeroUsize>,
    /// Whether grants are kept alive though nobody asks.
    pub(crate) schedule: bool,
    /// Whether there is a console.
    pub(crate) console: bool,
    /// Whether requests are logged, and where.
    pub(crate) audit: Audit,
    /// Whether this machine may read the metrics without a key.
    pub(crate) open_metrics: bool,
    /// Whether `requestid` is added to writes that lack one.
    pub(crate) request_ids: bool,
    /// The provider's limits, if they are to be kept here.
    #[serde(deserialize_with = "limits")]
    pub(crate) limits: Option<Rule>,
    /// How many connections are served at once; where more come, idle ones are closed.
    pub(crate) max_connections: NonZeroUsize,
    /// How long others are waited for.
    pub(crate) timeouts: Patience,
    /// How to write the log.
    pub(crate) log: Log,
    /// Where a span of each request is sent to: an OTLP collector's address, without a path.
    #[serde(deserialize_with = "private")]
    pub(crate) otlp: Option<Url>,
    /// Whom to tell when a human is needed.
    pub(crate) alerts: Alerts,
    /// Webhooks to take in, if any.
    pub(crate) webhooks: Option<Webhooks>,
}

/// Whether requests are logged, and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "true, false or a path")]
pub(crate) enum Audit {
    /// In `audit.jsonl` of `dir`, or nowhere.
    Switch(bool),
    /// There.
    At(PathBuf),
}

/// A form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Log {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

/// Whom to tell when a human is needed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Alerts {
    /// A program and its arguments; it gets the alert as JSON on stdin.
    pub(crate) command: Vec<String>,
    /// A URL to which it is posted as JSON.
    #[serde(deserialize_with = "private")]
    pub(crate) webhook: Option<Url>,
    /// A file with the secret by which a post is signed.
    pub(crate) webhook_secret_file: Option<PathBuf>,
    /// A file to which it is appended, a line each.
    pub(crate) file: Option<PathBuf>,
    /// A runway shorter than so many days is told.
    pub(crate) days: u16,
}

/// Webhooks to take in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Webhooks {
    /// A file with the apps' verifier tokens, a line each.
    pub(crate) verifier_file: Option<PathBuf>,
    /// A program and its arguments; it gets each event as JSON on stdin.
    pub(crate) command: Vec<String>,
    /// Or a URL to which it is posted.
    #[serde(deserialize_with = "private")]
    pub(crate) url: Option<Url>,
    /// A file with the secret by which a post is signed.
    pub(crate) secret_file: Option<PathBuf>,
    /// How often companies are asked what has changed, if at all.
    #[serde(deserialize_with = "every")]
    pub(crate) gaps: Option<Duration>,
    /// Of what they are asked then; of all that they can be asked of if empty.
    #[serde(deserialize_with = "kinds")]
    pub(crate) entities: Vec<EntityKind>,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            verifier_file: None,
            command: Vec::new(),
            url: None,
            secret_file: None,
            gaps: Some(GAPS),
            entities: Vec::new(),
        }
    }
}

impl Alerts {
    /// As the service takes them.
    ///
    /// # Errors
    /// A URL over which anybody could listen, or a secret that can't be read.
    pub(crate) fn ready(&self) -> Result<alert::Alerts> {
        let secret = self.webhook_secret_file.as_deref();
        let post = self.webhook.as_ref().map(|url| Post::new(url, secret));
        Ok(alert::Alerts {
            command: self.command.clone(),
            post: post.transpose()?,
            file: self.file.clone(),
            days: self.days,
        })
    }
}

impl Webhooks {
    /// As the service takes them.
    ///
    /// # Errors
    /// If there is no verifier token, or nobody who takes the events, or two, or one who can't be used.
    pub(crate) fn ready(&self) -> Result<Rules> {
        Ok(Rules {
            verifiers: self.verifiers()?,
            handler: self.handler()?,
            gaps: self.gaps,
            entities: self.entities.clone(),
        })
    }

    fn handler(&self) -> Result<Handler> {
        match (self.command.as_slice(), &self.url) {
            ([], Some(url)) => {
                let post = Post::new(url, self.secret_file.as_deref())?;
                Ok(Handler::Url(post.into()))
            }
            ([_, ..], None) => Ok(Handler::Command(self.command.clone())),
            _ => Err(Failure::config(
                "[serve.webhooks] must name who takes the events: a command or a url, not both",
                "command = [\"PROGRAM\", \"ARGUMENT\"], which gets each event as JSON on stdin",
            )),
        }
    }

    /// The verifier tokens: of the file, or of the environment.
    ///
    /// # Errors
    /// If there are none.
    fn verifiers(&self) -> Result<Vec<String>> {
        let mend = "name a file that holds it with verifier_file, or set EVERGRANT_WEBHOOK_TOKEN";
        let text = match &self.verifier_file {
            Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
                let what = format!("{} can't be read", path.display());
                Failure::config(what, mend).because(error)
            })?),
            None => env::WEBHOOK_TOKEN
                .text()
                .map_err(|what| Failure::config(what, mend))?,
        };
        let lines = text.iter().flat_map(|text| text.lines());
        let tokens: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
        let tokens: Vec<String> = tokens.into_iter().filter(|it| !it.is_empty()).collect();
        if tokens.is_empty() {
            let what = "[serve.webhooks] has no verifier token, so anybody could tell anything";
            return Err(Failure::config(what, mend));
        }
        Ok(tokens)
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT),
            public: false,
            tls_cert: None,
            tls_key: None,
            hosts: Vec::new(),
            socket: None,
            socket_mode: 0o600,
            socket_access: Preset::Full,
            dir: None,
            threads: None,
            schedule: true,
            console: true,
            audit: Audit::Switch(true),
            open_metrics: true,
            request_ids: true,
            limits: Some(Rule::default()),
            max_connections: NonZeroUsize::MIN.saturating_add(MOST_CONNECTIONS - 1),
            timeouts: Patience::default(),
            log: Log::Text,
            otlp: None,
            alerts: Alerts::default(),
            webhooks: None,
        }
    }
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            webhook: None,
            webhook_secret_file: None,
            file: None,
            days: 14,
        }
    }
}

impl Serve {
    /// The same, paths made relative to `folder`.
    pub(super) fn located(mut self, folder: &Path) -> Self {
        let alerts = &mut self.alerts;
        let paths = [
            &mut self.tls_cert,
            &mut self.tls_key,
            &mut self.socket,
            &mut self.dir,
            &mut alerts.webhook_secret_file,
            &mut alerts.file,
        ];
        let webhooks = self.webhooks.as_mut();
        let more = webhooks.map(|it| [&mut it.verifier_file, &mut it.secret_file]);
        for path in paths
            .into_iter()
            .chain(more.into_iter().flatten())
            .flatten()
        {
            *path = located(path, folder);
        }
        if let Audit::At(path) = &mut self.audit {
            *path = located(path, folder);
        }
        self
    }
}

fn address<'de, D: Deserializer<'de>>(source: D) -> std::result::Result<SocketAddr, D::Error> {
    let text = String::deserialize(source)?;
    let address = text.parse();
    address.map_err(|_| de::Error::custom(format!("{text:?} is not like \"127.0.0.1:{PORT}\"")))
}

fn names<'de, D: Deserializer<'de>>(source: D) -> std::result::Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(source)?;
    let is_wrong = |name: &&String| name.is_empty() || name.contains(['/', ' ']);
    match names.iter().find(is_wrong) {
        Some(wrong) => Err(de::Error::custom(format!(
            "{wrong:?} is not a name like \"gateway.example.com\""
        ))),
        None => Ok(names),
    }
}

fn octal<'de, D: Deserializer<'de>>(source: D) -> std::result::Result<u32, D::Error> {
    let text = String::deserialize(source)?;
    let mode = u32::from_str_radix(&text, 8)
        .ok()
        .filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| de::Error::custom(format!("{text:?} is not a mode like \"660\"")))
}

/// A time, or `false` for never.
fn every<'de, D: Deserializer<'de>>(source: D) -> std::result::Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "false, or a time like \"6h\"")]
    enum Either {
        Switch(bool),
        Time(SignedDuration),
    }
    let time = match Either::deserialize(source)? {
        Either::Switch(on) => return Ok(on.then_some(GAPS)),
        Either::Time(time) => Duration::try_from(time).ok(),
    };
    let time = time.filter(|time| *time >= Duration::from_secs(1));
    time.map(Some)
        .ok_or_else(|| de::Error::custom("it is a second at least; false switches it off"))
}

fn kinds<'de, D: Deserializer<'de>>(source: D) -> std::result::Result<Vec<EntityKind>, D::Error> {
    let names = Vec::<String>::deserialize(source)?;
    let kinds = names.iter().map(|name| name.parse::<EntityKind>());
    kinds
        .collect::<std::result::Result<_, _>>()
        .map_err(de::Error::custom)
}

fn limits<'de, D: Deserializer<'de>>(source: D) -> std::result::Result<Option<Rule>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        per_second: Option<u32>,
        per_minute: Option<u32>,
        at_once: Option<u32>,
        wait: Option<SignedDuration>,
    }
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "true, false or { per_second = 10, per_minute = 500, at_once = 10, wait = \"10s\" }, or some of these"
    )]
    enum Either {
        Switch(bool),
        Table(Table),
    }
    let table = match Either::deserialize(source)? {
        Either::Switch(on) => return Ok(on.then(Rule::default)),
        Either::Table(table) => table,
    };
    let usual = Rule::default();
    let count = |given: Option<u32>, usual: u32| match given {
        Some(0) => Err(de::Error::custom(
            "a limit is at least 1; false switches them off",
        )),
        given => Ok(given.unwrap_or(usual)),
    };
    let wait = table.wait.map(Duration::try_from).transpose();
    Ok(Some(Rule {
        per_second: count(table.per_second, usual.per_second)?,
        per_minute: count(table.per_minute, usual.per_minute)?,
        at_once: count(table.at_once, usual.at_once)?,
        wait: wait.map_err(de::Error::custom)?.unwrap_or(usual.wait),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_switched_or_set() {
        let parse = |text: &str| toml::from_str::<Serve>(text);
        assert_eq!(parse("").unwrap().limits, Some(Rule::default()));
        assert_eq!(parse("limits = false").unwrap().limits, None);
        let set = parse("limits = { per_second = 3, wait = \"2s\" }").unwrap();
        let expected = Rule {
            per_second: 3,
            wait: Duration::from_secs(2),
            ..Rule::default()
        };
        assert_eq!(set.limits, Some(expected));
        assert!(parse("limits = { per_second = 0 }").is_err());
        assert!(parse("limits = \"no\"").is_err());
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let text =
            "socket = \"s\"\naudit = \"a.log\"\nsocket_mode = \"660\"\n[alerts]\nfile = \"/x\"";
        let serve: Serve = toml::from_str(text).unwrap();
        let serve = serve.located(Path::new("/etc/evergrant"));
        assert_eq!(serve.socket.as_deref(), Some(Path::new("/etc/evergrant/s")));
        assert_eq!(serve.audit, Audit::At("/etc/evergrant/a.log".into()));
        assert_eq!(serve.alerts.file.as_deref(), Some(Path::new("/x")));
        assert_eq!(serve.socket_mode, 0o660);
        assert!(toml::from_str::<Serve>("socket_mode = \"999\"").is_err());
    }
}

//! `evergrant.toml`: connections by name, and defaults for all of them.
//!
//! ```toml
//! connection = "acme"                  # used when no other is named
//! client_id = "ABx…"                   # at the top: a default for all connections
//! client_secret_file = "secret.txt"    # relative to this file
//! store = "postgres://me@db/grants"    # where connections are kept that have no token_file
//!
//! [connections.acme]
//! realm = "123146096291789"
//! environment = "sandbox"
//! ```
//!
//! It never holds a secret. It is written by one command only, `login`, which appends a table and
//! leaves what is there as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evergrant_gateway::disk;
use evergrant_quickbooks::Environment;
use serde::Deserialize;
use serde::de::{self, Deserializer};
use url::Url;

use crate::env;
use crate::failure::{Failure, Result};

use super::serve::Serve;
use super::{KeySource, Layer, SecretSource};

/// A configuration file, read.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Where it is, or would be.
    pub(crate) path: PathBuf,
    /// The connection used when no other is named.
    pub(crate) connection: Option<String>,
    /// What holds for all connections.
    pub(crate) defaults: Layer,
    /// What holds for one.
    pub(crate) connections: BTreeMap<String, Layer>,
    /// What `serve` is to do.
    pub(crate) serve: Serve,
}

impl File {
    /// Reads the file that `flag`, the environment or the XDG rules name. One that nobody named
    /// may be missing; so may any if `may_be_new`.
    pub(crate) fn read(flag: Option<&Path>, may_be_new: bool) -> Result<Self> {
        let named = flag.map(Path::to_owned).or_else(|| env::CONFIG.path());
        let may_be_missing = may_be_new || named.is_none();
        let Some(path) = named.or_else(default_path) else {
            return Ok(Self::default());
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && may_be_missing => {
                Ok(Self {
                    path,
                    ..Self::default()
                })
            }
            Err(error) => Err(Failure::config(
                format!("{} can't be read", path.display()),
                "name the right file with --config or EVERGRANT_CONFIG",
            )
            .because(error)),
        }
    }

    fn parse(text: &str, path: PathBuf) -> Result<Self> {
        let top: Table = toml::from_str(text).map_err(|error| explain(&error, text, &path))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut connections = BTreeMap::new();
        for (name, table) in top.connections {
            if table.connection.is_some() || !table.connections.is_empty() || table.serve.is_some()
            {
                return Err(Failure::config(
                    format!(
                        "{}: [connections.{name}] holds what stands at the top only",
                        path.display()
                    ),
                    "connections do not nest: give each a [connections.NAME] table of its own",
                ));
            }
            connections.insert(name, table.keys(&folder));
        }
        if top.token_file.is_some() && !connections.is_empty() {
            return Err(Failure::config(
                format!("{}: token_file stands at the top", path.display()),
                "two connections can't share a token file: move it into a [connections.NAME] table",
            ));
        }
        Ok(Self {
            connection: top.connection.clone(),
            serve: top.serve.clone().unwrap_or_default().located(&folder),
            defaults: Table {
                connections: BTreeMap::new(),
                ..top
            }
            .keys(&folder),
            connections,
            path,
        })
    }

    /// Adds a connection's table at the end, leaving everything else as it is.
    pub(crate) fn append(&self, name: &str, layer: &Layer) -> Result<()> {
        let cannot = |error| {
            let table = table_text("", name, layer);
            Failure::config(
                format!("{} can't be written", self.path.display()),
                format!("the grant itself is saved; add this by hand:\n\n{table}"),
            )
            .because(error)
        };
        // A link, as keepers of dotfiles have them, stays a link: its target is replaced.
        let target = self
            .path
            .canonicalize()
            .unwrap_or_else(|_| self.path.clone());
        let mut text = match std::fs::read_to_string(&target) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.map_err(cannot)?,
        };
        text.push_str(&table_text(&text, name, layer));
        Self::parse(&text, self.path.clone())?;
        let folder = target.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(cannot)?;
        disk::replace(&target, &text).map_err(cannot)
    }
}

/// A table as it is written: the top of the file or a connection's. One type, so that an unknown
/// key is reported with its line (serde's `flatten` would lose it).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    connection: Option<String>,
    connections: BTreeMap<String, Table>,
    serve: Option<Serve>,
    #[serde(deserialize_with = "text_or_number")]
    realm: Option<String>,
    #[serde(deserialize_with = "parsed")]
    environment: Option<Environment>,
    token_file: Option<PathBuf>,
    store: Option<String>,
    client_id: Option<String>,
    client_secret_file: Option<PathBuf>,
    #[serde(deserialize_with = "private")]
    base_url: Option<Url>,
    #[serde(deserialize_with = "private")]
    token_url: Option<Url>,
    #[serde(deserialize_with = "private")]
    authorize_url: Option<Url>,
    #[serde(deserialize_with = "private")]
    revoke_url: Option<Url>,
    ca_file: Option<PathBuf>,
    minor_version: Option<u16>,
    budget: Option<u64>,
    scopes: Option<Vec<String>>,
    redirect_uri: Option<String>,
    seal_key_file: Option<PathBuf>,
    seal_keyring: Option<String>,
    allow_network_fs: Option<bool>,
}

impl Table {
    /// Its settings, paths made relative to `folder`.
    fn keys(self, folder: &Path) -> Layer {
        let at = |path: PathBuf| located(&path, folder);
        Layer {
            token_file: self.token_file.map(at),
            store: self.store.map(|url| match url.strip_prefix("sqlite:") {
                Some(path) => format!("sqlite:{}", at(PathBuf::from(path)).display()),
                None => url,
            }),
            realm: self.realm,
            environment: self.environment,
            client_id: self.client_id,
            client_secret: self.client_secret_file.map(at).map(SecretSource::File),
            base_url: self.base_url,
            token_url: self.token_url,
            authorize_url: self.authorize_url,
            revoke_url: self.revoke_url,
            ca_file: self.ca_file.map(at),
            minor_version: self.minor_version,
            budget: self.budget,
            scopes: self.scopes,
            redirect_uri: self.redirect_uri,
            seal_keys: self
                .seal_key_file
                .map(at)
                .map(KeySource::File)
                .or(self.seal_keyring.map(KeySource::Keyring)),
            allow_network_fs: self.allow_network_fs,
        }
    }
}

/// `path` as a configuration file means it: `~/` is the home directory, relative to its folder.
pub(super) fn located(path: &Path, folder: &Path) -> PathBuf {
    match (path.strip_prefix("~"), env::home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

fn default_path() -> Option<PathBuf> {
    let home = env::CONFIG_HOME.path().filter(|path| path.is_absolute());
    let home = home.or_else(|| Some(env::home()?.join(".config")))?;
    Some(home.join("evergrant").join("evergrant.toml"))
}

/// What is wrong and on which line. The line itself is not quoted: somebody may have put a secret
/// on it.
fn explain(error: &toml::de::Error, text: &str, path: &Path) -> Failure {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(0, |before| before.matches('\n').count());
    let key = text.lines().nth(line).and_then(key_of);
    let is_named = |key: &&str| error.message().contains(&format!("`{key}`"));
    let key = key.filter(|key| !is_named(key));
    let key = key.map(|key| format!(", {key}")).unwrap_or_default();
    let mend = if error.message().contains("`client_secret`") {
        "secrets do not belong in it: use client_secret_file, or EVERGRANT_CLIENT_SECRET"
    } else {
        "mend that line"
    };
    Failure::config(
        format!(
            "{}, line {}{key}: {}",
            path.display(),
            line + 1,
            error.message()
        ),
        mend,
    )
}

/// The key that a line sets.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!key.is_empty() && key.chars().all(is_plain)).then_some(key)
}

/// Realm ids are all digits, and people write them with or without quotes.
fn text_or_number<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a realm id: digits, with or without quotes")]
    enum Either {
        Text(String),
        Number(u64),
    }
    Ok(Some(match Either::deserialize(source)? {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    }))
}

pub(super) fn parsed<'de, D: Deserializer<'de>, T>(source: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(source)?;
    text.parse()
        .map(Some)
        .map_err(|error| de::Error::custom(format!("{text:?}: {error}")))
}

/// The URL of a server to which secrets are sent.
pub(super) fn private<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Url>, D::Error> {
    let url: Option<Url> = parsed(source)?;
    if let Some(url) = &url {
        evergrant::require_private(url).map_err(de::Error::custom)?;
    }
    Ok(url)
}

/// A store's URL if it may be written down: a password does not belong in the file.
fn without_secret(url: &str) -> Option<&str> {
    let has_password = url.parse::<Url>().is_ok_and(|url| url.password().is_some());
    (!has_password).then_some(url)
}

/// The table that, appended to `before`, defines the connection.
fn table_text(before: &str, name: &str, layer: &Layer) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let path = |path: &PathBuf| quoted(&path.to_string_lossy());
    let url = |url: &Url| quoted(url.as_str());
    let secret = match &layer.client_secret {
        Some(SecretSource::File(file)) => Some(path(file)),
        Some(SecretSource::Value(_)) | None => None,
    };
    let (key_file, keyring) = match &layer.seal_keys {
        Some(KeySource::File(file)) => (Some(path(file)), None),
        Some(KeySource::Keyring(account)) => (None, Some(quoted(account))),
        Some(KeySource::Environment) | None => (None, None),
    };
    let scopes = layer
        .scopes
        .as_ref()
        .map(|scopes| toml::Value::from(scopes.clone()).to_string());
    let lines = [
        ("realm", layer.realm.as_deref().map(quoted)),
        (
            "environment",
            layer.environment.map(|e| quoted(&e.to_string())),
        ),
        ("token_file", layer.token_file.as_ref().map(path)),
        (
            "store",
            layer.store.as_deref().and_then(without_secret).map(quoted),
        ),
        ("client_id", layer.client_id.as_deref().map(quoted)),
        ("client_secret_file", secret),
        ("base_url", layer.base_url.as_ref().map(url)),
        ("token_url", layer.token_url.as_ref().map(url)),
        ("authorize_url", layer.authorize_url.as_ref().map(url)),
        ("revoke_url", layer.revoke_url.as_ref().map(url)),
        ("ca_file", layer.ca_file.as_ref().map(path)),
        ("minor_version", layer.minor_version.map(|n| n.to_string())),
        ("budget", layer.budget.map(|n| n.to_string())),
        ("scopes", scopes),
        ("redirect_uri", layer.redirect_uri.as_deref().map(quoted)),
        ("seal_key_file", key_file),
        ("seal_keyring", keyring),
        (
            "allow_network_fs",
            layer.allow_network_fs.map(|allowed| allowed.to_string()),
        ),
    ];
    let mut text = heading(before, name);
    for (key, value) in lines {
        if let Some(value) = value {
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    text
}

/// The table's first line, after a gap.
fn heading(before: &str, name: &str) -> String {
    let gap = match before {
        "" => "",
        ended if ended.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let key = if name.chars().all(bare) {
        name.to_owned()
    } else {
        // On one line, and escaped as TOML does it too.
        serde_json::Value::from(name).to_string()
    };
    format!("{gap}[connections.{key}]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<File> {
        File::parse(text, PathBuf::from("/etc/evergrant/evergrant.toml"))
    }

    fn complaint(text: &str) -> String {
        let Err(Failure::Own(own)) = parse(text) else {
            panic!("it should not parse: {text}");
        };
        format!("{} / {}", own.what, own.mend)
    }

    #[test]
    fn defaults_and_tables_are_told_apart() {
        let file = parse(
            "connection = \"acme\"\nclient_id = \"top\"\n[connections.acme]\nrealm = 123146096291789\n\
             token_file = \"acme.json\"\nenvironment = \"sandbox\"\n",
        )
        .unwrap();
        assert_eq!(file.connection.as_deref(), Some("acme"));
        assert_eq!(file.defaults.client_id.as_deref(), Some("top"));
        let acme = &file.connections["acme"];
        assert_eq!(acme.realm.as_deref(), Some("123146096291789"));
        assert_eq!(
            acme.token_file.as_deref(),
            Some(Path::new("/etc/evergrant/acme.json"))
        );
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_without_its_text() {
        let text = "connection = \"a\"\n[connections.a]\nclient_secret = \"planted-secret\"\n";
        let said = complaint(text);
        assert!(
            said.contains("line 3") && said.contains("client_secret_file"),
            "{said}"
        );
        assert!(!said.contains("planted"), "{said}");
        for (text, needle) in [
            ("colour = 1", "line 1: unknown field `colour`"),
            ("\nenvironment = \"moon\"", "line 2, environment: \"moon\""),
            ("base_url = \"no url\"", "line 1, base_url: \"no url\""),
            ("[connections.a.connections.b]", "do not nest"),
            ("token_file = \"x\"\n[connections.a]", "can't share"),
            ("realm = [1]", "digits"),
            ("x = ", "line 1"),
        ] {
            let said = complaint(text);
            assert!(said.contains(needle), "{text}: {said}");
        }
    }

    #[test]
    fn any_name_can_be_written_and_read_again() {
        for name in [
            "acme",
            "with blank",
            "x'y\"z",
            "back\\slash",
            "ü",
            "tab\tin",
        ] {
            let text = table_text("", name, &Layer::default());
            let read = parse(&text).unwrap();
            assert!(read.connections.contains_key(name), "{text}");
        }
    }

    #[test]
    fn appending_leaves_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("evergrant.toml");
        let layer = Layer {
            realm: Some("42".to_owned()),
            token_file: Some(PathBuf::from("/x/\"y\".json")),
            scopes: Some(vec!["a".to_owned(), "b".to_owned()]),
            ..Layer::default()
        };
        let empty = File::read(Some(&path), true).unwrap();
        empty.append("one", &layer).unwrap();
        let old = format!("# mine\n{}", std::fs::read_to_string(&path).unwrap());
        disk::replace(&path, old.trim_end()).unwrap();
        empty.append("two words", &layer).unwrap();
        let new = std::fs::read_to_string(&path).unwrap();
        assert!(new.starts_with(old.trim_end()), "{new}");
        let file = File::read(Some(&path), false).unwrap();
        let two = &file.connections["two words"];
        assert_eq!(two.realm.as_deref(), Some("42"));
        assert_eq!(two.token_file, layer.token_file);
        assert_eq!(two.scopes, layer.scopes);
    }

    #[test]
    fn appending_a_name_that_is_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evergrant.toml");
        let file = File::read(Some(&path), true).unwrap();
        file.append("one", &Layer::default()).unwrap();
        let before = std::fs::read_to_string(&path).unwrap();
        assert!(file.append("one", &Layer::default()).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let home = env::home().unwrap();
        assert_eq!(
            located(Path::new("~/t.json"), Path::new("/f")),
            home.join("t.json")
        );
        assert_eq!(
            located(Path::new("t.json"), Path::new("/f")),
            Path::new("/f/t.json")
        );
        assert_eq!(
            located(Path::new("/t.json"), Path::new("/f")),
            Path::new("/t.json")
        );
    }
}

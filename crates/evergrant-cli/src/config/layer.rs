//! One source of settings: what the flags, the environment or a table of the file say.

use std::path::PathBuf;

use evergrant::ClientSecret;
use evergrant_quickbooks::Environment;
use url::Url;

use crate::args::Given;
use crate::env::{self, Variable};
use crate::failure::{Failure, Result};

/// What one source says, or several laid over each other. Each member is what the flag of its name is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) store: Option<String>,
    pub(crate) realm: Option<String>,
    pub(crate) environment: Option<Environment>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretSource>,
    pub(crate) base_url: Option<Url>,
    pub(crate) token_url: Option<Url>,
    pub(crate) authorize_url: Option<Url>,
    pub(crate) revoke_url: Option<Url>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) minor_version: Option<u16>,
    /// How many metered calls may be made in a month.
    pub(crate) budget: Option<u64>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) seal_keys: Option<KeySource>,
    pub(crate) allow_network_fs: Option<bool>,
}

/// Where the keys that seal tokens come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeySource {
    /// The environment; it is read when a key is needed.
    Environment,
    /// A file.
    File(PathBuf),
    /// The keyring of the operating system, by the account's name.
    Keyring(String),
}

/// Where a client secret comes from.
#[derive(Debug, Clone)]
pub(crate) enum SecretSource {
    /// The environment.
    Value(ClientSecret),
    /// A file.
    File(PathBuf),
}

/// A source, and the connection that it names.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) connection: Option<String>,
    pub(super) layer: Layer,
}

impl Choice {
    /// Whether it names any.
    pub(super) fn is_made(&self) -> bool {
        self.connection.is_some() || self.layer.token_file.is_some()
    }

    /// The flags.
    pub(super) fn of_flags(given: &Given) -> Self {
        let layer = Layer {
            token_file: given.token_file.clone(),
            store: given.store.clone(),
            realm: given.realm.clone(),
            environment: given.environment,
            client_id: given.client_id.clone(),
            client_secret: given.client_secret_file.clone().map(SecretSource::File),
            base_url: given.base_url.clone(),
            token_url: given.token_url.clone(),
            authorize_url: given.authorize_url.clone(),
            revoke_url: given.revoke_url.clone(),
            ca_file: given.ca_file.clone(),
            minor_version: given.minor_version,
            budget: given.budget,
            scopes: given.scope.as_deref().map(words),
            redirect_uri: given.redirect_uri.clone(),
            seal_keys: given
                .seal_key_file
                .clone()
                .map(KeySource::File)
                .or_else(|| given.seal_keyring.clone().map(KeySource::Keyring)),
            allow_network_fs: given.allow_network_fs.then_some(true),
        };
        Self {
            connection: given.connection.clone(),
            layer,
        }
    }

    /// The environment.
    pub(super) fn of_environment() -> Result<Self> {
        let secret =
            text(env::CLIENT_SECRET)?.map(|text| SecretSource::Value(ClientSecret::new(text)));
        let secret_file = || env::CLIENT_SECRET_FILE.path().map(SecretSource::File);
        let layer = Layer {
            token_file: env::TOKEN_FILE.path(),
            store: text(env::STORE)?,
            realm: text(env::REALM)?,
            environment: parsed(env::ENVIRONMENT)?,
            client_id: text(env::CLIENT_ID)?,
            client_secret: secret.or_else(secret_file),
            base_url: parsed(env::BASE_URL)?,
            token_url: parsed(env::TOKEN_URL)?,
            authorize_url: parsed(env::AUTHORIZE_URL)?,
            revoke_url: parsed(env::REVOKE_URL)?,
            ca_file: env::CA_FILE.path(),
            minor_version: parsed(env::MINOR_VERSION)?,
            budget: parsed(env::BUDGET)?,
            scopes: text(env::SCOPE)?.as_deref().map(words),
            redirect_uri: text(env::REDIRECT_URI)?,
            seal_keys: keys_of_environment()?,
            allow_network_fs: parsed(env::ALLOW_NETWORK_FS)?,
        };
        Ok(Self {
            connection: text(env::CONNECTION)?,
            layer,
        })
    }
}

impl Layer {
    /// What holds for every connection, whichever is meant: keys open by their names, and a machine
    /// is one.
    pub(super) fn for_all(&self) -> Self {
        Self {
            seal_keys: self.seal_keys.clone(),
            allow_network_fs: self.allow_network_fs,
            ..Self::default()
        }
    }

    /// This layer, and below it whatever it does not say.
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            token_file: self.token_file.or(lower.token_file),
            store: self.store.or(lower.store),
            realm: self.realm.or(lower.realm),
            environment: self.environment.or(lower.environment),
            client_id: self.client_id.or(lower.client_id),
            client_secret: self.client_secret.or(lower.client_secret),
            base_url: self.base_url.or(lower.base_url),
            token_url: self.token_url.or(lower.token_url),
            authorize_url: self.authorize_url.or(lower.authorize_url),
            revoke_url: self.revoke_url.or(lower.revoke_url),
            ca_file: self.ca_file.or(lower.ca_file),
            minor_version: self.minor_version.or(lower.minor_version),
            budget: self.budget.or(lower.budget),
            scopes: self.scopes.or(lower.scopes),
            redirect_uri: self.redirect_uri.or(lower.redirect_uri),
            seal_keys: self.seal_keys.or(lower.seal_keys),
            allow_network_fs: self.allow_network_fs.or(lower.allow_network_fs),
        }
    }

    /// Whether there is anything in it that a connection's record does not say by itself.
    pub(super) fn says_anything(&self) -> bool {
        let texts = [&self.store, &self.client_id, &self.redirect_uri];
        let urls = [
            &self.base_url,
            &self.token_url,
            &self.authorize_url,
            &self.revoke_url,
        ];
        texts.iter().any(|text| text.is_some())
            || urls.iter().any(|url| url.is_some())
            || self.environment.is_some()
            || self.client_secret.is_some()
            || self.ca_file.is_some()
            || self.minor_version.is_some()
            || self.budget.is_some()
            || self.scopes.is_some()
    }

    /// With paths that mean the same from any directory.
    pub(super) fn in_full(self) -> Self {
        let full = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        Self {
            token_file: self.token_file.map(full),
            store: self.store.map(|url| match url.strip_prefix("sqlite:") {
                Some(path) => format!("sqlite:{}", full(path.into()).display()),
                None => url,
            }),
            ca_file: self.ca_file.map(full),
            client_secret: self.client_secret.map(|secret| match secret {
                SecretSource::File(path) => SecretSource::File(full(path)),
                value @ SecretSource::Value(_) => value,
            }),
            seal_keys: self.seal_keys.map(|source| match source {
                KeySource::File(path) => KeySource::File(full(path)),
                other => other,
            }),
            ..self
        }
    }
}

fn keys_of_environment() -> Result<Option<KeySource>> {
    if env::SEAL_KEY.is_set() {
        return Ok(Some(KeySource::Environment));
    }
    let file = env::SEAL_KEY_FILE.path().map(KeySource::File);
    let keyring = || Ok(text(env::SEAL_KEYRING)?.map(KeySource::Keyring));
    file.map_or_else(keyring, |file| Ok(Some(file)))
}

fn text(variable: Variable) -> Result<Option<String>> {
    let text = variable.text();
    text.map_err(|what| Failure::config(what, "set it anew, or unset it"))
}

fn parsed<T>(variable: Variable) -> Result<Option<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let Some(text) = text(variable)? else {
        return Ok(None);
    };
    let value = text.parse();
    value.map(Some).map_err(|error| {
        Failure::config(
            format!("{}={text:?}: {error}", variable.name),
            "set it anew, or unset it",
        )
    })
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

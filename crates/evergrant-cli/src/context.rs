//! What a command works with, made when it is first asked for. The only place where settings
//! become a store, a keeper and a client.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use evergrant::{Breaker, FileStore, Keeper, KeeperBuilder, OAuthClient, Provider, TokenFile};
use evergrant_quickbooks::{Client, Endpoints, MinorVersion, Overrides, intuit_at};
use url::Url;

use crate::args::{Given, Show};
use crate::config::Settings;
use crate::failure::{Failure, Result};
use crate::keys;
use crate::output::Output;
use crate::trace::Voice;

/// The command line, and what has been made of it so far.
pub(crate) struct Context {
    given: Given,
    output: Output,
    voice: Voice,
    settings: OnceCell<Settings>,
    keeper: OnceCell<Keeper>,
}

impl Context {
    /// Of a command line. Nothing is read yet.
    ///
    /// # Errors
    /// A flag for the output that makes no sense.
    pub(crate) fn new(given: Given, show: &Show, voice: Voice) -> Result<Self> {
        Ok(Self {
            given,
            output: Output::new(show)?,
            voice,
            settings: OnceCell::new(),
            keeper: OnceCell::new(),
        })
    }

    /// The flags that say with which connection to work.
    pub(crate) fn given(&self) -> &Given {
        &self.given
    }

    /// Where data goes.
    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    /// Works with these settings rather than those that the flags lead to.
    pub(crate) fn adopt(&self, settings: Settings) -> Result<&Settings> {
        once(&self.settings, || Ok(settings))
    }

    /// The settings of the connection.
    pub(crate) fn settings(&self) -> Result<&Settings> {
        once(&self.settings, || Settings::read(&self.given))
    }

    /// The settings, if a command has come so far.
    pub(crate) fn known_settings(&self) -> Option<&Settings> {
        self.settings.get()
    }

    /// The keeper of the connection.
    pub(crate) fn keeper(&self) -> Result<&Keeper> {
        once(&self.keeper, || {
            let settings = self.settings()?;
            Ok(keeper(settings, provider(settings))?
                .on_notice(self.voice.listener())
                .build()?)
        })
    }

    /// The company's realm id, from the settings or the connection's record.
    pub(crate) async fn realm(&self) -> Result<Option<String>> {
        let settings = self.settings()?;
        let realm = match settings.layer.realm.clone() {
            Some(realm) => Some(realm),
            None => self.keeper()?.connection(&settings.connection).await?.realm,
        };
        Ok(realm.map(|realm| realm.trim().to_owned()))
    }

    /// A client for the connection's company.
    pub(crate) async fn quickbooks(&self) -> Result<Client> {
        let realm = self.realm().await?;
        let realm = realm.map_or_else(|| Err(no_realm(self.settings()?)), Ok)?;
        self.client(realm)
    }

    /// A client for calls that name their whole address, and the root of the API.
    pub(crate) fn without_company(&self) -> Result<(Client, Url)> {
        let base_url = endpoints(self.settings()?).base_url;
        Ok((self.client(String::new())?, base_url))
    }

    fn client(&self, realm: String) -> Result<Client> {
        let settings = self.settings()?;
        let client = self.keeper()?.client(&settings.connection);
        let client = Client::new(client, endpoints(settings).base_url, realm);
        Ok(match settings.layer.minor_version {
            Some(version) => client.with_minor_version(MinorVersion(version.into())),
            None => client,
        })
    }

    /// Waits for a refresh that is under way, and for its save: a program that ends in the middle
    /// of one could lose the grant.
    pub(crate) async fn drain(&self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.drain().await;
        }
    }
}

/// The servers that the settings lead to.
pub(crate) fn endpoints(settings: &Settings) -> Endpoints {
    let layer = &settings.layer;
    Endpoints::of(settings.environment).overridden(Overrides {
        base_url: layer.base_url.clone(),
        authorize_url: layer.authorize_url.clone(),
        token_url: layer.token_url.clone(),
        revoke_url: layer.revoke_url.clone(),
    })
}

/// The provider that the settings describe.
pub(crate) fn provider(settings: &Settings) -> Provider {
    let intuit = intuit_at(settings.environment, &endpoints(settings));
    match settings.layer.scopes.clone() {
        Some(scopes) => Provider { scopes, ..intuit },
        None => intuit,
    }
}

/// The store that holds the connection's token file.
pub(crate) fn store(settings: &Settings) -> FileStore {
    let store = files(settings).on_this_thread();
    holding(store, settings, provider(settings).name)
}

/// A store of no token files yet.
fn files(settings: &Settings) -> FileStore {
    match settings.layer.allow_network_fs {
        Some(true) => FileStore::new().on_network_file_systems(),
        _ => FileStore::new(),
    }
}

/// The store with the connection's token file added, sealed if keys are given.
fn holding(store: FileStore, settings: &Settings, provider: String) -> FileStore {
    let file = TokenFile {
        path: settings.token_file.clone(),
        provider,
        realm: settings.layer.realm.clone(),
    };
    let id = settings.connection.clone();
    match &settings.layer.seal_keys {
        Some(source) => store.with_sealed(id, file, keys::sealer(source)),
        None => store.with(id, file),
    }
}

/// A keeper of the connection's token file, ready to be built.
pub(crate) fn keeper(settings: &Settings, provider: Provider) -> Result<KeeperBuilder> {
    let builder = Keeper::builder(Arc::new(store(settings)))
        .provider(provider, client(settings)?)
        // A program that makes one call and ends renews a token when it has to, no sooner.
        .refresh_ahead(false);
    Ok(match authority(settings)? {
        Some(pem) => builder.trust_pem(pem),
        None => builder,
    })
}

/// Keepers for many connections, ready to be built. Those that trust the same authorities share
/// one: what one connection is told to trust is not another's to trust. Plain http, which is for
/// this machine only, goes past proxies, and so is kept apart as well; so are token files that may be
/// on network file systems.
pub(crate) fn keepers(all: &[Settings]) -> Result<Vec<KeeperBuilder>> {
    type Group<'a> = (Option<&'a PathBuf>, bool, Option<bool>);
    let mut groups: BTreeMap<Group<'_>, Vec<&Settings>> = BTreeMap::new();
    for settings in all {
        let plain = endpoints(settings).token_url.scheme() == "http";
        let layer = &settings.layer;
        let group = (layer.ca_file.as_ref(), plain, layer.allow_network_fs);
        groups.entry(group).or_default().push(settings);
    }
    let breaker = Breaker::new();
    let keepers = groups.into_values().map(|group| shared(&group));
    keepers
        .map(|keeper| Ok(keeper?.breaker(&breaker)))
        .collect()
}

/// One keeper of connections that may have apps and hosts of their own: to the keeper, each has its
/// own provider.
fn shared(group: &[&Settings]) -> Result<KeeperBuilder> {
    let mut store = group.first().map(|it| files(it)).unwrap_or_default();
    let mut registered = Vec::new();
    let mut trusted = None;
    for settings in group {
        let provider = provider(settings);
        let name = format!("{} for {}", provider.name, settings.connection);
        store = holding(store, settings, name.clone());
        registered.push((Provider { name, ..provider }, client(settings)?));
        trusted = authority(settings)?;
    }
    let mut builder = Keeper::builder(Arc::new(store));
    for (provider, client) in registered {
        builder = builder.provider(provider, client);
    }
    Ok(match trusted {
        Some(pem) => builder.trust_pem(pem),
        None => builder,
    })
}

/// Our app at the provider.
fn client(settings: &Settings) -> Result<OAuthClient> {
    Ok(OAuthClient {
        id: settings.client_id().to_owned(),
        secret: settings.client_secret()?,
    })
}

/// The certificate authority that is trusted besides the well-known ones.
pub(crate) fn authority(settings: &Settings) -> Result<Option<Vec<u8>>> {
    let Some(path) = &settings.layer.ca_file else {
        return Ok(None);
    };
    let pem = std::fs::read(path).map_err(|error| {
        Failure::config(
            format!("the CA file {} can't be read", path.display()),
            "name a PEM file with --ca-file, or leave it out",
        )
        .because(error)
    })?;
    Ok(Some(pem))
}

fn no_realm(settings: &Settings) -> Failure {
    Failure::config(
        format!("no company is given for {}", settings.connection),
        "give its realm id with --realm ID or EVERGRANT_REALM (QuickBooks shows it under Settings, \
         Account and settings, as the Company ID)",
    )
}

/// The cell's value, made by `make` the first time.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

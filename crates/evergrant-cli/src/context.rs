//! What a command works with, made when it is first asked for. The only place where settings
//! become a store, a keeper and a client.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evergrant::{
    Breaker, Connection, ConnectionId, FileStore, Keeper, KeeperBuilder, OAuthClient, Provider,
    Registry, Sealer, Store, TokenFile,
};
use evergrant_quickbooks::{
    Client, Endpoints, Environment, Meter, MinorVersion, Overrides, Pace, intuit_at,
};
use url::Url;

use crate::args::{Given, Show};
use crate::config::{Fleet, Home, Settings, home};
use crate::failure::{Failure, Result};
use crate::keys;
use crate::output::Output;
use crate::report;
use crate::trace::{Voice, log};

/// How many refreshes a process that keeps a whole store has under way at most.
const REFRESHES_AT_ONCE: usize = 32;
/// How many refreshes a second all processes on one store begin at one app and token endpoint: more
/// than a million connections with tokens of an hour need, and no herd when all are due at once.
const REFRESHES_PER_SECOND: u32 = 300;

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
            Ok(keeper(settings, &provider(settings))?
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
        let client = client.with_pace(self.pace());
        let budget = settings.layer.budget;
        let client = match settings.environment {
            Environment::Sandbox if budget.is_none() => client,
            _ => client.with_meter(self.meter()?),
        };
        Ok(match settings.layer.minor_version {
            Some(version) => client.with_minor_version(MinorVersion(version.into())),
            None => client,
        })
    }

    /// What counts the calls that Intuit meters.
    pub(crate) fn meter(&self) -> Result<Meter> {
        let home = home::folder().ok_or_else(|| {
            let mend = "set HOME or XDG_STATE_HOME";
            Failure::config("there is no home directory to keep numbers in", mend)
        })?;
        let meter = Meter::at(home.join("usage"));
        let budget = self
            .known_settings()
            .and_then(|settings| settings.layer.budget);
        Ok(match budget {
            Some(budget) => meter.with_budget(budget),
            None => meter,
        })
    }

    /// How fast the company is called.
    fn pace(&self) -> Pace {
        let pace = match self.given.unpaced {
            true => Pace::unlimited(),
            false => Pace::intuit(),
        };
        Pace {
            patience: self.given.patience.unwrap_or(pace.patience),
            ..pace
        }
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

/// The store that holds the connection's tokens.
pub(crate) fn store(settings: &Settings) -> Result<Arc<dyn Store>> {
    match &settings.home {
        Home::Store(_) => Ok(registry(settings)?),
        Home::File(path) => Ok(Arc::new(token_file(settings, path))),
    }
}

/// The store of the connection's token file, for a program that makes one call.
pub(crate) fn token_file(settings: &Settings, path: &Path) -> FileStore {
    let store = files(settings).on_this_thread();
    holding(store, settings, path, provider(settings).name)
}

/// The keys that seal what a store keeps.
fn sealer(settings: &Settings) -> Option<Sealer> {
    settings.layer.seal_keys.as_ref().map(keys::sealer)
}

/// A store of no token files yet.
fn files(settings: &Settings) -> FileStore {
    let store = match settings.layer.allow_network_fs {
        Some(true) => FileStore::new().on_network_file_systems(),
        _ => FileStore::new(),
    };
    match &settings.memory {
        Some(folder) => store.remembering_in(folder),
        None => store,
    }
}

/// The store with the connection's token file added, sealed if keys are given.
fn holding(store: FileStore, settings: &Settings, path: &Path, provider: String) -> FileStore {
    let file = TokenFile {
        path: path.to_owned(),
        provider,
        realm: settings.layer.realm.clone(),
    };
    let id = settings.connection.clone();
    match &settings.layer.seal_keys {
        Some(source) => store.with_sealed(id, file, keys::sealer(source)),
        None => store.with(id, file),
    }
}

/// The store of the settings, if it is one that takes connections in.
pub(crate) fn registry(settings: &Settings) -> Result<Arc<dyn Registry>> {
    match &settings.home {
        Home::Store(url) => open(url, sealer(settings)),
        Home::File(path) => Err(Failure::config(
            format!(
                "{} is kept in the token file {}, not in a store",
                settings.connection,
                path.display()
            ),
            "name a store with --store, or take the file in with: evergrant import",
        )),
    }
}

/// The store of a URL. What this machine has seen spent is remembered where evergrant keeps what it
/// makes.
fn open(url: &str, sealer: Option<Sealer>) -> Result<Arc<dyn Registry>> {
    Ok(evergrant::open(url, sealer, home::folder().as_deref())?)
}

/// What the connection's record says of its provider: for one with settings of its own, they are
/// its provider's, not everybody's.
pub(crate) fn provider_name(settings: &Settings, has_own: bool) -> String {
    let name = provider(settings).name;
    if has_own {
        format!("{name} for {}", settings.connection)
    } else {
        name
    }
}

/// A keeper of the connection, ready to be built.
pub(crate) fn keeper(settings: &Settings, provider: &Provider) -> Result<KeeperBuilder> {
    let mut builder = Keeper::builder(store(settings)?)
        // A program that makes one call and ends renews a token when it has to, no sooner, and a
        // connection for one call is made soonest in the old way.
        .refresh_ahead(false)
        .http1_only();
    // Whichever of the two its record says, its settings are at hand.
    for has_own in [false, true] {
        let name = provider_name(settings, has_own);
        let named = Provider {
            name,
            ..provider.clone()
        };
        builder = builder.provider(named, client(settings)?);
    }
    Ok(trusting(builder, authority(settings)?))
}

/// Keepers for many connections, ready to be built: of those in one store, and of all token files, one for
/// those that trust the same authorities, since what one connection is told to trust is not another's to
/// trust. Plain http, which is for this machine only, goes past proxies, and so is kept apart too, as
/// are token files that may be on network file systems.
pub(crate) fn keepers(fleet: &Fleet) -> Result<Vec<KeeperBuilder>> {
    let wards = wards(fleet)?.into_iter();
    Ok(wards.map(|ward| ward.keeper).collect())
}

/// A keeper, ready to be built, and the connections that are its to keep.
pub(crate) struct Ward<'a> {
    /// The keeper.
    pub(crate) keeper: KeeperBuilder,
    /// Those with a table of their own.
    pub(crate) named: Vec<&'a Settings>,
    /// What holds for all others of its store, if it keeps those too.
    pub(crate) others: Option<&'a Settings>,
}

/// As [`keepers`], each with its connections.
pub(crate) fn wards(fleet: &Fleet) -> Result<Vec<Ward<'_>>> {
    let breaker = Breaker::new();
    let wards = file_wards(fleet)?.into_iter().chain(store_wards(fleet)?);
    let wards = wards.map(|ward| Ward {
        keeper: ward.keeper.breaker(&breaker),
        ..ward
    });
    Ok(wards.collect())
}

fn file_wards(fleet: &Fleet) -> Result<Vec<Ward<'_>>> {
    let mut groups: BTreeMap<_, Vec<&Settings>> = BTreeMap::new();
    for settings in &fleet.named {
        if let Home::File(_) = &settings.home {
            let group = (trust(settings), settings.layer.allow_network_fs);
            groups.entry(group).or_default().push(settings);
        }
    }
    let wards = groups.into_values().map(|named| {
        Ok(Ward {
            keeper: of_files(&named)?,
            named,
            others: None,
        })
    });
    wards.collect()
}

fn store_wards(fleet: &Fleet) -> Result<Vec<Ward<'_>>> {
    let mut groups: BTreeMap<_, Vec<&Settings>> = BTreeMap::new();
    for settings in &fleet.named {
        if let Some(group) = store_group(settings) {
            groups.entry(group).or_default().push(settings);
        }
    }
    let rest = fleet.others.as_ref().and_then(store_group);
    if let Some(rest) = rest {
        groups.entry(rest).or_default();
    }
    let wards = groups.into_iter().map(|(group, named)| {
        let others = fleet.others.as_ref().filter(|_| rest == Some(group));
        let keeper = of_store(group.0, &named, others)?;
        let keeper = match others {
            Some(_) => {
                let has_another = |it: &&Settings| {
                    store_group(it).is_some_and(|own| own.0 == group.0 && own != group)
                };
                keeper.except(ids(fleet.named.iter().filter(has_another)))
            }
            None => keeper.only(ids(named.iter().copied())),
        };
        Ok(Ward {
            keeper,
            named,
            others,
        })
    });
    wards.collect()
}

fn ids<'a>(all: impl Iterator<Item = &'a Settings>) -> Vec<ConnectionId> {
    all.map(|it| it.connection.clone()).collect()
}

/// What connections of a store must agree on to share a keeper.
fn store_group(settings: &Settings) -> Option<(&str, Trust<'_>)> {
    match &settings.home {
        Home::Store(url) => Some((url, trust(settings))),
        Home::File(_) => None,
    }
}

/// What two connections must agree on to share a keeper.
type Trust<'a> = (Option<&'a PathBuf>, bool);

fn trust(settings: &Settings) -> Trust<'_> {
    let plain = endpoints(settings).token_url.scheme() == "http";
    (settings.layer.ca_file.as_ref(), plain)
}

/// One keeper of token files that may have apps and hosts of their own: to the keeper, each has its
/// own provider.
fn of_files(group: &[&Settings]) -> Result<KeeperBuilder> {
    let mut store = group.first().map(|it| files(it)).unwrap_or_default();
    let mut registered = Vec::new();
    for settings in group {
        let Home::File(path) = &settings.home else {
            continue;
        };
        let provider = provider(settings);
        let name = provider_name(settings, true);
        store = holding(store, settings, path, name.clone());
        registered.push((Provider { name, ..provider }, client(settings)?));
    }
    let mut builder = Keeper::builder(Arc::new(store));
    for (provider, client) in registered {
        builder = builder.provider(provider, client);
    }
    Ok(trusting(
        builder,
        group.first().and_then(|it| authority_if_there(it)),
    ))
}

/// A keeper of a store, for those in `group`, and if `others` says what holds for connections without a
/// table, for those too. All of them trust the same authorities.
fn of_store(url: &str, group: &[&Settings], others: Option<&Settings>) -> Result<KeeperBuilder> {
    let all = || others.into_iter().chain(group.iter().copied());
    let sealer = all().next().and_then(sealer);
    let mut builder = Keeper::builder(open(url, sealer)?)
        .refreshes_at_once(REFRESHES_AT_ONCE)
        .refreshes_per_second(REFRESHES_PER_SECOND);
    for settings in others.into_iter().flat_map(in_both_environments) {
        builder = builder.provider(provider(&settings), client(&settings)?);
    }
    for settings in group {
        for has_own in [false, true] {
            let name = provider_name(settings, has_own);
            let provider = Provider {
                name,
                ..provider(settings)
            };
            // What holds for all was said first, and is not said anew by one of them.
            builder = builder.provider_unless_there(provider, client(settings)?);
        }
    }
    Ok(trusting(builder, all().next().and_then(authority_if_there)))
}

/// The settings of a connection of a store: what holds for all of them, for the environment that its
/// record is of.
pub(crate) fn of_record(others: &Settings, record: &Connection) -> Settings {
    let settings = others.for_connection(&record.id);
    let both = in_both_environments(&settings).into_iter();
    let mut own = both.filter(|it| record.provider.starts_with(&provider(it).name));
    own.next().unwrap_or(settings)
}

/// A record says itself which of Intuit's environments it is for, unless hosts of one's own stand
/// for one.
fn in_both_environments(settings: &Settings) -> Vec<Settings> {
    let layer = &settings.layer;
    if layer.base_url.is_some() || layer.token_url.is_some() {
        return vec![settings.clone()];
    }
    let both = [Environment::Sandbox, Environment::Production];
    let both = both.into_iter().map(|environment| Settings {
        environment,
        ..settings.clone()
    });
    both.collect()
}

fn trusting(builder: KeeperBuilder, authority: Option<Vec<u8>>) -> KeeperBuilder {
    match authority {
        Some(pem) => builder.trust_pem(pem),
        None => builder,
    }
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

/// The same for a process that keeps many. One connection's file that is gone, as a sandbox's goes at its
/// end, must not keep the others from being kept; and without it less is trusted, never more.
fn authority_if_there(settings: &Settings) -> Option<Vec<u8>> {
    authority(settings).unwrap_or_else(|failure| {
        let why = report::in_words(&failure);
        log(
            None,
            &format!("WARNING: {why}; whom it vouches for is not trusted"),
        );
        None
    })
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

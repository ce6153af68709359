//! Who is served: a route for each connection, and the keepers behind them.
//!
//! The settings and the stores are looked at again every few seconds, so that a connection that is
//! added, changed or removed is served, or not served any more, without a restart. A keeper whose
//! connections are as they were is kept; one that is replaced ends what it has begun, and one lease at
//! a time keeps it apart from the new one. What can't be followed is told once, and changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evergrant::{ConnectionId, Dialer, ErrorKind, Keeper, Store, require_private};
use evergrant_gateway::limit::Limits;
use evergrant_gateway::metrics::Counters;
use evergrant_gateway::pool::Origin;
use evergrant_gateway::{Gateway, Route, Routes};
use http::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::desk::Desk;
use crate::args::Given;
use crate::config::{Fleet, Serve, Settings, Shape, change};
use crate::context::{self, Ward};
use crate::failure::{Failure, Result};
use crate::report;
use crate::trace::log;

/// How often the settings are read again: it costs next to nothing, and whoever has changed them is
/// still looking.
const LOOK: Duration = Duration::from_secs(2);
/// Looking takes no more than this part of the time, however many connections a store lists.
const SHARE: u32 = 20;

/// Everybody who is served.
pub(super) struct Roster {
    given: Given,
    schedule: bool,
    /// Where consent returns to, where nothing else is said; without the path.
    pages: String,
    desk: Arc<Desk>,
    limits: Option<Limits>,
    origins: Origins,
    guards: Vec<Guard>,
    /// All settings, as they were when they were last followed.
    shapes: BTreeSet<Shape>,
    /// The same, and the connections of stores.
    seen: BTreeSet<Shape>,
    /// Those of stores that are not served, and that has been told.
    left_out: BTreeSet<ConnectionId>,
    /// Those of which it is not known yet whose books they are.
    without_company: Vec<(Keeper, ConnectionId)>,
    schedules: JoinSet<()>,
    /// Why there was no following, at the last look.
    trouble: Option<String>,
    /// What `[serve]` has said at the last look; nobody follows that.
    service: String,
}

/// A keeper, and whom it keeps.
#[derive(Clone)]
struct Guard {
    shapes: BTreeSet<Shape>,
    keeper: Keeper,
    named: Vec<Settings>,
    /// What holds for connections of its store without a table of their own, and where they are.
    others: Option<(Settings, Arc<dyn Store>)>,
    /// Their names.
    unnamed: Vec<ConnectionId>,
    stop: watch::Sender<bool>,
}

impl Roster {
    /// Nobody yet.
    pub(super) fn new(given: &Given, serve: &Serve, pages: &str, desk: Arc<Desk>) -> Self {
        Self {
            given: given.clone(),
            schedule: serve.schedule,
            pages: pages.to_owned(),
            desk,
            limits: serve
                .limits
                .map(|rule| Limits::new(rule, Handle::current())),
            origins: Origins::new(serve.timeouts.answer),
            guards: Vec::new(),
            shapes: BTreeSet::new(),
            seen: BTreeSet::new(),
            left_out: BTreeSet::new(),
            without_company: Vec::new(),
            schedules: JoinSet::new(),
            trouble: None,
            service: service(given),
        }
    }

    /// The routes, if anything is different from the last look.
    ///
    /// # Errors
    /// Settings or a store that can't be read or followed; everything stays as it was.
    pub(super) async fn look(&mut self) -> Result<Option<Routes>> {
        let fleet = Fleet::read(&self.given)?;
        let mut seen = fleet.shapes();
        let mut guards = if seen == self.shapes {
            self.guards.clone()
        } else {
            self.guards(&fleet)?
        };
        let shapes = seen.clone();
        for guard in &mut guards {
            guard.unnamed = self.unnamed(guard, &fleet).await?;
            let ids = guard.unnamed.iter();
            seen.extend(ids.map(|id| (id.to_string(), String::new())));
        }
        if seen == self.seen && !self.knows_a_company_more().await {
            return Ok(None);
        }
        let routes = self.routes(&guards).await?;
        if !self.seen.is_empty() && seen != self.seen {
            let change = change(&self.seen, &seen);
            log(None, &format!("Settings changed: {change}"));
        }
        (self.shapes, self.seen) = (shapes, seen);
        self.appoint(guards);
        self.without_company = routes
            .values()
            .filter(|route| route.realm.is_none())
            .map(|route| (route.keeper.clone(), route.id.clone()))
            .collect();
        Ok(Some(routes))
    }

    /// Looks again and again until it is to stop; then waits for what keepers have under way.
    pub(super) async fn follow(
        mut self,
        gateway: Arc<Gateway>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let mut pause = LOOK;
        loop {
            tokio::select! {
                biased;
                _ = stopping.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(pause) => {}
            }
            while self.schedules.try_join_next().is_some() {}
            // Tokens that are in a keeper's memory only must not be left behind there.
            if !self.desk.ledger.is_durable() {
                continue;
            }
            let begun = Instant::now();
            match self.look().await {
                Ok(routes) => {
                    self.trouble = None;
                    self.notice_service();
                    gateway.sees_stores(true);
                    routes.into_iter().for_each(|routes| gateway.follow(routes));
                }
                Err(failure) => {
                    gateway.sees_stores(!is_of_store(&failure));
                    self.complain(&failure);
                }
            }
            pause = LOOK.max(begun.elapsed() * SHARE);
        }
        for guard in &self.guards {
            guard.stop.send_replace(true);
        }
        self.schedules.join_all().await;
    }

    /// Once for each change of what holds from the start to the end.
    fn notice_service(&mut self) {
        let now = service(&self.given);
        if now != self.service {
            log(
                None,
                "[serve] has changed: what it says now holds after a restart",
            );
            self.service = now;
        }
    }

    /// Once for each trouble.
    fn complain(&mut self, failure: &Failure) {
        let trouble = format!("{failure:?}");
        if self.trouble.as_ref() == Some(&trouble) {
            return;
        }
        let why = report::in_words(failure);
        log(
            None,
            &format!("Going on with the connections as they were: {why}"),
        );
        self.trouble = Some(trouble);
    }

    /// The keepers that these settings need: those that are there, where nothing has changed.
    fn guards(&self, fleet: &Fleet) -> Result<Vec<Guard>> {
        let wards = context::wards(fleet)?.into_iter();
        wards.map(|ward| self.guard(ward)).collect()
    }

    fn guard(&self, ward: Ward<'_>) -> Result<Guard> {
        let settings = ward.named.iter().copied().chain(ward.others);
        let shapes: BTreeSet<Shape> = settings.map(Settings::shape).collect();
        if let Some(known) = self.guards.iter().find(|it| it.shapes == shapes) {
            return Ok(known.clone());
        }
        let desk = Arc::clone(&self.desk);
        let keeper = ward.keeper.on_notice(move |notice| desk.take(notice));
        let others = ward
            .others
            .map(|it| -> Result<_> { Ok((it.clone(), context::store(it)?)) });
        Ok(Guard {
            shapes,
            keeper: keeper.build()?,
            named: ward.named.into_iter().cloned().collect(),
            others: others.transpose()?,
            unnamed: Vec::new(),
            stop: watch::Sender::new(false),
        })
    }

    /// Lets these keepers work from now on, and the others end.
    fn appoint(&mut self, guards: Vec<Guard>) {
        let before = std::mem::replace(&mut self.guards, guards);
        let is_in = |guard: &Guard, all: &[Guard]| {
            all.iter().any(|other| other.stop.same_channel(&guard.stop))
        };
        for old in before.iter().filter(|old| !is_in(old, &self.guards)) {
            old.stop.send_replace(true);
            let keeper = old.keeper.clone();
            self.schedules.spawn(async move { keeper.drain().await });
        }
        for new in self.guards.iter().filter(|new| !is_in(new, &before)) {
            if self.schedule {
                let (keeper, mut stop) = (new.keeper.clone(), new.stop.subscribe());
                self.schedules.spawn(async move {
                    let stop = async move { drop(stop.wait_for(|stop| *stop).await) };
                    keeper.run(stop).await;
                });
            }
        }
    }

    /// The connections of a guard's store that have no table of their own. One that can't be served must
    /// not keep the others from it.
    async fn unnamed(&mut self, guard: &Guard, fleet: &Fleet) -> Result<Vec<ConnectionId>> {
        let Some((others, store)) = &guard.others else {
            return Ok(Vec::new());
        };
        let mut found = store.list().await?;
        found.retain(|id| {
            let why = match fleet.named.iter().find(|it| it.connection == *id) {
                Some(table) if table.home == others.home => return false,
                Some(_) => "its table in evergrant.toml leads to another place",
                None if require_free(id.as_str()).is_ok() => return true,
                None => "the gateway has a page of its own at that name",
            };
            if self.left_out.insert(id.clone()) {
                let what = format!(
                    "WARNING: kept alive in {}, but not served: {why}",
                    others.home
                );
                log(Some(id.as_str()), &what);
            }
            false
        });
        Ok(found)
    }

    async fn knows_a_company_more(&self) -> bool {
        for (keeper, id) in &self.without_company {
            let record = keeper.connection(id).await;
            if record.is_ok_and(|record| record.realm.is_some()) {
                return true;
            }
        }
        false
    }

    async fn routes(&mut self, guards: &[Guard]) -> Result<Routes> {
        let mut routes = Routes::new();
        for guard in guards {
            let mut all = guard.named.clone();
            if let Some((others, _)) = &guard.others {
                for id in &guard.unnamed {
                    all.push(settings_of(id, &guard.keeper, others).await?);
                }
            }
            for settings in &all {
                let route = self.route(settings, &guard.keeper).await?;
                routes.insert(route.name.clone(), Arc::new(route));
            }
        }
        Ok(routes)
    }

    async fn route(&mut self, settings: &Settings, keeper: &Keeper) -> Result<Route> {
        let id = &settings.connection;
        let name = id.to_string();
        require_free(&name)?;
        let endpoints = context::endpoints(settings);
        let base = endpoints.base_url;
        // The bearer goes to the provider's API origins only, and this is the one that it has.
        require_private(&base)?;
        let (pool, origin) = self.origins.of(settings, &base)?;
        let realm = match settings.layer.realm.clone() {
            Some(realm) => Some(realm),
            // Without a grant there is no company yet.
            None => keeper.connection(id).await.ok().and_then(|it| it.realm),
        };
        let realm = realm.map(|realm| realm.trim().to_owned());
        let limited = realm.as_deref().unwrap_or(&name);
        let callback = match &settings.layer.redirect_uri {
            Some(_) => url(settings.redirect_uri())?,
            None => url(&format!("{}/callback", self.pages))?,
        };
        Ok(Route {
            path: evergrant_gateway::segment(&name),
            id: id.clone(),
            keeper: keeper.clone(),
            client: keeper.client(id),
            origin,
            pool,
            host: host(&base)?,
            base: base.as_str().trim_end_matches('/').to_owned(),
            base_path: base.path().trim_end_matches('/').to_owned(),
            limit: self.limits.as_ref().map(|limits| limits.realm(limited)),
            realm,
            counters: self.desk.ledger.of(id),
            provider: context::provider_name(settings, true),
            callback,
            consents: endpoints.authorize_url.origin().ascii_serialization(),
            name,
        })
    }
}

/// What holds for a connection of a store, which its record tells. One that can't be read is served all
/// the same: its callers are told why, and it is looked at again until it can.
async fn settings_of(id: &ConnectionId, keeper: &Keeper, others: &Settings) -> Result<Settings> {
    match keeper.connection(id).await {
        Ok(record) => Ok(context::of_record(others, &record)),
        Err(error) if error.kind() == ErrorKind::Unavailable => Err(error.into()),
        Err(_) => Ok(others.for_connection(id)),
    }
}

/// What `[serve]` says, to be compared.
fn service(given: &Given) -> String {
    format!("{:?}", Serve::read(given).ok())
}

/// Whether it is the store that is away or broken, and not the settings.
fn is_of_store(failure: &Failure) -> bool {
    let Failure::Keeper(error) = failure else {
        return false;
    };
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Store)
}

/// The counters of all connections.
#[derive(Default)]
pub(super) struct Ledger(Mutex<BTreeMap<ConnectionId, Arc<Counters>>>);

impl Ledger {
    /// One connection's.
    pub(super) fn of(&self, id: &ConnectionId) -> Arc<Counters> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(id.clone()).or_default())
    }

    /// Whether all tokens of all connections are saved.
    fn is_durable(&self) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().all(|counters| counters.is_durable())
    }
}

/// Each server once, however many connections lead there.
struct Origins {
    known: Vec<(String, Arc<Origin>)>,
    /// How long they may take to answer.
    patience: Duration,
}

impl Origins {
    fn new(patience: Duration) -> Self {
        Self {
            known: Vec::new(),
            patience,
        }
    }

    fn of(&mut self, settings: &Settings, base: &Url) -> Result<(usize, Arc<Origin>)> {
        // One that can't be read has been told of.
        let authority = context::authority(settings).unwrap_or_default();
        let trusted = authority.as_deref().map(String::from_utf8_lossy);
        let key = format!("{} {trusted:?}", base.origin().ascii_serialization());
        if let Some(found) = self.known.iter().position(|(known, _)| *known == key) {
            return Ok((found, Arc::clone(&self.known[found].1)));
        }
        let url = base
            .as_str()
            .parse()
            .map_err(|error: http::uri::InvalidUri| {
                Failure::config(format!("{base} can't be called"), "mend base_url").because(error)
            })?;
        // Plain http is for this machine only, where no proxy is needed.
        let dialer = Dialer::new(authority.as_deref(), base.scheme() == "http")?;
        self.known
            .push((key, Arc::new(Origin::new(url, dialer, self.patience))));
        let last = self.known.len() - 1;
        Ok((last, Arc::clone(&self.known[last].1)))
    }
}

fn host(base: &Url) -> Result<HeaderValue> {
    let authority = &base[url::Position::BeforeHost..url::Position::AfterPort];
    HeaderValue::from_str(authority)
        .map_err(|error| Failure::config(format!("{base} has no usable host"), "").because(error))
}

fn require_free(name: &str) -> Result<()> {
    if evergrant_gateway::RESERVED.contains(&name) {
        return Err(Failure::config(
            format!(
                "the gateway has a page of its own at /{name}, which is a connection's name too"
            ),
            "give the connection another name in evergrant.toml",
        ));
    }
    Ok(())
}

fn url(text: &str) -> Result<Url> {
    text.parse().map_err(|error: url::ParseError| {
        let what = format!("the redirect URI {text:?} is no URL");
        Failure::config(what, "mend redirect_uri in evergrant.toml").because(error)
    })
}

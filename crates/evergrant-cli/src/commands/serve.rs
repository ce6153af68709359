//! `serve`: one process that owns the grants and serves every caller of this machine.
//!
//! The parts run side by side until a signal stops them: the gateway, and the schedule that keeps the
//! grants alive. Stopping is in order: no new connection, the requests under way are answered, a
//! refresh under way is saved.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use evergrant::{Clock as _, ConnectionId, Dialer, Keeper, Notice, SystemClock, require_private};
use http::HeaderValue;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use url::Url;

use crate::alert::Bell;
use crate::args;
use crate::config::{self, Fleet, Log, Serve, Settings};
use crate::console::Console;
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::gateway::access::Rights;
use crate::gateway::audit::{self, Audit};
use crate::gateway::keys::{Holder, KeyFile, KeyRing};
use crate::gateway::limit::Limits;
use crate::gateway::metrics::Counters;
use crate::gateway::pool::Origin;
use crate::gateway::{self, Gateway, Route, Routes, server};
use crate::news;
use crate::sign::Sign;
use crate::span::local_second;
use crate::stop;
use crate::trace::tell;

mod listen;

/// Runs the command. To be stopped is its good end.
pub(crate) async fn run(context: &Context, args: &args::Serve) -> Result<()> {
    let stopped = stop::signal();
    let serve = settings(context, args)?;
    let fleet = Fleet::read(context.given())?;
    let (doors, names) = listen::bind(&serve).await?;
    let console = serve
        .console
        .then(|| Console::open(serve.folder()).map(Arc::new));
    let console = console
        .transpose()
        .map_err(|error| unusable(&serve, error))?;
    let desk = Desk {
        form: serve.log,
        ledger: Ledger::default(),
        console: console.clone(),
        bell: Bell::hang(serve.alerts.clone())?,
    };
    let (routes, keepers) = routes(&serve, &fleet, &names, Arc::new(desk)).await?;
    let gateway = Arc::new(gateway(&serve, routes, names, console)?);
    let (stop, stopping) = watch::channel(false);
    let workers = serve.threads.unwrap_or_else(processors);
    let serving = tokio::spawn(server::serve(
        Arc::clone(&gateway),
        doors,
        workers,
        stopping.clone(),
    ));
    let mut schedules = JoinSet::new();
    for keeper in keepers.into_iter().filter(|_| serve.schedule) {
        let mut stopping = stopping.clone();
        schedules.spawn(async move {
            let stop = async move { drop(stopping.wait_for(|stop| *stop).await) };
            keeper.run(stop).await;
        });
    }
    let sign = Sign {
        url: gateway.url.clone(),
        console: gateway.console.as_ref().map(|(pages, _)| pages.clone()),
    };
    sign.put_up(serve.folder())
        .map_err(|error| unusable(&serve, error))?;
    announce(context, &serve, &gateway)?;
    stopped.await;
    tell(Some(
        "Stopping; what is under way is answered and saved first".to_owned(),
    ));
    sign.take_down(serve.folder());
    gateway.draining.store(true, Ordering::Relaxed);
    stop.send_replace(true);
    let served = serving.await;
    schedules.join_all().await;
    served
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|error| {
            Failure::new(Exit::Unavailable, "the gateway could not be started", "").because(error)
        })
}

/// The settings of the file, and what the flags say instead.
fn settings(context: &Context, args: &args::Serve) -> Result<Serve> {
    let mut serve = Serve::read(context.given())?;
    if let Some(listen) = args.listen {
        serve.listen = listen;
    }
    if let Some(socket) = &args.socket {
        serve.socket = Some(socket.clone());
    }
    if args.no_limits {
        serve.limits = None;
    }
    Ok(serve)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A route for each connection, and the keepers behind them.
async fn routes(
    serve: &Serve,
    fleet: &Fleet,
    names: &listen::Names,
    desk: Arc<Desk>,
) -> Result<(Routes, Vec<Keeper>)> {
    let limits = serve
        .limits
        .map(|rule| Limits::new(rule, Handle::current()));
    let mut origins = Origins::default();
    let (mut routes, mut keepers) = (Routes::new(), Vec::new());
    for ward in context::wards(fleet)? {
        let own = Arc::clone(&desk);
        let keeper = ward
            .keeper
            .on_notice(move |notice| own.take(notice))
            .build()?;
        let mut all: Vec<Settings> = ward.named.into_iter().cloned().collect();
        if let Some(others) = ward.others {
            all.extend(unnamed(&keeper, others, fleet).await?);
        }
        for settings in &all {
            let mut route = route(settings, &keeper, &mut origins, &desk.ledger).await?;
            if settings.layer.redirect_uri.is_none() {
                route.callback = url(&format!("{}/callback", names.pages))?;
            }
            let realm = route.realm.as_deref().unwrap_or(&route.name);
            route.limit = limits.as_ref().map(|limits| limits.realm(realm));
            routes.insert(route.name.clone(), Arc::new(route));
        }
        keepers.push(keeper);
    }
    Ok((routes, keepers))
}

/// The connections of a store that have no table of their own.
async fn unnamed(keeper: &Keeper, others: &Settings, fleet: &Fleet) -> Result<Vec<Settings>> {
    let mut found = Vec::new();
    for id in context::store(others)?.list().await? {
        if fleet.named.iter().all(|it| it.connection != id) {
            let record = keeper.connection(&id).await?;
            found.push(context::of_record(others, &record));
        }
    }
    Ok(found)
}

async fn route(
    settings: &Settings,
    keeper: &Keeper,
    origins: &mut Origins,
    counters: &Ledger,
) -> Result<Route> {
    let id = &settings.connection;
    let name = id.to_string();
    require_free(&name)?;
    let base = context::endpoints(settings).base_url;
    // The bearer goes to the provider's API origins only, and this is the one that it has.
    require_private(&base)?;
    let (pool, origin) = origins.of(settings, &base)?;
    let realm = match settings.layer.realm.clone() {
        Some(realm) => Some(realm),
        // Without a grant there is no company yet.
        None => keeper
            .connection(id)
            .await
            .ok()
            .and_then(|record| record.realm),
    };
    Ok(Route {
        path: gateway::segment(&name),
        id: id.clone(),
        keeper: keeper.clone(),
        client: keeper.client(id),
        origin,
        pool,
        host: host(&base)?,
        base: base.as_str().trim_end_matches('/').to_owned(),
        base_path: base.path().trim_end_matches('/').to_owned(),
        realm: realm.map(|realm| realm.trim().to_owned()),
        limit: None,
        counters: counters.of(id),
        provider: context::provider_name(settings, true),
        callback: url(settings.redirect_uri())?,
        consents: context::endpoints(settings)
            .authorize_url
            .origin()
            .ascii_serialization(),
        name,
    })
}

/// The counters of all connections.
#[derive(Default)]
struct Ledger(Mutex<BTreeMap<ConnectionId, Arc<Counters>>>);

impl Ledger {
    fn of(&self, id: &ConnectionId) -> Arc<Counters> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(id.clone()).or_default())
    }
}

/// Each server once, however many connections lead there.
#[derive(Default)]
struct Origins {
    known: Vec<(String, Arc<Origin>)>,
}

impl Origins {
    fn of(&mut self, settings: &Settings, base: &Url) -> Result<(usize, Arc<Origin>)> {
        let trusted = settings.layer.ca_file.as_ref();
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
        let authority = context::authority(settings)?;
        // Plain http is for this machine only, where no proxy is needed.
        let dialer = Dialer::new(authority.as_deref(), base.scheme() == "http")?;
        self.known.push((key, Arc::new(Origin::new(url, dialer))));
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
    if gateway::RESERVED.contains(&name) {
        return Err(Failure::config(
            format!(
                "the gateway has a page of its own at /{name}, which is a connection's name too"
            ),
            "give the connection another name in evergrant.toml",
        ));
    }
    Ok(())
}

fn gateway(
    serve: &Serve,
    routes: Routes,
    names: listen::Names,
    console: Option<Arc<Console>>,
) -> Result<Gateway> {
    let folder = serve.folder();
    let unusable = |error| unusable(serve, error);
    let audit = match &serve.audit {
        config::Audit::Switch(false) => None,
        config::Audit::Switch(true) => Some(audit::default_path(folder)),
        config::Audit::At(path) => Some(path.clone()),
    };
    let neighbour = Rights {
        preset: serve.socket_access,
        ..Rights::full()
    };
    Ok(Gateway {
        keys: KeyRing::open(KeyFile::in_folder(folder), Vec::new()).map_err(unusable)?,
        neighbour: Holder::without_key("socket", neighbour),
        audit: audit
            .map(|path| Audit::open(&path))
            .transpose()
            .map_err(unusable)?,
        held: Semaphore::new(gateway::HELD_UPLOADS),
        hosts: names.hosts,
        request_ids: serve.request_ids,
        open_metrics: serve.open_metrics,
        url: names.url,
        console: console.map(|console| (names.pages, console)),
        draining: AtomicBool::new(false),
        routes,
    })
}

fn unusable(serve: &Serve, error: std::io::Error) -> Failure {
    Failure::new(
        Exit::Store,
        format!(
            "the gateway's folder {} can't be used",
            serve.folder().display()
        ),
        "mend it (owner, mode, room), or name another one with dir in [serve]",
    )
    .because(error)
}

/// stdout carries the address and nothing else, so that a program can read it.
fn announce(context: &Context, serve: &Serve, gateway: &Gateway) -> Result<()> {
    let url = &gateway.url;
    context
        .output()
        .line(&format!("export EVERGRANT_GATEWAY_URL={url}"))?;
    let names: Vec<&str> = gateway.routes.keys().map(String::as_str).collect();
    log(
        serve.log,
        None,
        &format!("Serving {} at {url}", names.join(", ")),
    );
    Ok(())
}

/// Where notices are taken in.
struct Desk {
    form: Log,
    ledger: Ledger,
    console: Option<Arc<Console>>,
    bell: Option<Bell>,
}

impl Desk {
    /// Tells a notice to the counters, and if it is for people, to the log and the console.
    fn take(&self, notice: &Notice) {
        self.ledger.of(&notice.connection).notice(notice);
        if let Some(bell) = &self.bell {
            bell.take(notice);
        }
        let Some(text) = news::line(&notice.event) else {
            return;
        };
        if let Some(console) = &self.console {
            console.note(notice, &text);
        }
        log(self.form, Some(&notice.connection), &text);
    }
}

fn url(text: &str) -> Result<Url> {
    text.parse().map_err(|error: url::ParseError| {
        let what = format!("the redirect URI {text:?} is no URL");
        Failure::config(what, "mend redirect_uri in evergrant.toml").because(error)
    })
}

fn log(form: Log, connection: Option<&ConnectionId>, text: &str) {
    let now = SystemClock.now();
    tell(Some(match form {
        Log::Json => json!({
            "at": format!("{now:.3}"),
            "connection": connection.map(ConnectionId::as_str),
            "message": text,
        })
        .to_string(),
        Log::Text => match connection {
            Some(name) => format!("{} {name}: {text}", local_second(now)),
            None => format!("{} {text}", local_second(now)),
        },
    }));
}

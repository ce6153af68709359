//! A process that keeps a grant, through the library's public API: what is killed.
//!
//! It runs an errand for each line of its input. It says what it does as it does it, so that the
//! judge knows what it believed when it died.

use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use evergrant::{
    Body, Clock, ConnectionId, Error, Event, FileStore, Keeper, OAuthClient, PostgresStore,
    Provider, Registry, Replay, Rotation, SqliteStore, Store, SystemClock, TokenFile,
};
use http::Request;
use jiff::{SignedDuration, Timestamp};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, raise};
use tokio::sync::mpsc;
use url::Url;

use super::Result;
use super::orders::{Blow, Errand, Orders, Said, Step, Wish};
use super::sabotage::sabotaged;

/// The company that every grant is for.
pub(crate) const REALM: &str = "123146096291789";
pub(crate) const PROVIDER: &str = "sandbox";
/// How long a lease lasts that can outlive its holder, so that many may die in a short time.
const LEASE: Duration = Duration::from_secs(2);
const CLIENT_ID: &str = "evergrant-sandbox-client";
const CLIENT_SECRET: &str = "evergrant-sandbox-secret";

/// Works as the words of its orders say, until its input ends.
///
/// # Errors
/// If the orders are not understood or can't be followed; never an errand's failure.
pub(crate) fn work(words: &[String]) -> Result<()> {
    let orders = Orders::parse(words)?;
    if let Some(limit) = orders.file_limit {
        setrlimit(Resource::RLIMIT_FSIZE, limit, limit)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(&orders))
}

pub(crate) fn connection() -> ConnectionId {
    ConnectionId::new("acme")
}

/// The store that the workers share, and that the judge reads.
pub(crate) fn store(home: &str) -> Result<Arc<dyn Store>> {
    if let Some(registry) = registry(home)? {
        return Ok(registry);
    }
    let file = TokenFile {
        path: home.into(),
        provider: PROVIDER.to_owned(),
        realm: Some(REALM.to_owned()),
    };
    Ok(Arc::new(FileStore::new().with(connection(), file)))
}

/// The same, if it is a database.
pub(crate) fn registry(home: &str) -> Result<Option<Arc<dyn Registry>>> {
    Ok(match home.split_once(':') {
        Some(("sqlite", path)) => Some(Arc::new(SqliteStore::at(path))),
        Some(("postgres", _)) => Some(Arc::new(PostgresStore::at(home)?.lease_life(LEASE))),
        _ => None,
    })
}

async fn run(orders: &Orders) -> Result<()> {
    let clock = Ahead::default();
    let keeper = keeper(orders, clock.clone())?;
    let mut errands = errands();
    say(&Said::Ready);
    while let Some(errand) = errands.recv().await {
        clock.set(errand.ahead);
        let answer = go(&keeper, orders, errand.wish).await;
        say(&Said::Answer(answer));
    }
    keeper.drain().await;
    Ok(())
}

/// Read by a thread of their own: what the keeper does in the background goes on meanwhile.
fn errands() -> mpsc::UnboundedReceiver<Errand> {
    let (given, errands) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let lines = io::stdin().lock().lines().map_while(io::Result::ok);
        for errand in lines.filter_map(|line| Errand::parse(&line)) {
            if given.send(errand).is_err() {
                return;
            }
        }
    });
    errands
}

async fn go(keeper: &Keeper, orders: &Orders, wish: Wish) -> String {
    let answer = match wish {
        Wish::Call => call(keeper, orders).await,
        Wish::Refresh => match keeper.refresh(&connection()).await {
            Ok(_) => call(keeper, orders).await,
            Err(error) => Err(error),
        },
    };
    answer.map_or_else(
        |error| format!("{:?}", error.kind()),
        |status| status.to_string(),
    )
}

async fn call(keeper: &Keeper, orders: &Orders) -> Result<u16, Error> {
    let id = connection();
    let bearer = keeper.bearer(&id).await?;
    say(&Said::Got(bearer.token.fingerprint().to_string()));
    let url = format!("{}/v3/company/{REALM}/employee/58", orders.base);
    let request = Request::get(url).body(Body::default()).map_err(|error| {
        Error::new(evergrant::ErrorKind::Config, "no such request").with_source(error)
    })?;
    let response = keeper.client(&id).send(request).await?;
    Ok(response.status().as_u16())
}

fn keeper(orders: &Orders, clock: Ahead) -> Result<Keeper> {
    let store = store(&orders.home)?;
    let store = match orders.sabotage {
        Some(sabotage) => sabotaged(store, sabotage),
        None => store,
    };
    let client = OAuthClient {
        id: CLIENT_ID.to_owned(),
        secret: Some(evergrant::ClientSecret::new(CLIENT_SECRET)),
    };
    let (at, struck) = (orders.at, AtomicBool::new(false));
    let keeper = Keeper::builder(store)
        .provider(provider(&orders.base, orders.replay)?, client)
        .clock(clock)
        // A failure is the end of an errand: the driver decides what comes next, and when.
        .patience(Duration::ZERO)
        .on_notice(move |notice| hear(&notice.event, at, &struck))
        .build()?;
    Ok(keeper)
}

fn provider(base: &str, replay: Replay) -> Result<Provider> {
    let url = |path: &str| Url::parse(&format!("{base}{path}"));
    Ok(Provider {
        api_origins: vec![url("/")?],
        rotation: Rotation {
            replay,
            evidence: "the sandbox",
        },
        ..Provider::standard(
            PROVIDER,
            url("/connect/oauth2")?,
            url("/oauth2/v1/tokens/bearer")?,
        )
    })
}

fn hear(event: &Event, at: Option<(Step, Blow)>, struck: &AtomicBool) {
    match event {
        Event::Spending { .. } => say(&Said::Spending),
        Event::Saved {
            access: Some(token),
            ..
        } => say(&Said::Saved(token.to_string())),
        Event::Undurable { .. } => say(&Said::Undurable),
        _ => {}
    }
    let Some((step, blow)) = at else { return };
    // The step may come again, and nobody wakes it up a second time.
    if step_of(event) == Some(step) && !struck.swap(true, Ordering::Relaxed) {
        say(&Said::At(step));
        let signal = match blow {
            Blow::Kill => Signal::SIGKILL,
            Blow::Stop => Signal::SIGSTOP,
        };
        let _ = raise(signal);
    }
}

fn step_of(event: &Event) -> Option<Step> {
    Some(match event {
        Event::Leased => Step::Leased,
        Event::Reread { .. } => Step::Reread,
        Event::Spending { .. } => Step::Spending,
        Event::Sending { url, .. } if url.path().contains("tokens") => Step::Sending,
        Event::Answered { status, .. } if status.is_success() => Step::Answered,
        Event::Saved { .. } => Step::Saved,
        Event::Refreshed { .. } => Step::Refreshed,
        Event::Released => Step::Released,
        _ => return None,
    })
}

/// A line at once: the next thing may be death.
fn say(said: &Said) {
    println!("{}", said.line());
}

/// The system's clocks, set ahead: hours pass when the driver says so.
#[derive(Debug, Clone, Default)]
struct Ahead(Arc<AtomicI64>);

impl Ahead {
    fn set(&self, ahead: SignedDuration) {
        self.0.store(ahead.as_secs(), Ordering::Relaxed);
    }

    fn ahead(&self) -> SignedDuration {
        SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        now.saturating_add(self.ahead()).unwrap_or(now)
    }

    fn since_boot(&self) -> Option<SignedDuration> {
        Some(SystemClock.since_boot()? + self.ahead())
    }
}

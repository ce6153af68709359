//! The service behind `evergrant serve`: the provider's API on this machine, for callers with a key of
//! ours and no token; webhooks taken in; a console; alerts.
//!
//! `server` accepts connections and gives them to workers, each with a thread and a runtime of its
//! own. A request is looked at by `door` (is this host ours, who is the caller, what may it do: pure
//! decisions in `target`, `access` and `keys`), waits for its turn in `limit`, and is sent by
//! `forward` over a connection from the worker's `pool`. What came of it goes to `metrics` and
//! `audit` when its body has passed, by `record`.
//!
//! It does not know how tokens are kept: it asks the keeper for a bearer and tells it of a 401. It reads
//! no configuration and no environment: whoever assembles it ([`Gateway`], [`Route`]) says what it is to
//! do. What it has to tell its operator are events of `tracing`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use evergrant::{
    AuthClient, Clock as _, Connection, ConnectionId, ErrorKind, Grant, Keeper, Runway, SystemClock,
};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

pub mod access;
pub mod alert;
pub mod audit;
mod body;
pub mod console;
pub mod disk;
mod door;
mod error;
mod forward;
mod headers;
pub mod intake;
pub mod keys;
pub mod limit;
pub mod metrics;
mod own;
pub mod patience;
pub mod pool;
pub mod post;
mod program;
mod record;
mod refusal;
pub mod server;
pub mod sign;
pub mod span;
pub mod spans;
pub mod story;
mod target;

pub use error::{Error, chain};
pub use own::RESERVED;

use audit::{Audit, Line};
use body::Reply;
use console::Console;
use intake::Intake;
use keys::{Holder, KeyRing};
use limit::Realm;
use metrics::{Counters, Told};
use patience::Patience;
use pool::Origin;
use refusal::Refusal;
use spans::Spans;

/// What all uploads that are held in memory may take together, in bytes.
const HELD_UPLOADS: usize = 64 * 1024 * 1024;

/// What all workers share.
pub struct Gateway {
    /// What changes while it runs.
    pub state: State,
    /// Whose keys open it.
    pub keys: KeyRing,
    /// Who comes by the Unix socket.
    pub neighbour: Arc<Holder>,
    /// Where requests are written down, if anywhere.
    pub audit: Option<Audit>,
    /// Names by which this server may be called, with the port where that is not the scheme's own.
    pub hosts: Vec<String>,
    /// Whether `requestid` is added to writes that lack one.
    pub request_ids: bool,
    /// Whether anybody may read the metrics, or only holders of a key.
    pub open_metrics: bool,
    /// Where it can be reached, without a path.
    pub url: String,
    /// Where its pages and callbacks are, without a path, and what they know.
    pub console: Option<(String, Arc<Console>)>,
    /// Where webhooks are taken in, if they are.
    pub intake: Option<Arc<Intake>>,
    /// Where each request is told of, if anywhere.
    pub spans: Spans,
    /// How many connections are served at once.
    pub max_connections: usize,
    /// How long others are waited for.
    pub patience: Patience,
}

/// What of a gateway changes while it runs.
pub struct State {
    routes: RwLock<Arc<Routes>>,
    /// Room for uploads that are held.
    held: Semaphore,
    draining: AtomicBool,
    /// A store of connections can't be read at present.
    blind: AtomicBool,
}

/// The connections, by name.
pub type Routes = BTreeMap<String, Arc<Route>>;

/// A connection, and the way to its API.
pub struct Route {
    /// Its name.
    pub name: String,
    /// `/` and the name as it stands in a path.
    pub path: String,
    /// As its keeper knows it.
    pub id: ConnectionId,
    /// Who keeps its grant.
    pub keeper: Keeper,
    /// The same, for this connection alone.
    pub client: AuthClient,
    /// The API's server.
    pub origin: Arc<Origin>,
    /// Which of a worker's pools leads there.
    pub pool: usize,
    /// The API's root, without a `/` at its end.
    pub base: String,
    /// What stands before `/v3`, where the root has a path.
    pub base_path: String,
    /// The API's `Host`.
    pub host: HeaderValue,
    /// The company, as far as the settings say.
    pub realm: Option<String>,
    /// Its limits, if they are kept.
    pub limit: Option<Arc<Realm>>,
    /// What is counted of it.
    pub counters: Arc<Counters>,
    /// Its provider, where it has no record yet that says it.
    pub provider: String,
    /// Where consent returns to.
    pub callback: Url,
    /// The origin of the provider's consent page.
    pub consents: String,
}

impl State {
    /// Of a gateway that will serve these connections.
    pub fn new(routes: Routes) -> Self {
        Self {
            routes: RwLock::new(Arc::new(routes)),
            held: Semaphore::new(HELD_UPLOADS),
            draining: AtomicBool::new(false),
            blind: AtomicBool::new(false),
        }
    }
}

impl Gateway {
    /// The connections as they are now, by name.
    pub fn routes(&self) -> Arc<Routes> {
        let routes = self.state.routes.read();
        Arc::clone(&routes.unwrap_or_else(PoisonError::into_inner))
    }

    /// The connection of this name.
    pub(crate) fn route(&self, name: &str) -> Option<Arc<Route>> {
        let routes = self.state.routes.read();
        let routes = routes.unwrap_or_else(PoisonError::into_inner);
        routes.get(name).cloned()
    }

    /// Serves these connections from now on. What is under way ends by the ones before.
    pub fn follow(&self, routes: Routes) {
        let held = self.state.routes.write();
        *held.unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
    }

    /// Tells who asks that it is stopping, and should be given no more work.
    pub fn drain(&self) {
        self.state.draining.store(true, Ordering::Relaxed);
    }

    /// Tells who asks whether the stores of connections can be read. While one can't be, nothing new is
    /// saved there either; tokens that are in memory are served all the same.
    pub fn sees_stores(&self, sees: bool) {
        self.state.blind.store(!sees, Ordering::Relaxed);
    }

    /// Where a human makes a lapsed connection anew.
    pub(crate) fn reconnect_url(&self, route: &Route) -> Option<String> {
        let (address, _) = self.console.as_ref()?;
        Some(format!("{address}/console/connections{}", route.path))
    }

    /// Whether it should be given work.
    ///
    /// # Errors
    /// Why not, in words.
    pub(crate) fn ready(&self) -> Result<(), String> {
        if self.state.draining.load(Ordering::Relaxed) {
            return Err("it is stopping".to_owned());
        }
        if self.state.blind.load(Ordering::Relaxed) {
            return Err("the store of connections can't be read".to_owned());
        }
        let routes = self.routes();
        let undurable: Vec<&str> = routes
            .values()
            .filter(|route| !route.counters.is_durable())
            .map(|route| route.name.as_str())
            .collect();
        if undurable.is_empty() {
            return Ok(());
        }
        Err(format!(
            "tokens of {} can't be saved yet",
            undurable.join(", ")
        ))
    }

    /// Logs a request that was not let in.
    pub(crate) fn note_refused(&self, parts: &Parts, refusal: &Refusal) {
        let caller = refusal.caller.as_ref();
        let (name, key) = caller.map_or(("", ""), |it| (&it.name, &it.id));
        self.note(parts, (name, key), refusal.status, Some(refusal.error));
    }

    /// Logs a request that is no connection's, with its caller's name and key.
    pub(crate) fn note(
        &self,
        parts: &Parts,
        (caller, key): (&str, &str),
        status: StatusCode,
        refused: Option<&'static str>,
    ) {
        let Some(audit) = &self.audit else { return };
        audit.add(&Line {
            at: format!("{:.3}", SystemClock.now()),
            caller,
            key,
            connection: "",
            realm: None,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            status: status.as_u16(),
            ms: 0,
            requestid: None,
            refused,
        });
    }

    /// The metrics of all connections.
    pub(crate) async fn metrics(&self) -> String {
        let now = SystemClock.now();
        let routes = self.routes();
        let mut told = Vec::with_capacity(routes.len());
        for route in routes.values() {
            let connection = route.keeper.connection(&route.id).await;
            let live = is_live(&connection);
            let connection = connection.ok();
            let runway = connection.as_ref().map(Runway::of);
            let left = |end: Option<jiff::Timestamp>| Some(end?.duration_since(now).as_secs());
            let ends = runway.map(|it| [it.idle, it.hard]);
            told.push(Told {
                connection: &route.name,
                counters: &route.counters,
                waiting: route.limit.as_ref().map_or(0, |realm| realm.waiting()),
                runway: ends.and_then(|ends| left(ends.into_iter().flatten().min())),
                access: runway.and_then(|it| left(it.access)),
                live,
            });
        }
        let lost = self.audit.as_ref().map_or(0, Audit::lost);
        let mut text = metrics::exposition(&told, lost, now);
        metrics::spans(&mut text, self.spans.lost());
        if let Some(intake) = &self.intake {
            metrics::webhooks(&mut text, &intake.told(), now);
        }
        text
    }
}

/// Whether the grant lives; nothing if the store is away, which says nothing of the grant.
fn is_live(found: &evergrant::Result<Connection>) -> Option<bool> {
    match found {
        Ok(connection) => Some(matches!(connection.grant, Grant::Live(_))),
        Err(error) if error.kind() == ErrorKind::Unavailable => None,
        Err(_) => Some(false),
    }
}

/// A connection's name as it stands in a path, with the `/` before it.
pub fn segment(name: &str) -> String {
    let mut path = String::from("/");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

//! The gateway: the provider's API on this machine, for callers with a key of ours and no token.
//!
//! `server` accepts connections and gives them to workers, each with a thread and a runtime of its
//! own. A request is looked at by `door` (is this host ours, who is the caller, what may it do: pure
//! decisions in `target`, `access` and `keys`), waits for its turn in `limit`, and is sent by
//! `forward` over a connection from the worker's `pool`. What came of it goes to `metrics` and
//! `audit` when its body has passed, by `record`.
//!
//! It does not know how tokens are kept: it asks the keeper for a bearer and tells it of a 401.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use evergrant::{AuthClient, Clock as _, ConnectionId, Keeper, Runway, SystemClock};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

use crate::console::Console;
use crate::intake::Intake;

pub(crate) mod access;
pub(crate) mod audit;
mod body;
mod door;
mod forward;
mod headers;
pub(crate) mod keys;
pub(crate) mod limit;
pub(crate) mod metrics;
mod own;
pub(crate) mod patience;
pub(crate) use own::RESERVED;
pub(crate) mod pool;
mod record;
pub(crate) mod refusal;
pub(crate) mod server;
pub(crate) mod spans;
mod target;

pub(crate) use body::Reply;

use audit::{Audit, Line};
use keys::{Holder, KeyRing};
use limit::Realm;
use metrics::{Counters, Told};
use patience::Patience;
use pool::Origin;
use refusal::Refusal;
use spans::Spans;

/// What all uploads that are held in memory may take together, in bytes.
pub(crate) const HELD_UPLOADS: usize = 64 * 1024 * 1024;

/// What all workers share.
pub(crate) struct Gateway {
    /// Read it with [`routes`](Self::routes) and [`route`](Self::route).
    pub(crate) routes: RwLock<Arc<Routes>>,
    pub(crate) keys: KeyRing,
    /// Who comes by the Unix socket.
    pub(crate) neighbour: Arc<Holder>,
    pub(crate) audit: Option<Audit>,
    /// Room for uploads that are held.
    pub(crate) held: Semaphore,
    /// Names by which this server may be called, with the port where that is not the scheme's own.
    pub(crate) hosts: Vec<String>,
    /// Whether `requestid` is added to writes that lack one.
    pub(crate) request_ids: bool,
    /// Whether anybody may read the metrics, or only holders of a key.
    pub(crate) open_metrics: bool,
    /// Where it can be reached, without a path.
    pub(crate) url: String,
    /// Where its pages and callbacks are, without a path, and what they know.
    pub(crate) console: Option<(String, Arc<Console>)>,
    /// Where webhooks are taken in, if they are.
    pub(crate) intake: Option<Arc<Intake>>,
    /// Where each request is told of, if anywhere.
    pub(crate) spans: Spans,
    /// How many connections are served at once.
    pub(crate) max_connections: usize,
    pub(crate) patience: Patience,
    pub(crate) draining: AtomicBool,
}

/// The connections, by name.
pub(crate) type Routes = BTreeMap<String, Arc<Route>>;

/// A connection, and the way to its API.
pub(crate) struct Route {
    pub(crate) name: String,
    /// `/` and the name as it stands in a path.
    pub(crate) path: String,
    pub(crate) id: ConnectionId,
    pub(crate) keeper: Keeper,
    pub(crate) client: AuthClient,
    pub(crate) origin: Arc<Origin>,
    /// Which of a worker's pools leads there.
    pub(crate) pool: usize,
    /// The API's root, without a `/` at its end.
    pub(crate) base: String,
    /// What stands before `/v3`, where the root has a path.
    pub(crate) base_path: String,
    /// The API's `Host`.
    pub(crate) host: HeaderValue,
    /// The company, as far as the settings say.
    pub(crate) realm: Option<String>,
    /// Its limits, if they are kept.
    pub(crate) limit: Option<Arc<Realm>>,
    pub(crate) counters: Arc<Counters>,
    /// Its provider, where it has no record yet that says it.
    pub(crate) provider: String,
    /// Where consent returns to.
    pub(crate) callback: Url,
    /// The origin of the provider's consent page.
    pub(crate) consents: String,
}

impl Gateway {
    /// The connections as they are now, by name.
    pub(crate) fn routes(&self) -> Arc<Routes> {
        let routes = self.routes.read();
        Arc::clone(&routes.unwrap_or_else(PoisonError::into_inner))
    }

    /// The connection of this name.
    pub(crate) fn route(&self, name: &str) -> Option<Arc<Route>> {
        let routes = self.routes.read();
        let routes = routes.unwrap_or_else(PoisonError::into_inner);
        routes.get(name).cloned()
    }

    /// Serves these connections from now on. What is under way ends by the ones before.
    pub(crate) fn follow(&self, routes: Routes) {
        let held = self.routes.write();
        *held.unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
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
        if self.draining.load(Ordering::Relaxed) {
            return Err("it is stopping".to_owned());
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
            let connection = route.keeper.connection(&route.id).await.ok();
            let runway = connection.as_ref().map(Runway::of);
            let left = |end: Option<jiff::Timestamp>| Some(end?.duration_since(now).as_secs());
            let ends = runway.map(|it| [it.idle, it.hard]);
            told.push(Told {
                connection: &route.name,
                counters: &route.counters,
                waiting: route.limit.as_ref().map_or(0, |realm| realm.waiting()),
                runway: ends.and_then(|ends| left(ends.into_iter().flatten().min())),
                access: runway.and_then(|it| left(it.access)),
                live: connection.is_some_and(|it| matches!(it.grant, evergrant::Grant::Live(_))),
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

/// A connection's name as it stands in a path, with the `/` before it.
pub(crate) fn segment(name: &str) -> String {
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

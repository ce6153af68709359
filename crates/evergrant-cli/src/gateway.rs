//! The gateway: the provider's API on this machine, for callers with a key of ours and no token.
//!
//! `server` accepts connections and gives them to workers, each with a thread and a runtime of its
//! own. A request is looked at by `door` (is this host ours, who is the caller, what may it do: pure
//! decisions in `target`, `access` and `keys`), waits for its turn in `limit`, and is sent by
//! `forward` over a connection from the worker's `pool`. What came of it goes to `metrics` and
//! `audit` when its body has passed, by `record`.
//!
//! It does not know how tokens are kept: it asks the keeper for a bearer and tells it of a 401.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evergrant::{AuthClient, Clock as _, ConnectionId, Keeper, Runway, SystemClock};
use http::HeaderValue;
use http::request::Parts;
use tokio::sync::Semaphore;
use url::Url;

use crate::console::Console;

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
pub(crate) use own::RESERVED;
pub(crate) mod pool;
mod record;
pub(crate) mod refusal;
pub(crate) mod server;
mod target;

pub(crate) use body::Reply;

use audit::{Audit, Line};
use keys::{Holder, KeyRing};
use limit::Realm;
use metrics::{Counters, Told};
use pool::Origin;
use refusal::Refusal;

/// What all uploads that are held in memory may take together, in bytes.
pub(crate) const HELD_UPLOADS: usize = 64 * 1024 * 1024;

/// What all workers share.
pub(crate) struct Gateway {
    /// The connections, by name.
    pub(crate) routes: Routes,
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
    /// Which of a worker's pools leads there.
    pub(crate) origin: Arc<Origin>,
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
        let undurable: Vec<&str> = self
            .routes
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
        let Some(audit) = &self.audit else { return };
        audit.add(&Line {
            at: format!("{:.3}", SystemClock.now()),
            caller: "",
            key: "",
            connection: "",
            realm: None,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            status: refusal.status.as_u16(),
            ms: 0,
            requestid: None,
            refused: Some(refusal.error),
        });
    }

    /// The metrics of all connections.
    pub(crate) async fn metrics(&self) -> String {
        let now = SystemClock.now();
        let mut told = Vec::with_capacity(self.routes.len());
        for route in self.routes.values() {
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
        metrics::exposition(&told, lost, now)
    }
}

impl Route {
    /// A pool for each server that these routes lead to.
    pub(crate) fn pools(routes: &Routes) -> Vec<Arc<pool::Pool>> {
        let mut origins: HashMap<usize, &Arc<Origin>> = HashMap::new();
        for route in routes.values() {
            origins.entry(route.pool).or_insert(&route.origin);
        }
        let made = (0..origins.len()).filter_map(|index| origins.get(&index));
        made.map(|origin| Arc::new(pool::Pool::new(Arc::clone(origin))))
            .collect()
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

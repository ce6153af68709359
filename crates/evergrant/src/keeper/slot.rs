//! A slot: what the callers of one connection share in memory.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{Bearer, Registered, lock};
use crate::clock::{Expiry, Moment};
use crate::policy;
use crate::refresh::Renewal;
use crate::{Connection, ConnectionId, Generation, Grant, Lapse, RefreshToken, Result};

/// How long a token that could not be renewed in time is served before the store is asked again.
const RECHECK: SignedDuration = SignedDuration::from_secs(5);

/// What the callers of one connection share.
pub(crate) struct Slot {
    id: ConnectionId,
    registered: OnceLock<Arc<Registered>>,
    /// What was last saved (or is held because it can't be): what callers get.
    published: RwLock<Option<Published>>,
    flight: Mutex<Option<Flight>>,
    /// The generation that replaced a refused token and that the API has not taken yet, as far as
    /// is known here; 0 if there is none. A number, so that each request can look at it.
    on_trial: AtomicU64,
    /// The generation whose access token the API has refused last, as expired or unknown; 0 if none. A
    /// number, as above.
    refused: AtomicU64,
    /// Keeps many first callers from reading the store at once.
    reading: tokio::sync::Mutex<()>,
}

pub(super) type Flight = watch::Receiver<Option<Result<Renewal>>>;

struct Published {
    bearer: Bearer,
    /// All of it: if the store is set back, this may be the only copy.
    connection: Connection,
    /// When this generation was first seen here.
    seen: Moment,
    /// Served without a further thought until then; `None`: until the API refuses it.
    fresh_until: Option<Expiry>,
    /// Served at all until then; `None` as above.
    usable_until: Option<Expiry>,
}

/// What memory has for a caller.
pub(super) enum Held {
    Fresh(Bearer),
    Ending(Bearer),
    Nothing,
}

impl Slot {
    pub(super) fn new(id: ConnectionId) -> Self {
        Self {
            id,
            registered: OnceLock::new(),
            published: RwLock::new(None),
            flight: Mutex::new(None),
            on_trial: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            reading: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn id(&self) -> &ConnectionId {
        &self.id
    }

    /// The connection's provider, once its record was read.
    pub(super) fn registered(&self) -> Option<&Registered> {
        self.registered.get().map(Arc::as_ref)
    }

    /// Notes the provider; the first one stays.
    pub(super) fn adopt(&self, registered: Arc<Registered>) -> Arc<Registered> {
        Arc::clone(self.registered.get_or_init(|| registered))
    }

    pub(super) fn flight(&self) -> MutexGuard<'_, Option<Flight>> {
        lock(&self.flight)
    }

    /// Notes that the API takes the access token of this generation no more.
    pub(super) fn refuse(&self, generation: Generation) {
        self.refused.store(generation.0, Ordering::Relaxed);
    }

    /// Whether the API takes the access token of this generation no more, and another one is on its way.
    pub(super) fn is_replacing(&self, generation: Generation) -> bool {
        self.refused.load(Ordering::Relaxed) == generation.0
            && self.flight().as_ref().is_some_and(is_under_way)
    }

    /// The right to read the store for all who find nothing here.
    pub(super) async fn reading(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.reading.lock().await
    }

    pub(super) fn publish(&self, connection: &Connection, now: Moment, jitter: f64) {
        let Some(bearer) = Bearer::of(connection) else {
            return;
        };
        let seen = self.seen(connection.generation).unwrap_or(now);
        let now = seen.judged_at(now);
        if !connection.refusals.is_empty() {
            let generation = connection.generation.0;
            self.on_trial.store(generation, Ordering::Relaxed);
        }
        let tokens = connection.tokens();
        let fresh_until = self.registered.get().and_then(|registered| {
            let ahead = policy::renew_from(tokens, &registered.provider, jitter)?;
            // What is served though it is ending is looked at again in a moment, not each time.
            let recheck = now.saturating_add(RECHECK).unwrap_or(ahead);
            Some(ahead.max(recheck.min(tokens.access_expires?)))
        });
        let until = |time: Option<Timestamp>| time.map(|time| seen.until(time));
        self.set(Some(Published {
            fresh_until: until(fresh_until),
            usable_until: until(bearer.expires),
            bearer,
            connection: connection.clone(),
            seen,
        }));
    }

    /// Forgets what was published: the grant is over.
    pub(crate) fn withdraw(&self) {
        self.set(None);
    }

    fn set(&self, new: Option<Published>) {
        let published = self.published.write();
        *published.unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// Whether this was the first time that the API took a token on trial.
    pub(super) fn end_trial(&self, generation: Generation) -> bool {
        let on_trial = self.on_trial.load(Ordering::Relaxed) == generation.0;
        on_trial
            && self
                .on_trial
                .compare_exchange(generation.0, 0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// What is held here, if the store seems to have an older state of it.
    pub(super) fn later_than(&self, stored: &Connection) -> Option<Connection> {
        let published = self.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        let own = &published.as_ref()?.connection;
        let is_behind = stored.generation < own.generation
            || matches!(
                stored.grant,
                Grant::Lapsed {
                    lapse: Lapse::Spent,
                    ..
                }
            );
        let refresh = |it: &Connection| it.tokens().refresh.as_ref().map(RefreshToken::fingerprint);
        let own_refresh = refresh(own);
        (is_behind && own_refresh.is_some() && own_refresh != refresh(stored)).then(|| own.clone())
    }

    pub(crate) fn generation(&self) -> Option<Generation> {
        let published = self.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        published.as_ref().map(|held| held.bearer.generation)
    }

    /// The time by which the tokens of `generation` are judged: what this process has held for an
    /// hour is an hour older, though the wall clock was set back meanwhile.
    pub(super) fn judged_at(&self, generation: Generation, now: Moment) -> Timestamp {
        self.seen(generation).unwrap_or(now).judged_at(now)
    }

    fn seen(&self, generation: Generation) -> Option<Moment> {
        let published = self.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        let held = published.as_ref()?;
        (held.bearer.generation == generation).then_some(held.seen)
    }

    pub(super) fn held(&self, now: Moment) -> Held {
        let published = self.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        let Some(held) = &*published else {
            return Held::Nothing;
        };
        let lasts = |end: Option<Expiry>| end.is_none_or(|end| !end.is_over(now));
        if lasts(held.fresh_until) {
            Held::Fresh(held.bearer.clone())
        } else if lasts(held.usable_until) {
            Held::Ending(held.bearer.clone())
        } else {
            Held::Nothing
        }
    }
}

/// Whether a flight has not landed yet, and whoever it is will land.
pub(super) fn is_under_way(flight: &Flight) -> bool {
    flight.borrow().is_none() && flight.has_changed().is_ok()
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

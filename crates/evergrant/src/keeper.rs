//! The keeper: hands out bearers and keeps their grants alive.
//!
//! A bearer is served from memory while it lives. Everything else (first read of the store,
//! renewal, a refusal by the API) goes through one *flight* per connection: the first caller starts
//! it in a task of its own, and all others await the same outcome. A caller who goes away never
//! takes the flight down with it. What a flight does is in `refresh.rs`.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use http::header::HeaderValue;
use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::client::redacted;
use crate::connect;
use crate::policy::{self, Decision};
use crate::refresh::{self, Need, Renewal};
use crate::transport::{Answer, Lost, Transport};
use crate::{
    AccessToken, AuthClient, Clock, Connection, ConnectionId, Consent, Error, ErrorKind, Event,
    Generation, Notice, OAuthClient, Provider, Refusal, Result, Store, SystemClock,
};

/// How long a call may go on retrying a token endpoint that fails, unless told otherwise.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);
/// How long a token that could not be renewed in time is served before the store is asked again.
const RECHECK: SignedDuration = SignedDuration::from_secs(5);
/// How often a caller joins somebody else's flight before its own need is met.
const ROUNDS: usize = 4;

/// Keeps connections alive. Cheap to clone.
#[derive(Clone)]
pub struct Keeper {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    transport: Transport,
    providers: HashMap<String, Arc<Registered>>,
    observer: Option<Box<Observer>>,
    patience: Duration,
    /// One a connection; never removed, since clients hold them.
    slots: Mutex<HashMap<ConnectionId, Arc<Slot>>>,
    /// Every flight, so that shutdown can wait for them.
    tasks: TaskTracker,
}

type Observer = dyn Fn(&Notice) + Send + Sync;

/// A provider, with our client there.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) provider: Provider,
    pub(crate) client: OAuthClient,
}

/// An access token ready to attach.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The token.
    pub token: AccessToken,
    /// The generation of the grant that it is from.
    pub generation: Generation,
    /// When it dies, if known.
    pub expires: Option<Timestamp>,
    header: Option<HeaderValue>,
}

impl Bearer {
    /// The access token of a connection, if it has one.
    pub(crate) fn of(connection: &Connection) -> Option<Self> {
        let tokens = connection.tokens();
        let token = tokens.access.clone()?;
        let header = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
        Some(Self {
            token,
            generation: connection.generation,
            expires: tokens.access_expires,
            header: header.ok().map(|mut value| {
                value.set_sensitive(true);
                value
            }),
        })
    }

    /// The `Authorization` header's value (RFC 6750 §2.1), marked sensitive.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the token holds characters that no header can carry.
    pub fn authorization(&self) -> Result<HeaderValue> {
        self.header.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::Store,
                "the access token holds characters that no header can carry",
            )
        })
    }
}

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
    /// Keeps many first callers from reading the store at once.
    reading: tokio::sync::Mutex<()>,
}

type Flight = watch::Receiver<Option<Result<Renewal>>>;

struct Published {
    bearer: Bearer,
    /// Served without a further thought until then; `None`: until the API refuses it.
    fresh_until: Option<Timestamp>,
}

/// What memory has for a caller.
enum Held {
    Fresh(Bearer),
    Ending(Bearer),
    Nothing,
}

/// Settings of a [`Keeper`].
pub struct KeeperBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    providers: Vec<Registered>,
    roots: Option<Vec<u8>>,
    observer: Option<Box<Observer>>,
    patience: Duration,
    ahead: bool,
}

impl KeeperBuilder {
    /// Registers a provider and our client there; connections name it by [`Provider::name`].
    #[must_use]
    pub fn provider(mut self, provider: Provider, client: OAuthClient) -> Self {
        self.providers.push(Registered { provider, client });
        self
    }

    /// Another clock than the system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Trusts these certificate authorities (PEM) besides the well-known ones.
    #[must_use]
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// Calls `observer` with each notice, synchronously and in order. It must be quick.
    #[must_use]
    pub fn on_notice(mut self, observer: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// How long a call may go on retrying a token endpoint that fails; 10 s unless told otherwise.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether access tokens are renewed ahead of their end (unless told otherwise), or only when
    /// it has come, as suits a program that makes one call and ends.
    #[must_use]
    pub fn refresh_ahead(mut self, ahead: bool) -> Self {
        self.ahead = ahead;
        self
    }

    /// Makes the keeper. Nothing is read, sent or spawned before it is asked for something.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if a provider's URL is plain http to another machine, or the trusted
    /// authorities can't be read.
    pub fn build(self) -> Result<Keeper> {
        let mut providers = HashMap::new();
        let mut direct = false;
        for mut registered in self.providers {
            registered.provider.validate()?;
            if !self.ahead {
                registered.provider.refresh_margin = SignedDuration::ZERO;
            }
            direct |= registered.provider.speaks_plain_http();
            providers.insert(registered.provider.name.clone(), Arc::new(registered));
        }
        Ok(Keeper {
            inner: Arc::new(Inner {
                store: self.store,
                clock: self.clock,
                transport: Transport::new(self.roots.as_deref(), direct)?,
                providers,
                observer: self.observer,
                patience: self.patience,
                slots: Mutex::default(),
                tasks: TaskTracker::new(),
            }),
        })
    }
}

impl Keeper {
    /// Begins with the store in which the connections live.
    pub fn builder(store: Arc<dyn Store>) -> KeeperBuilder {
        KeeperBuilder {
            store,
            clock: Arc::new(SystemClock),
            providers: Vec::new(),
            roots: None,
            observer: None,
            patience: DEFAULT_PATIENCE,
            ahead: true,
        }
    }

    /// A bearer that lives, as far as can be known: from memory, from the store, or after one
    /// refresh that all callers share.
    ///
    /// # Errors
    /// Any [`ErrorKind`] but `Conflict`: the grant is over, there is none, the store can't be read,
    /// the token endpoint can't be reached for as long as the keeper's patience lasts…
    pub async fn bearer(&self, id: &ConnectionId) -> Result<Bearer> {
        self.bearer_of(&self.slot(id)).await
    }

    /// A bearer with at least `life` left, where its end is known. While the token endpoint can't
    /// be reached, one with less is better than none.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub async fn bearer_with(&self, id: &ConnectionId, life: SignedDuration) -> Result<Bearer> {
        let slot = self.slot(id);
        let bearer = self.bearer_of(&slot).await?;
        let enough = self.now().saturating_add(life).unwrap_or(Timestamp::MAX);
        if bearer.expires.is_none_or(|end| end >= enough) {
            return Ok(bearer);
        }
        match self.renewed(&slot, Need::Living(life)).await {
            Ok(Some(longer)) => Ok(longer),
            Ok(None) => Ok(bearer),
            Err(error) if error.is_transient() => Ok(bearer),
            Err(error) => Err(error),
        }
    }

    /// The API refused `seen`. Another bearer: at once if there is a newer one, else after one
    /// refresh shared by all callers; `None` when no refresh would help.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub async fn rejected(
        &self,
        id: &ConnectionId,
        seen: &Bearer,
        refusal: Refusal,
    ) -> Result<Option<Bearer>> {
        self.renew_refused(&self.slot(id), seen, refusal).await
    }

    /// Refreshes now, however long the access token still lives.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub async fn refresh(&self, id: &ConnectionId) -> Result<Bearer> {
        let since = self.connection(id).await?.generation;
        let renewed = self
            .renewed(&self.slot(id), Need::Refreshed { since })
            .await?;
        renewed.ok_or_else(|| no_renewal(id))
    }

    /// The connection as the store has it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none of this name, [`ErrorKind::Store`] if it can't be
    /// read.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Connection> {
        let found = self.inner.store.load(id).await?;
        found.ok_or_else(|| {
            let place = self.inner.store.place(id);
            Error::new(ErrorKind::NotFound, format!("there is no grant in {place}"))
                .for_connection(id)
        })
    }

    /// Begins a consent for the connection `id`, new or old: show [`Consent::url`] to the user.
    /// `redirect` must be, to the letter, one that is registered with the provider.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if no such provider is registered.
    pub fn begin_connect(
        &self,
        id: &ConnectionId,
        provider: &str,
        redirect: impl AsRef<str>,
    ) -> Result<Consent> {
        let registered = self.registered(provider)?;
        let client_id = &registered.client.id;
        Consent::begin(id, &registered.provider, client_id, redirect.as_ref())
    }

    /// Ends a consent with the URL to which the provider redirected: checks it, redeems its code
    /// once, and saves the grant.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the callback is not this consent's, the user refused, or the
    /// callback is for another company than the connection is; [`ErrorKind::Store`] before the code
    /// is redeemed if the grant could not be saved; else as the token endpoint answers.
    pub async fn finish_connect(&self, consent: Consent, callback: &Url) -> Result<Connection> {
        let granted = consent.check(callback)?;
        let keeper = self.clone();
        let task = async move { connect::redeem(&keeper, consent, granted).await };
        self.detached(task).await
    }

    /// Revokes the grant at the provider and marks it lapsed. A grant that the provider no longer
    /// knows counts as revoked.
    ///
    /// # Errors
    /// As the revocation endpoint answers; the grant is then as it was.
    pub async fn disconnect(&self, id: &ConnectionId) -> Result<()> {
        let keeper = self.clone();
        let slot = self.slot(id);
        let task = async move { connect::revoke(&keeper, &slot).await };
        self.detached(task).await
    }

    /// A client for the connection's API.
    pub fn client(&self, id: &ConnectionId) -> AuthClient {
        AuthClient::new(self.clone(), self.slot(id))
    }

    /// Waits for every refresh in flight, and for its save. New ones may still be begun.
    pub async fn drain(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.inner.tasks.reopen();
    }
}

/// What the other rooms of this crate use.
impl Keeper {
    pub(crate) async fn bearer_of(&self, slot: &Arc<Slot>) -> Result<Bearer> {
        match slot.held(self.now()) {
            Held::Fresh(bearer) => return Ok(bearer),
            Held::Ending(bearer) => {
                drop(self.join_or_start(slot, Need::Usable));
                return Ok(bearer);
            }
            Held::Nothing => {}
        }
        if let Some(bearer) = self.read_store(slot).await? {
            return Ok(bearer);
        }
        let renewed = self.renewed(slot, Need::Usable).await?;
        renewed.ok_or_else(|| no_renewal(&slot.id))
    }

    pub(crate) async fn renew_refused(
        &self,
        slot: &Arc<Slot>,
        seen: &Bearer,
        refusal: Refusal,
    ) -> Result<Option<Bearer>> {
        let refused = seen.token.fingerprint();
        if let Held::Fresh(bearer) = slot.held(self.now())
            && bearer.token.fingerprint() != refused
        {
            return Ok(Some(bearer));
        }
        self.renewed(slot, Need::Other { refused, refusal }).await
    }

    /// The API has taken a token that had replaced a refused one. Noted in the background: a note
    /// that is lost only makes the next refusals count double.
    pub(crate) fn accepted(&self, slot: &Arc<Slot>, generation: Generation) {
        if !slot.end_trial(generation) {
            return;
        }
        let (keeper, slot) = (self.clone(), Arc::clone(slot));
        self.inner.tasks.spawn(async move {
            drop(keeper.store().accepted(&slot.id, generation).await);
        });
    }

    /// The provider of the slot's connection, which its record names.
    pub(crate) async fn provider_of(&self, slot: &Arc<Slot>) -> Result<Arc<Registered>> {
        if let Some(registered) = slot.registered.get() {
            return Ok(Arc::clone(registered));
        }
        let connection = self.connection(&slot.id).await?;
        self.adopt_provider(slot, &connection)
    }

    pub(crate) fn adopt_provider(
        &self,
        slot: &Slot,
        connection: &Connection,
    ) -> Result<Arc<Registered>> {
        let registered = self
            .registered(&connection.provider)
            .map_err(|error| error.for_connection(&slot.id))?;
        Ok(Arc::clone(slot.registered.get_or_init(|| registered)))
    }

    pub(crate) fn registered(&self, provider: &str) -> Result<Arc<Registered>> {
        self.inner
            .providers
            .get(provider)
            .map(Arc::clone)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    format!("no provider named {provider:?} is configured"),
                )
            })
    }

    pub(crate) fn slot(&self, id: &ConnectionId) -> Arc<Slot> {
        let mut slots = lock(&self.inner.slots);
        let slot = slots
            .entry(id.clone())
            .or_insert_with(|| Arc::new(Slot::new(id.clone())));
        Arc::clone(slot)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.inner.store.as_ref()
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn patience(&self) -> Duration {
        self.inner.patience
    }

    /// Makes tokens visible to every caller of this process. They are durable by now, or held
    /// because they can't be made so (I1).
    pub(crate) fn publish(&self, slot: &Slot, connection: &Connection, jitter: f64) {
        let Some(bearer) = Bearer::of(connection) else {
            return;
        };
        if !connection.refusals.is_empty() {
            let generation = connection.generation.0;
            slot.on_trial.store(generation, Ordering::Relaxed);
        }
        let tokens = connection.tokens();
        let now = self.now();
        let fresh_until = slot.registered.get().and_then(|registered| {
            let ahead = policy::renew_from(tokens, &registered.provider, jitter)?;
            // What is served though it is ending is looked at again in a moment, not each time.
            let recheck = now.saturating_add(RECHECK).unwrap_or(ahead);
            Some(ahead.max(recheck.min(tokens.access_expires?)))
        });
        let mut published = slot
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *published = Some(Published {
            bearer,
            fresh_until,
        });
    }

    /// Forgets what was published: the grant is over.
    pub(crate) fn withdraw(&self, slot: &Slot) {
        *slot
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn notify(&self, id: &ConnectionId, event: impl FnOnce() -> Event) {
        if let Some(observer) = &self.inner.observer {
            observer(&Notice {
                at: self.now(),
                connection: id.clone(),
                event: event(),
            });
        }
    }

    /// Tells the observer, if there is one, of a request now and of its answer later.
    pub(crate) fn watch(
        &self,
        id: &ConnectionId,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        generation: Option<Generation>,
    ) -> Watch<'_> {
        if self.inner.observer.is_none() {
            return Watch(None);
        }
        self.notify(id, || Event::Sending {
            method: method.clone(),
            url: url.clone(),
            headers: redacted(headers.clone()),
            generation,
        });
        Watch(Some((self, id.clone(), self.now())))
    }

    /// Reads the store once for all callers who find nothing in memory. `None`: what is there is
    /// not usable as it is.
    async fn read_store(&self, slot: &Arc<Slot>) -> Result<Option<Bearer>> {
        let _reading = slot.reading.lock().await;
        let now = self.now();
        if let Held::Fresh(bearer) | Held::Ending(bearer) = slot.held(now) {
            return Ok(Some(bearer));
        }
        let connection = self.connection(&slot.id).await?;
        let registered = self.adopt_provider(slot, &connection)?;
        let jitter = refresh::jitter();
        match policy::decide(&connection, &registered.provider, now, jitter) {
            Decision::Use => self.publish(slot, &connection, jitter),
            Decision::UseAndRefresh(_) => {
                self.publish(slot, &connection, jitter);
                drop(self.join_or_start(slot, Need::Usable));
            }
            Decision::Refresh(_) | Decision::Wait { .. } | Decision::Lapsed(_) => return Ok(None),
        }
        Ok(match slot.held(now) {
            Held::Fresh(bearer) | Held::Ending(bearer) => Some(bearer),
            Held::Nothing => None,
        })
    }

    /// Goes through flights until one has met `need`. `None`: no refresh would help.
    async fn renewed(&self, slot: &Arc<Slot>, need: Need) -> Result<Option<Bearer>> {
        let mut last = None;
        for _ in 0..ROUNDS {
            let mut flight = self.join_or_start(slot, need.clone());
            let landed = flight.wait_for(Option::is_some).await;
            let renewal = match landed.as_deref() {
                Ok(Some(Ok(renewal))) => renewal.clone(),
                Ok(Some(Err(error))) => return Err(error.clone()),
                Ok(None) | Err(_) => return Err(interrupted(&slot.id)),
            };
            if need.is_met_by(&renewal) {
                return Ok(renewal.bearer());
            }
            last = renewal.bearer();
        }
        Ok(last)
    }

    /// The flight of this connection; `need` is what a new one is for.
    fn join_or_start(&self, slot: &Arc<Slot>, need: Need) -> Flight {
        let mut current = lock(&slot.flight);
        if let Some(flight) = &*current
            && flight.borrow().is_none()
            && flight.has_changed().is_ok()
        {
            return flight.clone();
        }
        let (landed, flight) = watch::channel(None);
        *current = Some(flight.clone());
        let (keeper, slot) = (self.clone(), Arc::clone(slot));
        self.inner.tasks.spawn(async move {
            let outcome = refresh::renew(&keeper, &slot, &need).await;
            landed.send_replace(Some(outcome));
        });
        flight
    }

    /// Runs `task` to its end though the caller may go away (I5).
    async fn detached<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let running = self.inner.tasks.spawn(task);
        running.await.unwrap_or_else(|failure| {
            Err(Error::new(ErrorKind::Unavailable, "the task was interrupted").with_source(failure))
        })
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("store", &self.inner.store)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeeperBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeeperBuilder")
            .field("store", &self.store)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Slot {
    fn new(id: ConnectionId) -> Self {
        Self {
            id,
            registered: OnceLock::new(),
            published: RwLock::new(None),
            flight: Mutex::new(None),
            on_trial: AtomicU64::new(0),
            reading: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn id(&self) -> &ConnectionId {
        &self.id
    }

    /// Whether this was the first time that the API took a token on trial.
    fn end_trial(&self, generation: Generation) -> bool {
        let on_trial = self.on_trial.load(Ordering::Relaxed) == generation.0;
        on_trial
            && self
                .on_trial
                .compare_exchange(generation.0, 0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    pub(crate) fn generation(&self) -> Option<Generation> {
        let published = self.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        published.as_ref().map(|held| held.bearer.generation)
    }

    fn held(&self, now: Timestamp) -> Held {
        let published = self.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        let Some(held) = &*published else {
            return Held::Nothing;
        };
        let bearer = || held.bearer.clone();
        if held.fresh_until.is_none_or(|until| now < until) {
            Held::Fresh(bearer())
        } else if held.bearer.expires.is_none_or(|end| now < end) {
            Held::Ending(bearer())
        } else {
            Held::Nothing
        }
    }
}

/// An exchange that is being watched, if anybody watches.
pub(crate) struct Watch<'a>(Option<(&'a Keeper, ConnectionId, Timestamp)>);

impl Watch<'_> {
    /// Tells of the answer at once.
    pub(crate) fn finish(self, sent: &Result<Answer, Lost>) {
        if let Some((keeper, id, _)) = &self.0
            && let Some(event) = self.answer(sent)
        {
            keeper.notify(id, || event);
        }
    }

    /// What there is to tell of the answer, for later.
    pub(crate) fn answer(&self, sent: &Result<Answer, Lost>) -> Option<Event> {
        let (keeper, _, begun) = self.0.as_ref()?;
        let took = keeper.now().duration_since(*begun);
        let took = Duration::try_from(took).unwrap_or_default();
        Some(match sent {
            Ok(answer) => Event::Answered {
                status: answer.status,
                headers: redacted(answer.headers.clone()),
                took,
            },
            Err(lost) => Event::Unanswered {
                reason: lost.error.to_string(),
                took,
            },
        })
    }
}

/// A poisoned lock guards plain values that are never left half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_renewal(id: &ConnectionId) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the access token could not be renewed",
    )
    .for_connection(id)
}

fn interrupted(id: &ConnectionId) -> Error {
    Error::new(ErrorKind::Unavailable, "the refresh was interrupted").for_connection(id)
}

//! The keeper: hands out bearers and keeps their grants alive.
//!
//! A bearer is served from memory while it lives. Everything else (first read of the store,
//! renewal, a refusal by the API) goes through one *flight* per connection: the first caller starts
//! it in a task of its own, and all others await the same outcome. A caller who goes away never
//! takes the flight down with it. What a flight does is in `refresh.rs`.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch as channel;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::clock::Moment;
use crate::connect;
use crate::observer::Observer;
use crate::policy::{self, Decision};
use crate::refresh::{self, Need};
use crate::transport::Transport;
use crate::{
    AuthClient, Breaker, Chapter, Connection, ConnectionId, Consent, Error, ErrorKind, Event,
    Generation, OAuthClient, Provider, Refusal, Result, Store,
};

mod bearer;
mod builder;
mod escrow;
mod slot;

pub use bearer::Bearer;
pub use builder::KeeperBuilder;
pub(crate) use slot::Slot;
use slot::{Flight, Held, is_under_way};

/// How many connections are held in memory though nobody asks for them.
const SLOTS_KEPT: usize = 4_096;
/// How often a caller joins somebody else's flight before its own need is met.
const ROUNDS: usize = 4;

/// Keeps connections alive. Cheap to clone.
#[derive(Clone)]
pub struct Keeper {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    transport: Transport,
    providers: HashMap<String, Arc<Registered>>,
    observer: Observer,
    breaker: Breaker,
    patience: Duration,
    jitter: Box<Jitter>,
    /// Whom the schedule looks after; all, if nothing is said.
    only: Option<HashSet<ConnectionId>>,
    /// But not these.
    except: HashSet<ConnectionId>,
    at_once: usize,
    /// How many refreshes a second all schedules together may begin at one app and token endpoint.
    pace: Option<u32>,
    /// One a connection; not removed while anybody holds it.
    slots: Mutex<HashMap<ConnectionId, Arc<Slot>>>,
    /// Every flight, so that shutdown can wait for them. Closed all the time, which keeps nobody from
    /// adding to them: who waits is told when there are none, whoever else waits.
    tasks: TaskTracker,
}

/// Gives a number in `0.0..1.0` that differs between processes and from time to time.
type Jitter = dyn Fn() -> f64 + Send + Sync;

/// A provider, with our client there.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) provider: Provider,
    pub(crate) client: OAuthClient,
}

impl Keeper {
    /// Begins with the store in which the connections live.
    pub fn builder(store: Arc<dyn Store>) -> KeeperBuilder {
        KeeperBuilder::new(store)
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

    /// A bearer with at least `life` left, where the provider tells its life; one of unknown age is
    /// renewed. While it can't be renewed, one with less, or of unknown age, is better than none.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub async fn bearer_with(&self, id: &ConnectionId, life: SignedDuration) -> Result<Bearer> {
        let slot = self.slot(id);
        let bearer = self.bearer_of(&slot).await?;
        let now = self.judged_at(&slot, bearer.generation);
        let enough = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        if bearer.expires.is_some_and(|end| end >= enough) {
            return Ok(bearer);
        }
        match self.renewed(&slot, Need::Living(life)).await {
            Ok(Some(longer)) => Ok(longer),
            Err(error) if matches!(error.kind(), ErrorKind::Lapsed(_)) => Err(error),
            Ok(None) | Err(_) => Ok(bearer),
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

    /// Refreshes if the tokens are older than `age` or of unknown age; `None` if they are not. Of
    /// many who ask at once, one refreshes.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub async fn refresh_if_older(
        &self,
        id: &ConnectionId,
        age: SignedDuration,
    ) -> Result<Option<Bearer>> {
        let connection = self.connection(id).await?;
        let since = connection.generation;
        let slot = self.slot(id);
        if policy::is_younger(connection.tokens(), age, self.judged_at(&slot, since)) {
            return Ok(None);
        }
        let renewed = self.renewed(&slot, Need::Refreshed { since }).await?;
        renewed.map(Some).ok_or_else(|| no_renewal(id))
    }

    /// The connection as the store has it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none of this name, [`ErrorKind::Store`] if it can't be
    /// read.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Connection> {
        let found = self.inner.store.load(id).await?;
        found.ok_or_else(|| self.no_grant(id))
    }

    /// What has happened to the connection, oldest first, as far back as its store remembers.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the record can't be read.
    pub async fn story(&self, id: &ConnectionId) -> Result<Vec<Chapter>> {
        self.inner.store.story(id).await
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
        self.inner.tasks.wait().await;
    }
}

/// What the other rooms of this crate use.
impl Keeper {
    pub(crate) async fn bearer_of(&self, slot: &Arc<Slot>) -> Result<Bearer> {
        match slot.held(self.moment()) {
            Held::Fresh(bearer) | Held::Ending(bearer) if slot.is_replacing(bearer.generation) => {
                return Box::pin(self.replaced(slot, bearer)).await;
            }
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
        renewed.ok_or_else(|| no_renewal(slot.id()))
    }

    /// Whether there is a later bearer than this one, or one is on its way because the API refuses this
    /// one: then it need not be sent to find that out.
    pub(crate) fn is_outdated(&self, slot: &Slot, bearer: &Bearer) -> bool {
        slot.generation() != Some(bearer.generation) || slot.is_replacing(bearer.generation)
    }

    /// What takes the place of a bearer that the API has refused, as whoever it was refused to gets it;
    /// itself, if nothing helps.
    async fn replaced(&self, slot: &Arc<Slot>, refused: Bearer) -> Result<Bearer> {
        let need = Need::Other {
            refused: refused.token.fingerprint(),
            refusal: Refusal::Token,
        };
        Ok(self.renewed(slot, need).await?.unwrap_or(refused))
    }

    pub(crate) async fn renew_refused(
        &self,
        slot: &Arc<Slot>,
        seen: &Bearer,
        refusal: Refusal,
    ) -> Result<Option<Bearer>> {
        let refused = seen.token.fingerprint();
        if let Held::Fresh(bearer) = slot.held(self.moment())
            && bearer.token.fingerprint() != refused
        {
            return Ok(Some(bearer));
        }
        if refusal == Refusal::Token {
            slot.refuse(seen.generation);
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
            drop(keeper.store().accepted(slot.id(), generation).await);
        });
    }

    /// The provider of the slot's connection, which its record names.
    pub(crate) async fn provider_of<'a>(&self, slot: &'a Arc<Slot>) -> Result<&'a Registered> {
        if let Some(registered) = slot.registered() {
            return Ok(registered);
        }
        // Whoever asks will want a bearer next, which one look at the store can give too.
        let usable = self.read_store(slot).await;
        slot.registered()
            .ok_or_else(|| usable.err().unwrap_or_else(|| no_renewal(slot.id())))
    }

    pub(crate) fn adopt_provider(
        &self,
        slot: &Slot,
        connection: &Connection,
    ) -> Result<Arc<Registered>> {
        let registered = self
            .registered(&connection.provider)
            .map_err(|error| error.for_connection(slot.id()))?;
        Ok(slot.adopt(registered))
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
        self.inner.observer.now()
    }

    pub(crate) fn moment(&self) -> Moment {
        self.inner.observer.moment()
    }

    /// The time by which the slot's tokens of `generation` are judged.
    pub(crate) fn judged_at(&self, slot: &Slot, generation: Generation) -> Timestamp {
        slot.judged_at(generation, self.moment())
    }

    pub(crate) fn patience(&self) -> Duration {
        self.inner.patience
    }

    /// How many refreshes the schedule has under way at most.
    pub(crate) fn refreshes_at_once(&self) -> usize {
        self.inner.at_once
    }

    /// Waits for the schedule's turn to refresh, if all processes together may only begin so many a
    /// second. Where turns can't be had, that is no reason to let a grant die.
    pub(crate) async fn take_turn(&self, registered: &Registered) {
        let Some(pace) = self.inner.pace else { return };
        let Registered { provider, client } = registered;
        let app = format!("{} {}", client.id, provider.token_url);
        if let Ok(Some(wait)) = self.store().book(&app, pace).await {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes in what a survey has shown of a connection, if anybody here holds older tokens of it.
    pub(crate) fn hear(&self, connection: &Connection) {
        let slot = lock(&self.inner.slots).get(&connection.id).map(Arc::clone);
        let Some(slot) = slot else { return };
        let is_news = slot
            .generation()
            .is_some_and(|held| held < connection.generation);
        if is_news && matches!(connection.grant, crate::Grant::Live(_)) {
            self.publish(&slot, connection);
        }
    }

    /// Lets go of what is held in memory for a connection that nobody here asks for, when there are
    /// many of them: the store has it.
    pub(crate) fn forget_if_many(&self, slot: Arc<Slot>) {
        let mut slots = lock(&self.inner.slots);
        let id = slot.id().clone();
        drop(slot);
        if slots.len() > SLOTS_KEPT
            && slots
                .get(&id)
                .is_some_and(|slot| Arc::strong_count(slot) == 1)
        {
            slots.remove(&id);
        }
    }

    /// That there is no grant of this name.
    pub(crate) fn no_grant(&self, id: &ConnectionId) -> Error {
        let place = self.inner.store.place(id);
        Error::new(ErrorKind::NotFound, format!("there is no grant in {place}")).for_connection(id)
    }

    /// Whether the schedule is to look after `id`.
    pub(crate) fn looks_after(&self, id: &ConnectionId) -> bool {
        let only = self.inner.only.as_ref();
        only.is_none_or(|only| only.contains(id)) && !self.inner.except.contains(id)
    }

    /// What spreads moments in time, so that many processes don't move in step.
    pub(crate) fn jitter(&self) -> f64 {
        (self.inner.jitter)()
    }

    /// Makes tokens visible to every caller of this process. They are durable by now, or held
    /// because they can't be made so (I1).
    pub(crate) fn publish(&self, slot: &Slot, connection: &Connection) {
        slot.publish(connection, self.moment(), self.jitter());
    }

    pub(crate) fn notify(&self, id: &ConnectionId, event: impl FnOnce() -> Event) {
        self.inner.observer.notify(id, event);
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.inner.breaker
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.inner.observer
    }

    /// Reads the store once for all callers who find nothing in memory. `None`: what is there is
    /// not usable as it is.
    async fn read_store(&self, slot: &Arc<Slot>) -> Result<Option<Bearer>> {
        let _reading = slot.reading().await;
        let now = self.moment();
        if let Held::Fresh(bearer) | Held::Ending(bearer) = slot.held(now) {
            return Ok(Some(bearer));
        }
        let connection = self.connection(slot.id()).await?;
        let registered = self.adopt_provider(slot, &connection)?;
        let judged = slot.judged_at(connection.generation, now);
        match policy::decide(&connection, &registered.provider, judged, self.jitter()) {
            Decision::Use => self.publish(slot, &connection),
            Decision::UseAndRefresh(_) => {
                self.publish(slot, &connection);
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
    pub(crate) async fn renewed(&self, slot: &Arc<Slot>, need: Need) -> Result<Option<Bearer>> {
        let mut last = None;
        let mut busy = None;
        for _ in 0..ROUNDS {
            let mut flight = self.join_or_start(slot, need.clone());
            let landed = flight.wait_for(Option::is_some).await;
            let renewal = match landed.as_deref() {
                Ok(Some(Ok(renewal))) => renewal.clone(),
                // The schedule does not wait for others; its flight is not a caller's last word.
                Ok(Some(Err(error)))
                    if error.kind() == ErrorKind::Busy
                        && busy.is_none()
                        && !matches!(need, Need::Kept { .. }) =>
                {
                    busy = Some(error.clone());
                    continue;
                }
                Ok(Some(Err(error))) => return Err(error.clone()),
                Ok(None) | Err(_) => return Err(interrupted(slot.id())),
            };
            if need.is_met_by(&renewal) {
                return Ok(renewal.bearer());
            }
            last = renewal.bearer();
        }
        match (last, busy) {
            (None, Some(error)) => Err(error),
            (last, _) => Ok(last),
        }
    }

    /// The flight of this connection; `need` is what a new one is for.
    fn join_or_start(&self, slot: &Arc<Slot>, need: Need) -> Flight {
        let mut current = slot.flight();
        if let Some(flight) = current.as_ref().filter(|it| is_under_way(it)) {
            return flight.clone();
        }
        let (landed, flight) = channel::channel(None);
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

/// A poisoned lock guards plain values that are never left half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::{Pin, pin};
    use std::task::Poll;

    use tokio::sync::oneshot;

    use super::*;
    use crate::MemoryStore;

    async fn is_over(drained: &mut Pin<&mut impl Future<Output = ()>>) -> bool {
        poll_fn(|context| Poll::Ready(drained.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn who_stops_waiting_for_flights_does_not_keep_others_waiting() {
        let keeper = Keeper::builder(Arc::new(MemoryStore::new())).build();
        let keeper = keeper.unwrap();
        let begin = || {
            let (end, ended) = oneshot::channel::<()>();
            keeper.inner.tasks.spawn(ended);
            end
        };
        let none_is_left = || async {
            while !keeper.inner.tasks.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let first = begin();
        let mut one = pin!(keeper.drain());
        assert!(!is_over(&mut one).await);
        drop(first);
        none_is_left().await;
        let second = begin();
        let mut other = pin!(keeper.drain());
        assert!(!is_over(&mut other).await);
        assert!(is_over(&mut one).await);
        drop(second);
        none_is_left().await;
        assert!(is_over(&mut other).await);
    }
}

//! The settings of a keeper.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use ring::rand::{SecureRandom, SystemRandom};
use tokio_util::task::TaskTracker;

use super::{Inner, Jitter, Keeper, Registered};
use crate::observer::{Listener, Observer};
#[cfg(feature = "test-util")]
use crate::transport::Network;
use crate::transport::{Speaks, Transport};
use crate::{
    Breaker, Clock, ConnectionId, Notice, OAuthClient, Provider, Result, Store, SystemClock,
};

/// How many refreshes the schedule has under way at most, unless told otherwise.
const AT_ONCE: usize = 8;
/// How long a call may go on retrying a token endpoint that fails, unless told otherwise.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);

/// Settings of a [`Keeper`].
pub struct KeeperBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    providers: Vec<Registered>,
    roots: Option<Vec<u8>>,
    listener: Option<Box<Listener>>,
    patience: Duration,
    ahead: bool,
    speaks: Speaks,
    only: Option<HashSet<ConnectionId>>,
    except: HashSet<ConnectionId>,
    at_once: usize,
    pace: Option<u32>,
    jitter: Box<Jitter>,
    breaker: Breaker,
    #[cfg(feature = "test-util")]
    network: Option<Arc<dyn Network>>,
}

impl KeeperBuilder {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            clock: Arc::new(SystemClock),
            providers: Vec::new(),
            roots: None,
            listener: None,
            patience: DEFAULT_PATIENCE,
            ahead: true,
            speaks: Speaks::Either,
            only: None,
            except: HashSet::new(),
            at_once: AT_ONCE,
            pace: None,
            jitter: Box::new(chance),
            breaker: Breaker::new(),
            #[cfg(feature = "test-util")]
            network: None,
        }
    }

    /// Registers a provider and our client there; connections name it by [`Provider::name`].
    #[must_use]
    pub fn provider(mut self, provider: Provider, client: OAuthClient) -> Self {
        self.providers.push(Registered { provider, client });
        self
    }

    /// The same, unless one of this name was registered before.
    #[must_use]
    pub fn provider_unless_there(self, provider: Provider, client: OAuthClient) -> Self {
        let is_there = |it: &Registered| it.provider.name == provider.name;
        if self.providers.iter().any(is_there) {
            return self;
        }
        self.provider(provider, client)
    }

    /// Lets [`Keeper::run`] look after these connections alone, whatever else the store holds.
    #[must_use]
    pub fn only(mut self, names: impl IntoIterator<Item = ConnectionId>) -> Self {
        self.only = Some(names.into_iter().collect());
        self
    }

    /// Keeps [`Keeper::run`] from these connections, which another keeper looks after.
    #[must_use]
    pub fn except(mut self, names: impl IntoIterator<Item = ConnectionId>) -> Self {
        self.except = names.into_iter().collect();
        self
    }

    /// How many refreshes [`Keeper::run`] has under way at most; 8 unless told otherwise, so that a
    /// provider that comes back after an outage is not met by all at once.
    #[must_use]
    pub fn refreshes_at_once(mut self, count: usize) -> Self {
        self.at_once = count.max(1);
        self
    }

    /// How many refreshes a second [`Keeper::run`] may begin at one app and token endpoint, all
    /// processes on a store that can tell counted together; no limit unless told otherwise.
    #[must_use]
    pub fn refreshes_per_second(mut self, pace: u32) -> Self {
        self.pace = Some(pace);
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

    /// Calls `listener` with each notice, synchronously and in order. It must be quick.
    #[must_use]
    pub fn on_notice(mut self, listener: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
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

    /// Speaks HTTP/1.1 with the API, and not HTTP/2, which takes a few messages more to begin with:
    /// that pays for a program that has many calls under way at once, not for one that makes one.
    #[must_use]
    pub fn http1_only(mut self) -> Self {
        self.speaks = Speaks::Http1;
        self
    }

    /// Shares with other keepers of this process what is learnt of token endpoints: that one refuses
    /// our app, or wants to be asked less often.
    #[must_use]
    pub fn breaker(mut self, breaker: &Breaker) -> Self {
        self.breaker = breaker.clone();
        self
    }

    /// A simulated network in the place of sockets, and chance that a seed decides.
    #[cfg(feature = "test-util")]
    pub(crate) fn simulated(
        mut self,
        network: Arc<dyn Network>,
        jitter: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.network = Some(network);
        self.jitter = Box::new(jitter);
        self
    }

    /// Makes the keeper. Nothing is read, sent or spawned before it is asked for something.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a provider's URL is plain http to another machine, or the trusted
    /// authorities can't be read.
    pub fn build(mut self) -> Result<Keeper> {
        let mut providers = HashMap::new();
        let mut direct = false;
        for mut registered in std::mem::take(&mut self.providers) {
            registered.provider.validate()?;
            if !self.ahead {
                registered.provider.refresh_margin = SignedDuration::ZERO;
            }
            direct |= registered.provider.speaks_plain_http();
            providers.insert(registered.provider.name.clone(), Arc::new(registered));
        }
        let transport = self.transport(direct)?;
        let tasks = TaskTracker::new();
        tasks.close();
        Ok(Keeper {
            inner: Arc::new(Inner {
                store: self.store,
                transport,
                providers,
                observer: Observer::new(self.clock, self.listener),
                breaker: self.breaker,
                patience: self.patience,
                jitter: self.jitter,
                only: self.only,
                except: self.except,
                at_once: self.at_once,
                pace: self.pace,
                slots: Mutex::default(),
                tasks,
            }),
        })
    }

    fn transport(&self, direct: bool) -> Result<Transport> {
        #[cfg(feature = "test-util")]
        if let Some(network) = &self.network {
            return Ok(Transport::Simulated(Arc::clone(network)));
        }
        Transport::new(self.roots.as_deref(), direct, self.speaks)
    }
}

/// The system's randomness.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.5,
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

//! The settings of a keeper.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::task::TaskTracker;

use super::{Inner, Keeper, Registered};
use crate::observer::{Listener, Observer};
use crate::transport::Transport;
use crate::{Clock, Notice, OAuthClient, Provider, Result, Store, SystemClock};

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
        }
    }

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
                transport: Transport::new(self.roots.as_deref(), direct)?,
                providers,
                observer: Observer::new(self.clock, self.listener),
                patience: self.patience,
                slots: Mutex::default(),
                tasks: TaskTracker::new(),
            }),
        })
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

//! The keeper: hands out bearers and keeps their grants alive.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::{
    AccessToken, AuthClient, Clock, Connection, ConnectionId, Fingerprint, Generation, Notice,
    OAuthClient, Provider, Result, Store,
};

/// Keeps connections alive. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keeper {}

/// An access token ready to attach.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The token.
    pub token: AccessToken,
    /// The generation of the grant that it is from.
    pub generation: Generation,
    /// When it dies, if known.
    pub expires: Option<Timestamp>,
}

/// Settings of a [`Keeper`].
#[derive(Debug)]
pub struct KeeperBuilder {}

impl KeeperBuilder {
    /// Registers a provider and our client there.
    #[must_use]
    pub fn provider(self, _provider: Provider, _client: OAuthClient) -> Self { todo!() }
    /// Another clock than the system's.
    #[must_use]
    pub fn clock(self, _clock: impl Clock) -> Self { todo!() }
    /// One more trusted certificate authority, PEM.
    #[must_use]
    pub fn trust_pem(self, _pem: impl Into<Vec<u8>>) -> Self { todo!() }
    /// Called with each notice, synchronously, in order.
    #[must_use]
    pub fn on_notice(self, _f: impl Fn(&Notice) + Send + Sync + 'static) -> Self { todo!() }
    /// How long a call may go on retrying a token endpoint that fails (default 10 s).
    #[must_use]
    pub fn patience(self, _patience: Duration) -> Self { todo!() }
    /// Whether access tokens are renewed ahead of their end (default) or when it has come.
    #[must_use]
    pub fn refresh_ahead(self, _ahead: bool) -> Self { todo!() }
    /// Makes the keeper.
    pub fn build(self) -> Result<Keeper> { todo!() }
}

impl Keeper {
    /// Begins with the store.
    pub fn builder(_store: Arc<dyn Store>) -> KeeperBuilder { todo!() }
    /// A usable bearer.
    pub async fn bearer(&self, _id: &ConnectionId) -> Result<Bearer> { todo!() }
    /// A bearer with at least `life` left where its end is known.
    pub async fn bearer_with(&self, _id: &ConnectionId, _life: SignedDuration) -> Result<Bearer> { todo!() }
    /// The API refused this bearer: a newer one, or `None` when refreshing would not help.
    pub async fn rejected(&self, _id: &ConnectionId, _seen: &Bearer) -> Result<Option<Bearer>> { todo!() }
    /// Refreshes now.
    pub async fn refresh(&self, _id: &ConnectionId) -> Result<Bearer> { todo!() }
    /// The connection as the store has it.
    pub async fn connection(&self, _id: &ConnectionId) -> Result<Connection> { todo!() }
    /// Begins a consent; see `authorize`.
    pub fn begin_connect(&self, _id: &ConnectionId, _provider: &str, _redirect: &Url) -> Result<crate::Consent> { todo!() }
    /// Redeems the code of a checked callback once, saves the grant.
    pub async fn finish_connect(&self, _consent: crate::Consent, _callback: &Url) -> Result<Connection> { todo!() }
    /// Revokes the grant at the provider and marks it lapsed.
    pub async fn disconnect(&self, _id: &ConnectionId) -> Result<()> { todo!() }
    /// A client for the connection's API.
    pub fn client(&self, _id: &ConnectionId) -> Result<AuthClient> { todo!() }
    /// Waits for every refresh in flight and its save.
    pub async fn drain(&self) { todo!() }
}

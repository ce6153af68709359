//! evergrant keeps OAuth 2.0 grants alive with nobody at the keyboard.
//!
//! A program that runs at night holds an access token that dies every hour and a refresh token that
//! *rotates*: spend it and lose the answer, or let two processes spend it at once, and the grant is
//! gone until a human logs in again. A [`Keeper`] owns the grant instead: it refreshes when it must,
//! once for all callers and processes, saves what it gets before anybody sees it, and hands out
//! bearers. An [`AuthClient`] attaches them to requests.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use evergrant::{
//!     Body, ClientSecret, ConnectionId, FileStore, Keeper, OAuthClient, Provider, TokenFile,
//! };
//!
//! let mut provider = Provider::standard(
//!     "example",
//!     "https://login.example.com/authorize".parse()?,
//!     "https://login.example.com/token".parse()?,
//! );
//! provider.api_origins = vec!["https://api.example.com".parse()?];
//!
//! // A token file that the provider or another tool wrote, adopted where it is.
//! let acme = ConnectionId::new("acme");
//! let store = FileStore::new().with(
//!     acme.clone(),
//!     TokenFile { path: "acme.json".into(), provider: "example".into(), realm: None },
//! );
//!
//! let client = OAuthClient {
//!     id: "my-app".into(),
//!     secret: Some(ClientSecret::new(std::fs::read_to_string("secret.txt")?.trim())),
//! };
//! let keeper = Keeper::builder(Arc::new(store)).provider(provider, client).build()?;
//!
//! // An expired token is refreshed, saved and the request sent again before this returns.
//! let request = http::Request::get("https://api.example.com/me").body(Body::default())?;
//! let response = keeper.client(&acme).send(request).await?;
//! println!("{} {:?}", response.status(), response.into_body().bytes(1 << 20).await?);
//! # Ok(())
//! # }
//! ```
//!
//! It runs on tokio. It installs no logger, reads no configuration, and spawns nothing before it is
//! asked for a token. A shutdown should await [`Keeper::drain`], so that a refresh in flight is
//! saved; a process that is killed instead loses nothing that it had received.

mod authorize;
mod body;
mod breaker;
mod client;
mod clock;
mod connect;
mod connection;
mod error;
mod event;
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod fuzzing;
mod keeper;
mod observer;
pub mod policy;
mod provider;
mod refresh;
mod runway;
mod schedule;
mod seal;
mod secret;
#[cfg(feature = "test-util")]
#[doc(hidden)]
pub mod sim;
mod store;
mod story;
mod token_endpoint;
mod transport;

pub use authorize::Consent;
pub use body::Body;
pub use breaker::Breaker;
pub use client::{AuthClient, Carrier, SentRequest};
pub use clock::{Clock, SystemClock};
pub use connection::{
    Attempt, Connection, ConnectionId, Generation, Grant, Lapse, Outcome, TokenSet,
};
pub use error::{Error, ErrorKind, Remedy, Result};
pub use event::{Event, Notice, Reason};
pub use keeper::{Bearer, Keeper, KeeperBuilder};
pub use provider::{
    ClientAuth, OAuthClient, Provider, Refusal, Replay, RevokeBody, Rotation, judge_by_challenge,
    require_private,
};
pub use runway::{End, Runway, WARNING_DAYS, Warning};
pub use seal::{KeyId, KeyRing, Place, SealKey, Sealer};
pub use secret::{AccessToken, AuthorizationCode, ClientSecret, Fingerprint, RefreshToken};
#[cfg(feature = "postgres")]
pub use store::PostgresStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{
    Adoption, BoxFuture, FileStore, Form, Lease, Mark, MemoryStore, Next, Pause, Registry, Remark,
    Sighting, Store, Survey, TokenFile, open,
};
pub use story::{Chapter, Happening};
pub use transport::{Dialer, Line};

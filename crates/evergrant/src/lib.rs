//! evergrant keeps OAuth 2.0 grants alive with nobody at the keyboard.

mod authorize;
mod client;
mod clock;
mod connect;
mod connection;
mod error;
mod event;
mod keeper;
pub mod policy;
mod provider;
mod refresh;
mod secret;
pub mod store;
mod token_endpoint;
mod transport;

pub use authorize::Consent;
pub use client::{AuthClient, Body, SentRequest};
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
pub use secret::{AccessToken, AuthorizationCode, ClientSecret, Fingerprint, RefreshToken};
pub use store::{FileStore, MemoryStore, Store, TokenFile};

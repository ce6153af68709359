//! QuickBooks Online on top of [`evergrant`]: Intuit as a provider, and a client for the
//! Accounting API.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use evergrant::{ConnectionId, FileStore, Keeper, OAuthClient, TokenFile};
//! use evergrant_quickbooks::{Client, Endpoints, EntityKind, Environment, intuit};
//!
//! # async fn print_employee(keys: OAuthClient) -> Result<(), Box<dyn std::error::Error>> {
//! let books = ConnectionId::new("acme-books");
//! let provider = intuit(Environment::Sandbox);
//! let store = FileStore::new().with(
//!     books.clone(),
//!     TokenFile {
//!         path: "qb-access-token.json".into(),
//!         provider: provider.name.clone(),
//!         realm: None,
//!     },
//! );
//! let keeper = Keeper::builder(Arc::new(store))
//!     .provider(provider, keys)
//!     .build()?;
//!
//! let base_url = Endpoints::of(Environment::Sandbox).base_url;
//! let quickbooks = Client::new(keeper.client(&books), base_url, "123146096291789");
//! let employee = quickbooks.read_entity(EntityKind::Employee, "58").await?;
//! println!("{}", employee.text("DisplayName").unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! [`intuit`] is the provider as data. A [`Client`] reads, writes and queries, each [`Write`] made
//! once however often it is sent, at the [`Pace`] that Intuit allows; what comes back keeps the
//! characters in which QuickBooks wrote it ([`Json`]). [`schema`] is the reference, offline. What
//! fails is an [`Error`] that says what kind of failure it is, what mends it, and what was asked
//! and answered; [`Fault`] reads the bodies with which QuickBooks says no, in all their forms.
//!
//! Tokens are none of this crate's business: it never sees one.

mod batch;
mod changes;
mod client;
mod documents;
mod entity;
mod error;
mod fault;
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod json;
pub mod model;
mod object;
mod pace;
mod pages;
mod path;
mod provider;
mod query;
mod record;
pub mod report;
mod request;
mod request_id;
mod response;
mod retry;
pub mod schema;
pub mod usage;
pub mod webhook;
mod write;
mod xml;

pub use batch::{BatchAnswer, BatchItem, BatchOutcome, LARGEST_BATCH};
pub use changes::Changes;
pub use client::Client;
pub use documents::Upload;
pub use entity::{Entity, EntityKind, Operation, UnknownKind};
pub use error::{Error, ErrorKind, Exchange, Result};
pub use fault::{Fault, FaultError};
pub use json::Json;
pub use object::{NotAnObject, Object, Value};
pub use pace::Pace;
pub use pages::{Page, Pages, Rows};
pub use path::{Path, PathError};
pub use provider::{
    ACCOUNTING_SCOPE, Endpoints, Environment, Overrides, UnknownEnvironment, intuit, intuit_at,
};
pub use query::{LARGEST_PAGE, Literal, Op, Order, Query};
pub use record::{Record, Typed};
pub use report::Report;
pub use request::{MinorVersion, RealmId, Request};
pub use request_id::{BadRequestId, RequestId};
pub use response::{QueryResponse, Response};
pub use usage::Meter;
pub use write::Write;

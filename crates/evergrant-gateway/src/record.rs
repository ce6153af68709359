//! What is written down of one request, once its answer has passed or broken off.

use std::sync::Arc;

use evergrant::{Clock as _, SystemClock};
use http::{Method, StatusCode};
use tokio::time::Instant;

use super::audit::Line;
use super::keys::Holder;
use super::limit::Pass;
use super::server::Busy;
use super::spans::Parent;
use super::{Gateway, Route};

/// A request that was let in: counted and logged when this is dropped.
pub(crate) struct Record {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) route: Arc<Route>,
    pub(crate) caller: Arc<Holder>,
    pub(crate) method: Method,
    /// Within the provider's API, without the query, which may hold what a company would not want in a
    /// log.
    pub(crate) path: String,
    pub(crate) begun: Instant,
    pub(crate) status: StatusCode,
    pub(crate) requestid: Option<String>,
    /// Why the gateway answered by itself.
    pub(crate) refused: Option<&'static str>,
    /// Its turn at the company's limits.
    pub(crate) pass: Option<Pass>,
    /// What it is a part of, where its caller traces.
    pub(crate) parent: Option<Parent>,
    /// Its connection's.
    pub(crate) busy: Busy,
}

impl Drop for Record {
    fn drop(&mut self) {
        let now = SystemClock.now();
        let took = self.begun.elapsed();
        self.route.counters.end(self.status.as_u16(), took, now);
        self.gateway.spans.add(self, now, took);
        let Some(audit) = &self.gateway.audit else {
            return;
        };
        audit.add(&Line {
            at: format!("{now:.3}"),
            caller: &self.caller.name,
            key: &self.caller.id,
            connection: &self.route.name,
            realm: self.route.realm.as_deref(),
            method: self.method.as_str(),
            path: &self.path,
            status: self.status.as_u16(),
            ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            requestid: self.requestid.as_deref(),
            refused: self.refused,
        });
    }
}

//! What happened: counters, and a log of the latest requests that names tokens by fingerprint only.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

use crate::call::Call;
use crate::fingerprint::Fingerprint;

/// How many requests the log remembers.
const REMEMBERED: usize = 1000;

/// What a request came to, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Deed {
    /// Nothing that is counted.
    Other,
    /// An authorization code was exchanged.
    Exchange,
    /// A refresh that returned the refresh token already in force.
    Refresh,
    /// A refresh that put a new refresh token in force.
    Rotation,
    /// The token endpoint said `invalid_grant`.
    InvalidGrant,
    /// A grant was revoked by its client.
    Revocation,
    /// An entity was read.
    Read,
    /// A query was answered.
    Query,
    /// An entity was created or changed.
    Write,
}

impl Deed {
    /// Whether it leaves anything behind.
    pub(crate) fn changes_state(self) -> bool {
        !matches!(self, Self::Other | Self::Read | Self::Query)
    }
}

/// One request, as the log shows it. No token value, no body, no header.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// Sandbox time of its arrival.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its query, for the API only: elsewhere it may hold an authorization code.
    pub query: Option<String>,
    /// The status answered; none if the connection was closed without an answer.
    pub status: Option<u16>,
    /// What it came to, though a fault may have kept the answer back.
    pub deed: Deed,
    /// Whether a fault struck it.
    pub faulted: bool,
    /// The access token that it bore.
    pub access_token: Option<Fingerprint>,
    /// The refresh token that it sent.
    pub refresh_token: Option<Fingerprint>,
    /// The access token that it was given.
    pub issued_access_token: Option<Fingerprint>,
    /// The refresh token that it was given, new or not.
    pub issued_refresh_token: Option<Fingerprint>,
}

impl LoggedRequest {
    pub(crate) fn new(call: &Call) -> Self {
        let is_api = call.path().starts_with("/v3/");
        Self {
            at: call.now,
            method: call.method.as_str().to_owned(),
            path: call.path().to_owned(),
            query: call.uri.query().filter(|_| is_api).map(str::to_owned),
            status: None,
            deed: Deed::Other,
            faulted: false,
            access_token: None,
            refresh_token: None,
            issued_access_token: None,
            issued_refresh_token: None,
        }
    }
}

/// Counts since the start or the last reset. The controls are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Connections accepted, plain and TLS, whoever used them.
    pub connections: u64,
    /// All requests.
    pub requests: u64,
    /// Requests to the token endpoint, whatever came of them.
    pub token_calls: u64,
    /// Authorization codes exchanged.
    pub exchanges: u64,
    /// Refreshes carried out, rotations among them.
    pub refreshes: u64,
    /// Refreshes that put a new refresh token in force.
    pub rotations: u64,
    /// Times that the token endpoint said `invalid_grant`.
    pub invalid_grants: u64,
    /// Grants revoked by their clients.
    pub revocations: u64,
    /// Entities read.
    pub reads: u64,
    /// Queries answered.
    pub queries: u64,
    /// Entities created or changed.
    pub writes: u64,
    /// Answers with status 401.
    pub unauthorized: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// Requests struck by a fault.
    pub faults: u64,
}

/// Counters and log together: they change together.
#[derive(Default)]
pub(crate) struct Book {
    counters: Counters,
    log: VecDeque<LoggedRequest>,
}

impl Book {
    pub(crate) fn count_connection(&mut self) {
        self.counters.connections += 1;
    }

    /// Enters a request that is over. `is_token_call` says that it went to the token endpoint.
    pub(crate) fn enter(&mut self, request: LoggedRequest, is_token_call: bool) {
        self.counters.count(&request, is_token_call);
        if self.log.len() == REMEMBERED {
            self.log.pop_front();
        }
        self.log.push_back(request);
    }

    pub(crate) fn counters(&self) -> Counters {
        self.counters
    }

    /// The latest requests, oldest first.
    pub(crate) fn log(&self) -> Vec<LoggedRequest> {
        self.log.iter().cloned().collect()
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Counters {
    fn count(&mut self, request: &LoggedRequest, is_token_call: bool) {
        self.requests += 1;
        self.token_calls += u64::from(is_token_call);
        self.faults += u64::from(request.faulted);
        match request.status {
            Some(401) => self.unauthorized += 1,
            Some(429) => self.throttled += 1,
            _ => {}
        }
        match request.deed {
            Deed::Other => {}
            Deed::Exchange => self.exchanges += 1,
            Deed::Refresh => self.refreshes += 1,
            Deed::Rotation => {
                self.refreshes += 1;
                self.rotations += 1;
            }
            Deed::InvalidGrant => self.invalid_grants += 1,
            Deed::Revocation => self.revocations += 1,
            Deed::Read => self.reads += 1,
            Deed::Query => self.queries += 1,
            Deed::Write => self.writes += 1,
        }
    }
}

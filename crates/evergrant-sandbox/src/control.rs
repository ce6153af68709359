//! Control over a running sandbox: time, tokens, faults, settings, and a look at what happened.
//!
//! The same controls are spoken over HTTP by `http`.

pub(crate) mod http;
pub(crate) mod snapshot;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use self::snapshot::SnapshotError;
use crate::book::{Counters, LoggedRequest};
use crate::fault::Fault;
use crate::grant::{ACCOUNTING, Consent, GrantSummary};
use crate::intuit::Intuit;
use crate::lock::hold;
use crate::oauth;
use crate::settings::{Settings, signed};
use crate::webhook::{Webhook, WebhookDelivery};

/// Scopes of a grant that was issued without a consent page.
const DEFAULT_SCOPES: [&str; 6] = [ACCOUNTING, "openid", "profile", "email", "phone", "address"];

/// The levers of a running sandbox. Cheap to clone; every clone moves the same sandbox.
#[derive(Clone)]
pub struct Control {
    intuit: Arc<Intuit>,
}

impl Control {
    pub(crate) fn new(intuit: Arc<Intuit>) -> Self {
        Self { intuit }
    }

    /// What the sandbox's clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.intuit.clock.now()
    }

    /// Lets time pass at once.
    pub fn advance(&self, by: Duration) {
        self.intuit.clock.advance(signed(by));
        self.intuit.bell.notify_one();
    }

    /// Sets the clock, backwards too.
    pub fn set_time(&self, to: Timestamp) {
        self.intuit.clock.set(to);
        self.intuit.bell.notify_one();
    }

    /// Stops the clock where it is, or lets it run on from there.
    pub fn freeze(&self, frozen: bool) {
        self.intuit.clock.freeze(frozen);
        self.intuit.bell.notify_one();
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.intuit.settings()
    }

    /// Changes settings; requests that arrive from now on see the change whole.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.intuit.change_settings(change);
    }

    /// Ends every access token there is; refresh tokens stay good.
    pub fn expire_access_tokens(&self) {
        hold(&self.intuit.grants).expire_access_tokens();
    }

    /// Revokes every grant, as users do who disconnect the app.
    pub fn revoke_grants(&self) {
        hold(&self.intuit.grants).revoke_all();
    }

    /// Issues a fresh grant for a company, as if consent had just been given, and returns the token endpoint's
    /// answer. A realm without books gets a copy of the seed's first company.
    #[must_use]
    pub fn issue_grant(&self, realm: &str) -> Value {
        self.issue_grant_to(realm, &self.intuit.client.id)
    }

    /// The same for another client than the one of the options.
    pub(crate) fn issue_grant_to(&self, realm: &str, client: &str) -> Value {
        self.intuit.open_company(realm);
        let now = self.now();
        let scopes = DEFAULT_SCOPES.map(str::to_owned).to_vec();
        let consent = Consent {
            client: client.to_owned(),
            realm: Some(realm.to_owned()),
            scopes,
        };
        let (fresh, settings) = (self.intuit.mint(now), self.settings());
        let issued = hold(&self.intuit.grants).begin(consent, fresh, now, &settings);
        oauth::token_response(&issued, false)
    }

    /// All grants since the start or the last reset, oldest first.
    #[must_use]
    pub fn grants(&self) -> Vec<GrantSummary> {
        let now = self.now();
        hold(&self.intuit.grants).list(now)
    }

    /// Arms a fault. Of several that could strike a request, the one added first does.
    pub fn add_fault(&self, fault: Fault) {
        hold(&self.intuit.faults).add(fault);
    }

    /// The faults still armed, with the times that are left.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        hold(&self.intuit.faults).list()
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        hold(&self.intuit.faults).clear();
    }

    /// Tells this endpoint of changes from now on.
    ///
    /// # Errors
    /// What is wrong with it, if it cannot be told anything.
    pub fn add_webhook(&self, webhook: Webhook) -> Result<(), String> {
        if let Some(problem) = webhook.problem() {
            return Err(problem);
        }
        hold(&self.intuit.webhooks).add(webhook);
        Ok(())
    }

    /// The endpoints that are told of changes.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Webhook> {
        hold(&self.intuit.webhooks).list()
    }

    /// What was delivered to them and what is still owed, the latest hundred of each.
    #[must_use]
    pub fn webhook_deliveries(&self) -> Vec<WebhookDelivery> {
        hold(&self.intuit.webhooks).deliveries()
    }

    /// Removes all webhooks, with what is owed to them.
    pub fn clear_webhooks(&self) {
        hold(&self.intuit.webhooks).clear();
    }

    /// Makes up now what the seed promised, which else waits for the first request that needs it. With many
    /// transactions it takes longer than clients wait for an answer.
    pub fn make_up(&self) {
        self.intuit.make_up();
    }

    /// The whole state as one JSON document, tokens included.
    #[must_use]
    pub fn snapshot(&self) -> String {
        snapshot::take(&self.intuit)
    }

    /// Puts everything back to the way it was when the snapshot was taken, be it by another sandbox. Counters and log
    /// go on.
    ///
    /// # Errors
    /// When the text is no snapshot; then nothing changes.
    pub fn restore(&self, snapshot: &str) -> Result<(), SnapshotError> {
        snapshot::restore(&self.intuit, snapshot)?;
        self.intuit.changes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// A number that grows with every request that may have changed something, those to the controls included.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.intuit.changes.load(Ordering::Relaxed)
    }

    /// Counts since the start or the last reset.
    #[must_use]
    pub fn counters(&self) -> Counters {
        hold(&self.intuit.book).counters()
    }

    /// The latest requests, at most 1000, oldest first; the controls' own are not among them.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        hold(&self.intuit.book).log()
    }

    /// Puts everything back to the way it was at the start: grants, companies, faults, settings, clock, counters.
    /// Connections stay open.
    pub fn reset(&self) {
        self.intuit.reset();
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

//! An offline Intuit: OAuth 2.0 server and accounting API in one process, stateful, with faults on demand.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use evergrant_sandbox::{Options, Sandbox};
//!
//! let sandbox = Sandbox::start(Options::default()).await?;
//! let tokens = sandbox.issue_grant(sandbox.realm());
//! assert_eq!(tokens["token_type"], "bearer");
//! println!("GET {}/v3/company/{}/employee/58", sandbox.http_url().unwrap(), sandbox.realm());
//! sandbox.stop().await;
//! # Ok::<(), evergrant_sandbox::StartError>(())
//! # }).unwrap();
//! ```
//!
//! It is for tests, demonstrations and development without an Intuit account. It shares no code with the client
//! that it tests, so that it cannot share its mistakes; it keeps nothing on disk; and it is no place for real data,
//! since whoever reaches it may control it.
//!
//! # What is there
//!
//! | path | what |
//! |---|---|
//! | `GET`, `POST /connect/oauth2` | consent page; `_sandbox=approve` or `_sandbox=deny` in the query answers it |
//! | `POST /oauth2/v1/tokens/bearer` | code exchange and refresh, in three modes of [`Rotation`] |
//! | `POST /v2/oauth2/tokens/revoke` | revocation, JSON as at Intuit or a form (RFC 7009) |
//! | `GET /.well-known/openid_configuration`, `…/openid_sandbox_configuration` | discovery |
//! | `GET /op/v1/jwks`, `GET /v1/openid_connect/userinfo` | the keys of id_tokens, the user |
//! | `GET /v3/company/{realm}/invoice/{id}`, `…/companyinfo/{realm}`, `…/preferences` | read, of 43 kinds of entity |
//! | `POST /v3/company/{realm}/invoice` | create, full and sparse update; `?operation=delete`, `?operation=void`, `?operation=update&include=void`, `include=allowduplicatedocnum`; `requestid` |
//! | `GET`, `POST /v3/company/{realm}/query` | queries |
//! | `POST /v3/company/{realm}/batch` | up to 30 items, each answered by itself |
//! | `GET /v3/company/{realm}/cdc` | what changed within 30 days, and what was deleted |
//! | `GET /v3/company/{realm}/reports/{name}` | 34 reports, added up from a double-entry ledger |
//! | `GET …/exchangerate`, `GET …/taxclassification?level=&parentId=`, `POST …/taxservice/taxcode`, `GET /manage/entitlements/v3/{realm}` | what has no ids |
//! | `/_sandbox/…` | the controls |
//!
//! The API speaks JSON and XML, by `Accept`, and gzip, by `Accept-Encoding`.
//!
//! Bodies, headers and status codes are those recorded of Intuit wherever a recording is known. All times and
//! lifetimes follow the sandbox's own clock, certificates alone the real one.
//!
//! # Controls
//!
//! [`Control`] from Rust, `/_sandbox` over HTTP, with JSON in and out:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /_sandbox` | lists the controls |
//! | `GET /_sandbox/clock` | `{"now", "frozen"}` |
//! | `POST /_sandbox/clock` | `{"advance": 3600}` (seconds, may be negative, or words: `"24h"`, `"101d"`, `"5y"`) or `{"set": "2026-11-22T12:00:00Z"}`, and `{"freeze": true}` |
//! | `GET`, `PATCH /_sandbox/settings` | [`Settings`]; a patch names what is to change, durations in seconds |
//! | `POST /_sandbox/expire` | ends every access token |
//! | `POST /_sandbox/revoke` | revokes every grant |
//! | `GET /_sandbox/grants` | all grants, tokens by fingerprint |
//! | `POST /_sandbox/grants` | issues a grant and answers as the token endpoint does; `{"realm": "…", "client_id": "…"}` or no body |
//! | `GET`, `POST /_sandbox/clients` | registers keys: `{"client_id", "client_secret", "redirect_uris", "environment"}` |
//! | `GET`, `POST /_sandbox/companies` | opens a company, or binds it to a world: `{"realm", "environment"}` |
//! | `GET`, `POST`, `DELETE /_sandbox/webhooks` | lists, adds, removes [`Webhook`]s; `…/webhooks/deliveries` shows what became of them |
//! | `POST /_sandbox/webhooks/test` | tells of something that did not happen: `{"entity", "id", "operation"}` |
//! | `GET`, `POST`, `DELETE /_sandbox/faults` | lists, arms, disarms [`Fault`]s |
//! | `GET /_sandbox/counters` | [`Counters`] |
//! | `GET /_sandbox/requests` | the latest requests as [`LoggedRequest`]s |
//! | `POST /_sandbox/reset` | back to the beginning |
//! | `POST /_sandbox/snapshot`, `…/restore` | keeps the whole state in memory, goes back to it; `{"name"}` or no body |
//! | `GET`, `PUT /_sandbox/snapshot` | the whole state as a document, tokens included |
//!
//! A fault is `{"where": "token"|"api"|"revoke"|"any", "method", "path", "what", "times", "percent", "seed"}`, and
//! `what` one of `"drop_before"`, `"drop_after"`, `"truncate"`, `"throttle"`, `"close_after"`, `{"delay": {"millis":
//! 500}}`, `{"html": {"status": 503}}`, `{"answer": {"status": 503, "headers": {}, "body": "", "after": false}}`.
//! It strikes once unless `times` says otherwise; `"times": null` is for ever.
//!
//! # Limitations
//!
//! Not there: payments, GraphQL, payroll, members that other countries alone have rules for, tax-inclusive amounts
//! (`GlobalTaxCalculation` is kept and changes nothing), markups on what is charged on, all but a handful of tax
//! classifications.
//!
//! Different from Intuit, on purpose:
//! - Tokens only look like Intuit's. The access token is random behind the header of an encrypted JWT.
//! - id_tokens are signed with a key that stands in the source. The body of userinfo follows Intuit's names of
//!   members, but is from no recording.
//! - Who asks for neither JSON nor XML is answered in JSON, or as he writes; Intuit is said to fall back to XML, which
//!   [`Settings`] can have too. Answers of the tax service are JSON alone.
//! - Clients and companies are at home in both of Intuit's worlds until they are bound to one. Refused calls do not
//!   count towards the limits.
//! - Redirects to any loopback address are taken, by http; Intuit takes `localhost` alone.
//! - HTTP/1.1 and HTTP/2 over TLS, HTTP/1.1 and HTTP/2 with prior knowledge without.
//! - `Service-Time` is always the same, and `Server` says what this is.
//! - Goods leave the stock at their average cost; QuickBooks works by first in, first out. A cost once booked stays,
//!   though an earlier purchase is changed. An update of `QtyOnHand` or `OpeningBalance` is not taken.
//! - `CurrentBalance` of an account is positive if the account holds what accounts of its type hold, and 0 for
//!   income and expenses; Intuit's signs differ from type to type.
//! - Foreign amounts are booked at the transaction's `ExchangeRate`; gains and losses by exchange are not.
//! - A recurring transaction is kept and never runs.
//!
//! Not known of Intuit, and decided here:
//! - Of what sources disagree about, [`Settings`] has each reading; its defaults are the newest or the safest. What a replay within [`Rotation::Graceful`] returns: the newest refresh
//!   token and a fresh access token.
//! - A code ends after ten minutes; the five years of a grant are 157680000 seconds.
//! - Bodies of `invalid_request`, `unsupported_grant_type` and of a 401 for a missing or revoked access token; the
//!   tail of the detail of code 130; the JSON form of a 429; 404, empty, for paths outside the API.
//! - Detail texts of 4000 for tokens other than names and strings, of 4001 for unknown entities, for values that do
//!   not suit their property and for sorting by Id; of 6000 for a long `requestid` or `bId`; of 2020 for an employee
//!   without a name.
//! - Every scalar can be filtered and sorted by, but `SSN`. A projection returns what was asked for with `domain`,
//!   `sparse` and `Id`.
//! - Reimbursable charges come and go with the billable lines of bills and expenses; how tax classifications are
//!   asked for by level and parent, and their names, are ours.
//! - A `requestid` is remembered only if the write succeeded.
//! - Activating a name again takes the mark off its name. A second one gets `(deleted-1)`.
//! - A payment of more than is open is applied as far as something is open, and the rest stays unapplied; the same
//!   happens when an invoice that was paid is made smaller, and when it is deleted or voided. An invoice that is
//!   paid changes its version with its balance; customers, vendors, accounts and items do not.
//! - Taken because live tests of client libraries send it: `!=` and `*, Sku` in queries, a quantity and price of
//!   nothing beside an amount, a reference whose type is empty, an id in the tax service, changes of recurring
//!   transactions, and a credit card payment without a date. Such a payment can be read as a transfer too.
//! - A sale without a customer is taken if it is a sales receipt, a bill payment without lines and a purchase order
//!   without an account are too: live tests of client libraries send the first, and pages call the others needed.
//! - Ids come from a sequence each for transactions, for customers with vendors and employees, for addresses, and
//!   for every other kind. Of two changes in one second, that of the higher id counts as the later.
//! - Lists without names, and templates, come in the order of their ids. The pages of tax codes after the first count
//!   only codes with numbers. A reference without an id counts as none.
//! - Taken from what clients ask and tell: a condition on a mail address is about its text; a new payment of bills of
//!   which nothing is open is void.
//! - A document number that is sent is taken though numbers are the company's own; if none is sent, sales forms get
//!   the next. 6140 follows `CustomTxnNumbers` for sales forms and the `WarnDuplicate…` preferences for others.
//! - Texts of 2050, 2080, 2170 and 6000; 6070 for a line whose amount is not `Qty` times `UnitPrice`; 2010 for a
//!   date that is none; 2500 for a `LinkedTxn` that leads nowhere; 500 for entities that `cdc` does not have.
//! - An item of a batch may use the id that an earlier one was given, as `"%{bId.Id}"`. Batches of more than thirty
//!   items are refused with 6000.
//! - XML's shapes are those of recordings; where none is known, members are written as in JSON, one element each.
//! - Mails over the limit of a day are throttled like anything else.
//! - `cdc` keeps what was deleted for ever, and leaves out the latest changes of the last entities named once
//!   there are a thousand.
//! - France's and Australia's reports are answered for every company; `BAS` has five boxes, filled from the ledger,
//!   and of `FECReport`'s own parameters none changes it.
//! - Names of the reports' columns and groups for which no recording is known. On the cash basis an invoice counts
//!   as far as it is paid; credits that no payment uses do not count.
//! - An exchange rate that nobody has set is 1. Tax on a line is what the transaction's tax code says, rounded for
//!   each rate.
//! - Limits are sliding windows over the sandbox's clock.
//! - The fault of a form sent to nobody (2020) and to what is no address (2210); 403 for an address of a file that is
//!   no longer good. Webhooks are posted over plain http.
//! - An item of a batch without an operation is a create, or an update if it has an `Id`.
//! - Empty text where a date, a number or a group belongs counts as left out.

mod answer;
mod api;
mod attachment;
mod batch;
mod book;
mod call;
mod cdc;
mod company;
mod compression;
mod consent;
mod control;
mod discovery;
mod document;
mod fault;
mod fingerprint;
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod fuzzing;
mod grant;
mod host;
mod id_token;
mod intuit;
mod json;
mod ledger;
mod limit;
mod lock;
mod oauth;
mod packed;
mod pdf;
mod proxy;
mod query;
mod random;
mod refusal;
mod registry;
mod remote;
mod report;
mod schema;
mod seed;
mod server;
mod settings;
mod time;
mod tls;
mod webhook;
mod xml;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use book::{Counters, Deed, LoggedRequest};
pub use control::Control;
pub use control::snapshot::SnapshotError;
pub use fault::{Effect, Fault, Where};
pub use fingerprint::Fingerprint;
pub use grant::GrantSummary;
pub use host::Environment;
pub use remote::{Remote, RemoteAnswer, RemoteError};
pub use seed::{Seed, SeedError};
pub use settings::{
    Burst, DataFormat, Denial, FaultForm, InvalidGrant, Pkce, Rotation, Settings, ThrottleForm,
};
pub use webhook::{Webhook, WebhookDelivery, WebhookFormat};

use intuit::{Beginning, Intuit};
use lock::hold;
use proxy::Destinations;
use registry::Client;
use server::{Door, Entrance};
use tls::Authority;
use webhook::courier;

/// How a sandbox begins.
#[derive(Clone)]
pub struct Options {
    /// Where to listen for plain HTTP; port 0 takes a free one.
    pub http: Option<SocketAddr>,
    /// Where to listen for HTTPS; port 0 takes a free one.
    pub https: Option<SocketAddr>,
    /// Where to listen as a proxy that answers for Intuit's hosts and reaches no other; port 0 takes a free one.
    pub intercept: Option<SocketAddr>,
    /// What the companies hold.
    pub seed: Seed,
    /// How refresh tokens rotate.
    pub rotation: Rotation,
    /// Life of an access token.
    pub access_life: Duration,
    /// Whether the rate limits apply.
    pub limits: bool,
    /// Other settings to begin with, by their names in the JSON form of [`Settings`]. They go before the three above.
    pub settings: Map<String, Value>,
    /// The one client's id.
    pub client_id: String,
    /// The one client's secret.
    pub client_secret: String,
    /// Where consent may return to. If empty, to any https address and to any http address on loopback.
    pub redirect_uris: Vec<String>,
    /// What the sandbox's clock shows at the start; real time if `None`.
    pub starts_at: Option<Timestamp>,
}

impl Default for Options {
    /// Free ports on 127.0.0.1, the sample company, and Intuit's behaviour as far as it is known.
    fn default() -> Self {
        let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = Settings::default();
        Self {
            http: Some(free_port),
            https: Some(free_port),
            intercept: None,
            seed: Seed::sample(),
            rotation: settings.rotation,
            access_life: settings.access_life,
            limits: settings.limits,
            settings: Map::new(),
            client_id: "evergrant-sandbox-client".to_owned(),
            client_secret: "evergrant-sandbox-secret".to_owned(),
            redirect_uris: Vec::new(),
            starts_at: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("http", &self.http)
            .field("https", &self.https)
            .field("intercept", &self.intercept)
            .field("rotation", &self.rotation)
            .field("access_life", &self.access_life)
            .field("limits", &self.limits)
            .field("settings", &self.settings)
            .field("client_id", &self.client_id)
            .field("redirect_uris", &self.redirect_uris)
            .field("starts_at", &self.starts_at)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address could not be listened on.
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// One of the settings is unknown or has no such value.
    Setting(serde_json::Error),
    /// No certificate could be made.
    Certificate(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { address, .. } => write!(f, "cannot listen on {address}"),
            Self::Setting(_) => write!(f, "there is no such setting or value"),
            Self::Certificate(_) => write!(f, "cannot make a certificate"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind { source, .. } => Some(source),
            Self::Setting(source) => Some(source),
            Self::Certificate(source) => Some(source.as_ref()),
        }
    }
}

/// The offline Intuit, to be started.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Starts a sandbox on the current tokio runtime. It can be called when this returns.
    ///
    /// # Errors
    /// When a setting makes no sense, an address cannot be listened on, or no certificate can be made.
    pub async fn start(mut options: Options) -> Result<Handle, StartError> {
        let settings = settings(&mut options)?;
        let (stop, stopped) = watch::channel(());
        let http = listen(options.http).await?;
        let https = listen(options.https).await?;
        let proxy = listen(options.intercept).await?;
        let authority = (https.is_some() || proxy.is_some())
            .then(Authority::generate)
            .transpose()
            .map_err(StartError::Certificate)?;
        let url = |scheme: &str, door: &Option<(_, SocketAddr)>| {
            let (_, bound) = door.as_ref()?;
            Some(format!("{scheme}://{}", reachable(*bound)))
        };
        let (http_url, https_url) = (url("http", &http), url("https", &https));
        let proxy_address = proxy.as_ref().map(|(_, bound)| reachable(*bound));
        let mut doors = Vec::new();
        if let Some((listener, bound)) = http {
            doors.push((listener, bound, Door::Plain));
        }
        if let (Some((listener, bound)), Some(authority)) = (https, &authority) {
            let tls = authority.for_loopback().map_err(StartError::Certificate)?;
            doors.push((listener, bound, Door::Tls(tls)));
        }
        let own = doors.iter().map(|(_, bound, door)| (*bound, door.clone()));
        let own: Vec<_> = own.collect();
        let direct = |(listener, _, door)| (listener, Entrance::Direct(door));
        let mut entrances: Vec<_> = doors.into_iter().map(direct).collect();
        if let (Some((listener, _)), Some(authority)) = (proxy, &authority) {
            let intuit = authority.for_intuit().map_err(StartError::Certificate)?;
            let destinations = Arc::new(Destinations { intuit, own });
            entrances.push((listener, Entrance::Proxy(destinations)));
        }
        let intuit = Arc::new(assemble(options, settings));
        let serve = |(listener, entrance)| {
            let serving = server::serve(Arc::clone(&intuit), listener, entrance, stopped.clone());
            tokio::spawn(serving)
        };
        let mut tasks: Vec<_> = entrances.into_iter().map(serve).collect();
        let courier = courier::run(Arc::clone(&intuit), stopped.clone());
        tasks.push(tokio::spawn(courier));
        Ok(Handle(Arc::new(Running {
            control: Control::new(Arc::clone(&intuit)),
            intuit,
            http_url,
            https_url,
            proxy_address,
            ca_pem: authority.map(|it| it.pem).unwrap_or_default(),
            stop,
            tasks: Mutex::new(tasks),
        })))
    }
}

/// A running sandbox. Cheap to clone; it stops when told to, or when the last handle is dropped.
#[derive(Clone)]
pub struct Handle(Arc<Running>);

struct Running {
    control: Control,
    intuit: Arc<Intuit>,
    http_url: Option<String>,
    https_url: Option<String>,
    proxy_address: Option<SocketAddr>,
    ca_pem: String,
    /// Its end, by a message or by being dropped, is what stops the servers.
    stop: watch::Sender<()>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Handle {
    /// `http://127.0.0.1:PORT`, if it listens for plain HTTP.
    #[must_use]
    pub fn http_url(&self) -> Option<String> {
        self.0.http_url.clone()
    }

    /// `https://127.0.0.1:PORT`, if it listens for HTTPS. The certificate names 127.0.0.1, ::1 and localhost.
    #[must_use]
    pub fn https_url(&self) -> Option<String> {
        self.0.https_url.clone()
    }

    /// `http://127.0.0.1:PORT`, for `HTTPS_PROXY`, if it intercepts. The certificates there name Intuit's hosts.
    #[must_use]
    pub fn proxy_url(&self) -> Option<String> {
        let address = self.0.proxy_address?;
        Some(format!("http://{address}"))
    }

    /// The same as an address, for clients that are told host and port by themselves.
    #[must_use]
    pub fn proxy_address(&self) -> Option<SocketAddr> {
        self.0.proxy_address
    }

    /// The certificate authority that HTTPS clients must trust; empty without HTTPS. Another one each start.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.0.ca_pem
    }

    /// The realm id of the seed's first company.
    #[must_use]
    pub fn realm(&self) -> &str {
        self.0.intuit.main_realm()
    }

    /// The client id to use.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.0.intuit.client.id
    }

    /// The client secret to use.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.0.intuit.client.secret
    }

    /// Issues a fresh grant for a company, as if consent had just been given: the JSON that the token endpoint would
    /// have answered. A realm without books gets a copy of the seed's first company.
    #[must_use]
    pub fn issue_grant(&self, realm: &str) -> Value {
        self.0.control.issue_grant(realm)
    }

    /// Time, faults, settings, counters.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.0.control
    }

    /// Closes all connections and gives the ports back, whatever other handles there are.
    pub async fn stop(self) {
        self.0.stop.send_replace(());
        let tasks = std::mem::take(&mut *hold(&self.0.tasks));
        for task in tasks {
            // A task that panicked has stopped too.
            drop(task.await);
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("http_url", &self.0.http_url)
            .field("https_url", &self.0.https_url)
            .field("proxy_address", &self.0.proxy_address)
            .finish_non_exhaustive()
    }
}

async fn listen(
    address: Option<SocketAddr>,
) -> Result<Option<(tokio::net::TcpListener, SocketAddr)>, StartError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let bound = server::bind(address).await;
    bound
        .map(Some)
        .map_err(|source| StartError::Bind { address, source })
}

/// An address to call: what listens everywhere is called on loopback, which its certificate names.
fn reachable(bound: SocketAddr) -> SocketAddr {
    match bound {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        other => other,
    }
}

fn settings(options: &mut Options) -> Result<Settings, StartError> {
    let settings = Settings {
        rotation: options.rotation,
        access_life: options.access_life,
        limits: options.limits,
        ..Settings::default()
    };
    let patch = std::mem::take(&mut options.settings);
    settings.patched(patch).map_err(StartError::Setting)
}

fn assemble(options: Options, settings: Settings) -> Intuit {
    let client = Client {
        id: options.client_id,
        secret: options.client_secret,
        redirect_uris: options.redirect_uris,
        environment: None,
    };
    Intuit::new(
        client,
        Beginning {
            settings,
            seed: options.seed,
            starts_at: options.starts_at,
        },
    )
}

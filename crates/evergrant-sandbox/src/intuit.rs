//! The whole offline Intuit behind the listeners: its state, and what becomes of a request.
//!
//! State is held in pieces with a lock each, taken briefly and one at a time. A request is decided here and
//! carried out by the server, which alone can close connections.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::answer::{self, Answer};
use crate::attachment::{self, Files};
use crate::book::{Book, LoggedRequest};
use crate::call::Call;
use crate::company::{Change, Company};
use crate::fault::{Effect, Faults, Where};
use crate::grant::{Fresh, Grants};
use crate::limit::Limiter;
use crate::lock::{hold, read, write};
use crate::random::{self, Dice};
use crate::refusal::Refusal;
use crate::registry::{Client, Registry, agree};
use crate::seed::Seed;
use crate::settings::{Burst, Settings, signed};
use crate::time::{Clock, saturating_add};
use crate::webhook::{Event, Webhooks};
use crate::{api, consent, control, discovery, document, oauth, xml};

/// Everything the sandbox knows and remembers.
pub(crate) struct Intuit {
    /// The client of the options.
    pub(crate) client: Client,
    pub(crate) registry: RwLock<Registry>,
    pub(crate) clock: Clock,
    pub(crate) grants: Mutex<Grants>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) limiter: Mutex<Limiter>,
    pub(crate) book: Mutex<Book>,
    pub(crate) files: Mutex<Files>,
    pub(crate) webhooks: Mutex<Webhooks>,
    /// Rung when a webhook may be due sooner than it was.
    pub(crate) bell: Notify,
    /// Whole states under names of the user's choice.
    pub(crate) snapshots: Mutex<HashMap<String, Arc<str>>>,
    /// Grows with every request that may have changed something.
    pub(crate) changes: AtomicU64,
    settings: RwLock<Settings>,
    companies: RwLock<HashMap<String, Arc<RwLock<Company>>>>,
    traces: Dice,
    beginning: Beginning,
}

/// What a reset goes back to.
pub(crate) struct Beginning {
    pub(crate) settings: Settings,
    pub(crate) seed: Seed,
    pub(crate) starts_at: Option<Timestamp>,
}

/// What is to be done about a request.
pub(crate) enum Outcome {
    Send(Answer),
    /// Send it, then close the connection.
    SendLast(Answer),
    /// Send the head and half of the body, then close the connection.
    SendHalf(Answer),
    /// Close the connection.
    HangUp,
}

impl Intuit {
    pub(crate) fn new(client: Client, beginning: Beginning) -> Self {
        let clock = Clock::new(beginning.starts_at);
        Self {
            registry: RwLock::new(Registry::new(client.clone())),
            client,
            companies: RwLock::new(open(&beginning.seed, clock.now())),
            clock,
            grants: Mutex::default(),
            faults: Mutex::default(),
            limiter: Mutex::default(),
            book: Mutex::default(),
            files: Mutex::new(Files::new(&random::seed().to_be_bytes())),
            webhooks: Mutex::default(),
            snapshots: Mutex::default(),
            changes: AtomicU64::new(0),
            bell: Notify::new(),
            settings: RwLock::new(beginning.settings),
            traces: Dice::new(random::seed()),
            beginning,
        }
    }

    /// Decides about a request. A delayed one goes on even if the client gives up waiting, as it would at Intuit.
    pub(crate) async fn handle(self: Arc<Self>, mut call: Call) -> Outcome {
        if control::http::is_control(call.path()) {
            return Outcome::Send(control::http::answer(&self, &call));
        }
        let under_way = UnderWay::begin(&self, &call);
        call.crowded = under_way.as_ref().is_some_and(|it| it.crowded);
        let effect =
            hold(&self.faults).strike(place(call.path()), call.method.as_str(), call.path());
        let Some(Effect::Delay { millis }) = effect else {
            return self.carry_out(&call, effect.as_ref());
        };
        let late = async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            let outcome = self.carry_out(&call, effect.as_ref());
            drop(under_way);
            outcome
        };
        tokio::spawn(late).await.unwrap_or(Outcome::HangUp)
    }

    pub(crate) fn settings(&self) -> Settings {
        *read(&self.settings)
    }

    pub(crate) fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut write(&self.settings));
    }

    pub(crate) fn company(&self, realm: &str) -> Option<Arc<RwLock<Company>>> {
        read(&self.companies).get(realm).cloned()
    }

    /// The realms that have books, in order.
    pub(crate) fn realms(&self) -> Vec<String> {
        let mut realms: Vec<String> = read(&self.companies).keys().cloned().collect();
        realms.sort();
        realms
    }

    /// Makes up the business that the seed promised.
    pub(crate) fn make_up(&self) {
        for company in read(&self.companies).values() {
            write(company).grow();
        }
    }

    /// Puts these companies in the place of those there are.
    pub(crate) fn replace_companies(&self, companies: HashMap<String, Arc<RwLock<Company>>>) {
        *write(&self.companies) = companies;
    }

    /// Makes sure that a realm has books: those of the seed's first company, if it had none.
    pub(crate) fn open_company(&self, realm: &str) {
        let mut companies = write(&self.companies);
        if let Some(first) = self.beginning.seed.companies.first()
            && !companies.contains_key(realm)
        {
            companies.insert(
                realm.to_owned(),
                Arc::new(RwLock::new(Company::open(first, self.clock.now()))),
            );
        }
    }

    /// The realm of the seed's first company.
    pub(crate) fn main_realm(&self) -> &str {
        self.beginning
            .seed
            .companies
            .first()
            .map_or("", |company| &company.realm)
    }

    /// Whether the keys behind an access token and the host that was asked suit the company.
    pub(crate) fn suits(&self, call: &Call, token: &str, realm: &str) -> Result<(), Refusal> {
        let registry = read(&self.registry);
        if registry.environment(realm).is_none() {
            return Ok(());
        }
        if !agree(call.host().environment(), registry.environment(realm)) {
            return Err(Refusal::WrongCluster);
        }
        let grants = hold(&self.grants);
        let client = grants.consent(token).map(|consent| &consent.client);
        if client.is_some_and(|client| !registry.opens(client, realm)) {
            return Err(Refusal::NotAuthorized);
        }
        Ok(())
    }

    /// Tells webhooks what happened in a company.
    pub(crate) fn publish(&self, realm: &str, changes: &[Change]) {
        let mut webhooks = hold(&self.webhooks);
        if webhooks.is_empty() || changes.is_empty() {
            return;
        }
        let event = |change| Event {
            change,
            id: random::uuid(self.trace()),
        };
        let events: Vec<Event> = changes.iter().cloned().map(event).collect();
        webhooks.tell(realm, &events, self.clock.now());
        self.bell.notify_one();
    }

    /// Newly minted token values.
    pub(crate) fn mint(&self, now: Timestamp) -> Fresh {
        let life = signed(self.settings().refresh_life);
        let refresh = random::refresh_token(saturating_add(now, life));
        Fresh {
            access: random::access_token(),
            refresh,
        }
    }

    /// What tells one request's trace ids from another's.
    pub(crate) fn trace(&self) -> [u64; 2] {
        [self.traces.roll(), self.traces.roll()]
    }

    /// Puts everything back to the way it was at the start. Tokens issued before are worth nothing any more.
    pub(crate) fn reset(&self) {
        *hold(&self.grants) = Grants::default();
        *hold(&self.faults) = Faults::default();
        hold(&self.limiter).reset();
        hold(&self.book).reset();
        hold(&self.webhooks).clear();
        hold(&self.files).clear();
        *write(&self.registry) = Registry::new(self.client.clone());
        *write(&self.settings) = self.beginning.settings;
        self.clock.restart(self.beginning.starts_at);
        *write(&self.companies) = open(&self.beginning.seed, self.clock.now());
    }

    fn carry_out(&self, call: &Call, effect: Option<&Effect>) -> Outcome {
        let mut entry = LoggedRequest::new(call);
        entry.faulted = effect.is_some();
        let mut outcome = match effect {
            Some(effect) => self.fail(call, effect, &mut entry),
            None => Outcome::Send(self.route(call, &mut entry)),
        };
        if let Outcome::Send(answer) | Outcome::SendLast(answer) | Outcome::SendHalf(answer) =
            &mut outcome
        {
            answer::finish(answer, call, self.clock.is_shifted());
            entry.status = Some(answer.status().as_u16());
        }
        if entry.deed.changes_state() {
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
        let is_token_call = place(call.path()) == Where::Token;
        hold(&self.book).enter(entry, is_token_call);
        outcome
    }

    fn fail(&self, call: &Call, effect: &Effect, entry: &mut LoggedRequest) -> Outcome {
        match effect {
            Effect::DropBefore => Outcome::HangUp,
            Effect::DropAfter => {
                self.route(call, entry);
                Outcome::HangUp
            }
            Effect::Truncate => Outcome::SendHalf(self.route(call, entry)),
            Effect::CloseAfter => Outcome::SendLast(self.route(call, entry)),
            Effect::Delay { .. } => Outcome::Send(self.route(call, entry)),
            Effect::Throttle => Outcome::Send(self.throttled(call)),
            Effect::Html { status } => Outcome::Send(answer::error_page(status_of(*status))),
            Effect::Answer {
                status,
                headers,
                body,
                after,
            } => {
                if *after {
                    self.route(call, entry);
                }
                Outcome::Send(scripted(*status, headers, body))
            }
        }
    }

    fn route(&self, call: &Call, entry: &mut LoggedRequest) -> Answer {
        if !call.host().serves(call.path()) {
            return answer::empty(StatusCode::NOT_FOUND);
        }
        match call.path() {
            path if place(path) == Where::Api => api::answer(self, call, entry),
            path if path.starts_with(api::ENTITLEMENTS) => api::entitlements(self, call, entry),
            oauth::TOKEN_PATH => oauth::token(self, call, entry),
            oauth::REVOKE_PATH => oauth::revoke(self, call, entry),
            path if consent::is_page(path) => consent::answer(self, call),
            path if attachment::is_file(path) => document::file(self, call),
            _ => discovery::answer(self, call)
                .unwrap_or_else(|| answer::empty(StatusCode::NOT_FOUND)),
        }
    }

    /// The API's throttled answer; the OAuth endpoints send none but the status.
    fn throttled(&self, call: &Call) -> Answer {
        if place(call.path()) != Where::Api {
            return answer::empty(StatusCode::TOO_MANY_REQUESTS);
        }
        let settings = self.settings();
        let answer = Refusal::Throttled.answer(call, &settings);
        xml::suited(answer, call, settings.default_format)
    }
}

/// A request to the API for as long as it is under way, where that is what the limit for bursts counts.
struct UnderWay {
    intuit: Arc<Intuit>,
    who: String,
    /// Whether as many were under way as may be when it came.
    crowded: bool,
}

impl UnderWay {
    fn begin(intuit: &Arc<Intuit>, call: &Call) -> Option<Self> {
        let settings = intuit.settings();
        if !settings.limits
            || settings.burst != Burst::Concurrent
            || place(call.path()) != Where::Api
        {
            return None;
        }
        let who = api::caller(intuit, call).app();
        let crowded = hold(&intuit.limiter).begin(&who);
        Some(Self {
            intuit: Arc::clone(intuit),
            who,
            crowded,
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        hold(&self.intuit.limiter).end(&self.who);
    }
}

fn open(seed: &Seed, now: Timestamp) -> HashMap<String, Arc<RwLock<Company>>> {
    let open = |seed| Arc::new(RwLock::new(Company::open(seed, now)));
    seed.companies
        .iter()
        .map(|company| (company.realm.clone(), open(company)))
        .collect()
}

fn place(path: &str) -> Where {
    match path {
        oauth::TOKEN_PATH => Where::Token,
        oauth::REVOKE_PATH => Where::Revoke,
        _ if path.starts_with("/v3/") => Where::Api,
        _ => Where::Any,
    }
}

/// The answer that a fault prescribes; headers that cannot be sent are left out.
fn scripted(status: u16, headers: &BTreeMap<String, String>, body: &str) -> Answer {
    let mut answer = answer::empty(status_of(status));
    *answer.body_mut() = body.to_owned().into();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn status_of(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

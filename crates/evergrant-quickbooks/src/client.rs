//! The client for one company's books.
//!
//! The whole of a call: make the request (`request`), wait for its turn (`pace`), send it with the
//! bearer attached (the core), tell success from failure (`response`, `error`), and make it again if
//! that can do no harm and time may heal the failure (`retry`). What else can be asked for is in the
//! modules that say how: `write`, `pages`…

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use evergrant::{AuthClient, Body, SentRequest};
use http::header::{AUTHORIZATION, HeaderValue};
use http::response::Parts;
use http::{HeaderMap, Method};
use jiff::civil::Date;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::error::Exchange;
use crate::pace::{Pacer, Permit};
use crate::request::Company;
use crate::retry::Course;
use crate::{
    Entity, EntityKind, Error, ErrorKind, Meter, MinorVersion, Pace, QueryResponse, RealmId,
    Request, Response, Result, Typed, retry,
};

/// The longest answer that is taken in. The largest report that Intuit makes, 400,000 cells, is
/// about a third of it.
const LONGEST_ANSWER: usize = 128 * 1024 * 1024;
/// How much of a failure's body is kept.
const KEPT_OF_FAILURE: usize = 1024 * 1024;

/// A client for one company. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    auth: AuthClient,
    company: Company,
    pacer: Arc<Pacer>,
    meter: Option<Meter>,
}

impl Client {
    /// A client for the company `realm` at `base_url` ([`Endpoints::base_url`]), which calls with
    /// the bearer of `auth`.
    ///
    /// [`Endpoints::base_url`]: crate::Endpoints::base_url
    pub fn new(auth: AuthClient, base_url: Url, realm: impl Into<RealmId>) -> Self {
        let company = Company::new(base_url, realm.into());
        Self {
            auth,
            pacer: Pacer::shared(&company.name()),
            company,
            meter: None,
        }
    }

    /// The same at another pace, which it shares with its clones and with nobody else. Without
    /// this, all clients of a company in this process share what Intuit allows.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.pacer = Pacer::new(pace);
        self
    }

    /// The same, asking for another edition of the schema.
    #[must_use]
    pub fn with_minor_version(mut self, version: MinorVersion) -> Self {
        self.company.minor_version = version;
        self
    }

    /// The same, counting the calls that Intuit meters: those to production companies are.
    #[must_use]
    pub fn with_meter(mut self, meter: Meter) -> Self {
        self.meter = Some(meter);
        self
    }

    /// The company.
    pub fn realm(&self) -> &RealmId {
        &self.company.realm
    }

    /// Reads one object of the type `T` of [`model`](crate::model).
    ///
    /// # Errors
    /// As [`read_entity`](Self::read_entity).
    pub async fn read<T: Typed>(&self, id: impl AsRef<str>) -> Result<T> {
        T::from_entity(self.read_entity(T::KIND, id.as_ref()).await?)
    }

    /// Reads one entity. Of kinds that a company has one of ([`EntityKind::Preferences`],
    /// [`EntityKind::CompanyInfo`], [`EntityKind::Entitlements`]) that one is read, whatever `id`
    /// says. Entitlements come in XML and are taken for the JSON that they would be.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none with this id,
    /// [`Unsendable`](crate::ErrorKind::Unsendable) if the kind is not read by id, and whatever
    /// [`send`](Self::send) fails with.
    pub async fn read_entity(&self, kind: EntityKind, id: &str) -> Result<Entity> {
        let request = self.reading(kind, id)?;
        self.send(request).await?.entity(kind)
    }

    /// The call that [`read_entity`](Self::read_entity) makes, for who wants the whole of its answer.
    ///
    /// # Errors
    /// [`Unsendable`](crate::ErrorKind::Unsendable) if the kind is not read by id, or not by this.
    pub fn reading(&self, kind: EntityKind, id: &str) -> Result<Request> {
        Ok(self.company.reading(kind, id)?)
    }

    /// The company's own entry: the usual way to see whether a connection works.
    ///
    /// # Errors
    /// As [`read_entity`](Self::read_entity).
    pub async fn company_info(&self) -> Result<Entity> {
        let kind = EntityKind::CompanyInfo;
        self.read_entity(kind, self.realm().as_str()).await
    }

    /// The company's settings.
    ///
    /// # Errors
    /// As [`read_entity`](Self::read_entity).
    pub async fn preferences(&self) -> Result<Entity> {
        self.read_entity(EntityKind::Preferences, "").await
    }

    /// The rate between a currency (`EUR`) and the company's own, of today or another day.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn exchange_rate(&self, currency: &str, day: Option<Date>) -> Result<Entity> {
        let mut request = Request::get(EntityKind::ExchangeRate.path())
            .with_query("sourcecurrencycode", currency);
        if let Some(day) = day {
            request = request.with_query("asofdate", day.to_string());
        }
        self.send(request).await?.entity(EntityKind::ExchangeRate)
    }

    /// Where `request` would go.
    ///
    /// # Errors
    /// [`Unsendable`](crate::ErrorKind::Unsendable) if it would go nowhere.
    pub fn url_of(&self, request: &Request) -> Result<Url> {
        Ok(self.company.url(request)?)
    }

    /// Runs a query: `select * from Invoice where TotalAmt > '300.00' maxresults 1000`. At most
    /// 100 rows come unless the text asks for more, and never more than 1000.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if QuickBooks can't make sense of the text, and
    /// whatever [`send`](Self::send) fails with.
    pub async fn query(&self, text: &str) -> Result<QueryResponse> {
        self.send(Request::select(text)).await?.rows()
    }

    /// Makes any call, when its turn comes. If it fails in a way that time may heal, one that
    /// changes nothing (GET) is made again, twice at most and within a few seconds; a write that
    /// carries a [`RequestId`](crate::RequestId) until its outcome is known; any other change never.
    /// When QuickBooks finds that it is asked too often, all calls to the company pause.
    ///
    /// # Errors
    /// Every answer that is not a success, by its status or by a fault in it; see
    /// [`ErrorKind`](crate::ErrorKind). And what the core fails with:
    /// [`Connection`](crate::ErrorKind::Connection).
    pub async fn send(&self, request: Request) -> Result<Response> {
        let began = Instant::now();
        let mut course = Course::new(request.repeat(), self.pacer.patience());
        loop {
            let error = match self.attempt(&request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let held = self.pacer.held_for();
            let pause = course.after(error, began.elapsed(), held, retry::jitter())?;
            sleep(pause).await;
        }
    }

    /// What is at an address that a bearer must not be shown to.
    pub(crate) async fn fetch(&self, url: Url, limit: usize) -> Result<Bytes> {
        let asked = SentRequest {
            method: Method::GET,
            url: without_secrets(&url),
            headers: HeaderMap::new(),
        };
        let (parts, body) = self.auth.get_without_bearer(url).await?.into_parts();
        if !parts.status.is_success() {
            return Err(refused(parts, body, asked).await);
        }
        Ok(body.bytes(limit).await?)
    }

    /// One attempt, when its turn comes.
    async fn attempt(&self, request: &Request) -> Result<Response> {
        let url = self.company.url(request)?;
        if let Some(meter) = &self.meter {
            meter.admit(self.realm(), request)?;
        }
        let permit = self.pacer.admit(request.lane()).await;
        let answer = self.exchange(request, url).await;
        self.heed(&permit, &answer);
        if let Some(meter) = self.meter.as_ref().filter(|_| answer.is_ok()) {
            meter.counted(self.realm(), request);
        }
        answer
    }

    fn heed(&self, permit: &Permit, answer: &Result<Response>) {
        match answer {
            Ok(_) => permit.succeeded(),
            Err(error) if error.kind() == ErrorKind::Throttled => {
                self.pacer.refused(permit, retry_after(error));
            }
            Err(_) => {}
        }
    }

    async fn exchange(&self, request: &Request, url: Url) -> Result<Response> {
        let outgoing = request.to_http(&url)?;
        let asked = shown(&outgoing, url);
        let (parts, body) = self.auth.send(outgoing).await?.into_parts();
        if !parts.status.is_success() {
            return Err(refused(parts, body, asked).await);
        }
        let response = Response {
            status: parts.status,
            headers: parts.headers,
            body: body
                .bytes(LONGEST_ANSWER)
                .await
                .map_err(|error| cut_off(error, request))?,
            request: asked,
        };
        if response.hides_failure(request.wants_json()) {
            return Err(Error::answered(response.into_exchange()));
        }
        Ok(response)
    }
}

/// How long QuickBooks asks to wait, if it says so.
fn retry_after(error: &Error) -> Option<Duration> {
    error.exchange()?.retry_after()
}

/// The error of an answer that is not a success. A body that breaks off is kept as far as it came.
async fn refused(mut parts: Parts, mut body: Body, asked: SentRequest) -> Error {
    let request = parts.extensions.remove().unwrap_or(asked);
    let mut kept = Vec::new();
    let mut is_cut = false;
    while kept.len() <= KEPT_OF_FAILURE {
        match body.chunk().await {
            Ok(Some(chunk)) => kept.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => {
                is_cut = true;
                break;
            }
        }
    }
    is_cut |= kept.len() > KEPT_OF_FAILURE;
    kept.truncate(KEPT_OF_FAILURE);
    let exchange = Exchange::new(request, parts.status, parts.headers, &kept, is_cut);
    Error::answered(exchange)
}

/// An address that is good without a bearer is a secret by what stands in its query.
fn without_secrets(url: &Url) -> Url {
    let mut shown = url.clone();
    shown.set_query(None);
    shown
}

/// A success whose body did not come whole. If it answered a change, that change was made, and
/// making it again would make it twice.
fn cut_off(error: evergrant::Error, request: &Request) -> Error {
    if request.is_safe() {
        return error.into();
    }
    let kind = evergrant::ErrorKind::Unanswered;
    let context = "the change was accepted, but the answer to it broke off";
    evergrant::Error::new(kind, context)
        .with_source(error)
        .into()
}

/// The request as it may be shown, in case the core does not hand back what it sent.
fn shown(outgoing: &http::Request<Body>, url: Url) -> SentRequest {
    let mut headers = outgoing.headers().clone();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer [redacted]"));
    SentRequest {
        method: outgoing.method().clone(),
        url,
        headers,
    }
}

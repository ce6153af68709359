//! One request to the provider: how it is sent over the worker's pool.
//!
//! With which bearer, and whether once more after a 401, is decided by the library
//! ([`evergrant::AuthClient::carry`]), as for requests that it sends by itself.

use std::sync::Arc;

use bytes::Bytes;
use evergrant::{Bearer, Carrier, Error, ErrorKind, Generation};
use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use jiff::SignedDuration;

use super::body::{Reply, Unread, Upload};
use super::limit::Pass;
use super::pool::{Free, Lease, Lost, Pool};
use super::record::Record;
use super::refusal::Refusal;
use super::{Gateway, Route, access, headers, keys};

/// How much of a 401's body is read to find out whose fault it is.
const REFUSAL_BODY_LIMIT: usize = 1024 * 1024;
/// An upload that can't be sent twice is sent with a token that will live through it.
const UPLOAD_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// 32 characters of text: a batch takes 36 at most, any other write 50.
const ID_BYTES: usize = 24;
const REQUEST_ID: &str = "requestid";
/// Tells the caller under which id its write was sent.
const REQUEST_ID_HEADER: &str = "evergrant-requestid";

/// A request as it goes up, once or twice.
struct Outgoing<'a> {
    pool: &'a Arc<Pool>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    repeatable: bool,
    body: Upload,
    /// What it will be sent by.
    free: Option<Free>,
    /// Its turn at the company's limits.
    pass: Option<&'a Pass>,
    /// How many times, whatever became of them.
    sent: u32,
    /// The bearer's, the last time.
    generation: Option<Generation>,
}

/// Sends a caller's request, which has its target at the provider by now, and returns what the caller
/// gets.
///
/// # Errors
/// What the gateway answers by itself.
pub(crate) async fn forward(
    gateway: &Gateway,
    pool: &Arc<Pool>,
    route: &Route,
    (mut parts, body): (Parts, Upload),
    record: &Record,
) -> Result<Response<Reply>, Refusal> {
    headers::upward(&mut parts.headers);
    parts.headers.insert(HOST, route.host.clone());
    let mut outgoing = Outgoing {
        pool,
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        repeatable: body.again().is_some(),
        body,
        free: None,
        pass: record.pass.as_ref(),
        sent: 0,
        generation: None,
    };
    let answered = carry(route, &mut outgoing).await;
    if outgoing.sent > 1 {
        route.counters.resent();
    }
    let mut response = answered.map_err(|failure| refuse(gateway, route, &failure, record))?;
    headers::downward(response.headers_mut(), &route.base, &route.path);
    if let Some(id) = record.requestid.as_deref()
        && let Ok(id) = HeaderValue::from_str(id)
    {
        response.headers_mut().insert(REQUEST_ID_HEADER, id);
    }
    Ok(response)
}

async fn carry(route: &Route, outgoing: &mut Outgoing<'_>) -> Result<Response<Reply>, Error> {
    if !outgoing.repeatable {
        drop(Box::pin(route.keeper.bearer_with(&route.id, UPLOAD_LIFE)).await?);
    }
    let response = match route.client.carry(outgoing).await? {
        Answer::Passing(response, lease) => {
            let patience = outgoing.pool.patience();
            response.map(|body| Reply::passing(body, lease, patience))
        }
        Answer::Read(response) => response,
    };
    if response.status() != StatusCode::UNAUTHORIZED || outgoing.repeatable {
        return Ok(response);
    }
    // If there is another bearer by now, it was the token's fault.
    let now = route.keeper.bearer(&route.id).await?.generation;
    if outgoing.generation == Some(now) {
        return Ok(response);
    }
    Err(not_taken(route))
}

/// An answer of the provider's.
enum Answer {
    /// Its body comes by this connection.
    Passing(Response<Incoming>, Lease),
    /// It was read to see whose fault a 401 is.
    Read(Response<Reply>),
}

impl Carrier for Outgoing<'_> {
    type Answer = Answer;

    fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// For a large upload too: it will be sent again by its caller.
    fn renews(&self) -> bool {
        true
    }

    /// A request may wait long for a connection where there are many.
    async fn prepare(&mut self) -> Result<(), Error> {
        let free = self.pool.free().await;
        self.free = Some(free.map_err(|lost| self.verdict(lost))?);
        Ok(())
    }

    fn step_back(&mut self) {
        if let Some(free) = self.free.take() {
            free.give_back();
        }
    }

    /// Sends, and once more if the connection broke and sending twice can do no harm.
    async fn send(&mut self, bearer: &Bearer) -> Result<Answer, Error> {
        let authorization = bearer.authorization()?;
        self.headers.insert(AUTHORIZATION, authorization);
        self.sent += 1;
        self.generation = Some(bearer.generation);
        let pass = self.pass;
        let sending = || pass.iter().for_each(|pass| pass.sent());
        let mut sent = match self.free.take() {
            Some(free) => self.pool.send(free, self.request(), sending).await,
            None => self.send_again(sending).await,
        };
        if let Err(lost) = &sent
            && lost.sent
            && !lost.late
            && self.repeatable
            && self.method.is_idempotent()
        {
            sent = self.send_again(sending).await;
        }
        let (response, lease) = sent.map_err(|lost| self.verdict(lost))?;
        Ok(Answer::Passing(response, lease))
    }

    fn is_refused(&self, answer: &Answer) -> bool {
        let status = match answer {
            Answer::Passing(response, _) => response.status(),
            Answer::Read(response) => response.status(),
        };
        status == StatusCode::UNAUTHORIZED
    }

    async fn read(&mut self, answer: &mut Answer) -> (HeaderMap, Bytes) {
        let read = Answer::Read(Response::new(Reply::own(Bytes::new())));
        let Answer::Passing(response, lease) = std::mem::replace(answer, read) else {
            return (HeaderMap::new(), Bytes::new());
        };
        let (parts, body) = response.into_parts();
        let body = read_whole(body, lease).await;
        let headers = parts.headers.clone();
        *answer = Answer::Read(Response::from_parts(parts, Reply::own(body.clone())));
        (headers, body)
    }
}

impl Outgoing<'_> {
    /// On another connection than the one that was prepared.
    async fn send_again(
        &mut self,
        sending: impl Fn(),
    ) -> Result<(Response<Incoming>, Lease), Lost> {
        let free = self.pool.free().await?;
        self.pool.send(free, self.request(), sending).await
    }

    fn request(&mut self) -> Request<Upload> {
        let body = match self.body.again() {
            Some(body) => body,
            None => std::mem::replace(&mut self.body, Upload::Empty),
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    fn verdict(&self, lost: Lost) -> Error {
        let untold = lost.sent && !self.method.is_idempotent();
        if !untold || lost.error.kind() == ErrorKind::Config {
            return lost.error;
        }
        Error::new(
            ErrorKind::Unanswered,
            "it was sent and no answer came: it may or may not have been done",
        )
        .with_source(lost.error)
    }
}

/// The API did nothing, and a token that it will take is there; but what was sent is gone.
fn not_taken(route: &Route) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the access token ended while a large body was sent; nothing was done",
    )
    .for_connection(&route.id)
}

async fn read_whole(body: Incoming, mut lease: Lease) -> Bytes {
    let read = Limited::new(body, REFUSAL_BODY_LIMIT).collect().await;
    match read {
        Ok(collected) => {
            lease.give_back();
            collected.to_bytes()
        }
        Err(_) => Bytes::new(),
    }
}

fn refuse(gateway: &Gateway, route: &Route, failure: &Error, record: &Record) -> Refusal {
    let reconnect = gateway.reconnect_url(route);
    let refusal = Refusal::of(failure, &route.name, reconnect.as_deref());
    match &record.requestid {
        Some(id) => refusal.with(REQUEST_ID, id),
        None => refusal,
    }
}

/// Why nothing was sent of a request whose body did not come.
pub(crate) fn unread(why: Unread) -> Refusal {
    match why {
        Unread::Slow => Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "slow_body",
            "the request's body did not come in time",
            "send it again",
        ),
        Unread::Broken => Refusal::new(
            StatusCode::BAD_REQUEST,
            "broken_body",
            "the request's body broke off",
            "send it again",
        ),
    }
}

/// Path and query as they go up. A write that names no `requestid` gets one.
///
/// # Errors
/// If they can't be sent.
pub(crate) fn target(
    gateway: &Gateway,
    route: &Route,
    parts: &Parts,
    record: &mut Record,
) -> Result<Uri, Refusal> {
    let (path, query) = (record.path.as_str(), parts.uri.query());
    record.requestid = named_id(query);
    let adds = gateway.request_ids
        && record.requestid.is_none()
        && parts.method == Method::POST
        && path.starts_with("/v3/company/")
        && !access::is_query(path);
    let mut target = format!("{}{path}", route.base_path);
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        target.push('?');
        target.push_str(query);
    }
    if adds {
        let id = keys::random::<ID_BYTES>().map_err(|_| unmade())?;
        let mark = if target.contains('?') { '&' } else { '?' };
        target.push_str(&format!("{mark}{REQUEST_ID}={id}"));
        record.requestid = Some(id);
    }
    target.try_into().map_err(|_| unmade())
}

fn named_id(query: Option<&str>) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    let (_, id) =
        pairs.find(|(name, id)| name.eq_ignore_ascii_case(REQUEST_ID) && !id.is_empty())?;
    Some(id.into_owned())
}

fn unmade() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "bad_target",
        "no request can be made of this path and query",
        "encode what is special in it",
    )
}

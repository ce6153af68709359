//! Authenticated requests: attach the bearer, send, and on a 401 for an expired token refresh and
//! resend once.
//!
//! The whole algorithm of [`AuthClient::send`]:
//! - the target's origin must be one of the provider's API origins;
//! - ask the keeper for a bearer (from memory, unless it is over, or was refused and is being replaced)
//!   and attach it;
//! - send; an idempotent request whose connection broke before the answer is sent once more;
//! - on a 401 that may be the token's fault, tell the keeper which token failed; if it has or gets
//!   another one, send once more, and return whatever comes then;
//! - a body that can't be sent twice is never resent: its 401 goes to the caller.
//!
//! A server that has connections of its own brings a [`Carrier`], and leaves the decisions to
//! [`AuthClient::carry`].

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, Response, Uri};
use url::Url;

use crate::keeper::Slot;
use crate::observer::redacted;
use crate::provider::{is_refusal, require_private};
use crate::transport::{Answer, Lost, NAME};
use crate::{
    Bearer, Body, ConnectionId, Error, ErrorKind, Event, Generation, Keeper, Provider, Refusal,
    Result,
};

/// How much of a 401's body is read to find out whose fault it is.
const REFUSAL_BODY_LIMIT: usize = 1024 * 1024;

/// What was really sent: in the extensions of every response that is not a success.
#[derive(Debug, Clone)]
pub struct SentRequest {
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: Url,
    /// Its headers, `Authorization` redacted.
    pub headers: HeaderMap,
}

/// A request, and a way to send it that is the caller's own: what [`AuthClient::carry`] decides on.
pub trait Carrier: Send {
    /// An answer, whose body may still be to come.
    type Answer: Send;

    /// Whether the request can be sent more than once.
    fn is_repeatable(&self) -> bool;

    /// Whether a token that was refused is renewed for it: where the request can't be sent again, that
    /// would be for the requests after it.
    fn renews(&self) -> bool {
        self.is_repeatable()
    }

    /// Waits until the request can be sent at once. Where that takes a while, the bearer may be another
    /// one by then.
    ///
    /// # Errors
    /// As of [`send`](Self::send), of a request that was not sent.
    fn prepare(&mut self) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// Lets others go first: there is no bearer for it yet. It will be prepared again.
    fn step_back(&mut self) {}

    /// Sends the request with [`Bearer::authorization`] in its `Authorization` header.
    fn send(&mut self, bearer: &Bearer) -> impl Future<Output = Result<Self::Answer>> + Send;

    /// Whether the answer is a 401.
    fn is_refused(&self, answer: &Self::Answer) -> bool;

    /// The headers and the body of a 401, which must remain readable for whoever gets the answer.
    fn read(
        &mut self,
        answer: &mut Self::Answer,
    ) -> impl Future<Output = (HeaderMap, Bytes)> + Send;
}

/// Sends requests with a connection's bearer attached. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AuthClient {
    keeper: Keeper,
    slot: Arc<Slot>,
}

impl AuthClient {
    pub(crate) fn new(keeper: Keeper, slot: Arc<Slot>) -> Self {
        Self { keeper, slot }
    }

    /// The connection whose bearer it attaches.
    pub fn connection(&self) -> &ConnectionId {
        self.slot.id()
    }

    /// Sends `request`, whose URI must be absolute, with the bearer attached. An `Authorization`
    /// header of the caller's is replaced.
    ///
    /// Any status is an answer and comes back as it is, with [`SentRequest`] in its extensions
    /// unless it is a success; redirects are not followed.
    ///
    /// # Errors
    /// - [`ErrorKind::Config`]: the URI is not absolute or not of an API origin, or the server's
    ///   certificate is not trusted;
    /// - [`ErrorKind::Unavailable`]: no answer, and asking again is harmless;
    /// - [`ErrorKind::Unanswered`]: no answer to a request that is not idempotent;
    /// - whatever kept the keeper from giving a bearer: lapsed, store, busy…
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>> {
        let registered = self.keeper.provider_of(&self.slot).await?;
        let mut outgoing = Outgoing::new(self, &registered.provider, request)?;
        let answer = self.carry_for(&registered.provider, &mut outgoing).await?;
        Ok(respond(answer, outgoing))
    }

    /// Gets what is at `url` with no bearer, as for a file whose address is all that it takes to
    /// read it. Nobody is told of the address. Redirects are not followed.
    ///
    /// # Errors
    /// - [`ErrorKind::Config`]: the address is neither https nor of this machine, or the server's
    ///   certificate is not trusted;
    /// - [`ErrorKind::Unavailable`]: no answer.
    pub async fn get_without_bearer(&self, url: Url) -> Result<Response<Body>> {
        require_private(&url)?;
        let uri: Uri = url
            .as_str()
            .parse()
            .map_err(|error: http::uri::InvalidUri| {
                Error::new(ErrorKind::Config, "an address that can't be asked for")
                    .with_source(error)
            })?;
        let transport = self.keeper.transport();
        let sent = transport.send(Method::GET, &uri, HeaderMap::new(), Body::default());
        let answer = sent.await.map_err(|lost| lost.error)?;
        let mut response = Response::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }

    /// Sends a request by a transport of the caller's own, as [`send`](Self::send) does by the
    /// library's: with the bearer, and once more after a 401 if another bearer can help. Whether the
    /// target may receive it is for the caller to see to
    /// ([`Provider::may_receive_bearer`](crate::Provider::may_receive_bearer)).
    ///
    /// # Errors
    /// The carrier's, and whatever kept the keeper from giving a bearer: lapsed, store, busy…
    pub async fn carry<C: Carrier>(&self, carrier: &mut C) -> Result<C::Answer> {
        let registered = self.keeper.provider_of(&self.slot).await?;
        self.carry_for(&registered.provider, carrier).await
    }

    async fn carry_for<C: Carrier>(
        &self,
        provider: &Provider,
        carrier: &mut C,
    ) -> Result<C::Answer> {
        let mut bearer = self.keeper.bearer_of(&self.slot).await?;
        carrier.prepare().await?;
        if self.keeper.is_outdated(&self.slot, &bearer) {
            carrier.step_back();
            bearer = self.keeper.bearer_of(&self.slot).await?;
            carrier.prepare().await?;
        }
        let mut answer = self.send_by(carrier, &bearer).await?;
        if carrier.is_refused(&answer)
            && carrier.renews()
            && let Some(newer) = self
                .newer_bearer(provider, carrier, &mut answer, &bearer)
                .await?
            && carrier.is_repeatable()
        {
            answer = self.send_by(carrier, &newer).await?;
        }
        Ok(answer)
    }

    async fn send_by<C: Carrier>(&self, carrier: &mut C, bearer: &Bearer) -> Result<C::Answer> {
        let answer = carrier.send(bearer).await?;
        if !carrier.is_refused(&answer) {
            self.keeper.accepted(&self.slot, bearer.generation);
        }
        Ok(answer)
    }

    /// After a 401: the bearer to try next, if another one can help.
    async fn newer_bearer<C: Carrier>(
        &self,
        provider: &Provider,
        carrier: &mut C,
        answer: &mut C::Answer,
        seen: &Bearer,
    ) -> Result<Option<Bearer>> {
        let (headers, body) = carrier.read(answer).await;
        let refusal = (provider.judge_refusal)(&headers, &body);
        self.keeper
            .notify(self.slot.id(), || Event::Refused { refusal });
        if refusal == Refusal::NotTheToken {
            return Ok(None);
        }
        self.keeper.renew_refused(&self.slot, seen, refusal).await
    }

    /// The target as it is sent to, once its origin is known to be the provider's.
    fn allowed(&self, provider: &Provider, uri: Uri) -> Result<Uri> {
        if provider.names_api_origin(&uri) {
            return Ok(uri);
        }
        let not_absolute =
            || Error::new(ErrorKind::Config, format!("{uri} is not an absolute URL"));
        let url =
            Url::parse(&uri.to_string()).map_err(|error| not_absolute().with_source(error))?;
        if provider.may_receive_bearer(&url) {
            // Sent is what was judged, not what it was read from.
            return url
                .as_str()
                .parse()
                .map_err(|error: http::uri::InvalidUri| not_absolute().with_source(error));
        }
        Err(Error::new(
            ErrorKind::Config,
            format!(
                "{} is not an API origin of {}: its bearer is not sent there",
                url.origin().ascii_serialization(),
                provider.name,
            ),
        )
        .for_connection(self.slot.id()))
    }

    async fn exchange(
        &self,
        outgoing: &mut Outgoing<'_>,
        generation: Generation,
    ) -> Result<Answer, Lost> {
        let body = outgoing.take_body();
        let headers = outgoing.take_headers();
        let Outgoing { method, uri, .. } = outgoing;
        let observer = self.keeper.observer();
        let watch = observer.watch(
            self.slot.id(),
            method,
            || url_of(uri),
            &headers,
            Some(generation),
        );
        let sent = self
            .keeper
            .transport()
            .send(method.clone(), uri, headers, body)
            .await;
        watch.finish(&sent);
        sent
    }

    fn verdict(&self, lost: Lost, outgoing: &Outgoing<'_>) -> Error {
        let error = lost.error.for_connection(self.slot.id());
        if !lost.sent || outgoing.method.is_idempotent() || error.kind() == ErrorKind::Config {
            return error;
        }
        Error::new(
            ErrorKind::Unanswered,
            format!(
                "{} {} was sent and no answer came: it may or may not have been done",
                outgoing.method,
                outgoing.uri.path()
            ),
        )
        .for_connection(self.slot.id())
        .with_source(error)
    }
}

/// A request as it will be sent, once or twice.
struct Outgoing<'a> {
    client: &'a AuthClient,
    method: Method,
    uri: Uri,
    /// For the first sending; the others take theirs from `kept`.
    headers: Option<HeaderMap>,
    kept: Kept,
    authorization: Option<HeaderValue>,
    body: Body,
    repeatable: bool,
}

/// Headers in a list: a request's are kept for each other sending, which hardly ever comes, and a
/// copy of the map that goes out takes longer to make than anything else about attaching a bearer.
struct Kept(Vec<(HeaderName, HeaderValue)>);

impl Kept {
    fn of(headers: &HeaderMap) -> Self {
        let copies = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        Self(copies.collect())
    }

    fn to_map(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.0.len() + 1);
        for (name, value) in &self.0 {
            headers.append(name, value.clone());
        }
        headers
    }
}

impl<'a> Outgoing<'a> {
    fn new(client: &'a AuthClient, provider: &Provider, request: Request<Body>) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        parts.headers.entry(USER_AGENT).or_insert(NAME);
        Ok(Self {
            client,
            method: parts.method,
            uri: client.allowed(provider, parts.uri)?,
            kept: Kept::of(&parts.headers),
            headers: Some(parts.headers),
            authorization: None,
            repeatable: body.again().is_some(),
            body,
        })
    }

    /// With the bearer.
    fn take_headers(&mut self) -> HeaderMap {
        let mut headers = self.headers.take().unwrap_or_else(|| self.kept.to_map());
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers
    }

    fn take_body(&mut self) -> Body {
        self.body
            .again()
            .unwrap_or_else(|| std::mem::take(&mut self.body))
    }
}

impl Carrier for Outgoing<'_> {
    type Answer = Answer;

    fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// Sends, and once more if the connection broke and sending twice can do no harm.
    async fn send(&mut self, bearer: &Bearer) -> Result<Answer> {
        let client = self.client;
        self.authorization = Some(bearer.authorization()?);
        let generation = bearer.generation;
        let mut sent = client.exchange(self, generation).await;
        if let Err(lost) = &sent
            && lost.sent
            && lost.error.kind() == ErrorKind::Unavailable
            && self.repeatable
            && self.method.is_idempotent()
        {
            sent = client.exchange(self, generation).await;
        }
        sent.map_err(|lost| client.verdict(lost, self))
    }

    fn is_refused(&self, answer: &Answer) -> bool {
        is_refusal(answer.status)
    }

    async fn read(&mut self, answer: &mut Answer) -> (HeaderMap, Bytes) {
        let body = std::mem::take(&mut answer.body)
            .bytes(REFUSAL_BODY_LIMIT)
            .await
            .unwrap_or_default();
        answer.body = body.clone().into();
        (answer.headers.clone(), body)
    }
}

fn respond(answer: Answer, mut outgoing: Outgoing<'_>) -> Response<Body> {
    let success = answer.status.is_success();
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if !success && let Some(url) = url_of(&outgoing.uri) {
        response.extensions_mut().insert(SentRequest {
            headers: redacted(outgoing.take_headers()),
            method: outgoing.method,
            url,
        });
    }
    response
}

/// For those who are told of a request; what was allowed is a URL.
fn url_of(uri: &Uri) -> Option<Url> {
    Url::parse(&uri.to_string()).ok()
}

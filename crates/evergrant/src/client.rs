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
use http::uri::InvalidUri;
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

/// What stands for a bearer where headers are shown.
const HIDDEN: HeaderValue = HeaderValue::from_static("Bearer [redacted]");
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
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        let registered = self.keeper.provider_of(&self.slot).await?;
        let provider = &registered.provider;
        self.allow(provider, request.uri_mut())?;
        let mut outgoing = Outgoing::new(self, request);
        let mut answer = self.carry_for(provider, &mut outgoing).await?;
        if !answer.status().is_success()
            && let Some(sent) = outgoing.shown()
        {
            answer.extensions_mut().insert(sent);
        }
        Ok(answer)
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
        let uri: Uri = url.as_str().parse().map_err(|error: InvalidUri| {
            Error::new(ErrorKind::Config, "an address that can't be asked for").with_source(error)
        })?;
        let transport = self.keeper.transport();
        let sent = transport.send(Method::GET, &uri, HeaderMap::new(), Body::default());
        sent.await.map_err(|lost| lost.error)
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
        let mut is_second = false;
        loop {
            let answer = carrier.send(&bearer).await?;
            if !carrier.is_refused(&answer) {
                self.keeper.accepted(&self.slot, bearer.generation);
                return Ok(answer);
            }
            if is_second || !carrier.renews() {
                return Ok(answer);
            }
            let mut refused = answer;
            let newer = self.newer_bearer(provider, carrier, &mut refused, &bearer);
            match newer.await? {
                Some(newer) if carrier.is_repeatable() => bearer = newer,
                _ => return Ok(refused),
            }
            is_second = true;
        }
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

    /// Makes of the target what is sent to, once its origin is known to be the provider's.
    fn allow(&self, provider: &Provider, uri: &mut Uri) -> Result<()> {
        if provider.names_api_origin(uri) {
            return Ok(());
        }
        let url = Url::parse(&uri.to_string()).map_err(|why| not_absolute(uri, why))?;
        if provider.may_receive_bearer(&url) {
            // Sent is what was judged, not what it was read from.
            let judged = url.as_str().parse();
            *uri = judged.map_err(|why: InvalidUri| not_absolute(uri, why))?;
            return Ok(());
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
}

/// A request as it will be sent, once or twice.
struct Outgoing<'a> {
    client: &'a AuthClient,
    /// Its headers go out with the first sending, and so does a body that passes once.
    request: Request<Body>,
    /// The headers for each other sending.
    kept: Kept,
    repeatable: bool,
}

/// Headers in a list: a request's are kept for each other sending, which hardly ever comes, and a
/// copy of the map that goes out takes longer to make than anything else about attaching a bearer.
struct Kept(Vec<(HeaderName, HeaderValue)>);

impl Kept {
    fn of(headers: &HeaderMap) -> Self {
        let mut copies = Vec::with_capacity(headers.len());
        for (name, value) in headers {
            copies.push((name.clone(), value.clone()));
        }
        Self(copies)
    }

    fn to_map(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.0.len() + 2);
        for (name, value) in &self.0 {
            headers.append(name, value.clone());
        }
        headers
    }
}

impl<'a> Outgoing<'a> {
    fn new(client: &'a AuthClient, request: Request<Body>) -> Self {
        Self {
            client,
            kept: Kept::of(request.headers()),
            repeatable: request.body().again().is_some(),
            request,
        }
    }

    async fn exchange(
        &mut self,
        authorization: HeaderValue,
        generation: Generation,
    ) -> Result<Answer, Lost> {
        let body = self.take_body();
        let headers = self.take_headers(authorization);
        let (method, uri) = (self.request.method(), self.request.uri());
        let AuthClient { keeper, slot } = self.client;
        let observer = keeper.observer();
        let watch = observer.watch(
            slot.id(),
            method,
            || url_of(uri),
            &headers,
            Some(generation),
        );
        let transport = keeper.transport();
        let sent = transport.send(method.clone(), uri, headers, body).await;
        watch.finish(&sent);
        sent
    }

    fn take_headers(&mut self, authorization: HeaderValue) -> HeaderMap {
        let mut headers = std::mem::take(self.request.headers_mut());
        if headers.is_empty() {
            headers = self.kept.to_map();
        }
        headers.entry(USER_AGENT).or_insert(NAME);
        headers.insert(AUTHORIZATION, authorization);
        headers
    }

    fn take_body(&mut self) -> Body {
        let body = self.request.body_mut();
        body.again().unwrap_or_else(|| std::mem::take(body))
    }

    fn verdict(&self, lost: Lost) -> Error {
        let id = self.client.slot.id();
        let error = lost.error.for_connection(id);
        let (method, uri) = (self.request.method(), self.request.uri());
        if !lost.sent || method.is_idempotent() || error.kind() == ErrorKind::Config {
            return error;
        }
        let path = uri.path();
        Error::new(
            ErrorKind::Unanswered,
            format!(
                "{method} {path} was sent and no answer came: it may or may not have been done"
            ),
        )
        .for_connection(id)
        .with_source(error)
    }

    /// What was sent, fit to be shown.
    fn shown(mut self) -> Option<SentRequest> {
        Some(SentRequest {
            url: url_of(self.request.uri())?,
            headers: redacted(self.take_headers(HIDDEN)),
            method: self.request.method().clone(),
        })
    }
}

impl Carrier for Outgoing<'_> {
    type Answer = Answer;

    fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// Sends, and once more if the connection broke and sending twice can do no harm.
    async fn send(&mut self, bearer: &Bearer) -> Result<Answer> {
        let mut may_follow = self.repeatable && self.request.method().is_idempotent();
        loop {
            let authorization = bearer.authorization()?;
            match self.exchange(authorization, bearer.generation).await {
                Ok(answer) => return Ok(answer),
                Err(lost) if may_follow && lost.has_broken() => may_follow = false,
                Err(lost) => return Err(self.verdict(lost)),
            }
        }
    }

    fn is_refused(&self, answer: &Answer) -> bool {
        is_refusal(answer.status())
    }

    async fn read(&mut self, answer: &mut Answer) -> (HeaderMap, Bytes) {
        let body = std::mem::take(answer.body_mut());
        let body = body.bytes(REFUSAL_BODY_LIMIT).await.unwrap_or_default();
        *answer.body_mut() = body.clone().into();
        (answer.headers().clone(), body)
    }
}

fn not_absolute(uri: &Uri, why: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Config, format!("{uri} is not an absolute URL")).with_source(why)
}

/// For those who are told of a request; what was allowed is a URL.
fn url_of(uri: &Uri) -> Option<Url> {
    Url::parse(&uri.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    #[test]
    fn each_sending_carries_the_same_headers() {
        let keeper = Keeper::builder(Arc::new(MemoryStore::new())).build();
        let client = keeper.unwrap().client(&ConnectionId::new("acme"));
        let request = || Request::get("https://api.example/");
        let several = request().header("x-of", "a").header("x-of", "b");
        for request in [request(), several.header(AUTHORIZATION, "mine")] {
            let request = request.body(Body::default()).unwrap();
            let of: Vec<_> = request.headers().get_all("x-of").iter().cloned().collect();
            let mut outgoing = Outgoing::new(&client, request);
            let first = outgoing.take_headers(HIDDEN);
            assert_eq!(first[USER_AGENT], NAME);
            assert!(first.get_all("x-of").iter().eq(&of));
            assert!(first.get_all(AUTHORIZATION).iter().eq([HIDDEN]));
            assert_eq!(outgoing.take_headers(HIDDEN), first);
            assert_eq!(outgoing.shown().unwrap().headers, first);
        }
    }
}

//! Authenticated requests: attach the bearer, send, and on a 401 for an expired token refresh and
//! resend once.
//!
//! The whole algorithm of [`AuthClient::send`]:
//! - the target's origin must be one of the provider's API origins;
//! - ask the keeper for a bearer (from memory, unless it is over) and attach it;
//! - send; an idempotent request whose connection broke before the answer is sent once more;
//! - on a 401 that may be the token's fault, tell the keeper which token failed; if it has or gets
//!   another one, send once more, and return whatever comes then;
//! - a body that can't be sent twice is never resent: its 401 goes to the caller.

use std::sync::Arc;

use http::header::{AUTHORIZATION, USER_AGENT};
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
        let bearer = self.keeper.bearer_of(&self.slot).await?;
        let mut answer = self.send_healing(&mut outgoing, &bearer).await?;
        if is_refusal(answer.status)
            && outgoing.repeatable
            && let Some(newer) = self
                .newer_bearer(&registered.provider, &mut answer, &bearer)
                .await?
        {
            answer = self.send_healing(&mut outgoing, &newer).await?;
        }
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

    /// Sends, and once more if the connection broke and sending twice can do no harm.
    async fn send_healing(&self, outgoing: &mut Outgoing, bearer: &Bearer) -> Result<Answer> {
        let authorization = bearer.authorization()?;
        outgoing.headers.insert(AUTHORIZATION, authorization);
        let generation = bearer.generation;
        let mut sent = self.exchange(outgoing, generation).await;
        if let Err(lost) = &sent
            && lost.sent
            && lost.error.kind() == ErrorKind::Unavailable
            && outgoing.repeatable
            && outgoing.method.is_idempotent()
        {
            sent = self.exchange(outgoing, generation).await;
        }
        let answer = sent.map_err(|lost| self.verdict(lost, outgoing))?;
        if !is_refusal(answer.status) {
            self.keeper.accepted(&self.slot, generation);
        }
        Ok(answer)
    }

    async fn exchange(
        &self,
        outgoing: &mut Outgoing,
        generation: Generation,
    ) -> Result<Answer, Lost> {
        let body = outgoing.take_body();
        let Outgoing {
            method,
            uri,
            headers,
            ..
        } = outgoing;
        let observer = self.keeper.observer();
        let watch = observer.watch(
            self.slot.id(),
            method,
            || url_of(uri),
            headers,
            Some(generation),
        );
        let sent = self
            .keeper
            .transport()
            .send(method.clone(), uri, headers.clone(), body)
            .await;
        watch.finish(&sent);
        sent
    }

    fn verdict(&self, lost: Lost, outgoing: &Outgoing) -> Error {
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

    /// After a 401: the bearer to try next, if another one can help. Leaves the body readable.
    async fn newer_bearer(
        &self,
        provider: &Provider,
        answer: &mut Answer,
        seen: &Bearer,
    ) -> Result<Option<Bearer>> {
        let body = std::mem::take(&mut answer.body)
            .bytes(REFUSAL_BODY_LIMIT)
            .await
            .unwrap_or_default();
        let refusal = (provider.judge_refusal)(&answer.headers, &body);
        answer.body = body.into();
        self.keeper
            .notify(self.slot.id(), || Event::Refused { refusal });
        if refusal == Refusal::NotTheToken {
            return Ok(None);
        }
        self.keeper.renew_refused(&self.slot, seen, refusal).await
    }
}

/// A request as it will be sent, once or twice.
struct Outgoing {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
    repeatable: bool,
}

impl Outgoing {
    fn new(client: &AuthClient, provider: &Provider, request: Request<Body>) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        parts.headers.entry(USER_AGENT).or_insert(NAME);
        Ok(Self {
            method: parts.method,
            uri: client.allowed(provider, parts.uri)?,
            headers: parts.headers,
            repeatable: body.again().is_some(),
            body,
        })
    }

    fn take_body(&mut self) -> Body {
        self.body
            .again()
            .unwrap_or_else(|| std::mem::take(&mut self.body))
    }
}

fn respond(answer: Answer, outgoing: Outgoing) -> Response<Body> {
    let success = answer.status.is_success();
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if !success && let Some(url) = url_of(&outgoing.uri) {
        response.extensions_mut().insert(SentRequest {
            method: outgoing.method,
            url,
            headers: redacted(outgoing.headers),
        });
    }
    response
}

/// For those who are told of a request; what was allowed is a URL.
fn url_of(uri: &Uri) -> Option<Url> {
    Url::parse(&uri.to_string()).ok()
}

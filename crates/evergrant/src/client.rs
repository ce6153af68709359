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

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method, Request, Response};
use url::Url;

use crate::keeper::Slot;
use crate::provider::is_refusal;
use crate::transport::{Answer, Lost};
use crate::{
    Bearer, ConnectionId, Error, ErrorKind, Event, Generation, Keeper, Provider, Refusal, Result,
};

/// How much of a 401's body is read to find out whose fault it is.
const REFUSAL_BODY_LIMIT: usize = 1024 * 1024;

/// A request or response body.
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    /// In memory; can be sent again.
    Full(Bytes),
    /// Passes once.
    Outgoing(reqwest::Body),
    Incoming(Box<reqwest::Response>),
}

impl Body {
    /// A body that is produced while it is sent, and so can't be resent after a 401.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(Inner::Outgoing(reqwest::Body::wrap_stream(stream)))
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the connection breaks before its end, [`ErrorKind::Protocol`]
    /// if it is longer than `limit` bytes.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes> {
        if let Inner::Full(bytes) = self.0 {
            return within(bytes, limit);
        }
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await? else {
            return within(first, limit);
        };
        let mut whole = Vec::from(first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > limit {
                return Err(too_long(limit));
            }
            whole.extend_from_slice(&chunk);
        }
        within(whole.into(), limit)
    }

    /// The next piece of the body, `None` at its end.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the connection breaks before its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match &mut self.0 {
            Inner::Full(_) => {
                let Inner::Full(bytes) = std::mem::take(&mut self.0) else {
                    return Ok(None);
                };
                Ok(Some(bytes))
            }
            Inner::Incoming(response) => response.chunk().await.map_err(|error| {
                Error::new(ErrorKind::Unavailable, "the answer broke off in the middle")
                    .with_source(error.without_url())
            }),
            Inner::Empty | Inner::Outgoing(_) => Ok(None),
        }
    }

    pub(crate) fn incoming(response: reqwest::Response) -> Self {
        Self(Inner::Incoming(Box::new(response)))
    }

    pub(crate) fn into_outgoing(self) -> Option<reqwest::Body> {
        match self.0 {
            Inner::Empty => None,
            Inner::Full(bytes) => Some(bytes.into()),
            Inner::Outgoing(body) => Some(body),
            Inner::Incoming(response) => Some((*response).into()),
        }
    }

    /// The same body again, if it is one that can be sent again.
    fn again(&self) -> Option<Self> {
        match &self.0 {
            Inner::Empty => Some(Self::default()),
            Inner::Full(bytes) => Some(Self(Inner::Full(bytes.clone()))),
            Inner::Outgoing(_) | Inner::Incoming(_) => None,
        }
    }
}

fn within(bytes: Bytes, limit: usize) -> Result<Bytes> {
    if bytes.len() > limit {
        return Err(too_long(limit));
    }
    Ok(bytes)
}

fn too_long(limit: usize) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!("the answer is longer than {limit} bytes"),
    )
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Full(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Empty => f.write_str("Body(empty)"),
            Inner::Full(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Outgoing(_) | Inner::Incoming(_) => f.write_str("Body(stream)"),
        }
    }
}

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

    fn allowed(&self, provider: &Provider, uri: &http::Uri) -> Result<Url> {
        let url = Url::parse(&uri.to_string()).map_err(|error| {
            Error::new(ErrorKind::Config, format!("{uri} is not an absolute URL"))
                .with_source(error)
        })?;
        if provider.may_receive_bearer(&url) {
            return Ok(url);
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
            url,
            headers,
            ..
        } = outgoing;
        let watch = self
            .keeper
            .watch(self.slot.id(), method, url, headers, Some(generation));
        let sent = self
            .keeper
            .transport()
            .send(method.clone(), url.clone(), headers.clone(), body)
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
                outgoing.url.path()
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
    url: Url,
    headers: HeaderMap,
    body: Body,
    repeatable: bool,
}

impl Outgoing {
    fn new(client: &AuthClient, provider: &Provider, request: Request<Body>) -> Result<Self> {
        let (parts, body) = request.into_parts();
        Ok(Self {
            method: parts.method,
            url: client.allowed(provider, &parts.uri)?,
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
    if !success {
        response.extensions_mut().insert(SentRequest {
            method: outgoing.method,
            url: outgoing.url,
            headers: redacted(outgoing.headers),
        });
    }
    response
}

/// The same headers, fit to be shown.
pub(crate) fn redacted(mut headers: HeaderMap) -> HeaderMap {
    for (name, value) in &mut headers {
        if value.is_sensitive() || *name == AUTHORIZATION {
            let scheme = value
                .to_str()
                .ok()
                .and_then(|text| text.split_once(' '))
                .map_or("", |(scheme, _)| scheme);
            let shown = format!("{scheme} [redacted]");
            *value = HeaderValue::from_str(shown.trim_start())
                .unwrap_or(HeaderValue::from_static("[redacted]"));
        }
    }
    headers
}

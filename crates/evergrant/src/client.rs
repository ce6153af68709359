//! Authenticated requests: attach the bearer, send, and on a 401 for an expired token refresh and
//! resend once.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use url::Url;

use crate::{ConnectionId, Result};

/// A request or response body.
#[derive(Debug, Default)]
pub struct Body(Option<Bytes>);

impl Body {
    /// The whole body, at most `limit` bytes.
    pub async fn bytes(self, _limit: usize) -> Result<Bytes> {
        todo!()
    }
    /// The next piece of the body, `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        todo!()
    }
}
impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Some(bytes))
    }
}
impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(Some(text.into()))
    }
}
impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Some(bytes.into()))
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
    id: ConnectionId,
}

impl AuthClient {
    /// The connection whose bearer it attaches.
    pub fn connection(&self) -> &ConnectionId {
        &self.id
    }
    /// Sends `request` (absolute URL) with the bearer attached.
    pub async fn send(&self, _request: Request<Body>) -> Result<Response<Body>> {
        todo!()
    }
}

//! A request's or response's body, with the HTTP library hidden.

use std::fmt;

use bytes::Bytes;
use futures_core::Stream;

use crate::{Error, ErrorKind, Result};

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
    pub(crate) fn again(&self) -> Option<Self> {
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

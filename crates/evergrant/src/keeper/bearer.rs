//! A bearer: what callers are given.

use http::header::HeaderValue;
use jiff::Timestamp;

use crate::{AccessToken, Connection, Error, ErrorKind, Generation, Result};

/// An access token ready to attach.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The token.
    pub token: AccessToken,
    /// The generation of the grant that it is from.
    pub generation: Generation,
    /// When it dies, if known.
    pub expires: Option<Timestamp>,
    header: Option<HeaderValue>,
}

impl Bearer {
    /// The access token of a connection, if it has one.
    pub(crate) fn of(connection: &Connection) -> Option<Self> {
        let tokens = connection.tokens();
        let token = tokens.access.clone()?;
        let header = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
        Some(Self {
            token,
            generation: connection.generation,
            expires: tokens.access_expires,
            header: header.ok().map(|mut value| {
                value.set_sensitive(true);
                value
            }),
        })
    }

    /// The `Authorization` header's value (RFC 6750 §2.1), marked sensitive.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the token holds characters that no header can carry.
    pub fn authorization(&self) -> Result<HeaderValue> {
        self.header.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::Store,
                "the access token holds characters that no header can carry",
            )
        })
    }
}

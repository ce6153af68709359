//! The crate's one error: what kind of failure, for which connection, and what mends it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{ConnectionId, Lapse};

/// The result of this crate's fallible operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure. Cheap to clone, because every caller that waited for one refresh gets its outcome.
///
/// `Display` shows this level only; walk [`std::error::Error::source`] for the causes. No secret
/// and no whole body is ever in it.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    connection: Option<ConnectionId>,
    context: String,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The grant is over; only a human's consent makes a new one.
    Lapsed(Lapse),
    /// No such connection.
    NotFound,
    /// Something that we were given is wrong: client refused, bad URL, untrusted certificate.
    Config,
    /// The other side can't be reached or does not answer usefully: network, 5xx, timeout.
    Unavailable,
    /// The request was sent and no answer came: it may or may not have been acted on.
    Unanswered,
    /// The provider asks us to slow down (429).
    Throttled,
    /// Somebody else holds the lease of the connection.
    Busy,
    /// The stored generation has moved: somebody saved a newer grant.
    Conflict,
    /// The token store can't be read or written.
    Store,
    /// The tokens are sealed and no key at hand opens them, or the keys can't be read. Nothing was
    /// touched.
    Sealed,
    /// The place is on a network file system, where a lock may exclude nobody. Nothing was touched.
    RemoteFile,
    /// The provider broke the protocol: success without a usable token.
    Protocol,
}

/// What mends a failure. Exit codes, gateway statuses and advice are all derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// A human must consent again.
    Reconnect,
    /// Mend what evergrant was given: URL, keys, realm, environment.
    Configure,
    /// Wait (at least so long), then do the same again.
    Retry {
        /// The provider's or our own idea of how long.
        after: Option<Duration>,
    },
    /// As [`Retry`](Self::Retry), and ask less often.
    SlowDown {
        /// The provider's or our own idea of how long.
        after: Option<Duration>,
    },
    /// Mend the place where tokens are kept: permissions, space, a damaged file.
    MendStore,
    /// Read the present state, then decide.
    Reread,
    /// Find out whether it happened before doing it again.
    Verify,
    /// Ask for something that exists.
    Locate,
    /// Be given the right.
    Permit,
    /// Change the request.
    Amend,
    /// Tell the developers of the provider or of evergrant.
    Report,
}

impl Error {
    /// An error of `kind`; `context` is one sentence without a capital or a full stop.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            connection: None,
            context: context.into(),
            retry_after: None,
            source: None,
        }))
    }

    /// The same with its cause.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        self.change(|inner| inner.source = Some(source))
    }

    /// The same, for this connection.
    #[must_use]
    pub fn for_connection(self, id: &ConnectionId) -> Self {
        self.change(|inner| inner.connection = Some(id.clone()))
    }

    /// The same, not to be tried again before `after`.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        self.change(|inner| inner.retry_after = Some(after))
    }

    fn change(self, edit: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::try_unwrap(self.0).unwrap_or_else(|shared| Inner {
            kind: shared.kind,
            connection: shared.connection.clone(),
            context: shared.context.clone(),
            retry_after: shared.retry_after,
            source: Some(Box::new(Error(shared))),
        });
        edit(&mut inner);
        Self(Arc::new(inner))
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The connection that it concerns, if any.
    pub fn connection(&self) -> Option<&ConnectionId> {
        self.0.connection.as_ref()
    }

    /// What happened, without whose connection it concerns.
    pub(crate) fn context(&self) -> &str {
        &self.0.context
    }

    /// What mends it.
    pub fn remedy(&self) -> Remedy {
        let after = self.0.retry_after;
        match self.0.kind {
            ErrorKind::Lapsed(_) => Remedy::Reconnect,
            ErrorKind::NotFound | ErrorKind::Config | ErrorKind::Sealed => Remedy::Configure,
            ErrorKind::Unavailable | ErrorKind::Busy => Remedy::Retry { after },
            ErrorKind::Throttled => Remedy::SlowDown { after },
            ErrorKind::Unanswered => Remedy::Verify,
            ErrorKind::Conflict => Remedy::Reread,
            ErrorKind::Store | ErrorKind::RemoteFile => Remedy::MendStore,
            ErrorKind::Protocol => Remedy::Report,
        }
    }

    /// Whether it heals by itself, with no human: waiting and doing the same again may work.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.remedy(),
            Remedy::Retry { .. } | Remedy::SlowDown { .. } | Remedy::Reread
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.0.connection {
            write!(f, "{id}: ")?;
        }
        f.write_str(&self.0.context)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("connection", &self.0.connection)
            .field("context", &self.0.context)
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_shows_its_own_level_only() {
        let error = Error::new(ErrorKind::Store, "the token file can't be read")
            .with_source("permission denied")
            .for_connection(&ConnectionId::new("acme"));
        assert_eq!(error.to_string(), "acme: the token file can't be read");
        assert_eq!(error.source().unwrap().to_string(), "permission denied");
        assert_eq!(error.remedy(), Remedy::MendStore);
        assert!(!error.is_transient());
    }

    #[test]
    fn transient_means_that_time_heals_it() {
        let after = Duration::from_secs(7);
        let throttled = Error::new(ErrorKind::Throttled, "slow down").retry_after(after);
        assert!(throttled.is_transient());
        assert_eq!(throttled.remedy(), Remedy::SlowDown { after: Some(after) });
        assert!(!Error::new(ErrorKind::Lapsed(Lapse::Idle), "over").is_transient());
        assert!(!Error::new(ErrorKind::Unanswered, "lost").is_transient());
    }
}

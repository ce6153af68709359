//! One request as the handlers see it: received whole, with the time and the trace id it is answered under.

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{AUTHORIZATION, AsHeaderName, HOST};
use hyper::{HeaderMap, Method, Request, Uri};
use jiff::Timestamp;

use crate::compression;
use crate::host::Host;

/// The largest body taken, Intuit's own limit for uploads.
const BODY_LIMIT: usize = 100 * 1024 * 1024;

/// A request that has arrived whole.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether it came over TLS.
    pub(crate) secure: bool,
    /// Sandbox time of its arrival.
    pub(crate) now: Timestamp,
    /// Distinguishes this call in `intuit_tid` and its kin.
    pub(crate) trace: [u64; 2],
    /// Whether too many others were under way when it came.
    pub(crate) crowded: bool,
}

/// Why a request could not be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreceived {
    TooLarge,
    CutShort,
}

impl Call {
    /// Waits for the whole request.
    pub(crate) async fn receive(
        request: Request<Incoming>,
        secure: bool,
        now: Timestamp,
        trace: [u64; 2],
    ) -> Result<Self, Unreceived> {
        let (parts, body) = request.into_parts();
        let body = if body.is_end_stream() {
            Bytes::new()
        } else {
            whole(body).await?
        };
        let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
        let body = compression::expanded(&headers, body, BODY_LIMIT).ok_or(Unreceived::TooLarge)?;
        Ok(Self {
            method,
            uri,
            headers,
            body,
            secure,
            now,
            trace,
            crowded: false,
        })
    }

    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// A query parameter, decoded; the first if it comes more than once.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = self.uri.query()?.as_bytes();
        form_urlencoded::parse(query)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// A header's value, if it is there and is text.
    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the media type of the body is this one, whatever its parameters.
    pub(crate) fn has_content_type(&self, media_type: &str) -> bool {
        let sent = self.header(hyper::header::CONTENT_TYPE).unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(media_type)
    }

    /// The token of a `Bearer` authorization; the scheme's case does not matter (RFC 9110, section 11.1).
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.credentials("bearer")
    }

    /// The credentials of an authorization by `scheme`.
    pub(crate) fn credentials(&self, scheme: &str) -> Option<&str> {
        let (sent, credentials) = self.header(AUTHORIZATION)?.split_once(' ')?;
        sent.eq_ignore_ascii_case(scheme)
            .then(|| credentials.trim())
    }

    /// The host that this was meant for.
    pub(crate) fn host(&self) -> Host {
        let authority = self.authority();
        let name = authority
            .rsplit_once(':')
            .map_or(authority, |(name, _)| name);
        Host::named(name)
    }

    /// The sandbox's own address as this client reached it, for links back to it.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }

    fn authority(&self) -> &str {
        let asked = self.uri.authority();
        asked
            .map(hyper::http::uri::Authority::as_str)
            .or_else(|| self.header(HOST))
            .unwrap_or("localhost")
    }
}

async fn whole(body: Incoming) -> Result<Bytes, Unreceived> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Unreceived::TooLarge),
        Err(_) => Err(Unreceived::CutShort),
    }
}

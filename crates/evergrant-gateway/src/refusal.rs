//! The gateway's own answers, in a form that the provider's clients understand.
//!
//! The envelope is Intuit's `Fault` (with numeric codes of the same meaning, since clients parse
//! them), as XML for a caller who accepts nothing else. Beside it stand members of our own, which say
//! what happened in words and what to do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use evergrant::{ErrorKind, Remedy};
use http::header::WWW_AUTHENTICATE;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::body::Reply;
use super::keys::Holder;
use crate::chain;

/// Why the gateway answers by itself.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// A word for programs.
    pub(crate) error: &'static str,
    /// What happened.
    pub(crate) message: String,
    /// What mends it.
    pub(crate) what_to_do: String,
    /// Whom, if that is known.
    pub(crate) caller: Option<Arc<Holder>>,
    retry_after: Option<u32>,
    more: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal; `message` says what happened, `what_to_do` what mends it.
    pub(crate) fn new(
        status: StatusCode,
        error: &'static str,
        message: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        Self {
            status,
            error,
            message: message.into(),
            what_to_do: what_to_do.into(),
            caller: None,
            retry_after: None,
            more: Vec::new(),
        }
    }

    /// The same, of a request of this caller's.
    pub(crate) fn to(mut self, caller: &Arc<Holder>) -> Self {
        self.caller = Some(Arc::clone(caller));
        self
    }

    /// What a failure of the keeper's means to a caller; `reconnect` is where a human consents again.
    pub(crate) fn of(
        failure: &evergrant::Error,
        connection: &str,
        reconnect: Option<&str>,
    ) -> Self {
        let status = match failure.kind() {
            ErrorKind::Lapsed(_) | ErrorKind::NotFound => StatusCode::FAILED_DEPENDENCY,
            ErrorKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unavailable | ErrorKind::Busy | ErrorKind::Conflict => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            ErrorKind::Unanswered | ErrorKind::Protocol => StatusCode::BAD_GATEWAY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let (error, what_to_do) = Self::advice(failure, connection, reconnect);
        let mut refusal =
            Self::new(status, error, chain(failure), what_to_do).with("connection", connection);
        if status == StatusCode::FAILED_DEPENDENCY
            && let Some(url) = reconnect
        {
            refusal = refusal.with("reconnect_url", url);
        }
        match failure.remedy() {
            Remedy::Retry { after } | Remedy::SlowDown { after } => {
                refusal.after(after.unwrap_or_default())
            }
            _ => refusal,
        }
    }

    fn advice(
        failure: &evergrant::Error,
        connection: &str,
        reconnect: Option<&str>,
    ) -> (&'static str, String) {
        let login = match reconnect {
            Some(url) => format!("a human must consent again: open {url}"),
            None => format!("a human must consent again: evergrant login -c {connection}"),
        };
        match failure.kind() {
            ErrorKind::Lapsed(_) => ("lapsed", login),
            ErrorKind::NotFound => ("not_connected", login),
            ErrorKind::Throttled => ("throttled", "wait, then ask less often".to_owned()),
            ErrorKind::Unanswered => (
                "unanswered",
                "it may or may not have been done: send it again with the same requestid, or look first"
                    .to_owned(),
            ),
            ErrorKind::Unavailable | ErrorKind::Busy | ErrorKind::Conflict => {
                ("unavailable", "nothing was done: send it again".to_owned())
            }
            ErrorKind::Store => (
                "store",
                "the gateway's operator must mend the place where tokens are kept".to_owned(),
            ),
            ErrorKind::Protocol => ("protocol", "tell the gateway's operator".to_owned()),
            _ => (
                "configuration",
                "the gateway's operator must mend its settings: evergrant doctor".to_owned(),
            ),
        }
    }

    /// The same, not to be tried again before so much time has passed: a second at least.
    #[must_use]
    pub(crate) fn after(mut self, time: Duration) -> Self {
        let seconds = u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// The same with one more member.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.more.push((name, value.to_owned()));
        self
    }

    /// The answer to a request with these headers.
    pub(crate) fn respond(&self, asked: &HeaderMap) -> Response<Reply> {
        let (body, media) = if wants_xml(asked) {
            (self.xml(), "application/xml;charset=utf-8")
        } else {
            (self.json(), "application/json;charset=utf-8")
        };
        let mut response = Response::new(Reply::own(Bytes::from(body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"evergrant\"");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn json(&self) -> String {
        let (code, kind) = self.code();
        let fault = json!({
            "Error": [{
                "Message": self.message,
                "Detail": self.what_to_do,
                "code": code,
                "element": "",
            }],
            "type": kind,
        });
        let mut all = Map::new();
        all.insert("Fault".to_owned(), fault);
        all.insert("error".to_owned(), self.error.into());
        all.insert("message".to_owned(), self.message.as_str().into());
        all.insert("what_to_do".to_owned(), self.what_to_do.as_str().into());
        for (name, value) in &self.more {
            all.insert((*name).to_owned(), value.as_str().into());
        }
        Value::Object(all).to_string()
    }

    fn xml(&self) -> String {
        let (code, kind) = self.code();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><IntuitResponse \
             xmlns=\"http://schema.intuit.com/finance/v3\"><Fault type=\"{kind}\"><Error \
             code=\"{code}\"><Message>{}</Message><Detail>{}</Detail></Error></Fault>\
             </IntuitResponse>",
            escaped(&self.message),
            escaped(&self.what_to_do)
        )
    }

    /// Intuit's code and type of the nearest meaning.
    fn code(&self) -> (&'static str, &'static str) {
        match self.status.as_u16() {
            400 | 404 | 405 | 421 => ("500", "ValidationFault"),
            401 => ("3200", "AUTHENTICATION"),
            403 => ("120", "AuthorizationFault"),
            424 => ("100", "AuthenticationFault"),
            429 => ("3001", "SERVICE"),
            _ => ("10000", "SystemFault"),
        }
    }
}

/// Whether the caller takes XML and no JSON.
fn wants_xml(asked: &HeaderMap) -> bool {
    let accept = asked.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|it| it.contains("xml") && !it.contains("json") && !it.contains("*/*"))
}

/// Text that can stand in XML and HTML, in attributes too.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => safe.push(char::REPLACEMENT_CHARACTER),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use evergrant::{Error, Lapse};

    use super::*;

    #[test]
    fn a_lapsed_connection_says_where_a_human_goes() {
        let failure = Error::new(ErrorKind::Lapsed(Lapse::Revoked), "it is over");
        let refusal = Refusal::of(&failure, "acme", Some("http://localhost:8400/console"));
        assert_eq!(refusal.status, StatusCode::FAILED_DEPENDENCY);
        let said: Value = serde_json::from_str(&refusal.json()).unwrap();
        assert_eq!(said["error"], "lapsed");
        assert_eq!(said["reconnect_url"], "http://localhost:8400/console");
        assert_eq!(said["Fault"]["Error"][0]["code"], "100");
        let without = Refusal::of(&failure, "acme", None);
        assert!(without.what_to_do.contains("evergrant login -c acme"));
    }

    #[test]
    fn xml_is_for_those_who_take_nothing_else() {
        let accept = |text| HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(text))]);
        assert!(wants_xml(&accept("application/xml")));
        for other in ["application/json", "text/xml, application/json", "*/*"] {
            assert!(!wants_xml(&accept(other)), "{other}");
        }
        let refusal = Refusal::new(StatusCode::NOT_FOUND, "unknown", "no <such>", "look");
        assert!(refusal.xml().contains("no &lt;such&gt;"));
    }
}

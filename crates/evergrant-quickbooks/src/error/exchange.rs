//! What was asked and what came back, kept with an error so that it can be shown.
//!
//! Everything in it may be printed: the request's `Authorization` is redacted where it was sent,
//! and what the server repeated of a token is redacted here.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use evergrant::SentRequest;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::fmt::rfc2822;

use crate::json::without_mark;

/// The words after which Intuit, or a proxy that echoes requests, has been seen to write a token,
/// and the shortest run of characters after them that can be one.
const TOKEN_MARKS: [(&[u8], usize); 2] = [(b"token expired: ", 1), (b"bearer ", 20)];

const REDACTED: &[u8] = b"[redacted]";

/// A request and its answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// The request as it was sent, `Authorization` redacted.
    pub request: SentRequest,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// The answer's body as it came, but for tokens.
    pub body: Bytes,
    /// Whether the body went on after what is kept of it.
    pub is_cut: bool,
}

impl Exchange {
    pub(crate) fn new(
        request: SentRequest,
        status: StatusCode,
        mut headers: HeaderMap,
        body: &[u8],
        is_cut: bool,
    ) -> Self {
        for value in headers.values_mut() {
            let scrubbed = scrub(value.as_bytes());
            if let Ok(scrubbed) = HeaderValue::from_bytes(&scrubbed) {
                *value = scrubbed;
            }
        }
        Self {
            request,
            status,
            headers,
            body: scrub(body).into(),
            is_cut,
        }
    }

    /// The id under which Intuit knows this exchange; its support asks for it.
    pub fn intuit_tid(&self) -> Option<&str> {
        intuit_tid(&self.headers)
    }

    /// How long the answer asks to wait: in seconds, or until a time on the server's own clock.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let now = self.headers.get(DATE)?.to_str().ok()?;
        let until = rfc2822::parse(value).ok()?.timestamp();
        let wait = until.duration_since(rfc2822::parse(now).ok()?.timestamp());
        Some(Duration::try_from(wait).unwrap_or_default())
    }

    /// The company in the request's path.
    pub(crate) fn realm(&self) -> Option<&str> {
        let mut segments = self.request.url.path_segments()?;
        segments.find(|segment| *segment == "company")?;
        segments.next()
    }

    /// Whether the body is a web page.
    pub(crate) fn is_page(&self) -> bool {
        is_page(&self.body)
    }
}

/// Shows sizes and names, not contents: books hold personal data, and `Debug` ends up in logs.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.request.method)
            .field("url", &self.request.url.as_str())
            .field("status", &self.status)
            .field("intuit_tid", &self.intuit_tid())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

pub(crate) fn intuit_tid(headers: &HeaderMap) -> Option<&str> {
    headers.get("intuit_tid")?.to_str().ok()
}

/// Whether a body is HTML: what proxies, captive portals and maintenance answer with.
pub(crate) fn is_page(body: &[u8]) -> bool {
    let start = without_mark(body).trim_ascii_start();
    starts_with(start, b"<html") || starts_with(start, b"<!doctype html")
}

/// `text` with whatever looks like a token after one of the marks taken out.
fn scrub(text: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(text.len());
    let mut done = 0;
    // What one mark has taken out may begin another, as in `Token expired: Bearer …`.
    for at in 0..text.len() {
        let Some((mark, token)) = token_at(&text[at..]) else {
            continue;
        };
        let start = at + mark;
        clean.extend_from_slice(text.get(done..start).unwrap_or_default());
        clean.extend_from_slice(REDACTED);
        done = start + token;
    }
    clean.extend_from_slice(&text[done..]);
    clean
}

/// The lengths of the mark that `text` begins with and of the token after it.
fn token_at(text: &[u8]) -> Option<(usize, usize)> {
    TOKEN_MARKS.iter().find_map(|(mark, shortest)| {
        let after = text.get(mark.len()..).filter(|_| starts_with(text, mark))?;
        let token = token_length(after);
        (token >= *shortest).then_some((mark.len(), token))
    })
}

/// How far a token reaches: to a space, a quote or the beginning of a tag, JSON's `\/` included.
fn token_length(text: &[u8]) -> usize {
    let ends = |at: usize| match text[at] {
        b'"' | b'\'' | b'<' | b',' | b';' | b'&' => true,
        b'\\' => text.get(at + 1) != Some(&b'/'),
        byte => byte.is_ascii_whitespace(),
    };
    (0..text.len()).find(|&at| ends(at)).unwrap_or(text.len())
}

fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
pub(crate) mod tests {
    use http::Method;
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    pub(crate) fn exchange(
        method: Method,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Exchange {
        let url = "https://sandbox-quickbooks.api.intuit.com/v3/company/123/employee/58";
        let request = SentRequest {
            method,
            url: Url::parse(url).unwrap(),
            headers: HeaderMap::new(),
        };
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
        let status = StatusCode::from_u16(status).unwrap();
        Exchange::new(request, status, headers.collect(), body.as_bytes(), false)
    }

    #[test]
    fn h50_tokens_that_the_server_repeats_are_taken_out() {
        for (text, clean) in [
            (
                r#"{"detail":"Token expired: AB0116planted","code":"3200"}"#,
                r#"{"detail":"Token expired: [redacted]","code":"3200"}"#,
            ),
            (
                r#"{"detail":"token expired: AB01\/planted\nx"}"#,
                r#"{"detail":"token expired: [redacted]\nx"}"#,
            ),
            (
                "<Detail>Token expired: AB01planted</Detail>",
                "<Detail>Token expired: [redacted]</Detail>",
            ),
            (
                "Authorization: Bearer eyJhbGciOiJkaXIifQ..planted\n",
                "Authorization: Bearer [redacted]\n",
            ),
            (
                "Token expired: Bearer eyJhbGciOiJkaXIifQ..planted",
                "Token expired: [redacted] [redacted]",
            ),
            (
                "Token expired: token expired: planted",
                "Token expired: [redacted] expired: [redacted]",
            ),
            (
                r#"Bearer realm="Intuit", error="invalid_token""#,
                r#"Bearer realm="Intuit", error="invalid_token""#,
            ),
            (
                "Malformed bearer token: too short or too long",
                "Malformed bearer token: too short or too long",
            ),
            ("Token expired: ", "Token expired: "),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(scrub(text.as_bytes())).unwrap(), clean);
        }
        let whole = exchange(
            Method::GET,
            401,
            &[(
                "www-authenticate",
                r#"Bearer error_description="Token expired: AB01planted""#,
            )],
            "Token expired: AB01planted",
        );
        let shown = format!("{whole:?} {:?} {:?}", whole.headers, whole.body);
        assert!(!shown.contains("planted"), "{shown}");
    }

    #[test]
    fn waiting_times_are_read_in_both_forms() {
        for (headers, seconds) in [
            (vec![("retry-after", "7")], Some(7)),
            (
                vec![
                    ("retry-after", "Sun, 22 Nov 2026 20:00:30 GMT"),
                    ("date", "Sun, 22 Nov 2026 20:00:00 GMT"),
                ],
                Some(30),
            ),
            (
                vec![
                    ("retry-after", "Sun, 22 Nov 2026 19:00:00 GMT"),
                    ("date", "Sun, 22 Nov 2026 20:00:00 GMT"),
                ],
                Some(0),
            ),
            (vec![("retry-after", "Sun, 22 Nov 2026 20:00:30 GMT")], None),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            let wait = exchange(Method::GET, 503, &headers, "").retry_after();
            assert_eq!(wait, seconds.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn pages_are_told_from_xml() {
        assert!(is_page(b"\n <!DOCTYPE HTML PUBLIC>"));
        assert!(is_page(b"\xef\xbb\xbf<html>"));
        assert!(!is_page(b"<?xml version=\"1.0\"?><IntuitResponse/>"));
        assert!(!is_page(b"{}"));
    }

    proptest! {
        #[test]
        fn scrubbing_leaves_what_holds_no_token_alone(text in "[a-z {}\"<>:,]{0,80}") {
            prop_assume!(!text.contains("token expired: ") && !text.contains("bearer "));
            prop_assert_eq!(scrub(text.as_bytes()), text.as_bytes());
        }

        #[test]
        fn no_bytes_make_scrubbing_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = scrub(&text);
        }
    }
}

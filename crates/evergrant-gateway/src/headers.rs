//! Which headers pass between a caller and the provider. Pure.
//!
//! What concerns one connection only stays on it (RFC 9110 §7.6.1). Besides that, a caller's
//! credentials and cookies never go up, and nothing comes down that would open the gateway to
//! scripts of a web page or store something in a browser.

use bytes::BytesMut;
use http::header::{
    ALT_SVC, AUTHORIZATION, CONNECTION, COOKIE, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName,
    HeaderValue, LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{Request, Uri, Version};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The caller's own affairs. Overrides of the method would get past what its key allows.
const NOT_UP: [HeaderName; 8] = [
    AUTHORIZATION,
    COOKIE,
    EXPECT,
    FORWARDED,
    HOST,
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
];

/// The provider's affairs with browsers.
const NOT_DOWN: [HeaderName; 9] = [
    ALT_SVC,
    SET_COOKIE,
    STRICT_TRANSPORT_SECURITY,
    HeaderName::from_static("access-control-allow-credentials"),
    HeaderName::from_static("access-control-allow-headers"),
    HeaderName::from_static("access-control-allow-methods"),
    HeaderName::from_static("access-control-allow-origin"),
    HeaderName::from_static("access-control-expose-headers"),
    HeaderName::from_static("access-control-max-age"),
];

/// Where a redirect that leads elsewhere would have led: a client that follows it by itself might
/// take its key along.
const LED_TO: HeaderName = HeaderName::from_static("evergrant-location");

/// Copies a request's head out of the buffer into which its connection reads, which can then be used
/// for what comes next instead of being held until the request is answered.
pub(crate) fn detach<Body>(request: &mut Request<Body>) {
    if request.version() == Version::HTTP_2 {
        return;
    }
    let length = request.headers().values().map(HeaderValue::len).sum();
    let mut copy = BytesMut::with_capacity(length);
    for value in request.headers_mut().values_mut() {
        copy.extend_from_slice(value.as_bytes());
        // What was a value is one.
        if let Ok(copied) = HeaderValue::from_maybe_shared(copy.split().freeze()) {
            *value = copied;
        }
    }
    if request.uri().authority().is_none()
        && let Ok(copied) = Uri::try_from(request.uri().to_string())
    {
        *request.uri_mut() = copied;
    }
}

/// Makes a request's headers fit for the provider.
pub(crate) fn upward(headers: &mut HeaderMap) {
    drop_hop_by_hop(headers);
    remove(headers, &NOT_UP);
}

/// Makes an answer's headers fit for a caller. `base` is the API's root and `connection` the path
/// under which the gateway has it.
pub(crate) fn downward(headers: &mut HeaderMap, base: &str, connection: &str) {
    drop_hop_by_hop(headers);
    remove(headers, &NOT_DOWN);
    if let Some(location) = headers.remove(LOCATION) {
        lead_back(headers, location, base, connection);
    }
}

/// A redirect within the API becomes one within the gateway; any other is told but not obeyed.
fn lead_back(headers: &mut HeaderMap, location: HeaderValue, base: &str, connection: &str) {
    let text = location.to_str().unwrap_or_default();
    let inside = match text.strip_prefix(base) {
        Some(rest) if rest.starts_with('/') => Some(rest),
        _ if text.starts_with('/') && !text.starts_with("//") => Some(text),
        _ => None,
    };
    let led = inside.and_then(|rest| HeaderValue::try_from(format!("{connection}{rest}")).ok());
    match led {
        Some(led) => headers.insert(LOCATION, led),
        None => headers.insert(LED_TO, location),
    };
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    // Most messages name none.
    if headers.contains_key(CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        remove(headers, &named);
    }
    remove(headers, &HOP_BY_HOP);
}

fn remove(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    #[test]
    fn what_is_the_callers_own_does_not_go_up() {
        let mut headers = map(&[
            ("host", "localhost"),
            ("authorization", "Bearer egk_x"),
            ("connection", "close, x-private"),
            ("x-private", "1"),
            ("x-http-method-override", "DELETE"),
            ("cookie", "a=b"),
            ("transfer-encoding", "chunked"),
            ("accept", "application/json"),
        ]);
        upward(&mut headers);
        assert_eq!(headers, map(&[("accept", "application/json")]));
    }

    #[test]
    fn redirects_stay_within_the_gateway_or_are_only_told() {
        let base = "https://api.example.com";
        for (location, name, expected) in [
            ("https://api.example.com/v3/x", "location", "/acme/v3/x"),
            ("/v3/x", "location", "/acme/v3/x"),
            (
                "https://api.example.com.evil.example/",
                "evergrant-location",
                "",
            ),
            ("https://evil.example/v3", "evergrant-location", ""),
            ("//evil.example/v3", "evergrant-location", ""),
        ] {
            let mut headers = map(&[("location", location), ("set-cookie", "a=b")]);
            downward(&mut headers, base, "/acme");
            assert_eq!(headers.len(), 1);
            let value = if expected.is_empty() {
                location
            } else {
                expected
            };
            assert_eq!(headers[name], value);
        }
    }
}

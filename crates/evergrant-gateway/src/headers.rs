//! Which headers pass between a caller and the provider. Pure.
//!
//! What concerns one connection only stays on it (RFC 9110 §7.6.1). Besides that, a caller's
//! credentials and cookies never go up, and nothing comes down that would open the gateway to
//! scripts of a web page or store something in a browser.

use bytes::BytesMut;
use http::Request;
use http::Version;
use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, LOCATION};

/// Where a redirect that leads elsewhere would have led: a client that follows it by itself might
/// take its key along.
const LED_TO: HeaderName = HeaderName::from_static("evergrant-location");

/// Copies a request's headers out of the buffer into which its connection reads, which can then be
/// used for what comes next instead of being held until the request is answered.
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
}

/// Makes a request's headers fit for the provider.
pub(crate) fn upward(headers: &mut HeaderMap) {
    drop_named(headers);
    remove(headers, |name| is_hop_by_hop(name) || is_not_up(name));
}

/// Makes an answer's headers fit for a caller. `base` is the API's root and `connection` the path
/// under which the gateway has it.
pub(crate) fn downward(headers: &mut HeaderMap, base: &str, connection: &str) {
    drop_named(headers);
    remove(headers, |name| is_hop_by_hop(name) || is_not_down(name));
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

/// What `Connection` names is hop by hop, too.
fn drop_named(headers: &mut HeaderMap) {
    // Most messages name none.
    if headers.contains_key(CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        remove(headers, |name| named.iter().any(|it| it == name));
    }
}

fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// The caller's own affairs. Overrides of the method would get past what its key allows.
fn is_not_up(name: &str) -> bool {
    matches!(
        name,
        "authorization"
            | "cookie"
            | "expect"
            | "forwarded"
            | "host"
            | "x-http-method"
            | "x-http-method-override"
            | "x-method-override"
    )
}

/// The provider's affairs with browsers.
fn is_not_down(name: &str) -> bool {
    matches!(
        name,
        "alt-svc"
            | "set-cookie"
            | "strict-transport-security"
            | "access-control-allow-credentials"
            | "access-control-allow-headers"
            | "access-control-allow-methods"
            | "access-control-allow-origin"
            | "access-control-expose-headers"
            | "access-control-max-age"
    )
}

/// A message has few headers, and hardly any of these: to go through its own names takes less time
/// than to look up each that it might have.
fn remove(headers: &mut HeaderMap, is_unwanted: impl Fn(&str) -> bool) {
    let names = headers.keys().filter(|name| is_unwanted(name.as_str()));
    let unwanted: Vec<HeaderName> = names.cloned().collect();
    for name in unwanted {
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

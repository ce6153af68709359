//! The door: who is let in, and with what.
//!
//! What is checked before a request costs anybody anything: that it was sent to this server by a
//! program (not by a web page in somebody's browser, be it through a name that was made to point
//! here), that its path can be read in one way only, that its key is one of ours and allows it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evergrant::{Clock as _, SystemClock};
use http::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use http::request::Parts;
use http::{StatusCode, Uri};
use tokio::time::Instant;

use super::access::Denied;
use super::keys::Holder;
use super::refusal::Refusal;
use super::target::{Ambiguous, Target};
use super::{Gateway, Route};

/// By which way a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// TCP, from this machine or not.
    Net { from_here: bool },
    /// The Unix socket, whose permissions have let it in.
    Socket,
}

/// What a request that was let in asks for.
pub(crate) struct Entered {
    pub(crate) caller: Arc<Holder>,
    pub(crate) route: Arc<Route>,
    /// Within the provider's API.
    pub(crate) path: String,
}

/// Whether the request was sent to this server: by its target, and by the name in it.
///
/// # Errors
/// If it was sent to another one: a page of another site makes browsers do that, by a name that it
/// lets point here (DNS rebinding).
pub(crate) fn check_aim(gateway: &Gateway, way: Way, parts: &Parts) -> Result<(), Refusal> {
    if !is_path(&parts.uri, parts.version) {
        return Err(not_a_path());
    }
    if way == Way::Socket || named_host(parts).is_some_and(|it| is_ours(gateway, it)) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrong_host",
        "this server is not called by that name",
        format!("use {}, or add the name to hosts in [serve]", gateway.url),
    ))
}

/// Lets a request in to a connection's API.
///
/// # Errors
/// Why not, in an answer.
pub(crate) fn enter(
    gateway: &Gateway,
    way: Way,
    parts: &Parts,
    now: Instant,
) -> Result<Entered, Refusal> {
    if parts.headers.contains_key(ORIGIN) || is_of_other_site(&parts.headers) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "browser",
            "scripts of web pages are not served",
            "call the gateway from a program; a key does not belong in a page",
        ));
    }
    let target = Target::parse(parts.uri.path()).map_err(ambiguous)?;
    let caller = caller(gateway, way, &parts.headers, now)?;
    let route = admit(gateway, &caller, parts, &target, now);
    Ok(Entered {
        route: route.map_err(|refusal| refusal.to(&caller))?,
        path: target.path.to_owned(),
        caller,
    })
}

/// The connection that is asked for, if the caller may do that with it.
fn admit(
    gateway: &Gateway,
    caller: &Holder,
    parts: &Parts,
    target: &Target<'_>,
    now: Instant,
) -> Result<Arc<Route>, Refusal> {
    let route = gateway.route(&target.connection);
    let Some(route) = route.filter(|_| caller.rights.may_use(&target.connection)) else {
        return Err(unknown(caller, &target.connection));
    };
    let allowed = caller.rights.allow(
        &target.connection,
        &parts.method,
        target.path,
        SystemClock.now(),
    );
    allowed.map_err(|why| denied(why, caller))?;
    caller.count(now).map_err(|wait| {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "key_rate",
            "this key has made as many requests as it may",
            "wait, then ask less often",
        )
        .after(wait + Duration::from_secs(1))
    })?;
    Ok(route)
}

/// Who calls.
///
/// # Errors
/// If it is nobody whom we know.
pub(crate) fn caller(
    gateway: &Gateway,
    way: Way,
    headers: &HeaderMap,
    now: Instant,
) -> Result<Arc<Holder>, Refusal> {
    let Some(given) = headers.get(AUTHORIZATION) else {
        return match way {
            Way::Socket => Ok(Arc::clone(&gateway.neighbour)),
            Way::Net { .. } => Err(no_key("no key was given")),
        };
    };
    let given = given.to_str().unwrap_or_default();
    let holder = key_of(given).and_then(|key| gateway.keys.holder(&key, now));
    let holder = holder.ok_or_else(|| no_key("the key is not one of this gateway's"))?;
    let expired = holder
        .rights
        .expires
        .is_some_and(|end| end <= SystemClock.now());
    if expired {
        return Err(no_key("the key has expired"));
    }
    Ok(holder)
}

/// The key in an `Authorization` header: as a bearer, or as the password of Basic.
fn key_of(given: &str) -> Option<std::borrow::Cow<'_, str>> {
    let (scheme, value) = given.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().into());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(value.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (_, password) = text.split_once(':')?;
    Some(password.to_owned().into())
}

fn named_host(parts: &Parts) -> Option<&str> {
    // HTTP/2 has it in the target, HTTP/1.1 in a header.
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    // Of two names, servers differ in which one counts.
    let mut named = parts.headers.get_all(HOST).iter();
    let name = named.next().filter(|_| named.next().is_none());
    authority.or_else(|| name?.to_str().ok())
}

fn is_ours(gateway: &Gateway, host: &str) -> bool {
    gateway.hosts.iter().any(|it| it.eq_ignore_ascii_case(host))
}

/// What browsers say of a request that another site's page has made.
fn is_of_other_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "none" && site != "same-origin")
}

fn not_a_path() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "bad_target",
        "the request's target is not a path on this server",
        "this is no forward proxy: use its address as the base URL",
    )
}

fn ambiguous(Ambiguous(what): Ambiguous) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "ambiguous_path",
        format!("the path can be read in more than one way: it has {what}"),
        "send the path in its plain form",
    )
}

fn no_key(what: &str) -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "no_key",
        what,
        "send Authorization: Bearer KEY with a key made by: evergrant key add NAME",
    )
}

/// Who may not use a connection is not told whether there is one.
fn unknown(caller: &Holder, connection: &str) -> Refusal {
    if caller.rights.connections.is_empty() {
        return Refusal::new(
            StatusCode::NOT_FOUND,
            "unknown_connection",
            format!("there is no connection {connection:?} here"),
            "the path begins with the name of a connection: /NAME/v3/company/...",
        );
    }
    denied(Denied::Connection, caller)
}

fn denied(why: Denied, caller: &Holder) -> Refusal {
    let what = match why {
        Denied::Expired => return no_key("the key has expired"),
        Denied::Connection => "may not use this connection",
        Denied::Method => "may not use this method there",
        Denied::Path => "may not use this path",
    };
    Refusal::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        format!("the key {:?} {what}", caller.name),
        "use a key that may: evergrant key list",
    )
}

/// Whether the target is a path on this server, as it should be, and not another server's URL.
fn is_path(uri: &Uri, version: http::Version) -> bool {
    let plain = uri.scheme().is_none() || version == http::Version::HTTP_2;
    plain && uri.path().starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_as_bearers_or_passwords() {
        let basic = format!("Basic {}", STANDARD.encode("anybody:egk_x"));
        for (given, expected) in [
            ("Bearer egk_x", Some("egk_x")),
            ("bearer  egk_x ", Some("egk_x")),
            (&basic, Some("egk_x")),
            ("Digest egk_x", None),
            ("egk_x", None),
            ("Basic !", None),
        ] {
            assert_eq!(key_of(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn another_servers_url_is_no_path() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert!(is_path(&uri("/acme/v3"), http::Version::HTTP_11));
        assert!(!is_path(
            &uri("http://evil.example/v3"),
            http::Version::HTTP_11
        ));
        assert!(is_path(&uri("http://localhost/v3"), http::Version::HTTP_2));
        assert!(!is_path(&uri("*"), http::Version::HTTP_11));
    }
}

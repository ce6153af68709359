//! The verdict on any answer of a token endpoint.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{DESCRIPTION_LIMIT, Failure, Issued, TokenEndpoint};
use crate::{ErrorKind, Outcome};

/// Shorter texts could stand in one of our messages by chance.
const LEAST_SECRET: usize = 24;

/// What `endpoint` makes of an answer, its head in short: status, headers, an empty line, body.
pub(crate) fn check(endpoint: &TokenEndpoint<'_>, data: &[u8]) {
    let (status, headers, body) = answer(data);
    match endpoint.classify(status, &headers, body) {
        Ok(issued) => check_issued(status, body, &issued),
        Err(failure) => check_failure(status, body, &failure),
    }
}

fn check_issued(status: StatusCode, body: &[u8], issued: &Issued) {
    assert!(status.is_success(), "tokens from a {status}");
    assert!(!issued.access.expose().is_empty());
    if let Some(tokens) = tokens(body) {
        assert_eq!(issued.access.expose(), tokens.access_token);
    }
    if let Some(refresh) = &issued.refresh {
        assert!(!refresh.expose().is_empty());
    }
    for life in [issued.access_life, issued.refresh_life, issued.grant_life] {
        assert!(life.is_none_or(|life| life > SignedDuration::ZERO));
    }
}

fn check_failure(status: StatusCode, body: &[u8], failure: &Failure) {
    let refused = status.is_client_error() && is_invalid_grant(body);
    assert_eq!(failure.invalid_grant, refused, "{status}");
    let lapsed = matches!(failure.error.kind(), ErrorKind::Lapsed(_));
    assert_eq!(lapsed, refused, "{:?}", failure.error);
    let untouched = status.is_client_error() || status.is_redirection();
    let may_have_rotated = status.is_success() || status.is_server_error() && status != 503;
    assert!(!untouched || failure.outcome == Outcome::NotSpent);
    assert!(!may_have_rotated || failure.outcome == Outcome::Unanswered);

    let message = failure.error.to_string();
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(message.chars().count() < 2 * DESCRIPTION_LIMIT + 100);
    if status.is_success() {
        assert!(tokens(body).is_none(), "tokens were thrown away");
        for secret in secrets(body) {
            assert!(!message.contains(&secret), "{message}");
        }
    }
}

/// A refusal by the letter of RFC 6749 §5.2: an object with one `error`, and that is a text.
fn is_invalid_grant(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    // A struct could be read from an array, too.
    let is_object = serde_json::from_slice::<BTreeMap<String, &RawValue>>(body).is_ok();
    let refusal = serde_json::from_slice::<Refusal>(body);
    is_object && refusal.is_ok_and(|refusal| refusal.error == "invalid_grant")
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

/// Tokens that must not be missed, whatever else is in the answer.
fn tokens(body: &[u8]) -> Option<Tokens> {
    let text = String::from_utf8_lossy(body);
    let object = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_start();
    let tokens: Tokens = serde_json::from_str(object).ok()?;
    (object.starts_with('{') && !tokens.access_token.is_empty()).then_some(tokens)
}

/// The texts in an answer that could be secrets.
fn secrets(body: &[u8]) -> Vec<String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    let texts = members.into_iter().filter_map(|(_, value)| match value {
        Value::String(text) => Some(text),
        _ => None,
    });
    texts
        .filter(|text| text.len() >= LEAST_SECRET && !text.contains(' '))
        .collect()
}

fn answer(data: &[u8]) -> (StatusCode, HeaderMap, &[u8]) {
    let at = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = at.map_or((&data[..0], data), |at| (&data[..at], &data[at + 2..]));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.parse().ok());
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name: HeaderName = name.parse().ok()?;
        Some((name, HeaderValue::from_str(value.trim()).ok()?))
    });
    (
        status.unwrap_or(StatusCode::BAD_REQUEST),
        headers.collect(),
        body,
    )
}

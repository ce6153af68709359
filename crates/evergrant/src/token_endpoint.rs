//! The token endpoint: form in, tokens or a classified refusal out (RFC 6749 §4.1.3, §5 and §6).
//!
//! Each call sends exactly one request. Nothing here decides what a failure means for the grant:
//! [`Failure::outcome`] says whether the refresh token may have been spent, and the refresh routine
//! goes on from there.

#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::body::Proviso;
use crate::observer::Observer;
use crate::transport::{Answer, Call, Lost, NAME, Transport};
use crate::{
    AccessToken, AuthorizationCode, Body, ClientAuth, ConnectionId, Error, ErrorKind, Event,
    OAuthClient, Outcome, Provider, RefreshToken, Result, RevokeBody,
};

/// A token response is a few kilobytes; more is not one.
const BODY_LIMIT: usize = 256 * 1024;
/// How much of a provider's `error_description` is shown.
const DESCRIPTION_LIMIT: usize = 200;

/// What the provider issued.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access: AccessToken,
    /// `None`: the old one stays (RFC 6749 §6).
    pub(crate) refresh: Option<RefreshToken>,
    pub(crate) access_life: Option<SignedDuration>,
    pub(crate) refresh_life: Option<SignedDuration>,
    pub(crate) grant_life: Option<SignedDuration>,
    /// When the provider says that it answered.
    pub(crate) date: Option<Timestamp>,
}

/// A connection for one exchange, or why there is none.
pub(crate) type Dialled = Result<Call, Lost>;

/// An exchange: its result, and what there is to tell of it once the result is safe.
#[derive(Debug)]
pub(crate) struct Exchanged {
    pub(crate) result: Result<Issued, Failure>,
    pub(crate) told: Option<Event>,
}

/// Why there are no tokens.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// `invalid_grant`, well-formed, from the provider's own token endpoint.
    pub(crate) invalid_grant: bool,
    /// What that means for the refresh token that was sent.
    pub(crate) outcome: Outcome,
    /// The request left this machine and nothing came back at all.
    pub(crate) reply_lost: bool,
    /// The provider does not take our app for who it says it is, whichever the grant.
    pub(crate) app_refused: bool,
    pub(crate) retry_after: Option<SignedDuration>,
}

/// The token endpoint of one provider, for one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenEndpoint<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) observer: &'a Observer,
    pub(crate) connection: &'a ConnectionId,
    pub(crate) provider: &'a Provider,
    pub(crate) client: &'a OAuthClient,
}

impl TokenEndpoint<'_> {
    /// Opens a connection for one exchange; nothing is sent yet.
    ///
    /// # Errors
    /// If there is none to be had; who goes on with that, hears of it as of a token never sent.
    pub(crate) async fn dial(&self) -> Dialled {
        self.transport.dial(&self.provider.token_url).await
    }

    /// Spends a refresh token (RFC 6749 §6), if `proviso` still holds when it is about to leave.
    pub(crate) async fn refresh(
        &self,
        call: Dialled,
        token: &RefreshToken,
        proviso: Option<Proviso>,
    ) -> Exchanged {
        let form = self.form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose()),
        ]);
        let body = match proviso {
            Some(proviso) => Body::provided(form, proviso),
            None => form.into(),
        };
        self.tokens(call, body).await
    }

    /// Redeems an authorization code (RFC 6749 §4.1.3); `verifier` is PKCE's (RFC 7636 §4.5).
    pub(crate) async fn exchange_code(
        &self,
        code: &AuthorizationCode,
        redirect: &str,
        verifier: &str,
    ) -> Exchanged {
        let form = self.form(&[
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ]);
        self.tokens(self.dial().await, form.into()).await
    }

    /// Ends a grant (RFC 7009). A token that is already dead counts as success: Intuit answers 400
    /// with an empty body then, and who wants it gone has got what he wants. A server that does not
    /// understand the provider's form of the request gets the other one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the provider has no such endpoint or refuses the client, else as
    /// the transport fails.
    pub(crate) async fn revoke(&self, token: &str) -> Result<()> {
        let Some(url) = &self.provider.revoke_url else {
            return Err(Error::new(
                ErrorKind::Config,
                format!("{} has no revocation endpoint", self.provider.name),
            ));
        };
        let forms = match self.provider.revoke_body {
            RevokeBody::Json => [RevokeBody::Json, RevokeBody::Form],
            RevokeBody::Form => [RevokeBody::Form, RevokeBody::Json],
        };
        let mut answer = self.revoke_as(forms[0], url, token).await?;
        if answer.is_not_understood() {
            answer = self.revoke_as(forms[1], url, token).await?;
        }
        self.judge_revocation(&answer)
    }

    async fn revoke_as(&self, form: RevokeBody, url: &Url, token: &str) -> Result<Revocation> {
        let (content_type, body) = match form {
            RevokeBody::Json => ("application/json", json!({ "token": token }).to_string()),
            RevokeBody::Form => (FORM, self.form(&[("token", token)])),
        };
        let call = self.transport.dial(url).await;
        let (sent, told) = self.post(call, url, content_type, body.into()).await;
        if let Some(event) = told {
            self.observer.notify(self.connection, || event);
        }
        let answer = sent.map_err(|lost| lost.error.for_connection(self.connection))?;
        let status = answer.status();
        let body = answer.into_body().bytes(BODY_LIMIT).await;
        let body = body.unwrap_or_default();
        Ok(Revocation {
            status,
            error: oauth_error(&body).map(|error| error.code),
            is_empty: body.trim_ascii().is_empty(),
        })
    }

    fn judge_revocation(&self, answer: &Revocation) -> Result<()> {
        let status = answer.status;
        match answer.error.as_deref() {
            _ if status.is_success() => Ok(()),
            Some("invalid_token" | "invalid_grant") => Ok(()),
            None if status == StatusCode::BAD_REQUEST && answer.is_empty => Ok(()),
            Some("invalid_client" | "unauthorized_client") => Err(self.client_refused(status)),
            _ if status == StatusCode::UNAUTHORIZED => Err(self.client_refused(status)),
            _ => Err(self.unhelpful(status)),
        }
    }

    async fn tokens(&self, call: Dialled, form: Body) -> Exchanged {
        let url = &self.provider.token_url;
        let (sent, told) = self.post(call, url, FORM, form).await;
        let result = match sent {
            Ok(answer) => self.read(answer).await,
            Err(lost) => Err(self.lost(lost)),
        };
        Exchanged { result, told }
    }

    async fn read(&self, answer: Answer) -> Result<Issued, Failure> {
        let (head, body) = answer.into_parts();
        match body.bytes(BODY_LIMIT).await {
            Ok(body) => self.classify(head.status, &head.headers, &body),
            Err(error) => Err(Failure {
                error: error.for_connection(self.connection),
                invalid_grant: false,
                outcome: Outcome::Unanswered,
                reply_lost: true,
                app_refused: false,
                retry_after: None,
            }),
        }
    }

    async fn post(
        &self,
        call: Dialled,
        url: &Url,
        content_type: &str,
        body: Body,
    ) -> (Result<Answer, Lost>, Option<Event>) {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, NAME);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Ok(value) = HeaderValue::from_str(content_type) {
            headers.insert(CONTENT_TYPE, value);
        }
        for (name, value) in &self.provider.token_headers {
            headers.insert(name, value.clone());
        }
        if let Some(basic) = self.basic() {
            headers.insert(AUTHORIZATION, basic);
        }
        let watch = self.observer.watch(
            self.connection,
            &Method::POST,
            || Some(url.clone()),
            &headers,
            None,
        );
        let sent = match call {
            Ok(call) => call.post(headers, body).await,
            Err(lost) => Err(lost),
        };
        let told = watch.answer(&sent);
        (sent, told)
    }

    /// HTTP Basic with both parts form-encoded first (RFC 6749 §2.3.1).
    fn basic(&self) -> Option<HeaderValue> {
        let secret = self.client.secret.as_ref()?;
        if self.provider.client_auth != ClientAuth::Basic {
            return None;
        }
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encode(&self.client.id), encode(secret.expose()));
        let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn form(&self, pairs: &[(&str, &str)]) -> String {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(pairs);
        match &self.client.secret {
            Some(_) if self.provider.client_auth == ClientAuth::Basic => {}
            Some(secret) => {
                form.append_pair("client_id", &self.client.id);
                form.append_pair("client_secret", secret.expose());
            }
            None => {
                form.append_pair("client_id", &self.client.id);
            }
        }
        form.finish()
    }

    fn lost(&self, lost: Lost) -> Failure {
        Failure {
            error: lost.error.for_connection(self.connection),
            invalid_grant: false,
            outcome: if lost.sent {
                Outcome::Unanswered
            } else {
                Outcome::NotSpent
            },
            reply_lost: lost.sent,
            app_refused: false,
            retry_after: None,
        }
    }

    fn classify(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Issued, Failure> {
        if status.is_success() {
            let issued = read_tokens(body).map(|issued| Issued {
                date: date(headers),
                ..issued
            });
            return issued.map_err(|error| Failure {
                error: error.for_connection(self.connection),
                invalid_grant: false,
                // The provider may well have rotated before something mangled its answer.
                outcome: Outcome::Unanswered,
                reply_lost: false,
                app_refused: false,
                retry_after: None,
            });
        }
        let retry_after = retry_after(headers);
        let refused = oauth_error(body).filter(|_| status.is_client_error());
        let error = self.refusal(status, refused.as_ref());
        let error = match retry_after.and_then(|wait| Duration::try_from(wait).ok()) {
            Some(wait) => error.retry_after(wait),
            None => error,
        };
        Err(Failure {
            error: error.for_connection(self.connection),
            app_refused: is_app_refused(status, refused.as_ref()),
            invalid_grant: refused.is_some_and(|refused| refused.code == "invalid_grant"),
            outcome: if may_have_acted(status) {
                Outcome::Unanswered
            } else {
                Outcome::NotSpent
            },
            reply_lost: false,
            retry_after,
        })
    }

    fn refusal(&self, status: StatusCode, refused: Option<&OAuthError>) -> Error {
        let code = refused.map(|error| error.code.as_str());
        match code {
            Some("invalid_grant") => Error::new(
                ErrorKind::Lapsed(crate::Lapse::Revoked),
                format!("the provider refused the grant ({})", describe(refused)),
            ),
            Some("invalid_client") => self.client_refused(status),
            Some("unauthorized_client" | "unsupported_grant_type" | "invalid_scope") => Error::new(
                ErrorKind::Config,
                format!(
                    "{} refused the request ({})",
                    self.provider.token_url,
                    describe(refused)
                ),
            ),
            _ if status == StatusCode::TOO_MANY_REQUESTS => Error::new(
                ErrorKind::Throttled,
                format!("{} asks us to slow down (429)", self.provider.token_url),
            ),
            None if status == StatusCode::UNAUTHORIZED => self.client_refused(status),
            None if matches!(status.as_u16(), 404 | 405 | 410 | 301..=308) => Error::new(
                ErrorKind::Config,
                format!(
                    "{} answered {status}: that is not a token endpoint",
                    self.provider.token_url
                ),
            ),
            Some(_) => Error::new(
                ErrorKind::Unavailable,
                format!(
                    "{} answered {status} ({})",
                    self.provider.token_url,
                    describe(refused)
                ),
            ),
            None => self.unhelpful(status),
        }
    }

    fn client_refused(&self, status: StatusCode) -> Error {
        Error::new(
            ErrorKind::Config,
            format!(
                "{} does not accept the client id and secret ({status}): check both, and that they \
                 are the keys of this environment",
                self.provider.token_url.origin().ascii_serialization()
            ),
        )
        .for_connection(self.connection)
    }

    fn unhelpful(&self, status: StatusCode) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!(
                "{} answered {status}",
                self.provider.token_url.origin().ascii_serialization()
            ),
        )
        .for_connection(self.connection)
    }
}

/// What a revocation endpoint said.
struct Revocation {
    status: StatusCode,
    error: Option<String>,
    is_empty: bool,
}

impl Revocation {
    /// It misses the token in what it was sent.
    fn is_not_understood(&self) -> bool {
        self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE
            || self.error.as_deref() == Some("invalid_request")
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// An error as RFC 6749 §5.2 has it.
#[derive(Debug, Deserialize)]
struct OAuthError {
    #[serde(rename = "error")]
    code: String,
    #[serde(rename = "error_description")]
    description: Option<String>,
}

/// Reads `{"error":"…"}`; anything else is no OAuth error, whatever its status. A parameter that
/// comes twice (RFC 6749 §3.2 forbids it) makes it none: a grant is not given up over a riddle.
fn oauth_error(body: &[u8]) -> Option<OAuthError> {
    let text = std::str::from_utf8(body).ok()?;
    // An array would do for a struct, too.
    let is_object = text.trim_start().starts_with('{');
    serde_json::from_str(text).ok().filter(|_| is_object)
}

fn describe(error: Option<&OAuthError>) -> String {
    let Some(error) = error else {
        return String::new();
    };
    let mut shown = clean(&error.code);
    if let Some(description) = &error.description {
        shown.push_str(": ");
        shown.push_str(&clean(description));
    }
    shown
}

/// Somebody else's text, made fit for one line of ours.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(DESCRIPTION_LIMIT)
        .collect()
}

/// RFC 6749 §5.2: `invalid_client`, with or without the status 401; Intuit sends that status with
/// other bodies too. `unauthorized_client` says that this app may not refresh at all.
fn is_app_refused(status: StatusCode, refused: Option<&OAuthError>) -> bool {
    match refused.map(|error| error.code.as_str()) {
        Some(code) => matches!(code, "invalid_client" | "unauthorized_client"),
        None => status == StatusCode::UNAUTHORIZED,
    }
}

/// Statuses behind which the provider may have rotated before it failed.
fn may_have_acted(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE
}

/// Reads a success. Tokens that have come are not lost over a byte-order mark or another member
/// that can't be read.
fn read_tokens(body: &[u8]) -> Result<Issued> {
    let body = String::from_utf8_lossy(body);
    let object = body.strip_prefix('\u{feff}').unwrap_or(&body);
    let members: HashMap<String, &RawValue> = serde_json::from_str(object).map_err(|_| {
        Error::new(
            ErrorKind::Unavailable,
            "the token endpoint answered success with something that is not JSON (a proxy's page?)",
        )
    })?;
    let member = |name: &str| serde_json::from_str::<Value>(members.get(name)?.get()).ok();
    let text = |name: &str| match member(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let Some(access) = text("access_token") else {
        return Err(Error::new(
            ErrorKind::Protocol,
            "the token endpoint answered success without an access token",
        ));
    };
    let life = |name: &str| seconds(&member(name)?);
    Ok(Issued {
        access: AccessToken::new(access),
        refresh: text("refresh_token").map(RefreshToken::new),
        access_life: life("expires_in"),
        refresh_life: life("x_refresh_token_expires_in")
            .or_else(|| life("refresh_token_expires_in")),
        grant_life: life("x_refresh_token_hard_expires_in"),
        date: None,
    })
}

/// A number of seconds, written as a number or as a string of one; none if it isn't positive.
pub(crate) fn seconds(value: &Value) -> Option<SignedDuration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let bounded = seconds.is_finite() && seconds > 0.0 && seconds < 1e11;
    bounded.then(|| SignedDuration::try_from_secs_f64(seconds).ok())?
}

/// The `Retry-After` header: seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let until = http_date(text)?;
    Some(
        until
            .duration_since(date(headers)?)
            .max(SignedDuration::ZERO),
    )
}

/// The `Date` header (RFC 9110 §6.6.1).
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_tokens_are_not_lost_over_another_member() {
        let tokens = r#""access_token":"a","refresh_token":"r","expires_in":"3600""#;
        let deep = format!(r#""deep":{}{}"#, "[".repeat(200), "]".repeat(200));
        for other in [
            r#""n":1"#.as_bytes(),
            br#""n":1e999"#,
            br#""lone":"\ud800""#,
            b"\"company\":\"Caf\xe9\"",
            deep.as_bytes(),
        ] {
            for mark in ["", "\u{feff}"] {
                let parts = [mark.as_bytes(), b"{", other, b",", tokens.as_bytes(), b"}"];
                let issued = read_tokens(&parts.concat()).unwrap();
                assert_eq!(issued.access.expose(), "a", "{other:?}");
                assert_eq!(issued.refresh.unwrap().expose(), "r", "{other:?}");
                assert_eq!(issued.access_life, Some(SignedDuration::from_hours(1)));
            }
        }
    }

    #[test]
    fn only_a_well_formed_refusal_is_one() {
        let code = |body: &[u8]| oauth_error(body).map(|error| error.code);
        let refusal = br#" {"error":"invalid_grant","error_description":"why","x":[1]}"#;
        assert_eq!(code(refusal).as_deref(), Some("invalid_grant"));
        for body in [
            "".as_bytes(),
            b"invalid_grant",
            br#""invalid_grant""#,
            br#"["invalid_grant"]"#,
            br#"["invalid_grant","why"]"#,
            br#"{"errors":[{"error":"invalid_grant"}]}"#,
            br#"{"error":["invalid_grant"]}"#,
            br#"{"error":"invalid_request","error":"invalid_grant"}"#,
            br#"{"error":"invalid_grant""#,
            br#"{"error":"invalid_grant"}<html>"#,
            b"{\"error\":\"invalid_grant\",\"x\":\"\xff\"}",
        ] {
            assert_eq!(code(body), None, "{}", body.escape_ascii());
        }
    }
}

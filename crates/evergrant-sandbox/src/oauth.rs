//! The token endpoint and the revocation endpoint (RFC 6749, RFC 7009, and what Intuit makes of them).
//!
//! What a token is worth is decided in `grant`; here are the protocol's words for it.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::book::{Deed, LoggedRequest};
use crate::call::Call;
use crate::discovery;
use crate::fingerprint::Fingerprint;
use crate::grant::{Issued, Refused};
use crate::id_token;
use crate::intuit::Intuit;
use crate::lock::{hold, read};
use crate::settings::InvalidGrant;

pub(crate) const TOKEN_PATH: &str = "/oauth2/v1/tokens/bearer";
pub(crate) const REVOKE_PATH: &str = "/v2/oauth2/tokens/revoke";

/// Opt-in for the life that is left of the grant as a whole.
const HARD_EXPIRES_HEADER: &str = "x-include-refresh-token-hard-expires-in";
const FORM: &str = "application/x-www-form-urlencoded";

/// Answers a request to the token endpoint.
pub(crate) fn token(intuit: &Intuit, call: &Call, entry: &mut LoggedRequest) -> Answer {
    if call.method != Method::POST {
        return only_post();
    }
    let issued = match issue(intuit, call, entry) {
        Ok(issued) => issued,
        Err(problem) => return problem.answer(intuit.settings().invalid_grant),
    };
    entry.issued_access_token = Some(Fingerprint::of(&issued.access));
    entry.issued_refresh_token = Some(Fingerprint::of(&issued.refresh));
    let with_hard_end = call
        .header(HARD_EXPIRES_HEADER)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let mut body = token_response(&issued, with_hard_end);
    if entry.deed == Deed::Exchange
        && let Some(consent) = hold(&intuit.grants).consent(&issued.access)
        && consent.scopes.iter().any(|scope| scope == "openid")
    {
        body["id_token"] = id_token::issue(consent, &discovery::issuer(call), call.now).into();
    }
    answer::oauth(StatusCode::OK, &body)
}

/// Answers a request to revoke a token: 200 if it did, 400 if there was nothing left to revoke, both empty.
pub(crate) fn revoke(intuit: &Intuit, call: &Call, entry: &mut LoggedRequest) -> Answer {
    if call.method != Method::POST {
        return only_post();
    }
    let form = Form::parse(call).unwrap_or_default();
    let Some(client) = authenticated(intuit, call, &form) else {
        return Problem::InvalidClient.answer(intuit.settings().invalid_grant);
    };
    let in_json = serde_json::from_slice::<Value>(&call.body).ok();
    let in_json = in_json
        .as_ref()
        .and_then(|body| body.get("token")?.as_str());
    let Some(token) = in_json.or_else(|| form.get("token")) else {
        return answer::empty(StatusCode::BAD_REQUEST);
    };
    let mut grants = hold(&intuit.grants);
    if !grants.belongs(token, &client) || !grants.revoke(token, call.now) {
        return answer::empty(StatusCode::BAD_REQUEST);
    }
    entry.deed = Deed::Revocation;
    answer::empty(StatusCode::OK)
}

/// The body of a successful answer of the token endpoint, in Intuit's order of members.
pub(crate) fn token_response(issued: &Issued, with_hard_end: bool) -> Value {
    let mut body = json!({
        "expires_in": issued.access_left,
        "x_refresh_token_expires_in": issued.refresh_left,
        "refresh_token": issued.refresh,
        "access_token": issued.access,
        "token_type": "bearer",
    });
    if with_hard_end {
        body["x_refresh_token_hard_expires_in"] = json!(issued.hard_left);
    }
    body
}

/// Why the token endpoint issues nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    InvalidClient,
    InvalidRequest,
    UnsupportedGrantType,
    InvalidGrant(Refused),
}

impl Problem {
    fn answer(self, wording: InvalidGrant) -> Answer {
        let (status, body) = match self {
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, json!({"error": "invalid_client"})),
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, json!({"error": "invalid_request"})),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                json!({"error": "unsupported_grant_type"}),
            ),
            Self::InvalidGrant(refused) => {
                (StatusCode::BAD_REQUEST, invalid_grant(refused, wording))
            }
        };
        answer::oauth(status, &body)
    }
}

fn invalid_grant(refused: Refused, wording: InvalidGrant) -> Value {
    let description = match (wording, refused) {
        (InvalidGrant::Bare, _) | (InvalidGrant::Usual, Refused::NotFound) => {
            return json!({"error": "invalid_grant"});
        }
        (InvalidGrant::Described, _) | (InvalidGrant::Usual, Refused::Invalid) => {
            "Incorrect or invalid refresh token"
        }
        (InvalidGrant::TokenInvalid, _) | (InvalidGrant::Usual, Refused::BadCode) => {
            "Token invalid"
        }
    };
    json!({"error_description": description, "error": "invalid_grant"})
}

fn issue(intuit: &Intuit, call: &Call, entry: &mut LoggedRequest) -> Result<Issued, Problem> {
    let form = Form::parse(call).ok_or(Problem::InvalidRequest)?;
    let client = authenticated(intuit, call, &form).ok_or(Problem::InvalidClient)?;
    match form.get("grant_type") {
        Some("refresh_token") => refresh(intuit, call, (&client, &form), entry),
        Some("authorization_code") => exchange(intuit, call, (&client, &form), entry),
        Some(_) => Err(Problem::UnsupportedGrantType),
        None => Err(Problem::InvalidRequest),
    }
}

fn refresh(
    intuit: &Intuit,
    call: &Call,
    (client, form): (&str, &Form),
    entry: &mut LoggedRequest,
) -> Result<Issued, Problem> {
    let token = form.get("refresh_token").ok_or(Problem::InvalidRequest)?;
    entry.refresh_token = Some(Fingerprint::of(token));
    let (fresh, settings) = (intuit.mint(call.now), intuit.settings());
    let mut grants = hold(&intuit.grants);
    let issued = if grants.belongs(token, client) {
        grants.refresh(token, fresh, call.now, &settings)
    } else {
        Err(Refused::Invalid)
    };
    entry.deed = match &issued {
        Ok(issued) if issued.rotated => Deed::Rotation,
        Ok(_) => Deed::Refresh,
        Err(_) => Deed::InvalidGrant,
    };
    issued.map_err(Problem::InvalidGrant)
}

fn exchange(
    intuit: &Intuit,
    call: &Call,
    (client, form): (&str, &Form),
    entry: &mut LoggedRequest,
) -> Result<Issued, Problem> {
    let code = form.get("code").ok_or(Problem::InvalidRequest)?;
    let redirect_uri = form.get("redirect_uri").ok_or(Problem::InvalidRequest)?;
    let verifier = form.get("code_verifier");
    let (fresh, settings) = (intuit.mint(call.now), intuit.settings());
    let mut grants = hold(&intuit.grants);
    let issued = if grants.offered_to(code, client) {
        grants.exchange(code, redirect_uri, verifier, fresh, call.now, &settings)
    } else {
        Err(Refused::BadCode)
    };
    entry.deed = if issued.is_ok() {
        Deed::Exchange
    } else {
        Deed::InvalidGrant
    };
    issued.map_err(Problem::InvalidGrant)
}

/// The id of the client that the request proves to come from, by Basic or by the body (RFC 6749, section 2.3.1).
fn authenticated(intuit: &Intuit, call: &Call, form: &Form) -> Option<String> {
    let known = |id: &str, secret: &str| {
        let registry = read(&intuit.registry);
        let client = registry.client(id)?;
        (client.secret == secret).then(|| client.id.clone())
    };
    let Some(credentials) = call.credentials("basic") else {
        return known(form.get("client_id")?, form.get("client_secret")?);
    };
    let decoded = STANDARD.decode(credentials).ok()?;
    let (id, secret) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    known(id, secret)
}

fn only_post() -> Answer {
    let mut answer = answer::empty(StatusCode::METHOD_NOT_ALLOWED);
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

/// A form body.
#[derive(Default)]
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    /// None if the body is no form, or names a parameter twice (forbidden by RFC 6749, section 3.2).
    pub(crate) fn parse(call: &Call) -> Option<Self> {
        if !call.has_content_type(FORM) {
            return None;
        }
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(&call.body) {
            if form.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self(form))
    }

    /// A parameter; an empty one counts as left out (RFC 6749, section 3.2).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

//! What the OAuth server tells about itself and about the user: discovery documents, keys, userinfo.
//!
//! A client that came by the sandbox's own address is told that address; one that was intercepted is told Intuit's.

use hyper::Method;
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::call::Call;
use crate::consent;
use crate::host::{Environment, Host};
use crate::id_token;
use crate::intuit::Intuit;
use crate::lock::hold;
use crate::oauth;
use crate::refusal::Refusal;

pub(crate) const KEYS_PATH: &str = "/op/v1/jwks";
pub(crate) const USER_INFO_PATH: &str = "/v1/openid_connect/userinfo";

/// Answers if the path is one of these documents.
pub(crate) fn answer(intuit: &Intuit, call: &Call) -> Option<Answer> {
    if call.method != Method::GET {
        return None;
    }
    match call.path().trim_end_matches('/') {
        "/.well-known/openid_configuration" | "/.well-known/openid-configuration" => Some(
            answer::document(&configuration(call, Environment::Production)),
        ),
        "/.well-known/openid_sandbox_configuration"
        | "/.well-known/openid-sandbox-configuration" => {
            Some(answer::document(&configuration(call, Environment::Sandbox)))
        }
        KEYS_PATH => Some(answer::document(&id_token::keys())),
        USER_INFO_PATH => Some(
            user_info(intuit, call)
                .unwrap_or_else(|refusal| refusal.answer(call, &intuit.settings())),
        ),
        _ => None,
    }
}

/// Who signs id_tokens, as the client that asks knows it.
pub(crate) fn issuer(call: &Call) -> String {
    address(call, Host::OAuth, "/op/v1")
}

/// Where this client finds what Intuit has at `host`.
fn address(call: &Call, host: Host, path: &str) -> String {
    let name = host.name().filter(|_| call.host() != Host::Own);
    match name {
        Some(name) => format!("https://{name}{path}"),
        None => format!("{}{path}", call.origin()),
    }
}

fn configuration(call: &Call, environment: Environment) -> Value {
    let at = |host, path| address(call, host, path);
    json!({
        "issuer": issuer(call),
        "authorization_endpoint": at(Host::AppCenter, consent::PATH),
        "token_endpoint": at(Host::OAuth, oauth::TOKEN_PATH),
        "userinfo_endpoint": at(Host::Accounts(environment), USER_INFO_PATH),
        "revocation_endpoint": at(Host::Developer, oauth::REVOKE_PATH),
        "jwks_uri": at(Host::OAuth, KEYS_PATH),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    })
}

/// What the scopes of the access token allow to be told about the one user there is.
fn user_info(intuit: &Intuit, call: &Call) -> Result<Answer, Refusal> {
    let token = call.bearer().ok_or(Refusal::MalformedToken)?;
    let grants = hold(&intuit.grants);
    let scopes = grants
        .scopes(token, call.now)
        .ok_or_else(|| Refusal::expired(token))?;
    let allows = |scope: &str| scopes.iter().any(|allowed| allowed == scope);
    if !allows("openid") {
        return Err(Refusal::NotAuthorized);
    }
    let mut user = json!({"sub": id_token::SUBJECT});
    if allows("email") {
        user["email"] = json!("rowan@larkspur-stone.example");
        user["emailVerified"] = json!(true);
    }
    if allows("profile") {
        user["givenName"] = json!("Rowan");
        user["familyName"] = json!("Larkspur");
    }
    if allows("phone") {
        user["phoneNumber"] = json!("+1 234-555-0100");
        user["phoneNumberVerified"] = json!(false);
    }
    if allows("address") {
        user["address"] = json!({
            "streetAddress": "900 Quince Avenue",
            "locality": "Middlefield",
            "region": "CA",
            "postalCode": "93242",
            "country": "US",
        });
    }
    Ok(answer::document(&user))
}

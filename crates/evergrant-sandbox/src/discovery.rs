//! What the OAuth server tells about itself and about the user: discovery documents, keys, userinfo.
//!
//! No id_token is ever issued, so the key set is empty: a key that signs nothing would be a lie.

use hyper::Method;
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::call::Call;
use crate::consent;
use crate::intuit::Intuit;
use crate::lock::hold;
use crate::oauth;
use crate::refusal::Refusal;

const KEYS_PATH: &str = "/op/v1/jwks";
const USER_INFO_PATH: &str = "/v1/openid_connect/userinfo";

/// Answers if the path is one of these documents.
pub(crate) fn answer(intuit: &Intuit, call: &Call) -> Option<Answer> {
    if call.method != Method::GET {
        return None;
    }
    match call.path() {
        "/.well-known/openid_configuration"
        | "/.well-known/openid_sandbox_configuration"
        | "/.well-known/openid-sandbox-configuration" => {
            Some(answer::document(&configuration(call)))
        }
        KEYS_PATH => Some(answer::document(&json!({"keys": []}))),
        USER_INFO_PATH => {
            Some(user_info(intuit, call).unwrap_or_else(|refusal| refusal.answer(call)))
        }
        _ => None,
    }
}

/// With the sandbox's own addresses, as this client reached it.
fn configuration(call: &Call) -> Value {
    let origin = call.origin();
    let at = |path: &str| format!("{origin}{path}");
    json!({
        "issuer": at("/op/v1"),
        "authorization_endpoint": at(consent::PATH),
        "token_endpoint": at(oauth::TOKEN_PATH),
        "userinfo_endpoint": at(USER_INFO_PATH),
        "revocation_endpoint": at(oauth::REVOKE_PATH),
        "jwks_uri": at(KEYS_PATH),
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
    let mut user = json!({"sub": "4f6f3c1e-5d0b-4a55-9c86-0d6a3c3b9f10"});
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

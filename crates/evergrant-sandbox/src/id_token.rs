//! The id_token (OpenID Connect Core, section 2): claims about the user, signed with RS256.
//!
//! The key stands in the source for everyone to read, so that start-up need not look for primes; a signature of it
//! proves nothing, and nobody but a test should ask for one.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::grant::Consent;

/// The one user there is.
pub(crate) const SUBJECT: &str = "4f6f3c1e-5d0b-4a55-9c86-0d6a3c3b9f10";

const KEY_ID: &str = "evergrant-sandbox";
/// How long an id_token is good, as at Intuit as long as an access token.
const LIFE_SECONDS: i64 = 3600;

#[expect(clippy::expect_used, reason = "a file of this crate that a test reads")]
static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    RsaKeyPair::from_pkcs8(include_bytes!("id_token.pk8")).expect("the key of this crate is sound")
});

/// An id_token for who gave this consent.
pub(crate) fn issue(consent: &Consent, issuer: &str, now: Timestamp) -> String {
    let seconds = now.as_second();
    let mut claims = json!({
        "sub": SUBJECT,
        "aud": [consent.client],
        "auth_time": seconds,
        "iss": issuer,
        "exp": seconds.saturating_add(LIFE_SECONDS),
        "iat": seconds,
    });
    if let Some(realm) = &consent.realm {
        claims["realmid"] = json!(realm);
    }
    signed(&claims)
}

/// The key set that id_tokens are checked against (RFC 7517).
pub(crate) fn keys() -> Value {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(KEY.public());
    json!({"keys": [{
        "kty": "RSA",
        "e": URL_SAFE_NO_PAD.encode(e),
        "use": "sig",
        "kid": KEY_ID,
        "alg": "RS256",
        "n": URL_SAFE_NO_PAD.encode(n),
    }]})
}

#[expect(
    clippy::expect_used,
    reason = "signing fails without randomness, and then there are no tokens either"
)]
fn signed(claims: &Value) -> String {
    let header = json!({"kid": KEY_ID, "alg": "RS256", "typ": "JWT"});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let content = format!("{}.{}", part(&header), part(claims));
    let mut signature = vec![0; KEY.public().modulus_len()];
    KEY.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        content.as_bytes(),
        &mut signature,
    )
    .expect("a signature of the key's length");
    format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
mod tests {
    use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_signature_is_that_of_the_key_set() {
        let consent = Consent {
            client: "app".to_owned(),
            realm: Some("12".to_owned()),
            scopes: vec!["openid".to_owned()],
        };
        let token = issue(&consent, "https://issuer.example", Timestamp::UNIX_EPOCH);
        let (content, signature) = token.rsplit_once('.').unwrap();
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let claims: Value =
            serde_json::from_slice(&decoded(content.split_once('.').unwrap().1)).unwrap();
        assert_eq!(claims["aud"], json!(["app"]));
        assert_eq!(claims["realmid"], "12");
        assert_eq!(claims["exp"], 3600);

        let key = &keys()["keys"][0];
        assert_eq!(decoded(key["e"].as_str().unwrap()), [1, 0, 1]);
        assert_eq!(decoded(key["n"].as_str().unwrap()).len(), 256);
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, KEY.public_key().as_ref())
            .verify(content.as_bytes(), &decoded(signature))
            .unwrap();
    }
}

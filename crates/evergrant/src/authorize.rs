//! Consent, as pure functions: the URL to open and the callback to check (RFC 6749 §4.1).
//!
//! No listener and no browser here; whoever has them shows [`Consent::url`] and brings back the
//! URL to which the provider redirected.

#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use url::Url;

use crate::{AuthorizationCode, ConnectionId, Error, ErrorKind, Provider, Result};

/// A consent that was begun. It is used up by its callback: a code must never be redeemed twice,
/// for that kills the tokens of the first exchange.
pub struct Consent {
    pub(crate) connection: ConnectionId,
    pub(crate) provider: String,
    pub(crate) redirect: String,
    pub(crate) verifier: String,
    state: String,
    url: Url,
}

impl std::fmt::Debug for Consent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consent")
            .field("connection", &self.connection)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// What a checked callback brought.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) code: AuthorizationCode,
    /// Intuit sends the company's id here and nowhere else.
    pub(crate) realm: Option<String>,
}

impl Consent {
    pub(crate) fn begin(
        connection: &ConnectionId,
        provider: &Provider,
        client_id: &str,
        redirect: &str,
    ) -> Result<Self> {
        let state = random()?;
        let verifier = random()?;
        let challenge = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
        let mut url = provider.authorize_url.clone();
        url.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("response_type", "code")
            .append_pair("scope", &provider.scopes.join(" "))
            .append_pair("redirect_uri", redirect)
            .append_pair("state", &state)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        Ok(Self {
            connection: connection.clone(),
            provider: provider.name.clone(),
            redirect: redirect.to_owned(),
            verifier,
            state,
            url,
        })
    }

    /// The URL to open in a browser.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether `callback` answers this consent at all: it carries our `state`. A stray request to
    /// the callback's port does not, and must not end the wait.
    pub fn is_answered_by(&self, callback: &Url) -> bool {
        let state = parameter(callback, "state").unwrap_or_default();
        same(state.as_bytes(), self.state.as_bytes())
    }

    /// Checks the callback (RFC 6749 §4.1.2).
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if it is for another consent, says that the user refused, or has no
    /// code.
    pub(crate) fn check(&self, callback: &Url) -> Result<Granted> {
        if !self.is_answered_by(callback) {
            return Err(Error::new(
                ErrorKind::Config,
                "the callback's state is not the one that was sent: it belongs to another login; \
                 begin again",
            ));
        }
        if let Some(refusal) = parameter(callback, "error") {
            let refusal: String = refusal
                .chars()
                .filter(|c| !c.is_control())
                .take(100)
                .collect();
            return Err(Error::new(
                ErrorKind::Config,
                format!("consent was not given ({refusal})"),
            ));
        }
        let code = parameter(callback, "code").filter(|code| !code.is_empty());
        let Some(code) = code else {
            return Err(Error::new(
                ErrorKind::Config,
                "the callback has no code: copy the whole address from the browser",
            ));
        };
        Ok(Granted {
            code: AuthorizationCode::new(code),
            realm: parameter(callback, "realmId").filter(|realm| !realm.is_empty()),
        })
    }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Compares without telling by its duration how much was right.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differences == 0
}

/// 256 random bits in URL-safe letters.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Config, "the system gives no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent() -> Consent {
        let url = |text| Url::parse(text).unwrap();
        let mut provider = Provider::standard(
            "p",
            url("https://p.example/authorize?tenant=1"),
            url("https://p.example/token"),
        );
        provider.scopes = vec!["a".to_owned(), "b c".to_owned()];
        Consent::begin(
            &ConnectionId::new("acme"),
            &provider,
            "id&1",
            "http://localhost:8400/callback",
        )
        .unwrap()
    }

    fn callback(consent: &Consent, query: &str) -> Url {
        let query = query.replace("STATE", &consent.state);
        Url::parse(&format!("http://localhost:8400/callback?{query}")).unwrap()
    }

    #[test]
    fn the_url_carries_all_that_the_server_wants() {
        let consent = consent();
        let pairs: Vec<(String, String)> = consent.url().query_pairs().into_owned().collect();
        let get = |name: &str| &pairs.iter().find(|(key, _)| key == name).unwrap().1;
        assert_eq!(get("tenant"), "1");
        assert_eq!(get("client_id"), "id&1");
        assert_eq!(get("response_type"), "code");
        assert_eq!(get("scope"), "a b c");
        assert_eq!(get("redirect_uri"), "http://localhost:8400/callback");
        assert_eq!(get("code_challenge_method"), "S256");
        assert_eq!(get("state").len(), 43);
    }

    #[test]
    fn a_callback_is_taken_only_with_our_state_and_a_code() {
        let consent = consent();
        let good = callback(&consent, "code=c1&state=STATE&realmId=42");
        let granted = consent.check(&good).unwrap();
        assert_eq!(granted.code.expose(), "c1");
        assert_eq!(granted.realm.as_deref(), Some("42"));
        for (query, reason) in [
            ("code=c1&state=other", "another login"),
            ("code=c1", "another login"),
            ("code=c1&state=", "another login"),
            ("error=access_denied&state=STATE", "access_denied"),
            ("state=STATE", "no code"),
            ("code=&state=STATE", "no code"),
        ] {
            let error = consent.check(&callback(&consent, query)).unwrap_err();
            assert!(error.to_string().contains(reason), "{query}: {error}");
        }
    }

    #[test]
    fn two_consents_share_nothing() {
        assert_ne!(consent().state, consent().state);
        assert_ne!(consent().verifier, consent().verifier);
    }
}

//! Intuit as a provider: its two environments, where their servers are, how its grants behave.
//!
//! All of it is data for the keeper, but for one function: which 401 blames the token. Nothing
//! here talks to anybody.

use std::fmt;
use std::str::FromStr;

use evergrant::{ClientAuth, Provider, Refusal, Replay, RevokeBody, Rotation, judge_by_challenge};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::SignedDuration;
use url::Url;

use crate::fault::{Fault, code};

/// The scope of the Accounting API.
pub const ACCOUNTING_SCOPE: &str = "com.intuit.quickbooks.accounting";

const AUTHORIZE_PATH: &str = "/connect/oauth2";
const REVOKE_PATH: &str = "/v2/oauth2/tokens/revoke";

/// Asks the token endpoint to tell when the grant itself ends, which Intuit leaves out otherwise.
const TELL_HARD_END: HeaderName =
    HeaderName::from_static("x-include-refresh-token-hard-expires-in");

/// One of Intuit's two worlds. They share the OAuth servers; what tells them apart is the API host
/// and the app's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Test companies, opened with an app's Development keys.
    Sandbox,
    /// Real books, opened with an app's Production keys.
    Production,
}

impl Environment {
    /// Its name: `sandbox`, `production`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, UnknownEnvironment> {
        [Self::Sandbox, Self::Production]
            .into_iter()
            .find(|environment| text.eq_ignore_ascii_case(environment.name()))
            .ok_or_else(|| UnknownEnvironment(text.to_owned()))
    }
}

/// A text that names no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no environment {0:?}: it is sandbox or production")]
pub struct UnknownEnvironment(String);

/// Where the servers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The Accounting API, up to and without `/v3`; a gateway's may have a path.
    pub base_url: Url,
    /// Where consent is asked.
    pub authorize_url: Url,
    /// Where codes and refresh tokens become access tokens.
    pub token_url: Url,
    /// Where a grant is ended.
    pub revoke_url: Url,
}

/// Endpoints of one's own: a test server, a gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// In place of [`Endpoints::base_url`].
    pub base_url: Option<Url>,
    /// In place of [`Endpoints::authorize_url`].
    pub authorize_url: Option<Url>,
    /// In place of [`Endpoints::token_url`].
    pub token_url: Option<Url>,
    /// In place of [`Endpoints::revoke_url`].
    pub revoke_url: Option<Url>,
}

impl Endpoints {
    /// Intuit's own, as its discovery documents list them.
    pub fn of(environment: Environment) -> Self {
        let base_url = match environment {
            Environment::Sandbox => "https://sandbox-quickbooks.api.intuit.com",
            Environment::Production => "https://quickbooks.api.intuit.com",
        };
        Self {
            base_url: constant(base_url),
            authorize_url: constant("https://appcenter.intuit.com/connect/oauth2"),
            token_url: constant("https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"),
            revoke_url: constant("https://developer.api.intuit.com/v2/oauth2/tokens/revoke"),
        }
    }

    /// The same with these overrides. Who names a token endpoint of his own and says nothing of
    /// the other two gets them on that same server, under Intuit's paths: a token of one server
    /// must not be shown to another.
    #[must_use]
    pub fn overridden(self, overrides: Overrides) -> Self {
        let beside = |path| {
            let token_url = overrides.token_url.as_ref()?;
            Some(on_same_origin(token_url, path))
        };
        let authorize_url = overrides.authorize_url.or_else(|| beside(AUTHORIZE_PATH));
        let revoke_url = overrides.revoke_url.or_else(|| beside(REVOKE_PATH));
        Self {
            base_url: overrides.base_url.unwrap_or(self.base_url),
            authorize_url: authorize_url.unwrap_or(self.authorize_url),
            revoke_url: revoke_url.unwrap_or(self.revoke_url),
            token_url: overrides.token_url.unwrap_or(self.token_url),
        }
    }
}

/// Intuit, as it is.
pub fn intuit(environment: Environment) -> Provider {
    intuit_at(environment, &Endpoints::of(environment))
}

/// Intuit, or something that behaves like it, at `endpoints`.
pub fn intuit_at(environment: Environment, endpoints: &Endpoints) -> Provider {
    Provider {
        name: format!("intuit-{environment}"),
        authorize_url: endpoints.authorize_url.clone(),
        token_url: endpoints.token_url.clone(),
        revoke_url: Some(endpoints.revoke_url.clone()),
        revoke_body: RevokeBody::Json,
        client_auth: ClientAuth::Basic,
        token_headers: vec![(TELL_HARD_END, HeaderValue::from_static("true"))],
        scopes: vec![ACCOUNTING_SCOPE.to_owned()],
        refresh_margin: SignedDuration::from_mins(10),
        // Weekly gives 14 chances before the 100 days of idleness are over. Daily would meet every
        // rotation, and so have seven times the chances to lose an answer to one.
        idle_refresh: Some(SignedDuration::from_hours(7 * 24)),
        rotation: Rotation {
            replay: Replay::AtOnce,
            evidence: "Intuit gives the same refresh token back for about 24 hours and replaces it \
                       on the first refresh after that, so a refresh whose answer was lost mostly \
                       gets the same answer when it is repeated; whether a token that was just \
                       replaced still works is disputed",
        },
        min_age: SignedDuration::from_secs(60),
        api_origins: vec![endpoints.base_url.clone()],
        judge_refusal,
    }
}

/// Whose fault a 401 is. The fault code decides where there is one, for it comes from the service
/// that refused; else the challenge does (RFC 6750 §3.1).
fn judge_refusal(headers: &HeaderMap, body: &[u8]) -> Refusal {
    let fault = Fault::parse(body);
    let codes = fault.iter().flat_map(Fault::codes);
    for refused in codes {
        match refused {
            code::WRONG_COMPANY | code::NOT_ADMIN | code::WRONG_CLUSTER => {
                return Refusal::NotTheToken;
            }
            code::AUTHENTICATION_FAILED => return Refusal::Token,
            _ => {}
        }
    }
    judge_by_challenge(headers, body)
}

/// `path` on the server of `url`.
fn on_same_origin(url: &Url, path: &str) -> Url {
    let mut beside = url.clone();
    beside.set_path(path);
    beside.set_query(None);
    beside.set_fragment(None);
    beside
}

#[expect(
    clippy::expect_used,
    reason = "the URL is a literal of this file, and a test parses them all"
)]
fn constant(url: &'static str) -> Url {
    Url::parse(url).expect("a constant URL parses")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn environments_are_named_in_any_case() {
        assert_eq!("Sandbox".parse(), Ok(Environment::Sandbox));
        assert_eq!("production".parse(), Ok(Environment::Production));
        assert_eq!(Environment::Production.to_string(), "production");
        assert_eq!(
            "prod".parse::<Environment>().unwrap_err().to_string(),
            "there is no environment \"prod\": it is sandbox or production"
        );
    }

    #[test]
    fn the_environments_differ_in_name_and_api_host_only() {
        let (sandbox, production) = (
            intuit(Environment::Sandbox),
            intuit(Environment::Production),
        );
        assert_eq!(sandbox.name, "intuit-sandbox");
        assert_eq!(production.name, "intuit-production");
        assert_eq!(sandbox.token_url, production.token_url);
        assert_eq!(sandbox.authorize_url, production.authorize_url);
        assert_eq!(sandbox.revoke_url, production.revoke_url);
        for (provider, own, other) in [
            (
                &sandbox,
                "https://sandbox-quickbooks.api.intuit.com/v3/x",
                "https://quickbooks.api.intuit.com/v3/x",
            ),
            (
                &production,
                "https://quickbooks.api.intuit.com/v3/x",
                "https://sandbox-quickbooks.api.intuit.com/v3/x",
            ),
        ] {
            assert!(provider.may_receive_bearer(&url(own)));
            assert!(!provider.may_receive_bearer(&url(other)));
            assert!(!provider.may_receive_bearer(&provider.token_url));
            provider.validate().unwrap();
        }
    }

    #[test]
    fn a_token_endpoint_of_ones_own_takes_the_other_two_along() {
        let overrides = Overrides {
            token_url: Some(url("https://gw.example:8443/a/tokens?x=1#f")),
            ..Overrides::default()
        };
        let found = Endpoints::of(Environment::Sandbox).overridden(overrides.clone());
        assert_eq!(
            found.authorize_url,
            url("https://gw.example:8443/connect/oauth2")
        );
        assert_eq!(
            found.revoke_url,
            url("https://gw.example:8443/v2/oauth2/tokens/revoke")
        );
        assert_eq!(
            found.token_url,
            url("https://gw.example:8443/a/tokens?x=1#f")
        );
        assert_eq!(found.base_url, Endpoints::of(Environment::Sandbox).base_url);

        let named = Overrides {
            revoke_url: Some(url("https://other.example/revoke")),
            ..overrides
        };
        let found = Endpoints::of(Environment::Sandbox).overridden(named);
        assert_eq!(found.revoke_url, url("https://other.example/revoke"));
        assert_eq!(
            found.authorize_url,
            url("https://gw.example:8443/connect/oauth2")
        );
    }

    #[test]
    fn an_api_of_ones_own_leaves_the_oauth_servers_intuits() {
        let overrides = Overrides {
            base_url: Some(url("http://127.0.0.1:9/qbo")),
            ..Overrides::default()
        };
        let intuits = Endpoints::of(Environment::Production);
        let found = intuits.clone().overridden(overrides);
        assert_eq!(found.base_url, url("http://127.0.0.1:9/qbo"));
        assert_eq!(
            (found.authorize_url, found.token_url, found.revoke_url),
            (intuits.authorize_url, intuits.token_url, intuits.revoke_url)
        );
        assert_eq!(
            Endpoints::of(Environment::Sandbox).overridden(Overrides::default()),
            Endpoints::of(Environment::Sandbox)
        );
    }

    #[test]
    fn a_refusal_is_judged_by_its_code_and_then_by_its_challenge() {
        let expired = r#"{"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired: AB01","code":"3200"}],"type":"AUTHENTICATION"}}"#;
        let xml = |code: &str| {
            format!(
                r#"<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="AuthenticationFault"><Error code="{code}"><Message>m</Message></Error></Fault></IntuitResponse>"#
            )
        };
        let challenge = r#"Bearer realm="Intuit", error="invalid_token""#;
        for (challenge, body, expected) in [
            (Some(challenge), expired.to_owned(), Refusal::Token),
            (None, expired.to_owned(), Refusal::Token),
            (Some(challenge), String::new(), Refusal::Token),
            (None, xml("3200"), Refusal::Token),
            (None, xml("003200"), Refusal::Token),
            (None, xml("100"), Refusal::NotTheToken),
            (None, xml("120"), Refusal::NotTheToken),
            (None, xml("130"), Refusal::NotTheToken),
            (Some(challenge), xml("100"), Refusal::NotTheToken),
            (
                None,
                r#"{"Fault":{"Error":[{"Message":"m","code":"120"}],"type":"AuthorizatonFault"}}"#
                    .to_owned(),
                Refusal::NotTheToken,
            ),
            (
                None,
                r#"{"fault":{"error":[{"message":"m","code":"130"}],"type":"AUTHENTICATION"}}"#
                    .to_owned(),
                Refusal::NotTheToken,
            ),
            (None, xml("999"), Refusal::Unclear),
            (None, "<html>no</html>".to_owned(), Refusal::Unclear),
            (None, String::new(), Refusal::Unclear),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(challenge) = challenge {
                headers.insert("www-authenticate", HeaderValue::from_static(challenge));
            }
            assert_eq!(
                judge_refusal(&headers, body.as_bytes()),
                expected,
                "{challenge:?} {body}"
            );
        }
    }
}

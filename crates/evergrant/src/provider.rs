//! A provider: an OAuth 2.0 authorization server and its APIs, as data.
//!
//! Everything that differs between providers is a value here; the keeper has no `if` on a
//! provider's name.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use jiff::SignedDuration;
use url::Url;

use crate::{ClientSecret, Error, ErrorKind};

/// An authorization server and the APIs that its tokens open.
#[derive(Clone)]
pub struct Provider {
    /// Its name: `intuit-sandbox`.
    pub name: String,
    /// Where consent is asked (RFC 6749 §3.1).
    pub authorize_url: Url,
    /// Where codes and refresh tokens become access tokens (RFC 6749 §3.2).
    pub token_url: Url,
    /// Where a grant is ended (RFC 7009), if anywhere.
    pub revoke_url: Option<Url>,
    /// In which form the revocation endpoint wants the token.
    pub revoke_body: RevokeBody,
    /// How the client proves itself to the token endpoint.
    pub client_auth: ClientAuth,
    /// Headers that every token request carries besides the standard ones.
    pub token_headers: Vec<(HeaderName, HeaderValue)>,
    /// What consent asks for.
    pub scopes: Vec<String>,
    /// How long before its end an access token is renewed ahead of need. Never more than a sixth
    /// of the token's life.
    pub refresh_margin: SignedDuration,
    /// Refresh at least this often even when unused, so that the grant does not idle out.
    pub idle_refresh: Option<SignedDuration>,
    /// What is known of the way refresh tokens rotate.
    pub rotation: Rotation,
    /// Refusals cause at most two refreshes within this time, or half the token's life if shorter.
    pub min_age: SignedDuration,
    /// The only origins a bearer token may be sent to.
    pub api_origins: Vec<Url>,
    /// Reads a 401: was it the token?
    pub judge_refusal: fn(&HeaderMap, &[u8]) -> Refusal,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("name", &self.name)
            .field("authorize_url", &self.authorize_url.as_str())
            .field("token_url", &self.token_url.as_str())
            .field("revoke_url", &self.revoke_url.as_ref().map(Url::as_str))
            .field("rotation", &self.rotation)
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// A provider that behaves as RFC 6749 says and of whose rotation nothing is known.
    pub fn standard(name: impl Into<String>, authorize_url: Url, token_url: Url) -> Self {
        Self {
            name: name.into(),
            authorize_url,
            token_url,
            revoke_url: None,
            revoke_body: RevokeBody::Form,
            client_auth: ClientAuth::Basic,
            token_headers: Vec::new(),
            scopes: Vec::new(),
            refresh_margin: SignedDuration::from_mins(10),
            idle_refresh: None,
            rotation: Rotation::UNKNOWN,
            min_age: SignedDuration::from_secs(60),
            api_origins: Vec::new(),
            judge_refusal: judge_by_challenge,
        }
    }

    /// Checks that no secret of this provider's could travel in the clear.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] names the first URL that is neither https nor http to loopback.
    pub fn validate(&self) -> Result<(), Error> {
        let endpoints = [&self.authorize_url, &self.token_url];
        let all = endpoints
            .into_iter()
            .chain(&self.revoke_url)
            .chain(&self.api_origins);
        for url in all {
            require_private(url)?;
        }
        Ok(())
    }

    /// Whether any of its URLs is plain http, which stays on this machine: no proxy may see it.
    pub(crate) fn speaks_plain_http(&self) -> bool {
        let urls = self.api_origins.iter().chain([&self.token_url]);
        urls.chain(&self.revoke_url)
            .any(|url| url.scheme() == "http")
    }

    /// Whether a bearer token may be sent to `url`: its scheme, host and port are an API origin's.
    pub fn may_receive_bearer(&self, url: &Url) -> bool {
        self.api_origins
            .iter()
            .any(|allowed| allowed.origin() == url.origin())
    }

    /// Whether `uri` names one of the API origins to the letter. One that is spelt in another way
    /// is for [`may_receive_bearer`](Self::may_receive_bearer), after a parse, which costs more than
    /// all the rest of attaching a bearer.
    pub(crate) fn names_api_origin(&self, uri: &Uri) -> bool {
        let Some((scheme, authority)) = uri.scheme_str().zip(uri.authority()) else {
            return false;
        };
        self.api_origins.iter().any(|origin| {
            let rest = origin.as_str().strip_prefix(scheme);
            let rest = rest.and_then(|rest| rest.strip_prefix("://"));
            let path = rest.and_then(|rest| rest.strip_prefix(authority.as_str()));
            path.is_some_and(|path| path.starts_with('/'))
        })
    }
}

/// Refuses a URL over which a secret could be read: only https, or plain http to this machine.
///
/// # Errors
/// [`ErrorKind::Config`], with the URL's scheme and host.
pub fn require_private(url: &Url) -> Result<(), Error> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(Error::new(
            ErrorKind::Config,
            format!(
                "{} is plain http: tokens would travel in the clear; use https (plain http is \
                 allowed to loopback only)",
                url.origin().ascii_serialization()
            ),
        )),
        other => Err(Error::new(
            ErrorKind::Config,
            format!("{other}: is not a scheme that evergrant speaks; use https"),
        )),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// How a client proves itself to the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// HTTP Basic with the form-encoded id and secret.
    Basic,
    /// `client_id` and `client_secret` in the form body.
    Body,
}

/// In which form a revocation endpoint wants the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeBody {
    /// `token=…` as a form (RFC 7009 §2.1).
    Form,
    /// `{"token":"…"}` as JSON (Intuit).
    Json,
}

/// Our registered application at a provider: what proves that a refresh is ours to make.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// The client id (RFC 6749 §2.2).
    pub id: String,
    /// The client secret; `None` for a public client.
    pub secret: Option<ClientSecret>,
}

/// What is known of a provider's refresh-token rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// What may be done when a refresh was sent and no answer came.
    pub replay: Replay,
    /// On what evidence.
    pub evidence: &'static str,
}

impl Rotation {
    /// Nothing is known: a lost answer is asked for again only when nothing else is left.
    pub const UNKNOWN: Self = Self {
        replay: Replay::WhenNeeded,
        evidence: "nothing is known of this provider",
    };
}

/// Whether a refresh token may be sent again after an answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// At once: the provider gives the same or the newest token back within some window.
    AtOnce,
    /// Only when the access token has died and there is nothing else to live on.
    WhenNeeded,
    /// Never: a second use would revoke more than it could save.
    Never,
}

/// What a 401 says about the token that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The token is expired or unknown: a new one may help.
    Token,
    /// It does not say.
    Unclear,
    /// The token was good; the caller is not allowed. No refresh cures that.
    NotTheToken,
}

/// Reads the challenge of a 401 as RFC 6750 §3.1 has it: `invalid_token` blames the token, any
/// other error code does not.
pub fn judge_by_challenge(headers: &HeaderMap, _body: &[u8]) -> Refusal {
    let challenges: Vec<String> = headers
        .get_all(http::header::WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .map(str::to_ascii_lowercase)
        .collect();
    if challenges.iter().any(|c| c.contains("invalid_token")) {
        return Refusal::Token;
    }
    if challenges.iter().any(|c| c.contains("error=")) {
        return Refusal::NotTheToken;
    }
    Refusal::Unclear
}

/// Whether a status asks for new credentials. Only 401 does: 403 and 404 speak of rights and ids.
pub(crate) fn is_refusal(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_goes_to_loopback_only() {
        for good in [
            "https://quickbooks.api.intuit.com",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost:3000",
        ] {
            assert!(require_private(&url(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://quickbooks.api.intuit.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "ftp://127.0.0.1",
        ] {
            assert!(require_private(&url(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bearer_goes_to_its_own_origin_only() {
        let mut provider = Provider::standard("p", url("https://a/"), url("https://t/"));
        provider.api_origins = vec![url("https://api.example/base")];
        for (target, allowed) in [
            ("https://api.example/v3/x", true),
            ("https://api.example:443/v3/x", true),
            ("http://api.example/v3/x", false),
            ("https://api.example:8443/x", false),
            ("https://api.example.evil/x", false),
            ("https://evil/?https://api.example", false),
        ] {
            assert_eq!(
                provider.may_receive_bearer(&url(target)),
                allowed,
                "{target}"
            );
        }
    }

    #[test]
    fn the_challenge_says_whose_fault_a_401_is() {
        for (challenge, expected) in [
            (
                r#"Bearer realm="Intuit", error="invalid_token""#,
                Refusal::Token,
            ),
            (r#"Bearer error="insufficient_scope""#, Refusal::NotTheToken),
            ("Bearer", Refusal::Unclear),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(
                http::header::WWW_AUTHENTICATE,
                HeaderValue::from_str(challenge).unwrap(),
            );
            assert_eq!(judge_by_challenge(&headers, b""), expected, "{challenge}");
        }
        assert_eq!(judge_by_challenge(&HeaderMap::new(), b""), Refusal::Unclear);
    }
}

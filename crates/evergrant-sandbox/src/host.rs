//! Intuit's hosts: which there are, and what each of them serves.
//!
//! A client that comes by the sandbox's own address may ask for anything there. One that was intercepted on its way
//! to Intuit finds on each host what Intuit has there and nothing else, since a client that asks the wrong host must
//! learn of it. What belongs to a company beyond its host is decided in `company` and `grant`.

use serde::{Deserialize, Serialize};

use crate::{api, attachment, consent, discovery, oauth};

/// The two worlds of Intuit, with hosts, keys and companies of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Test companies, reached with Development keys.
    Sandbox,
    /// Real companies, reached with Production keys.
    Production,
}

/// The host that a request was meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// The sandbox's own address, whatever it is called.
    Own,
    /// Where users consent.
    AppCenter,
    /// Tokens and keys.
    OAuth,
    /// Discovery and revocation.
    Developer,
    /// The user.
    Accounts(Environment),
    /// The accounting API.
    Data(Environment),
}

/// Every host that the sandbox answers for.
pub(crate) const INTUIT: [(&str, Host); 8] = [
    ("appcenter.intuit.com", Host::AppCenter),
    ("oauth.platform.intuit.com", Host::OAuth),
    ("developer.api.intuit.com", Host::Developer),
    ("developer.intuit.com", Host::Developer),
    (
        "accounts.platform.intuit.com",
        Host::Accounts(Environment::Production),
    ),
    (
        "sandbox-accounts.platform.intuit.com",
        Host::Accounts(Environment::Sandbox),
    ),
    (
        "quickbooks.api.intuit.com",
        Host::Data(Environment::Production),
    ),
    (
        "sandbox-quickbooks.api.intuit.com",
        Host::Data(Environment::Sandbox),
    ),
];

impl Host {
    /// The host of this name, without a port; every name that is not Intuit's is the sandbox's own.
    pub(crate) fn named(name: &str) -> Self {
        INTUIT
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or(Self::Own, |(_, host)| *host)
    }

    /// Its name at Intuit; the first, if it has several.
    pub(crate) fn name(self) -> Option<&'static str> {
        INTUIT
            .iter()
            .find(|(_, host)| *host == self)
            .map(|(name, _)| *name)
    }

    /// Whether something may be found at this path here.
    pub(crate) fn serves(self, path: &str) -> bool {
        match self {
            Self::Own => true,
            Self::AppCenter => consent::is_page(path),
            Self::OAuth => [oauth::TOKEN_PATH, discovery::KEYS_PATH].contains(&path),
            Self::Developer => path == oauth::REVOKE_PATH || path.starts_with("/.well-known/"),
            Self::Accounts(_) => path == discovery::USER_INFO_PATH,
            Self::Data(_) => {
                path.starts_with("/v3/")
                    || path.starts_with(api::ENTITLEMENTS)
                    || attachment::is_file(path)
            }
        }
    }

    /// The world that the host belongs to, if it belongs to one.
    pub(crate) fn environment(self) -> Option<Environment> {
        match self {
            Self::Accounts(environment) | Self::Data(environment) => Some(environment),
            Self::Own | Self::AppCenter | Self::OAuth | Self::Developer => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_serves_its_own() {
        let served = |name: &str, path: &str| Host::named(name).serves(path);
        assert!(served(
            "Quickbooks.API.intuit.com",
            "/v3/company/1/invoice/1"
        ));
        assert!(!served("quickbooks.api.intuit.com", oauth::TOKEN_PATH));
        assert!(served("oauth.platform.intuit.com", oauth::TOKEN_PATH));
        assert!(!served("oauth.platform.intuit.com", oauth::REVOKE_PATH));
        assert!(served("developer.api.intuit.com", oauth::REVOKE_PATH));
        assert!(served("appcenter.intuit.com", "/connect/oauth2"));
        assert!(served("127.0.0.1", oauth::TOKEN_PATH) && served("127.0.0.1", "/v3/"));
    }
}

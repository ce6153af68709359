//! What may be changed while the sandbox runs.
//!
//! Each setting stands for something that Intuit does one way or another, or that sources disagree about. The JSON
//! form, spoken by `/_sandbox/settings`, writes durations in whole seconds.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How refresh tokens rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rotation {
    /// As Intuit is seen to do: the same refresh token comes back until `every` has passed since it was first
    /// issued; the first refresh after that returns a new one, and the old one is dead from then on.
    Window {
        /// Age at which a refresh token is replaced, 24 hours unless told otherwise.
        #[serde(with = "seconds", default = "day")]
        every: Duration,
    },
    /// Every refresh spends its token. A spent one that comes again revokes the grant: all its refresh tokens and
    /// access tokens (RFC 9700, section 4.14.2).
    Strict,
    /// Every refresh rotates, but a superseded token stays good for `grace`: sent again, it is answered with the
    /// newest refresh token (which does not rotate again) and a fresh access token. After that it is refused and
    /// nothing is revoked.
    Graceful {
        /// How long a superseded token is still answered.
        #[serde(with = "seconds", default = "day")]
        grace: Duration,
    },
}

impl Default for Rotation {
    fn default() -> Self {
        Self::Window { every: day() }
    }
}

/// In which form the API says that it is throttling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThrottleForm {
    /// The gateway's JSON fault. Not recorded for a 429, but the likeliest today.
    #[default]
    Json,
    /// The XML that has been recorded.
    Xml,
}

/// A reason for which the API turns every call away though the access token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// 403, code 3100: wrong keys for the environment, missing scope, or the app is no longer connected.
    NotAuthorized,
    /// 401, code 130: a sandbox company on the production host, or the reverse.
    WrongCluster,
    /// 401, code 120: the connecting user lost access to the company.
    NoAccess,
}

/// The behaviour in force. `Copy`, since every request looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How refresh tokens rotate.
    pub rotation: Rotation,
    /// Life of an access token issued from now on.
    #[serde(with = "seconds")]
    pub access_life: Duration,
    /// Whether a superseded refresh token that comes again revokes its grant in the other modes too.
    pub reuse_revokes_family: bool,
    /// Whether a refresh ends the access tokens issued before it. At Intuit they live on until they expire.
    pub refresh_kills_access_tokens: bool,
    /// Whether the rate limits apply: 500 requests a minute for each realm, 10 a second for each realm and app.
    pub limits: bool,
    /// The form of a throttled answer.
    pub throttle_form: ThrottleForm,
    /// Seconds to put in a `Retry-After` header of throttled answers. Intuit sends none.
    pub retry_after: Option<u32>,
    /// Turns all API calls away.
    pub denial: Option<Denial>,
    /// Whether the authorize page consents by itself, without showing a page.
    pub auto_approve: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rotation: Rotation::default(),
            access_life: Duration::from_secs(3600),
            reuse_revokes_family: false,
            refresh_kills_access_tokens: false,
            limits: false,
            throttle_form: ThrottleForm::default(),
            retry_after: None,
            denial: None,
            auto_approve: false,
        }
    }
}

/// The same length of time in the type that is added to timestamps; no length is too long.
pub(crate) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

fn day() -> Duration {
    Duration::from_secs(24 * 3600)
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_survives_the_round_trip() {
        let settings = Settings {
            rotation: Rotation::Graceful {
                grace: Duration::from_secs(60),
            },
            denial: Some(Denial::NoAccess),
            ..Settings::default()
        };
        let text = serde_json::to_string(&settings).unwrap();
        assert!(
            text.contains(r#""rotation":{"mode":"graceful","grace":60}"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
    }

    #[test]
    fn a_rotation_may_leave_its_length_out() {
        let rotation: Rotation = serde_json::from_str(r#"{"mode":"window"}"#).unwrap();
        assert_eq!(rotation, Rotation::default());
    }
}

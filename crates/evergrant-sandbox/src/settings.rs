//! What may be changed while the sandbox runs.
//!
//! Each setting stands for something that Intuit does one way or another, or that sources disagree about. The JSON
//! form, spoken by `/_sandbox/settings`, writes durations in whole seconds.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    /// The gateway's fault, in JSON unless the client asks for XML. Not recorded for a 429, but the likeliest today.
    #[default]
    Json,
    /// The XML that has been recorded.
    Xml,
    /// The same XML under status 403, as in 2016; client libraries still look for it.
    Forbidden,
}

/// The two languages of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataFormat {
    /// JSON.
    #[default]
    Json,
    /// XML.
    Xml,
}

/// How the token endpoint words that a refresh token is worth nothing; all of these have been recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvalidGrant {
    /// Bare for a token that was superseded or has ended, described for what never was one and for a revoked grant.
    #[default]
    Usual,
    /// Always `{"error":"invalid_grant"}`.
    Bare,
    /// Always with the description `Incorrect or invalid refresh token`.
    Described,
    /// Always with the description `Token invalid`.
    TokenInvalid,
}

/// What becomes of a challenge of PKCE (RFC 7636), of which sources say different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// The exchange must prove it.
    #[default]
    Checked,
    /// It is taken and forgotten.
    Ignored,
}

/// In which envelope the accounting service puts its faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultForm {
    /// `{"Fault": {"Error": [{"Message", "Detail", "code"}]}}` under status 400.
    #[default]
    Service,
    /// The gateway's `{"fault": {"error": [{"message", "detail", "code"}]}}`, seen now and then in 2024.
    Gateway,
    /// As `service`, under status 200.
    Success,
}

/// How the limit for bursts counts: as it is documented now, or as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Burst {
    /// Ten requests in a second.
    #[default]
    PerSecond,
    /// Ten requests under way at once; a fault that delays makes them overlap.
    Concurrent,
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
    /// 400, code 6190, for writes only: the company's subscription has ended.
    Lapsed,
}

/// The behaviour in force. `Copy`, since every request looks at it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own that sources answer differently"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How refresh tokens rotate.
    pub rotation: Rotation,
    /// How long a superseded refresh token is still answered in [`Rotation::Window`]. Sources say a day, or not at
    /// all.
    #[serde(with = "seconds")]
    pub window_grace: Duration,
    /// Life of an access token issued from now on.
    #[serde(with = "seconds")]
    pub access_life: Duration,
    /// Life of a refresh token that is not used: 8726400 s on the wire, 8640000 s in Intuit's pages.
    #[serde(with = "seconds")]
    pub refresh_life: Duration,
    /// Whether `x_refresh_token_expires_in` tells the end of the grant as a whole, as one source has it.
    pub idle_life_tells_hard_end: bool,
    /// Whether a superseded refresh token that comes again revokes its grant in the other modes too.
    pub reuse_revokes_family: bool,
    /// Whether a refresh ends the access tokens issued before it. At Intuit they live on until they expire.
    pub refresh_kills_access_tokens: bool,
    /// How the token endpoint words a refusal.
    pub invalid_grant: InvalidGrant,
    /// What becomes of a challenge of PKCE.
    pub pkce: Pkce,
    /// Whether consent may be asked for without a state: Intuit's pages say no, a note says yes.
    pub state_is_optional: bool,
    /// Whether plain http returns to `localhost` alone, as at Intuit, and not to 127.0.0.1 and `[::1]`.
    pub only_localhost: bool,
    /// Whether the authorize page consents by itself, without showing a page.
    pub auto_approve: bool,
    /// What a client is answered in whose `Accept` names neither JSON nor XML. Said to be XML at Intuit, by notes.
    pub default_format: DataFormat,
    /// The form of a 401 for a bad access token: JSON in newer recordings, XML in older ones.
    pub unauthorized_form: DataFormat,
    /// The envelope of the accounting service's faults.
    pub fault_form: FaultForm,
    /// Turns API calls away.
    pub denial: Option<Denial>,
    /// Whether a company that does not exist is answered 404 instead of 401 with code 100.
    pub unknown_realm_is_404: bool,
    /// Whether the rate limits apply.
    pub limits: bool,
    /// How the limit for bursts counts.
    pub burst: Burst,
    /// Reports a minute for each realm, 200 in the pages of 2017; no limit of their own if `None`.
    pub report_limit: Option<u32>,
    /// The most cells of a report; one that has more is cut, and a row says so. No limit if `None`.
    pub report_cells: Option<u32>,
    /// Whether each item of a batch counts as a request towards the limits, as a tutorial says.
    pub batch_items_count: bool,
    /// The form of a throttled answer.
    pub throttle_form: ThrottleForm,
    /// Seconds to put in a `Retry-After` header of throttled answers. Intuit sends none.
    pub retry_after: Option<u32>,
    /// The most items of a batch: 30, or 25 or 10 in the past.
    pub batch_items: u32,
    /// Whether `MAXRESULTS` over 1000 is refused instead of being taken for 1000.
    pub refuses_long_pages: bool,
    /// Whether queries may be sorted by `Id`. One note says that Intuit has refused it since January 2026; clients
    /// and their live tests go on doing it.
    pub order_by_id: bool,
    /// Whether a quote may be written twice inside a text of a query, besides after a backslash.
    pub doubled_quotes: bool,
    /// Whether pages of queries and changes tell `totalCount`, as recordings in XML do and those in JSON do not.
    pub total_count: bool,
    /// Whether changes older than 30 days are answered, as a recording of 2020 shows, instead of refused.
    pub answers_old_changes: bool,
    /// Whether `cdc` leaves out entities without changes instead of answering `{}` in their place.
    pub omits_empty_changes: bool,
    /// How long the answer to a `requestid` is remembered; for ever if `None`.
    #[serde(with = "optional_seconds")]
    pub request_id_life: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rotation: Rotation::default(),
            window_grace: Duration::ZERO,
            access_life: Duration::from_secs(3600),
            refresh_life: Duration::from_secs(8_726_400),
            idle_life_tells_hard_end: false,
            reuse_revokes_family: false,
            refresh_kills_access_tokens: false,
            invalid_grant: InvalidGrant::default(),
            pkce: Pkce::default(),
            state_is_optional: false,
            only_localhost: false,
            auto_approve: false,
            default_format: DataFormat::default(),
            unauthorized_form: DataFormat::default(),
            fault_form: FaultForm::default(),
            denial: None,
            unknown_realm_is_404: false,
            limits: false,
            burst: Burst::default(),
            report_limit: None,
            report_cells: Some(400_000),
            batch_items_count: false,
            throttle_form: ThrottleForm::default(),
            retry_after: None,
            batch_items: 30,
            refuses_long_pages: false,
            order_by_id: true,
            doubled_quotes: false,
            total_count: false,
            answers_old_changes: false,
            omits_empty_changes: false,
            request_id_life: None,
        }
    }
}

impl Settings {
    /// These settings with what `patch` names changed; nested objects are replaced whole.
    pub(crate) fn patched(&self, patch: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut merged = serde_json::to_value(self)?;
        for (name, value) in patch {
            merged[name] = value;
        }
        serde_json::from_value(merged)
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

mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration
            .map(|duration| duration.as_secs())
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<u64>::deserialize(deserializer).map(|seconds| seconds.map(Duration::from_secs))
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
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let patch = serde_json::json!({"request_id_life": 60, "burst": "concurrent"});
        let patched = Settings::default().patched(patch.as_object().unwrap().clone());
        let expected = Settings {
            request_id_life: Some(Duration::from_secs(60)),
            burst: Burst::Concurrent,
            ..Settings::default()
        };
        assert_eq!(patched.unwrap(), expected);
        let unknown = serde_json::json!({"nonsense": 1})
            .as_object()
            .unwrap()
            .clone();
        assert!(Settings::default().patched(unknown).is_err());
    }

    #[test]
    fn a_rotation_may_leave_its_length_out() {
        let rotation: Rotation = serde_json::from_str(r#"{"mode":"window"}"#).unwrap();
        assert_eq!(rotation, Rotation::default());
    }
}

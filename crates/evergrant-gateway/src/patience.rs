//! How long the gateway waits for others, on both its sides: `timeouts` in `[serve]`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{self, Deserialize, Deserializer};

/// A caller who sends, or takes, less than this in the time that is given to it is too slow.
pub const PACE: u64 = 16 * 1024;

/// How long each thing may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patience {
    /// A caller's TLS handshake.
    #[serde(deserialize_with = "span")]
    pub handshake: Duration,
    /// A request's head, from its first byte on.
    #[serde(deserialize_with = "span")]
    pub head: Duration,
    /// The time between two requests on a connection.
    #[serde(deserialize_with = "span")]
    pub idle: Duration,
    /// [`PACE`] bytes of a request's body, or what is left of it.
    #[serde(deserialize_with = "span")]
    pub upload: Duration,
    /// Taking [`PACE`] bytes of an answer, or what is left of it.
    #[serde(deserialize_with = "span")]
    pub download: Duration,
    /// The provider's answer, and each next piece of it.
    #[serde(deserialize_with = "span")]
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            idle: Duration::from_secs(75),
            upload: Duration::from_secs(30),
            download: Duration::from_secs(60),
            // Intuit cuts a request at 120 s; silence for longer than that is a dead connection.
            answer: Duration::from_secs(130),
        }
    }
}

impl Patience {
    /// How often to look whether somebody's time is over: often enough that nobody gets much more.
    pub fn round(&self) -> Duration {
        let shortest = self.head.min(self.idle).min(self.download);
        (shortest / 4).clamp(Duration::from_millis(50), Duration::from_secs(5))
    }
}

fn span<'de, D: Deserializer<'de>>(source: D) -> Result<Duration, D::Error> {
    let span = Duration::try_from(SignedDuration::deserialize(source)?).unwrap_or_default();
    if span.is_zero() {
        return Err(de::Error::custom("a timeout is longer than nothing"));
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_stays_as_it_is() {
        let set: Patience = toml::from_str("head = \"2s\"").unwrap();
        let expected = Patience {
            head: Duration::from_secs(2),
            ..Patience::default()
        };
        assert_eq!(set, expected);
        for wrong in ["head = \"0s\"", "head = \"-1s\"", "heads = \"1s\""] {
            assert!(toml::from_str::<Patience>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_watch_goes_round_as_often_as_it_must() {
        assert_eq!(Patience::default().round(), Duration::from_secs(5));
        let short = Patience {
            idle: Duration::from_secs(1),
            ..Patience::default()
        };
        assert_eq!(short.round(), Duration::from_millis(250));
    }
}

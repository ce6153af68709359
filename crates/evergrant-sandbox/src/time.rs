//! The sandbox's own clock, and how Intuit writes times.
//!
//! Every lifetime (access token, rotation window, idle limit, rate window) is judged by this clock, so a test can
//! let 101 days pass in no time. TLS certificates are the exception: clients judge them by the real clock.

use std::sync::{LazyLock, Mutex};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::lock::hold;

/// Real time plus a shift, or standing still.
#[derive(Debug)]
pub(crate) struct Clock {
    face: Mutex<Face>,
}

/// What a clock shows: real time and a shift, or one moment.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Face {
    shift: SignedDuration,
    frozen: Option<Timestamp>,
}

impl Clock {
    /// A running clock that shows `starts_at` now, or real time.
    pub(crate) fn new(starts_at: Option<Timestamp>) -> Self {
        let shift = starts_at.map_or(SignedDuration::ZERO, |start| {
            start.duration_since(real_now())
        });
        Self {
            face: Mutex::new(Face {
                shift,
                frozen: None,
            }),
        }
    }

    /// How it is set.
    pub(crate) fn face(&self) -> Face {
        *hold(&self.face)
    }

    /// Sets it as another clock was.
    pub(crate) fn put(&self, face: Face) {
        *hold(&self.face) = face;
    }

    pub(crate) fn now(&self) -> Timestamp {
        hold(&self.face).shows(real_now())
    }

    /// Whether what it shows differs from real time.
    pub(crate) fn is_shifted(&self) -> bool {
        let face = hold(&self.face);
        face.frozen.is_some() || !face.shift.is_zero()
    }

    pub(crate) fn is_frozen(&self) -> bool {
        hold(&self.face).frozen.is_some()
    }

    /// Moves the clock, back if `by` is negative; a frozen clock stays frozen.
    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut face = hold(&self.face);
        let now = face.shows(real_now());
        face.show(saturating_add(now, by));
    }

    /// Makes the clock show `to`; a frozen clock stays frozen.
    pub(crate) fn set(&self, to: Timestamp) {
        hold(&self.face).show(to);
    }

    /// Stops the clock where it is, or lets it run on from there.
    pub(crate) fn freeze(&self, frozen: bool) {
        let mut face = hold(&self.face);
        let now = face.shows(real_now());
        face.frozen = frozen.then_some(now);
        face.show(now);
    }

    /// Back to the state of a clock newly made with `starts_at`.
    pub(crate) fn restart(&self, starts_at: Option<Timestamp>) {
        let fresh = *hold(&Self::new(starts_at).face);
        *hold(&self.face) = fresh;
    }
}

impl Face {
    fn shows(&self, real: Timestamp) -> Timestamp {
        self.frozen
            .unwrap_or_else(|| saturating_add(real, self.shift))
    }

    fn show(&mut self, to: Timestamp) {
        match &mut self.frozen {
            Some(frozen) => *frozen = to,
            None => self.shift = to.duration_since(real_now()),
        }
    }
}

/// `2020-09-29T06:02:58.977-07:00`, as in the `time` of an envelope.
pub(crate) fn envelope_time(at: Timestamp) -> String {
    at.to_zoned(PACIFIC.clone())
        .strftime("%Y-%m-%dT%H:%M:%S.%3f%:z")
        .to_string()
}

/// `2020-09-29T06:02:58-07:00`, as in `MetaData`.
pub(crate) fn record_time(at: Timestamp) -> String {
    at.to_zoned(PACIFIC.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// The day that it is in Intuit's US clusters, whose calendar new transactions follow.
pub(crate) fn pacific_date(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned(PACIFIC.clone()).date()
}

/// `Tue, 29 Sep 2020 13:02:58 GMT`, as in a `Date` header.
pub(crate) fn header_time(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The moment that text in a query or an entity names: a time with offset, or one without or a date, both taken
/// for Pacific.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let pacific =
        |local: jiff::civil::DateTime| Some(local.to_zoned(PACIFIC.clone()).ok()?.timestamp());
    text.parse().ok().or_else(|| pacific(text.parse().ok()?))
}

/// The real time, for certificates.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this crate that asks the system for the time"
)]
pub(crate) fn real_now() -> Timestamp {
    Timestamp::now()
}

/// Adds, staying within the representable range.
pub(crate) fn saturating_add(at: Timestamp, by: SignedDuration) -> Timestamp {
    let limit = if by.is_negative() {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    at.checked_add(by).unwrap_or(limit)
}

/// Intuit's US clusters write Pacific time. The rule is spelled out so that no time zone database is needed.
#[expect(clippy::expect_used, reason = "a constant that a test parses")]
static PACIFIC: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").expect("a valid POSIX time zone"));

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn writes_pacific_time_by_season() {
        assert_eq!(
            envelope_time(at("2020-09-29T13:02:58.977Z")),
            "2020-09-29T06:02:58.977-07:00"
        );
        assert_eq!(
            envelope_time(at("2016-02-24T21:10:36Z")),
            "2016-02-24T13:10:36.000-08:00"
        );
        assert_eq!(
            record_time(at("2015-07-24T16:34:35.9Z")),
            "2015-07-24T09:34:35-07:00"
        );
        assert_eq!(
            header_time(at("2020-09-29T13:02:58Z")),
            "Tue, 29 Sep 2020 13:02:58 GMT"
        );
    }

    #[test]
    fn reads_times_as_they_are_written() {
        let midnight = at("2026-01-01T08:00:00Z");
        for text in [
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00-08:00",
            "2026-01-01T08:00:00+00:00",
        ] {
            assert_eq!(moment(text), Some(midnight), "{text}");
        }
        assert_eq!(moment("2026-01-01T00:00:00 08:00"), None);
        assert_eq!(moment("yesterday"), None);
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::new(Some(at("2026-01-01T00:00:00Z")));
        clock.freeze(true);
        clock.set(at("2026-01-02T00:00:00Z"));
        assert_eq!(clock.now(), at("2026-01-02T00:00:00Z"));
        clock.advance(SignedDuration::from_hours(24));
        assert_eq!(clock.now(), at("2026-01-03T00:00:00Z"));
        clock.freeze(false);
        assert!(clock.now() >= at("2026-01-03T00:00:00Z"));
        assert!(clock.now() < at("2026-01-03T00:01:00Z"));
    }

    #[test]
    fn an_absurd_advance_stops_at_the_end_of_time() {
        let clock = Clock::new(None);
        clock.freeze(true);
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}

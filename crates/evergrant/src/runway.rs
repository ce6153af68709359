//! The runway: how much time a grant has left on each of its three clocks, and when to warn.
//!
//! Pure. An access token's end needs no warning, since it is renewed without anybody; the other two
//! do: the idle window closes when refreshes fail for months, and the hard end comes whatever one
//! does. Only a human's consent helps then, and humans want to be told early.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Connection, Grant};

/// How many days before an end there is a warning.
pub const WARNING_DAYS: [u16; 5] = [90, 30, 14, 7, 1];

/// The ends of a connection that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runway {
    /// When the access token dies.
    pub access: Option<Timestamp>,
    /// When the refresh token idles out unless it is used before (QuickBooks: 100 days).
    pub idle: Option<Timestamp>,
    /// The hard end of the grant (QuickBooks: 5 years).
    pub hard: Option<Timestamp>,
    /// How long the idle window is made to be, where that is known.
    window: Option<SignedDuration>,
    /// Nothing is left to run out.
    lapsed: bool,
}

/// An end that only a human's consent can put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The refresh token's rolling window.
    Idle,
    /// The grant's hard end.
    Hard,
}

/// An end has come near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Which.
    pub end: End,
    /// Fewer than so many days are left: one of [`WARNING_DAYS`].
    pub days: u16,
    /// When it comes.
    pub at: Timestamp,
}

impl Runway {
    /// The runway of a connection.
    pub fn of(connection: &Connection) -> Self {
        let tokens = connection.tokens();
        let span = |end: Timestamp| Some(end.duration_since(tokens.obtained?));
        Self {
            access: tokens.access_expires,
            idle: tokens.refresh_expires,
            hard: tokens.grant_expires,
            window: tokens.refresh_expires.and_then(span),
            lapsed: matches!(connection.grant, Grant::Lapsed { .. }),
        }
    }

    /// What to warn of at `now`, at most one for each end. A grant that has lapsed has nothing more
    /// to lose. An idle window warns in its second half only: with 100 days, having 89 left is the
    /// way it should be.
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        if self.lapsed {
            return Vec::new();
        }
        let longest = self.window.map(|window| window / 2);
        let idle = warning(End::Idle, self.idle, now);
        let idle = idle.filter(|found| longest.is_none_or(|longest| days(found.days) <= longest));
        let hard = warning(End::Hard, self.hard, now);
        idle.into_iter().chain(hard).collect()
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "the refresh token idles out",
            Self::Hard => "the grant reaches its hard end",
        })
    }
}

/// The nearest threshold that is passed.
fn warning(end: End, at: Option<Timestamp>, now: Timestamp) -> Option<Warning> {
    let at = at?;
    let left = at.duration_since(now);
    let passed = WARNING_DAYS
        .into_iter()
        .filter(|threshold| left < days(*threshold));
    let days = passed.min()?;
    Some(Warning { end, days, at })
}

fn days(count: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConnectionId, Generation, Lapse, TokenSet};

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn in_hours(hours: i64) -> Timestamp {
        NOW + SignedDuration::from_hours(hours)
    }

    /// A grant whose window was opened so many hours ago.
    fn connection(opened: i64, idle: i64, hard: i64) -> Connection {
        Connection {
            id: ConnectionId::new("acme"),
            provider: "p".to_owned(),
            realm: None,
            grant: Grant::Live(TokenSet {
                access: None,
                access_expires: None,
                refresh: None,
                refresh_expires: Some(in_hours(idle)),
                grant_expires: Some(in_hours(hard)),
                obtained: Some(in_hours(-opened)),
            }),
            generation: Generation(1),
            attempt: None,
            refusals: Vec::new(),
        }
    }

    fn days_warned(connection: &Connection) -> Vec<(End, u16)> {
        let warnings = Runway::of(connection).warnings(NOW);
        warnings.iter().map(|it| (it.end, it.days)).collect()
    }

    #[test]
    fn each_threshold_warns_from_its_day_on() {
        for (left, expected) in [
            (24 * 90, None),
            (24 * 90 - 1, Some(90)),
            (24 * 30, Some(90)),
            (24 * 30 - 1, Some(30)),
            (24 * 14 - 1, Some(14)),
            (24 * 7 - 1, Some(7)),
            (24, Some(7)),
            (23, Some(1)),
            (-500, Some(1)),
        ] {
            let warned = days_warned(&connection(0, 24 * 100, left));
            let expected: Vec<_> = expected.map(|days| (End::Hard, days)).into_iter().collect();
            assert_eq!(warned, expected, "{left} hours left");
        }
    }

    #[test]
    fn an_idle_window_warns_in_its_second_half() {
        let far = 24 * 1000;
        assert_eq!(days_warned(&connection(24 * 20, 24 * 80, far)), []);
        assert_eq!(
            days_warned(&connection(24 * 71, 24 * 29, far)),
            [(End::Idle, 30)]
        );
        assert_eq!(
            days_warned(&connection(1, 24, far)),
            [],
            "a window of a day"
        );
        assert_eq!(
            days_warned(&connection(24 * 99, 23, 23)),
            [(End::Idle, 1), (End::Hard, 1)]
        );
    }

    #[test]
    fn a_lapsed_grant_has_nothing_more_to_lose() {
        let mut over = connection(24 * 99, 5, 5);
        over.grant = Grant::Lapsed {
            lapse: Lapse::Revoked,
            since: NOW,
            tokens: over.tokens().clone(),
        };
        assert_eq!(days_warned(&over), []);
    }
}

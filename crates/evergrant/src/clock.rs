//! The time: the only place that asks the system for it.
//!
//! Records keep wall-clock [`Timestamp`]s, because they are read by other processes and after a
//! restart. An `Instant` means nothing there, and stands still while a laptop sleeps. But a wall
//! clock can be set back, and then a token that is over would look alive for as long; so what this
//! process has seen is judged by a second clock too, which counts from the machine's start and is
//! never set. Something is over when either of them says so.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};

/// A source of the present moment.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// The time since the machine was started, the time it slept included; `None` where nobody can
    /// tell, and then the wall clock alone decides.
    fn since_boot(&self) -> Option<SignedDuration> {
        None
    }
}

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn since_boot(&self) -> Option<SignedDuration> {
        boot_time()
    }
}

/// One moment, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    wall: Timestamp,
    boot: Option<SignedDuration>,
}

impl Moment {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            boot: clock.since_boot(),
        }
    }

    /// The time of day at `now` by which whatever was seen at this moment is judged: the later one
    /// of what the two clocks say.
    pub(crate) fn judged_at(self, now: Self) -> Timestamp {
        let steady = self.boot.zip(now.boot).and_then(|(then, now)| {
            let passed = now.checked_sub(then)?;
            self.wall.saturating_add(passed).ok()
        });
        steady.map_or(now.wall, |steady| steady.max(now.wall))
    }

    /// When it is `time` of the day, by both clocks, as seen from this moment: over as soon as what was
    /// seen now is judged to be.
    pub(crate) fn until(self, time: Timestamp) -> Expiry {
        let left = time.duration_since(self.wall);
        Expiry {
            wall: time,
            boot: self.boot.and_then(|boot| boot.checked_add(left)),
        }
    }

    /// How long ago this was at `now`, by the clock that has gone further.
    pub(crate) fn age(self, now: Self) -> SignedDuration {
        self.judged_at(now).duration_since(self.wall)
    }
}

/// A moment to come, by both clocks: a comparison or two for each request, which is all that most of them
/// need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiry {
    wall: Timestamp,
    boot: Option<SignedDuration>,
}

impl Expiry {
    /// Whether either clock says that it is over.
    pub(crate) fn is_over(self, now: Moment) -> bool {
        let by_boot = self.boot.zip(now.boot);
        now.wall >= self.wall || by_boot.is_some_and(|(end, now)| now >= end)
    }
}

/// Linux and Android have a clock that goes on while the machine sleeps; Apple's monotonic clock
/// does.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn boot_time() -> Option<SignedDuration> {
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(target_vendor = "apple")]
    const CLOCK: ClockId = ClockId::Monotonic;
    #[cfg(not(target_vendor = "apple"))]
    const CLOCK: ClockId = ClockId::Boottime;
    let time = clock_gettime(CLOCK);
    let nanoseconds = i32::try_from(time.tv_nsec).ok()?;
    Some(SignedDuration::new(time.tv_sec, nanoseconds))
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn boot_time() -> Option<SignedDuration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn moment(wall: i64, boot: i64) -> Moment {
        Moment {
            wall: NOON + SignedDuration::from_secs(wall),
            boot: Some(SignedDuration::from_secs(boot)),
        }
    }

    #[test]
    fn h38_time_has_passed_when_either_clock_says_so() {
        let seen = moment(0, 100);
        for (wall, boot, passed) in [
            (60, 160, 60),
            // Asleep for an hour; a boot clock that missed it would not matter.
            (3_600, 3_700, 3_600),
            (3_600, 100, 3_600),
            // The wall clock was set back by a day.
            (-86_340, 160, 60),
        ] {
            let age = seen.age(moment(wall, boot));
            assert_eq!(age, SignedDuration::from_secs(passed), "{wall} {boot}");
        }
        let blind = Moment { boot: None, ..seen };
        let age = blind.age(moment(-5, 100));
        assert_eq!(age, SignedDuration::from_secs(-5), "one clock is left");
    }

    #[test]
    fn h38_an_expiry_is_over_when_what_was_seen_is_judged_to_be() {
        let seen = moment(0, 100);
        let time = NOON + SignedDuration::from_secs(60);
        let expiry = seen.until(time);
        for wall in [-3_600, 0, 59, 60, 3_600] {
            for boot in [100, 159, 160, 3_700] {
                let now = moment(wall, boot);
                let judged = seen.judged_at(now) >= time;
                assert_eq!(expiry.is_over(now), judged, "{wall} {boot}");
                let blind = Moment { boot: None, ..now };
                assert_eq!(expiry.is_over(blind), wall >= 60, "{wall}, one clock");
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_systems_boot_clock_goes_on() {
        let first = SystemClock.since_boot().unwrap();
        assert!(first > SignedDuration::ZERO);
        assert!(SystemClock.since_boot().unwrap() >= first);
    }
}

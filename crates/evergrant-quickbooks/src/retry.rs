//! Whether, and after how long, a call is made again.
//!
//! This is the only place in the crate that retries. The core has its own two: a refresh that
//! fails, and a connection that broke under an idempotent request. A change is made again only if
//! it carries a request id, under which QuickBooks makes it once; then it is asked for until its
//! outcome is known or patience is at its end, and in that case the error says that it is open.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use evergrant::Remedy;

use crate::{Error, ErrorKind, RequestId};

/// How often a call is made again at most.
const RETRIES: u32 = 2;
/// The first pause at its longest; each further one may be four times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// All attempts and pauses together end within this time, but for the last attempt's own. A call
/// that has taken longer was slow rather than unlucky.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a write whose outcome is not known is asked for again at most.
const ENQUIRIES: u32 = 12;
/// The longest pause between them.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What asking again would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Nothing that asking once has not done.
    Harmless,
    /// Learn what came of the first time.
    Enquires(RequestId),
    /// Perhaps all of it once more.
    Doubles,
}

/// The course of one call over all its attempts.
#[derive(Debug)]
pub(crate) struct Course {
    repeat: Repeat,
    patience: Duration,
    retries: u32,
    /// Whether an attempt has ended so that nobody knows whether it was carried out.
    is_open: bool,
}

impl Course {
    pub(crate) fn new(repeat: Repeat, patience: Duration) -> Self {
        Self {
            repeat,
            patience,
            retries: 0,
            is_open: false,
        }
    }

    /// What follows an attempt that failed with `error` when `elapsed` has passed since the first:
    /// a pause and another one, or the end. `held` is how long all calls to the company are held
    /// back anyway; `jitter` lies in 0..1.
    pub(crate) fn after(
        &mut self,
        error: Error,
        elapsed: Duration,
        held: Duration,
        jitter: f64,
    ) -> Result<Duration, Error> {
        self.is_open |= error.leaves_open();
        let pause = match error.kind() {
            ErrorKind::Throttled => self.wait_out(elapsed, held),
            _ => self.pause(error.remedy(), elapsed, jitter),
        };
        match pause {
            Some(pause) => {
                self.retries += u32::from(error.kind() != ErrorKind::Throttled);
                Ok(pause)
            }
            None => Err(self.end(error)),
        }
    }

    fn wait_out(&self, elapsed: Duration, held: Duration) -> Option<Duration> {
        let repeatable = self.repeat != Repeat::Doubles;
        (repeatable && elapsed.saturating_add(held) <= self.patience).then_some(Duration::ZERO)
    }

    fn pause(&self, remedy: Remedy, elapsed: Duration, jitter: f64) -> Option<Duration> {
        match self.repeat {
            Repeat::Doubles => None,
            Repeat::Harmless => pause(remedy, self.retries, elapsed, jitter),
            Repeat::Enquires(_) => {
                let after = match remedy {
                    Remedy::Retry { after } => after.unwrap_or_default(),
                    Remedy::Verify => Duration::ZERO,
                    _ => return None,
                };
                let pause = own_pause(self.retries, jitter)
                    .min(LONGEST_PAUSE)
                    .max(after);
                let in_time = elapsed.saturating_add(pause) <= self.patience;
                (self.retries < ENQUIRIES && in_time).then_some(pause)
            }
        }
    }

    /// The error that the caller gets. One that says something of the write itself closes it; any
    /// other leaves open what an earlier attempt left open.
    fn end(&self, error: Error) -> Error {
        let Repeat::Enquires(id) = &self.repeat else {
            return error;
        };
        let open = self.is_open && !error.settles();
        let error = error.with_request_id(id.clone());
        if open { error.left_open() } else { error }
    }
}

/// The pause before a harmless call is made again; `None` if it is not to be. `retries` have been
/// made, `elapsed` since the first attempt began; `jitter` lies in 0..1.
pub(crate) fn pause(
    remedy: Remedy,
    retries: u32,
    elapsed: Duration,
    jitter: f64,
) -> Option<Duration> {
    let Remedy::Retry { after } = remedy else {
        return None;
    };
    if retries >= RETRIES {
        return None;
    }
    let pause = after.unwrap_or_default().max(own_pause(retries, jitter));
    (elapsed.saturating_add(pause) <= PATIENCE).then_some(pause)
}

fn own_pause(retries: u32, jitter: f64) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(4_u32.saturating_pow(retries));
    longest
        .min(PATIENCE * 4)
        .mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

/// A number in 0..1 that differs from process to process, so that many do not retry in step.
pub(crate) fn jitter() -> f64 {
    // The hasher's random keys are all the randomness that this needs.
    let random = RandomState::new().hash_one(());
    f64::from((random >> 32) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Remedy = Remedy::Retry { after: None };

    fn after(seconds: u64) -> Remedy {
        Remedy::Retry {
            after: Some(Duration::from_secs(seconds)),
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        let at_once = Duration::ZERO;
        assert_eq!(
            pause(NOW, 0, at_once, 1.0),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            pause(NOW, 0, at_once, 0.0),
            Some(Duration::from_millis(125))
        );
        assert_eq!(pause(NOW, 1, at_once, 1.0), Some(Duration::from_secs(1)));
        assert_eq!(pause(NOW, 2, at_once, 1.0), None);
    }

    #[test]
    fn the_servers_wish_is_honoured_if_it_is_short() {
        let at_once = Duration::ZERO;
        assert_eq!(
            pause(after(2), 0, at_once, 0.5),
            Some(Duration::from_secs(2))
        );
        assert_eq!(
            pause(after(0), 0, at_once, 1.0),
            Some(Duration::from_millis(250))
        );
        assert_eq!(pause(after(6), 0, at_once, 0.5), None);
        assert_eq!(pause(after(u64::MAX), 0, at_once, 0.5), None);
        assert_eq!(pause(NOW, 0, Duration::from_secs(5), 0.5), None);
    }

    #[test]
    fn only_what_time_heals_is_tried_again() {
        for remedy in [
            Remedy::SlowDown { after: None },
            Remedy::Verify,
            Remedy::Reconnect,
            Remedy::Amend,
            Remedy::Reread,
        ] {
            assert_eq!(pause(remedy, 0, Duration::ZERO, 0.5), None, "{remedy:?}");
        }
    }

    proptest! {
        #[test]
        fn everything_ends_in_time(elapsed in 0_u64..10_000, retries in 0_u32..5, jitter in -1.0..2.0) {
            let elapsed = Duration::from_millis(elapsed);
            if let Some(pause) = pause(NOW, retries, elapsed, jitter) {
                prop_assert!(retries < RETRIES && elapsed + pause <= PATIENCE);
            }
        }
    }

    #[test]
    fn jitter_is_a_fraction_that_varies() {
        let drawn: Vec<f64> = (0..8).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|drawn| (0.0..=1.0).contains(drawn)));
        assert!(
            drawn
                .iter()
                .any(|other| (other - drawn[0]).abs() > f64::EPSILON)
        );
    }
}

//! Whether, and after how long, a call is made again.
//!
//! This is the only place in the crate that retries. The core has its own two: a refresh that
//! fails, and a connection that broke under an idempotent request. Calls that change something are
//! never made again from here, and neither are throttled ones: how to slow down is the caller's
//! decision.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use evergrant::Remedy;

/// How often a call is made again at most.
const RETRIES: u32 = 2;
/// The first pause at its longest; each further one may be four times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// All attempts and pauses together end within this time, but for the last attempt's own. A call
/// that has taken longer was slow rather than unlucky.
const PATIENCE: Duration = Duration::from_secs(5);

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
    let longest = FIRST_PAUSE * 4_u32.pow(retries);
    let own = longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
    let pause = after.unwrap_or_default().max(own);
    (elapsed.saturating_add(pause) <= PATIENCE).then_some(pause)
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

//! Rate limits, pure: 500 requests a minute for each realm, 10 a second for each realm and app.
//!
//! The sandbox knows one app, so both limits are kept by realm. A request that is refused does not count.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const SECOND: SignedDuration = SignedDuration::from_secs(1);
const IN_A_MINUTE: usize = 500;
const IN_A_SECOND: usize = 10;

/// When each realm was called during the last minute.
#[derive(Default)]
pub(crate) struct Limiter {
    realms: HashMap<String, VecDeque<Timestamp>>,
}

impl Limiter {
    /// Whether a request may pass now; if so it counts.
    pub(crate) fn admits(&mut self, realm: &str, now: Timestamp) -> bool {
        let calls = self.realms.entry(realm.to_owned()).or_default();
        while calls
            .front()
            .is_some_and(|first| now.duration_since(*first) >= MINUTE)
        {
            calls.pop_front();
        }
        let is_recent = |at: &&Timestamp| now.duration_since(**at) < SECOND;
        let last_second = calls.iter().rev().take_while(is_recent).count();
        if calls.len() >= IN_A_MINUTE || last_second >= IN_A_SECOND {
            return false;
        }
        calls.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_then_no_more_until_the_second_is_over() {
        let mut limiter = Limiter::default();
        let start = Timestamp::UNIX_EPOCH;
        assert!((0..10).all(|_| limiter.admits("1", start)));
        assert!(!limiter.admits("1", start));
        assert!(
            limiter.admits("2", start),
            "another realm has its own limit"
        );
        assert!(limiter.admits("1", start + SECOND));
    }

    #[test]
    fn five_hundred_a_minute() {
        let mut limiter = Limiter::default();
        let step = SignedDuration::from_millis(110);
        let mut now = Timestamp::UNIX_EPOCH;
        for _ in 0..500 {
            assert!(limiter.admits("1", now));
            now += step;
        }
        assert!(!limiter.admits("1", now));
        assert!(limiter.admits("1", Timestamp::UNIX_EPOCH + MINUTE));
    }
}

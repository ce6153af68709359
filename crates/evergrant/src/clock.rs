//! The time of day: the only place that asks the system for it.
//!
//! Records keep wall-clock [`Timestamp`]s, because they are read by other processes and after a
//! restart. An `Instant` means nothing there, and stands still while a laptop sleeps.

use std::fmt::Debug;

use jiff::Timestamp;

/// A source of the present moment.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

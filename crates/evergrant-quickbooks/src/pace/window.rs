//! What was sent in the last second and the last minute, as the server may have counted it.
//!
//! A request occupies its place from when it is let in until a second (a minute) after it reached
//! the server. When that was, nobody tells, but it was before its answer; and of what the quickest
//! of its neighbours took, half at least is work and the way back. So it is counted from its answer
//! less that half. As long as there are too few neighbours, all of which may have waited for a
//! connection, it is counted from its answer.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::{MINUTE, SECOND};

/// Clocks tick, theirs and ours, and not at the same instant.
const MARGIN: Duration = Duration::from_millis(8);
/// Among how many latest requests the quickest is looked for.
const NEIGHBOURS: usize = 20;

#[derive(Debug)]
pub(super) struct Window {
    per_second: usize,
    per_minute: usize,
    in_flight: usize,
    /// When the requests of the last minute reached the server at the latest, in order.
    arrived: VecDeque<Instant>,
    took: VecDeque<Duration>,
}

impl Window {
    pub(super) fn new(per_second: usize, per_minute: usize) -> Self {
        Self {
            per_second,
            per_minute,
            in_flight: 0,
            arrived: VecDeque::new(),
            took: VecDeque::new(),
        }
    }

    /// Lets a request in, or says when to look again.
    pub(super) fn enter(&mut self, now: Instant) -> Option<Instant> {
        while self
            .arrived
            .front()
            .is_some_and(|at| *at + MINUTE + MARGIN <= now)
        {
            self.arrived.pop_front();
        }
        let blocked = self
            .full(self.per_second, SECOND, now)
            .or_else(|| self.full(self.per_minute, MINUTE, now));
        if blocked.is_none() {
            self.in_flight += 1;
        }
        blocked
    }

    /// Takes note that a request that was let in at `since` has been answered.
    pub(super) fn leave(&mut self, since: Instant, now: Instant) {
        self.in_flight -= 1;
        if self.per_minute == usize::MAX && self.per_second == usize::MAX {
            return;
        }
        let took = now.saturating_duration_since(since);
        self.took.push_back(took);
        if self.took.len() > NEIGHBOURS {
            self.took.pop_front();
        }
        let is_known = self.took.len() >= NEIGHBOURS;
        let quickest = self.took.iter().min().filter(|_| is_known);
        let arrived = now - quickest.copied().unwrap_or_default() / 2;
        let place = self.arrived.partition_point(|at| *at <= arrived);
        self.arrived.insert(place, arrived);
    }

    /// When the oldest of the requests that fill the last `span` leaves it; `None` if there is room.
    fn full(&self, most: usize, span: Duration, now: Instant) -> Option<Instant> {
        let recent = self.arrived.iter().rev();
        let within = recent.take_while(|at| **at + span + MARGIN > now).count();
        if within + self.in_flight < most {
            return None;
        }
        // With none but those under way, their end is told.
        let oldest = within.checked_sub(1);
        let oldest = oldest.and_then(|nth| self.arrived.iter().rev().nth(nth));
        Some(
            oldest.map_or(now, |at| *at)
                + if oldest.is_some() {
                    span + MARGIN
                } else {
                    MINUTE
                },
        )
    }
}

//! Which connection a request gets: one that is idle, one that comes free in a moment, or a new one.
//!
//! A new one costs both sides a handshake, and memory for as long as it is open. So of requests that
//! come at once a few get new ones, and the others wait while connections come free so fast that
//! waiting is short. Where answers take long, none come free, and nobody waits longer than a tick.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// Servers close idle connections after a minute or so; one that is used in that moment is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// How many idle connections are kept.
const MOST_IDLE: usize = 1024;
/// So many may be open without anybody having waited.
const FEW: usize = 32;
/// So many are made at the same time while others come free or get made.
const MADE_AT_ONCE: usize = 64;
/// How often it is looked at whether those who wait get on.
const TICK: Duration = Duration::from_millis(5);
/// So many more are made with each tick.
const MADE_A_TICK: usize = 8;
/// A request waits if a connection will come free for it within so many ticks, as things go.
const SHORT: f64 = 5.0;
/// How much the last tick counts in how things go.
const WEIGHT: f64 = 0.25;
/// After so many ticks in which nothing came free and none was made, nobody is kept waiting.
const STALLED: u32 = 100;

/// What is kept here.
pub(super) trait Line: Send + 'static {
    /// Whether the other side has ended it.
    fn is_closed(&self) -> bool;
}

/// The connections to one server.
pub(super) struct Lines<L> {
    state: Mutex<State<L>>,
}

struct State<L> {
    /// Those that nobody uses, with the moment since when; the one that was used last is at the end.
    idle: VecDeque<(L, Instant)>,
    /// How many are in use or being made.
    busy: usize,
    /// How many are being made.
    making: usize,
    waiting: VecDeque<oneshot::Sender<Turn<L>>>,
    /// How many have come free, and been made, since the last tick.
    freed: u32,
    made: u32,
    /// Whether somebody looks after those who wait.
    is_watched: bool,
}

/// What a request gets.
pub(super) enum Turn<L> {
    /// A connection that was used before.
    Use(L, Place<L>),
    /// The right to make one.
    Make(Place<L>, Making<L>),
}

/// Counts a connection as in use until it is dropped.
pub(super) struct Place<L>(Arc<Lines<L>>);

/// Counts a connection as being made until it is dropped.
pub(super) struct Making<L>(Arc<Lines<L>>);

impl<L: Line> Lines<L> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                idle: VecDeque::new(),
                busy: 0,
                making: 0,
                waiting: VecDeque::new(),
                freed: 0,
                made: 0,
                is_watched: false,
            }),
        })
    }

    /// Waits for a connection, or for the right to make one.
    pub(super) async fn turn(self: &Arc<Self>) -> Turn<L> {
        let turn = {
            let mut state = self.state();
            if let Some(line) = state.take(Instant::now()) {
                state.busy += 1;
                return Turn::Use(line, Place(Arc::clone(self)));
            }
            if state.busy < FEW {
                return self.let_make(&mut state);
            }
            let (sender, turn) = oneshot::channel();
            state.waiting.push_back(sender);
            if !std::mem::replace(&mut state.is_watched, true) {
                tokio::spawn(Arc::clone(self).watch());
            }
            turn
        };
        match turn.await {
            Ok(turn) => turn,
            // Nobody looks after those who wait any more.
            Err(_) => self.let_make(&mut self.state()),
        }
    }

    /// A connection can be used again: by who has waited longest, or later.
    pub(super) fn give_back(line: L, place: Place<L>) {
        let lines = Arc::clone(&place.0);
        lines.state().freed += 1;
        let mut turn = Turn::Use(line, place);
        loop {
            let next = lines.state().waiting.pop_front();
            let Some(next) = next else { break };
            match next.send(turn) {
                Ok(()) => return,
                // That one has gone away.
                Err(unsent) => turn = unsent,
            }
        }
        if let Turn::Use(line, place) = turn {
            let mut state = lines.state();
            if state.idle.len() < MOST_IDLE {
                state.idle.push_back((line, Instant::now()));
            }
            drop(state);
            drop(place);
        }
    }

    fn let_make(self: &Arc<Self>, state: &mut State<L>) -> Turn<L> {
        state.busy += 1;
        state.making += 1;
        Turn::Make(Place(Arc::clone(self)), Making(Arc::clone(self)))
    }

    /// Lets those who would wait too long make connections, until nobody waits.
    async fn watch(self: Arc<Self>) {
        let mut pace = Pace::default();
        loop {
            sleep(TICK).await;
            let mut sent = Vec::new();
            {
                let mut state = self.state();
                state.waiting.retain(|it| !it.is_closed());
                if state.waiting.is_empty() {
                    state.is_watched = false;
                    return;
                }
                pace.tick(state.freed, state.made);
                (state.freed, state.made) = (0, 0);
                for _ in 0..pace.too_many(state.waiting.len(), state.making) {
                    // Who came last would have to wait longest.
                    if let Some(last) = state.waiting.pop_back() {
                        sent.push((last, self.let_make(&mut state)));
                    }
                }
            }
            for (waiter, turn) in sent {
                // If nobody takes it, dropping it gives the place back.
                drop(waiter.send(turn));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Line> State<L> {
    /// The connection that was used last: the others may then grow old and go.
    fn take(&mut self, now: Instant) -> Option<L> {
        let is_over = |(line, since): &(L, Instant)| {
            now.saturating_duration_since(*since) > IDLE_TIMEOUT || line.is_closed()
        };
        while self.idle.front().is_some_and(is_over) {
            self.idle.pop_front();
        }
        self.idle.pop_back().map(|(line, _)| line)
    }
}

/// How fast connections come free.
#[derive(Debug, Default)]
struct Pace {
    /// In a tick, lately; `None` before the first one.
    freed: Option<f64>,
    /// For how many ticks nothing has come free and none was made.
    still: u32,
}

impl Pace {
    fn tick(&mut self, freed: u32, made: u32) {
        let before = self.freed.unwrap_or(freed.into());
        self.freed = Some(before + (f64::from(freed) - before) * WEIGHT);
        self.still = if freed + made > 0 { 0 } else { self.still + 1 };
    }

    /// How many of those who wait should rather make connections, while so many are being made.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few hundred"
    )]
    fn too_many(&self, waiting: usize, making: usize) -> usize {
        if self.still > STALLED {
            return waiting;
        }
        let soon = (self.freed.unwrap_or_default() * SHORT) as usize;
        let room = MADE_AT_ONCE.saturating_sub(making).min(MADE_A_TICK);
        waiting.saturating_sub(soon).min(room)
    }
}

impl<L> Drop for Place<L> {
    fn drop(&mut self) {
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner).busy -= 1;
    }
}

impl<L> Drop for Making<L> {
    fn drop(&mut self) {
        let state = self.0.state.lock();
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.making -= 1;
        state.made += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Line for u32 {
        fn is_closed(&self) -> bool {
            *self == 0
        }
    }

    /// `count` connections in use.
    async fn in_use(lines: &Arc<Lines<u32>>, count: usize) -> Vec<Place<u32>> {
        let mut places = Vec::new();
        while places.len() < count {
            let Turn::Make(place, _) = lines.turn().await else {
                panic!("nothing was given back")
            };
            places.push(place);
        }
        places
    }

    async fn waits<T>(turn: &mut (impl Future<Output = T> + Unpin)) -> bool {
        tokio::select! {
            biased;
            _ = turn => false,
            () = std::future::ready(()) => true,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_given_back_is_used_again_unless_it_has_ended_or_is_old() {
        let lines = Lines::new();
        let places = in_use(&lines, 3).await;
        for (line, place) in [0, 1, 2].into_iter().zip(places) {
            Lines::give_back(line, place);
        }
        for expected in [2, 1] {
            let turn = lines.turn().await;
            let Turn::Use(line, place) = turn else {
                panic!("{expected}")
            };
            assert_eq!(line, expected);
            drop(place);
        }
        let place = in_use(&lines, 1).await.remove(0);
        Lines::give_back(3, place);
        tokio::time::advance(IDLE_TIMEOUT + TICK).await;
        assert!(matches!(lines.turn().await, Turn::Make(..)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_gets_what_comes_free_in_turn() {
        let lines = Lines::new();
        let mut places = in_use(&lines, FEW).await;
        let begun = Instant::now();
        let mut first = Box::pin(lines.turn());
        let mut second = Box::pin(lines.turn());
        let mut gone = Box::pin(lines.turn());
        for turn in [&mut first, &mut second, &mut gone] {
            assert!(waits(turn).await);
        }
        drop(gone);
        Lines::give_back(7, places.remove(0));
        Lines::give_back(8, places.remove(0));
        assert!(matches!(first.await, Turn::Use(7, _)));
        assert!(matches!(second.await, Turn::Use(8, _)));
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_what_does_not_come_free() {
        let lines = Lines::new();
        let _places = in_use(&lines, FEW).await;
        let begun = Instant::now();
        assert!(matches!(lines.turn().await, Turn::Make(..)));
        assert!(begun.elapsed() <= 2 * TICK, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn not_all_are_made_at_once_unless_none_gets_done() {
        let lines = Lines::<u32>::new();
        let _places = in_use(&lines, FEW).await;
        let waiting: Vec<_> = (0..200)
            .map(|_| {
                let lines = Arc::clone(&lines);
                tokio::spawn(async move { lines.turn().await })
            })
            .collect();
        sleep(TICK * 20).await;
        assert_eq!(lines.state().making, MADE_AT_ONCE);
        sleep(TICK * STALLED).await;
        assert_eq!(lines.state().making, 200);
        for turn in waiting {
            drop(turn.await);
        }
        assert_eq!(lines.state().busy, FEW);
    }

    #[test]
    fn how_many_wait_depends_on_how_fast_connections_come_free() {
        let mut pace = Pace::default();
        pace.tick(0, 0);
        assert_eq!(pace.too_many(3, 0), 3);
        assert_eq!(pace.too_many(200, 0), MADE_A_TICK);
        assert_eq!(pace.too_many(200, MADE_AT_ONCE - 1), 1);
        let mut pace = Pace::default();
        pace.tick(40, 0);
        assert_eq!(pace.too_many(200, 0), 0);
        assert_eq!(pace.too_many(203, 0), 3);
        // A moment without one is no reason yet.
        pace.tick(0, 0);
        assert_eq!(pace.too_many(150, 0), 0);
        for _ in 0..=STALLED {
            pace.tick(0, 0);
        }
        assert_eq!(pace.too_many(200, MADE_AT_ONCE), 200);
    }
}

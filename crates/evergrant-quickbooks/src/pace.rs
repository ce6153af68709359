//! How fast a company is called, and what happens when it says that it was too fast.
//!
//! Intuit takes 10 requests a second and 500 a minute for each company and app, 10 at a time, and
//! 40 batches a minute besides. A [`Pacer`] lets a request go when it is certain that the server
//! will count no more than that. A request is counted from when it can have reached the server at
//! the latest: not from when it was sent, since the way there takes some requests longer than
//! others, and not from its answer, which would cost a tenth of the rate. When a request is refused
//! all the same, all callers wait. They go on in the order in which they came.
//!
//! All clients of one company in a process share one pacer unless they are given a pace of their
//! own. Nothing is known here of other processes: those are met as refusals.

mod window;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as Gate, Notify};
use tokio::time::{Instant, timeout_at};

use window::Window;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// How fast a company may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Requests a second.
    pub per_second: usize,
    /// Requests a minute, batches not among them.
    pub per_minute: usize,
    /// Batches a minute.
    pub batches_per_minute: usize,
    /// Requests at a time.
    pub concurrent: usize,
    /// How long all wait after a refusal that does not say how long. It doubles with every one.
    pub first_pause: Duration,
    /// How long that becomes at most.
    pub longest_pause: Duration,
    /// How long a call goes on trying against refusals, and a write to learn its outcome.
    pub patience: Duration,
}

impl Pace {
    /// What Intuit allows.
    pub const fn intuit() -> Self {
        Self {
            per_second: 10,
            per_minute: 500,
            batches_per_minute: 40,
            concurrent: 10,
            first_pause: SECOND,
            longest_pause: MINUTE,
            patience: Duration::from_secs(180),
        }
    }

    /// No limit but that of requests at a time; refusals are heeded.
    pub const fn unlimited() -> Self {
        Self {
            per_second: usize::MAX,
            per_minute: usize::MAX,
            batches_per_minute: usize::MAX,
            concurrent: 64,
            ..Self::intuit()
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::intuit()
    }
}

/// What a request counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Call,
    Batch,
}

/// Keeps a pace among all who share it.
#[derive(Debug)]
pub(crate) struct Pacer {
    pace: Pace,
    state: Mutex<State>,
    lanes: [Turn; 2],
}

/// Whose turn it is in a lane: the gate lets them through in their order, and whoever is in it is
/// told when something has changed.
#[derive(Debug, Default)]
struct Turn {
    gate: Gate<()>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    windows: [Window; 2],
    in_flight: usize,
    paused_until: Option<Instant>,
    /// When the last pause was decided upon, and how many there were without a success between.
    last_pause: Option<Instant>,
    pauses: u32,
}

/// The right to have one request under way.
#[derive(Debug)]
pub(crate) struct Permit {
    pacer: Arc<Pacer>,
    lane: Lane,
    since: Instant,
}

static SHARED: Mutex<Vec<(String, Weak<Pacer>)>> = Mutex::new(Vec::new());

impl Pacer {
    pub(crate) fn new(pace: Pace) -> Arc<Self> {
        Arc::new(Self {
            pace,
            state: Mutex::new(State {
                windows: [
                    Window::new(pace.per_second, pace.per_minute),
                    Window::new(pace.per_second, pace.batches_per_minute),
                ],
                in_flight: 0,
                paused_until: None,
                last_pause: None,
                pauses: 0,
            }),
            lanes: [Turn::default(), Turn::default()],
        })
    }

    /// The one that everybody in this process shares who calls `company`.
    pub(crate) fn shared(company: &str) -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|(_, pacer)| pacer.strong_count() > 0);
        let known = shared.iter().find(|(name, _)| name == company);
        if let Some(pacer) = known.and_then(|(_, pacer)| pacer.upgrade()) {
            return pacer;
        }
        let pacer = Self::new(Pace::intuit());
        shared.push((company.to_owned(), Arc::downgrade(&pacer)));
        pacer
    }

    pub(crate) fn patience(&self) -> Duration {
        self.pace.patience
    }

    /// Waits until a request may go.
    pub(crate) async fn admit(self: &Arc<Self>, lane: Lane) -> Permit {
        let turn = &self.lanes[lane as usize];
        let _mine = turn.gate.lock().await;
        loop {
            let now = Instant::now();
            let Some(until) = self.state().enter(lane, now, &self.pace) else {
                return Permit {
                    pacer: Arc::clone(self),
                    lane,
                    since: now,
                };
            };
            // Woken early or not, the state says what to do.
            let _ = timeout_at(until, turn.changed.notified()).await;
        }
    }

    /// Makes everybody wait: a request was refused, which began at `since`.
    pub(crate) fn refused(&self, permit: &Permit, after: Option<Duration>) {
        let now = Instant::now();
        self.state().pause(now, permit.since, after, &self.pace);
    }

    /// How long everybody still waits.
    pub(crate) fn held_for(&self) -> Duration {
        let until = self.state().paused_until;
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets a request in, or says when to look again.
    fn enter(&mut self, lane: Lane, now: Instant, pace: &Pace) -> Option<Instant> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Some(until);
        }
        if self.in_flight >= pace.concurrent {
            return Some(now + MINUTE);
        }
        let until = self.windows[lane as usize].enter(now);
        if until.is_none() {
            self.in_flight += 1;
        }
        until
    }

    fn leave(&mut self, lane: Lane, since: Instant, now: Instant) {
        self.in_flight -= 1;
        self.windows[lane as usize].leave(since, now);
    }

    /// Refusals of requests that were under way before the last pause are of the same wave.
    fn pause(&mut self, now: Instant, since: Instant, after: Option<Duration>, pace: &Pace) {
        let is_news = self.last_pause.is_none_or(|last| since > last);
        if is_news {
            self.pauses = self.pauses.saturating_add(1);
            self.last_pause = Some(now);
        }
        let doubled = 2_u32.saturating_pow(self.pauses.saturating_sub(1).min(16));
        let own = pace
            .first_pause
            .saturating_mul(doubled)
            .min(pace.longest_pause);
        let until = now + after.unwrap_or(own);
        if is_news || after.is_some() {
            self.paused_until = self.paused_until.max(Some(until));
        }
    }
}

impl Permit {
    /// The server has taken the request: whoever is refused next begins with short pauses again.
    pub(crate) fn succeeded(&self) {
        let mut state = self.pacer.state();
        if state.last_pause.is_none_or(|last| self.since > last) {
            state.pauses = 0;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.pacer.state();
        state.leave(self.lane, self.since, Instant::now());
        drop(state);
        for turn in &self.pacer.lanes {
            turn.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `count` requests that each take `latency` and returns when the server saw them.
    async fn arrivals(pacer: &Arc<Pacer>, count: usize, latency: Duration) -> Vec<Instant> {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..count {
            let pacer = Arc::clone(pacer);
            tasks.spawn(async move {
                let permit = pacer.admit(Lane::Call).await;
                tokio::time::sleep(latency / 2).await;
                let seen = Instant::now();
                tokio::time::sleep(latency / 2).await;
                permit.succeeded();
                seen
            });
        }
        let mut seen = tasks.join_all().await;
        seen.sort_unstable();
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_and_used() {
        let pacer = Pacer::new(Pace::intuit());
        let seen = arrivals(&pacer, 600, Duration::from_millis(40)).await;
        for window in seen.windows(11) {
            assert!(window[10] - window[0] >= SECOND);
        }
        for window in seen.windows(501) {
            assert!(window[500] - window[0] >= MINUTE);
        }
        assert!(
            seen[199] - seen[0] < Duration::from_millis(20_000),
            "less than 95 % of the rate"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_slow_on_its_way_counts_late() {
        let pacer = Pacer::new(Pace::intuit());
        let usual = Duration::from_millis(20);
        arrivals(&pacer, 1, usual).await;
        tokio::time::sleep(SECOND * 2).await;
        let slow = pacer.admit(Lane::Call).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let seen_late = Instant::now();
        drop(slow);
        let seen = arrivals(&pacer, 10, usual).await;
        assert!(seen[9] - seen_late >= SECOND - usual);
    }

    #[tokio::test(start_paused = true)]
    async fn batches_are_counted_apart() {
        let pacer = Pacer::new(Pace {
            per_minute: 5,
            batches_per_minute: 2,
            ..Pace::intuit()
        });
        let began = Instant::now();
        for _ in 0..5 {
            drop(pacer.admit(Lane::Call).await);
        }
        for _ in 0..2 {
            drop(pacer.admit(Lane::Batch).await);
        }
        assert!(began.elapsed() < SECOND);
        drop(pacer.admit(Lane::Batch).await);
        assert!(began.elapsed() >= MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_everybody_and_longer_each_time() {
        let pacer = Pacer::new(Pace::intuit());
        let began = Instant::now();
        for expected in [1, 3, 7] {
            let (one, other) = (pacer.admit(Lane::Call).await, pacer.admit(Lane::Call).await);
            pacer.refused(&one, None);
            pacer.refused(&other, None);
            drop((one, other));
            drop(pacer.admit(Lane::Batch).await);
            assert_eq!(began.elapsed().as_secs(), expected);
        }
        let permit = pacer.admit(Lane::Call).await;
        permit.succeeded();
        pacer.refused(&permit, Some(Duration::from_secs(30)));
        drop(permit);
        assert_eq!(pacer.held_for().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_came_first_go_first() {
        let pacer = Pacer::new(Pace {
            concurrent: 1,
            ..Pace::intuit()
        });
        let held = pacer.admit(Lane::Call).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..20 {
            let (pacer, order) = (Arc::clone(&pacer), Arc::clone(&order));
            tasks.spawn(async move {
                let _permit = pacer.admit(Lane::Call).await;
                order.lock().unwrap().push(number);
            });
            tokio::task::yield_now().await;
        }
        drop(held);
        tasks.join_all().await;
        assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn one_company_has_one_pacer() {
        let one = Pacer::shared("https://h.example/1");
        assert!(Arc::ptr_eq(&one, &Pacer::shared("https://h.example/1")));
        assert!(!Arc::ptr_eq(&one, &Pacer::shared("https://h.example/2")));
    }
}

//! The schedule: keeps every connection of the store alive with nobody asking.
//!
//! It looks at all connections, refreshes those that are due, and sleeps until the next one is, but
//! never long: a timer stands still while the machine sleeps, so the clock is read again at least
//! every 37 seconds. What is due is decided by [`policy`], on what the store says at that moment, so
//! a new login, a new connection or another process's refresh is noticed by itself.
//!
//! It never ends on an error. A connection that fails backs off, one that is over is left alone
//! until its record changes, and the others go on meanwhile. What it has to tell goes to the
//! keeper's listener: each refresh by the refresh routine, ends that come near and whatever keeps it
//! from its work by itself, once each.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::clock::Moment;
use crate::policy;
use crate::refresh::Need;
use crate::{
    Connection, ConnectionId, End, Error, ErrorKind, Event, Generation, Grant, Keeper, Lapse,
    Remedy, Result, Runway, Warning,
};

/// The longest sleep. A prime number of seconds, so that it falls in step with nothing.
const LONGEST_NAP: Duration = Duration::from_secs(37);
/// How many connections are refreshed at the same time: a provider that comes back after an outage
/// is not met by all at once.
const AT_ONCE: usize = 8;
/// The least time between two refreshes of one connection.
const REST: SignedDuration = SignedDuration::from_secs(1);
/// A nap that has taken so much longer than it should was the machine's own sleep.
const OVERSLEPT: SignedDuration = SignedDuration::from_secs(60);
/// After that, networks need a moment.
const WAKING: Duration = Duration::from_secs(3);

impl Keeper {
    /// Keeps all connections of the store alive until `stop` is over; then waits for every refresh
    /// in flight and for its save, as [`drain`](Self::drain) does. Several may run on one store.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut schedule = Schedule::new(self.clone());
        tokio::select! {
            biased;
            () = pin!(stop) => {}
            never = schedule.go_on() => match never {},
        }
        // The flights are tasks of the keeper's and go on.
        drop(schedule);
        self.drain().await;
    }
}

/// What the schedule knows besides what the store says.
struct Schedule {
    keeper: Keeper,
    /// As last listed.
    names: Vec<ConnectionId>,
    watched: HashMap<ConnectionId, Watched>,
    running: JoinSet<Result<()>>,
    in_flight: HashMap<Id, ConnectionId>,
    permits: Arc<Semaphore>,
}

/// What it remembers of a connection.
#[derive(Debug, Default)]
struct Watched {
    generation: Generation,
    /// Chance's part of the jitter; the same for as long as the generation is.
    chance: f64,
    /// Not to be refreshed until it has rested.
    rest: Option<(Moment, SignedDuration)>,
    failures: u32,
    /// Only another grant helps, and that has been told.
    over: bool,
    /// The last trouble told.
    trouble: Option<String>,
    /// The nearest threshold told of each end.
    warned: HashMap<End, u16>,
}

impl Schedule {
    fn new(keeper: Keeper) -> Self {
        Self {
            keeper,
            names: Vec::new(),
            watched: HashMap::new(),
            running: JoinSet::new(),
            in_flight: HashMap::new(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    async fn go_on(&mut self) -> std::convert::Infallible {
        loop {
            let nap = self.round().await;
            let asleep = self.keeper.moment();
            self.wait(nap).await;
            if asleep.age(self.keeper.moment()) > OVERSLEPT + signed(nap) {
                tokio::time::sleep(WAKING).await;
            }
        }
    }

    /// Looks at every connection and begins what is due, the most urgent first. How long to sleep.
    async fn round(&mut self) -> Duration {
        // While the list can't be read, those known so far are kept.
        if let Ok(names) = self.keeper.store().list().await {
            self.names = names;
            let keeper = &self.keeper;
            self.names.retain(|id| keeper.looks_after(id));
        }
        let busy: HashSet<_> = self.in_flight.values().cloned().collect();
        let idle: Vec<_> = self
            .names
            .iter()
            .filter(|id| !busy.contains(*id))
            .cloned()
            .collect();
        let mut due = Vec::new();
        let mut next = LONGEST_NAP;
        for id in idle {
            match self.look(&id).await {
                None => {}
                Some(left) if left <= SignedDuration::ZERO => due.push((left, id)),
                Some(left) => next = next.min(unsigned(left)),
            }
        }
        due.sort();
        for (_, id) in due {
            self.begin(id);
        }
        next
    }

    /// How long it is until the connection is due, never positive if it is now; `None` if nothing
    /// but a change of its record can make it so.
    async fn look(&mut self, id: &ConnectionId) -> Option<SignedDuration> {
        let connection = match self.keeper.connection(id).await {
            Ok(connection) => connection,
            Err(error) => return self.stall(id, &error),
        };
        let registered = match self.keeper.registered(&connection.provider) {
            Ok(registered) => registered,
            Err(error) => return self.stall(id, &error),
        };
        let chance = self.keeper.jitter();
        let watched = self.watched.entry(id.clone()).or_default();
        watched.meet(&connection, chance);
        for warning in watched.news(&Runway::of(&connection).warnings(self.keeper.now())) {
            self.keeper.notify(id, || Event::Expiring {
                warning,
                left: warning.at.duration_since(self.keeper.now()),
            });
        }
        if let Some(lapse) = hopeless(&connection) {
            let known = std::mem::replace(&mut watched.over, true);
            let error = Error::new(ErrorKind::Lapsed(lapse), lapse.to_string());
            return if known { None } else { self.stall(id, &error) };
        }
        if watched.over {
            return None;
        }
        let slot = self.keeper.slot(id);
        let now = self.keeper.judged_at(&slot, connection.generation);
        let jitter = watched.jitter(id);
        let due = policy::next_due(&connection, &registered.provider, now, jitter)?;
        let rest = watched.rest_left(self.keeper.moment());
        let left = due.duration_since(now);
        Some(rest.map_or(left, |rest| rest.max(left)))
    }

    fn begin(&mut self, id: ConnectionId) {
        let jitter = self.watched.get(&id).map_or(0.0, |it| it.jitter(&id));
        let (keeper, permits) = (self.keeper.clone(), Arc::clone(&self.permits));
        let slot = keeper.slot(&id);
        let task = self.running.spawn(async move {
            let _permit = permits.acquire().await;
            keeper.renewed(&slot, Need::Kept { jitter }).await.map(drop)
        });
        self.in_flight.insert(task.id(), id);
    }

    /// Sleeps, and takes in what the refreshes under way have come to.
    async fn wait(&mut self, nap: Duration) {
        let longest = Instant::now() + nap;
        let mut until = longest;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                Some(ended) = self.running.join_next_with_id() => {
                    if let Some(left) = self.settle(ended).await {
                        until = until.min(Instant::now() + unsigned(left));
                    }
                }
            }
        }
    }

    /// What a refresh has come to, and how long it is until its connection is due again.
    async fn settle(
        &mut self,
        ended: Result<(Id, Result<()>), JoinError>,
    ) -> Option<SignedDuration> {
        let (task, outcome) = ended.unwrap_or_else(|failure| {
            let error = Error::new(ErrorKind::Unavailable, "the refresh was interrupted");
            (failure.id(), Err(error.with_source(failure)))
        });
        let id = self.in_flight.remove(&task)?;
        let now = self.keeper.moment();
        let chance = self.keeper.jitter();
        let watched = self.watched.entry(id.clone()).or_default();
        match outcome {
            Ok(()) => watched.recover(now),
            Err(error) => {
                watched.fail(now, &error, chance);
                // Failures that heal by themselves are told by the refresh routine.
                if !error.is_transient() && !watched.over {
                    self.stall(&id, &error);
                }
            }
        }
        self.look(&id).await
    }

    /// Tells of trouble, if it is news.
    fn stall(&mut self, id: &ConnectionId, error: &Error) -> Option<SignedDuration> {
        let watched = self.watched.entry(id.clone()).or_default();
        let detail = crate::refresh::sentence(error, &[]);
        if watched.trouble.as_ref() != Some(&detail) {
            watched.trouble = Some(detail.clone());
            let kind = error.kind();
            self.keeper.notify(id, || Event::Stalled { kind, detail });
        }
        None
    }
}

impl Watched {
    /// Begins anew with another grant: what was learnt of the one before does not count for it.
    fn meet(&mut self, connection: &Connection, chance: f64) {
        if self.generation == connection.generation {
            return;
        }
        *self = Self {
            generation: connection.generation,
            chance,
            rest: self.rest.filter(|_| self.failures == 0),
            warned: std::mem::take(&mut self.warned),
            // The mark that our own refresh has led to.
            over: self.over && hopeless(connection).is_some(),
            ..Self::default()
        };
    }

    /// Half of it is the connection's own, so that a thousand of them are spread evenly whatever
    /// their history; half is chance, so that many processes on one store don't move in step.
    fn jitter(&self, id: &ConnectionId) -> f64 {
        f64::midpoint(place(id), self.chance)
    }

    fn recover(&mut self, now: Moment) {
        self.failures = 0;
        self.trouble = None;
        self.rest = Some((now, REST));
    }

    fn fail(&mut self, now: Moment, error: &Error, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        self.over = matches!(error.kind(), ErrorKind::Lapsed(_));
        let told = match error.remedy() {
            Remedy::Retry { after } | Remedy::SlowDown { after } => after.map(signed),
            _ => None,
        };
        self.rest = Some((now, policy::backoff(self.failures, chance, told).max(REST)));
    }

    fn rest_left(&self, now: Moment) -> Option<SignedDuration> {
        let (since, span) = self.rest?;
        Some(span.saturating_sub(since.age(now)))
    }

    /// The warnings that have not been told yet. An end that was put off counts from anew.
    fn news(&mut self, warnings: &[Warning]) -> Vec<Warning> {
        let is_news = |it: &Warning| self.warned.get(&it.end).is_none_or(|told| it.days < *told);
        let news = warnings.iter().filter(|it| is_news(it)).copied().collect();
        self.warned = warnings.iter().map(|it| (it.end, it.days)).collect();
        news
    }
}

/// Why no refresh can keep the connection alive, if none can.
fn hopeless(connection: &Connection) -> Option<Lapse> {
    match &connection.grant {
        Grant::Lapsed { lapse, .. } => Some(*lapse),
        Grant::Live(tokens) => tokens.refresh.is_none().then_some(Lapse::NoRefreshToken),
    }
}

/// A connection's own place in `0.0..1.0`.
fn place(id: &ConnectionId) -> f64 {
    let digest = ring::digest::digest(&ring::digest::SHA256, id.as_str().as_bytes());
    let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
    f64::from(u32::from_be_bytes(first)) / (f64::from(u32::MAX) + 1.0)
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}

fn unsigned(span: SignedDuration) -> Duration {
    Duration::try_from(span).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn h46_a_thousand_connections_are_spread_evenly() {
        let watched = Watched::default();
        let mut tenths = [0; 10];
        for number in 0..1000 {
            let place = place(&ConnectionId::new(format!("company-{number}")));
            tenths[(place * 10.0) as usize] += 1;
        }
        assert!(
            tenths.iter().all(|count| (60..140).contains(count)),
            "{tenths:?}"
        );
        let acme = ConnectionId::new("acme");
        assert_eq!(watched.jitter(&acme), watched.jitter(&acme));
        let other = Watched {
            chance: 0.9,
            ..Watched::default()
        };
        assert!(watched.jitter(&acme) < other.jitter(&acme));
        assert!((0.0..1.0).contains(&other.jitter(&acme)));
    }

    #[test]
    fn a_threshold_is_told_once_and_again_after_the_end_was_put_off() {
        let warning = |days| Warning {
            end: End::Hard,
            days,
            at: Timestamp::UNIX_EPOCH,
        };
        let mut watched = Watched::default();
        let mut told = |days: Option<u16>| {
            let warnings: Vec<_> = days.map(warning).into_iter().collect();
            watched.news(&warnings).len()
        };
        assert_eq!(
            [
                Some(90),
                Some(90),
                Some(30),
                Some(30),
                None,
                Some(90),
                Some(30)
            ]
            .map(&mut told),
            [1, 0, 1, 0, 0, 1, 1]
        );
    }
}

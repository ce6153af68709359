//! The schedule: keeps every connection of the store alive with nobody asking.
//!
//! It looks at what has changed in the store, refreshes what is due, and sleeps until the next one is,
//! but never long: a timer stands still while the machine sleeps, so the clock is read again at least
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

use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::clock::Moment;
use crate::keeper::Registered;
use crate::policy;
use crate::refresh::Need;
use crate::store::{Mark, Next, Pause, Sighting};
use crate::{
    Connection, ConnectionId, End, Error, ErrorKind, Event, Generation, Grant, Keeper, Lapse,
    Remedy, Result, Runway, Warning,
};

/// The longest sleep. A prime number of seconds, so that it falls in step with nothing.
const LONGEST_NAP: Duration = Duration::from_secs(37);
/// How long after something was heard of a change one looks: others will follow it.
const STIRRED: Duration = Duration::from_millis(150);
/// The least nap grows by a step with each so many connections.
const STEP: Duration = Duration::from_millis(100);
const PER_STEP: usize = 20_000;
/// When to look again at a connection that another process is refreshing.
const ELSEWHERE: SignedDuration = SignedDuration::from_secs(5);
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
    /// How far the store has been surveyed; `None` for one that shows everything each time.
    mark: Option<Mark>,
    watched: HashMap<ConnectionId, Watched>,
    /// When all of them were last gone through.
    last_look: Instant,
    /// When they are to be next, if nothing else makes one due before.
    next_look: Instant,
    /// Due when they were last looked at, the most urgent last, and not begun for want of room.
    backlog: Vec<(Urgency, ConnectionId)>,
    running: JoinSet<Result<()>>,
    in_flight: HashMap<Id, ConnectionId>,
    is_restored_told: bool,
}

/// The smaller, the more urgent.
type Urgency = (i64, u64);

/// What it remembers of a connection.
#[derive(Debug)]
struct Watched {
    generation: Generation,
    /// When that generation was first seen here.
    seen: Moment,
    /// Its provider, once that is known.
    registered: Option<Arc<Registered>>,
    /// When it should be refreshed; `None` if only a change of its record can make it due.
    due: Option<Timestamp>,
    /// Chance's part of the jitter; the same for as long as the generation is.
    chance: f64,
    /// Not to be refreshed until it has rested.
    rest: Option<(Moment, SignedDuration)>,
    failures: u32,
    is_busy: bool,
    /// Only another grant helps, and that has been told.
    over: bool,
    /// The last trouble told.
    trouble: Option<String>,
    /// The nearest threshold told of each end.
    warned: HashMap<End, u16>,
}

impl Schedule {
    fn new(keeper: Keeper) -> Self {
        let now = Instant::now();
        Self {
            keeper,
            mark: None,
            watched: HashMap::new(),
            last_look: now,
            next_look: now,
            backlog: Vec::new(),
            running: JoinSet::new(),
            in_flight: HashMap::new(),
            is_restored_told: false,
        }
    }

    async fn go_on(&mut self) -> std::convert::Infallible {
        loop {
            self.round().await;
            let (asleep, begun) = (self.keeper.moment(), Instant::now());
            self.wait().await;
            let nap = begun.elapsed();
            if asleep.age(self.keeper.moment()) > OVERSLEPT + signed(nap) {
                tokio::time::sleep(WAKING).await;
            }
        }
    }

    /// Looks at what has changed and begins what is due, the most urgent first.
    async fn round(&mut self) {
        let changed = self.survey().await;
        if self.next_look <= Instant::now() || self.mark.is_none() {
            self.look_at_all();
        } else {
            self.look_at(changed);
        }
        self.begin_what_is_due();
    }

    fn look_at_all(&mut self) {
        let now = self.keeper.moment();
        let mut next = LONGEST_NAP;
        self.backlog.clear();
        for (id, watched) in &self.watched {
            match watched.left(now) {
                Some(left) if left <= SignedDuration::ZERO => {
                    self.backlog.push((watched.urgency(left), id.clone()));
                }
                Some(left) => next = next.min(unsigned(left)),
                None => {}
            }
        }
        self.backlog.sort_unstable_by(|one, other| other.cmp(one));
        self.last_look = Instant::now();
        self.next_look = self.last_look + LONGEST_NAP;
        self.look_within(next);
    }

    /// What others have changed may be due before anything else is.
    fn look_at(&mut self, changed: HashSet<ConnectionId>) {
        let now = self.keeper.moment();
        for id in changed {
            let Some(watched) = self.watched.get(&id) else {
                continue;
            };
            match watched.left(now) {
                Some(left) if left <= SignedDuration::ZERO => {
                    let urgency = watched.urgency(left);
                    let place = self.backlog.partition_point(|(other, _)| *other > urgency);
                    self.backlog.insert(place, (urgency, id));
                }
                Some(left) => self.look_within(unsigned(left)),
                None => {}
            }
        }
    }

    /// Goes through all when `left` is over, if not before; but to go through a million takes its time, too.
    fn look_within(&mut self, left: Duration) {
        let many = u32::try_from(self.watched.len() / PER_STEP).unwrap_or(u32::MAX);
        let earliest = self.last_look + STEP.saturating_mul(many).min(LONGEST_NAP);
        self.next_look = self.next_look.min(Instant::now() + left).max(earliest);
    }

    /// Takes in what has changed in the store since the last time, and says which connections may have.
    /// While that can't be read, all is taken to be as it was.
    async fn survey(&mut self) -> HashSet<ConnectionId> {
        let mut seen = HashSet::new();
        loop {
            let Ok(survey) = self.keeper.store().survey(self.mark.as_ref()).await else {
                return seen;
            };
            for sighting in survey.sightings {
                if self.keeper.looks_after(&sighting.id) {
                    seen.insert(sighting.id.clone());
                    self.see(sighting);
                }
            }
            match survey.next {
                Next::More(mark) => {
                    self.mark = Some(mark);
                    // Of so many no list of names is needed: all will be gone through.
                    seen.clear();
                    self.next_look = Instant::now();
                }
                Next::From(mark) => {
                    self.mark = Some(mark);
                    return seen;
                }
                Next::Anew => break,
            }
        }
        self.watched.retain(|id, _| seen.contains(id));
        seen
    }

    /// Works out when a connection is due.
    fn see(&mut self, sighting: Sighting) {
        let Sighting {
            id,
            connection,
            pause,
        } = sighting;
        let found = connection.and_then(|found| match found {
            Some(connection) => Ok(connection),
            None => Err(self.keeper.no_grant(&id)),
        });
        let due = found.and_then(|connection| self.due(&id, &connection));
        self.tell_if_restored(&id, pause);
        match due {
            Ok(due) => self.watched(&id).due = due.filter(|_| pause.is_none()),
            Err(error) => {
                self.watched(&id).due = None;
                self.stall(&id, &error);
            }
        }
    }

    fn due(&mut self, id: &ConnectionId, connection: &Connection) -> Result<Option<Timestamp>> {
        let registered = self.keeper.registered(&connection.provider)?;
        self.keeper.hear(connection);
        if self.mark.is_some() {
            self.keeper.put_back_soon(connection);
        }
        let (chance, now) = (self.keeper.jitter(), self.keeper.now());
        let moment = self.keeper.moment();
        let watched = self.watched(id);
        let was_in_trouble = watched.is_in_trouble();
        watched.meet(connection, chance, moment);
        watched.registered = Some(Arc::clone(&registered));
        let is_mended =
            was_in_trouble && !watched.is_in_trouble() && hopeless(connection).is_none();
        let news = watched.news(&Runway::of(connection).warnings(now));
        if is_mended {
            let generation = connection.generation;
            self.keeper.notify(id, || Event::Adopted { generation });
        }
        for warning in news {
            self.keeper.notify(id, || Event::Expiring {
                warning,
                left: warning.at.duration_since(now),
            });
        }
        let watched = self.watched(id);
        if let Some(lapse) = hopeless(connection) {
            if !std::mem::replace(&mut watched.over, true) {
                let error = Error::new(ErrorKind::Lapsed(lapse), lapse.to_string());
                self.stall(id, &error);
            }
            return Ok(None);
        }
        if watched.over {
            return Ok(None);
        }
        let jitter = watched.jitter(id);
        let judged = watched.seen.judged_at(moment);
        Ok(policy::next_due(
            connection,
            &registered.provider,
            judged,
            jitter,
        ))
    }

    /// One stands for all of a restored database's.
    fn tell_if_restored(&mut self, id: &ConnectionId, pause: Option<Pause>) {
        let Some(pause) = pause.filter(|pause| *pause == Pause::Restored) else {
            return;
        };
        if !std::mem::replace(&mut self.is_restored_told, true) {
            let error = Error::new(ErrorKind::Config, format!("{pause}; {}", pause.end()));
            self.stall(id, &error);
        }
    }

    /// What is remembered of a connection, from now on.
    fn watched(&mut self, id: &ConnectionId) -> &mut Watched {
        // Its name is copied when it is new, not each time.
        if !self.watched.contains_key(id) {
            let now = self.keeper.moment();
            self.watched.insert(id.clone(), Watched::new(now));
        }
        let now = self.keeper.moment();
        self.watched
            .entry(id.clone())
            .or_insert_with(|| Watched::new(now))
    }

    fn begin_what_is_due(&mut self) {
        let now = self.keeper.moment();
        while self.in_flight.len() < self.keeper.refreshes_at_once() {
            let Some((_, id)) = self.backlog.pop() else {
                return;
            };
            // Another process may have done it meanwhile.
            let left = self.watched.get(&id).and_then(|it| it.left(now));
            if left.is_some_and(|left| left <= SignedDuration::ZERO) {
                self.begin(id);
            }
        }
    }

    fn begin(&mut self, id: ConnectionId) {
        let watched = self.watched(&id);
        watched.is_busy = true;
        let (jitter, registered) = (watched.jitter(&id), watched.registered.clone());
        let keeper = self.keeper.clone();
        let slot = keeper.slot(&id);
        let task = self.running.spawn(async move {
            if let Some(registered) = registered {
                keeper.take_turn(&registered).await;
            }
            let kept = keeper.renewed(&slot, Need::Kept { jitter }).await;
            keeper.forget_if_many(slot);
            kept.map(drop)
        });
        self.in_flight.insert(task.id(), id);
    }

    /// Sleeps, takes in what the refreshes under way have come to, and begins those that wait.
    async fn wait(&mut self) {
        let mut until = self.next_look;
        let keeper = self.keeper.clone();
        let mut stirred = pin!(keeper.store().stirred());
        let mut is_calm = true;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = &mut stirred, if is_calm => {
                    is_calm = false;
                    until = until.min(Instant::now() + STIRRED);
                }
                Some(ended) = self.running.join_next_with_id() => {
                    if let Some(left) = self.settle(ended).await {
                        self.look_within(unsigned(left));
                        until = until.min(self.next_look);
                    }
                    self.begin_what_is_due();
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
        let (now, chance) = (self.keeper.moment(), self.keeper.jitter());
        let watched = self.watched(&id);
        watched.is_busy = false;
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
        // The next survey shows what has come of it; who is shown everything each time looks now.
        if self.mark.is_none() {
            let connection = self.keeper.store().load(&id).await;
            self.see(Sighting {
                id: id.clone(),
                connection,
                pause: None,
            });
        }
        let watched = self.watched.get(&id)?;
        watched.left(self.keeper.moment())
    }

    /// Tells of trouble, if it is news.
    fn stall(&mut self, id: &ConnectionId, error: &Error) {
        let watched = self.watched(id);
        let detail = crate::refresh::sentence(error, &[]);
        if watched.trouble.as_ref() != Some(&detail) {
            watched.trouble = Some(detail.clone());
            let kind = error.kind();
            self.keeper.notify(id, || Event::Stalled { kind, detail });
        }
    }
}

impl Watched {
    fn new(now: Moment) -> Self {
        Self {
            generation: Generation::default(),
            seen: now,
            registered: None,
            due: None,
            chance: 0.0,
            rest: None,
            failures: 0,
            is_busy: false,
            over: false,
            trouble: None,
            warned: HashMap::new(),
        }
    }

    /// Begins anew with another grant: what was learnt of the one before does not count for it.
    fn meet(&mut self, connection: &Connection, chance: f64, now: Moment) {
        if self.generation == connection.generation {
            return;
        }
        *self = Self {
            generation: connection.generation,
            chance,
            rest: self.rest.filter(|_| self.failures == 0),
            is_busy: self.is_busy,
            warned: std::mem::take(&mut self.warned),
            // The mark that our own refresh has led to.
            over: self.over && hopeless(connection).is_some(),
            ..Self::new(now)
        };
    }

    /// How long it is until it is due, never positive if it is now; `None` while it is being
    /// refreshed, and if only a change of its record can make it due.
    fn left(&self, now: Moment) -> Option<SignedDuration> {
        if self.is_busy {
            return None;
        }
        let left = self.due?.duration_since(self.seen.judged_at(now));
        Some(self.rest_left(now).map_or(left, |rest| rest.max(left)))
    }

    /// Among those of the same minute chance decides, so that many processes on one store don't all begin
    /// with the same one.
    fn urgency(&self, left: SignedDuration) -> Urgency {
        (left.as_mins(), self.chance.to_bits())
    }

    /// Half of it is the connection's own, so that a thousand of them are spread evenly whatever
    /// their history; half is chance, so that many processes on one store don't move in step.
    fn jitter(&self, id: &ConnectionId) -> f64 {
        f64::midpoint(place(id), self.chance)
    }

    fn is_in_trouble(&self) -> bool {
        self.over || self.trouble.is_some()
    }

    fn recover(&mut self, now: Moment) {
        self.failures = 0;
        self.trouble = None;
        self.rest = Some((now, REST));
    }

    fn fail(&mut self, now: Moment, error: &Error, chance: f64) {
        if error.kind() == ErrorKind::Busy {
            // Somebody else does it.
            self.rest = Some((now, ELSEWHERE));
            return;
        }
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
        let now = Moment::of(&crate::SystemClock);
        let watched = Watched::new(now);
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
            ..Watched::new(now)
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
        let mut watched = Watched::new(Moment::of(&crate::SystemClock));
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

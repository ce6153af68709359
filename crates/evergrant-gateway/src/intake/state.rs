//! What the queue knows: which events wait, in which order, and which have been seen before. Pure.
//!
//! Events of one object are handed out one after the other, in the order in which they came; those of
//! different objects don't wait for each other, so that one that can't be handled holds up only its own
//! object's.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::event::{Event, Source};

/// For how long an event is remembered, so that it is not handed out again: Intuit repeats itself
/// within hours.
const MEMORY: SignedDuration = SignedDuration::from_hours(72);
/// And how many are at most.
const MOST_REMEMBERED: usize = 100_000;
/// The wait after the first failure, which doubles, and the longest one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// A line of the queue's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    /// An event was taken in.
    Taken {
        /// Its number.
        n: u64,
        /// Itself.
        event: Event,
    },
    /// It was handed on.
    Done {
        /// Its number.
        done: u64,
    },
    /// All that has changed in a company until then is in the queue.
    Mark {
        /// The company.
        realm: String,
        /// Until then.
        until: Timestamp,
    },
}

/// The queue's state.
#[derive(Debug, Default)]
pub(super) struct State {
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
    /// For each object, the numbers of its events, the next one first.
    objects: HashMap<String, VecDeque<u64>>,
    ready: VecDeque<u64>,
    delayed: BTreeSet<(Instant, u64)>,
    remembered: VecDeque<Remembered>,
    keys: HashSet<String>,
    /// For each object, when the newest of its remembered events happened.
    latest: HashMap<String, (Timestamp, u64)>,
    marks: BTreeMap<String, Timestamp>,
}

#[derive(Debug)]
struct Waiting {
    event: Event,
    failures: u32,
}

#[derive(Debug)]
struct Remembered {
    n: u64,
    event: Event,
}

impl State {
    /// Plays a line.
    pub(super) fn play(&mut self, line: Line) {
        match line {
            Line::Taken { n, event } => self.put(n, event),
            Line::Done { done } => self.done(done),
            Line::Mark { realm, until } => {
                self.marks.insert(realm, until);
            }
        }
    }

    /// Lines that make this state anew.
    pub(super) fn lines(&self) -> Vec<Line> {
        let marks = self.marks.iter().map(|(realm, until)| Line::Mark {
            realm: realm.clone(),
            until: *until,
        });
        let known: HashSet<u64> = self.remembered.iter().map(|it| it.n).collect();
        let old = self.waiting.iter().filter(|(n, _)| !known.contains(n));
        let old = old.map(|(n, it)| (*n, &it.event, false));
        let remembered = self.remembered.iter();
        let remembered = remembered.map(|it| (it.n, &it.event, !self.waiting.contains_key(&it.n)));
        let events = old.chain(remembered).flat_map(|(n, event, is_done)| {
            let taken = Line::Taken {
                n,
                event: event.clone(),
            };
            [Some(taken), is_done.then_some(Line::Done { done: n })]
        });
        marks.chain(events.flatten()).collect()
    }

    /// How many lines that would be.
    pub(super) fn size(&self) -> usize {
        self.marks.len() + self.waiting.len() + 2 * self.remembered.len()
    }

    /// The number for the next event.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Whether the event was not here before. One that was made up is known, too, if its object has
    /// had an event since; what happened within the same second counts as one.
    pub(super) fn is_new(&self, event: &Event) -> bool {
        if self.keys.contains(&event.key) {
            return false;
        }
        let (Source::Cdc, Some(at)) = (event.source, event.at) else {
            return true;
        };
        let latest = self.latest.get(&event.object());
        latest.is_none_or(|(latest, _)| latest.as_second() < at.as_second())
    }

    fn put(&mut self, n: u64, event: Event) {
        self.next = self.next.max(n);
        self.remember(n, &event);
        let line = self.objects.entry(event.object()).or_default();
        line.push_back(n);
        if line.len() == 1 {
            self.ready.push_back(n);
        }
        let failures = 0;
        self.waiting.insert(n, Waiting { event, failures });
    }

    fn remember(&mut self, n: u64, event: &Event) {
        self.keys.insert(event.key.clone());
        if let Some(at) = event.at {
            let latest = self.latest.entry(event.object()).or_insert((at, n));
            *latest = (latest.0.max(at), n);
        }
        let event = event.clone();
        self.remembered.push_back(Remembered { n, event });
    }

    /// Forgets what is old by `now`.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let is_old = |it: &Remembered| now.duration_since(it.event.taken) > MEMORY;
        while self.remembered.len() > MOST_REMEMBERED || self.remembered.front().is_some_and(is_old)
        {
            let Some(old) = self.remembered.pop_front() else {
                return;
            };
            self.keys.remove(&old.event.key);
            let object = old.event.object();
            if self.latest.get(&object).is_some_and(|(_, n)| *n == old.n) {
                self.latest.remove(&object);
            }
        }
    }

    /// The next event to be handed on, if one is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<(u64, Event, u32)> {
        while let Some(&(due, n)) = self.delayed.first()
            && due <= now
        {
            self.delayed.pop_first();
            self.ready.push_back(n);
        }
        loop {
            let n = self.ready.pop_front()?;
            if let Some(waiting) = self.waiting.get(&n) {
                return Some((n, waiting.event.clone(), waiting.failures));
            }
        }
    }

    /// When one that has failed is due again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.delayed.first().map(|(due, _)| *due)
    }

    /// An event was handed on: the next one of its object may go.
    pub(super) fn done(&mut self, n: u64) {
        let Some(done) = self.waiting.remove(&n) else {
            return;
        };
        let object = done.event.object();
        let Some(line) = self.objects.get_mut(&object) else {
            return;
        };
        let was_first = line.front() == Some(&n);
        line.retain(|it| *it != n);
        match line.front() {
            None => drop(self.objects.remove(&object)),
            Some(next) if was_first => self.ready.push_back(*next),
            Some(_) => {}
        }
    }

    /// It could not be handed on; when it is tried again.
    pub(super) fn failed(&mut self, n: u64, now: Instant) -> Duration {
        let Some(waiting) = self.waiting.get_mut(&n) else {
            return Duration::ZERO;
        };
        let wait = FIRST_WAIT.saturating_mul(1 << waiting.failures.min(16));
        let wait = wait.min(LONGEST_WAIT);
        waiting.failures += 1;
        self.delayed.insert((now + wait, n));
        wait
    }

    /// Until when all changes of a company are known.
    pub(super) fn mark(&self, realm: &str) -> Option<Timestamp> {
        self.marks.get(realm).copied()
    }

    /// What waits, the oldest first.
    pub(super) fn waiting(&self) -> impl ExactSizeIterator<Item = &Event> {
        self.waiting.values().map(|it| &it.event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Timestamp = Timestamp::UNIX_EPOCH;

    fn event(id: &str, key: &str, second: i64, source: Source) -> Event {
        Event {
            realm: "1".to_owned(),
            entity: "Invoice".to_owned(),
            id: id.to_owned(),
            action: "updated".to_owned(),
            at: Some(Timestamp::from_second(second).unwrap()),
            deleted_id: None,
            key: key.to_owned(),
            source,
            taken: THEN,
        }
    }

    fn take(state: &mut State, event: Event) -> u64 {
        let n = state.number();
        state.play(Line::Taken { n, event });
        n
    }

    fn told(id: &str, key: &str, second: i64) -> Event {
        event(id, key, second, Source::Webhook)
    }

    #[tokio::test(start_paused = true)]
    async fn events_of_one_object_go_in_turn_and_others_do_not_wait() {
        let mut state = State::default();
        let first = take(&mut state, told("7", "a", 1));
        let second = take(&mut state, told("7", "b", 2));
        let other = take(&mut state, told("8", "c", 1));
        let now = Instant::now();
        let next = |state: &mut State, now| state.next(now).map(|(n, _, _)| n);
        assert_eq!(next(&mut state, now), Some(first));
        assert_eq!(next(&mut state, now), Some(other));
        assert_eq!(
            next(&mut state, now),
            None,
            "the second waits for the first"
        );
        assert_eq!(state.failed(first, now), Duration::from_secs(1));
        state.done(other);
        assert_eq!(next(&mut state, now), None);
        let later = state.due().unwrap();
        assert_eq!(next(&mut state, later), Some(first));
        assert_eq!(state.failed(first, later), Duration::from_secs(2));
        for _ in 0..40 {
            let due = state.due().unwrap();
            assert_eq!(next(&mut state, due), Some(first));
            assert!(state.failed(first, due) <= LONGEST_WAIT);
        }
        state.done(first);
        assert_eq!(next(&mut state, now), Some(second));
        state.done(second);
        assert_eq!(state.waiting().len(), 0);
        assert!(state.objects.is_empty());
    }

    #[test]
    fn what_was_seen_before_is_known() {
        let mut state = State::default();
        take(&mut state, told("7", "a", 100));
        assert!(!state.is_new(&told("7", "a", 100)));
        assert!(state.is_new(&told("7", "b", 100)));
        let found = |id, second| event(id, &format!("cdc{second}"), second, Source::Cdc);
        assert!(!state.is_new(&found("7", 100)));
        assert!(!state.is_new(&found("7", 99)));
        assert!(state.is_new(&found("7", 101)));
        assert!(state.is_new(&found("8", 99)));
    }

    #[test]
    fn the_lines_of_a_state_make_it_anew() {
        let mut state = State::default();
        let done = take(&mut state, told("7", "a", 1));
        take(&mut state, told("7", "b", 2));
        state.play(Line::Done { done });
        state.play(Line::Mark {
            realm: "1".to_owned(),
            until: THEN,
        });
        let mut again = State::default();
        for line in state.lines() {
            let text = serde_json::to_string(&line).unwrap();
            again.play(serde_json::from_str(&text).unwrap());
        }
        assert_eq!(again.lines(), state.lines());
        assert_eq!(again.waiting().count(), 1);
        assert_eq!(again.number(), 3);
        assert_eq!(again.mark("1"), Some(THEN));
        assert!(!again.is_new(&told("7", "a", 1)));
    }

    #[test]
    fn what_is_old_is_forgotten_unless_it_waits() {
        let mut state = State::default();
        let done = take(&mut state, told("7", "a", 1));
        state.done(done);
        take(&mut state, told("8", "b", 1));
        state.forget(THEN + MEMORY);
        assert!(!state.is_new(&told("7", "a", 1)));
        state.forget(THEN + MEMORY + SignedDuration::from_secs(1));
        assert!(state.is_new(&told("7", "a", 1)));
        assert_eq!(state.waiting().count(), 1);
        assert_eq!(state.lines().len(), 1);
        assert!(state.latest.is_empty());
    }
}

//! The provider's limits for a company, kept by the gateway for all callers together.
//!
//! Whoever comes too soon waits, in a line of the caller's own; the lines take turns, so that one
//! caller who asks a thousand times at once does not keep the others from asking once. Nobody waits
//! longer than the rule says.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Requests arrive a little closer together than they were sent, so windows are kept a bit longer here
/// than the provider keeps them.
const SLACK: Duration = Duration::from_millis(20);

/// What a company may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Requests in any second.
    pub per_second: u32,
    /// Requests in any minute.
    pub per_minute: u32,
    /// Requests at the same time.
    pub at_once: u32,
    /// How long a request may wait for its turn.
    pub wait: Duration,
}

impl Default for Rule {
    /// What Intuit publishes: 10 a second and 500 a minute for each company and app; before 2025 it
    /// was 10 at once, and both are kept here.
    fn default() -> Self {
        Self {
            per_second: 10,
            per_minute: 500,
            at_once: 10,
            wait: Duration::from_secs(10),
        }
    }
}

/// The limits of all companies.
#[derive(Debug)]
pub struct Limits {
    rule: Rule,
    runtime: Handle,
    realms: Mutex<HashMap<String, Arc<Realm>>>,
}

/// The limits of one company.
#[derive(Debug)]
pub struct Realm {
    rule: Rule,
    /// Where turns are dealt out; not a caller's, which may end before the line does.
    runtime: Handle,
    state: Mutex<State>,
}

/// The right to have a request under way; it ends when dropped.
#[derive(Debug)]
pub struct Pass {
    realm: Arc<Realm>,
    number: u64,
}

/// Too many are waiting, or one has waited for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// When it may be worth trying again.
    pub retry_after: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// When the requests of the last minute were begun, oldest first.
    begun: VecDeque<(u64, Instant)>,
    passes: u64,
    running: u32,
    /// A line for each caller who waits; the first one's turn is next.
    lines: VecDeque<Line>,
    /// Whether somebody deals out turns.
    dealing: bool,
}

#[derive(Debug)]
struct Line {
    caller: String,
    waiting: VecDeque<oneshot::Sender<Pass>>,
}

impl Limits {
    /// The same rule for each company.
    pub fn new(rule: Rule, runtime: Handle) -> Self {
        Self {
            rule,
            runtime,
            realms: Mutex::default(),
        }
    }

    /// The limits of a company, which connections to the same one share.
    pub fn realm(&self, name: &str) -> Arc<Realm> {
        let mut realms = self.realms.lock().unwrap_or_else(PoisonError::into_inner);
        let realm = realms.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Realm {
                rule: self.rule,
                runtime: self.runtime.clone(),
                state: Mutex::default(),
            })
        });
        Arc::clone(realm)
    }
}

impl Realm {
    /// Waits for a turn.
    ///
    /// # Errors
    /// If none comes within the time that the rule gives, or can be seen to be too far off.
    pub async fn admit(self: &Arc<Self>, caller: &str) -> Result<Pass, Full> {
        let turn = match self.join(caller, Instant::now())? {
            Ok(pass) => return Ok(pass),
            Err(turn) => turn,
        };
        match tokio::time::timeout(self.rule.wait, turn).await {
            Ok(Ok(pass)) => Ok(pass),
            // A turn that comes when nobody waits for it any more goes to the next in line.
            Ok(Err(_)) | Err(_) => Err(Full {
                retry_after: Duration::from_secs(1),
            }),
        }
    }

    /// How many requests wait.
    pub fn waiting(&self) -> usize {
        self.state().lines.iter().map(Line::length).sum()
    }

    /// A pass at once if nobody waits and the rule allows one, else a place in line.
    fn join(
        self: &Arc<Self>,
        caller: &str,
        now: Instant,
    ) -> Result<Result<Pass, oneshot::Receiver<Pass>>, Full> {
        let mut state = self.state();
        state.forget(now);
        if state.lines.is_empty() && state.next_turn(&self.rule, now) == Some(now) {
            let number = state.begin(now);
            return Ok(Ok(self.pass(number)));
        }
        let ahead = u32::try_from(state.ahead_of(caller)).unwrap_or(u32::MAX);
        let expected = Duration::from_secs((ahead / self.rule.per_second).into());
        if expected > self.rule.wait {
            return Err(Full {
                retry_after: expected,
            });
        }
        let (sender, turn) = oneshot::channel();
        state.queue(caller, sender);
        if !state.dealing {
            state.dealing = true;
            self.runtime.spawn(deal(Arc::clone(self)));
        }
        Ok(Err(turn))
    }

    fn pass(self: &Arc<Self>, number: u64) -> Pass {
        Pass {
            realm: Arc::clone(self),
            number,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deals out turns as the rule allows them, until nobody waits.
async fn deal(realm: Arc<Realm>) {
    loop {
        let next = {
            let now = Instant::now();
            let mut state = realm.state();
            state.forget(now);
            let mut given = Vec::new();
            let next = loop {
                let Some(sender) = state.next_in_line() else {
                    state.dealing = false;
                    break None;
                };
                let turn = state.next_turn(&realm.rule, now);
                if turn == Some(now) {
                    given.push((sender, state.begin(now)));
                } else {
                    state.put_back(sender);
                    // A request that ends is noticed within a few milliseconds.
                    break Some(turn.unwrap_or(now + Duration::from_millis(5)));
                }
            };
            drop(state);
            for (sender, number) in given {
                // If nobody takes it, dropping the pass ends it.
                drop(sender.send(realm.pass(number)));
            }
            next
        };
        let Some(next) = next else { return };
        tokio::time::sleep_until(next).await;
    }
}

impl State {
    /// When the next request may begin; `None` while too many are under way.
    fn next_turn(&self, rule: &Rule, now: Instant) -> Option<Instant> {
        if self.running >= rule.at_once {
            return None;
        }
        let free = |count: u32, span: Duration| {
            let index = self.begun.len().checked_sub(count as usize)?;
            let (_, begun) = self.begun.get(index)?;
            Some(*begun + span + SLACK)
        };
        let second = free(rule.per_second, Duration::from_secs(1));
        let minute = free(rule.per_minute, Duration::from_secs(60));
        Some(now.max(second.unwrap_or(now)).max(minute.unwrap_or(now)))
    }

    fn begin(&mut self, now: Instant) -> u64 {
        self.running += 1;
        self.passes += 1;
        self.begun.push_back((self.passes, now));
        self.passes
    }

    /// The request was begun at this later moment.
    fn delay(&mut self, number: u64, now: Instant) {
        let at = self.begun.iter().rposition(|(it, _)| *it == number);
        if let Some(at) = at {
            self.begun.remove(at);
            self.begun.push_back((number, now));
        }
    }

    fn forget(&mut self, now: Instant) {
        let span = Duration::from_secs(60) + SLACK;
        while self
            .begun
            .front()
            .is_some_and(|(_, it)| now.duration_since(*it) > span)
        {
            self.begun.pop_front();
        }
    }

    /// How many have their turn before a newcomer of this caller's: its own line, and as many of
    /// each other one.
    fn ahead_of(&self, caller: &str) -> usize {
        let own = self.lines.iter().find(|line| line.caller == caller);
        let own = own.map_or(0, Line::length);
        let others = self.lines.iter().filter(|line| line.caller != caller);
        own + others.map(|line| line.length().min(own + 1)).sum::<usize>()
    }

    fn queue(&mut self, caller: &str, sender: oneshot::Sender<Pass>) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.caller == caller) {
            line.waiting.push_back(sender);
            return;
        }
        self.lines.push_back(Line {
            caller: caller.to_owned(),
            waiting: VecDeque::from([sender]),
        });
    }

    /// Takes the next one who still waits; its line goes to the end.
    fn next_in_line(&mut self) -> Option<oneshot::Sender<Pass>> {
        while let Some(mut line) = self.lines.pop_front() {
            while let Some(sender) = line.waiting.pop_front() {
                if sender.is_closed() {
                    continue;
                }
                // An empty line stays for one round, so that `put_back` finds it.
                self.lines.push_back(line);
                return Some(sender);
            }
        }
        None
    }

    /// Undoes `next_in_line`.
    fn put_back(&mut self, sender: oneshot::Sender<Pass>) {
        if let Some(mut line) = self.lines.pop_back() {
            line.waiting.push_front(sender);
            self.lines.push_front(line);
        }
    }
}

impl Line {
    /// How many in it still wait.
    fn length(&self) -> usize {
        self.waiting.iter().filter(|it| !it.is_closed()).count()
    }
}

impl Pass {
    /// The request goes on the wire now. Until then it may have waited for a connection to be made,
    /// and the provider counts it when it comes.
    pub fn sent(&self) {
        self.realm.state().delay(self.number, Instant::now());
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.realm.state();
        state.running = state.running.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realm(rule: Rule) -> Arc<Realm> {
        Limits::new(rule, Handle::current()).realm("1")
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_through_and_the_rest_comes_second_by_second() {
        let realm = realm(Rule {
            at_once: 100,
            ..Rule::default()
        });
        let begun = Instant::now();
        let mut passes = Vec::new();
        for _ in 0..25 {
            passes.push(realm.admit("a").await.unwrap());
        }
        let took = begun.elapsed();
        assert!(
            took > Duration::from_secs(2) && took < Duration::from_secs(3),
            "{took:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_run_at_once() {
        let realm = realm(Rule {
            at_once: 1,
            wait: Duration::from_secs(1),
            ..Rule::default()
        });
        let first = realm.admit("a").await.unwrap();
        assert!(realm.admit("a").await.is_err());
        drop(first);
        assert!(realm.admit("a").await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn callers_take_turns() {
        let realm = realm(Rule {
            per_second: 1,
            wait: Duration::from_secs(60),
            ..Rule::default()
        });
        drop(realm.admit("greedy").await.unwrap());
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for caller in ["greedy", "greedy", "greedy", "modest"] {
            let (realm, order) = (Arc::clone(&realm), Arc::clone(&order));
            tasks.spawn(async move {
                let pass = realm.admit(caller).await.unwrap();
                order.lock().unwrap().push(caller);
                drop(pass);
            });
            tokio::task::yield_now().await;
        }
        tasks.join_all().await;
        let order = order.lock().unwrap();
        let modest = order.iter().position(|caller| *caller == "modest");
        assert!(modest.unwrap() <= 1, "{order:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_would_wait_too_long_is_told_at_once() {
        let realm = realm(Rule {
            per_second: 1,
            wait: Duration::from_secs(2),
            ..Rule::default()
        });
        let _running = realm.admit("a").await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let realm = Arc::clone(&realm);
            tasks.spawn(async move { realm.admit("a").await.map(drop).is_ok() });
        }
        let admitted = tasks.join_all().await.into_iter().filter(|it| *it).count();
        assert!((1..=3).contains(&admitted), "{admitted}");
        assert_eq!(realm.waiting(), 0);
    }
}

//! The world: everything that the processes share, and everything that can befall them.

use std::any::Any;
use std::fmt;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::database::Database;
use super::dice::Dice;
use super::files::Files;
use super::judge::Ledger;
use super::provider::Provider;
use super::scenario::Scenario;
use super::{Kept, Plan, Tally};
use crate::{Clock, ConnectionId};

/// When every run begins.
const BEGIN: Timestamp = Timestamp::constant(1_800_000_000, 0);
/// The token file.
pub(super) const TOKEN_FILE: &str = "/grants/acme.json";
/// Its journal.
pub(super) const JOURNAL: &str = "/grants/acme.json.journal";

/// A process, in the order in which they were started; none is started twice.
pub(super) type Pid = usize;

/// The world, as everybody in it has it.
#[derive(Clone)]
pub(super) struct World(Arc<Mutex<State>>);

/// What is in it.
pub(super) struct State {
    pub(super) plan: Plan,
    pub(super) scenario: Scenario,
    pub(super) dice: Dice,
    pub(super) files: Files,
    pub(super) database: Database,
    pub(super) provider: Provider,
    pub(super) ledger: Ledger,
    pub(super) processes: Vec<Process>,
    pub(super) locks: Vec<Lock>,
    pub(super) weather: Weather,
    /// Nothing goes wrong any more, and callers come to their end.
    pub(super) over: bool,
    pub(super) tally: Tally,
    pub(super) violations: Vec<String>,
    pub(super) story: Vec<String>,
    /// What the token file held each time that a human looked.
    pub(super) backups: Vec<Vec<u8>>,
    wall_shift: SignedDuration,
    begun: Instant,
}

/// One process.
pub(super) struct Process {
    pub(super) alive: bool,
    /// It has said that it holds tokens that it could not save.
    pub(super) undurable: bool,
    /// It does nothing until then.
    stopped_until: Duration,
    skew: SignedDuration,
    /// How far forward its machine's clock has stood in its life.
    furthest: SignedDuration,
    fuse: Option<(usize, Crash)>,
    leash: Option<AbortHandle>,
}

/// A lock of the kernel's.
pub(super) struct Lock {
    pub(super) path: PathBuf,
    pub(super) holder: Pid,
    pub(super) ticket: usize,
}

/// How a process can die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crash {
    Kill,
    PowerCut,
}

/// The state of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Fine,
    Full,
    ReadOnly,
    Flaky,
    /// There is no database.
    Away,
}

/// What a process's task unwinds with when the process has died.
struct Died;

impl World {
    pub(super) fn new(seed: u64, plan: Plan) -> Self {
        let mut dice = Dice::new(seed);
        let scenario = Scenario::drawn(&mut dice);
        Self(Arc::new(Mutex::new(State {
            plan,
            scenario,
            dice,
            files: Files::new(scenario.sealed),
            database: Database::default(),
            provider: Provider::new(scenario.rotating, scenario.retires),
            ledger: Ledger::default(),
            processes: Vec::new(),
            locks: Vec::new(),
            weather: Weather::Fine,
            over: false,
            tally: Tally::default(),
            violations: Vec::new(),
            story: Vec::new(),
            backups: Vec::new(),
            wall_shift: SignedDuration::ZERO,
            begun: Instant::now(),
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        crate::keeper::lock(&self.0)
    }

    /// A point at which the process may die. It does not return if it does or has.
    pub(super) fn survive(&self, pid: Pid) {
        let mut state = self.lock();
        state.burn(pid);
        let alive = state.processes[pid].alive;
        drop(state);
        if !alive {
            resume_unwind(Box::new(Died));
        }
    }

    /// A point at which the process may die, or be stopped. It goes on when the process does.
    pub(super) async fn halt(&self, pid: Pid) {
        self.survive(pid);
        loop {
            let rest = self.lock().stopped_for(pid);
            let Some(rest) = rest else { return };
            self.pass(pid, rest).await;
        }
    }

    /// Waits; a process that has died meanwhile waits for ever.
    pub(super) async fn pass(&self, pid: Pid, time: Duration) {
        tokio::time::sleep(time).await;
        if !self.lock().processes[pid].alive {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn clock(&self, pid: Pid) -> ProcessClock {
        let world = self.clone();
        ProcessClock { world, pid }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// Whether a task ended because its process died.
pub(super) fn is_death(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Died>()
}

impl State {
    /// The time since the run began, by no clock of any process.
    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The time of day as a process has it.
    pub(super) fn time_of_day(&self, pid: Pid) -> Timestamp {
        self.shifted(self.wall_shift + self.processes[pid].skew)
    }

    /// What it may take for the time of day: a process remembers what it has seen before its clock
    /// was set back.
    pub(super) fn latest_time_of_day(&self, pid: Pid) -> Timestamp {
        let process = &self.processes[pid];
        self.shifted(process.furthest + process.skew)
    }

    fn shifted(&self, by: SignedDuration) -> Timestamp {
        let since = SignedDuration::try_from(self.now()).unwrap_or_default();
        BEGIN.saturating_add(since + by).unwrap_or(BEGIN)
    }

    pub(super) fn start_process(&mut self) -> Pid {
        let most = self.scenario.skew;
        let skew = SignedDuration::try_from(self.dice.within(most)).unwrap_or_default();
        let skew = if self.dice.once_in(2) { skew } else { -skew };
        let fuse = self
            .dice
            .once_in(8)
            .then(|| (self.dice.below(60), Crash::Kill));
        self.processes.push(Process {
            alive: true,
            undurable: false,
            stopped_until: Duration::ZERO,
            skew,
            furthest: self.wall_shift,
            fuse: fuse.filter(|_| self.scenario.crash_near_exchange != 0 && !self.over),
            leash: None,
        });
        let pid = self.processes.len() - 1;
        self.tell(|| format!("process {pid} starts"));
        pid
    }

    pub(super) fn put_on_leash(&mut self, pid: Pid, task: AbortHandle) {
        self.processes[pid].leash = Some(task);
    }

    /// Lets a process die after so many more steps, unless that is settled already.
    pub(super) fn light_fuse(&mut self, pid: Pid) {
        let crash = if self.dice.once_in(3) {
            Crash::PowerCut
        } else {
            Crash::Kill
        };
        let steps = self.dice.below(24);
        if !self.over {
            self.processes[pid].fuse.get_or_insert((steps, crash));
        }
    }

    /// Nothing of a process goes on for so long; only what has a database can tell others of it.
    pub(super) fn stop(&mut self, pid: Pid, time: Duration) {
        self.tell(|| format!("process {pid} is stopped for {time:?}"));
        self.tally.stops += 1;
        self.processes[pid].stopped_until = self.now() + time;
    }

    fn stopped_for(&self, pid: Pid) -> Option<Duration> {
        let rest = self.processes[pid].stopped_until.checked_sub(self.now())?;
        (!self.over && rest > Duration::ZERO).then_some(rest)
    }

    /// Whether the grant is in a database.
    pub(super) fn has_database(&self) -> bool {
        self.plan.kept == Kept::Database
    }

    fn burn(&mut self, pid: Pid) {
        if self.over || !self.processes[pid].alive {
            return;
        }
        match &mut self.processes[pid].fuse {
            None => {}
            Some((0, crash)) => {
                let crash = *crash;
                self.crash(pid, crash);
            }
            Some((steps, _)) => *steps -= 1,
        }
    }

    pub(super) fn crash(&mut self, pid: Pid, crash: Crash) {
        match crash {
            Crash::Kill => {
                self.tally.kills += 1;
                self.kill(pid);
                self.note_forgotten();
            }
            Crash::PowerCut => self.cut_power(),
        }
    }

    pub(super) fn cut_power(&mut self) {
        self.tally.power_cuts += 1;
        self.tell(|| "power cut".to_owned());
        for pid in 0..self.processes.len() {
            self.kill(pid);
        }
        self.files.power_cut(&mut self.dice);
        self.crash_database();
        self.note_forgotten();
    }

    fn kill(&mut self, pid: Pid) {
        if !self.processes[pid].alive {
            return;
        }
        self.tell(|| format!("process {pid} is killed"));
        self.note_interruption(pid);
        self.end_process(pid);
        self.ledger.bury(pid);
        if let Some(leash) = self.processes[pid].leash.take() {
            leash.abort();
        }
    }

    /// The process is no more, however it came to that.
    pub(super) fn end_process(&mut self, pid: Pid) {
        self.processes[pid].alive = false;
        self.locks.retain(|lock| lock.holder != pid);
    }

    /// A human, or a time server, sets the clock of the machine.
    pub(super) fn shift_clocks(&mut self, by: SignedDuration) {
        self.tell(|| format!("the clock is set by {by:?}"));
        self.wall_shift += by;
        for process in &mut self.processes {
            process.furthest = process.furthest.max(self.wall_shift);
        }
    }

    pub(super) fn violate(&mut self, what: String) {
        self.tell(|| format!("VIOLATION: {what}"));
        self.violations.push(what);
    }

    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.plan.told {
            let seconds = self.now().as_secs_f64();
            self.story.push(format!("{seconds:9.3} {}", line()));
        }
    }
}

/// A process's clock.
#[derive(Debug)]
pub(super) struct ProcessClock {
    world: World,
    pid: Pid,
}

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.world.lock().time_of_day(self.pid)
    }

    fn since_boot(&self) -> Option<SignedDuration> {
        SignedDuration::try_from(self.world.lock().now()).ok()
    }
}

/// The connection that the runs are about.
pub(super) fn connection() -> ConnectionId {
    ConnectionId::new("acme")
}

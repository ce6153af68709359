//! A simulation of everything around the refresh protocol, for tests. No part of the API.
//!
//! [`run`] takes a seed and plays the life of one grant: up to four processes share a token file, or
//! a row of a database, call a provider, crash and start again, while disks fill, clocks jump,
//! answers are lost and humans interfere. The keeper, the refresh routine and the file store, or what
//! decides in the store for PostgreSQL, are the real ones; what is simulated is what they stand on:
//! - `files` and `disk`: a page cache and what a power cut leaves of it; calls that fail;
//! - `database`: rows, commits that a crash takes back, connections that end, leases that run out
//!   while their holder is stopped;
//! - `wire` and `provider`: exchanges that break at each point, and who knows which tokens live;
//! - `world`: clocks, processes and their deaths; `fate`: what comes from outside;
//! - `process`: keepers and their callers;
//! - `judge`: what was done and believed, against what was so.
//!
//! Time is tokio's, paused: it jumps from one timer to the next. All chance comes from one seeded
//! sequence and all tasks run on one thread, so a seed plays the same run each time.
//!
//! What it does not do: a directory is one, its file system knows no links or mounts, and a save of
//! one process is not interleaved with another process's reads call by call (a lease keeps writers
//! apart; readers are harmed by no order that the crashes do not also make). A human who restores a
//! backup restores the token file and leaves the journal; a database is never restored, and its clock
//! never jumps.

use std::ops::AddAssign;

mod database;
mod dice;
mod disk;
mod fate;
mod files;
mod judge;
mod process;
mod provider;
mod sabotage;
mod scenario;
mod seal;
mod wire;
mod world;

use std::time::Duration;

use world::World;

/// What the seed does not decide.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    /// Where the grant is kept.
    pub kept: Kept,
    /// What is broken on purpose.
    pub sabotage: Option<Sabotage>,
    /// Whether the run is told.
    pub told: bool,
}

/// Where a run's grant is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kept {
    /// In a token file, on one machine.
    #[default]
    File,
    /// In a database that several hosts share, under a lease that can run out.
    Database,
}

/// A mistake that the simulation must be able to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Syncing does nothing.
    NoSync,
    /// Tokens are published before they are saved.
    EarlySave,
    /// Under the lease, the store is not read again.
    NoReread,
    /// A request without an answer is sent again by the HTTP layer.
    BlindRetry,
    /// The database takes writes of those whose lease is over.
    NoFence,
    /// A process does not look whether its lease has run out before it sends.
    NoLook,
}

/// How a run went.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What happened how often.
    pub tally: Tally,
    /// What must not have happened, in words.
    pub violations: Vec<String>,
    /// The run, a line each, if it was to be told.
    pub story: Vec<String>,
}

/// Counts of what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Processes that were killed one at a time.
    pub kills: usize,
    /// Power cuts, each of which ends all processes.
    pub power_cuts: usize,
    /// Processes that were stopped, and went on.
    pub stops: usize,
    /// Leases that were taken from a process that was about to spend.
    pub overtaken: usize,
    /// Writes that the fence has refused.
    pub fenced: usize,
    /// Calls of the disk, or statements, that failed.
    pub disk_faults: usize,
    /// Leases that were taken.
    pub leases: usize,
    /// Token exchanges that were begun.
    pub exchanges: usize,
    /// Refresh tokens that arrived at the provider.
    pub spends: usize,
    /// Refresh tokens that were sent again, as the provider's profile allows.
    pub replays: usize,
    /// Answers that were lost after the provider had acted, on the way or with their process.
    pub replies_lost: usize,
    /// Fresh logins that a human pasted.
    pub logins: usize,
    /// Backups that a human restored.
    pub restores: usize,
    /// Starts of processes, each of which was judged.
    pub starts: usize,
    /// What the store said of the grant, compared with what was so.
    pub beliefs: usize,
    /// Runs at whose end the grant lived.
    pub kept: usize,
    /// Runs at whose end the provider had revoked it.
    pub revoked: usize,
    /// Runs at whose end a human had restored an old copy.
    pub thrown_away: usize,
    /// Runs at whose end it was gone as no client can prevent: the answer was lost, or its process
    /// died before it could write.
    pub unavoidable: usize,
    /// Runs at whose end it was given up though it was never sent: a process died, or its disk
    /// failed, between the mark and the exchange, and the profile forbids to try again.
    pub given_up: usize,
    /// Runs at whose end it was gone though its newest tokens were received.
    pub lost: usize,
    /// Refresh tokens that were sent though the provider's profile forbids it.
    pub double_spends: usize,
    /// Times that the store said what was not so.
    pub misjudged: usize,
    /// Tokens that were shown before they were durable.
    pub shown_early: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.power_cuts += other.power_cuts;
        self.stops += other.stops;
        self.overtaken += other.overtaken;
        self.fenced += other.fenced;
        self.disk_faults += other.disk_faults;
        self.leases += other.leases;
        self.exchanges += other.exchanges;
        self.spends += other.spends;
        self.replays += other.replays;
        self.replies_lost += other.replies_lost;
        self.logins += other.logins;
        self.restores += other.restores;
        self.starts += other.starts;
        self.beliefs += other.beliefs;
        self.kept += other.kept;
        self.revoked += other.revoked;
        self.thrown_away += other.thrown_away;
        self.unavoidable += other.unavoidable;
        self.given_up += other.given_up;
        self.lost += other.lost;
        self.double_spends += other.double_spends;
        self.misjudged += other.misjudged;
        self.shown_early += other.shown_early;
    }
}

/// Plays the run of `seed`.
///
/// # Errors
/// None of the run's: they are in the outcome. Only if no runtime can be made.
pub fn run(seed: u64, plan: Plan) -> std::io::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    Ok(runtime.block_on(play(seed, plan)))
}

async fn play(seed: u64, plan: Plan) -> Outcome {
    let world = World::new(seed, plan);
    let scenario = world.lock().scenario;
    world.lock().tell(|| format!("{scenario:?}"));
    fate::lay_out(&world).await;
    let mut parts = vec![tokio::spawn(fate::strike(world.clone()))];
    for _ in 0..scenario.processes {
        parts.push(tokio::spawn(process::supervise(world.clone())));
    }
    tokio::time::sleep(scenario.lasting).await;
    world.lock().over = true;
    for part in parts {
        if let Err(failure) = part.await {
            world
                .lock()
                .violate(format!("a part has failed: {failure}"));
        }
    }
    // Whatever was not durable may still go.
    if world.lock().dice.once_in(2) {
        world.lock().cut_power();
    }
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    let usable = process::last_try(&world).await;
    let belief = world.belief();
    let mut state = world.lock();
    state.judge_end(&belief, usable);
    Outcome {
        tally: state.tally,
        violations: std::mem::take(&mut state.violations),
        story: std::mem::take(&mut state.story),
    }
}

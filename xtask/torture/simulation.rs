//! Plays many runs of the simulation and sums them up.
//!
//! A run that has broken a promise is named by its seed, which plays it again: `--seed S` tells it
//! line by line.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use evergrant::sim::{self, Kept, Outcome, Plan, Tally};
use tokio::time::Instant;

use crate::args::Simulation;

/// How many broken runs are named.
const NAMED: usize = 20;
/// How many seeds a thread takes at a time.
const BATCH: u64 = 64;

/// Many runs; whether all kept every promise.
pub(crate) fn play_all(args: &Simulation) -> bool {
    let begun = Instant::now();
    let next = AtomicU64::new(args.from);
    let end = args.from.saturating_add(args.seeds);
    let sum = Mutex::new(Sum::default());
    let plan = Plan {
        kept: args.kept,
        ..Plan::default()
    };
    let work = || {
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= end {
                return;
            }
            for seed in first..end.min(first + BATCH) {
                let Some(outcome) = play(seed, plan) else {
                    return;
                };
                let mut sum = sum
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                sum.add(seed, outcome);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..args.threads {
            scope.spawn(work);
        }
    });
    let sum = sum
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    report(args, sum, begun.elapsed().as_secs_f64())
}

/// One run, line by line; whether it kept every promise.
pub(crate) fn tell(seed: u64, kept: Kept) -> bool {
    let plan = Plan {
        kept,
        told: true,
        ..Plan::default()
    };
    let Some(outcome) = play(seed, plan) else {
        return false;
    };
    for line in &outcome.story {
        println!("{line}");
    }
    println!("{:#?}", outcome.tally);
    outcome.violations.is_empty()
}

fn play(seed: u64, plan: Plan) -> Option<Outcome> {
    sim::run(seed, plan)
        .inspect_err(|error| eprintln!("no runtime can be made: {error}"))
        .ok()
}

/// What all threads have found together.
#[derive(Default)]
struct Sum {
    runs: u64,
    tally: Tally,
    /// The first of the broken runs, and why each of them is one.
    broken: Vec<(u64, Vec<String>)>,
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.runs += 1;
        self.tally += outcome.tally;
        if !outcome.violations.is_empty() {
            self.broken.push((seed, outcome.violations));
        }
    }
}

/// Whether every run was played, and none broke a promise.
fn report(args: &Simulation, mut sum: Sum, seconds: f64) -> bool {
    let tally = &sum.tally;
    let lines: [(&str, usize); 24] = [
        ("processes killed", tally.kills),
        ("power cuts", tally.power_cuts),
        ("processes stopped", tally.stops),
        ("… and their lease taken", tally.overtaken),
        ("writes the fence refused", tally.fenced),
        ("disk calls that failed", tally.disk_faults),
        ("leases taken", tally.leases),
        ("exchanges begun", tally.exchanges),
        ("spends at the provider", tally.spends),
        ("replays allowed", tally.replays),
        ("fresh logins pasted", tally.logins),
        ("backups restored", tally.restores),
        ("replies lost", tally.replies_lost),
        ("restarts judged", tally.starts),
        ("runs: grant alive", tally.kept),
        ("runs: revoked", tally.revoked),
        ("runs: old copy put back", tally.thrown_away),
        ("runs: unavoidable loss", tally.unavoidable),
        ("runs: given up unsent", tally.given_up),
        ("GRANTS LOST", tally.lost),
        ("DOUBLE SPENDS", tally.double_spends),
        ("RESTARTS MISJUDGED", tally.misjudged),
        ("SHOWN BEFORE DURABLE", tally.shown_early),
        ("BROKEN RUNS", sum.broken.len()),
    ];
    println!("{:24} {:>12}", "runs", sum.runs);
    for (what, count) in lines {
        println!("{what:24} {count:>12}");
    }
    println!("{:24} {seconds:>12.1}", "seconds");
    sum.broken.sort();
    for (seed, violations) in sum.broken.iter().take(NAMED) {
        let store = match args.kept {
            Kept::File => "",
            Kept::Database => " --store database",
        };
        println!("\nseed {seed}: cargo xtask torture --seed {seed}{store}");
        for violation in violations {
            println!("  {violation}");
        }
    }
    sum.broken.is_empty() && sum.runs == args.seeds
}

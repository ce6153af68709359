//! The refresh protocol over a simulated world: no grant is lost, no token spent twice, nothing
//! shown early or misjudged, in many runs; and what breaks the protocol is found out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

use std::ops::Range;

use evergrant::sim::{self, Kept, Outcome, Plan, Sabotage, Tally};

/// Seeds of an ordinary test, of which two run at once; `cargo xtask torture` plays more.
const RUNS: u64 = 600;
/// How many seeds a sabotage may stay hidden.
const HIDDEN: u64 = 200;

fn play(seed: u64, plan: Plan) -> Outcome {
    sim::run(seed, plan).unwrap()
}

fn told(seed: u64, kept: Kept) -> Outcome {
    let plan = Plan {
        kept,
        told: true,
        ..Plan::default()
    };
    play(seed, plan)
}

/// What happened in runs of which each kept every promise.
fn kept_promises(seeds: Range<u64>, kept: Kept) -> Tally {
    let plan = Plan {
        kept,
        ..Plan::default()
    };
    let mut sum = Tally::default();
    for seed in seeds {
        let outcome = play(seed, plan);
        assert!(
            outcome.violations.is_empty(),
            "seed {seed}: {:#?}\n{}",
            outcome.violations,
            told(seed, kept).story.join("\n")
        );
        sum += outcome.tally;
    }
    sum
}

fn every_promise_is_kept(seeds: Range<u64>) {
    let sum = kept_promises(seeds, Kept::File);
    // Runs in which nothing happens prove nothing.
    let runs = usize::try_from(RUNS).unwrap();
    assert!(sum.kills > runs && sum.power_cuts > runs / 4, "{sum:#?}");
    assert!(sum.spends > 2 * runs && sum.replays > runs / 40, "{sum:#?}");
    assert!(sum.kept > runs / 2 && sum.unavoidable > 0, "{sum:#?}");
    assert!(sum.disk_faults > runs / 4 && sum.restores > 0, "{sum:#?}");
}

#[test]
fn no_run_loses_a_grant_or_spends_twice() {
    every_promise_is_kept(0..RUNS);
}

#[test]
fn no_other_run_loses_a_grant_or_spends_twice() {
    every_promise_is_kept(RUNS..2 * RUNS);
}

/// Leases run out, their holders being stopped; the fence refuses what is late; what a holder who has
/// lost his lease has received is saved all the same.
#[test]
fn no_run_in_a_database_loses_a_grant_or_spends_twice() {
    let sum = kept_promises(0..RUNS, Kept::Database);
    let runs = usize::try_from(RUNS).unwrap();
    assert!(sum.kills > runs && sum.power_cuts > runs / 4, "{sum:#?}");
    assert!(sum.spends > 2 * runs && sum.replays > runs / 40, "{sum:#?}");
    assert!(sum.stops > runs && sum.overtaken > runs / 40, "{sum:#?}");
    assert!(sum.fenced > runs / 40 && sum.kept > runs / 2, "{sum:#?}");
}

#[test]
fn a_seed_plays_the_same_run_again() {
    for (seed, kept) in (0..40).flat_map(|seed| [(seed, Kept::File), (seed, Kept::Database)]) {
        let [once, again] = [told(seed, kept), told(seed, kept)];
        assert_eq!(once.story.join("\n"), again.story.join("\n"), "seed {seed}");
        assert_eq!(once.tally, again.tally);
    }
}

/// Some run finds the sabotage out in this way.
fn found(kept: Kept, sabotage: Sabotage, is_found: impl Fn(&Tally) -> bool) {
    let plan = Plan {
        kept,
        sabotage: Some(sabotage),
        told: false,
    };
    let mut sum = Tally::default();
    for seed in 0..HIDDEN {
        let tally = play(seed, plan).tally;
        if is_found(&tally) {
            return;
        }
        sum += tally;
    }
    panic!("{sabotage:?} was not found out: {sum:#?}");
}

#[test]
fn a_sync_that_does_nothing_is_found_out() {
    for kept in [Kept::File, Kept::Database] {
        found(kept, Sabotage::NoSync, |tally| tally.shown_early > 0);
        found(kept, Sabotage::NoSync, |tally| tally.misjudged > 0);
    }
    found(Kept::File, Sabotage::NoSync, |tally| tally.lost > 0);
}

#[test]
fn publishing_before_the_save_is_found_out() {
    found(Kept::File, Sabotage::EarlySave, |tally| tally.lost > 0);
    found(Kept::File, Sabotage::EarlySave, |tally| {
        tally.shown_early > 0
    });
}

#[test]
fn not_reading_again_under_the_lease_is_found_out() {
    found(Kept::File, Sabotage::NoReread, |tally| {
        tally.double_spends > 0
    });
}

#[test]
fn a_blind_retry_is_found_out() {
    for kept in [Kept::File, Kept::Database] {
        found(kept, Sabotage::BlindRetry, |tally| tally.double_spends > 0);
    }
}

#[test]
fn a_database_without_a_fence_is_found_out() {
    found(Kept::Database, Sabotage::NoFence, |tally| {
        tally.double_spends > 0
    });
}

#[test]
fn not_looking_at_the_lease_before_sending_is_found_out() {
    found(Kept::Database, Sabotage::NoLook, |tally| {
        tally.double_spends > 0
    });
}

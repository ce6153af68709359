//! The refresh protocol over a simulated world: no grant is lost, no token spent twice, nothing
//! shown early or misjudged, in many runs; and what breaks the protocol is found out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

use std::ops::Range;

use evergrant::sim::{self, Outcome, Plan, Sabotage, Tally};

/// Seeds of an ordinary test, of which two run at once; `cargo xtask torture` plays more.
const RUNS: u64 = 600;
/// How many seeds a sabotage may stay hidden.
const HIDDEN: u64 = 200;

fn play(seed: u64, plan: Plan) -> Outcome {
    sim::run(seed, plan).unwrap()
}

fn told(seed: u64) -> Outcome {
    let plan = Plan {
        told: true,
        ..Plan::default()
    };
    play(seed, plan)
}

fn every_promise_is_kept(seeds: Range<u64>) {
    let mut sum = Tally::default();
    for seed in seeds {
        let outcome = play(seed, Plan::default());
        assert!(
            outcome.violations.is_empty(),
            "seed {seed}: {:#?}\n{}",
            outcome.violations,
            told(seed).story.join("\n")
        );
        sum += outcome.tally;
    }
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

#[test]
fn a_seed_plays_the_same_run_again() {
    for seed in 0..40 {
        let [once, again] = [told(seed), told(seed)];
        assert_eq!(once.story.join("\n"), again.story.join("\n"), "seed {seed}");
        assert_eq!(once.tally, again.tally);
    }
}

/// Some run finds the sabotage out in this way.
fn found(sabotage: Sabotage, is_found: impl Fn(&Tally) -> bool) {
    let plan = Plan {
        sabotage: Some(sabotage),
        told: false,
    };
    let first = (0..HIDDEN).find(|seed| is_found(&play(*seed, plan).tally));
    assert!(first.is_some(), "{sabotage:?} was not found out");
}

#[test]
fn a_sync_that_does_nothing_is_found_out() {
    found(Sabotage::NoSync, |tally| tally.lost > 0);
    found(Sabotage::NoSync, |tally| tally.shown_early > 0);
}

#[test]
fn publishing_before_the_save_is_found_out() {
    found(Sabotage::EarlySave, |tally| tally.lost > 0);
    found(Sabotage::EarlySave, |tally| tally.shown_early > 0);
}

#[test]
fn not_reading_again_under_the_lease_is_found_out() {
    found(Sabotage::NoReread, |tally| tally.double_spends > 0);
}

#[test]
fn a_blind_retry_is_found_out() {
    found(Sabotage::BlindRetry, |tally| tally.double_spends > 0);
}

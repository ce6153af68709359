//! An exhaustive model of the refresh routine: every order in which a few processes, a provider, a
//! disk and a human can act, and every moment at which something can go wrong.
//!
//! The checker ([`stateright`]) walks breadth-first through all states that can be reached and asks
//! the promises of [`promise`] in each:
//!
//! 1. *A refresh token is spent once*, unless nobody knows what became of it and the provider's
//!    profile allows a replay then. With [`Replay::Never`]: once.
//! 2. *A received refresh token is kept*: in the store, or in a process that goes on saving it. Only
//!    a crash between the reply and the first sync can take it away.
//! 3. *What is visible is durable*, unless the disk refuses to save.
//! 4. *A grant that lives is usable*: wherever the store holds a refresh token that the provider
//!    honours, a fresh process gets a bearer. With [`Replay::Never`] a token in doubt is given up.
//! 5. *A lost reply is not called a revocation.*
//!
//! Mistakes are then put into the protocol ([`Mutation`]), and each must break a promise: a checker
//! that finds nothing proves nothing.
//!
//! # What stands for what
//!
//! | step | in the crate |
//! |---|---|
//! | `Serve` | `Keeper::bearer_of`: memory, else one look at the store |
//! | `Lease`, `Finish` | `Store::lease`: `Room::lock`, `Room::finish_save` |
//! | `Note` | `Room::settle` |
//! | `Reread` | the load under the lease in `refresh::renew_once`, `policy::decide` |
//! | `Reserve`, `Mark`, `SyncMark` | `Store::record` of an open attempt |
//! | `Send`, `Await` | `TokenEndpoint::refresh`, and the replay in `Spending::exchange` |
//! | `Check`, `Fill`, `Install`, `Publish` | `Spending::keep`: `Store::save` until it works, `disk::fill`, `disk::replace`, the journal's line, `Keeper::publish`, the lease dropped |
//! | `Settle`, `SyncSettled` | `Spending::settle`: `Store::record` of the outcome |
//! | `Refused` | `Spending::refused`, and the adoption of a winner |
//! | `Lapse`, `SyncLapse` | `Spending::lapse` |
//!
//! [`store`] and [`journal`] follow `store/file` and `store/journal.rs` to the letter, and
//! [`files`] holds the real ones against them, on every disk that the model can reach.
//!
//! # What is left out
//!
//! Time: an access token is alive or over, and a back-off is over when a process gets its turn. The
//! tasks of one process: they share one flight. What an API's 401 says: it is an expiry. Consent
//! through the callback, and revocation, at which a human is present. The journal's summing up. An
//! old token file put back by a human. Other hosts: the lease is a lock of one kernel's, so it ends
//! with its holder and cannot run out under him.
//!
//! A human who pastes a login in does so at once and durably, and not between a save's last look at
//! the token file and its rename: in that instant, which no lock covers, the login would be
//! overwritten. [`a_login_in_the_instant_of_a_rename_is_overwritten`] shows it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod disk;
mod files;
mod journal;
mod ledger;
mod mishap;
mod process;
mod promise;
mod provider;
mod routine;
mod store;
mod world;

use evergrant::Replay;
use stateright::{Checker, HasDiscoveries, Model};

use mishap::Mishaps;
use promise::{DURABLE_FIRST, KEPT, SPENT_ONCE, TOLD_APART, USABLE};
use provider::Rotation;
use world::{Action, Mutation, Setting, World};

/// What a provider does, and what its profile says of it. Intuit's is the last.
const PROFILES: [(Rotation, Replay); 5] = [
    (Rotation::Strict, Replay::Never),
    (Rotation::Strict, Replay::WhenNeeded),
    (Rotation::Graceful, Replay::WhenNeeded),
    (Rotation::Graceful, Replay::AtOnce),
    (Rotation::Window, Replay::AtOnce),
];

/// Nothing goes wrong, but access tokens end.
const QUIET: Mishaps = Mishaps {
    expiries: 1,
    kills: 0,
    power_cuts: 0,
    losses: 0,
    faults: 0,
    logins: 0,
};
/// What a process and its machine can do to a refresh.
const CRASHES: Mishaps = Mishaps {
    kills: 1,
    power_cuts: 1,
    losses: 1,
    ..QUIET
};

#[test]
fn two_processes_that_die_on_a_disk_that_fails_keep_the_promises() {
    let mishaps = Mishaps {
        faults: 1,
        ..CRASHES
    };
    let seen = explore_all(2, mishaps);
    assert!(seen.states > 300_000, "only {} states", seen.states);
    for trial in [
        promise::SAVE_FINISHED,
        promise::WORK_FOUND_DONE,
        promise::REPLAY_SAVES,
        promise::SERVED_FROM_MEMORY,
        promise::LOST_FOR_GOOD,
    ] {
        assert!(seen.has(trial), "it never came to this: {trial}");
    }
}

#[test]
fn three_processes_keep_the_promises() {
    let seen = explore_all(3, CRASHES);
    assert!(seen.states > 150_000, "only {} states", seen.states);
    assert!(seen.has(promise::WORK_FOUND_DONE));
}

#[test]
fn a_login_keeps_the_promises_whenever_it_comes() {
    let in_silence = Mishaps {
        logins: 1,
        power_cuts: 0,
        ..CRASHES
    };
    let in_the_dark = Mishaps {
        logins: 1,
        losses: 0,
        ..CRASHES
    };
    for (mishaps, least) in [(in_silence, 200_000), (in_the_dark, 200_000)] {
        let seen = explore_all(2, mishaps);
        assert!(seen.states > least, "only {} states", seen.states);
        assert!(seen.has(promise::LOGIN_MEETS_ANSWER));
    }
}

#[test]
fn a_provider_with_grace_loses_no_grant_at_all() {
    let mishaps = Mishaps {
        losses: 2,
        ..CRASHES
    };
    for replay in [Replay::WhenNeeded, Replay::AtOnce] {
        let seen = explore(&setting(2, (Rotation::Graceful, replay), mishaps));
        assert!(!seen.has(promise::LOST_FOR_GOOD), "{replay:?}");
    }
}

#[test]
fn a_login_in_the_instant_of_a_rename_is_overwritten() {
    let mishaps = Mishaps { logins: 1, ..QUIET };
    let careful = setting(1, PROFILES[0], mishaps);
    let careless = Setting {
        pastes_anytime: true,
        ..careful.clone()
    };
    assert!(find(&careful, KEPT).is_none());
    assert!(find(&careless, KEPT).is_some());
}

#[test]
fn no_mutation_survives() {
    let dark = Mishaps {
        power_cuts: 1,
        ..QUIET
    };
    let faulty = Mishaps { faults: 1, ..dark };
    let lossy = Mishaps { losses: 2, ..QUIET };
    let login = Mishaps {
        kills: 2,
        losses: 1,
        logins: 1,
        ..QUIET
    };
    let [never, when_needed, ..] = PROFILES;
    for (mutation, broken, profile, mishaps) in [
        (Mutation::FileNotSynced, KEPT, never, dark),
        (Mutation::FileNotSynced, DURABLE_FIRST, never, QUIET),
        (Mutation::DirectoryNotSynced, KEPT, never, dark),
        (Mutation::NotedBeforeDurable, KEPT, never, CRASHES),
        (Mutation::MarkNotSynced, USABLE, never, dark),
        (Mutation::MarkedUnnoted, SPENT_ONCE, never, login),
        (Mutation::PublishedFirst, DURABLE_FIRST, never, QUIET),
        (Mutation::NotReread, SPENT_ONCE, never, QUIET),
        (Mutation::NotReread, SPENT_ONCE, when_needed, QUIET),
        (Mutation::RetriedBlindly, SPENT_ONCE, never, lossy),
        (Mutation::LeaseNotHeld, SPENT_ONCE, when_needed, QUIET),
        (Mutation::LeaseNotHeld, KEPT, never, QUIET),
        (Mutation::DoubtForgotten, TOLD_APART, when_needed, lossy),
        (Mutation::DoubtForgotten, TOLD_APART, when_needed, faulty),
        (Mutation::DroppedWhenNotSaved, KEPT, never, faulty),
    ] {
        let sound = setting(2, profile, mishaps);
        let mutated = Setting {
            mutation: Some(mutation),
            ..sound.clone()
        };
        let Some(tale) = find(&mutated, broken) else {
            panic!("for all of {mutation:?}, {broken}");
        };
        report(&format!("{mutation:?}, so not: {broken}\n    {tale}"));
        assert!(
            find(&sound, broken).is_none(),
            "{broken}, {mutation:?} or not"
        );
    }
}

/// What a run came through.
struct Seen {
    states: usize,
    trials: Vec<&'static str>,
}

impl Seen {
    fn has(&self, trial: &str) -> bool {
        self.trials.contains(&trial)
    }
}

fn setting(processes: usize, (rotation, replay): (Rotation, Replay), mishaps: Mishaps) -> Setting {
    Setting {
        processes,
        rotation,
        replay,
        mishaps,
        pastes_anytime: false,
        mutation: None,
    }
}

fn explore_all(processes: usize, mishaps: Mishaps) -> Seen {
    let mut all = Seen {
        states: 0,
        trials: Vec::new(),
    };
    for profile in PROFILES {
        let seen = explore(&setting(processes, profile, mishaps));
        all.states += seen.states;
        all.trials.extend(seen.trials);
    }
    all
}

/// Goes through every state, and panics with the way to the first in which a promise is broken.
fn explore(setting: &Setting) -> Seen {
    let checker = setting
        .clone()
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    for promise in promise::promises() {
        checker.assert_no_discovery(promise.name);
    }
    assert!(checker.is_done());
    let states = checker.unique_state_count();
    report(&format!("{states:7} states: {setting:?}"));
    Seen {
        states,
        trials: checker.discoveries().into_keys().collect(),
    }
}

/// How it came to a state in which `promise` is broken, if it did.
fn find(setting: &Setting, promise: &'static str) -> Option<String> {
    let checker = setting
        .clone()
        .checker()
        .finish_when(HasDiscoveries::AllOf([promise].into()))
        .spawn_bfs()
        .join();
    let is_kept = setting.property(promise).condition;
    let path = checker.discovery(promise)?.into_vec().into_iter();
    let tale: Vec<_> = path
        .take_while(|(world, _)| is_kept(setting, world))
        .filter_map(|(world, action)| Some(word(&world, &action?)))
        .collect();
    Some(tale.join(" "))
}

/// What happened, in a word: the step that a process took, or the mishap.
fn word(world: &World, action: &Action) -> String {
    let shown = match action {
        Action::Advance(process) => format!("{:?}", world.processes[*process].step),
        other => format!("{other:?}"),
    };
    let name = shown.split(['(', ' ']).next();
    name.unwrap_or_default().to_owned()
}

#[expect(
    clippy::print_stderr,
    reason = "what a run came through is worth reading"
)]
fn report(line: &str) {
    eprintln!("{line}");
}

//! The model held against what it is a model of: the real file store must find the same grant on
//! every disk that the model can reach, and the real policy must decide the same.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use evergrant::policy;
use evergrant::{
    AccessToken, ConnectionId, FileStore, Fingerprint, Generation, Grant, Provider, RefreshToken,
    Replay, Store, TokenFile,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stateright::Model;

use crate::disk::Contents;
use crate::journal::{Attempt, Held, History, Lapse, Line, Outcome};
use crate::mishap::Mishaps;
use crate::process::{Process, Step};
use crate::provider::{Refresh, Tokens};
use crate::routine::{Decision, decide};
use crate::store::Connection;
use crate::world::{Setting, World};
use crate::{CRASHES, PROFILES, report, setting};

#[tokio::test]
async fn the_file_store_finds_on_every_disk_what_the_model_finds() {
    let mishaps = Mishaps {
        logins: 1,
        ..CRASHES
    };
    let mut seen = HashSet::new();
    for profile in PROFILES {
        let setting = setting(1, profile, mishaps);
        for world in worlds(&setting) {
            let files = Files::of(&world);
            if seen.insert(files) {
                let expected = Found::from(settled(&setting, world));
                assert_eq!(files.found_by_the_store().await, expected, "{files:?}");
            }
        }
    }
    let count = seen.len();
    report(&format!("{count} disks"));
    assert!(count > 300, "only {count} disks");
}

#[tokio::test]
async fn the_policy_decides_what_the_model_decides() {
    let lapses = [Lapse::Revoked, Lapse::LostReply, Lapse::Spent].map(Some);
    for replay in [Replay::Never, Replay::WhenNeeded, Replay::AtOnce] {
        for is_alive in [true, false] {
            for doubt in [None, Some(Outcome::Open), Some(Outcome::Unanswered)] {
                for lapsed in lapses.into_iter().chain([None]) {
                    let connection = Connection {
                        tokens: TOKENS,
                        generation: 1,
                        lapsed,
                        doubt,
                    };
                    let expected = decide(&connection, is_alive, replay);
                    let decided = decided_by_the_policy(&connection, is_alive, replay).await;
                    assert_eq!(decided, expected, "{connection:?} {is_alive} {replay:?}");
                }
            }
        }
    }
}

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const TOKENS: Tokens = Tokens {
    refresh: Refresh {
        consent: 1,
        number: 1,
    },
    access: 1,
};
const OTHERS: Tokens = Tokens {
    refresh: Refresh {
        consent: 1,
        number: 2,
    },
    access: 2,
};

/// Every world that can be reached.
fn worlds(setting: &Setting) -> HashSet<World> {
    let mut worlds = HashSet::new();
    let mut ahead = setting.init_states();
    while let Some(world) = ahead.pop() {
        ahead.extend(setting.next_states(&world));
        worlds.insert(world);
        ahead.retain(|world| !worlds.contains(world));
    }
    worlds
}

/// What a process of the model reads once it has the lease.
fn settled(setting: &Setting, mut world: World) -> Connection {
    world.processes = vec![Process {
        step: Step::Lease,
        ..Process::default()
    }];
    while world.processes[0].step != Step::Reread {
        world.advance(setting, 0, false);
    }
    Connection::load(&world.disk).unwrap()
}

/// A disk, as it shows in its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Files {
    tokens: Tokens,
    next: Option<Contents>,
    history: History,
}

/// What the store says of them.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    refresh: Option<Fingerprint>,
    access: Option<Fingerprint>,
    generation: Generation,
    lapsed: Option<evergrant::Lapse>,
    in_doubt: bool,
}

impl From<Connection> for Found {
    fn from(connection: Connection) -> Self {
        Self {
            refresh: Some(refresh_token(connection.tokens.refresh.number).fingerprint()),
            access: Some(access_token(connection.tokens.access).fingerprint()),
            generation: Generation(connection.generation.into()),
            lapsed: connection.lapsed.map(real_lapse),
            in_doubt: connection.doubt.is_some(),
        }
    }
}

impl Files {
    fn of(world: &World) -> Self {
        Self {
            tokens: world.disk.tokens().unwrap(),
            next: world.disk.next(),
            history: world.disk.history(),
        }
    }

    async fn found_by_the_store(&self) -> Found {
        let connection = self.loaded().await;
        let tokens = connection.tokens();
        Found {
            refresh: tokens.refresh.as_ref().map(RefreshToken::fingerprint),
            access: tokens.access.as_ref().map(AccessToken::fingerprint),
            generation: connection.generation,
            lapsed: match connection.grant {
                Grant::Live(_) => None,
                Grant::Lapsed { lapse, .. } => Some(lapse),
            },
            in_doubt: policy::in_doubt(&connection),
        }
    }

    async fn loaded(&self) -> evergrant::Connection {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token.json");
        self.write(&path);
        let (id, provider) = (ConnectionId::new("acme"), "p".to_owned());
        let file = TokenFile {
            path,
            provider,
            realm: None,
        };
        let store = FileStore::new().with(id.clone(), file);
        let _lease = store.lease(&id, Duration::ZERO).await.unwrap();
        store.load(&id).await.unwrap().unwrap()
    }

    fn write(&self, path: &Path) {
        put(path, &token_json(self.tokens));
        if let Some(next) = self.next {
            let filled = next.tokens().map(token_json);
            let contents = match next {
                Contents::Room => String::new(),
                Contents::Tokens(_) => filled.unwrap(),
                Contents::Torn => r#"{"refresh_token":"r"#.to_owned(),
            };
            put(&path.with_extension("json.next"), &contents);
        }
        put(
            &path.with_extension("json.journal"),
            &summary(&self.history),
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a scratch file of a test")]
fn put(path: &Path, contents: &str) {
    fs::write(path, contents).unwrap();
}

fn refresh_token(number: u8) -> RefreshToken {
    RefreshToken::new(format!("refresh-{number}"))
}

fn access_token(number: u8) -> AccessToken {
    AccessToken::new(format!("access-{number}"))
}

fn token_json(tokens: Tokens) -> String {
    json!({
        "access_token": format!("access-{}", tokens.access),
        "refresh_token": format!("refresh-{}", tokens.refresh.number),
        "expires_in": 3600,
        "token_type": "bearer",
    })
    .to_string()
}

/// The journal, as its summing up writes it.
fn summary(history: &History) -> String {
    let held = history.held.map(held_json);
    let attempt = history.attempt.map(attempt_json);
    let aside = history.aside.map(attempt_json);
    let lapsed = history.lapsed.map(|(refresh, lapse)| {
        json!({
            "refresh": refresh_token(refresh.number).fingerprint(),
            "lapse": real_lapse(lapse),
            "since": NOW,
        })
    });
    let spent: Vec<_> = history
        .spent()
        .map(|it| refresh_token(it).fingerprint())
        .collect();
    let line: Value = json!({
        "at": NOW,
        "event": "summary",
        "held": held,
        "attempt": attempt,
        "aside": aside,
        "lapsed": lapsed,
        "spent": spent,
    });
    format!("{line}\n")
}

fn attempt_json(attempt: Attempt) -> Value {
    json!({
        "spends": refresh_token(attempt.spends.number).fingerprint(),
        "started": NOW,
        "outcome": real_outcome(attempt.outcome),
        "failures": 0,
        "retry_at": null,
    })
}

fn held_json(held: Held) -> Value {
    json!({
        "generation": held.generation,
        "refresh": refresh_token(held.tokens.refresh.number).fingerprint(),
        "access": access_token(held.tokens.access).fingerprint(),
    })
}

fn real_outcome(outcome: Outcome) -> evergrant::Outcome {
    match outcome {
        Outcome::Open => evergrant::Outcome::Open,
        Outcome::Unanswered => evergrant::Outcome::Unanswered,
        Outcome::NotSpent => evergrant::Outcome::NotSpent,
    }
}

fn real_lapse(lapse: Lapse) -> evergrant::Lapse {
    match lapse {
        Lapse::Revoked => evergrant::Lapse::Revoked,
        Lapse::LostReply => evergrant::Lapse::LostReply,
        Lapse::Spent => evergrant::Lapse::Spent,
    }
}

/// The real decision on a connection that was loaded from real files, in the model's words.
async fn decided_by_the_policy(
    connection: &Connection,
    is_alive: bool,
    replay: Replay,
) -> Decision {
    let url = || "https://provider.example".parse().unwrap();
    let mut provider = Provider::standard("p", url(), url());
    provider.rotation.replay = replay;
    let real = real_connection(connection, is_alive).await;
    match policy::decide(&real, &provider, NOW, 0.0) {
        policy::Decision::Use => Decision::Serve,
        policy::Decision::Refresh(_) => Decision::Spend,
        policy::Decision::Lapsed(lapse) => match connection.lapsed {
            Some(known) if real_lapse(known) == lapse => Decision::Lapsed(known),
            _ => Decision::GiveUp,
        },
        other => panic!("{other:?}"),
    }
}

async fn real_connection(connection: &Connection, is_alive: bool) -> evergrant::Connection {
    let files = Files {
        tokens: connection.tokens,
        next: None,
        history: history(connection),
    };
    let mut real = files.loaded().await;
    let (Grant::Live(tokens) | Grant::Lapsed { tokens, .. }) = &mut real.grant;
    let life = SignedDuration::from_mins(if is_alive { 60 } else { -1 });
    tokens.access_expires = Some(NOW.saturating_add(life).unwrap());
    real
}

/// A history that says so of its connection.
fn history(connection: &Connection) -> History {
    let mut history = History::default();
    let spends = connection.tokens.refresh;
    let attempt = |outcome| Line::Attempt(Attempt { spends, outcome });
    let [before, held] = [OTHERS, connection.tokens].map(|tokens| Held {
        generation: connection.generation,
        tokens,
    });
    if connection.lapsed == Some(Lapse::Spent) {
        history.add(attempt(Outcome::Open));
        history.add(Line::Saved(before));
    }
    history.add(Line::Adopted(held));
    if let Some(lapse) = connection.lapsed.filter(|lapse| *lapse != Lapse::Spent) {
        history.add(Line::Lapsed {
            generation: connection.generation,
            refresh: spends,
            lapse,
        });
    }
    if let Some(doubt) = connection.doubt {
        history.add(attempt(doubt));
    }
    history
}

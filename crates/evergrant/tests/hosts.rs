//! Many processes, as on many hosts, on one grant in PostgreSQL: each with a clock of its own, some
//! stopped for longer than their lease lasts, the server crashing and its connections dropping
//! meanwhile. Every refresh token is for one use, and the second use of one would end the grant.
//!
//! The parent runs this same test binary again as its children. Ordinarily a few of them; the long run
//! is `cargo xtask torture hosts`.
#![cfg(all(unix, feature = "postgres"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and talks to its children"
)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use evergrant::{
    AccessToken, Adoption, Clock, Connection, Generation, Grant, Keeper, PostgresStore,
    RefreshToken, Registry as _, Replay, Store as _, SystemClock, TokenSet,
};
use evergrant_sandbox::Rotation;
use jiff::{SignedDuration, Timestamp};
use postgres::throw_away::{self, Server};
use support::{World, acme};

const BASE: &str = "EVERGRANT_TEST_BASE";
const STORE: &str = "EVERGRANT_TEST_STORE";
const SKEW: &str = "EVERGRANT_TEST_SKEW";
/// How long a lease lasts here, so that it can run out within a test's time.
const LEASE: Duration = Duration::from_millis(700);

/// A wall clock that is wrong by so much.
#[derive(Debug)]
struct Wrong(SignedDuration);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }

    fn since_boot(&self) -> Option<SignedDuration> {
        SystemClock.since_boot()
    }
}

fn store(url: &str) -> PostgresStore {
    PostgresStore::at(url).unwrap().lease_life(LEASE)
}

/// The life of a child: a request that succeeds at last for each line that it reads.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let (Ok(base), Ok(url)) = (std::env::var(BASE), std::env::var(STORE)) else {
        return;
    };
    let skew: i64 = std::env::var(SKEW).unwrap().parse().unwrap();
    let keeper = Keeper::builder(std::sync::Arc::new(store(&url)))
        .provider(support::provider(&base, Replay::Never), support::client())
        .patience(Duration::from_secs(4))
        .clock(Wrong(SignedDuration::from_secs(skew)))
        .build()
        .unwrap();
    let client = keeper.client(&acme());
    let url = format!("{base}/v3/company/{}/employee/58", support::REALM);
    for line in std::io::stdin().lock().lines() {
        line.unwrap();
        let mut answer = String::new();
        for _ in 0..300 {
            answer = match client.send(support::get(&url)).await {
                Ok(response) => response.status().as_u16().to_string(),
                Err(error) => format!("{error:?}"),
            };
            if answer == "200" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        println!("=> {answer}");
    }
}

struct Host {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Host {
    fn start(world: &World, store: &str, skew: i64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--quiet"])
            .env(BASE, world.base_url())
            .env(STORE, store)
            .env(SKEW, skew.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, answers }
    }

    fn go(&mut self) {
        writeln!(self.process.stdin.as_mut().unwrap(), "go").unwrap();
    }

    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.answers.read_line(&mut line).unwrap();
            assert!(read > 0, "a child ended early");
            if let Some(at) = line.find("=> ") {
                return line[at + 3..].trim().to_owned();
            }
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

/// Puts the sandbox's grant into the store.
async fn take_in(world: &World, url: &str) {
    let tokens = world.tokens();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let found = Connection {
        id: acme(),
        provider: "sandbox".to_owned(),
        realm: Some(support::REALM.to_owned()),
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new(text("access_token"))),
            refresh: Some(RefreshToken::new(text("refresh_token"))),
            ..TokenSet::default()
        }),
        generation: Generation::default(),
        attempt: None,
        refusals: Vec::new(),
    };
    let store = store(url);
    let lease = store.lease(&acme(), Duration::from_secs(5)).await.unwrap();
    let adoption = store.adopt(&lease, &found).await.unwrap();
    assert_eq!(adoption, Adoption::Taken(Generation(1)));
    store.release(lease).await;
}

/// What befalls the hosts and their server in the round `number`, while they all ask at once.
fn trouble(number: u64, hosts: &[Host], server: &Server, database: &str) {
    let victim = &hosts[usize::try_from(number).unwrap() % hosts.len()];
    match number % 4 {
        // Longer than a lease lasts; every other time longer than it is kept for its holder, too.
        0 => {
            victim.signal("-STOP");
            let stopped = if number.is_multiple_of(8) {
                3_000
            } else {
                1_100
            };
            std::thread::sleep(Duration::from_millis(stopped));
            victim.signal("-CONT");
        }
        1 => {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE application_name = 'evergrant'";
            drop(throw_away::run(database, sql));
        }
        2 => server.crash(),
        _ => {}
    }
}

async fn endure(processes: i64, expiries: u64) {
    let world = World::with_rotation(Rotation::Strict).await;
    let server = Server::start().unwrap();
    let database = postgres::database_on(&server.url());
    take_in(&world, &database).await;
    tokio::task::block_in_place(|| {
        let skew = |number: i64| (number % 5 - 2) * 300;
        let start = |number| Host::start(&world, &database, skew(number));
        let mut hosts: Vec<Host> = (0..processes).map(start).collect();
        hosts.iter_mut().for_each(Host::go);
        for host in &mut hosts {
            assert_eq!(host.answer(), "200");
        }
        for number in 0..expiries {
            world.expire();
            hosts.iter_mut().for_each(Host::go);
            trouble(number, &hosts, &server, &database);
            for host in &mut hosts {
                assert_eq!(host.answer(), "200", "round {number}");
            }
        }
    });
    let counters = world.counters();
    println!("{processes} processes, {expiries} expiries: {counters:?}");
    assert_eq!(counters.invalid_grants, 0, "a token was used twice");
    assert_eq!(counters.refreshes, expiries, "one spend for each rotation");
    let held = store(&database).load(&acme()).await.unwrap().unwrap();
    assert!(matches!(held.grant, Grant::Live(_)), "the grant is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_h04_h05_several_hosts_spend_each_token_once_whatever_happens() {
    endure(6, 8).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: the long run"]
async fn h03_sixty_four_processes_spend_each_token_once_whatever_happens() {
    endure(64, 200).await;
}

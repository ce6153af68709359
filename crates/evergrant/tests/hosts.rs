//! Many processes, as on many hosts, on one grant in PostgreSQL: each host with a clock of its own,
//! processes stopped for longer than their lease lasts at each step of a refresh, the server crashing
//! and its connections dropping meanwhile. Every refresh token is for one use, and the second use of
//! one would end the grant.
//!
//! The parent runs this same test binary again as its children. Ordinarily a few of them; the long run
//! is `cargo xtask torture hosts`, and `EVERGRANT_HOSTS=64,200` sets its processes and expiries.
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
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evergrant::{
    AccessToken, Adoption, Clock, Connection, Event, Generation, Grant, Keeper, PostgresStore,
    RefreshToken, Registry as _, Replay, Store as _, SystemClock, TokenSet,
};
use evergrant_sandbox::Rotation;
use jiff::{SignedDuration, Timestamp};
use postgres::throw_away::{self, Server};
use support::{World, acme};

const BASE: &str = "EVERGRANT_TEST_BASE";
const STORE: &str = "EVERGRANT_TEST_STORE";
const SKEW: &str = "EVERGRANT_TEST_SKEW";
const HOSTS: usize = 8;
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

/// A child's orders: to make a request that succeeds at last, and to be stopped on the way to it, if
/// it is the first to get so far.
#[derive(Clone, Default)]
struct Order {
    /// A name of [`stage`].
    at: String,
    /// For so many seconds.
    seconds: String,
    /// Whoever makes this file is the first.
    flag: String,
}

impl Order {
    fn read(line: &str) -> Self {
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        Self {
            at: next(),
            seconds: next(),
            flag: next(),
        }
    }

    fn is_for(&self, event: &Event) -> bool {
        let reached = matches!(
            (self.at.as_str(), event),
            ("reread", Event::Reread { .. })
                | ("marked", Event::Spending { .. })
                | (
                    "sending",
                    Event::Sending {
                        generation: None,
                        ..
                    }
                )
        );
        reached && std::fs::File::create_new(&self.flag).is_ok()
    }

    /// Stops this process: at once, or, when something is about to be sent, when that is on its way.
    fn stop(&self) {
        let (id, seconds) = (std::process::id(), &self.seconds);
        let pause = if self.at == "sending" { 0.004 } else { 0.0 };
        let script = format!("sleep {pause}; kill -STOP {id}; sleep {seconds}; kill -CONT {id}");
        let run = move || drop(Command::new("sh").args(["-c", &script]).status());
        if self.at == "sending" {
            drop(std::thread::spawn(run));
        } else {
            run();
        }
    }
}

/// What a child has seen of the fence.
#[derive(Default)]
struct Seen {
    /// Writes that were refused, somebody else having the lease.
    refused: usize,
    /// Exchanges that were left, the lease having run out.
    unsent: usize,
}

impl Seen {
    fn look(&mut self, said: &str) {
        self.refused += usize::from(said.contains("somebody else has it"));
        self.unsent += usize::from(said.contains("before anything was sent"));
    }
}

/// The life of a child: a request for each line that it reads.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let (Ok(base), Ok(url)) = (std::env::var(BASE), std::env::var(STORE)) else {
        return;
    };
    let skew: i64 = std::env::var(SKEW).unwrap().parse().unwrap();
    let order = Arc::new(Mutex::new(Order::default()));
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (given, noted) = (Arc::clone(&order), Arc::clone(&seen));
    let keeper = Keeper::builder(Arc::new(store(&url)))
        .provider(support::provider(&base, Replay::Never), support::client())
        .patience(Duration::ZERO)
        .clock(Wrong(SignedDuration::from_secs(skew)))
        .on_notice(move |notice| {
            let order = given.lock().unwrap().clone();
            if order.is_for(&notice.event) {
                order.stop();
            }
            if let Event::Undurable { detail } = &notice.event {
                noted.lock().unwrap().look(detail);
            }
        })
        .build()
        .unwrap();
    let client = keeper.client(&acme());
    let url = format!("{base}/v3/company/{}/employee/58", support::REALM);
    for line in std::io::stdin().lock().lines() {
        *order.lock().unwrap() = Order::read(&line.unwrap());
        let mut answer = String::new();
        for _ in 0..300 {
            answer = match client.send(support::get(&url)).await {
                Ok(response) => response.status().as_u16().to_string(),
                Err(error) => format!("{error:?}"),
            };
            if answer == "200" {
                break;
            }
            seen.lock().unwrap().look(&answer);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let Seen { refused, unsent } = std::mem::take(&mut *seen.lock().unwrap());
        println!("=> {refused} {unsent} {answer}");
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

    fn go(&mut self, order: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{order}").unwrap();
    }

    /// The answer that it got at last, and what it has seen of the fence on the way.
    fn answer(&mut self) -> (String, Seen) {
        loop {
            let mut line = String::new();
            let read = self.answers.read_line(&mut line).unwrap();
            assert!(read > 0, "a child ended early");
            let Some(at) = line.find("=> ") else { continue };
            let mut words = line[at + 3..].trim().splitn(3, ' ');
            let mut number = || words.next().unwrap().parse().unwrap();
            let (refused, unsent) = (number(), number());
            return (words.next().unwrap().to_owned(), Seen { refused, unsent });
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

/// What whoever refreshes first is ordered to suffer in the round `number`: a stop that is longer than
/// a lease lasts, or longer than it is kept for one who was about to spend, too.
fn order(number: u64, folder: &std::path::Path) -> String {
    let (at, seconds) = match number % 10 {
        0 => ("reread", "1.1"),
        1 => ("marked", "1.1"),
        2 => ("sending", "1.1"),
        3 => ("marked", "3"),
        4 => ("sending", "3"),
        8 => ("reread", "3"),
        _ => return String::new(),
    };
    let flag = folder.join(format!("stopped-{number}"));
    format!("{at} {seconds} {}", flag.display())
}

/// What befalls the hosts and their server in the round `number`, while they all ask at once.
fn trouble(number: u64, hosts: &[Host], server: &Server, database: &str) {
    match number % 10 {
        5 => {
            // A whole host.
            let host = usize::try_from(number / 10).unwrap() % HOSTS;
            let processes = || hosts.iter().skip(host).step_by(HOSTS);
            processes().for_each(|process| process.signal("-STOP"));
            std::thread::sleep(Duration::from_millis(1_100));
            processes().for_each(|process| process.signal("-CONT"));
        }
        6 | 8 => {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE application_name = 'evergrant'";
            drop(throw_away::run(database, sql));
        }
        3 | 7 => server.crash(),
        _ => {}
    }
}

/// Seconds by which a host's clock is wrong: from ten behind to ten ahead.
fn skew(host: usize) -> i64 {
    let steps = i64::try_from(host % HOSTS).unwrap();
    steps * 1200 / i64::try_from(HOSTS - 1).unwrap() - 600
}

async fn endure(processes: usize, expiries: u64) -> Seen {
    let world = World::with_rotation(Rotation::Strict).await;
    let server = Server::start().unwrap();
    let database = postgres::database_on(&server.url());
    take_in(&world, &database).await;
    let mut sum = Seen::default();
    tokio::task::block_in_place(|| {
        let start = |number| Host::start(&world, &database, skew(number));
        let mut hosts: Vec<Host> = (0..processes).map(start).collect();
        hosts.iter_mut().for_each(|host| host.go(""));
        for host in &mut hosts {
            assert_eq!(host.answer().0, "200");
        }
        for number in 0..expiries {
            world.expire();
            let order = order(number, world.directory.path());
            hosts.iter_mut().for_each(|host| host.go(&order));
            trouble(number, &hosts, &server, &database);
            for host in &mut hosts {
                let (answer, seen) = host.answer();
                assert_eq!(answer, "200", "round {number}");
                sum.refused += seen.refused;
                sum.unsent += seen.unsent;
            }
        }
    });
    let counters = world.counters();
    println!(
        "{processes} processes, {expiries} expiries: {} tokens spent, {} refused by the provider; {} \
         writes refused by the fence, {} exchanges left unsent",
        counters.refreshes, counters.invalid_grants, sum.refused, sum.unsent
    );
    assert_eq!(counters.invalid_grants, 0, "a token was used twice");
    assert_eq!(counters.refreshes, expiries, "one spend for each rotation");
    let held = store(&database).load(&acme()).await.unwrap().unwrap();
    assert!(matches!(held.grant, Grant::Live(_)), "the grant is lost");
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn h03_h04_h05_several_hosts_spend_each_token_once_whatever_happens() {
    let seen = endure(6, 10).await;
    assert!(seen.refused > 0, "no late write was tried");
    assert!(seen.unsent > 0, "no exchange was late");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: the long run"]
async fn h03_sixty_four_processes_spend_each_token_once_whatever_happens() {
    let text = std::env::var("EVERGRANT_HOSTS").unwrap_or("64,200".to_owned());
    let (processes, expiries) = text.split_once(',').unwrap();
    endure(processes.parse().unwrap(), expiries.parse().unwrap()).await;
}

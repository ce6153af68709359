//! Many real processes on one token file.
//!
//! The parent runs this same test binary again as its children; a child makes one request each time
//! it is told to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and talks to its children"
)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use evergrant::Replay;
use evergrant_sandbox::Rotation;
use support::{World, acme};

const PROCESSES: usize = 8;
const EXPIRIES: u64 = 25;
const BASE: &str = "EVERGRANT_TEST_BASE";
const FILE: &str = "EVERGRANT_TEST_FILE";

/// The life of a child: a request for each line that it reads, and its status as the answer.
#[tokio::test]
async fn child() {
    let (Ok(base), Ok(file)) = (std::env::var(BASE), std::env::var(FILE)) else {
        return;
    };
    let keeper = support::keeper_builder(&base, file.as_ref(), Replay::AtOnce)
        .build()
        .unwrap();
    let client = keeper.client(&acme());
    let url = format!("{base}/v3/company/{}/employee/58", support::REALM);
    for line in std::io::stdin().lock().lines() {
        line.unwrap();
        let answer = match client.send(support::get(&url)).await {
            Ok(response) => response.status().as_u16().to_string(),
            Err(error) => format!("{error:?}"),
        };
        println!("=> {answer}");
    }
}

struct Kept {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Kept {
    fn start(world: &World) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--quiet"])
            .env(BASE, world.base_url())
            .env(FILE, world.token_file())
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
            assert!(
                self.answers.read_line(&mut line).unwrap() > 0,
                "a child ended early"
            );
            if let Some(at) = line.find("=> ") {
                return line[at + 3..].trim().to_owned();
            }
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

async fn expire_again_and_again(rotation: Rotation) {
    let world = World::with_rotation(rotation).await;
    tokio::task::block_in_place(|| {
        let mut children: Vec<Kept> = (0..PROCESSES).map(|_| Kept::start(&world)).collect();
        for _ in 0..EXPIRIES {
            world.expire();
            children.iter_mut().for_each(Kept::go);
            for child in &mut children {
                assert_eq!(child.answer(), "200", "{rotation:?}");
            }
        }
    });
    let counters = world.counters();
    assert_eq!(
        counters.token_calls, EXPIRIES,
        "one refresh an expiry: {rotation:?}"
    );
    assert_eq!(counters.invalid_grants, 0);
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn h02_eight_processes_make_one_refresh_an_expiry_within_a_window() {
    expire_again_and_again(Rotation::Window { every: DAY }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_eight_processes_make_one_refresh_an_expiry_when_every_token_is_for_one_use() {
    expire_again_and_again(Rotation::Strict).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h32_eight_processes_make_one_refresh_an_expiry_with_a_grace_time() {
    expire_again_and_again(Rotation::Graceful { grace: DAY }).await;
}

//! Tokens sealed at rest, by real processes on real files: many at once, while others seal them anew,
//! and killed at each step of a refresh.
//!
//! The parent runs this same test binary again as its children.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use evergrant::{Event, Form, Store};
use evergrant_sandbox::Rotation;
use support::{World, acme};

const BASE: &str = "EVERGRANT_TEST_BASE";
const FILE: &str = "EVERGRANT_TEST_FILE";
const STEP: &str = "EVERGRANT_TEST_STEP";
/// Two keys; the second one seals.
const KEYS: &str = "1111111111111111111111111111111111111111111111111111111111111111
2222222222222222222222222222222222222222222222222222222222222222";
/// The same keys, of which the other one seals.
const OTHERS: &str = "2222222222222222222222222222222222222222222222222222222222222222
1111111111111111111111111111111111111111111111111111111111111111";
const PROCESSES: usize = 8;
const EXPIRIES: usize = 6;
const WAIT: Duration = Duration::from_secs(60);

/// The life of a child: a request for each line that it reads, and death at a step if one is named.
#[tokio::test]
async fn child() {
    let (Ok(base), Ok(file)) = (std::env::var(BASE), std::env::var(FILE)) else {
        return;
    };
    let last = std::env::var(STEP).unwrap_or_default();
    let keeper = support::sealed_keeper_builder(&base, file.as_ref(), KEYS)
        .on_notice(move |notice| {
            if step(&notice.event) == last {
                let me = rustix::process::getpid();
                rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
            }
        })
        .build()
        .unwrap();
    let client = keeper.client(&acme());
    let url = format!("{base}/v3/company/{}/employee/58", support::REALM);
    for line in std::io::stdin().lines() {
        line.unwrap();
        let answer = match client.send(support::get(&url)).await {
            Ok(response) => response.status().to_string(),
            Err(error) => format!("{error:?}"),
        };
        println!("=> {answer}");
    }
}

fn step(event: &Event) -> &'static str {
    match event {
        Event::Leased => "leased",
        Event::Spending { .. } => "spending",
        Event::Answered { status, .. } if status.is_success() => "answered",
        Event::Saved { .. } => "saved",
        Event::Released => "released",
        _ => "none",
    }
}

fn start(world: &World, step: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--quiet"])
        .env(BASE, world.base_url())
        .env(FILE, world.token_file())
        .env(STEP, step)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child has got for its last request.
fn answer(child: &mut BufReader<ChildStdout>) -> String {
    loop {
        let mut line = String::new();
        assert!(child.read_line(&mut line).unwrap() > 0, "it ended early");
        if let Some((_, answer)) = line.split_once("=> ") {
            return answer.trim().to_owned();
        }
    }
}

/// Fails if a token that the sandbox has ever given out is in a file beside the token file.
#[track_caller]
fn nothing_in_clear(world: &World, secrets: &[String]) {
    for entry in std::fs::read_dir(world.directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "in {}", path.display());
        }
    }
}

/// The tokens of now, in clear.
async fn tokens(world: &World) -> Vec<String> {
    let store = support::sealed_store(&world.token_file(), KEYS);
    let connection = store.load(&acme()).await.unwrap().unwrap();
    let tokens = connection.tokens();
    vec![
        tokens.access.as_ref().unwrap().expose().to_owned(),
        tokens.refresh.as_ref().unwrap().expose().to_owned(),
    ]
}

async fn rewrite(world: &World, keys: &str, form: Form) {
    let store = support::sealed_store(&world.token_file(), keys);
    let lease = store.lease(&acme(), WAIT).await.unwrap();
    store.rewrite(&lease, form).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_go_on_while_their_tokens_are_sealed_anew() {
    let world = World::with_rotation(Rotation::Strict).await;
    let mut children: Vec<Child> = (0..PROCESSES).map(|_| start(&world, "")).collect();
    let out = |child: &mut Child| BufReader::new(child.stdout.take().unwrap());
    let mut answers: Vec<_> = children.iter_mut().map(out).collect();
    for expiry in 0..EXPIRIES {
        world.expire();
        for child in &mut children {
            writeln!(child.stdin.as_mut().unwrap(), "go").unwrap();
        }
        match expiry % 3 {
            0 => rewrite(&world, OTHERS, Form::Sealed).await,
            1 => rewrite(&world, KEYS, Form::Clear).await,
            _ => rewrite(&world, KEYS, Form::Sealed).await,
        }
        for child in &mut answers {
            let answer = tokio::task::block_in_place(|| answer(child));
            assert_eq!(answer, "200 OK");
        }
    }
    for mut child in children {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
    let counters = world.counters();
    assert_eq!(
        counters.token_calls, EXPIRIES as u64,
        "one refresh an expiry"
    );
    assert_eq!(counters.invalid_grants, 0);
    rewrite(&world, KEYS, Form::Sealed).await;
    nothing_in_clear(&world, &tokens(&world).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn h50_killed_at_any_step_no_token_lies_in_clear_and_the_grant_lives() {
    let world = World::with_rotation(Rotation::Strict).await;
    rewrite(&world, KEYS, Form::Sealed).await;
    let mut secrets = tokens(&world).await;
    for step in ["leased", "spending", "answered", "saved", "released"] {
        world.expire();
        let mut child = start(&world, step);
        writeln!(child.stdin.as_mut().unwrap(), "go").unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "it was to die at {step}");
        nothing_in_clear(&world, &secrets);

        let keeper = support::sealed_keeper_builder(&world.base_url(), &world.token_file(), KEYS);
        let client = keeper.build().unwrap().client(&acme());
        assert_eq!(world.get(&client).await.unwrap().status(), 200, "{step}");
        secrets.extend(tokens(&world).await);
        nothing_in_clear(&world, &secrets);
    }
    assert_eq!(world.counters().invalid_grants, 0);
}

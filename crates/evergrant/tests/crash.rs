//! `kill -9` at each step of the refresh routine: the grant lives, always.
//!
//! The parent runs this same test binary again as the victim, which kills itself at the step that
//! it is told. Then a fresh process uses the connection.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use evergrant::{Event, Replay};
use evergrant_sandbox::Rotation;
use support::{World, acme};

const BASE: &str = "EVERGRANT_TEST_BASE";
const FILE: &str = "EVERGRANT_TEST_FILE";
const STEP: &str = "EVERGRANT_TEST_STEP";

/// The steps of the routine in their order, and whether the request has reached the provider.
const STEPS: [(&str, bool); 8] = [
    ("leased", false),
    ("reread", false),
    ("spending", false),
    ("sending", false),
    ("answered", true),
    ("saved", true),
    ("refreshed", true),
    ("released", true),
];

fn step(event: &Event) -> &'static str {
    match event {
        Event::Leased => "leased",
        Event::Reread { .. } => "reread",
        Event::Spending { .. } => "spending",
        Event::Sending { url, .. } if url.path().contains("tokens") => "sending",
        // The first good answer is the token endpoint's: the API has said 401 before.
        Event::Answered { status, .. } if status.is_success() => "answered",
        Event::Saved { .. } => "saved",
        Event::Refreshed { .. } => "refreshed",
        Event::Released => "released",
        _ => "",
    }
}

/// The victim: one request, and death at the step.
#[tokio::test]
async fn victim() {
    let (Ok(base), Ok(file)) = (std::env::var(BASE), std::env::var(FILE)) else {
        return;
    };
    let last = std::env::var(STEP).unwrap();
    let keeper = support::keeper_builder(&base, file.as_ref(), Replay::AtOnce)
        .on_notice(move |notice| {
            if step(&notice.event) == last {
                let me = rustix::process::getpid();
                rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
            }
        })
        .build()
        .unwrap();
    let url = format!("{base}/v3/company/{}/employee/58", support::REALM);
    drop(keeper.client(&acme()).send(support::get(&url)).await);
}

fn victim_of<'a>(command: &'a mut Command, world: &World, step: &str) -> &'a mut Command {
    command
        .args(["--exact", "victim", "--nocapture", "--quiet"])
        .env(BASE, world.base_url())
        .env(FILE, world.token_file())
        .env(STEP, step)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

fn kill_at(world: &World, step: &str) {
    let mut victim = Command::new(std::env::current_exe().unwrap());
    let status = victim_of(&mut victim, world, step).status().unwrap();
    assert_eq!(status.signal(), Some(9), "it was to die at {step}");
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_killed_at_any_step_the_grant_lives() {
    let day = Duration::from_secs(24 * 3600);
    for rotation in [
        Rotation::Window { every: day },
        Rotation::Strict,
        Rotation::Graceful { grace: day },
    ] {
        for (step, spent) in STEPS {
            let world = World::with_rotation(rotation).await;
            world.expire();
            tokio::task::block_in_place(|| kill_at(&world, step));
            let calls = world.counters().token_calls;
            assert_eq!(calls, u64::from(spent), "{rotation:?} {step}");
            let response = world.get_once().await;
            assert_eq!(response.unwrap().status(), 200, "{rotation:?} {step}");
            assert_eq!(world.counters().token_calls, 1, "{rotation:?} {step}");
            assert_eq!(world.counters().invalid_grants, 0, "{rotation:?} {step}");
            world.expire();
            assert_eq!(world.get_once().await.unwrap().status(), 200);
        }
    }
}

/// Less than a token file has, and more than the journal's first lines; in blocks of 512 bytes or of
/// 1024, as shells disagree. The room for the tokens to come is larger either way.
const SIZE_LIMIT: &str = "ulimit -f 2; exec \"$0\" \"$@\"";

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_limit_on_the_size_of_files_is_found_before_anything_is_spent() {
    for signal in ["", "trap '' XFSZ; "] {
        let world = World::with_rotation(Rotation::Strict).await;
        world.expire();
        tokio::task::block_in_place(|| {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{signal}{SIZE_LIMIT}")]);
            shell.arg(std::env::current_exe().unwrap());
            victim_of(&mut shell, &world, "none").status().unwrap()
        });
        assert_eq!(world.counters().unauthorized, 1, "it has tried");
        assert_eq!(world.counters().token_calls, 0, "{signal}");
        assert_eq!(world.get_once().await.unwrap().status(), 200, "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_the_grant_lives() {
    let world = World::with_rotation(Rotation::Strict).await;
    for (step, _) in STEPS.into_iter().cycle().take(24) {
        world.expire();
        tokio::task::block_in_place(|| kill_at(&world, step));
        assert_eq!(world.get_once().await.unwrap().status(), 200, "{step}");
    }
    assert_eq!(world.counters().invalid_grants, 0);
    assert_eq!(world.counters().token_calls, 24);
}

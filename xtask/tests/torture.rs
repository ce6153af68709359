//! Real processes are killed, stopped, starved of disk and of answers, and the grant lives; and who
//! breaks the protocol is found out. A few of each kind: `cargo xtask torture --kills` plays more.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::{Command, Output};

fn torture(line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_torture"))
        .args(line.split_whitespace())
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The last column of a row of the table.
fn count(output: &Output, row: &str) -> u64 {
    let table = printed(output);
    let row = table
        .lines()
        .find(|line| line.trim_start().starts_with(row));
    let last = row.and_then(|row| row.split_whitespace().last());
    last.and_then(|last| last.parse().ok()).unwrap()
}

fn assert_kept(output: &Output) {
    assert!(output.status.success(), "{}", printed(output));
    for row in [
        "GRANTS LOST",
        "DOUBLE SPENDS",
        "RESTARTS MISJUDGED",
        "SHOWN BEFORE SAVED",
        "HUNG",
    ] {
        assert_eq!(count(output, row), 0, "{}", printed(output));
    }
}

#[test]
fn kills_of_every_kind_lose_nothing() {
    let output = torture("--kills 90 --seed 1 --threads 3 --processes 0 --stops 0");
    assert_kept(&output);
    assert!(count(&output, "KILLS") >= 90);
    for row in [
        "killed: saved",
        "killed: about to send",
        "stopped holding",
        "replies dropped",
    ] {
        assert!(count(&output, row) > 0, "{row}\n{}", printed(&output));
    }
}

#[test]
fn kills_over_sqlite_lose_nothing() {
    let line = "--kills 40 --seed 1 --threads 3 --processes 8 --rotation strict --store sqlite";
    let output = torture(line);
    assert_kept(&output);
    assert!(count(&output, "KILLS") >= 40);
}

#[test]
fn kills_over_postgres_and_of_its_server_lose_nothing() {
    let line = "--kills 4 --seed 1 --threads 1 --processes 4 --rotation strict --store postgres";
    let output = torture(line);
    assert_kept(&output);
    assert!(count(&output, "KILLS") >= 4);
}

#[test]
fn sixty_four_processes_make_one_refresh_an_expiry() {
    let output = torture("--kills 0 --rotation strict --processes 64 --stops 0");
    assert_kept(&output);
    assert_eq!(count(&output, "expiries met by a crowd"), 8);
}

/// Part after part, until one of them has found the sabotage out.
fn found(sabotage: &str, parts: &str, row: &str) {
    let line = format!("{parts} --rotation strict --stops 0 --sabotage {sabotage}");
    let found = (1..4).any(|seed| {
        let output = torture(&format!("{line} --seed {seed}"));
        !output.status.success() && count(&output, row) > 0
    });
    assert!(found, "{sabotage} was not found out");
}

#[test]
fn publishing_before_the_save_is_found_out() {
    found("early-save", "--kills 10 --processes 0", "GRANTS LOST");
}

#[test]
fn forgetting_the_journal_is_found_out() {
    found(
        "no-journal",
        "--kills 20 --processes 0",
        "RESTARTS MISJUDGED",
    );
}

#[test]
fn a_lease_that_excludes_nobody_is_found_out() {
    found("no-lease", "--kills 0 --processes 8", "DOUBLE SPENDS");
}

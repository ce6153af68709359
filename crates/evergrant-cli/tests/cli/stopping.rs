//! How the program ends when it is stopped from outside.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};

use evergrant_sandbox::{Effect, Fault, Where};

use crate::support::{Lab, Ran, until};

#[test]
fn an_interrupt_waits_for_the_refresh_under_way() {
    a_signal_waits("-INT", 130);
}

#[test]
fn a_termination_waits_for_the_refresh_under_way() {
    a_signal_waits("-TERM", 143);
}

fn a_signal_waits(signal: &str, code: i32) {
    let lab = Lab::expired();
    let before = lab.tokens("token.json");
    let control = lab.sandbox.control();
    // Long enough for the signal to come in the middle, on a busy machine too.
    control.add_fault(Fault::new(Where::Token, Effect::Delay { millis: 1500 }));
    let mut command = lab.command(&["get", "employee", "58"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until(|| control.faults().is_empty());
    send(signal, &child);
    let ran = Ran::of(child.wait_with_output().unwrap());
    lab.search(&ran);
    assert_eq!(ran.code, code, "{ran:?}");
    assert_eq!(ran.stdout, "");
    assert_ne!(
        lab.tokens("token.json")["access_token"],
        before["access_token"]
    );
    assert_eq!(control.counters().refreshes, 1);
    lab.run(&["get", "employee", "58"]).ok();
    assert_eq!(control.counters().refreshes, 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_stops_a_program_that_waits_for_its_input() {
    let lab = Lab::new();
    let mut command = lab.command(&["api", "POST", "employee", "-f", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    until(|| catches_interrupts(&child));
    send("-INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Whether the program has come so far that it handles SIGINT itself.
#[cfg(target_os = "linux")]
fn catches_interrupts(child: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
    caught & 0b10 != 0
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let lab = Lab::new();
    let mut command = lab.command(&["query", "select * from Employee"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

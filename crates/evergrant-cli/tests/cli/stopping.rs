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

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_is_closed_waits_for_the_refresh_under_way() {
    a_signal_waits("-HUP", 129);
}

#[test]
#[cfg(target_os = "linux")]
fn who_was_started_to_outlive_the_terminal_does() {
    let lab = Lab::new();
    let control = lab.sandbox.control();
    control.add_fault(Fault::new(Where::Api, Effect::Delay { millis: 1500 }));
    let plain = lab.command(&["get", "employee", "58", "--path", "Employee.Id"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until(|| control.faults().is_empty());
    send("-HUP", &child);
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.ok(), "58\n");
}

#[test]
fn a_write_that_is_interrupted_says_how_to_go_on() {
    let lab = Lab::new();
    let name = "DisplayName=Interrupted";
    let ran = stopped_while(&lab, Where::Api, &["create", "customer", name], "-INT");
    let told = ran.failed(130, &["it may have been made", "-> go on with: "]);
    let (_, id) = told.trim_end().rsplit_once("--request-id ").unwrap();
    let again = ["create", "customer", name, "--request-id", id];
    let made = lab.run(&again).json();
    // The same id makes the same object, however often it is asked for.
    assert_eq!(
        lab.run(&again).json()["Customer"]["Id"],
        made["Customer"]["Id"]
    );
}

/// Runs a command that is sent a signal while an answer is on its way to it.
fn stopped_while(lab: &Lab, asking: Where, args: &[&str], signal: &str) -> Ran {
    let control = lab.sandbox.control();
    // Long enough for the signal to come in the middle, on a busy machine too.
    control.add_fault(Fault::new(asking, Effect::Delay { millis: 1500 }));
    let mut command = lab.command(args);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until(|| control.faults().is_empty());
    send(signal, &child);
    let ran = Ran::of(child.wait_with_output().unwrap());
    lab.search(&ran);
    ran
}

fn a_signal_waits(signal: &str, code: i32) {
    let lab = Lab::expired();
    let before = lab.tokens("token.json");
    let ran = stopped_while(&lab, Where::Token, &["get", "employee", "58"], signal);
    assert_eq!(ran.code, code, "{ran:?}");
    assert_eq!(ran.stdout, "");
    assert_ne!(
        lab.tokens("token.json")["access_token"],
        before["access_token"]
    );
    assert_eq!(lab.sandbox.control().counters().refreshes, 1);
    lab.run(&["get", "employee", "58"]).ok();
    assert_eq!(lab.sandbox.control().counters().refreshes, 1);
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

#[test]
#[cfg(target_os = "linux")]
fn a_write_whose_answer_can_not_be_shown_is_not_taken_for_one_that_failed() {
    let lab = Lab::new();
    let create = ["create", "customer", "DisplayName=Untold"];
    let full = || {
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let untold = Ran::of(lab.command(&create).stdout(full()).output().unwrap());
    let told = untold.failed(
        12,
        &["it was done, but the output can't be written", "go on with"],
    );
    let (_, id) = told.trim_end().rsplit_once("--request-id ").unwrap();
    let again = |path: &'static str| [&create[..], &["--request-id", id, "--path", path]].concat();
    // What asks for the answer makes nothing twice.
    lab.run(&again("Customer.Id")).ok();
    lab.run(&again("Customer.Shoe"))
        .failed(12, &["no Customer.Shoe", "it was done"]);
    let count = "select * from Customer where DisplayName = 'Untold'";
    assert_eq!(
        lab.run(&["query", count, "--path", "DisplayName"]).ok(),
        "Untold\n"
    );

    let garbled = Effect::Answer {
        status: 200,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: "{\"Customer\": ".to_owned(),
        after: true,
    };
    let control = lab.sandbox.control();
    control.add_fault(Fault::new(Where::Api, garbled));
    lab.run(&["create", "customer", "DisplayName=Garbled"])
        .failed(12, &["it was done, but", "go on with"]);

    lab.write("raw.json", r#"{"DisplayName":"Raw"}"#);
    let mut post = lab.command(&["api", "POST", "customer", "-f", "raw.json"]);
    let ran = Ran::of(post.stdout(full()).output().unwrap());
    ran.failed(12, &["it was done", "look before"]);
    // A read can be read again.
    let read = lab
        .command(&["get", "employee", "58"])
        .stdout(full())
        .output();
    Ran::of(read.unwrap()).failed(1, &["can't be written"]);
}

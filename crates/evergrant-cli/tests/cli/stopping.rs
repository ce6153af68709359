//! How the program ends when it is stopped from outside.
#![cfg(unix)]

use std::process::{Command, Stdio};

use evergrant_sandbox::{Effect, Fault, Where};

use crate::support::{Lab, Ran, until};

#[test]
fn a_signal_waits_for_the_refresh_under_way() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let lab = Lab::expired();
        let before = lab.tokens("token.json");
        let control = lab.sandbox.control();
        control.add_fault(Fault::new(Where::Token, Effect::Delay { millis: 400 }));
        let mut command = lab.command(&["get", "employee", "58"]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until(|| control.faults().is_empty());
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
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
fn a_signal_stops_a_program_that_waits_for_its_input() {
    let lab = Lab::new();
    let mut command = lab.command(&["-vv", "api", "POST", "employee", "-f", "-"]);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It can be stopped once it listens for signals; before, the system's own default stops it.
    let id = child.id().to_string();
    let kill = || Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(kill().success());
    let status = child.wait().unwrap();
    let by_signal = std::os::unix::process::ExitStatusExt::signal(&status) == Some(2);
    assert!(status.code() == Some(130) || by_signal, "{status:?}");
}

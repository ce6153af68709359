//! The files of `packaging/`, as far as they can be checked without the systems that they are for.

use std::io::Write as _;
use std::process::Command;

use crate::support::{Lab, Ran};

const UNIT: &str = include_str!("../../../../packaging/evergrant.service");
const PLIST: &str = include_str!("../../../../packaging/com.evergrant.gateway.plist");
const INSTALLED: &str = "/usr/local/bin/evergrant";

/// Whether a program is there; if not, that is told loudly.
fn is_there(program: &str, what: &str) -> bool {
    let there = Command::new(program).arg("--version").output();
    if there.is_ok_and(|it| it.status.success()) {
        return true;
    }
    let told = format!("\nNOT TESTED, no {program} here: {what}\n");
    drop(std::io::stderr().write_all(told.as_bytes()));
    false
}

#[test]
fn the_unit_is_one_that_systemd_takes() {
    assert!(UNIT.contains(&format!("ExecStart={INSTALLED} serve")));
    if !is_there("systemd-analyze", "the systemd unit") {
        return;
    }
    let lab = Lab::new();
    let unit = UNIT.replace(INSTALLED, env!("CARGO_BIN_EXE_evergrant"));
    let path = lab.write("evergrant.service", unit);
    let mut verify = Command::new("systemd-analyze");
    let ran = Ran::of(verify.arg("verify").arg(path).output().unwrap());
    ran.ok();
    assert!(!ran.stderr.contains("evergrant.service:"), "{ran:?}");
}

#[test]
fn the_plist_starts_the_gateway() {
    if !is_there("python3", "the launchd plist") {
        return;
    }
    let lab = Lab::new();
    let path = lab.write("gateway.plist", PLIST);
    let read =
        "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let ran = Command::new("python3")
        .args(["-c", read])
        .arg(path)
        .output();
    let plist = Ran::of(ran.unwrap()).json();
    assert_eq!(plist["Label"], "com.evergrant.gateway");
    assert_eq!(plist["ProgramArguments"][0], INSTALLED);
    assert_eq!(plist["ProgramArguments"][1], "serve");
    assert_eq!(plist["KeepAlive"]["SuccessfulExit"], false);
}

//! `doctor`: what it finds, and that it spends nothing.

use crate::support::{Lab, Ran};

#[track_caller]
fn found(ran: &Ran, code: i32, texts: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for text in texts {
        assert!(ran.stdout.contains(text), "{text:?} is not in {ran:?}");
    }
}

#[test]
fn a_healthy_connection() {
    let lab = Lab::new();
    #[cfg(unix)]
    crate::support::chmod(&lab.path("token.json"), 0o600);
    let ran = lab.run(&["doctor"]);
    found(
        &ran,
        0,
        &[
            "ok    token file",
            "answers and is trusted",
            "ok    company 123146096291789 answers",
        ],
    );
    assert!(
        !ran.stdout.contains("warn") && !ran.stdout.contains("fail"),
        "{ran:?}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_without_room_is_told_of() {
    let lab = Lab::new();
    let plain = lab.command(&["doctor"]);
    let mut full = std::process::Command::new("sh");
    // No file may grow beyond half a kilobyte; signal 25 would tell the process so.
    full.args(["-c", "trap '' 25; ulimit -f 1; exec \"$0\" doctor"])
        .arg(plain.get_program())
        .env_clear()
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let ran = lab.finish(&mut full);
    found(&ran, 10, &["fail  the folder", "takes no new files"]);
}

#[test]
fn an_expired_token_is_no_illness_and_is_not_refreshed() {
    let lab = Lab::expired();
    found(
        &lab.run(&["doctor"]),
        0,
        &["warn  the access token is refused"],
    );
    assert_eq!(lab.sandbox.control().counters().refreshes, 0);
    let tokens = lab.tokens("token.json");
    lab.run(&["get", "employee", "58"]).ok();
    assert_ne!(lab.tokens("token.json"), tokens);
}

#[test]
fn each_illness_has_its_line_and_its_code() {
    let lab = Lab::new();
    let with = |name: &str, value: &str| lab.finish(lab.command(&["doctor"]).env(name, value));
    found(&with("EVERGRANT_REALM", "999"), 3, &["fail  ", "--realm"]);
    found(
        &with("EVERGRANT_BASE_URL", "http://books.example"),
        3,
        &["plain http"],
    );
    found(
        &with("EVERGRANT_TOKEN_URL", "https://no-such-host.invalid/t"),
        8,
        &["can't be reached"],
    );
    found(
        &with("EVERGRANT_TOKEN_FILE", "none.json"),
        3,
        &["evergrant login"],
    );
    found(&with("EVERGRANT_CLIENT_ID", ""), 0, &["warn  no client id"]);
    let mut command = lab.command(&["doctor"]);
    let untrusted = lab.finish(command.env_remove("EVERGRANT_CA_FILE"));
    found(&untrusted, 3, &["not trusted", "--ca-file"]);
    lab.write("token.json", "{");
    found(&lab.run(&["doctor"]), 10, &["fail  ", "token.json"]);
}

#[test]
#[cfg(unix)]
fn an_open_file_is_warned_of() {
    let lab = Lab::new();
    crate::support::chmod(&lab.path("token.json"), 0o644);
    found(
        &lab.run(&["doctor"]),
        0,
        &["warn  others than its owner", "chmod 600"],
    );
}

#[test]
fn a_grant_that_is_over() {
    let lab = Lab::new();
    lab.run(&["logout"]).ok();
    found(
        &lab.run(&["doctor"]),
        4,
        &["fail  the grant is over", "evergrant login"],
    );
}

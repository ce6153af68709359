//! Commands about the grant itself: `token`, `refresh`, `status`, `logout`.

use std::time::Duration;

use evergrant_sandbox::{Effect, Fault, Options, Rotation, Where};

use crate::support::{Lab, Ran, until};

#[test]
fn token_prints_a_living_access_token_alone() {
    let lab = Lab::new();
    // Of this file's token nobody knows when it ends, so it is renewed first.
    let first = lab.run_for_token(&["token"]);
    let held = lab.tokens("token.json");
    assert_eq!(
        first.ok().trim_end(),
        held["access_token"].as_str().unwrap()
    );
    assert_eq!(first.stdout.lines().count(), 1);
    assert_eq!(first.ok(), lab.run_for_token(&["token"]).ok());
    assert_eq!(lab.sandbox.control().counters().token_calls, 1);
}

#[test]
fn token_refreshes_what_would_end_too_soon() {
    let lab = Lab::with(Options {
        access_life: Duration::from_secs(3),
        ..Options::default()
    });
    // A first refresh makes the age of the token known.
    lab.run(&["refresh"]).ok();
    let first = lab.tokens("token.json")["access_token"].clone();
    let enough = lab.run_for_token(&["token", "--min-life", "0"]);
    assert_eq!(enough.ok().trim_end(), first.as_str().unwrap());
    // No token lives an hour here, so one is renewed when a good part of its life is over.
    until(|| {
        lab.run_for_token(&["token", "--min-life", "3600"])
            .ok()
            .trim_end()
            != first
    });
    assert!(lab.sandbox.control().counters().refreshes >= 2);
}

#[test]
fn refresh_tells_what_rotated_by_fingerprint() {
    let lab = Lab::with(Options {
        rotation: Rotation::Strict,
        ..Options::default()
    });
    let ran = lab.run(&["refresh"]);
    assert!(ran.stderr.contains(" rotated to "), "{ran:?}");
    assert_eq!(ran.ok(), "");
    let window = Lab::new();
    let ran = window.run(&["refresh"]);
    assert!(ran.stderr.contains(" stays for now"), "{ran:?}");
}

#[test]
fn h13_a_copy_of_a_token_file_is_not_spent_once_its_token_is() {
    let lab = Lab::with(Options {
        rotation: Rotation::Strict,
        ..Options::default()
    });
    let copy = lab.write("copy.json", lab.read("token.json"));
    let copy = copy.to_str().unwrap();
    lab.run(&["refresh"]).ok();
    let refused = lab.run(&["refresh", "--token-file", copy]);
    refused.failed(4, &["spent before", "evergrant login"]);
    assert_eq!(lab.sandbox.control().counters().token_calls, 1);
    assert!(
        lab.run(&["status", "--token-file", copy])
            .stdout
            .contains("lapsed")
    );
    lab.run(&["refresh"]).ok();
}

#[test]
fn a_saved_file_keeps_what_others_wrote_and_is_private() {
    let lab = Lab::expired();
    let mut tokens = lab.tokens("token.json");
    tokens["note"] = "mine: 1.50".into();
    tokens["nested"] = serde_json::json!({ "z": 1, "a": [2.0] });
    lab.write("token.json", tokens.to_string());
    lab.run(&["get", "employee", "58"]).ok();
    let after = lab.tokens("token.json");
    assert_eq!(after["note"], tokens["note"]);
    assert_eq!(after["nested"], tokens["nested"]);
    let order = |value: &serde_json::Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&after)[..order(&tokens).len()], order(&tokens));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(lab.path("token.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn status_tells_without_asking_anybody() {
    let lab = Lab::new();
    lab.run(&["refresh"]).ok();
    let calls = lab.sandbox.control().counters().requests;
    let ran = lab.run(&["status"]);
    for text in [
        "token.json",
        "live",
        "sandbox",
        "123146096291789",
        "min left",
        "days left",
    ] {
        assert!(ran.ok().contains(text), "{text}: {ran:?}");
    }
    let json = lab.run(&["status", "--json"]).json();
    let connection = &json["connections"][0];
    assert_eq!(connection["state"], "live");
    assert_eq!(connection["name"], "token");
    assert_eq!(
        connection["tokens"]["access"]["fingerprint"]
            .as_str()
            .unwrap()
            .len(),
        8
    );
    assert_eq!(lab.sandbox.control().counters().requests, calls);
}

#[test]
fn status_tells_of_a_refresh_that_failed() {
    let lab = Lab::expired();
    let mut command = lab.command(&["get", "employee", "58"]);
    let wrong = lab.finish(command.env("EVERGRANT_CLIENT_SECRET", "wrong"));
    wrong.failed(3, &[]);
    let ran = lab.run(&["status"]);
    let line = ran
        .ok()
        .lines()
        .find(|line| line.starts_with("last refresh"));
    assert!(line.unwrap().contains("failed, nothing spent ("), "{ran:?}");
}

#[test]
fn status_lists_every_connection_of_the_file() {
    let lab = Lab::new();
    lab.issue("two.json");
    lab.configure(&format!(
        "{}environment = \"sandbox\"\n[connections.one]\ntoken_file = \"{}\"\n[connections.two]\ntoken_file = \"{}\"\n\
         [connections.three]\ntoken_file = \"none.json\"\n",
        lab.hosts(),
        lab.path("token.json").display(),
        lab.path("two.json").display()
    ));
    let ran = lab.finish(&mut lab.bare(&["status"]));
    assert_eq!(ran.code, 3, "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{ran:?}");
    assert!(lines[0].starts_with("NAME "));
    assert!(
        lines[1].starts_with("one ") && lines[1].ends_with("live"),
        "{ran:?}"
    );
    assert!(
        lines[2].starts_with("three ") && lines[2].contains("no token file"),
        "{ran:?}"
    );
    let one = lab
        .finish(&mut lab.bare(&["status", "-c", "two", "--json"]))
        .json();
    assert_eq!(one["connections"].as_array().unwrap().len(), 1);
}

#[test]
fn logout_revokes_and_an_already_revoked_grant_is_no_failure() {
    let lab = Lab::new();
    let ran = lab.run(&["logout"]);
    assert!(ran.stderr.contains("Revoked"), "{ran:?}");
    ran.ok();
    assert_eq!(lab.sandbox.control().counters().revocations, 1);
    lab.run(&["get", "employee", "58"])
        .failed(4, &["evergrant login"]);
    assert_eq!(lab.run(&["status", "--json"]).code, 4);

    let gone = Lab::new();
    gone.sandbox.control().revoke_grants();
    gone.run(&["logout"]).ok();
}

#[test]
fn a_lost_answer_to_a_refresh_costs_nothing() {
    let lab = Lab::expired();
    lab.sandbox
        .control()
        .add_fault(Fault::new(Where::Token, Effect::DropAfter));
    assert!(
        lab.run(&["get", "employee", "58"])
            .ok()
            .contains("Bill Miller")
    );
    assert!(lab.run(&["status"]).ok().contains("live"));
}

#[test]
fn tables_and_scripts_need_no_settings() {
    let lab = Lab::new();
    let codes = lab.finish(&mut lab.bare(&["exit-codes"]));
    for code in ["  0  done", "  4  ", " 12  ", "130  "] {
        assert!(codes.ok().contains(code), "{code:?}: {codes:?}");
    }
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = lab.finish(&mut lab.bare(&["completions", shell]));
        assert!(script.ok().contains("exit-codes"), "{shell}");
    }
}

#[test]
fn eight_processes_on_one_file_refresh_once() {
    let day = Duration::from_secs(24 * 3600);
    for rotation in [
        Rotation::Window { every: day },
        Rotation::Strict,
        Rotation::Graceful { grace: day },
    ] {
        let lab = Lab::with(Options {
            rotation,
            ..Options::default()
        });
        lab.sandbox.control().expire_access_tokens();
        let runs: Vec<Ran> = std::thread::scope(|scope| {
            let read = || {
                let mut command = lab.command(&["get", "employee", "58", "--path", "Id"]);
                scope.spawn(move || Ran::of(command.output().unwrap()))
            };
            let runs: Vec<_> = (0..8).map(|_| read()).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        for ran in &runs {
            lab.search(ran);
            assert_eq!(ran.ok(), "58\n", "{rotation:?}");
        }
        let counters = lab.sandbox.control().counters();
        assert_eq!(
            (counters.refreshes, counters.invalid_grants),
            (1, 0),
            "{rotation:?}"
        );
    }
}

//! Tokens sealed at rest: what is in the files, what a wrong key does, and how keys change.

use std::path::Path;

use serde_json::Value;

use crate::support::{Lab, Ran};

const KEYS: &str = "seal.key";

/// Runs with the key file, whatever else the environment says.
fn run(lab: &Lab, args: &[&str]) -> Ran {
    let mut command = lab.command(args);
    lab.finish(command.env("EVERGRANT_SEAL_KEY_FILE", lab.path(KEYS)))
}

/// A lab whose token file is sealed, and the tokens that were in it.
fn sealed() -> (Lab, Vec<String>) {
    let lab = Lab::new();
    let planted = secrets(&lab.tokens("token.json"));
    run(&lab, &["seal", "--new-key"]).ok();
    (lab, planted)
}

fn secrets(tokens: &Value) -> Vec<String> {
    ["access_token", "refresh_token"]
        .iter()
        .map(|member| tokens[*member].as_str().unwrap().to_owned())
        .collect()
}

/// Fails if one of the secrets is in a file of the folder.
#[track_caller]
fn nowhere(folder: &Path, secrets: &[String]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(contents) = std::fs::read(&path) else {
            continue;
        };
        let text = String::from_utf8_lossy(&contents);
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "in {}", path.display());
        }
    }
}

/// The access token of now, as a script would get it.
fn token(lab: &Lab) -> String {
    let mut command = lab.command(&["token"]);
    command.env("EVERGRANT_SEAL_KEY_FILE", lab.path(KEYS));
    let ran = Ran::of(command.output().unwrap());
    ran.ok().trim().to_owned()
}

/// The key that `status` says the tokens are sealed with.
fn key(lab: &Lab) -> String {
    let status = run(lab, &["status", "--json"]).json();
    status["connections"][0]["sealed_with"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn h50_sealed_tokens_are_in_no_file_before_and_after_a_refresh() {
    let (lab, planted) = sealed();
    nowhere(lab.home.path(), &planted);
    // Nobody knows its age, so this renews it.
    let first = token(&lab);
    nowhere(
        lab.home.path(),
        &[planted.clone(), vec![first.clone()]].concat(),
    );

    lab.sandbox.control().expire_access_tokens();
    run(&lab, &["get", "employee", "58"]).ok();
    let renewed = token(&lab);
    assert!(renewed != first);
    nowhere(lab.home.path(), &[planted, vec![first, renewed]].concat());
    let tokens = lab.tokens("token.json");
    assert_eq!(
        tokens["token_type"], "bearer",
        "what is no secret is as it was"
    );

    let card = run(&lab, &["status"]);
    assert!(
        card.ok().contains(&format!("with key {}", key(&lab))),
        "{card:?}"
    );
    let story = run(&lab, &["explain"]);
    assert!(
        story
            .ok()
            .contains(&format!("sealed with key {}", key(&lab)))
    );
    run(&lab, &["doctor"]).ok();
}

#[test]
fn h31_a_wrong_or_missing_key_touches_nothing_and_says_what_mends_it() {
    let (lab, _) = sealed();
    lab.sandbox.control().expire_access_tokens();
    let journal = || lab.read("token.json.journal");
    let before = (lab.read("token.json"), journal());
    let key = key(&lab);
    let other = "f".repeat(64);
    for args in [
        &["get", "employee", "58"][..],
        &["refresh"],
        &["token"],
        &["seal"],
        &["unseal"],
        &["logout"],
        &["explain"],
        &["status"],
    ] {
        let mut missing = lab.command(args);
        let missing = lab.finish(&mut missing);
        let mut wrong = lab.command(args);
        let wrong = lab.finish(wrong.env("EVERGRANT_SEAL_KEY", &other));
        wrong.failed(3, &[&key, "the keys at hand"]);
        assert_eq!(missing.code, 3, "{missing:?}");
        if args != ["seal"] {
            missing.failed(3, &[&key, "no key is given"]);
        }
        for ran in [missing, wrong] {
            assert!(!ran.stderr.contains(&other), "{ran:?}");
        }
    }
    let ran = lab.finish(lab.command(&["refresh"]).env("EVERGRANT_SEAL_KEY", &other));
    ran.failed(3, &["--seal-key-file", "evergrant login"]);
    assert_eq!(before, (lab.read("token.json"), journal()));
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
}

#[test]
fn keys_that_can_not_be_read_are_an_error_before_anything_is_spent() {
    let lab = Lab::expired();
    let ran = run(&lab, &["get", "employee", "58"]);
    ran.failed(3, &["seal.key", "can't be read"]);
    lab.write(KEYS, "my shopping list");
    #[cfg(unix)]
    {
        crate::support::chmod(&lab.path(KEYS), 0o640);
        let ran = run(&lab, &["get", "employee", "58"]);
        ran.failed(3, &["mode 0640", "chmod 600"]);
        crate::support::chmod(&lab.path(KEYS), 0o600);
    }
    let ran = run(&lab, &["get", "employee", "58"]);
    ran.failed(3, &["sealing key 1 is not 32 bytes"]);
    assert!(!ran.stderr.contains("shopping"));
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
}

#[test]
fn a_new_key_seals_and_the_old_one_opens_until_it_is_taken_away() {
    let (lab, _) = sealed();
    let old = key(&lab);
    let keys = lab.read(KEYS);
    // What another connection has sealed before.
    lab.issue("other.json");
    let other = lab.path("other.json");
    let other = ["--token-file", other.to_str().unwrap()];
    run(&lab, &[&["seal"], &other[..]].concat()).ok();

    let said = run(&lab, &["seal", "--new-key"]);
    said.ok();
    let new = key(&lab);
    assert_ne!(old, new);
    assert!(said.stderr.contains(&format!("New key {new}")), "{said:?}");
    assert!(
        said.stderr.contains(&format!("before with {old}")),
        "{said:?}"
    );
    assert!(lab.read(KEYS).starts_with(&keys), "no key is taken away");
    run(&lab, &[&["refresh"], &other[..]].concat()).ok();
    assert!(lab.read("other.json").contains(&format!(":{new}:")));

    // Who still has the old key only.
    lab.write("old.key", keys);
    #[cfg(unix)]
    crate::support::chmod(&lab.path("old.key"), 0o600);
    let mut late = lab.command(&["status"]);
    let late = lab.finish(late.env("EVERGRANT_SEAL_KEY_FILE", lab.path("old.key")));
    late.failed(3, &[&new, &old]);
}

#[test]
fn unsealed_tokens_are_as_they_were() {
    let lab = Lab::new();
    let before = lab.tokens("token.json");
    run(&lab, &["seal", "--new-key"]).ok();
    assert_ne!(lab.tokens("token.json"), before);
    run(&lab, &["unseal"]).ok();
    let after = lab.tokens("token.json");
    assert_eq!(after, before);
    let names = |tokens: &Value| {
        tokens
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&after), names(&before), "in their order");
    lab.run(&["get", "employee", "58"]).ok();
}

#[test]
fn sealed_tokens_of_one_connection_do_not_open_in_another() {
    let lab = Lab::new();
    let hosts = lab.hosts();
    lab.issue("acme.json");
    lab.issue("bolt.json");
    lab.write("secret.txt", crate::support::SECRET);
    lab.configure(&format!(
        "{hosts}client_secret_file = \"{0}/secret.txt\"\nenvironment = \"sandbox\"\n\
         seal_key_file = \"{0}/seal.key\"\n[connections.acme]\ntoken_file = \"{0}/acme.json\"\n\
         [connections.bolt]\ntoken_file = \"{0}/bolt.json\"\n",
        lab.home.path().display()
    ));
    let sealed = lab.finish(&mut lab.bare(&["seal", "--new-key"]));
    sealed.ok();
    assert_eq!(sealed.stderr.matches("New key").count(), 1, "{sealed:?}");
    for name in ["acme", "bolt"] {
        assert!(sealed.stderr.contains(&format!("{name}: sealed with key")));
        lab.finish(&mut lab.bare(&["refresh", "-c", name])).ok();
    }
    lab.write("bolt.json", lab.read("acme.json"));
    let swapped = lab.finish(&mut lab.bare(&["refresh", "-c", "bolt"]));
    swapped.failed(3, &["another connection's name than bolt"]);
    lab.finish(&mut lab.bare(&["refresh", "-c", "acme"])).ok();
}

#[test]
fn sealing_without_a_key_says_how_to_make_one() {
    let lab = Lab::new();
    let before = lab.read("token.json");
    let ran = lab.run(&["seal"]);
    ran.failed(3, &["evergrant seal --new-key"]);
    let ran = lab.finish(
        lab.command(&["seal", "--new-key"])
            .env("EVERGRANT_SEAL_KEY", "0".repeat(64)),
    );
    ran.failed(3, &["openssl rand -base64 32"]);
    assert_eq!(lab.read("token.json"), before);
    #[cfg(not(feature = "keyring"))]
    lab.run(&["seal", "--seal-keyring", "me"])
        .failed(3, &["--features keyring", "EVERGRANT_SEAL_KEY"]);
}

#[cfg(all(feature = "keyring", target_os = "linux"))]
#[test]
fn h45_a_keyring_that_is_not_there_is_an_error_and_not_a_wait() {
    let lab = Lab::expired();
    let before = lab.read("token.json");
    for args in [&["get", "employee", "58"][..], &["seal", "--new-key"]] {
        let mut command = lab.command(args);
        command
            .env("EVERGRANT_SEAL_KEYRING", "me")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
        lab.finish(&mut command)
            .failed(3, &["the OS keyring, account \"me\""]);
    }
    assert_eq!(lab.read("token.json"), before);
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
}

//! Many connections in one place: taking them in, giving them back, looking after them.
#![cfg(feature = "sqlite")]

use evergrant_sandbox::{Options, Rotation};
use serde_json::{Value, json};

use crate::support::{Lab, Ran};

/// A lab whose grants are kept in a store, and whose hosts stand in `evergrant.toml`.
fn lab(rotation: Rotation) -> Lab {
    let lab = Lab::with(Options {
        rotation,
        ..Options::default()
    });
    let secret = lab.write("secret", crate::support::SECRET);
    lab.configure(&format!(
        "environment = \"sandbox\"\nclient_secret_file = \"{}\"\n{}",
        secret.display(),
        lab.hosts()
    ));
    lab
}

fn run(lab: &Lab, args: &[&str]) -> Ran {
    lab.finish(&mut lab.bare(args))
}

fn listed(lab: &Lab, args: &[&str]) -> Vec<Value> {
    let all = run(lab, &[&["connections", "list", "--json"], args].concat());
    all.json()["connections"].as_array().unwrap().clone()
}

/// Another tool's file for a grant that has just been issued.
fn foreign(lab: &Lab, name: &str) -> Value {
    let mut tokens = lab.sandbox.issue_grant(lab.sandbox.realm());
    lab.plant(&tokens);
    tokens["realm_id"] = lab.sandbox.realm().into();
    lab.write(name, tokens.to_string());
    tokens
}

#[test]
fn another_tools_grant_is_taken_in_and_works() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "tokens.acme.json");
    let ran = run(&lab, &["import", "tokens.acme.json"]);
    ran.ok();
    assert!(ran.stderr.contains("acme: taken into"), "{ran:?}");
    let read = run(
        &lab,
        &["get", "employee", "58", "-c", "acme", "--path", "Id"],
    );
    assert_eq!(read.ok(), "58\n");
    let all = listed(&lab, &[]);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["name"], "acme");
    assert_eq!(all[0]["realm"], lab.sandbox.realm());
    assert_eq!(all[0]["state"], "live");
}

#[test]
fn h12_importing_again_never_brings_back_a_spent_token() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    let again = run(&lab, &["import", "acme.json", "--json"]);
    assert_eq!(again.json()["imported"][0]["outcome"], "known");
    run(&lab, &["refresh", "-c", "acme"]).ok();
    let again = run(&lab, &["import", "acme.json"]);
    again.failed(9, &["acme: not taken in"]);
    let read = run(
        &lab,
        &["get", "employee", "58", "-c", "acme", "--path", "Id"],
    );
    assert_eq!(read.ok(), "58\n");
    assert_eq!(lab.sandbox.control().counters().invalid_grants, 0);
}

#[test]
fn a_token_file_of_ours_hands_its_grant_over() {
    let lab = lab(Rotation::Strict);
    let file = lab.path("token.json");
    let file = file.to_str().unwrap();
    run(&lab, &["refresh", "--token-file", file]).ok();
    lab.search(&run(&lab, &["import", "-c", "acme", file]));
    run(&lab, &["refresh", "-c", "acme"]).ok();
    run(&lab, &["refresh", "--token-file", file]).failed(4, &["handed over"]);
    assert_eq!(lab.sandbox.control().counters().invalid_grants, 0);
}

#[test]
fn what_is_exported_is_the_files_alone_until_it_comes_back() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    run(&lab, &["refresh", "-c", "acme"]).ok();
    run(&lab, &["export", "acme", "--to", "out.json"]).ok();
    lab.plant(&lab.tokens("out.json"));
    run(&lab, &["export", "acme", "--to", "out.json"]).failed(9, &["is there already"]);
    run(&lab, &["export", "acme", "--to", "twin.json"])
        .failed(9, &["handed over before", "--again"]);
    assert!(!lab.path("twin.json").exists());
    run(&lab, &["refresh", "-c", "acme"]).failed(4, &["handed over"]);
    run(&lab, &["refresh", "--token-file", "out.json"]).ok();
    let back = run(&lab, &["import", "-c", "acme", "out.json"]);
    back.ok();
    run(&lab, &["refresh", "-c", "acme"]).ok();
    assert_eq!(lab.sandbox.control().counters().invalid_grants, 0);
}

#[test]
#[cfg(target_os = "linux")]
fn what_can_not_be_exported_is_not_lost() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    // Where no file can be made, nothing is handed over.
    std::fs::create_dir(lab.path("folder.json.next")).unwrap();
    for place in ["/proc/out.json", "folder.json"] {
        run(&lab, &["export", "acme", "--to", place]).failed(10, &[place]);
        run(&lab, &["refresh", "-c", "acme"]).ok();
    }
    run(&lab, &["export", "acme", "--to", "lost.json"]).ok();
    std::fs::remove_file(lab.path("lost.json")).unwrap();
    let again = ["export", "acme", "--to", "later.json", "--again"];
    run(&lab, &again).ok();
    run(&lab, &["refresh", "--token-file", "later.json"]).ok();
    assert_eq!(lab.sandbox.control().counters().invalid_grants, 0);
}

#[test]
fn a_paused_connection_is_left_alone() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    run(&lab, &["connections", "pause", "acme"]).ok();
    assert_eq!(listed(&lab, &["--state", "paused"]).len(), 1);
    assert_eq!(listed(&lab, &["--state", "live"]).len(), 0);
    run(&lab, &["refresh", "-c", "acme"]).failed(3, &["paused", "resume it"]);
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
    run(&lab, &["connections", "resume", "acme"]).ok();
    run(&lab, &["refresh", "-c", "acme"]).ok();
    run(&lab, &["connections", "pause", "nobody"]).failed(3, &["nobody"]);
}

#[test]
fn a_live_grant_is_not_removed_by_mistake() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    run(&lab, &["connections", "remove", "acme"]).failed(9, &["is alive", "--force"]);
    run(&lab, &["connections", "remove", "acme", "--force"]).ok();
    assert!(listed(&lab, &[]).is_empty());
    run(&lab, &["connections", "remove", "acme", "--force"]).failed(3, &["acme"]);
}

#[test]
fn status_and_explain_know_connections_without_a_table() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    run(&lab, &["refresh", "-c", "acme"]).ok();
    let status = run(&lab, &["status", "--json"]).json();
    let acme = &status["connections"][0];
    assert_eq!(acme["name"], "acme");
    assert_eq!(acme["token_file"], Value::Null);
    assert!(acme["store"].as_str().unwrap().ends_with("evergrant.db"));
    let story = run(&lab, &["explain", "acme"]);
    for word in ["found ", "tried ", "saved "] {
        assert!(story.ok().contains(word), "{word}: {story:?}");
    }
}

#[test]
fn a_name_that_the_store_does_not_know_is_a_mistake() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    let told = run(&lab, &["explain", "acne"]);
    assert_eq!(told.code, 3, "{told:?}");
    assert!(
        told.stdout.contains("the store has no such grant"),
        "{told:?}"
    );
}

#[test]
fn a_store_elsewhere_is_named_by_flag_environment_or_file() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    let url = format!("sqlite:{}", lab.path("deep/grants.db").display());
    run(&lab, &["import", "acme.json", "--store", &url]).ok();
    let mut command = lab.bare(&["connections", "list", "--json"]);
    let ran = lab.finish(command.env("EVERGRANT_STORE", &url));
    assert_eq!(ran.json()["connections"][0]["name"], "acme");
    let toml = lab.read(".config/evergrant/evergrant.toml");
    assert!(toml.contains("[connections.acme]"), "{toml}");
    assert!(toml.contains(&format!("store = \"{url}\"")), "{toml}");
    run(&lab, &["refresh", "-c", "acme"]).ok();
    let odd = run(&lab, &["connections", "list", "--store", "mysql://x"]);
    odd.failed(3, &["mysql", "sqlite:PATH"]);
}

#[cfg(unix)]
#[test]
fn h50_the_database_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    for entry in std::fs::read_dir(lab.path(".local/state/evergrant")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{entry:?}");
    }
    let doctor = run(&lab, &["doctor", "-c", "acme"]);
    for found in [
        "evergrant.db, generation 1",
        "ok    database: each commit is synced",
        "ok    database: it is whole",
        "locks exclude",
    ] {
        assert!(doctor.stdout.contains(found), "{found}: {doctor:?}");
    }
}

#[test]
fn several_files_are_named_by_themselves() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "one.json");
    foreign(&lab, "two.json");
    let [three, four] = ["three.json", "four.json"].map(|name| foreign(&lab, name));
    lab.write(
        "both.json",
        json!({ "three": three, "four": four }).to_string(),
    );
    run(&lab, &["import", "one.json", "two.json"]).ok();
    run(&lab, &["import", "both.json"]).ok();
    let names: Vec<_> = listed(&lab, &[]);
    let names: Vec<_> = names
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["four", "one", "three", "two"]);
    run(&lab, &["import", "-c", "x", "both.json"]).failed(2, &["several grants"]);
    run(&lab, &["import", "secret"]).failed(3, &["no refresh token"]);
}

#[test]
fn two_grants_never_get_one_name() {
    let lab = lab(Rotation::Strict);
    for name in ["one/token.json", "two/token.json"] {
        foreign(&lab, name);
    }
    let both = ["import", "one/token.json", "two/token.json"];
    run(&lab, &both).failed(2, &["two grants would be called token", "one by one"]);
    run(&lab, &["connections", "list"]).failed(3, &[]);
    run(&lab, &["import", "one/token.json"]).ok();
    let mut other = foreign(&lab, "other/token.json");
    other["realm_id"] = "9130350000000001".into();
    lab.write("other/token.json", other.to_string());
    run(&lab, &["import", "other/token.json"]).failed(
        9,
        &[
            "token: not taken in",
            "another company",
            lab.sandbox.realm(),
        ],
    );
    // A fresh login of the same company's wins, and says so.
    let ran = run(&lab, &["import", "two/token.json"]);
    assert!(ran.stderr.contains("in the place of another"), "{ran:?}");
    assert_eq!(ran.code, 0);
    // One that does not say whose it is belongs to the company that the name is known for.
    lab.issue("new/token.json");
    run(&lab, &["import", "new/token.json"]).ok();
    assert_eq!(listed(&lab, &[])[0]["realm"], lab.sandbox.realm());
}

#[test]
fn h12_one_grant_never_gets_two_names() {
    let lab = lab(Rotation::Strict);
    let tokens = foreign(&lab, "acme.json");
    lab.write(
        "twice.json",
        json!({ "x": tokens, "y": tokens }).to_string(),
    );
    run(&lab, &["import", "acme.json"]).ok();
    let second = run(&lab, &["import", "-c", "zeta", "acme.json", "--json"]);
    assert_eq!(second.code, 9, "{second:?}");
    let told: Value = serde_json::from_str(&second.stdout).unwrap();
    assert_eq!(told["imported"][0]["outcome"], "held");
    assert_eq!(told["imported"][0]["held_by"], "acme");
    run(&lab, &["refresh", "-c", "acme"]).ok();
    let old = ["import", "-c", "zeta", "acme.json"];
    run(&lab, &old).failed(9, &["zeta: not taken in", "spent"]);
    run(&lab, &["import", "twice.json"]).failed(9, &["spent"]);
    foreign(&lab, "new.json");
    let tokens = lab.tokens("new.json");
    lab.write(
        "twice.json",
        json!({ "x": tokens, "y": tokens }).to_string(),
    );
    run(&lab, &["import", "twice.json"]).failed(9, &["x: taken into", "already, as x"]);
    // What was given away has no name any more, and may come back by another one.
    run(&lab, &["export", "acme", "--to", "away.json"]).ok();
    run(&lab, &["import", "-c", "zeta", "away.json"]).ok();
    run(&lab, &["refresh", "-c", "zeta"]).ok();
    assert_eq!(lab.sandbox.control().counters().invalid_grants, 0);
}

#[test]
fn h13_a_copied_database_spends_nothing_before_it_is_told_that_it_is_the_only_one() {
    let lab = lab(Rotation::Strict);
    foreign(&lab, "acme.json");
    run(&lab, &["import", "acme.json"]).ok();
    // What is not folded into it yet, if anything is left, comes with it; what stands beside it does
    // not.
    let database = lab.path(".local/state/evergrant/evergrant.db");
    std::fs::copy(database, lab.path("copy.db")).unwrap();
    let log = lab.path(".local/state/evergrant/evergrant.db-wal");
    if log.exists() {
        std::fs::copy(log, lab.path("copy.db-wal")).unwrap();
    }
    let url = format!("sqlite:{}", lab.path("copy.db").display());
    let on_copy = |args: &[&str]| run(&lab, &[args, &["--store", &url]].concat());
    on_copy(&["refresh", "-c", "acme"]).failed(3, &["restored", "resume --restored"]);
    let listed = on_copy(&["connections", "list", "--json"]).json();
    assert_eq!(listed["connections"][0]["state"], "paused");
    let detail = listed["connections"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("restored from a backup"), "{detail}");
    on_copy(&["refresh", "-c", "acme"]).failed(3, &["restored"]);
    assert_eq!(lab.sandbox.control().counters().token_calls, 0);
    let resumed = on_copy(&["connections", "resume", "--restored"]);
    resumed.ok();
    assert!(resumed.stderr.contains("1 connection is"), "{resumed:?}");
    on_copy(&["refresh", "-c", "acme"]).ok();
    assert_eq!(lab.sandbox.control().counters().invalid_grants, 0);
}

//! Commands that look after grants: `keep`, `explain`, and what `status` warns of.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use evergrant_sandbox::{Effect, Fault, Options, Rotation, Where};

use crate::support::{Lab, Ran, until};

fn strict() -> Lab {
    Lab::with(Options {
        rotation: Rotation::Strict,
        ..Options::default()
    })
}

fn start(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.unwrap().success());
}

fn end(child: Child) -> Ran {
    Ran::of(child.wait_with_output().unwrap())
}

#[test]
fn keep_refreshes_every_connection_and_ends_well_when_stopped() {
    let lab = Lab::new();
    lab.issue("other.json");
    let hosts = lab.hosts();
    let secret = lab.write("secret", crate::support::SECRET);
    let connection = |name: &str, file: &str| {
        format!(
            "[connections.{name}]\ntoken_file = \"{}\"\nrealm = \"{}\"\nenvironment = \"sandbox\"\n\
             client_secret_file = \"{}\"\n{hosts}",
            lab.path(file).display(),
            lab.sandbox.realm(),
            secret.display()
        )
    };
    lab.configure(&format!(
        "{}\n{}",
        connection("acme", "token.json"),
        connection("zeta", "other.json")
    ));
    let child = start(&mut lab.bare(&["keep"]));
    until(|| lab.sandbox.control().counters().refreshes == 2);
    send("-TERM", &child);
    let ran = end(child);
    lab.search(&ran);
    assert_eq!(ran.ok(), "");
    assert!(
        ran.stderr.starts_with("Keeping acme, zeta alive\n"),
        "{ran:?}"
    );
    for name in [" acme: refreshed, because ", " zeta: refreshed, because "] {
        assert!(ran.stderr.contains(name), "{name}: {ran:?}");
    }
}

#[test]
fn the_environment_holds_for_all_connections_that_say_nothing_else() {
    let lab = Lab::new();
    lab.issue("other.json");
    let table = |name: &str, file: &str| {
        let file = lab.path(file);
        format!(
            "[connections.{name}]\ntoken_file = \"{}\"\n",
            file.display()
        )
    };
    let tables = [table("acme", "token.json"), table("zeta", "other.json")];
    lab.configure(&tables.concat());
    let mut command = lab.command(&["keep"]);
    command.env_remove("EVERGRANT_TOKEN_FILE");
    let child = start(&mut command);
    until(|| lab.sandbox.control().counters().refreshes == 2);
    send("-TERM", &child);
    let ran = end(child);
    lab.search(&ran);
    assert_eq!(ran.ok(), "");
    let mut command = lab.command(&["status", "--json"]);
    command.env_remove("EVERGRANT_TOKEN_FILE");
    let told = lab.finish(&mut command).json();
    for connection in told["connections"].as_array().unwrap() {
        assert_eq!(connection["environment"], "sandbox");
        // A realm in the environment is one company's.
        assert_eq!(connection["realm"], serde_json::Value::Null);
    }
}

#[test]
fn keep_follows_connections_that_come_and_go_in_the_settings() {
    let lab = Lab::new();
    let hosts = lab.hosts();
    let secret = lab.write("secret", crate::support::SECRET);
    let table = |name: &str| {
        format!(
            "[connections.{name}]\ntoken_file = \"{}\"\nenvironment = \"sandbox\"\n\
             client_secret_file = \"{}\"\n{hosts}",
            lab.issue(&format!("{name}.json")).display(),
            secret.display()
        )
    };
    let [acme, bolt] = ["acme", "bolt"].map(table);
    let refreshes = || lab.sandbox.control().counters().refreshes;
    let log = lab.path("log");
    let said = |text: &str| lab.read("log").contains(text);
    lab.configure(&acme);
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log);
    let child = lab.bare(&["keep"]).stderr(file.unwrap()).spawn().unwrap();
    until(|| refreshes() == 1);

    lab.configure(&format!("{acme}{bolt}"));
    until(|| refreshes() == 2);
    assert!(said(
        "Settings changed: added bolt\nKeeping acme, bolt alive\n"
    ));

    // Somebody is still typing: what was kept is kept.
    lab.configure(&format!("{acme}{bolt}[connections.co"));
    until(|| said("Going on with the settings as they were\n"));
    lab.configure(&bolt);
    until(|| said("Settings changed: removed acme\nKeeping bolt alive\n"));
    send("-TERM", &child);
    end(child).ok();
    assert_eq!(refreshes(), 2, "nothing is refreshed for being kept anew");
}

#[test]
fn h19_keep_saves_what_is_under_way_however_many_signals_come() {
    for signals in [["-TERM", "-TERM"], ["-INT", "-TERM"]] {
        let lab = strict();
        let control = lab.sandbox.control();
        let before = lab.tokens("token.json");
        // Long enough for both signals to come in the middle, on a busy machine too.
        control.add_fault(Fault::new(Where::Token, Effect::Delay { millis: 1500 }));
        let child = start(&mut lab.command(&["keep"]));
        until(|| control.faults().is_empty());
        for signal in signals {
            send(signal, &child);
        }
        let ran = end(child);
        lab.search(&ran);
        ran.ok();
        let after = lab.tokens("token.json");
        assert_ne!(after["refresh_token"], before["refresh_token"]);
        assert_eq!(control.counters().refreshes, 1);
        lab.run(&["refresh"]).ok();
    }
}

#[test]
fn explain_tells_the_story_and_what_to_do() {
    let lab = strict();
    let untouched = lab.run(&["explain"]);
    assert!(
        untouched.ok().contains("Nothing has been done"),
        "{untouched:?}"
    );
    lab.run(&["refresh"]).ok();
    let busy = Fault::new(Where::Token, Effect::Html { status: 503 });
    lab.sandbox.control().add_fault(busy.forever());
    assert_eq!(lab.run(&["refresh"]).code, 8);
    lab.sandbox.control().clear_faults();
    let failing = lab.run(&["explain"]);
    assert!(
        failing.ok().contains("\nTo do: mend this if it lasts: "),
        "{failing:?}"
    );
    lab.sandbox.control().revoke_grants();
    assert_eq!(lab.run(&["refresh"]).code, 4);
    let ran = lab.run(&["explain", "--all"]);
    let story = ran.ok();
    let mut rest = story;
    for part in [
        "found     generation 1: refresh token ",
        "tried     ",
        ", because it was asked for",
        "saved     generation 2: refresh token ",
        " rotated to ",
        "failed    nothing was spent",
        "503",
        "lapsed    refresh token ",
        "\nNow:   lapsed since ",
        "\nTo do: a human must consent again: evergrant login --token-file ",
    ] {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("{part:?} is not where it belongs in {story}");
        };
        rest = after;
    }
    let screen = lab.run(&["explain"]);
    assert!(screen.ok().lines().count() <= 24, "{screen:?}");
}

#[test]
fn explain_takes_a_connection_by_name_and_knows_no_other() {
    let lab = Lab::new();
    let file = lab.path("token.json");
    lab.configure(&format!(
        "[connections.acme]\ntoken_file = \"{}\"\n{}",
        file.display(),
        lab.hosts()
    ));
    let ran = lab.finish(&mut lab.bare(&["explain", "acme"]));
    assert!(ran.ok().starts_with("acme"), "{ran:?}");
    lab.finish(&mut lab.bare(&["explain", "nobody"]))
        .failed(3, &["nobody"]);
}

#[test]
fn refresh_if_older_than_leaves_young_tokens_alone() {
    let lab = Lab::new();
    lab.run(&["refresh", "--if-older-than", "30m"]).ok();
    assert_eq!(
        lab.sandbox.control().counters().token_calls,
        1,
        "age unknown"
    );
    let young = lab.run(&["refresh", "--if-older-than", "30m"]);
    young.ok();
    assert!(young.stderr.contains("Not refreshed"), "{young:?}");
    assert_eq!(lab.sandbox.control().counters().token_calls, 1);
    lab.run(&["refresh", "--if-older-than", "0s"]).ok();
    assert_eq!(lab.sandbox.control().counters().token_calls, 2);
    lab.run(&["refresh", "--if-older-than", "soon"])
        .failed(2, &["90s, 30m or 2h"]);
}

#[test]
fn status_warns_of_ends_that_come_near() {
    let lab = Lab::new();
    let well = {
        lab.run(&["refresh"]).ok();
        lab.run(&["status", "--json"]).json()
    };
    let connection = &well["connections"][0];
    assert_eq!(connection["warnings"].as_array().unwrap().len(), 0);
    let day = 24 * 3600;
    assert!(connection["runway"]["idle"].as_i64().unwrap() > 99 * day);
    assert!(connection["runway"]["access"].as_i64().unwrap() > 3000);

    // The 5 years of a grant, but for 6 days; it lives through them because it is refreshed.
    for days in std::iter::repeat_n(90, 20).chain([19]) {
        let passed = Duration::from_secs(days * 24 * 3600);
        lab.sandbox.control().advance(passed);
        lab.run(&["refresh"]).ok();
    }
    let near = lab.run(&["status", "--json"]).json();
    let warning = &near["connections"][0]["warnings"][0];
    assert_eq!(warning["end"], "hard");
    assert_eq!(warning["days"], 7);
    let card = lab.run(&["status"]);
    assert!(
        card.ok().contains("the grant reaches its hard end, "),
        "{card:?}"
    );
    let advice = lab.run(&["explain"]);
    assert!(advice.ok().contains(" before then"), "{advice:?}");
}

#[test]
#[cfg(feature = "sqlite")]
fn connections_of_one_store_may_trust_different_servers() {
    let lab = Lab::new();
    let secret = lab.write("secret", crate::support::SECRET);
    // One of them is called over plain http, as a sandbox may be that was tried before.
    let url = lab.sandbox.http_url().unwrap();
    lab.configure(&format!(
        "{}client_secret_file = \"{}\"\nenvironment = \"sandbox\"\n[connections.plain]\n\
         base_url = \"{url}\"\ntoken_url = \"{url}/oauth2/v1/tokens/bearer\"\n",
        lab.hosts(),
        secret.display()
    ));
    for name in ["acme", "plain"] {
        let file = lab.issue(&format!("{name}.json"));
        let realm = ["--realm", lab.sandbox.realm()];
        let import = [&["import", "-c", name, file.to_str().unwrap()][..], &realm].concat();
        lab.finish(&mut lab.bare(&import)).ok();
    }
    let child = start(&mut lab.bare(&["keep"]));
    let refreshed = || lab.sandbox.control().counters().refreshes;
    until(|| refreshed() == 2);
    send("-TERM", &child);
    let ran = end(child);
    assert_eq!(ran.code, 0, "{ran:?}");
    for name in ["acme", "plain"] {
        let told = format!("{name}: refreshed, because");
        assert_eq!(ran.stderr.matches(&told).count(), 1, "{ran:?}");
    }
    assert!(
        !ran.stderr.contains("WARNING"),
        "each has one keeper: {ran:?}"
    );
    assert_eq!(refreshed(), 2);
}

#[test]
fn an_authority_that_is_gone_keeps_no_other_connection_from_being_kept() {
    let lab = Lab::new();
    lab.issue("zeta.json");
    let secret = lab.write("secret", crate::support::SECRET);
    let connection = |name: &str, file: &str| {
        format!(
            "[connections.{name}]\ntoken_file = \"{}\"\n",
            lab.path(file).display()
        )
    };
    let gone = lab.path("gone.pem");
    lab.configure(&format!(
        "{}client_secret_file = \"{}\"\nenvironment = \"sandbox\"\n{}{}ca_file = \"{}\"\n",
        lab.hosts(),
        secret.display(),
        connection("acme", "token.json"),
        connection("zeta", "zeta.json"),
        gone.display()
    ));
    let child = start(&mut lab.bare(&["keep"]));
    let refreshed = || lab.sandbox.control().counters().refreshes;
    until(|| refreshed() == 1);
    // It is used as soon as it is there.
    lab.write("gone.pem", lab.sandbox.ca_pem());
    until(|| refreshed() == 2);
    send("-TERM", &child);
    end(child).failed(0, &["gone.pem can't be read"]);
}

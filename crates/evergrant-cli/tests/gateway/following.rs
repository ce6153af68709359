//! Connections that come, change and go while the gateway runs.

use crate::gate::Gate;
use crate::support::{Ran, chmod, until};

fn employee(gate: &Gate, connection: &str) -> String {
    let realm = gate.lab.sandbox.realm();
    format!("/{connection}/v3/company/{realm}/employee/58")
}

fn settings(gate: &Gate) -> String {
    gate.lab.read(".config/evergrant/evergrant.toml")
}

/// What a login under a new name leaves in `evergrant.toml`.
fn table(gate: &Gate, name: &str, token_file: &str) -> String {
    format!(
        "[connections.{name}]\ntoken_file = \"{}\"\nrealm = \"{}\"\nenvironment = \"sandbox\"\n",
        gate.lab.path(token_file).display(),
        gate.lab.sandbox.realm()
    )
}

#[test]
fn a_connection_is_served_as_soon_as_it_is_in_the_file_and_no_longer() {
    let mut gate = Gate::new();
    let (acme, bolt) = (employee(&gate, "acme"), employee(&gate, "bolt"));
    gate.get(&bolt).refused(404, "unknown_connection");
    let before = settings(&gate);
    gate.lab.issue("bolt.json");
    gate.lab
        .configure(&format!("{before}{}", table(&gate, "bolt", "bolt.json")));
    until(|| gate.get(&bolt).status == 200);
    gate.get(&acme).ok();

    // Another grant under the same name.
    gate.lab
        .write("other.json", "{\"access_token\": \"no-good\"}");
    gate.lab
        .configure(&format!("{before}{}", table(&gate, "bolt", "other.json")));
    until(|| gate.get(&bolt).status != 200);
    gate.get(&acme).ok();

    // What can't be read changes nothing.
    gate.lab.configure("[connections");
    gate.get(&acme).ok();

    gate.lab.configure(&before);
    until(|| gate.get(&bolt).status == 404);
    gate.get(&acme).ok();
    let said = gate.stop();
    for needle in [
        "Settings changed: added bolt",
        "Settings changed: changed bolt",
        "Settings changed: removed bolt",
    ] {
        assert!(said.stderr.contains(needle), "{needle}: {said:?}");
    }
}

#[test]
#[cfg(feature = "sqlite")]
fn a_connection_is_served_as_soon_as_it_is_in_the_store_and_no_longer() {
    let gate = Gate::new();
    let bolt = employee(&gate, "bolt");
    let run = |args: &[&str]| Ran::of(gate.lab.bare(args).output().unwrap());
    for name in ["bolt", "coil"] {
        let mut tokens = gate.lab.sandbox.issue_grant(gate.lab.sandbox.realm());
        tokens["realm_id"] = gate.lab.sandbox.realm().into();
        gate.lab.write(&format!("{name}.json"), tokens.to_string());
    }
    run(&["import", "bolt.json"]).ok();
    until(|| gate.get(&bolt).status == 200);
    run(&["import", "coil.json"]).ok();
    until(|| gate.get(&employee(&gate, "coil")).status == 200);
    gate.get(&employee(&gate, "acme")).ok();
    run(&["connections", "remove", "bolt", "--force"]).ok();
    until(|| gate.get(&bolt).status == 404);
    gate.get(&employee(&gate, "coil")).ok();
}

#[test]
fn a_gateway_that_can_not_read_its_store_is_not_ready_and_goes_on() {
    let mut gate = Gate::new();
    let acme = employee(&gate, "acme");
    let readiness = || gate.bare("GET", "/readyz", "", "");
    readiness().ok();
    let database = ".local/state/evergrant/evergrant.db";
    gate.lab.write(database, "this is no database".repeat(100));
    until(|| readiness().status == 503);
    assert!(readiness().body.contains("can't be read"));
    gate.get(&acme).ok();
    std::fs::remove_file(gate.lab.path(database)).unwrap();
    until(|| readiness().status == 200);
    let said = gate.stop();
    assert!(said.stderr.contains("as they were: "), "{said:?}");
}

#[test]
fn what_holds_from_the_start_on_is_told_of_when_it_changes() {
    let mut gate = Gate::new();
    let before = settings(&gate);
    let told = "[serve] has changed: what it says now holds after a restart";
    let changed = before.replace("limits = false", "limits = true");
    assert_ne!(changed, before);
    gate.lab.issue("bolt.json");
    gate.lab
        .configure(&format!("{changed}{}", table(&gate, "bolt", "bolt.json")));
    let bolt = employee(&gate, "bolt");
    until(|| gate.get(&bolt).status == 200);
    let said = gate.stop();
    assert_eq!(said.stderr.matches(told).count(), 1, "{said:?}");
}

#[test]
#[cfg(feature = "sqlite")]
fn a_connection_that_can_not_be_served_keeps_no_other_from_it() {
    let mut gate = Gate::new();
    let (acme, dent) = (employee(&gate, "acme"), employee(&gate, "dent"));
    gate.lab.write("other.toml", gate.lab.hosts());
    gate.lab.write("seal.key", "00".repeat(32));
    chmod(&gate.lab.path("seal.key"), 0o600);
    // The gateway's own page, one whose table leads elsewhere, one that is sealed with a key that the
    // gateway has not, and any other.
    for name in ["metrics", "acme", "sealed", "dent"] {
        let mut tokens = gate.lab.sandbox.issue_grant(gate.lab.sandbox.realm());
        tokens["realm_id"] = gate.lab.sandbox.realm().into();
        let file = format!("{name}.json");
        gate.lab.write(&file, tokens.to_string());
        let mut import = gate.lab.bare(&["import", &file, "--config", "other.toml"]);
        if name == "sealed" {
            import.env("EVERGRANT_SEAL_KEY_FILE", gate.lab.path("seal.key"));
        }
        Ran::of(import.output().unwrap()).ok();
    }
    until(|| gate.get(&dent).status == 200);
    gate.get(&acme).ok();
    let said = gate.stop();
    for name in ["metrics", "acme"] {
        let told = format!("{name}: WARNING: kept alive in ");
        assert_eq!(said.stderr.matches(&told).count(), 1, "{said:?}");
    }
    gate.start();
    gate.get(&dent).ok();
    let sealed = gate.get(&employee(&gate, "sealed"));
    sealed.refused(500, "configuration");
    assert!(sealed.body.contains("no key is given"), "{sealed:?}");
}

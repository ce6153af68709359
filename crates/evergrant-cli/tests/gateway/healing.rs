//! What a caller does not notice: tokens that end, answers that break off, a provider that is down.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};

use evergrant_sandbox::{Effect, Fault, Options, Rotation, Where};

use crate::gate::Gate;
use crate::support::until;

#[test]
fn a_thousand_callers_at_the_end_of_a_token_cause_one_refresh_and_see_no_401() {
    const CALLERS: usize = 1000;
    let gate = Gate::new();
    gate.get(&gate.employee()).ok();
    let control = gate.lab.sandbox.control();
    let before = control.counters().token_calls;
    control.expire_access_tokens();
    // Long enough for all to come while it is under way.
    control.add_fault(Fault::new(Where::Token, Effect::Delay { millis: 300 }));
    let start = Arc::new(Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (client, start) = ((*gate).clone(), Arc::clone(&start));
            let small = std::thread::Builder::new().stack_size(128 * 1024);
            small
                .spawn(move || {
                    start.wait();
                    let answer = client.get(&client.employee());
                    // Why not, if not.
                    let told = if answer.status == 200 {
                        String::new()
                    } else {
                        answer.body
                    };
                    (answer.status, told)
                })
                .unwrap()
        })
        .collect();
    let mut answers = BTreeMap::new();
    for caller in callers {
        *answers.entry(caller.join().unwrap()).or_insert(0) += 1;
    }
    let all_served = BTreeMap::from([((200, String::new()), CALLERS)]);
    assert_eq!(answers, all_served);
    let after = gate.lab.sandbox.control().counters().token_calls;
    assert_eq!(after - before, 1);
}

#[test]
fn an_upload_is_sent_again_after_a_401_if_it_can_be() {
    let gate = Gate::new();
    let path = format!("/acme/v3/company/{}/employee", gate.lab.sandbox.realm());
    gate.lab.sandbox.control().expire_access_tokens();
    let made = gate.post(&path, r#"{"GivenName":"Cy","FamilyName":"Other"}"#);
    assert_eq!(made.ok().json()["Employee"]["GivenName"], "Cy");
    assert_eq!(gate.lab.sandbox.control().counters().refreshes, 1);

    gate.lab.sandbox.control().expire_access_tokens();
    let large = format!(r#"{{"GivenName":"{}"}}"#, "x".repeat(3 << 20));
    let told = gate.post(&path, &large);
    told.refused(503, "unavailable");
    assert!(told.head.contains("retry-after: "), "{}", told.head);
    gate.get(&gate.employee()).ok();
}

#[test]
fn a_lapsed_connection_says_what_to_do() {
    let gate = Gate::new();
    gate.get(&gate.employee()).ok();
    gate.lab.sandbox.control().revoke_grants();
    let lapsed = gate.get(&gate.employee());
    let said = lapsed.refused(424, "lapsed").json();
    assert_eq!(said["connection"], "acme");
    assert!(
        said["what_to_do"]
            .as_str()
            .unwrap()
            .contains("consent again"),
        "{said}"
    );
    assert_eq!(said["Fault"]["type"], "AuthenticationFault");
    let xml = gate.send("GET", &gate.employee(), "accept: application/xml\r\n", "");
    assert!(xml.body.contains("<Fault type="), "{xml:?}");
    // A fresh login, pasted in, is found without a restart.
    gate.lab.issue("token.json");
    until(|| gate.get(&gate.employee()).status == 200);
}

#[test]
fn trouble_at_the_provider_is_told_as_it_is() {
    let gate = Gate::new();
    gate.get(&gate.employee()).ok();
    let control = gate.lab.sandbox.control();
    let path = format!("/acme/v3/company/{}/employee", gate.lab.sandbox.realm());
    // An idempotent request over an old connection is sent again, once.
    control.add_fault(Fault::new(Where::Api, Effect::DropBefore));
    gate.get(&gate.employee()).ok();
    control.add_fault(Fault::new(Where::Api, Effect::DropAfter));
    let lost = gate.post(&path, r#"{"GivenName":"Di","FamilyName":"Other"}"#);
    let said = lost.refused(502, "unanswered").json();
    let id = said["requestid"].as_str().unwrap();
    let again = gate.post(
        &format!("{path}?requestid={id}"),
        r#"{"GivenName":"Di","FamilyName":"Other"}"#,
    );
    assert_eq!(again.ok().json()["Employee"]["GivenName"], "Di");
    control.add_fault(Fault::new(Where::Api, Effect::Html { status: 503 }));
    let busy = gate.get(&gate.employee());
    assert_eq!(busy.status, 503);
    assert!(
        busy.body.contains("<html") || busy.body.contains("<HTML"),
        "{busy:?}"
    );
    control.add_fault(Fault::new(Where::Api, Effect::Truncate));
    let cut = gate.get(&gate.employee());
    assert!(cut.body.len() < 541 && cut.status == 200, "{cut:?}");
    gate.get(&gate.employee()).ok();
}

#[test]
fn a_401_that_no_token_cures_comes_through_and_causes_no_storm() {
    let gate = Gate::new();
    gate.get(&gate.employee()).ok();
    let before = gate.lab.sandbox.control().counters().token_calls;
    // A company that the token does not open.
    for _ in 0..5 {
        let other = gate.get("/acme/v3/company/999/employee/1");
        assert_eq!(other.status, 401, "{other:?}");
    }
    assert_eq!(gate.lab.sandbox.control().counters().token_calls, before);
}

#[test]
fn a_gateway_that_is_killed_again_and_again_loses_no_grant() {
    let mut gate = Gate::with(
        Options {
            rotation: Rotation::Strict,
            ..Options::default()
        },
        "limits = false\nschedule = false",
    );
    for round in 0..5 {
        let control = gate.lab.sandbox.control();
        control.expire_access_tokens();
        if round % 2 == 1 {
            control.add_fault(Fault::new(Where::Token, Effect::Html { status: 503 }));
        }
        gate.get(&gate.employee()).ok();
        // That the API has taken the new token is noted behind the caller's back. Without the note,
        // refusals may cause two refreshes in a minute and no more.
        until(|| {
            gate.lab
                .read("token.json.journal")
                .matches("accepted")
                .count()
                > round
        });
        gate.kill();
        gate.start();
    }
    gate.get(&gate.employee()).ok();
    assert!(
        gate.lab
            .sandbox
            .control()
            .grants()
            .iter()
            .any(|grant| !grant.revoked)
    );
}

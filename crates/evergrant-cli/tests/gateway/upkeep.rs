//! What an operator sees: health, metrics, the audit log, and a stop that loses nothing.

use std::io::Write as _;

use evergrant_sandbox::{Effect, Fault, Options, Rotation, Where};
use ring::hmac;

use crate::ear::{Ear, Heard};
use crate::gate::{Answer, Gate, request};
use crate::support::until;

#[test]
fn health_and_metrics_are_told_without_a_key() {
    let gate = Gate::with(Options::default(), "limits = false");
    until(|| gate.lab.sandbox.control().counters().refreshes == 1);
    gate.get(&gate.employee()).ok();
    gate.bare("GET", "/livez", "", "").ok();
    gate.bare("GET", "/readyz", "", "").ok();
    // The schedule tells of a grant's ends when it next looks at it.
    until(|| {
        let told = gate.bare("GET", "/metrics", "", "").body;
        [
            "evergrant_requests_total{connection=\"acme\",status=\"200\"} 1\n",
            "evergrant_refreshes_total{connection=\"acme\"} 1\n",
            "evergrant_live{connection=\"acme\"} 1\n",
            "evergrant_runway_seconds{connection=\"acme\"} 8",
            "evergrant_undurable_seconds_total{connection=\"acme\"} 0\n",
        ]
        .iter()
        .all(|line| told.contains(line))
    });
    assert_eq!(gate.bare("POST", "/metrics", "", "").status, 405);
}

#[test]
fn the_audit_log_says_who_did_what_and_holds_no_secret() {
    let gate = Gate::new();
    let query = "/query?query=select%20*%20from%20Employee%20where%20GivenName%3D'Planted'";
    gate.get(&format!(
        "/acme/v3/company/{}{query}",
        gate.lab.sandbox.realm()
    ))
    .ok();
    gate.bare("GET", &gate.employee(), "", "");
    let lines = gate.audit(2);
    assert_eq!(lines[0]["method"], "GET");
    assert_eq!(lines[0]["realm"], gate.lab.sandbox.realm());
    assert_eq!(lines[0]["status"], 200);
    assert_eq!(lines[1]["refused"], "no_key");
    let text = gate.lab.read("serve/audit.jsonl");
    // The secret may hold the mark that parts it from the name.
    let secret = gate.key.splitn(3, '_').nth(2).unwrap();
    let token = gate.lab.tokens("token.json")["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    for planted in ["Planted", secret, &token] {
        assert!(!text.contains(planted), "{planted}");
    }
}

#[test]
fn h19_stopping_answers_what_is_under_way_and_saves_a_refresh() {
    let mut gate = Gate::with(
        Options {
            rotation: Rotation::Strict,
            ..Options::default()
        },
        "limits = false\nschedule = false",
    );
    gate.get(&gate.employee()).ok();
    let before = gate.lab.tokens("token.json");
    let control = gate.lab.sandbox.control();
    control.expire_access_tokens();
    control.add_fault(Fault::new(Where::Token, Effect::Delay { millis: 1000 }));
    let mut stream = gate.connect();
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    stream
        .write_all(request("GET", &gate.employee(), &head, "").as_bytes())
        .unwrap();
    until(|| control.faults().is_empty());
    gate.lab.plant(&before);
    gate.stop().ok();
    Answer::read(&mut stream).ok();
    let after = gate.lab.tokens("token.json");
    assert_ne!(after["refresh_token"], before["refresh_token"]);
    gate.start();
    gate.get(&gate.employee()).ok();
    let lines = gate.audit(3);
    assert!(lines.iter().all(|line| line["status"] == 200), "{lines:?}");
}

#[test]
fn the_schedule_keeps_a_grant_fresh_though_nobody_asks() {
    let gate = Gate::with(Options::default(), "limits = false");
    let control = gate.lab.sandbox.control();
    until(|| control.counters().refreshes == 1);
    gate.get(&gate.employee()).ok();
    assert_eq!(control.counters().refreshes, 1);
}

#[test]
fn every_line_of_a_json_log_is_json() {
    let mut gate = Gate::with(
        Options::default(),
        "limits = false\nschedule = false\nlog = \"json\"",
    );
    gate.get(&gate.employee()).ok();
    gate.lab.sandbox.control().expire_access_tokens();
    gate.get(&gate.employee()).ok();
    let said = gate.stop();
    let lines: Vec<serde_json::Value> = said
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    for needle in ["Serving acme", "refreshed, because", "Stopping"] {
        let told = |line: &&serde_json::Value| line["message"].as_str().unwrap().contains(needle);
        assert!(lines.iter().any(|line| told(&line)), "{needle}: {lines:?}");
    }
    assert!(lines.iter().any(|line| line["connection"] == "acme"));
}

#[test]
fn a_request_is_a_line_of_the_log_with_v_and_a_span_at_a_collector() {
    let ear = Ear::open(&[]);
    let mut gate = Gate::stopped(
        Options::default(),
        &format!("limits = false\nschedule = false\notlp = \"{}\"", ear.url),
    );
    let mut verbose = gate.lab.bare(&["serve", "--listen", "127.0.0.1:0", "-v"]);
    gate.start_as(&mut verbose);
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let header = format!("traceparent: 00-{trace}-{parent}-01\r\n");
    let target = format!("{}?planted=query", gate.employee());
    gate.send("GET", &target, &header, "").ok();
    let unknown = gate.employee().replace("employee/58", "employee/nobody");
    assert_ne!(gate.get(&unknown).status, 200);
    let said = gate.stop();
    // What was told before the end is posted before the end.
    let posts = ear.heard();
    assert!(posts.iter().all(|post| post.path == "/v1/traces"));
    let spans: Vec<serde_json::Value> = posts
        .iter()
        .flat_map(|post| {
            let body: serde_json::Value = serde_json::from_str(&post.body).unwrap();
            let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
            spans.as_array().unwrap().clone()
        })
        .collect();
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert_eq!(spans[0]["traceId"], trace);
    assert_eq!(spans[0]["parentSpanId"], parent);
    assert_eq!(spans[0]["name"], "GET acme");
    assert_eq!(spans[1]["parentSpanId"], "");
    assert_ne!(spans[1]["traceId"], trace);
    let nanos = |name: &str| spans[0][name].as_str().unwrap().parse::<i64>().unwrap();
    assert!(nanos("startTimeUnixNano") < nanos("endTimeUnixNano"));
    let text = format!("{spans:?}");
    assert!(
        text.contains("/employee/58") && text.contains("everybody"),
        "{text}"
    );
    let line = format!("GET {} 200, ", gate.employee().replacen("/acme", "", 1));
    assert!(said.stderr.contains(&line), "{line}: {said:?}");
    for planted in ["planted", &gate.key] {
        assert!(!text.contains(planted) && !said.stderr.contains(planted));
    }
    let token = gate.lab.tokens("token.json")["access_token"].to_string();
    assert!(!text.contains(token.trim_matches('"')));
}

#[test]
fn a_lapse_is_told_once_and_so_is_its_end() {
    // The first post is not taken, and is made again.
    let ear = Ear::open(&[500]);
    let alerts = format!(
        "limits = false\nschedule = false\n[serve.alerts]\nfile = \"../../alerts.jsonl\"\n\
         command = [\"sh\", \"-c\", \"cat >> ran; echo >> ran\"]\nwebhook = \"{}/alerts?a=b\"\n\
         webhook_secret_file = \"../../alerts.secret\"",
        ear.url
    );
    let mut gate = Gate::stopped(Options::default(), &alerts);
    gate.lab.write("alerts.secret", "secret-of-alerts\n");
    gate.start();
    gate.get(&gate.employee()).ok();
    gate.lab.sandbox.control().revoke_grants();
    gate.get(&gate.employee()).refused(424, "lapsed");
    gate.get(&gate.employee()).refused(424, "lapsed");
    let told = || std::fs::read_to_string(gate.lab.path("alerts.jsonl")).unwrap_or_default();
    until(|| told().lines().count() == 1);
    gate.lab.issue("token.json");
    // That it can be refreshed is the proof that it lives; what was pasted in may be anything.
    gate.lab.sandbox.control().expire_access_tokens();
    until(|| gate.get(&gate.employee()).status == 200);
    until(|| told().lines().count() == 2);
    let lines: Vec<serde_json::Value> = told()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["alert"], "lapsed");
    assert_eq!(lines[1]["alert"], "recovered");
    let ran = || std::fs::read_to_string(gate.lab.path("ran")).unwrap_or_default();
    until(|| ran() == told());

    until(|| ear.heard().len() == 3);
    let posts = ear.heard();
    assert_eq!(posts[0].body, posts[1].body, "the same again after a 500");
    let bodies: Vec<&str> = posts[1..].iter().map(|post| post.body.as_str()).collect();
    assert_eq!(bodies, told().lines().collect::<Vec<_>>());
    for post in &posts {
        assert_eq!(post.path, "/alerts?a=b");
        assert_eq!(post.header("content-type"), Some("application/json"));
        assert!(is_signed(post, b"secret-of-alerts"), "{post:?}");
        assert!(!is_signed(post, b"another-secret"));
    }
    gate.stop().ok();
    assert_eq!(ear.heard().len(), 3, "nothing is told twice");
}

/// As docs/gateway.md tells a receiver to check it: `t=SECONDS,v1=HMAC-SHA256 of "SECONDS.BODY"`.
fn is_signed(post: &Heard, secret: &[u8]) -> bool {
    let signature = post.header("evergrant-signature").unwrap();
    let (time, proof) = signature.split_once(",v1=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let expected = hmac::sign(&key, format!("{time}.{}", post.body).as_bytes());
    let hex = expected.as_ref().iter().map(|byte| format!("{byte:02x}"));
    hex.collect::<String>() == proof
}

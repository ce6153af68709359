//! Webhooks from the sandbox, through the gateway's queue, to a program: none is lost, whatever dies.

use std::collections::BTreeSet;
use std::io::Write as _;

use evergrant_quickbooks::webhook::sign;
use evergrant_sandbox::{Options, Webhook, WebhookFormat};
use serde_json::{Value, json};

use crate::ear::Ear;
use crate::gate::{Answer, Client, Gate};
use crate::support::{Ran, until};

const PAGE: &str = include_str!("../../../../docs/webhooks.md");
const VERIFIER: &str = "verifier-of-the-app";

/// A gateway that hands events to a program which appends them to a file, unless there is a file that
/// tells it to fail.
fn listening(more: &str) -> Gate {
    let settings = format!(
        "limits = false\nschedule = false\n[serve.webhooks]\nverifier_file = \"../../verifier\"\n\
         command = [\"sh\", \"hand.sh\"]\n{more}",
    );
    let mut gate = Gate::stopped(Options::default(), &settings);
    let script = "test ! -e broken && printf '%s\\n' \"$(cat)\" >> heard\n";
    gate.lab.write("hand.sh", script);
    gate.lab
        .write("verifier", format!("old-token\n{VERIFIER}\n"));
    gate.start();
    gate
}

fn heard(gate: &Gate) -> Vec<Value> {
    let text = std::fs::read_to_string(gate.lab.path("heard")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Points the sandbox's webhooks at the gateway.
fn subscribe(gate: &Gate, format: WebhookFormat) {
    let control = gate.lab.sandbox.control();
    control.clear_webhooks();
    let webhook = Webhook {
        url: format!("http://{}/webhooks", gate.address),
        format,
        verifier: VERIFIER.to_owned(),
        entities: Vec::new(),
    };
    control.add_webhook(webhook).unwrap();
}

/// Makes a customer through the gateway; its id.
fn customer(gate: &Gate, name: &str) -> String {
    let target = format!("/acme/v3/company/{}/customer", gate.lab.sandbox.realm());
    let made = gate.post(&target, &json!({ "DisplayName": name }).to_string());
    made.ok().json()["Customer"]["Id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn events(ids: &[&str]) -> String {
    let events: Vec<Value> = ids
        .iter()
        .map(|id| {
            json!({"specversion": "1.0", "id": format!("event-{id}"), "source": "intuit.x",
                "type": "qbo.invoice.created.v1", "time": "2026-01-01T00:00:00Z",
                "intuitentityid": id, "intuitaccountid": "310687", "data": {}})
        })
        .collect();
    Value::from(events).to_string()
}

fn deliver(gate: &Client, body: &str) -> Answer {
    let headers = format!("intuit-signature: {}\r\n", sign(VERIFIER, body.as_bytes()));
    gate.bare("POST", "/webhooks", &headers, body)
}

fn metric(gate: &Gate, name: &str) -> u64 {
    let metrics = gate.bare("GET", "/metrics", "", "").body;
    let mut lines = metrics.lines();
    let found = lines.find_map(|line| line.strip_prefix(&format!("evergrant_webhook_{name} ")));
    found.unwrap().parse().unwrap()
}

#[test]
fn a_change_in_the_books_reaches_the_program_in_either_format() {
    let gate = listening("gaps = false");
    for (format, name) in [
        (WebhookFormat::CloudEvents, "Ann"),
        (WebhookFormat::Legacy, "Bob"),
    ] {
        subscribe(&gate, format);
        let before = heard(&gate).len();
        let id = customer(&gate, name);
        until(|| heard(&gate).len() > before);
        let event = heard(&gate).pop().unwrap();
        assert_eq!(event["entity"], "Customer");
        assert_eq!(event["id"], id);
        assert_eq!(event["action"], "created");
        assert_eq!(event["realm"], gate.lab.sandbox.realm());
        assert_eq!(event["connection"], "acme");
        assert_eq!(event["source"], "webhook");
        let acknowledged = || {
            let deliveries = gate.lab.sandbox.control().webhook_deliveries();
            !deliveries.is_empty() && deliveries.iter().all(|it| it.acknowledged)
        };
        until(acknowledged);
    }
    assert_eq!(metric(&gate, "handed_total"), 2);
}

#[test]
fn only_what_is_signed_is_taken_and_the_same_only_once() {
    let gate = listening("gaps = false");
    let body = events(&["1", "2"]);
    for headers in [
        String::new(),
        "intuit-signature: bm8=\r\n".to_owned(),
        format!("intuit-signature: {}\r\n", sign("other", body.as_bytes())),
    ] {
        gate.bare("POST", "/webhooks", &headers, &body)
            .refused(401, "signature");
    }
    assert_eq!(gate.bare("GET", "/webhooks", "", "").status, 405);
    let lines = gate.audit(4);
    assert_eq!(lines[0]["refused"], "signature");
    assert_eq!(lines[0]["status"], 401);
    let old = format!(
        "intuit-signature: {}\r\n",
        sign("old-token", body.as_bytes())
    );
    gate.bare("POST", "/webhooks", &old, &body).ok();
    for _ in 0..3 {
        deliver(&gate, &body).ok();
    }
    deliver(&gate, &events(&["2", "3"])).ok();
    // It is Intuit's, but nothing that we know: it must not come again.
    deliver(&gate, "{\"novelty\": true}").ok();
    until(|| metric(&gate, "handed_total") == 3);
    let ids: Vec<Value> = heard(&gate).iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!(metric(&gate, "known_total"), 7);
    let lines = gate.audit(10);
    assert_eq!(
        (&lines[4]["caller"], &lines[4]["status"]),
        (&json!("webhooks"), &json!(200))
    );
    assert_eq!(metric(&gate, "waiting"), 0);
}

#[test]
fn what_is_not_taken_waits_is_shown_and_goes_when_the_program_works_again() {
    let gate = listening("gaps = false");
    gate.lab.write("broken", "");
    deliver(&gate, &events(&["1", "2"])).ok();
    until(|| metric(&gate, "failed_total") >= 2);
    assert_eq!(metric(&gate, "waiting"), 2);
    let queue = || {
        Ran::of(
            gate.lab
                .bare(&["webhook", "queue", "-o", "jsonl"])
                .output()
                .unwrap(),
        )
    };
    assert_eq!(queue().ok().lines().count(), 2);
    assert!(
        queue().ok().contains("\"key\":\"event-1\""),
        "{:?}",
        queue()
    );
    std::fs::remove_file(gate.lab.path("broken")).unwrap();
    until(|| heard(&gate).len() == 2);
    until(|| queue().ok().is_empty());
}

/// A crash at any moment: whatever was acknowledged is handed on, after the restart at the latest.
#[test]
fn no_event_is_lost_to_a_kill() {
    let mut gate = listening("gaps = false");
    let mut acknowledged = BTreeSet::new();
    for round in 0..6 {
        if round % 2 == 0 {
            gate.lab.write("broken", "");
        }
        let client: &Client = &gate;
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..3)
                .map(|sender| {
                    scope.spawn(move || {
                        let mut taken = Vec::new();
                        for count in 0..200 {
                            let id = format!("{round}{sender}{count:03}");
                            let Some(answer) = try_to_deliver(client, &events(&[&id])) else {
                                break;
                            };
                            if answer.status == 200 {
                                taken.push(id);
                            }
                        }
                        taken
                    })
                })
                .collect();
            // In the middle of it: each round a little later.
            let soon = || std::fs::metadata(gate.lab.path("serve/webhooks.jsonl"));
            let size = soon().map_or(0, |it| it.len());
            until(|| soon().is_ok_and(|it| it.len() > size + round * 2_000));
            gate.signal("-KILL");
            for sender in senders {
                acknowledged.extend(sender.join().unwrap());
            }
        });
        drop(std::fs::remove_file(gate.lab.path("broken")));
        gate.kill();
        gate.start();
    }
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    until(|| metric(&gate, "waiting") == 0);
    let heard: BTreeSet<String> = heard(&gate)
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();
    let lost: Vec<_> = acknowledged.difference(&heard).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// A file that can't grow stands for a disk that is full.
#[test]
fn a_full_disk_refuses_deliveries_and_keeps_what_it_has_acknowledged() {
    let mut gate = listening("gaps = false");
    gate.stop().ok();
    gate.lab.write("broken", "");
    let bare = gate.lab.bare(&[]);
    let mut limited = std::process::Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" serve --listen 127.0.0.1:0";
    limited
        .args(["-c", script, env!("CARGO_BIN_EXE_evergrant")])
        .env_clear()
        .current_dir(bare.get_current_dir().unwrap());
    for (name, value) in bare.get_envs() {
        limited.env(name, value.unwrap());
    }
    gate.start_as(&mut limited);
    let mut acknowledged = Vec::new();
    let refused = (0..1_000).map(|id| id.to_string()).find(|id| {
        let answer = deliver(&gate, &events(&[id]));
        if answer.status == 200 {
            acknowledged.push(id.clone());
        }
        answer.status != 200
    });
    let refused = refused.unwrap();
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
    deliver(&gate, &events(&[&refused])).refused(503, "store");
    gate.kill();
    gate.start();
    std::fs::remove_file(gate.lab.path("broken")).unwrap();
    deliver(&gate, &events(&[&refused])).ok();
    acknowledged.push(refused);
    until(|| metric(&gate, "waiting") == 0);
    let heard = heard(&gate);
    let ids: BTreeSet<&str> = heard.iter().map(|it| it["id"].as_str().unwrap()).collect();
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|id| !ids.contains(id.as_str()))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

fn try_to_deliver(gate: &Client, body: &str) -> Option<Answer> {
    // A gateway that was killed takes no connection.
    std::net::TcpStream::connect(&gate.address).ok()?;
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| deliver(gate, body)));
    answer.ok()
}

#[test]
fn what_happened_while_nobody_listened_is_found_and_marked_as_such() {
    let mut gate = listening("gaps = \"3s\"");
    subscribe(&gate, WebhookFormat::CloudEvents);
    let told = customer(&gate, "Ann");
    until(|| heard(&gate).len() == 1);
    // The first question has been asked: from then on there can be a gap.
    let asked = || {
        let text = gate.lab.read("serve/webhooks.jsonl");
        text.contains("\"until\"")
    };
    until(asked);
    gate.lab.sandbox.control().clear_webhooks();
    let missed = customer(&gate, "Bob");
    let is_found = |gate: &Gate, id: &str| {
        let heard = heard(gate);
        heard
            .iter()
            .any(|it| it["id"] == id && it["source"] == "cdc")
    };
    until(|| is_found(&gate, &missed));
    // And while the gateway was down: the program itself changes the books meanwhile.
    gate.stop().ok();
    let made = gate.lab.run(&[
        "create",
        "customer",
        "DisplayName=Cid",
        "--path",
        "Customer.Id",
    ]);
    let made = made.ok().trim().to_owned();
    gate.start();
    until(|| is_found(&gate, &made));
    until(|| metric(&gate, "waiting") == 0);
    let all = heard(&gate);
    let of = |id: &str| all.iter().filter(|it| it["id"] == id).collect::<Vec<_>>();
    assert_eq!(
        of(&told).len(),
        1,
        "what was told is not found again: {all:?}"
    );
    assert_eq!(of(&missed).len(), 1, "{all:?}");
    assert_eq!(of(&made)[0]["action"], "created", "{all:?}");
}

#[test]
fn a_url_gets_each_event_signed_until_it_takes_it() {
    let ear = Ear::open(&[503]);
    let mut gate = Gate::stopped(
        Options::default(),
        &format!(
            "limits = false\nschedule = false\n[serve.webhooks]\nverifier_file = \"../../verifier\"\n\
             url = \"{}/changed\"\nsecret_file = \"../../verifier\"\ngaps = false",
            ear.url
        ),
    );
    gate.lab.write("verifier", VERIFIER);
    gate.start();
    deliver(&gate, &events(&["7"])).ok();
    until(|| metric(&gate, "handed_total") == 1);
    let posts = ear.heard();
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[0].body, posts[1].body);
    assert_eq!(posts[1].path, "/changed");
    assert!(posts[1].header("evergrant-signature").is_some());
    let event: Value = serde_json::from_str(&posts[1].body).unwrap();
    assert_eq!(event["id"], "7");
    assert_eq!(event["connection"], Value::Null, "nobody's company");
}

/// The program of docs/webhooks.md, as it stands there, where there is Python.
#[test]
fn the_program_of_the_page_reads_the_object_through_the_gateway() {
    let there = std::process::Command::new("python3")
        .arg("--version")
        .output();
    if !there.is_ok_and(|it| it.status.success()) {
        let told = b"\nNOT TESTED, no python3 here: the program of docs/webhooks.md\n";
        drop(std::io::stderr().write_all(told));
        return;
    }
    let (_, rest) = PAGE.split_once("```python\n").unwrap();
    let program = rest.split("```").next().unwrap();
    let mut gate = Gate::stopped(
        Options::default(),
        &format!(
            "limits = false\nschedule = false\n[serve.webhooks]\nverifier_file = \"../../verifier\"\n\
             command = [{:?}, \"exec\", \"--preset\", \"read-only\", \"--\", \"python3\", \"changed.py\"]\n\
             gaps = false",
            env!("CARGO_BIN_EXE_evergrant")
        ),
    );
    gate.lab.write("verifier", VERIFIER);
    gate.lab.write("changed.py", program);
    gate.start();
    subscribe(&gate, WebhookFormat::CloudEvents);
    customer(&gate, "Ann of the page");
    until(|| metric(&gate, "handed_total") == 1);
    let said = gate.stop();
    assert!(said.stderr.contains("Ann of the page"), "{said:?}");
}

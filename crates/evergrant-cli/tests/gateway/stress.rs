//! Clients that do everything wrong: bounded memory and time, and nobody else is kept waiting.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use evergrant_sandbox::{Effect, Fault, Where};

use crate::gate::{Answer, Gate, request};

#[test]
fn header_bombs_and_nonsense_are_turned_away() {
    let gate = Gate::new();
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(200 * 1024));
    for (what, headers) in [("many", many), ("long", long)] {
        let answer = gate.bare("GET", &gate.employee(), &headers, "");
        assert!(
            matches!(answer.status, 400 | 431),
            "{what}: {}",
            answer.head
        );
    }
    let endless = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(200 * 1024));
    assert!(matches!(gate.raw(&endless).status, 400 | 414 | 431));
    for nonsense in [
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\u{16}\u{3}\u{1}",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = gate.connect();
        stream.write_all(nonsense.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let answer = Answer::read(&mut stream);
        assert_ne!(answer.status, 200, "{nonsense:?}");
    }
    // Two lengths are how requests are smuggled.
    let key = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    let twice = format!(
        "POST {} HTTP/1.1\r\n{key}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        gate.employee()
    );
    assert_eq!(gate.raw(&twice).status, 400);
    let both = format!(
        "POST {} HTTP/1.1\r\n{key}connection: close\r\ncontent-length: 3\r\ntransfer-encoding: \
         chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        gate.employee()
    );
    let answer = gate.raw(&both);
    assert_eq!(answer.body.matches("HTTP/1.1").count(), 0, "{answer:?}");
    gate.get(&gate.employee()).ok();
}

#[test]
fn an_upstream_that_hangs_and_clients_that_say_nothing_keep_nobody_waiting() {
    let gate = Gate::new();
    gate.get(&gate.employee()).ok();
    let idle: Vec<TcpStream> = (0..500).map(|_| gate.connect()).collect();
    let mut halves = Vec::new();
    for _ in 0..100 {
        let mut half = gate.connect();
        half.write_all(b"GET /acme/v3 HTTP/1.1\r\nhost: ").unwrap();
        halves.push(half);
    }
    let hang = Fault::new(Where::Api, Effect::Delay { millis: 60_000 });
    gate.lab.sandbox.control().add_fault(Fault {
        times: Some(50),
        path: Some("/v3/company/1/".to_owned()),
        ..hang
    });
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    let mut hanging = Vec::new();
    for _ in 0..50 {
        let mut stream = gate.connect();
        let bytes = request("GET", "/acme/v3/company/1/employee/1", &head, "");
        stream.write_all(bytes.as_bytes()).unwrap();
        hanging.push(stream);
    }
    for _ in 0..20 {
        gate.get(&gate.employee()).ok();
    }
    drop((idle, halves, hanging));
    gate.get(&gate.employee()).ok();
}

#[test]
fn huge_bodies_pass_through_in_bounded_memory() {
    let gate = Gate::new();
    gate.get(&gate.employee()).ok();
    let head = format!(
        "POST /acme/v3/company/{}/employee HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\n\r\n",
        gate.lab.sandbox.realm(),
        gate.address,
        gate.key
    );
    let mut stream = gate.connect();
    stream
        .set_write_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    // The sandbox refuses what is too large, and so ends this early.
    let mut sent = 0;
    while sent < 200 << 20 && stream.write_all(chunk.as_bytes()).is_ok() {
        sent += chunk.len();
    }
    drop(stream.write_all(b"0\r\n\r\n"));
    let mut answer = [0; 16];
    drop(stream.read(&mut answer));
    let memory = resident(gate.process());
    assert!(memory < 80 << 20, "{memory} bytes after {sent}");
    gate.get(&gate.employee()).ok();
}

#[test]
fn a_client_that_goes_away_frees_what_it_held() {
    let gate = Gate::with(
        evergrant_sandbox::Options::default(),
        "limits = { at_once = 1, wait = \"20s\" }",
    );
    gate.get(&gate.employee()).ok();
    let slow = Fault::new(Where::Api, Effect::Delay { millis: 60_000 });
    gate.lab.sandbox.control().add_fault(slow);
    let mut stream = gate.connect();
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    stream
        .write_all(request("GET", &gate.employee(), &head, "").as_bytes())
        .unwrap();
    crate::support::until(|| gate.lab.sandbox.control().faults().is_empty());
    drop(stream);
    gate.get(&gate.employee()).ok();
    let gone = gate.audit(3);
    assert!(gone.iter().any(|line| line["status"] == 499), "{gone:?}");
}

#[test]
fn the_providers_limits_are_kept_for_all_callers_together() {
    let gate = Gate::with(evergrant_sandbox::Options::default(), "schedule = false");
    let begun = tokio::time::Instant::now();
    let other = gate.add_key(&["other"]);
    std::thread::scope(|scope| {
        for caller in 0..25 {
            let (client, other) = ((*gate).clone(), &other);
            scope.spawn(move || {
                let key = if caller % 2 == 0 { &client.key } else { other };
                let header = format!("authorization: Bearer {key}\r\n");
                client.bare("GET", &client.employee(), &header, "").ok();
            });
        }
    });
    assert!(begun.elapsed() > Duration::from_secs(2), "10 a second");
    let metrics = gate.get("/metrics").body;
    let waits = "evergrant_throttle_waits_total{connection=\"acme\"} ";
    let at = metrics.find(waits).unwrap() + waits.len();
    let count: u32 = metrics[at..].lines().next().unwrap().parse().unwrap();
    assert!(count >= 5, "{count}");
}

#[cfg(target_os = "linux")]
pub(crate) fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn resident(_: u32) -> usize {
    0
}

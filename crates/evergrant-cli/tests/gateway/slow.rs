//! Those who take their time, on both sides: they are waited for as long as the settings say, and
//! nobody else is.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use evergrant_sandbox::Options;

use crate::gate::{Answer, Gate, request};
use crate::support::until;
use crate::upstream::Upstream;

/// Long enough for a machine that is busy, short enough for a test.
const SHORT: &str = "timeouts = { head = \"2s\", idle = \"2s\", upload = \"2s\", download = \"2s\", \
                     answer = \"2s\" }\nschedule = false\n";

#[test]
fn heads_that_trickle_and_silence_are_ended() {
    let gate = Gate::with(Options::default(), &format!("{SHORT}limits = false"));
    let mut slow: Vec<TcpStream> = (0..50).map(|_| gate.connect()).collect();
    let silent = gate.connect();
    let mut kept = gate.connect();
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    write!(kept, "GET {} HTTP/1.1\r\n{head}\r\n", gate.employee()).unwrap();
    // A byte now and then, for as long as anybody takes it.
    for stream in &mut slow {
        drop(stream.write_all(b"GET /acme/v3/x HTTP/1.1\r\nx: "));
    }
    until(|| {
        std::thread::sleep(Duration::from_millis(50));
        gate.get(&gate.employee()).ok();
        slow.iter()
            .all(|mut stream| stream.write_all(b"y").is_err())
    });
    for mut stream in [silent, kept] {
        // Closed by the server, after whatever it had to say.
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
    }
    gate.get(&gate.employee()).ok();
}

#[test]
fn bodies_that_trickle_are_refused_and_take_nobodys_turn() {
    let one = format!("{SHORT}limits = {{ at_once = 1, wait = \"20s\" }}");
    let gate = Gate::with(Options::default(), &one);
    let head = format!(
        "POST /acme/v3/company/{}/employee HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
         content-length: 1000\r\n\r\n",
        gate.lab.sandbox.realm(),
        gate.address,
        gate.key
    );
    let mut slow: Vec<TcpStream> = (0..5).map(|_| gate.connect()).collect();
    for stream in &mut slow {
        stream.write_all(head.as_bytes()).unwrap();
    }
    // There is one turn, and these have it.
    for _ in 0..5 {
        gate.get(&gate.employee()).ok();
    }
    until(|| {
        std::thread::sleep(Duration::from_millis(50));
        slow.iter()
            .all(|mut stream| stream.write_all(b"{").is_err())
    });
    let lines = gate.audit(10);
    let late = lines.iter().filter(|line| line["refused"] == "slow_body");
    assert_eq!(late.count(), 5, "{lines:?}");
    assert_eq!(gate.lab.sandbox.control().counters().writes, 0);
}

#[test]
fn who_takes_nothing_of_an_answer_is_let_go_and_so_is_the_answer() {
    let done = Arc::new(AtomicBool::new(false));
    let broken = Arc::clone(&done);
    let upstream = Upstream::speaking(move |head, stream| {
        if !head.contains("/v3/huge") {
            return stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .ok();
        }
        let length: u64 = 1 << 30;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"
        )
        .unwrap();
        let piece = vec![b'x'; 1 << 20];
        while stream.write_all(&piece).is_ok() {}
        broken.store(true, Ordering::Relaxed);
        None
    });
    let gate = Gate::before(&upstream.url, &format!("{SHORT}limits = false"));
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    let mut stream = gate.connect();
    stream
        .write_all(request("GET", "/acme/v3/huge", &head, "").as_bytes())
        .unwrap();
    until(|| {
        gate.get("/acme/v3/small").ok();
        done.load(Ordering::Relaxed)
    });
    let memory = crate::stress::resident(gate.process());
    assert!(memory < 80 << 20, "{memory} bytes");
}

#[test]
fn an_upstream_that_hangs_is_waited_for_once_and_in_its_time() {
    let upstream = Upstream::speaking(|head, stream| {
        if head.contains("/v3/mid") {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
                .unwrap();
        }
        if head.contains("/v3/well") {
            return stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell")
                .ok();
        }
        // Until the other side goes away.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).ok()?;
        None
    });
    let gate = Gate::before(&upstream.url, &format!("{SHORT}limits = false"));
    gate.get("/acme/v3/hangs").refused(503, "unavailable");
    gate.post("/acme/v3/hangs", "{}").refused(502, "unanswered");
    let half = gate.get("/acme/v3/mid");
    assert_eq!((half.status, half.body.as_str()), (200, "half"));
    gate.get("/acme/v3/well").ok();
    let hung = upstream.heard();
    let hung = hung.iter().filter(|head| head.contains("/v3/hangs"));
    assert_eq!(hung.count(), 2, "each was sent once");
}

#[test]
fn sockets_that_are_half_closed_hold_nothing() {
    let gate = Gate::with(Options::default(), &format!("{SHORT}limits = false"));
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\n",
        gate.address, gate.key
    );
    let whole = request("GET", &gate.employee(), &head, "");
    for bytes in ["", "GET /acme", &whole[..whole.len() - 2], &whole] {
        let streams: Vec<TcpStream> = (0..20)
            .map(|_| {
                let mut stream = gate.connect();
                stream.write_all(bytes.as_bytes()).unwrap();
                stream.shutdown(Shutdown::Write).unwrap();
                stream
            })
            .collect();
        for mut stream in streams {
            // It ends, with an answer or without.
            drop(Answer::read(&mut stream));
        }
    }
    gate.get(&gate.employee()).ok();
}

#[test]
fn idle_connections_make_room_for_new_ones() {
    let few = "max_connections = 20\nlimits = false\nschedule = false";
    let gate = Gate::with(Options::default(), few);
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(gate.connect());
        if idle.len() % 10 == 0 {
            gate.get(&gate.employee()).ok();
        }
    }
    gate.get(&gate.employee()).ok();
}

/// By `cargo xtask torture idle`.
#[test]
#[ignore = "it needs 20,100 open files"]
#[expect(clippy::print_stdout, reason = "the figures are for a reader")]
fn ten_thousand_idle_connections_cost_little_and_keep_nobody_waiting() {
    let gate = Gate::new();
    let slowest = |gate: &Gate| {
        let took = (0..200).map(|_| {
            let begun = tokio::time::Instant::now();
            gate.get(&gate.employee()).ok();
            begun.elapsed()
        });
        let mut took: Vec<Duration> = took.collect();
        took.sort_unstable();
        (took[100], took[197])
    };
    slowest(&gate);
    let before = (crate::stress::resident(gate.process()), slowest(&gate));
    let idle: Vec<TcpStream> = (0..9_990).map(|_| gate.connect()).collect();
    let during = (crate::stress::resident(gate.process()), slowest(&gate));
    for (what, (memory, (median, slow))) in [("before", before), ("during", during)] {
        println!(
            "{what}: {:.1} MB resident; a call on a new connection: p50 {median:?}, p99 {slow:?}",
            memory as f64 / 1e6
        );
    }
    assert!(during.0 < 300 << 20, "{} bytes", during.0);
    let more: Vec<TcpStream> = (0..500).map(|_| gate.connect()).collect();
    gate.get(&gate.employee()).ok();
    drop((idle, more));
    gate.get(&gate.employee()).ok();
}

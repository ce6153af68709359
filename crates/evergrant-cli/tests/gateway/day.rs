//! A day on the sandbox's clock, under load: tokens end each hour, refresh tokens rotate, an answer is
//! lost, the token endpoint is down for an hour, and the gateway is killed each hour.
//!
//! A call counts as failed if it got anything but a success although a client that does everything
//! right could have had one: the provider answers, and there is a token that it takes or one can be
//! had. A connection that breaks off is a reason to ask again, as any client would; a write is sent
//! again with the same `requestid`, and is done once.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use evergrant_sandbox::{Effect, Fault, Options, Rotation, Where};
use tokio::time::Instant;

use crate::gate::{Answer, Client, Gate, request};
use crate::support::until;

const HOUR: Duration = Duration::from_secs(3601);
/// Nobody asks again for longer than that.
const GIVES_UP: Duration = Duration::from_secs(60);

/// How the day goes. Hours are counted from 0.
struct Day {
    hours: u32,
    /// How many calls are answered in each hour, at least.
    calls: u64,
    /// Age at which a refresh token is replaced.
    rotates_after: Duration,
    /// In which hour the token endpoint is down, and in which one an answer of its gets lost: none that
    /// holds a new refresh token, which nobody could ever get at again.
    down: u32,
    lost: u32,
}

/// What the callers have seen.
#[derive(Default)]
struct Seen {
    answered: AtomicU64,
    written: AtomicU64,
    /// How often a connection broke off, and the call was made again.
    again: AtomicU64,
    /// What nobody could have had answered: no token that lives can be had.
    excused: AtomicU64,
    failed: Mutex<BTreeMap<String, u64>>,
    /// Whether no token can be had.
    no_token: AtomicBool,
    over: AtomicBool,
}

#[test]
fn a_few_hours_of_all_sorts_of_trouble_fail_no_call() {
    live(&Day {
        hours: 6,
        calls: 40,
        rotates_after: HOUR * 3,
        down: 4,
        lost: 1,
    });
}

/// By `cargo xtask torture day`.
#[test]
#[ignore = "it takes minutes"]
fn a_day_of_all_sorts_of_trouble_fails_no_call() {
    live(&Day {
        hours: 24,
        calls: 1000,
        rotates_after: HOUR * 12,
        down: 15,
        lost: 6,
    });
}

#[expect(clippy::print_stdout, reason = "the figures are for a reader")]
fn live(day: &Day) {
    let options = Options {
        rotation: Rotation::Window {
            every: day.rotates_after,
        },
        ..Options::default()
    };
    let mut gate = Gate::with(options, "limits = false");
    let seen = Seen::default();
    let client = (*gate).clone();
    let realm = gate.lab.sandbox.realm().to_owned();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| read(&client, &seen));
        }
        scope.spawn(|| write(&client, &realm, &seen));
        let ending = Ending(&seen);
        // The first token's age is unknown, so it is renewed before the day begins.
        wait(|| gate.lab.sandbox.control().counters().refreshes == 1);
        // It is served once it is saved, and syncs take their time on a busy disk.
        wait(|| noted(&gate, "saved") > 0);
        // A call that still has that one must not find two of them ended.
        let enough = seen.answered.load(Ordering::Relaxed) + 20;
        wait(|| seen.answered.load(Ordering::Relaxed) >= enough);
        for hour in 0..day.hours {
            live_hour(&mut gate, day, hour, &seen);
            let answered = seen.answered.load(Ordering::Relaxed);
            println!("hour {hour} is over: {answered} calls answered so far");
        }
        drop(ending);
    });
    let failed = seen.failed.lock().unwrap();
    let counters = gate.lab.sandbox.control().counters();
    let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
    println!(
        "{} hours: {} calls answered, {} of them writes; {} made again after a broken connection; \
         {} while no token could be had; failed: {failed:?}; {} refreshes, {} rotations, {} token \
         calls",
        day.hours,
        count(&seen.answered),
        count(&seen.written),
        count(&seen.again),
        count(&seen.excused),
        counters.refreshes,
        counters.rotations,
        counters.token_calls,
    );
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(counters.invalid_grants, 0);
    let rotations = u64::from(day.hours) / (day.rotates_after.as_secs() / HOUR.as_secs());
    assert!(counters.rotations >= rotations, "{counters:?}");
    assert!(counters.refreshes >= u64::from(day.hours), "{counters:?}");
    // Each write was done, and once.
    assert_eq!(counters.writes, count(&seen.written));
}

/// Callers stop when this is dropped, also if a test's assertion was what dropped it.
struct Ending<'a>(&'a Seen);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

#[expect(clippy::print_stdout, reason = "the figures are for a reader")]
fn live_hour(gate: &mut Gate, day: &Day, hour: u32, seen: &Seen) {
    let control = gate.lab.sandbox.control();
    if hour == day.lost {
        control.add_fault(Fault::new(Where::Token, Effect::DropAfter));
    }
    if hour == day.down {
        seen.no_token.store(true, Ordering::Relaxed);
        control.add_fault(Fault::new(Where::Token, Effect::Html { status: 503 }).forever());
    }
    let known = noted(gate, "accepted");
    control.advance(HOUR);
    if hour == day.down {
        let enough = seen.excused.load(Ordering::Relaxed) + 20;
        wait(|| seen.excused.load(Ordering::Relaxed) >= enough);
        control.clear_faults();
        // The keeper has learnt to wait, and asks again in its own time.
        let (before, begun) = (seen.answered.load(Ordering::Relaxed), Instant::now());
        wait(|| seen.answered.load(Ordering::Relaxed) > before);
        println!(
            "the token endpoint is back, and calls are answered after {:.1?}",
            begun.elapsed()
        );
        seen.no_token.store(false, Ordering::Relaxed);
    }
    let enough = seen.answered.load(Ordering::Relaxed) + day.calls;
    wait(|| seen.answered.load(Ordering::Relaxed) >= enough);
    // That the API has taken the new token is noted behind the callers' backs. Without the note,
    // refusals may cause two refreshes in a minute and no more.
    until(|| noted(gate, "accepted") > known);
    gate.kill();
    gate.start_again();
}

/// How often the journal tells of such an event.
fn noted(gate: &Gate, event: &str) -> usize {
    let journal = std::fs::read_to_string(gate.lab.path("token.json.journal"));
    let event = format!("\"event\":\"{event}\"");
    journal.unwrap_or_default().matches(&event).count()
}

#[track_caller]
fn wait(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(
            begun.elapsed() < Duration::from_secs(300),
            "it never happened"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Reads again and again until the day is over.
fn read(client: &Client, seen: &Seen) {
    while !seen.over.load(Ordering::Relaxed) {
        call(client, "GET", &client.employee(), "", seen);
    }
}

/// Makes employees until the day is over.
fn write(client: &Client, realm: &str, seen: &Seen) {
    for number in 0.. {
        if seen.over.load(Ordering::Relaxed) {
            return;
        }
        let path = format!("/acme/v3/company/{realm}/employee?requestid=day-{number}");
        let body = format!(r#"{{"GivenName":"Number","FamilyName":"{number}"}}"#);
        // A write that was refused for want of a token is made once there is one.
        while !call(client, "POST", &path, &body, seen) {
            if seen.over.load(Ordering::Relaxed) {
                return;
            }
        }
        seen.written.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes a call until it is answered; whether it succeeded.
fn call(client: &Client, method: &str, path: &str, body: &str, seen: &Seen) -> bool {
    let begun = Instant::now();
    let no_token = || seen.no_token.load(Ordering::Relaxed);
    let hopeless = no_token();
    loop {
        let answer = ask(client, method, path, body);
        match answer {
            Ok(answer) if answer.status == 200 => {
                seen.answered.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            // Sent and perhaps done: the answer says to send it again with the same requestid.
            Ok(answer) if answer.status == 502 && begun.elapsed() < GIVES_UP => {}
            Ok(_) if hopeless || no_token() => {
                seen.excused.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
                return false;
            }
            Err(_) if begun.elapsed() < GIVES_UP => {}
            Ok(answer) => {
                seen.fail(format!("{method} {}: {}", answer.status, answer.body));
                return false;
            }
            Err(error) => {
                seen.fail(format!("{method}: {error}"));
                return false;
            }
        }
        seen.again.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Seen {
    fn fail(&self, what: String) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed.entry(what).or_insert(0) += 1;
    }
}

/// One try; a broken connection and an answer that is not whole are errors.
fn ask(client: &Client, method: &str, path: &str, body: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(&client.address)?;
    stream.set_read_timeout(Some(GIVES_UP))?;
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
        client.address, client.key
    );
    stream.write_all(request(method, path, &head, body).as_bytes())?;
    let answer = Answer::read(&mut stream);
    let length = answer.header("content-length");
    if length.is_none_or(|length| length != answer.body.len().to_string()) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}

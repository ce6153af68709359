//! Requests at a steady pace, and how long each answer takes.
//!
//! A thread for each connection, which sleeps until its next request is due: the kernel wakes it more
//! exactly than an event loop's timer would. A request that is due while the one before it is still
//! unanswered counts from when it was due.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::proxy::Proxy;
use crate::Result;
use crate::load::{is_whole, now};

/// How often to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) lines: usize,
    /// Requests a second, on all lines together.
    pub(crate) rate: f64,
    pub(crate) time: Duration,
}

type Took = std::result::Result<Vec<Duration>, String>;

/// How long each answer took, shortest first.
///
/// # Errors
/// If an answer is not a success.
#[expect(clippy::cast_precision_loss, reason = "few lines")]
pub(crate) fn run(proxy: &Proxy, pace: &Pace) -> Result<Vec<Duration>> {
    let request = proxy.request();
    let interval = Duration::from_secs_f64(pace.lines as f64 / pace.rate);
    let begun = now() + Duration::from_millis(50);
    let mut lines: Vec<JoinHandle<Took>> = Vec::new();
    for number in 0..pace.lines {
        let stream = TcpStream::connect(&proxy.address)?;
        stream.set_nodelay(true)?;
        // Spread over the interval, so that they do not all ask at once.
        let first = begun + interval.mul_f64(number as f64 / pace.lines as f64);
        let (request, time) = (request.clone(), pace.time);
        lines.push(thread::spawn(move || {
            ask(stream, &request, first, interval, time)
        }));
    }
    let mut took = Vec::new();
    for line in lines {
        took.extend(line.join().map_err(|_| "a line ended in a panic")??);
    }
    took.sort_unstable();
    Ok(took)
}

/// How many requests a second are answered if the next is sent as soon as one is.
///
/// # Errors
/// As [`run`].
#[expect(clippy::cast_precision_loss, reason = "a few ten thousand")]
pub(crate) fn most(proxy: &Proxy, lines: usize, time: Duration) -> Result<f64> {
    let rate = f64::INFINITY;
    let answered = run(proxy, &Pace { lines, rate, time })?.len();
    Ok(answered as f64 / time.as_secs_f64())
}

/// Asks on one connection, each `interval` from `first` on.
fn ask(
    mut stream: TcpStream,
    request: &str,
    first: Instant,
    interval: Duration,
    time: Duration,
) -> Took {
    let mut took = Vec::new();
    let mut due = first;
    let mut buffer = Vec::new();
    while due.max(now()) < first + time {
        let early = due.saturating_duration_since(now());
        let begun = if early.is_zero() {
            due
        } else {
            thread::sleep(early);
            now()
        };
        exchange(&mut stream, request, &mut buffer).map_err(|error| error.to_string())?;
        took.push(begun.elapsed());
        due += interval;
    }
    Ok(took)
}

fn exchange(stream: &mut TcpStream, request: &str, buffer: &mut Vec<u8>) -> Result<()> {
    stream.write_all(request.as_bytes())?;
    buffer.clear();
    let mut piece = [0; 16 * 1024];
    while !is_whole(buffer)? {
        match stream.read(&mut piece)? {
            0 => return Err("the proxy closed the connection".into()),
            length => buffer.extend_from_slice(&piece[..length]),
        }
    }
    Ok(())
}

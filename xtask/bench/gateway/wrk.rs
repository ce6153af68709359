//! wrk, which asks as often as it can.

use std::process::Command;
use std::time::Duration;

use super::proxy::Proxy;
use crate::Result;

/// What it found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    /// Requests a second.
    pub(crate) rate: f64,
    /// All of them.
    pub(crate) requests: f64,
}

/// Loads `proxy` on `connections` connections, from one thread, for `time`.
///
/// # Errors
/// If wrk is not there, or an answer was not a success.
pub(crate) fn run(proxy: &Proxy, connections: usize, time: Duration) -> Result<Found> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs())])
        .args(["--header", &format!("Authorization: {}", proxy.key)])
        .args(["--header", "Accept: application/json"])
        .arg(format!("http://{}{}", proxy.address, proxy.path))
        .output()
        .map_err(|error| format!("wrk can't be started (apt-get install wrk): {error}"))?;
    let text = String::from_utf8(output.stdout)?;
    found(&text).ok_or_else(|| format!("wrk at {}: {text}", proxy.name).into())
}

/// What it says, if all answers were successes.
fn found(text: &str) -> Option<Found> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return None;
    }
    let rate = text.lines().find_map(|line| {
        let rate = line.strip_prefix("Requests/sec:")?;
        rate.trim().parse().ok()
    })?;
    let requests = text.lines().find_map(|line| {
        let (requests, _) = line.trim().split_once(" requests in ")?;
        requests.parse().ok()
    })?;
    Some(Found { rate, requests })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Running 2s test @ http://127.0.0.1:8400/\n  1 threads and 50 connections\n  \
                        20102 requests in 2.10s, 30.05MB read\nRequests/sec:   9572.38\n";

    #[test]
    fn only_successes_count() {
        let (rate, requests) = (9572.38, 20102.0);
        assert_eq!(found(TEXT), Some(Found { rate, requests }));
        assert_eq!(
            found(&format!("{TEXT}  Non-2xx or 3xx responses: 1\n")),
            None
        );
        assert_eq!(found("unable to connect"), None);
    }
}

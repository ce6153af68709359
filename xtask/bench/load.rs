//! Requests for a while, on one line or on many at once.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Result;

/// How many requests were answered on a line, or why one was not.
pub(crate) type Answered = std::result::Result<u32, String>;

/// Runs `lines` lines at once; how many requests a second were answered on all of them together.
///
/// # Errors
/// The first request that fails ends it.
pub(crate) async fn rate<Line>(lines: usize, line: impl Fn() -> Line) -> Result<f64>
where
    Line: Future<Output = Answered> + Send + 'static,
{
    let start = now();
    let mut running = JoinSet::new();
    for _ in 0..lines {
        running.spawn(line());
    }
    let mut answered = 0;
    while let Some(line) = running.join_next().await {
        answered += line??;
    }
    Ok(f64::from(answered) / start.elapsed().as_secs_f64())
}

/// A line: calls `request` for `time`, waiting for each answer before the next call.
pub(crate) async fn repeat<Answer>(time: Duration, mut request: impl FnMut() -> Answer) -> Answered
where
    Answer: Future<Output = std::result::Result<(), String>>,
{
    let start = now();
    let mut answered = 0;
    while start.elapsed() < time {
        request().await?;
        answered += 1;
    }
    Ok(answered)
}

/// The time, for durations.
#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what it is for"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Whether `bytes` are a whole answer.
///
/// # Errors
/// If they are another answer than a 200 of a told length.
pub(crate) fn is_whole(bytes: &[u8]) -> std::result::Result<bool, String> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(false);
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        value.trim().parse::<usize>().ok().filter(|_| is_length)
    });
    match length {
        Some(length) if status.starts_with("HTTP/1.1 200") => Ok(bytes.len() >= end + 4 + length),
        _ => Err(format!("an unexpected answer: {head}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_is_there() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(is_whole(b""), Ok(false));
        assert_eq!(is_whole(&answer[..20]), Ok(false));
        assert_eq!(is_whole(&answer[..answer.len() - 1]), Ok(false));
        assert_eq!(is_whole(answer), Ok(true));
        assert!(is_whole(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(is_whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}

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

//! Many callers at one instant, each on a connection of its own that is open before.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::load::{is_whole, now};
use crate::{Result, runtime};

/// The callers.
pub(crate) struct Crowd {
    lines: Vec<TcpStream>,
    runtime: Runtime,
}

type Asked = std::result::Result<(TcpStream, Duration), String>;

impl Crowd {
    /// So many, connected to `address`.
    ///
    /// # Errors
    /// If they can't be.
    pub(crate) fn gather(address: &str, count: usize) -> Result<Self> {
        let runtime = runtime()?;
        let lines = runtime.block_on(async {
            let mut lines = Vec::with_capacity(count);
            while lines.len() < count {
                let line = TcpStream::connect(address).await?;
                line.set_nodelay(true)?;
                lines.push(line);
            }
            Ok::<_, std::io::Error>(lines)
        })?;
        Ok(Self { lines, runtime })
    }

    /// Lets each send its request at once; how long after that instant each had its answer, the
    /// shortest first.
    ///
    /// # Errors
    /// If an answer is not a 200.
    pub(crate) fn ask(&mut self, request: impl Fn(usize) -> String) -> Result<Vec<Duration>> {
        let lines = std::mem::take(&mut self.lines);
        let requests: Vec<String> = (0..lines.len()).map(request).collect();
        let (lines, mut took) = self
            .runtime
            .block_on(async {
                let mut asking = JoinSet::new();
                let begun = now();
                for (line, request) in lines.into_iter().zip(requests) {
                    asking.spawn(exchange(line, request, begun));
                }
                let asked = asking.join_all().await;
                asked.into_iter().collect::<std::result::Result<_, _>>()
            })
            .map(|all: Vec<(TcpStream, Duration)>| {
                all.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()
            })?;
        self.lines = lines;
        took.sort_unstable();
        Ok(took)
    }
}

/// What so many of 100 take at most, in milliseconds.
pub(crate) fn percentile(sorted: &[Duration], share: usize) -> f64 {
    let at = (sorted.len() * share / 100).min(sorted.len().saturating_sub(1));
    let found = sorted.get(at).copied().unwrap_or_default();
    found.as_secs_f64() * 1e3
}

async fn exchange(mut line: TcpStream, request: String, begun: Instant) -> Asked {
    let told = |error: std::io::Error| error.to_string();
    line.write_all(request.as_bytes()).await.map_err(told)?;
    let mut answer = Vec::with_capacity(2048);
    while !is_whole(&answer)? {
        if line.read_buf(&mut answer).await.map_err(told)? == 0 {
            return Err("the gateway closed the connection".to_owned());
        }
    }
    Ok((line, begun.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let took: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert!((percentile(&took, 50) - 101.0).abs() < 1e-9);
        assert!((percentile(&took, 99) - 199.0).abs() < 1e-9);
        assert!((percentile(&took, 100) - 200.0).abs() < 1e-9);
        assert!(percentile(&[], 50).abs() < 1e-9);
    }
}

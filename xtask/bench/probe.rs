//! Whole processes, run and measured by `bench-probe`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::server::Server;
use crate::{Result, sibling};

/// What one run of a program took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    pub(crate) milliseconds: f64,
    /// The most memory it had resident, in millions of bytes.
    pub(crate) megabytes: f64,
}

impl Run {
    /// As if one program had done the work of both: the times add up, the memory is the larger.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            milliseconds: self.milliseconds + other.milliseconds,
            megabytes: self.megabytes.max(other.megabytes),
        }
    }
}

/// Runs `command` and returns what it took, and its output.
///
/// # Errors
/// If it can't be run, or fails, with what it says.
pub(crate) fn run(server: &Server, command: &Command) -> Result<(Run, String)> {
    let stdout = server.path("stdout");
    let run = run_into(&stdout, command)?;
    Ok((run, fs::read_to_string(stdout)?))
}

/// Runs `command` with its output in the file `stdout`, and returns what it took.
///
/// # Errors
/// If it can't be run, or fails, with what it says.
pub(crate) fn run_into(stdout: &Path, command: &Command) -> Result<Run> {
    let mut probe = Command::new(sibling("bench-probe")?);
    probe
        .arg(stdout)
        .arg(command.get_program())
        .args(command.get_args());
    probe.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            probe.env(name, value);
        }
    }
    let output = probe.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let run = parse(&String::from_utf8_lossy(&output.stdout));
    let program = command.get_program().display();
    run.ok_or_else(|| format!("{program} failed: {said}").into())
}

/// Reads the probe's line; none if the program failed.
fn parse(line: &str) -> Option<Run> {
    let mut words = line.split_whitespace();
    let code = words.next()?;
    let nanoseconds: f64 = words.next()?.parse().ok()?;
    let peak_kib: f64 = words.next()?.parse().ok()?;
    (code == "0").then_some(Run {
        milliseconds: nanoseconds / 1e6,
        megabytes: peak_kib * 1024.0 / 1e6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_is_understood() {
        let run = parse("0 5250000 10000\n").unwrap();
        assert!((run.milliseconds - 5.25).abs() < 1e-9);
        assert!((run.megabytes - 10.24).abs() < 1e-9);
        assert!(parse("1 5250000 10000").is_none());
        assert!(parse("").is_none());
    }
}

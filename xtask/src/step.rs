//! A step: a heading, what it does, how long it took, whether it passed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What a step found; an empty list is a pass.
pub(crate) type Problems = Vec<String>;

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Passed,
    /// What it needs is not there.
    NotRun,
    Failed,
}

impl Verdict {
    /// Of two, the one that matters.
    pub(crate) fn worse(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<bool> for Verdict {
    fn from(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

/// Runs steps one after the other, all of them, and tells at the end how each went.
#[derive(Default)]
pub(crate) struct Steps(Vec<Done>);

struct Done {
    name: &'static str,
    verdict: Verdict,
    took: Duration,
}

impl Steps {
    /// Runs `step` under the heading `name`.
    pub(crate) fn run<V>(&mut self, name: &'static str, step: impl FnOnce() -> V)
    where
        V: Into<Verdict>,
    {
        println!("\n── {name}");
        let start = now();
        let verdict = step().into();
        self.0.push(Done {
            name,
            verdict,
            took: start.elapsed(),
        });
    }

    /// Prints a line for each step; whether none failed.
    pub(crate) fn finish(self) -> bool {
        println!();
        for step in &self.0 {
            let verdict = match step.verdict {
                Verdict::Passed => "ok",
                Verdict::NotRun => "NOT RUN: see above",
                Verdict::Failed => "FAILED",
            };
            let seconds = step.took.as_secs_f64();
            println!("{:<16} {seconds:>6.1} s  {verdict}", step.name);
        }
        self.0.iter().all(|step| step.verdict != Verdict::Failed)
    }
}

/// Prints what was found; whether it was nothing.
pub(crate) fn report(problems: &Problems) -> bool {
    for problem in problems {
        println!("{problem}");
    }
    problems.is_empty()
}

/// A cargo command at the root of the workspace.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(args);
    command
}

/// Runs a command in sight of the user; whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{} can't be run: {error}", program(command));
            false
        }
    }
}

/// What a command prints on stdout.
///
/// # Errors
/// What it said on stderr when it failed, or why it could not be run.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{} can't be run: {error}", program(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// All that a command prints, however it ends.
///
/// # Errors
/// Why it could not be run.
pub(crate) fn said(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{} can't be run: {error}", program(command)))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(text(&output.stdout) + &text(&output.stderr))
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "durations of steps are all this program measures"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

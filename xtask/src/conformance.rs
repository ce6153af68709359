//! `cargo xtask conformance`: other people's test suites, unmodified, against the sandbox.
//!
//! Each suite is installed at a fixed version from the package that carries it, given a sandbox of its own that
//! intercepts, and set up by a script of at most ten lines. Its tests call Intuit's addresses and know nothing of the
//! sandbox. A test that cannot pass anywhere is listed with its reason; any other that does not pass fails the run.

mod sandbox;
mod suite;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Verdict, cargo, root, succeeds};
use sandbox::Sandbox;
use suite::{Outcome, SUITES, Suite};

/// Runs the suites, or those of them that are named.
pub(crate) fn run(names: &[String]) -> Verdict {
    let unknown = |name: &&String| SUITES.iter().all(|suite| suite.name != **name);
    if let Some(name) = names.iter().find(unknown) {
        eprintln!("there is no suite {name}");
        return Verdict::Failed;
    }
    if !succeeds(cargo(["build", "--locked", "--package"]).arg("evergrant-cli")) {
        return Verdict::Failed;
    }
    let chosen = |suite: &&Suite| names.is_empty() || names.iter().any(|name| name == suite.name);
    let verdicts = SUITES.iter().filter(chosen).map(attempt);
    verdicts.fold(Verdict::Passed, Verdict::worse)
}

fn attempt(suite: &Suite) -> Verdict {
    println!("\n{} {}", suite.name, suite.version);
    let missing = suite.tools.iter().filter(|tool| !is_there(tool));
    let missing: Vec<&str> = missing.map(|tool| tool[0]).collect();
    if !missing.is_empty() {
        return not_run(suite, &format!("{} is missing", missing.join(", ")));
    }
    let Some(home) = target_directory().map(|target| target.join("conformance").join(suite.name))
    else {
        return not_run(suite, "the target directory can't be found");
    };
    if let Err(problem) = suite.install(&home) {
        return not_run(suite, &problem);
    }
    match play(suite, &home) {
        Ok(outcomes) => judge(suite, &outcomes),
        Err(problem) => {
            println!("{problem}");
            Verdict::Failed
        }
    }
}

fn play(suite: &Suite, home: &Path) -> Result<Vec<Outcome>, String> {
    let sandbox = Sandbox::start(&home.join("sandbox"))?;
    let set_up = root().join("xtask/conformance").join(suite.set_up);
    suite.play(home, &set_up, sandbox.environment())
}

/// Tells of each test that did not pass; whether that was to be expected of all of them.
fn judge(suite: &Suite, outcomes: &[Outcome]) -> Verdict {
    let mut verdict = Verdict::Passed;
    for outcome in outcomes.iter().filter(|outcome| !outcome.passed) {
        let reason = suite.reason(&outcome.test);
        println!("  not passed: {}", outcome.test);
        println!("    {}", reason.unwrap_or("NOT EXPLAINED"));
        if reason.is_none() {
            verdict = Verdict::Failed;
        }
    }
    let passed = outcomes.iter().filter(|outcome| outcome.passed).count();
    println!("  {passed} of {} tests passed", outcomes.len());
    if outcomes.len() == suite.tests {
        return verdict;
    }
    println!("  it has {} tests: not all of them were run", suite.tests);
    Verdict::Failed
}

/// Loud, since a suite that is silently left out proves nothing.
fn not_run(suite: &Suite, reason: &str) -> Verdict {
    let line = "!".repeat(72);
    println!("{line}\n!! NOT RUN: {}\n!! {reason}\n{line}", suite.name);
    Verdict::NotRun
}

fn is_there(tool: &[&str]) -> bool {
    let mut command = Command::new(tool[0]);
    let output = command.args(&tool[1..]).output();
    output.is_ok_and(|output| output.status.success())
}

/// The directory that this program was built into.
pub(crate) fn target_directory() -> Option<PathBuf> {
    let profile = std::env::current_exe().ok()?.parent()?.to_owned();
    Some(profile.parent()?.to_owned())
}

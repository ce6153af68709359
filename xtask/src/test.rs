//! `cargo xtask test`: every test of the workspace, documentation included.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::postgres;
use crate::step::{cargo, now};

/// Runs the tests, `args` being passed on to `cargo test`, and sums them up; whether all passed.
pub(crate) fn run(args: &[String]) -> bool {
    let start = now();
    let mut command = cargo(["test", "--locked", "--all-features", "--no-fail-fast"]);
    if !names_packages(args) {
        command.arg("--workspace");
    }
    let server = match server(args) {
        Ok(server) => server,
        Err(why) => {
            eprintln!(
                "\nNO TESTS WERE RUN: those of the Postgres store need a server, and there is none: \
                 {why}.\nInstall PostgreSQL, or set {} to the URL of a server's maintenance database.",
                postgres::VARIABLE
            );
            return false;
        }
    };
    if let Some(server) = &server {
        command.env(postgres::VARIABLE, server.url());
    }
    let child = command.args(args).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            eprintln!("cargo can't be run: {error}");
            return false;
        }
    };
    let mut sum = Sum::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            sum.add(&line);
        }
    }
    let passed = child.wait().is_ok_and(|status| status.success());
    let verdict = if passed { "ok" } else { "FAILED" };
    let seconds = start.elapsed().as_secs_f64();
    println!("\nall tests: {verdict}. {sum}; {seconds:.1} s with the build");
    passed
}

/// A server for the tests that need one, if any of them is to be run and none is named.
fn server(args: &[String]) -> Result<Option<postgres::Running>, String> {
    let is_named = std::env::vars_os().any(|(name, _)| name == postgres::VARIABLE);
    let needs = |arg: &String| matches!(arg.as_str(), "evergrant" | "evergrant-cli");
    if is_named || (names_packages(args) && !args.iter().any(needs)) {
        return Ok(None);
    }
    postgres::start().map(Some)
}

/// Whether the caller chose packages: the whole workspace is then not what was asked for.
fn names_packages(args: &[String]) -> bool {
    let own = args.iter().take_while(|arg| *arg != "--");
    own.into_iter().any(|arg| {
        let name = arg.split('=').next().unwrap_or_default();
        matches!(name, "-p" | "--package" | "--manifest-path")
    })
}

/// The tests of all binaries together.
#[derive(Default, Debug, PartialEq, Eq)]
struct Sum {
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Sum {
    /// Adds a line as libtest closes a binary's tests with:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else {
            return;
        };
        for count in counts.split(['.', ';']) {
            let mut words = count.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<u32>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            passed,
            failed,
            ignored,
        } = self;
        write!(f, "{passed} passed; {failed} failed; {ignored} ignored")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_binaries_are_summed() {
        let mut sum = Sum::default();
        sum.add("running 4 tests");
        sum.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s");
        sum.add("test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s");
        assert_eq!(sum.to_string(), "13 passed; 2 failed; 1 ignored");
    }

    #[test]
    fn packages_are_noticed_before_the_test_filter_only() {
        let check = |args: &[&str], expected| {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            assert_eq!(names_packages(&args), expected, "{args:?}");
        };
        check(&[], false);
        check(&["refresh"], false);
        check(&["-p", "evergrant"], true);
        check(&["--package=evergrant"], true);
        check(&["--", "-p"], false);
    }
}

//! The project's own commands: `cargo xtask test`, `cargo xtask ci`, `cargo xtask bench …`.
//!
//! This program only calls cargo and reads the tree: it has no dependency, so that it is built in
//! a second on a bare machine. The measurements need an HTTP client and live in `bench/`, the
//! simulation's driver lives in `torture/`, each behind the feature of its name.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command prints is its product"
)]

mod bench;
mod ci;
mod codegen;
mod conformance;
mod layout;
mod licence;
mod policy;
mod postgres;
mod recipes;
mod rust_text;
mod step;
mod test;
mod tidy;
mod torture;

use std::process::ExitCode;

use step::Verdict;

const USAGE: &str = "\
cargo xtask COMMAND

  test [ARGS]    all tests of the workspace; ARGS go to `cargo test`
                 (`cargo xtask test -p evergrant refresh`); a throw-away PostgreSQL is installed
                 and started for them, unless EVERGRANT_TEST_POSTGRES names a server
  ci             what a change must pass: the steps below, and the tests
  lint           formatting, clippy, documentation
  policy         dependencies: banned crates, licences, sources, duplicates
  tidy           the tree's own rules: who imports whom, size of files, leftovers
  conformance [SUITE]
                 other people's test suites against the sandbox: node-quickbooks, qbo-cli,
                 quickbooks-api
  recipes        the recipes of docs/recipes.md, with the libraries that they are for
  bench WHAT [--runs N] [--rows N] [--json]
                 measures in release; WHAT is gateway, list, oneshot, overhead,
                 sandbox, storm or webhooks
  layout         writes crates/evergrant-cli/layout.ld: which functions a call runs, for the linker
  codegen        writes what is made of schema/quickbooks.json; a test fails when it is stale
  bench fleet    what many connections cost in SQLite and Postgres; EVERGRANT_FLEET=A,B,C sets the
                 rows of each and the refreshes (20000,50000,500)
  torture hosts  64 processes on one one-use grant in Postgres, stopped, cut off and crashed; minutes
  torture day    a day on the sandbox's clock in front of a gateway under load: tokens end, rotate and get
                 lost, the token endpoint is down for an hour, `kill -9` each hour; minutes
  torture idle   ten thousand idle connections to a gateway
  torture writes [--creates N] [--kills K] [--items I] [--retry-after SECONDS]
                 100000 creates through lost answers, throttles and kills; counts what was made
  torture --kills N [--store file|sqlite|postgres]
                 kills real processes, and Postgres itself, N times in the midst of their work
  torture [--seeds N] [--from S] [--threads T] [--seed S] [--store file|database]
                 plays N runs of the simulated protocol, or tells the run of one seed
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let passed = match words.as_slice() {
        ["test", ..] => test::run(&args[1..]),
        ["ci"] => ci::all(),
        ["lint"] => ci::lint(),
        ["policy"] => ci::policy(),
        ["tidy"] => ci::tidy(),
        ["conformance", ..] => conformance::run(&args[1..]) == Verdict::Passed,
        ["recipes"] => recipes::run() == Verdict::Passed,
        ["bench", "fleet"] => bench::fleet(),
        ["torture", "hosts"] => torture::hosts(),
        ["torture", "day"] => torture::day(),
        ["torture", "idle"] => torture::idle(),
        ["bench", what, ..] if !what.starts_with('-') => bench::run(&args[1..]),
        ["codegen"] => codegen::run(),
        ["layout"] => layout::run(),
        ["torture", ..] => torture::run(&args[1..]),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            true
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    ExitCode::from(u8::from(!passed))
}

//! Tries to make evergrant lose a grant, or write twice: `cargo xtask torture`.
//!
//! Two commands are about grants. The simulation plays the protocol over a world of its own, where
//! a disk loses what was not synced and a seed replays a run exactly. With `--kills`, real processes
//! work on real files over real sockets and die. `writes` is about changes to the books, each to be
//! made once. All succeed only if no promise was broken.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command prints is its product"
)]

mod args;
mod dice;
mod processes;
mod simulation;
mod writes;

use std::process::ExitCode;

use args::{Args, USAGE};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, orders @ ..] = words.as_slice()
        && first == processes::WORKER
    {
        return told(processes::work(orders).map(|()| true));
    }
    match Args::parse(words) {
        Ok(Args::Tell(seed, kept)) => told(Ok(simulation::tell(seed, kept))),
        Ok(Args::Simulate(plan)) => told(Ok(simulation::play_all(&plan))),
        Ok(Args::Kill(plan)) => told(processes::kill(&plan)),
        Ok(Args::Write(plan)) => told(writes::torture(&plan)),
        Err(problem) => {
            eprint!("{problem}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn told(held: processes::Result<bool>) -> ExitCode {
    match held {
        Ok(held) => ExitCode::from(u8::from(!held)),
        Err(problem) => {
            eprintln!("torture: {problem}");
            ExitCode::FAILURE
        }
    }
}

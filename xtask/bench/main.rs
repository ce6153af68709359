//! The measurements, started by `cargo xtask bench`, which builds everything first.
//!
//! Each compares things that are run in turns on one machine in one go, since only their ratio
//! means anything elsewhere. docs/benchmarks.md tells what is measured and has the figures.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are its product"
)]

mod args;
mod client;
mod crowd;
mod gateway;
mod list;
mod load;
mod machine;
mod oneshot;
mod others;
mod overhead;
mod probe;
mod report;
mod sample;
mod sandbox;
mod server;
mod storm;
mod underneath;
mod webhooks;

use std::path::PathBuf;
use std::process::ExitCode;

use args::{Args, What};
use machine::Machine;
use report::Report;

/// A measurement ends at the first thing that goes wrong: there is nobody to handle it.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{}", args::USAGE);
        return ExitCode::SUCCESS;
    }
    let args = match Args::parse(words) {
        Ok(args) => args,
        Err(problem) => {
            eprint!("{problem}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match measure(&args) {
        Ok(report) if args.json => println!("{}", report.json(&Machine::this())),
        Ok(report) => println!("{}", report.table(&Machine::this())),
        Err(problem) => {
            eprintln!("bench: {problem}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure(args: &Args) -> Result<Report> {
    match args.what {
        What::Gateway => gateway::measure(args.rounds.unwrap_or(5)),
        What::Oneshot => oneshot::measure(args.rounds.unwrap_or(40)),
        What::Overhead => overhead::measure(args.rounds.unwrap_or(100)),
        What::Sandbox => sandbox::measure(args.rounds.unwrap_or(10)),
        What::Storm => storm::measure(args.rounds.unwrap_or(5)),
        What::Webhooks => webhooks::measure(args.rounds.unwrap_or(20)),
        What::List => list::measure(args.rounds.unwrap_or(3), args.rows.unwrap_or(list::ROWS)),
    }
}

/// A program that was built beside this one.
fn sibling(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own
        .with_file_name(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !path.exists() {
        return Err(format!(
            "{} is not there: start me by `cargo xtask bench`",
            path.display()
        )
        .into());
    }
    Ok(path)
}

/// One thread, so that the other core is the sandbox's.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime)
}

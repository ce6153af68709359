//! Runs one program and says how long it took and how much memory it needed at most.
//!
//! `bench-probe STDOUT PROGRAM ARGS…` writes the program's output to the file STDOUT and prints
//! `EXIT-CODE NANOSECONDS PEAK-KIB`.
//!
//! It is a process of its own for the sake of the memory: the kernel knows the peak of *all* the
//! children that were waited for, and between fork and exec a child counts with its parent's. So
//! this one has a single child, and is small itself: what it can't see is below its own size.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::error::Error;
use std::fs::OpenOptions;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let (Some(stdout), Some(program)) = (args.next(), args.next()) else {
        return Err("usage: bench-probe STDOUT PROGRAM ARGS…".into());
    };
    let mut options = OpenOptions::new();
    let stdout = options
        .write(true)
        .create(true)
        .truncate(true)
        .open(stdout)?;
    let mut command = Command::new(program);
    let (status, took) = time(command.args(args).stdout(stdout))?;
    let code = status.code().unwrap_or(-1);
    println!("{code} {} {}", took.as_nanos(), peak_kib()?);
    Ok(())
}

/// From before the fork to after the exit.
#[expect(clippy::disallowed_methods, reason = "this is what it measures")]
fn time(command: &mut Command) -> Result<(ExitStatus, Duration), std::io::Error> {
    let start = Instant::now();
    let status = command.status()?;
    Ok((status, start.elapsed()))
}

/// The most memory that the child had resident. Linux counts it in KiB, macOS in bytes.
fn peak_kib() -> Result<i64, nix::Error> {
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    Ok(if cfg!(target_os = "macos") {
        peak / 1024
    } else {
        peak
    })
}

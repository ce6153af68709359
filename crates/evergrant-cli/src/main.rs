//! The `evergrant` program: keeps OAuth 2.0 grants alive and makes API calls with them.

mod args;
mod codegen;
mod commands;
mod config;
mod context;
mod env;
mod exit;
mod failure;
mod keys;
mod news;
mod output;
mod parse;
mod report;
mod stop;
mod trace;

use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};

use args::{Args, Command};
use context::Context;
use exit::Exit;
use failure::{Failure, Result};
use trace::Voice;

fn main() -> ExitCode {
    let args = match parse::parse(std::env::args_os()) {
        Ok(args) => args,
        Err(error) => {
            // If its stream is gone, there is nobody to read it.
            drop(error.print());
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            return exit.into();
        }
    };
    match run(args) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            report::print(&failure, None);
            failure.exit().into()
        }
    }
}

fn run(args: Args) -> Result<Exit> {
    trace::show_logs(
        matches!(args.command, Command::Serve(_)),
        args.show.verbose > 1,
    );
    let voice = match (&args.command, args.show.verbose) {
        (Command::Demo(_), 0) => Voice::Steps,
        (_, 0) => Voice::Quiet,
        _ => Voice::Exchanges,
    };
    let context = Context::new(args.given, &args.show, voice)?;
    let runtime = runtime(&args.command)?;
    let exit = runtime.block_on(until_stopped(&args.command, &context, voice));
    // Not dropped, which would wait for a thread that reads stdin.
    runtime.shutdown_background();
    Ok(exit)
}

/// Runs the command, unless a signal stops it. Either way a refresh under way is ended well: it runs
/// in a task of its own, and the program waits for it.
async fn until_stopped(command: &Command, context: &Context, voice: Voice) -> Exit {
    let running = commands::run(command, context, voice);
    let exit = if stops_by_itself(command) {
        ended(running.await, context)
    } else {
        let stopped = stop::asked();
        tokio::select! {
            done = running => ended(done, context),
            exit = stopped => exit,
        }
    };
    context.drain().await;
    exit
}

/// For a server, to be stopped is the good end; and what `exec` runs is stopped before it.
fn stops_by_itself(command: &Command) -> bool {
    matches!(
        command,
        Command::Sandbox(_) | Command::Keep | Command::Serve(_) | Command::Exec(_)
    )
}

fn ended(done: Result<()>, context: &Context) -> Exit {
    let Err(failure) = done else {
        return Exit::Done;
    };
    report::print(&failure, context.known_settings());
    failure.exit()
}

/// One thread, which starts fastest and is enough for one call. The sandbox serves many; and of the
/// rows of a long list the next ones are fetched and read while the last ones are being written.
fn runtime(command: &Command) -> Result<Runtime> {
    let has_much_to_do = match command {
        Command::Sandbox(_) => true,
        Command::List(args) => args.all,
        Command::Query(args) => args.all,
        _ => false,
    };
    let mut builder = if has_much_to_do {
        Builder::new_multi_thread()
    } else {
        Builder::new_current_thread()
    };
    let built = builder.enable_all().build();
    built.map_err(|error| {
        Failure::new(Exit::Unavailable, "the program can't get going", "").because(error)
    })
}

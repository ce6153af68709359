//! `exec`: runs a command that finds the gateway's address and a key of its own in its environment.
//!
//! The key lives no longer than the command does. Who stops this program means the command: signals are
//! passed on to it, and its end is waited for.

use std::pin::pin;
use std::process::ExitStatus;

use evergrant::{Clock as _, SystemClock};
use evergrant_gateway::access::Rights;
use evergrant_gateway::keys::{KeyFile, NOTICED};
use jiff::SignedDuration;
use tokio::process::{Child, Command};

use crate::args;
use crate::config::Serve;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::stop;

/// Should the program be killed before it can revoke the key, time does.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Runs the command, and ends as it ends.
pub(crate) async fn run(context: &Context, args: &args::Exec) -> Result<()> {
    let serve = Serve::read(context.given())?;
    let sign = super::serve::running(&serve)?;
    let Some((program, rest)) = args.command.split_first() else {
        return Err(Failure::new(
            Exit::Usage,
            "no command is given",
            "evergrant exec -- COMMAND",
        ));
    };
    let file = KeyFile::in_folder(serve.folder());
    let now = SystemClock.now();
    let rights = Rights {
        preset: args.preset,
        connections: context.given().connection.clone().into_iter().collect(),
        expires: now.saturating_add(KEY_LIFE).ok(),
        ..Rights::full()
    };
    let (key, text) = file.add("exec", rights, now).map_err(unusable)?;
    tokio::time::sleep(NOTICED * 2).await;
    let mut command = Command::new(program);
    command
        .args(rest)
        .env("EVERGRANT_GATEWAY_URL", &sign.url)
        .env("EVERGRANT_GATEWAY_KEY", text);
    let ran = to_its_end(&mut command).await;
    file.revoke(&key.id).map_err(unusable)?;
    let status = ran.map_err(|error| {
        let what = format!("{} can't be run", program.to_string_lossy());
        Failure::new(Exit::NotFound, what, "check its name and its place").because(error)
    })?;
    match code(status) {
        0 => Ok(()),
        code => Err(Failure::Told(Exit::Child(u8::try_from(code).unwrap_or(1)))),
    }
}

/// Runs it, with the signals that this program gets.
async fn to_its_end(command: &mut Command) -> std::io::Result<ExitStatus> {
    let mut stopped = pin!(stop::asked());
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            exit = &mut stopped => {
                pass_on(exit, &child);
                stopped.set(stop::asked());
            }
        }
    }
}

/// Passes a signal on. Ctrl-C is not: the terminal has sent it to the command as well.
#[cfg(unix)]
fn pass_on(exit: Exit, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match exit {
        Exit::Terminated => Signal::TERM,
        Exit::HungUp => Signal::HUP,
        _ => return,
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = id.and_then(Pid::from_raw) {
        // It may have ended by itself meanwhile.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn pass_on(_exit: Exit, _child: &Child) {}

/// What the command has ended with, as a shell says it: 128 and the signal's number if a signal ended it.
fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    status
        .code()
        .or(signal.map(|it: i32| 128 + it))
        .unwrap_or(1)
}

fn unusable(error: std::io::Error) -> Failure {
    Failure::new(
        Exit::Store,
        "no key can be made or revoked",
        "run it as the gateway's user",
    )
    .because(error)
}

//! `exec`: runs a command that finds the gateway's address and a key of its own in its environment.
//!
//! The key lives no longer than the command does.

use std::process::Command;

use evergrant::{Clock as _, SystemClock};
use evergrant_gateway::access::Rights;
use evergrant_gateway::keys::{KeyFile, NOTICED};
use jiff::SignedDuration;

use crate::args;
use crate::config::Serve;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Should the program be killed before it can revoke the key, time does.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Runs the command, and ends as it ends.
pub(crate) fn run(context: &Context, args: &args::Exec) -> Result<()> {
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
    std::thread::sleep(NOTICED * 2);
    let ran = Command::new(program)
        .args(rest)
        .env("EVERGRANT_GATEWAY_URL", &sign.url)
        .env("EVERGRANT_GATEWAY_KEY", text)
        .status();
    file.revoke(&key.id).map_err(unusable)?;
    let status = ran.map_err(|error| {
        let what = format!("{} can't be run", program.to_string_lossy());
        Failure::new(Exit::NotFound, what, "check its name and its place").because(error)
    })?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Failure::Told(Exit::Child(u8::try_from(code).unwrap_or(1)))),
        None => Err(Failure::Told(Exit::Child(1))),
    }
}

fn unusable(error: std::io::Error) -> Failure {
    Failure::new(
        Exit::Store,
        "no key can be made or revoked",
        "run it as the gateway's user",
    )
    .because(error)
}

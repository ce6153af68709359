//! `console`: prints a link that lets a browser into the console of the gateway that runs.

use evergrant_gateway::console;

use crate::config::Serve;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

/// Runs the command.
pub(crate) fn run(context: &Context) -> Result<()> {
    let serve = Serve::read(context.given())?;
    let sign = super::serve::running(&serve)?;
    let Some(address) = sign.console else {
        return Err(Failure::config(
            "the gateway that runs has no console",
            "set console = true in [serve], and start it again",
        ));
    };
    let token = console::link_token(serve.folder()).map_err(|error| {
        Failure::new(
            Exit::Store,
            "no link can be made",
            "run it as the gateway's user",
        )
        .because(error)
    })?;
    context
        .output()
        .line(&format!("{address}/console/login?token={token}"))?;
    tell(Some(
        "Open it in a browser; it works once, for ten minutes".to_owned(),
    ));
    Ok(())
}

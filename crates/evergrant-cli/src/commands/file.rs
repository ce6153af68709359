//! Where bytes go that a command has fetched.

use std::io::IsTerminal as _;
use std::path::Path;

use evergrant_gateway::disk;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Whether there is a place for them, before they are fetched.
///
/// # Errors
/// No file is named, and stdout is a terminal.
pub(super) fn check(file: Option<&Path>, what: &str) -> Result<()> {
    if file.is_some() || !std::io::stdout().is_terminal() {
        return Ok(());
    }
    let what = format!("{what} is nothing for a terminal");
    Err(Failure::new(
        Exit::Usage,
        what,
        "name a file with -f FILE, or - for stdout",
    ))
}

/// Puts them into the file, or, without one, on stdout.
pub(super) fn put(context: &Context, file: Option<&Path>, bytes: &[u8]) -> Result<()> {
    let Some(file) = file.filter(|file| *file != Path::new("-")) else {
        return context.output().raw(bytes);
    };
    disk::replace_bytes(file, bytes).map_err(|error| {
        let what = format!("{} can't be written", file.display());
        Failure::new(Exit::Fault, what, "choose another place with -f").because(error)
    })
}

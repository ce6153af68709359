//! `exit-codes`: the table, from the same source as the codes themselves.

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Result;

/// Runs the command.
pub(crate) fn run(context: &Context) -> Result<()> {
    let lines = Exit::ALL.map(|exit| format!("{:>3}  {}", exit.code(), exit.meaning()));
    context.output().line(&lines.join("\n"))
}

//! `completions`: the completion script of a shell.

use clap::CommandFactory as _;

use crate::args::{self, Args};
use crate::context::Context;
use crate::failure::Result;

/// Runs the command.
pub(crate) fn run(context: &Context, args: &args::Completions) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "evergrant", &mut script);
    context
        .output()
        .line(String::from_utf8_lossy(&script).trim_end())
}

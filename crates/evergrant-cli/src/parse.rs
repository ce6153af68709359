//! From the words of the command line to [`Args`], with only the command that was asked for.
//!
//! Every command takes the options of the whole program, and clap hands each of them a copy of each:
//! most of the time that a start takes. So the words are first read with the one command that they
//! name; whatever that does not accept (a slip, a call for help) is read again with all of them,
//! whose answer counts.

use std::ffi::OsString;

use clap::{Command, CommandFactory as _, FromArgMatches as _};

use crate::args::Args;

/// The arguments that the words stand for.
///
/// # Errors
/// What clap has to say to a person: help and the version too.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> clap::error::Result<Args> {
    let words: Vec<OsString> = words.into_iter().collect();
    let whole = Args::command();
    if let Some(args) = read(narrow(&whole, &words), &words) {
        // It holds thousands of small things and the program may end in a moment.
        std::mem::forget(whole);
        return Ok(args);
    }
    let matches = whole.try_get_matches_from(words)?;
    Args::from_arg_matches(&matches).map_err(|error| error.format(&mut Args::command()))
}

fn read(command: Command, words: &[OsString]) -> Option<Args> {
    let matches = command.try_get_matches_from(words).ok()?;
    Args::from_arg_matches(&matches).ok()
}

/// The program with those commands alone whose names are among the words. What it accepts, the whole
/// program takes for the same: a word that names none of its commands is refused by both or is the
/// value of an option in both.
fn narrow(whole: &Command, words: &[OsString]) -> Command {
    let named = whole
        .get_subcommands()
        .filter(|command| words.iter().any(|word| word == command.get_name()));
    let groups = whole.get_groups().cloned();
    Command::new("evergrant")
        .disable_help_subcommand(true)
        .args(whole.get_arguments().cloned())
        .groups(groups)
        .subcommands(named.cloned())
}

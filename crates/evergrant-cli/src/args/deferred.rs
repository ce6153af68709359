//! Arguments that are described only when their command is the one that was asked for.
//!
//! The program has some forty commands and a run is of one. To build the descriptions of all takes
//! longer than everything else before the first word goes to the network.

use std::ops::Deref;

use clap::builder::Resettable;
use clap::error::Result;
use clap::{ArgMatches, Args, Command, FromArgMatches};

/// `T`, described late.
#[derive(Debug)]
pub(crate) struct Deferred<T>(T);

impl<T> Deref for Deferred<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<()> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| keeping_words(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| keeping_words(command, T::augment_args_for_update))
    }
}

/// The command with its arguments, and with the words about it that it had: the ones that come with
/// the arguments tell a reader of the code whose they are.
fn keeping_words(command: Command, describe: fn(Command) -> Command) -> Command {
    let about = command.get_about().cloned();
    let long_about = command.get_long_about().cloned();
    describe(command)
        .about(Resettable::from(about))
        .long_about(Resettable::from(long_about))
}

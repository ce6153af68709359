//! Exit codes: one for each thing that a script may want to do next.
//!
//! They are derived from an error's remedy, never from its text, so that the same trouble ends
//! with the same code whichever command met it.

use std::process::ExitCode;

use evergrant::Remedy;

/// How a run of the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The API answered with a fault, or a `--path` is not in the answer.
    Fault,
    /// The command line can't be understood, or asks for what can't be sent.
    Usage,
    /// Something that evergrant was given is missing or wrong.
    Config,
    /// The grant is over: a human must reconnect.
    Reconnect,
    /// The thing asked for does not exist.
    NotFound,
    /// The right to do it is missing.
    Forbidden,
    /// The API asks to be asked less often.
    Throttled,
    /// Nothing was done; the same command may work later.
    Unavailable,
    /// Somebody else changed the thing first.
    Conflict,
    /// The token file can't be read or written.
    Store,
    /// A write was sent, and no answer came, or it came and could not be shown.
    Unknown,
    /// The terminal went away (SIGHUP).
    HungUp,
    /// Stopped by Ctrl-C (SIGINT).
    Interrupted,
    /// The reader of the output went away (SIGPIPE).
    BrokenPipe,
    /// Stopped by SIGTERM.
    Terminated,
    /// As a command has ended that was run.
    Child(u8),
}

impl Exit {
    /// All of them, in the order of their codes.
    pub(crate) const ALL: [Self; 16] = [
        Self::Done,
        Self::Fault,
        Self::Usage,
        Self::Config,
        Self::Reconnect,
        Self::NotFound,
        Self::Forbidden,
        Self::Throttled,
        Self::Unavailable,
        Self::Conflict,
        Self::Store,
        Self::Unknown,
        Self::HungUp,
        Self::Interrupted,
        Self::BrokenPipe,
        Self::Terminated,
    ];

    /// The code that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Fault => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Reconnect => 4,
            Self::NotFound => 5,
            Self::Forbidden => 6,
            Self::Throttled => 7,
            Self::Unavailable => 8,
            Self::Conflict => 9,
            Self::Store => 10,
            Self::Unknown => 12,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::BrokenPipe => 141,
            Self::Terminated => 143,
            Self::Child(code) => code,
        }
    }

    /// What it means, and what a script may do about it.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Fault => {
                "the API refused the request, a --path is missing, or the output can't be written (of a write that was made: 12)"
            }
            Self::Usage => "the command line is wrong: see --help",
            Self::Config => "a setting is missing or wrong: mend it (see evergrant doctor)",
            Self::Reconnect => "the grant is over: run evergrant login",
            Self::NotFound => "not found: check the kind and the id",
            Self::Forbidden => "forbidden: the connecting user or the keys lack the right",
            Self::Throttled => "throttled: wait, then ask less often",
            Self::Unavailable => {
                "unavailable: nothing was done, the same command is safe to repeat"
            }
            Self::Conflict => "conflict: somebody else changed it, read it again first",
            Self::Store => {
                "the token file can't be read or written: mend it, the grant is not lost"
            }
            Self::Unknown => {
                "the outcome of a write is unknown, or could not be shown: look before doing it again"
            }
            Self::HungUp => {
                "the terminal was closed (SIGHUP); a refresh in flight was finished first"
            }
            Self::Interrupted => "interrupted (Ctrl-C); a refresh in flight was finished first",
            Self::BrokenPipe => "the reader of the output went away",
            Self::Child(_) => "as the command has ended that was run",
            Self::Terminated => "terminated (SIGTERM); a refresh in flight was finished first",
        }
    }
}

impl From<Remedy> for Exit {
    fn from(remedy: Remedy) -> Self {
        match remedy {
            Remedy::Reconnect => Self::Reconnect,
            Remedy::Configure => Self::Config,
            Remedy::Retry { .. } => Self::Unavailable,
            Remedy::SlowDown { .. } => Self::Throttled,
            Remedy::MendStore => Self::Store,
            Remedy::Reread => Self::Conflict,
            Remedy::Verify => Self::Unknown,
            Remedy::Locate => Self::NotFound,
            Remedy::Permit => Self::Forbidden,
            // Amend and Report: the request, or one side's program, has to change.
            _ => Self::Fault,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_ascending() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }

    #[test]
    fn each_remedy_has_its_code() {
        for (remedy, code) in [
            (Remedy::Amend, 1),
            (Remedy::Report, 1),
            (Remedy::Configure, 3),
            (Remedy::Reconnect, 4),
            (Remedy::Locate, 5),
            (Remedy::Permit, 6),
            (Remedy::SlowDown { after: None }, 7),
            (Remedy::Retry { after: None }, 8),
            (Remedy::Reread, 9),
            (Remedy::MendStore, 10),
            (Remedy::Verify, 12),
        ] {
            assert_eq!(Exit::from(remedy).code(), code, "{remedy:?}");
        }
    }
}

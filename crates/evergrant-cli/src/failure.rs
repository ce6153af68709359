//! A failed command: what happened, what mends it, and with which code the program ends.

use std::error::Error as StdError;

use evergrant_quickbooks::ErrorKind;

use crate::exit::Exit;

/// The result of a command.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a command failed. Not an error type with a `Display`: `report` alone prints it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The keeper's.
    Keeper(evergrant::Error),
    /// The API's, or of a call to it.
    Api(Box<evergrant_quickbooks::Error>),
    /// Our own.
    Own(Box<Own>),
    /// The command has said all there is to say.
    Told(Exit),
}

/// A failure that was found here, not in a library.
#[derive(Debug)]
pub(crate) struct Own {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What happened, without a capital or a full stop.
    pub(crate) what: String,
    /// What mends it; nothing if `what` says so already.
    pub(crate) mend: String,
    /// Why.
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// Our own, with what mends it.
    pub(crate) fn new(exit: Exit, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Own(Box::new(Own {
            exit,
            what: what.into(),
            mend: mend.into(),
            source: None,
        }))
    }

    /// A setting is missing or wrong.
    pub(crate) fn config(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(Exit::Config, what, mend)
    }

    /// The same with its cause, where it is our own.
    #[must_use]
    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        if let Self::Own(own) = &mut self {
            own.source = Some(source.into());
        }
        self
    }

    /// The same, met when the answer to a write was to be shown. A script that took it for a refusal
    /// would write again. `mend` says how to come by the answer.
    #[must_use]
    pub(crate) fn after_a_write(self, mend: impl Into<String>) -> Self {
        let (what, source) = match self {
            Self::Own(own) => (own.what, own.source),
            Self::Api(error) => (error.to_string(), None),
            _ => ("not all of the answer could be shown".to_owned(), None),
        };
        Self::Own(Box::new(Own {
            exit: Exit::Unknown,
            what: format!("it was done, but {what}"),
            mend: mend.into(),
            source,
        }))
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Keeper(error) => error.remedy().into(),
            // Nothing was sent, since no request could be made of what was typed.
            Self::Api(error) if error.kind() == ErrorKind::Unsendable => Exit::Usage,
            Self::Api(error) => error.remedy().into(),
            Self::Own(own) => own.exit,
            Self::Told(exit) => *exit,
        }
    }
}

impl From<evergrant::Error> for Failure {
    fn from(error: evergrant::Error) -> Self {
        Self::Keeper(error)
    }
}

impl From<evergrant_gateway::Error> for Failure {
    fn from(error: evergrant_gateway::Error) -> Self {
        match error {
            evergrant_gateway::Error::Keeper(error) => Self::Keeper(error),
            evergrant_gateway::Error::Setting { what, mend, source } => {
                Self::config(what, mend).because(source)
            }
        }
    }
}

impl From<evergrant_quickbooks::Error> for Failure {
    fn from(error: evergrant_quickbooks::Error) -> Self {
        Self::Api(Box::new(error))
    }
}

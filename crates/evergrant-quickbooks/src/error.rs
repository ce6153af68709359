//! The crate's one error: what kind of failure, what was exchanged, what mends it.
//!
//! It holds what a human needs to see (request, answer, fault) and nothing that must not be seen.
//! How it is printed in full is the caller's business; `Display` is its one-line form.

mod advice;
mod exchange;
mod kind;

use std::error::Error as StdError;
use std::fmt;

use evergrant::Remedy;
use http::StatusCode;

pub use exchange::Exchange;
pub(crate) use exchange::{intuit_tid, is_page};
pub use kind::ErrorKind;

use crate::fault::Fault;
use crate::request::Unsendable;

/// The result of this crate's fallible operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How much of a fault's texts `Display` shows.
const SHOWN: usize = 500;

/// A failure.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    context: String,
    fault: Option<Fault>,
    exchange: Option<Exchange>,
    core: Option<evergrant::Error>,
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What mends it.
    pub fn remedy(&self) -> Remedy {
        match &self.0.core {
            Some(core) => core.remedy(),
            None => self.0.kind.remedy(self.exchange()),
        }
    }

    /// Whether it heals by itself, with no human: waiting and doing the same again may work.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.remedy(),
            Remedy::Retry { .. } | Remedy::SlowDown { .. } | Remedy::Reread
        )
    }

    /// One line on what it means and what to do.
    pub fn advice(&self) -> String {
        advice::advice(self)
    }

    /// The answer's status, if one came.
    pub fn status(&self) -> Option<StatusCode> {
        Some(self.exchange()?.status)
    }

    /// The id under which Intuit knows the exchange, if it sent one.
    pub fn intuit_tid(&self) -> Option<&str> {
        self.exchange()?.intuit_tid()
    }

    /// What QuickBooks found wrong, if it said so in a form that can be read.
    pub fn fault(&self) -> Option<&Fault> {
        self.0.fault.as_ref()
    }

    /// What was asked and what came back, if something did.
    pub fn exchange(&self) -> Option<&Exchange> {
        self.0.exchange.as_ref()
    }

    /// The core's error, if it comes from there.
    pub fn core(&self) -> Option<&evergrant::Error> {
        self.0.core.as_ref()
    }

    /// An answer that is a failure by its status or by the fault in it.
    pub(crate) fn answered(exchange: Exchange) -> Self {
        let fault = Fault::parse(&exchange.body);
        let refusal = || {
            let failed = !exchange.status.is_success();
            failed.then(|| Fault::parse_oauth(&exchange.body)).flatten()
        };
        let fault = fault.or_else(refusal);
        let kind = ErrorKind::of(kind::Answer {
            status: exchange.status,
            body: &exchange.body,
            is_page: exchange.is_page(),
            fault: fault.as_ref(),
            is_safe: exchange.request.method.is_safe(),
        });
        let context = describe(&exchange, fault.as_ref());
        Self::new(kind, context, fault, Some(exchange))
    }

    /// An answer that should have been something else; `context` says what.
    pub(crate) fn unexpected(exchange: Exchange, context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unexpected, context.into(), None, Some(exchange))
    }

    fn new(
        kind: ErrorKind,
        context: String,
        fault: Option<Fault>,
        exchange: Option<Exchange>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            context,
            fault,
            exchange,
            core: None,
        }))
    }
}

impl From<evergrant::Error> for Error {
    fn from(core: evergrant::Error) -> Self {
        let mut error = Self::new(
            ErrorKind::Connection(core.kind()),
            core.to_string(),
            None,
            None,
        );
        error.0.core = Some(core);
        error
    }
}

impl From<Unsendable> for Error {
    fn from(reason: Unsendable) -> Self {
        Self::new(ErrorKind::Unsendable, reason.to_string(), None, None)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.context)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("context", &self.0.context)
            .field("fault", &self.0.fault)
            .field("exchange", &self.0.exchange)
            .field("core", &self.0.core)
            .finish()
    }
}

impl StdError for Error {
    /// The cause behind the core's error, which this one shows as its own.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.core.as_ref()?.source()
    }
}

/// `400 Bad Request: Object Not Found (610): Object Not Found : Something you're trying…`
fn describe(exchange: &Exchange, fault: Option<&Fault>) -> String {
    let status = exchange.status;
    let said = match fault.and_then(|fault| fault.errors.first()) {
        Some(error) => {
            let code = error
                .code
                .map(|code| format!(" ({code})"))
                .unwrap_or_default();
            let detail = match error.detail.as_str() {
                "" => String::new(),
                detail => format!(": {}", one_line(detail)),
            };
            format!("{}{code}{detail}", one_line(&error.message))
        }
        None if exchange.is_page() => "a web page in place of an answer".to_owned(),
        None if exchange.body.is_empty() => "an empty answer".to_owned(),
        None => "an answer without a fault in it".to_owned(),
    };
    format!("{status}: {said}")
}

/// What a server wrote, fit for a line of a log: bounded, without control characters.
fn one_line(text: &str) -> String {
    let printable = text.split(char::is_control).collect::<Vec<_>>().join(" ");
    match printable.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &printable[..end]),
        None => printable,
    }
}

//! What kind of failure an answer is, and what mends it: the table from status and fault code to
//! [`ErrorKind`], and from there to [`Remedy`].

use std::time::Duration;

use evergrant::Remedy;
use http::StatusCode;

use super::Exchange;
use crate::fault::{Fault, FaultError, code, is_throttle_text};

/// Intuit's advice after a 429, which it sends without a `Retry-After`.
const THROTTLE_PAUSE: Duration = Duration::from_secs(60);

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No answer of QuickBooks': the connection, the grant, the token store. What exactly is the
    /// core's kind.
    Connection(evergrant::ErrorKind),
    /// What was asked can't be put into a request; nothing was sent.
    Unsendable,
    /// QuickBooks finds fault with the request: an unknown member, a missing value, a business
    /// rule (2xxx, 4xxx and 6xxx).
    Invalid,
    /// The entity has changed since it was read (5010).
    Stale,
    /// There is no such entity (610), or nothing at this path (404).
    NotFound,
    /// The user, the app or the company may not do this (120, 3100, 6190, 403).
    Forbidden,
    /// The token is good, but for another company (100).
    WrongCompany,
    /// Sandbox and production are mixed up (130, 7001).
    WrongEnvironment,
    /// Too many requests (3001 in any envelope and with any status, 429).
    Throttled,
    /// The access token is refused (3200, 401), and a fresh one was of no help.
    Unauthorized,
    /// QuickBooks or something before it has failed; what was asked for was harmless (5xx, 10000,
    /// a web page in place of an answer).
    Unavailable,
    /// The same, or no answer at all to a write that carried a request id; what was asked for was a
    /// change that may or may not have been made. [`Error::request_id`](crate::Error::request_id)
    /// says how to go on.
    OutcomeUnknown,
    /// QuickBooks sent less than was asked for, and does not send the rest: a report of more than
    /// 400,000 cells.
    Incomplete,
    /// The budget of metered calls is spent ([`Meter`](crate::Meter)); nothing was sent.
    BudgetSpent,
    /// An answer that nobody has described.
    Unexpected,
}

/// What is known of an answer when its kind is decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) body: &'a [u8],
    pub(crate) is_page: bool,
    pub(crate) fault: Option<&'a Fault>,
    /// Whether what was asked for changes nothing.
    pub(crate) is_safe: bool,
}

impl ErrorKind {
    /// The kind of failure that an answer is. The fault code counts for more than the status,
    /// since several codes come with several statuses, 200 among them.
    pub(crate) fn of(answer: Answer<'_>) -> Self {
        if answer.is_throttle() {
            return Self::Throttled;
        }
        if answer.is_server_failure() {
            return answer.failed_inside();
        }
        let by_code = answer
            .fault
            .and_then(|fault| fault.codes().find_map(of_code));
        by_code.unwrap_or_else(|| answer.by_status())
    }

    /// What mends it. `exchange` knows how long the server asks to wait.
    pub(crate) fn remedy(self, exchange: Option<&Exchange>) -> Remedy {
        let after = exchange.and_then(Exchange::retry_after);
        match self {
            Self::Unsendable | Self::Invalid | Self::Incomplete => Remedy::Amend,
            Self::Stale => Remedy::Reread,
            Self::NotFound => Remedy::Locate,
            Self::Forbidden => Remedy::Permit,
            Self::WrongCompany | Self::WrongEnvironment | Self::BudgetSpent => Remedy::Configure,
            Self::Throttled => Remedy::SlowDown {
                after: Some(after.unwrap_or(THROTTLE_PAUSE)),
            },
            Self::Unauthorized => Remedy::Reconnect,
            Self::Unavailable => Remedy::Retry { after },
            Self::OutcomeUnknown => Remedy::Verify,
            Self::Unexpected => Remedy::Report,
            Self::Connection(kind) => evergrant::Error::new(kind, "").remedy(),
        }
    }
}

fn of_code(code: u32) -> Option<ErrorKind> {
    Some(match code {
        code::WRONG_COMPANY => ErrorKind::WrongCompany,
        code::WRONG_CLUSTER | code::WRONG_DESTINATION => ErrorKind::WrongEnvironment,
        code::NOT_ADMIN | code::NOT_AUTHORIZED | code::SUBSCRIPTION_ENDED => ErrorKind::Forbidden,
        code::NOT_FOUND => ErrorKind::NotFound,
        code::AUTHENTICATION_FAILED => ErrorKind::Unauthorized,
        code::STALE => ErrorKind::Stale,
        2000..=2999 | 4000..=4999 | 6000..=6999 => ErrorKind::Invalid,
        _ => return None,
    })
}

impl Answer<'_> {
    fn is_throttle(&self) -> bool {
        let failed = !self.status.is_success();
        self.status == StatusCode::TOO_MANY_REQUESTS
            || self.fault.is_some_and(Fault::is_throttle)
            || failed && is_throttle_text(self.body)
    }

    /// Something failed on the other side, for no reason of ours. A 120 has been seen to be that,
    /// too, when its text blamed the server.
    fn is_server_failure(&self) -> bool {
        let says_so = |fault: &Fault| {
            fault.has(code::SYSTEM_FAILURE) || fault.errors.iter().any(FaultError::blames_server)
        };
        self.status.is_server_error()
            || self.status == StatusCode::REQUEST_TIMEOUT
            || self.fault.is_some_and(says_so)
            || self.status.is_success() && self.is_page
    }

    /// 503 says that the request was not taken on; every other failure leaves that open.
    fn failed_inside(&self) -> ErrorKind {
        if self.is_safe || self.status == StatusCode::SERVICE_UNAVAILABLE {
            return ErrorKind::Unavailable;
        }
        ErrorKind::OutcomeUnknown
    }

    fn by_status(&self) -> ErrorKind {
        match self.status {
            StatusCode::UNAUTHORIZED => ErrorKind::Unauthorized,
            StatusCode::FORBIDDEN => ErrorKind::Forbidden,
            StatusCode::NOT_FOUND => ErrorKind::NotFound,
            status if status.is_client_error() => ErrorKind::Invalid,
            _ => self.by_fault_type(),
        }
    }

    fn by_fault_type(&self) -> ErrorKind {
        let kind = self.fault.map(|fault| fault.kind.to_ascii_lowercase());
        match kind.as_deref() {
            Some("validationfault") => ErrorKind::Invalid,
            Some("systemfault") => self.failed_inside(),
            Some("authenticationfault" | "authentication") => ErrorKind::Unauthorized,
            Some("authorizationfault" | "authorizatonfault") => ErrorKind::Forbidden,
            _ => ErrorKind::Unexpected,
        }
    }
}

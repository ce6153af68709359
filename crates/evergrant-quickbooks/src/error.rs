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

use crate::RequestId;
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
    request_id: Option<RequestId>,
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What mends it.
    pub fn remedy(&self) -> Remedy {
        match &self.0.core {
            _ if self.0.kind == ErrorKind::OutcomeUnknown => Remedy::Verify,
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

    /// The id under which the write was sent that failed so. If its outcome is unknown
    /// ([`ErrorKind::OutcomeUnknown`]), asking once more with this id tells what came of it, and
    /// makes the change only if it has not been made.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    /// Whether nobody knows whether what was asked for has been done.
    pub(crate) fn leaves_open(&self) -> bool {
        self.remedy() == Remedy::Verify
    }

    /// Whether it tells what became of the request, as opposed to why there is no telling.
    pub(crate) fn settles(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Invalid | ErrorKind::Stale | ErrorKind::NotFound
        )
    }

    pub(crate) fn with_request_id(mut self, id: RequestId) -> Self {
        self.0.request_id = Some(id);
        self
    }

    /// The same, of a request that may have been carried out by an earlier attempt.
    pub(crate) fn left_open(mut self) -> Self {
        self.0.kind = ErrorKind::OutcomeUnknown;
        self
    }

    /// Nothing was sent; `context` says why.
    pub(crate) fn unsendable(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsendable, context.into(), None, None)
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

    /// Nothing was sent, for a reason of our own.
    pub(crate) fn not_sent(kind: ErrorKind, context: String) -> Self {
        Self::new(kind, context, None, None)
    }

    /// An object that is not what its kind should be; `context` says where.
    pub(crate) fn misshapen(context: String) -> Self {
        Self::new(ErrorKind::Unexpected, context, None, None)
    }

    /// An answer that is a failure for a reason that `context` tells.
    pub(crate) fn failed(kind: ErrorKind, exchange: Exchange, context: &str) -> Self {
        Self::new(kind, context.to_owned(), None, Some(exchange))
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
            request_id: None,
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
            .field("request_id", &self.0.request_id)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;

    use super::exchange::tests::exchange;
    use super::*;

    fn gateway(code: &str, message: &str, detail: &str, kind: &str) -> String {
        format!(
            r#"{{"warnings":null,"intuitObject":null,"fault":{{"error":[{{"message":"{message}","detail":{detail},"code":"{code}","element":null}}],"type":"{kind}"}},"report":null,"queryResponse":null,"batchItemResponse":[],"attachableResponse":[],"syncErrorResponse":null,"requestId":null,"time":1601391072830,"status":null,"cdcresponse":[]}}"#
        )
    }

    fn xml(code: &str, message: &str, detail: &str, kind: &str) -> String {
        format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="2017-01-01T00:00:00.000-08:00"><Fault type="{kind}"><Error code="{code}"><Message>{message}</Message><Detail>{detail}</Detail></Error></Fault></IntuitResponse>"#
        )
    }

    fn service(code: &str, message: &str, detail: &str) -> String {
        format!(
            r#"{{"Fault":{{"Error":[{{"Message":"{message}","Detail":"{detail}","code":"{code}","element":""}}],"type":"ValidationFault"}},"time":"2020-09-29T06:58:50.262-07:00"}}"#
        )
    }

    fn failed(method: Method, status: u16, body: &str) -> Error {
        let tid = [("intuit_tid", "1-5f733be9-00")];
        Error::answered(exchange(method, status, &tid, body))
    }

    /// Checks what a GET that is answered so is taken for, and how its advice begins.
    #[track_caller]
    fn check(status: u16, body: &str, kind: ErrorKind, remedy: Remedy, advice: &str) {
        let error = failed(Method::GET, status, body);
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(error.remedy(), remedy, "{status} {body}");
        let line = error.advice();
        assert!(line.starts_with(advice), "{line}");
        assert!(!line.contains(['{', '}', '\n']), "{line}");
    }

    const RETRY: Remedy = Remedy::Retry { after: None };
    const SLOW_DOWN: Remedy = Remedy::SlowDown {
        after: Some(Duration::from_secs(60)),
    };

    #[test]
    fn refused_tokens() {
        let expired = gateway(
            "3200",
            "message=AuthenticationFailed; errorCode=003200; statusCode=401",
            r#""Token expired: AB0116planted""#,
            "AUTHENTICATION",
        );
        let malformed = gateway(
            "3200",
            "message=AuthenticationFailed; errorCode=003200; statusCode=401",
            r#""Malformed bearer token: too short or too long""#,
            "AUTHENTICATION",
        );
        let old = xml(
            "3200",
            "message=ApplicationAuthenticationFailed; errorCode=003200; statusCode=401",
            "",
            "AUTHENTICATION",
        );
        for body in [expired, malformed, old] {
            check(
                401,
                &body,
                ErrorKind::Unauthorized,
                Remedy::Reconnect,
                "QuickBooks refuses the access token, and a fresh one",
            );
        }
        check(
            401,
            "",
            ErrorKind::Unauthorized,
            Remedy::Reconnect,
            "sandbox-quickbooks.api.intuit.com refuses the access token without saying why",
        );
    }

    #[test]
    fn refused_callers() {
        let wrong_company = xml(
            "100",
            "General Authentication Error",
            "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401",
            "AuthenticationFault",
        );
        let said = "the token is good, but not for company 123: check the realm id (--realm)";
        let (kind, remedy) = (ErrorKind::WrongCompany, Remedy::Configure);
        check(401, &wrong_company, kind, remedy, said);

        let cluster = xml(
            "130",
            "Accessing Wrong Cluster",
            "WrongClusterError: -11017-x, statusCode: 401",
            "AuthenticationFault",
        );
        let said = "company 123 does not live at sandbox-quickbooks.api.intuit.com: sandbox";
        let (kind, remedy) = (ErrorKind::WrongEnvironment, Remedy::Configure);
        check(401, &cluster, kind, remedy, said);

        let detail = "AuthorizationFailure: --11014-You do not have access to use QuickBooks Online., statusCode: 401";
        let not_admin = xml("120", "Authorization Failure", detail, "AuthorizatonFault");
        let said = "the user who connected company 123 is no longer an administrator";
        check(401, &not_admin, ErrorKind::Forbidden, Remedy::Permit, said);

        let detail = "AuthorizationFailure: -x, statusCode: 500";
        let passing = xml("120", "Authorization Failure", detail, "AuthorizatonFault");
        let said = "QuickBooks failed on its side";
        check(401, &passing, ErrorKind::Unavailable, RETRY, said);
    }

    #[test]
    fn refused_apps() {
        let message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403";
        let app = gateway("3100", message, "null", "SERVICE");
        let said = "this app may not use company 123 at sandbox-quickbooks.api.intuit.com";
        check(403, &app, ErrorKind::Forbidden, Remedy::Permit, said);

        let said = "company 123 or its user";
        let (kind, remedy) = (ErrorKind::Forbidden, Remedy::Permit);
        check(403, "<html>no</html>", kind, remedy, said);

        let message = "message=Subscription for company has lapsed or Invalid destination URL is used; errorCode=007001; statusCode=400";
        let said = "company 123 is not to be had at";
        let (kind, remedy) = (ErrorKind::WrongEnvironment, Remedy::Configure);
        check(400, &xml("", message, "", ""), kind, remedy, said);
    }

    #[test]
    fn throttles() {
        let message = "message=ThrottleExceeded; errorCode=003001; statusCode=429";
        let json = gateway("3001", message, "null", "SERVICE");
        let old = xml(
            "3001",
            message,
            "The request limit was reached.  Try again later",
            "SERVICE",
        );
        for (status, body) in [
            (429, json.as_str()),
            (429, &old),
            (403, &old),
            (400, &json),
            (503, &json),
            (200, &json),
            (429, ""),
            (429, "<html>"),
            (
                403,
                r#"{"fault":{"error":[{"message":"message=ThrottleExceeded; er"#,
            ),
        ] {
            check(
                status,
                body,
                ErrorKind::Throttled,
                SLOW_DOWN,
                "too many requests: QuickBooks allows 500 a minute and 10 a second for each company; wait 60 s",
            );
        }
        let told = exchange(Method::POST, 429, &[("retry-after", "7")], "");
        let told = Error::answered(told);
        assert_eq!(
            told.remedy(),
            Remedy::SlowDown {
                after: Some(Duration::from_secs(7))
            }
        );
        assert!(told.advice().contains("wait 7 s"));
        assert!(told.is_transient());
    }

    /// Code, message, detail, and how the advice begins.
    const AMENDABLE: &[(&str, &str, &str, &str)] = &[
        (
            "500",
            "Unsupported Operation",
            "Operation Could not find resource for relative : /v3/company/123/x is not supported.",
            "QuickBooks has no such operation",
        ),
        (
            "2010",
            "Request has invalid or unsupported property",
            "Property Name:Unrecognized field",
            "the body is not valid JSON",
        ),
        (
            "2020",
            "Required param missing, need to supply the required value for the API",
            "Required parameter Line is missing in the request",
            "a required value is missing: give what the detail names",
        ),
        (
            "2030",
            "Invalid ID",
            "Id should be a valid number. Supplied value:1.5",
            "ids are numbers",
        ),
        ("2050", "Length exceeds limit", "", "the value is too long"),
        (
            "2080",
            "Illegal number format",
            "",
            "the value is not a number",
        ),
        (
            "2170",
            "Invalid Enumeration",
            "Invalid Enumeration : x",
            "the value is not one of those allowed",
        ),
        (
            "2500",
            "Invalid Reference Id",
            "Invalid Reference Id : x",
            "something that the request refers to",
        ),
        (
            "4000",
            "Error parsing query",
            "QueryParserError: Encountered",
            "the query can't be parsed",
        ),
        (
            "4001",
            "Invalid query",
            "QueryValidationError: Property X not found for Entity Y",
            "the query names something",
        ),
        (
            "6000",
            "A business validation error has occurred while processing your request",
            "Business Validation Error: x",
            "a business rule",
        ),
        (
            "6140",
            "Duplicate Document Number Error",
            "x",
            "the document number is taken",
        ),
        (
            "6210",
            "Account Period Closed",
            "x",
            "the date lies in a period",
        ),
        (
            "6240",
            "Duplicate Name Exists Error",
            "The name supplied already exists. : null",
            "the name is taken",
        ),
        (
            "6540",
            "Deposited Transaction cannot be changed",
            "x",
            "it belongs to a deposit",
        ),
        (
            "2999",
            "New Error",
            "x",
            "QuickBooks finds fault with the request",
        ),
    ];

    #[test]
    fn requests_that_quickbooks_finds_fault_with() {
        for (code, message, detail, advice) in AMENDABLE {
            let body = service(code, message, detail);
            check(400, &body, ErrorKind::Invalid, Remedy::Amend, advice);
            check(200, &body, ErrorKind::Invalid, Remedy::Amend, advice);
        }
        for status in [400, 405, 415, 422] {
            check(
                status,
                "",
                ErrorKind::Invalid,
                Remedy::Amend,
                "QuickBooks finds fault",
            );
        }
        check(
            413,
            "<html>Request Entity Too Large</html>",
            ErrorKind::Invalid,
            Remedy::Amend,
            "the request is too large",
        );
        check(
            407,
            "",
            ErrorKind::Invalid,
            Remedy::Amend,
            "a proxy on the way",
        );
        let gateway_form = gateway("2500", "m", "null", "ValidationFault");
        check(
            400,
            &gateway_form,
            ErrorKind::Invalid,
            Remedy::Amend,
            "something that the request refers to",
        );
    }

    #[test]
    fn blamed_members_are_named() {
        let body = r#"{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"2020","element":"Line"}],"type":"ValidationFault"}}"#;
        check(
            400,
            body,
            ErrorKind::Invalid,
            Remedy::Amend,
            "a required value is missing: give Line",
        );
    }

    #[test]
    fn the_states_of_things() {
        let missing = service(
            "610",
            "Object Not Found",
            "Object Not Found : Something you're trying to use has been made inactive.",
        );
        check(
            400,
            &missing,
            ErrorKind::NotFound,
            Remedy::Locate,
            "nothing has this id",
        );
        check(
            404,
            "",
            ErrorKind::NotFound,
            Remedy::Locate,
            "there is nothing at this path: check it, and the realm id 123",
        );
        let stale = service(
            "5010",
            "Stale Object Error",
            "Stale Object Error : You and x were working on this at the same time.",
        );
        check(
            400,
            &stale,
            ErrorKind::Stale,
            Remedy::Reread,
            "somebody changed it after it was read",
        );
        let ended = service(
            "6190",
            "Invalid Company Status",
            "Subscription period has ended or canceled or there was a billing problem : x",
        );
        check(
            400,
            &ended,
            ErrorKind::Forbidden,
            Remedy::Permit,
            "the company's QuickBooks subscription has ended",
        );
        check(
            200,
            &ended,
            ErrorKind::Forbidden,
            Remedy::Permit,
            "the company's QuickBooks subscription has ended",
        );
    }

    #[test]
    fn failures_on_their_side() {
        let inside = "An application error has occurred while processing your request";
        let json = service("10000", inside, "System Failure Error: x")
            .replace("ValidationFault", "SystemFault");
        let old = xml("10000", inside, "System Failure Error: x", "SystemFault");
        for (status, body) in [
            (500, json.as_str()),
            (500, &old),
            (400, &json),
            (200, &json),
            (502, ""),
            (500, ""),
        ] {
            check(
                status,
                body,
                ErrorKind::Unavailable,
                RETRY,
                "QuickBooks failed on its side: try again; if it lasts, give Intuit's support the intuit_tid 1-5f733be9-00",
            );
        }
        for (status, page) in [
            (503, "<html>Service Unavailable</html>"),
            (200, "<!DOCTYPE html><h1>We'll be back soon</h1>"),
            (502, "\n<HTML>"),
        ] {
            check(
                status,
                page,
                ErrorKind::Unavailable,
                RETRY,
                "a web page came in place of an answer: QuickBooks is down",
            );
        }
        check(
            504,
            "",
            ErrorKind::Unavailable,
            RETRY,
            "QuickBooks took longer than it allows itself",
        );
        let told = exchange(Method::GET, 503, &[("retry-after", "3")], "");
        let after = Some(Duration::from_secs(3));
        assert_eq!(Error::answered(told).remedy(), Remedy::Retry { after });
    }

    #[test]
    fn h48_a_change_that_failed_on_their_side_is_not_said_to_be_safe_to_repeat() {
        for (status, body) in [
            (500, ""),
            (502, "<html>"),
            (504, ""),
            (200, "<html>"),
            (408, ""),
        ] {
            let error = failed(Method::POST, status, body);
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{status}");
            assert_eq!(error.remedy(), Remedy::Verify);
            assert!(!error.is_transient());
            assert!(
                error.advice().contains("before making it again"),
                "{}",
                error.advice()
            );
        }
        let not_taken = failed(Method::POST, 503, "");
        assert_eq!(not_taken.remedy(), RETRY);
        assert_eq!(failed(Method::POST, 400, "").remedy(), Remedy::Amend);
    }

    #[test]
    fn what_nobody_has_described() {
        for (status, body) in [
            (302, ""),
            (
                200,
                r#"{"Fault":{"Error":[{"code":"77777"}],"type":"SERVICE"}}"#,
            ),
        ] {
            check(
                status,
                body,
                ErrorKind::Unexpected,
                Remedy::Report,
                "QuickBooks does not answer like this: check that sandbox-quickbooks.api.intuit.com is its API",
            );
        }
        let typed = |kind: &str| format!(r#"{{"Fault":{{"Error":[],"type":"{kind}"}}}}"#);
        for (kind, expected) in [
            ("ValidationFault", ErrorKind::Invalid),
            ("SystemFault", ErrorKind::Unavailable),
            ("AUTHENTICATION", ErrorKind::Unauthorized),
            ("AuthorizatonFault", ErrorKind::Forbidden),
        ] {
            assert_eq!(failed(Method::GET, 200, &typed(kind)).kind(), expected);
        }
    }

    #[test]
    fn advice_is_one_line_whatever_is_to_blame() {
        let blaming = |element: &str| {
            let body = format!(
                r#"{{"Fault":{{"Error":[{{"Message":"m","code":"2030","element":"{element}"}}]}}}}"#
            );
            failed(Method::POST, 400, &body).advice()
        };
        assert_eq!(blaming("Id"), "ids are numbers: check Id");
        assert_eq!(
            blaming(r"Line\n{host}\u001b[31m"),
            "ids are numbers: check Line {host} [31m"
        );
        assert!(blaming(&"e".repeat(10_000)).len() < 600);
    }

    #[test]
    fn display_is_one_line_of_what_was_said() {
        for (status, body, shown) in [
            (
                400,
                service("610", "Object Not Found", "Object Not Found : x"),
                "400 Bad Request: Object Not Found (610): Object Not Found : x",
            ),
            (
                400,
                service(
                    "4000",
                    "Error parsing query",
                    r"QueryParserError:\nEncountered\u001b[31m",
                ),
                "400 Bad Request: Error parsing query (4000): QueryParserError: Encountered [31m",
            ),
            (
                403,
                gateway("3100", "m", "null", "SERVICE"),
                "403 Forbidden: m (3100)",
            ),
            (
                400,
                r#"{"error":"invalid_request","error_description":"d"}"#.to_owned(),
                "400 Bad Request: invalid_request: d",
            ),
            (
                503,
                "<html>".to_owned(),
                "503 Service Unavailable: a web page in place of an answer",
            ),
            (404, String::new(), "404 Not Found: an empty answer"),
            (
                400,
                r#"{"Fault":{"Er"#.to_owned(),
                "400 Bad Request: an answer without a fault in it",
            ),
        ] {
            assert_eq!(failed(Method::GET, status, &body).to_string(), shown);
        }
        let endless = failed(Method::GET, 400, &service("6000", "m", &"é".repeat(10_000)));
        assert!(endless.to_string().chars().count() < SHOWN + 100);
    }

    #[test]
    fn h50_no_form_of_an_error_shows_a_token() {
        let body = gateway(
            "3200",
            "message=AuthenticationFailed; errorCode=003200; statusCode=401",
            r#""Token expired: AB0116planted""#,
            "AUTHENTICATION",
        );
        let error = failed(Method::GET, 401, &body);
        let exchange = error.exchange().unwrap();
        let shown = format!(
            "{error} {error:?} {} {:?} {:?}",
            error.advice(),
            exchange.body,
            error.fault()
        );
        assert!(!shown.contains("planted"), "{shown}");
        assert!(
            error.to_string().ends_with("Token expired: [redacted]"),
            "{error}"
        );
    }

    #[test]
    fn the_cores_errors_pass_through() {
        let core =
            evergrant::Error::new(evergrant::ErrorKind::Store, "the token file can't be read")
                .with_source("permission denied");
        let error = Error::from(core);
        assert_eq!(
            error.kind(),
            ErrorKind::Connection(evergrant::ErrorKind::Store)
        );
        assert_eq!(error.remedy(), Remedy::MendStore);
        assert_eq!(error.to_string(), "the token file can't be read");
        assert_eq!(error.source().unwrap().to_string(), "permission denied");
        assert!(error.core().is_some() && error.exchange().is_none());
        for kind in [
            evergrant::ErrorKind::Lapsed(evergrant::Lapse::Idle),
            evergrant::ErrorKind::NotFound,
            evergrant::ErrorKind::Config,
            evergrant::ErrorKind::Unavailable,
            evergrant::ErrorKind::Unanswered,
            evergrant::ErrorKind::Throttled,
            evergrant::ErrorKind::Busy,
            evergrant::ErrorKind::Conflict,
            evergrant::ErrorKind::Store,
            evergrant::ErrorKind::Protocol,
        ] {
            let advice = Error::from(evergrant::Error::new(kind, "x")).advice();
            assert!(
                !advice.is_empty() && !advice.contains(['{', '\n']),
                "{advice}"
            );
        }
    }
}

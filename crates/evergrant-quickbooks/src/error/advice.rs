//! One line for whoever has to mend a failure: what it means, and what to do.
//!
//! Codes that have a meaning of their own are looked up first, then statuses, then kinds. The
//! lines are data with a few names in braces, which are filled in from the failed exchange.

use std::time::Duration;

use evergrant::{ErrorKind as Core, Remedy};

use super::{Error, ErrorKind, Exchange, one_line};
use crate::fault::{Fault, FaultError};

const BY_CODE: &[(u32, &str)] = &[
    (
        100,
        "the token is good, but not for company {realm}: check the realm id (--realm)",
    ),
    (
        120,
        "the user who connected company {realm} is no longer an administrator there: have them made one again, or reconnect as somebody who is",
    ),
    (
        130,
        "company {realm} does not live at {host}: sandbox and production are mixed up, check --environment",
    ),
    (
        500,
        "QuickBooks has no such operation: check the path, the method, that the text is UTF-8, and of changes (cdc) that they are asked for since 30 days ago at most",
    ),
    (
        610,
        "nothing has this id: it never existed, was deleted, or has been made inactive; check the id and the kind",
    ),
    (
        2010,
        "the body is not valid JSON, or has a member that QuickBooks does not know: the detail names it",
    ),
    (2020, "a required value is missing: give {element}"),
    (2030, "ids are numbers: check {element}"),
    (2050, "the value is too long: shorten {element}"),
    (
        2080,
        "the value is not a number as QuickBooks writes them: check {element}",
    ),
    (
        2170,
        "the value is not one of those allowed: check {element}",
    ),
    (
        2500,
        "something that the request refers to does not exist or is inactive: check the ids in {element}",
    ),
    (
        3100,
        "this app may not use company {realm} at {host}: check that client id, realm id and --environment belong together and that the app is still connected, else reconnect",
    ),
    (
        3200,
        "QuickBooks refuses the access token, and a fresh one was of no help: reconnect with `evergrant login`",
    ),
    (
        4000,
        "the query can't be parsed: the detail says where; values stand in single quotes, a quote within one is written \\'",
    ),
    (
        4001,
        "the query names something that can't be queried, or a number out of range: the detail says which",
    ),
    (
        5010,
        "somebody changed it after it was read: read it again, look at what is there now, and send the change with the new SyncToken",
    ),
    (
        6000,
        "a business rule of QuickBooks forbids this: the detail says which",
    ),
    (
        6140,
        "the document number is taken: choose another DocNumber, or leave it to QuickBooks",
    ),
    (
        6190,
        "the company's QuickBooks subscription has ended: reading still works, changes don't until it is renewed",
    ),
    (
        6210,
        "the date lies in a period whose books are closed: choose a later one, or have the period opened",
    ),
    (
        6240,
        "the name is taken: DisplayName must differ from that of every customer, vendor and employee, inactive ones too",
    ),
    (
        6540,
        "it belongs to a deposit: take it out of the deposit first",
    ),
    (
        7001,
        "company {realm} is not to be had at {host}: check --environment, and that the company's subscription is alive",
    ),
];

const BY_STATUS: &[(u16, &str)] = &[
    (
        404,
        "there is nothing at this path: check it, and the realm id {realm}",
    ),
    (
        407,
        "a proxy on the way to {host} wants credentials: check the proxy settings",
    ),
    (
        413,
        "the request is too large for QuickBooks: send less at a time",
    ),
    (
        504,
        "QuickBooks took longer than it allows itself (about 120 s): ask for less at a time",
    ),
];

/// What QuickBooks allows, for whoever exceeds it.
const THROTTLED: &str = "too many requests: QuickBooks allows 500 a minute and 10 a second for each company; wait {wait} s, then ask less often";

/// The line for `error`.
pub(super) fn advice(error: &Error) -> String {
    if let (ErrorKind::OutcomeUnknown, Some(id)) = (error.kind(), error.request_id()) {
        return format!(
            "the change may or may not have been made: ask again with the request id {id}, which makes it once at most"
        );
    }
    match (error.kind(), error.exchange()) {
        (ErrorKind::Unsendable, _) => "nothing was sent: change what is asked for".to_owned(),
        (ErrorKind::Unexpected, None) => {
            "the object is not of the form that is known of its kind: read it as an Entity, and please report it".to_owned()
        }
        (ErrorKind::BudgetSpent, _) => {
            "nothing was sent: raise the budget, or wait for the next month".to_owned()
        }
        (ErrorKind::Connection(kind), _) => of_connection(kind, error.remedy()),
        (kind, Some(exchange)) => {
            let line = line(kind, error.fault(), exchange);
            fill(line, error, exchange)
        }
        (_, None) => of_kind(error.kind()).to_owned(),
    }
}

fn line(kind: ErrorKind, fault: Option<&Fault>, exchange: &Exchange) -> &'static str {
    match kind {
        ErrorKind::Throttled => return THROTTLED,
        ErrorKind::Unavailable | ErrorKind::OutcomeUnknown if exchange.is_page() => {
            return of_page(kind);
        }
        // The codes of these speak of other things than what happened.
        ErrorKind::Unavailable | ErrorKind::OutcomeUnknown => {}
        _ => {
            if let Some(line) = fault.and_then(|fault| fault.codes().find_map(by_code)) {
                return line;
            }
        }
    }
    let status = exchange.status.as_u16();
    let by_status = BY_STATUS.iter().find(|(found, _)| *found == status);
    by_status
        .filter(|_| kind != ErrorKind::OutcomeUnknown)
        .map_or_else(|| of_kind(kind), |(_, line)| line)
}

fn by_code(code: u32) -> Option<&'static str> {
    let (_, line) = BY_CODE.iter().find(|(found, _)| *found == code)?;
    Some(line)
}

fn of_page(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::OutcomeUnknown => {
            "a web page came in place of an answer (maintenance, or a proxy on the way): look whether the change was made before making it again"
        }
        _ => {
            "a web page came in place of an answer: QuickBooks is down for a while, or a proxy or sign-in page stands between; try again later"
        }
    }
}

fn of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "QuickBooks finds fault with the request: the message says with what",
        ErrorKind::Stale => "it has changed since it was read: read it again",
        ErrorKind::NotFound => "there is no such thing: check the id and the kind",
        ErrorKind::Forbidden => {
            "company {realm} or its user does not allow this to the app: check its scopes and the user's rights"
        }
        ErrorKind::WrongCompany => "the token is for another company: check the realm id (--realm)",
        ErrorKind::WrongEnvironment => "sandbox and production are mixed up: check --environment",
        ErrorKind::Throttled => THROTTLED,
        ErrorKind::Unauthorized => {
            "{host} refuses the access token without saying why: check the realm id and --environment, else reconnect with `evergrant login`"
        }
        ErrorKind::Unavailable => {
            "QuickBooks failed on its side: try again; if it lasts, give Intuit's support the intuit_tid {tid}"
        }
        ErrorKind::OutcomeUnknown => {
            "QuickBooks failed on its side, and the change may or may not have been made: look before making it again; Intuit knows the exchange as intuit_tid {tid}"
        }
        ErrorKind::Incomplete => {
            "QuickBooks sends no more than this of a report: ask for a shorter time (half a year at most) or fewer columns"
        }
        ErrorKind::BudgetSpent
        | ErrorKind::Unsendable
        | ErrorKind::Unexpected
        | ErrorKind::Connection(_) => {
            "QuickBooks does not answer like this: check that {host} is its API; if it is, please report it with intuit_tid {tid}"
        }
    }
}

fn of_connection(kind: Core, remedy: Remedy) -> String {
    let line = match kind {
        Core::Lapsed(_) => "the grant is over: reconnect with `evergrant login`",
        Core::Unanswered => {
            "the request was sent and no answer came: look whether it was done before doing it again"
        }
        Core::Busy => "another process is refreshing this connection: try again",
        Core::Unavailable => {
            "nothing answers at the other end: check the network and the host, then try again"
        }
        Core::Throttled => "Intuit asks to slow down: wait, then ask less often",
        Core::Store => "the tokens can't be read or kept: mend the place where they are",
        _ => return of_remedy(remedy).to_owned(),
    };
    line.to_owned()
}

fn of_remedy(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Configure => "check the settings: keys, URLs, certificate, connection",
        Remedy::Reread => "somebody else saved a newer grant meanwhile: try again",
        _ => "the other end broke the protocol: check that it is what it should be",
    }
}

fn fill(line: &str, error: &Error, exchange: &Exchange) -> String {
    let wait = match error.remedy() {
        Remedy::SlowDown { after } | Remedy::Retry { after } => after,
        _ => None,
    };
    let element = error.fault().and_then(blamed).map(one_line);
    let names: [(&str, &str); 5] = [
        ("{realm}", exchange.realm().unwrap_or("in question")),
        (
            "{host}",
            exchange.request.url.host_str().unwrap_or("this host"),
        ),
        ("{tid}", exchange.intuit_tid().unwrap_or("(none was sent)")),
        (
            "{wait}",
            &wait.unwrap_or(Duration::ZERO).as_secs().to_string(),
        ),
        // The last, for it is the server's text: what looks like a name in it is none.
        (
            "{element}",
            element.as_deref().unwrap_or("what the detail names"),
        ),
    ];
    names
        .into_iter()
        .fold(line.to_owned(), |line, (name, value)| {
            line.replace(name, value)
        })
}

fn blamed(fault: &Fault) -> Option<&str> {
    fault
        .errors
        .iter()
        .find_map(|FaultError { element, .. }| element.as_deref())
}

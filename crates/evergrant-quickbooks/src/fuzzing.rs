//! What must hold whatever bytes come in: the checks that the fuzz targets run.
//!
//! Each hands its bytes to the readers of answers and panics if what they make of them is wrong. The
//! inputs that fuzzing has found worth keeping are in the tree, and the test below replays them.
//! This is no part of the API.

use bytes::Bytes;
use evergrant::SentRequest;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value as Tree};
use url::Url;

use crate::error::Exchange;
use crate::fault::Fault;
use crate::json::without_mark;
use crate::response::Response;
use crate::{EntityKind, Error, ErrorKind, Json, Object, Query, Report, Value, webhook, xml};

/// As a token would stand in an answer that repeats it.
const PLANTED: &str = "AB11planted0planted1planted2planted3";

/// An answer of the Accounting API, its head in short: method and status, an empty line, body.
///
/// # Panics
/// If a fault is overlooked or invented, if a failure is taken for one that it can't be, if what is
/// shown of it is no single line or shows a token, or if an entity in XML is made into no object.
pub fn fault(data: &[u8]) {
    let (method, status, body) = answer(data);
    let fault = Fault::parse(body);
    if let Some(expected) = has_fault(body) {
        assert_eq!(fault.is_some(), expected, "a fault overlooked or invented");
    }
    check_json(body);
    if status.is_success() {
        check_success(status, body, fault.as_ref());
    }
    check_failure(&Error::answered(exchange(&method, status, body)));
    check_scrubbed(body);
    if let Some(json) = xml::entity(EntityKind::Entitlements, body) {
        assert!(Object::parse(&json).is_ok(), "{json}");
    }
}

/// A report.
///
/// # Panics
/// If a cell lies elsewhere than it says, or a total that is found wrong is right.
pub fn report(data: &[u8]) {
    let Some(report) = Json::parse(data).ok().and_then(Report::parse) else {
        return;
    };
    let tidy = report.tidy();
    for cell in &tidy.rows {
        assert!(cell.path.len() <= cell.depth + 1);
    }
    for wrong in &tidy.discrepancies {
        assert_ne!(wrong.said, wrong.computed);
    }
}

/// The body of a webhook's delivery.
///
/// # Panics
/// If anything but the right signature opens it, or what it tells depends on how it was opened.
pub fn webhook(data: &[u8]) {
    let signature = webhook::sign("token", data);
    assert_eq!(
        webhook::verify("token", &signature, data),
        webhook::parse(data)
    );
    let other = webhook::sign("other", data);
    let refused = webhook::verify("token", &other, data);
    assert_eq!(refused, Err(webhook::Refused::Signature));
}

/// The text of a query.
///
/// # Panics
/// If what is printed of it is another query.
pub fn statement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(query) = text.parse::<Query>() {
        let printed = query.to_string();
        let again = printed.parse::<Query>().map(|query| query.to_string());
        assert!(again.is_ok_and(|again| again == printed), "{printed}");
    }
}

/// An object that is read, changed and written back.
///
/// # Panics
/// If it comes back as another one, or if a change reaches further than it should.
pub fn object(data: &[u8]) {
    let Ok(json) = Json::parse(data) else { return };
    let Ok(mut object) = Object::parse(&json) else {
        return;
    };
    assert_eq!(object.to_string(), json.compact());
    object.remove("Id");
    let without = object.to_string();
    object.set("Id", Value::string("1"));
    assert!(object.get("Id").is_some());
    object.remove("Id");
    assert_eq!(object.to_string(), without);
}

/// A success is taken for one only without a fault.
fn check_success(status: StatusCode, body: &[u8], fault: Option<&Fault>) {
    let response = Response {
        request: request(&Method::GET),
        status,
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
    };
    assert!(fault.is_none() || response.hides_failure(false));
    if let Ok(rows) = response.rows() {
        assert!(response.json().is_ok());
        for row in rows.entities {
            assert!(Json::parse(row.json().as_text().as_bytes()).is_ok());
        }
    }
}

fn check_failure(error: &Error) {
    let (kind, status) = (error.kind(), error.status());
    let exchange = error.exchange().map(|exchange| &exchange.request.method);
    let is_safe = exchange.is_some_and(Method::is_safe);
    assert!(status != Some(StatusCode::TOO_MANY_REQUESTS) || kind == ErrorKind::Throttled);
    // A change that may have been made must never look as if it could be made again.
    let refused = status == Some(StatusCode::SERVICE_UNAVAILABLE);
    assert!(kind != ErrorKind::Unavailable || is_safe || refused);
    assert!(kind != ErrorKind::OutcomeUnknown || !is_safe);

    let (line, advice) = (error.to_string(), error.advice());
    for shown in [&line, &advice] {
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(shown.chars().count() < 1200, "{shown}");
    }
    assert!(!advice.is_empty());
}

/// Printing changes the layout of JSON and nothing else.
fn check_json(body: &[u8]) {
    let Ok(json) = Json::parse(body) else { return };
    let (pretty, compact) = (json.pretty(), json.compact());
    for text in [&pretty, &compact] {
        let again = Json::parse(text.as_bytes()).map(|json| json.compact());
        assert!(again.is_ok_and(|again| again == compact), "{text}");
    }
}

/// A token that an answer repeats is taken out wherever it stands.
fn check_scrubbed(body: &[u8]) {
    if String::from_utf8_lossy(body).contains(PLANTED) {
        return;
    }
    let places = (0..=body.len()).step_by(body.len() / 8 + 1);
    for at in places {
        for mark in ["Token expired: ", "Bearer "] {
            let (before, after) = body.split_at(at);
            let echo = [before, mark.as_bytes(), PLANTED.as_bytes(), after].concat();
            let kept = exchange(&Method::GET, StatusCode::UNAUTHORIZED, &echo);
            let shown = String::from_utf8_lossy(&kept.body);
            assert!(!shown.contains(PLANTED), "{shown}");
        }
    }
}

/// Whether there is a fault in JSON; `None` if it can't be said so simply.
fn has_fault(body: &[u8]) -> Option<bool> {
    let value: Tree = serde_json::from_slice(without_mark(body)).ok()?;
    let object = value.as_object()?;
    if value.to_string().len() != Json::parse(body).ok()?.compact().len() {
        // Members that come twice or are written in a special way.
        return None;
    }
    let outer = one(object, "Fault")?;
    let inner = match one(object, "QueryResponse")? {
        Some(Tree::Object(inner)) => one(inner, "Fault")?,
        _ => None,
    };
    Some(outer.or(inner).is_some_and(Tree::is_object))
}

/// The one member that has this name in any case and is not `null`; `None` if there are several.
fn one<'a>(object: &'a Map<String, Tree>, name: &str) -> Option<Option<&'a Tree>> {
    let mut named = object
        .iter()
        .filter(|(found, value)| found.eq_ignore_ascii_case(name) && !value.is_null());
    let found = named.next().map(|(_, value)| value);
    named.next().is_none().then_some(found)
}

fn answer(data: &[u8]) -> (Method, StatusCode, &[u8]) {
    let at = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = at.map_or((&data[..0], data), |at| (&data[..at], &data[at + 2..]));
    let head = String::from_utf8_lossy(head);
    let (method, status) = head.split_once(' ').unwrap_or_default();
    (
        method.parse().unwrap_or(Method::GET),
        status.parse().unwrap_or(StatusCode::BAD_REQUEST),
        body,
    )
}

fn exchange(method: &Method, status: StatusCode, body: &[u8]) -> Exchange {
    Exchange::new(request(method), status, HeaderMap::new(), body, false)
}

#[expect(clippy::expect_used, reason = "the URL is a literal")]
fn request(method: &Method) -> SentRequest {
    let url: Result<Url, _> = "https://quickbooks.api.intuit.com/v3/company/1/x".parse();
    SentRequest {
        method: method.clone(),
        url: url.expect("a URL"),
        headers: HeaderMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Hands each input of a target's corpus to its check.
    #[expect(clippy::print_stdout, reason = "tells which input fails")]
    fn replay(target: &str, check: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        let inputs: Vec<_> = std::fs::read_dir(corpus.join(target)).unwrap().collect();
        assert!(!inputs.is_empty());
        for input in inputs {
            let path = input.unwrap().path();
            println!("{}", path.display());
            check(&std::fs::read(path).unwrap());
        }
    }

    #[test]
    fn faults_of_the_corpus() {
        replay("fault", super::fault);
    }

    #[test]
    fn reports_of_the_corpus() {
        replay("report", super::report);
    }

    #[test]
    fn webhooks_of_the_corpus() {
        replay("webhook", super::webhook);
    }

    #[test]
    fn statements_of_the_corpus() {
        replay("statement", super::statement);
    }

    #[test]
    fn objects_of_the_corpus() {
        replay("object", super::object);
    }
}

//! Answers: the headers that go with each kind of body, as recorded from Intuit.
//!
//! Three hosts of Intuit speak here, each with headers of its own: the accounting service, the gateway before it,
//! and the OAuth server. What is common to all of them is added by `finish`.

use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, DATE, EXPIRES, HeaderName, HeaderValue, PRAGMA, SERVER,
    STRICT_TRANSPORT_SECURITY,
};
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::call::Call;
use crate::random;
use crate::time::header_time;

/// A finished answer; bodies are small enough to be built whole.
pub(crate) type Answer = Response<Bytes>;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const XML: HeaderValue = HeaderValue::from_static("application/xml");
const SERVICE_JSON: HeaderValue = HeaderValue::from_static("application/json;charset=utf-8");
const OAUTH_JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html;charset=UTF-8");

const INTUIT_TID: HeaderName = HeaderName::from_static("intuit_tid");
const SPAN_ID: HeaderName = HeaderName::from_static("x-spanid");
const AMAZON_TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const QBO_VERSION: HeaderName = HeaderName::from_static("qbo-version");
const SERVICE_TIME: HeaderName = HeaderName::from_static("service-time");

/// An answer with a body of the given type and nothing else.
pub(crate) fn plain(
    status: StatusCode,
    content_type: HeaderValue,
    body: impl Into<Bytes>,
) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// What the accounting service answers when all went well.
pub(crate) fn service_success(call: &Call, body: impl Into<Bytes>) -> Answer {
    let mut answer = plain(StatusCode::OK, SERVICE_JSON, body);
    let headers = answer.headers_mut();
    add_service_trace(headers, call);
    headers.insert(QBO_VERSION, HeaderValue::from_static("1944.190"));
    headers.insert(SERVICE_TIME, HeaderValue::from_static("total=2, db=1"));
    headers.insert(EXPIRES, HeaderValue::from_static("0"));
    let uncached = "max-age=0, no-cache, no-store, must-revalidate, private";
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(uncached));
    answer
}

/// What the accounting service answers with a fault.
pub(crate) fn service_fault(
    call: &Call,
    status: StatusCode,
    content_type: HeaderValue,
    body: String,
) -> Answer {
    let mut answer = plain(status, content_type, body);
    add_service_trace(answer.headers_mut(), call);
    answer
}

/// JSON of the OAuth server, never to be cached (RFC 6749, section 5.1).
pub(crate) fn oauth(status: StatusCode, body: &Value) -> Answer {
    let mut answer = plain(status, OAUTH_JSON, body.to_string());
    let headers = answer.headers_mut();
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

/// A JSON document of the OAuth server that anyone may read.
pub(crate) fn document(body: &Value) -> Answer {
    plain(StatusCode::OK, OAUTH_JSON, body.to_string())
}

/// A page for people.
pub(crate) fn page(status: StatusCode, html: impl Into<Bytes>) -> Answer {
    plain(status, HTML, html)
}

/// The bare page of a web server that has nothing better to say.
pub(crate) fn error_page(status: StatusCode) -> Answer {
    let reason = match status {
        // Its old name is what web servers say.
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        status => status.canonical_reason().unwrap_or("Error"),
    };
    let title = format!("{} {reason}", status.as_u16());
    let html = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         </body>\r\n</html>\r\n"
    );
    page(status, html)
}

/// Adds what every answer carries. `shifted` says that the clock shows other than real time, so that the `Date`
/// header must too.
pub(crate) fn finish(answer: &mut Answer, call: &Call, shifted: bool) {
    let headers = answer.headers_mut();
    headers.insert(INTUIT_TID, text(&trace_id(call)));
    headers.insert(SERVER, HeaderValue::from_static("evergrant-sandbox"));
    if call.secure {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=15552000"),
        );
    }
    if shifted {
        headers.insert(DATE, text(&header_time(call.now)));
    }
}

/// A header value of text that was made here; text that cannot stand in a header becomes empty.
pub(crate) fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""))
}

fn add_service_trace(headers: &mut HeaderMap, call: &Call) {
    headers.insert(SPAN_ID, text(&random::uuid(call.trace)));
    headers.insert(AMAZON_TRACE, text(&format!("Root={}", trace_id(call))));
}

/// `1-5f733be9-` and 24 hexadecimal digits: version, second, and what tells it from the others.
fn trace_id(call: &Call) -> String {
    let [high, low] = call.trace;
    format!(
        "1-{:08x}-{high:016x}{:08x}",
        call.now.as_second(),
        low >> 32
    )
}

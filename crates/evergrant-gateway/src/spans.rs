//! Each request as a line of the log (`-v`) and as a span for a collector (OTLP over HTTP, as JSON).
//!
//! Off unless it is asked for, and then nothing waits for it: spans are handed to a task that posts them
//! together, and are lost, and counted, when it can't keep up. A caller's `traceparent` (W3C Trace
//! Context) makes the span a part of the caller's trace. A span says what the audit log says; no query,
//! no body, no secret.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};
use url::Url;

use super::record::Record;
use crate::Error;
use crate::post::Post;

/// Spans that wait to be posted at most.
const MOST_WAITING: usize = 8192;
/// How many are posted together, and for how long they are gathered.
const TOGETHER: usize = 512;
const GATHERED: Duration = Duration::from_millis(500);

/// Where requests are told of.
pub struct Spans {
    /// Whether each is a line of the log.
    lines: bool,
    outbox: Option<mpsc::Sender<Order>>,
    lost: AtomicU64,
}

/// What a request is a part of: the ids of a trace and of the caller's span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parent {
    trace: String,
    span: String,
}

enum Order {
    Post(Value),
    Flush(oneshot::Sender<()>),
}

impl Spans {
    /// To the collector at `otlp`, and with `lines` to the log. It must be called in a runtime.
    ///
    /// # Errors
    /// An address over which anybody could listen.
    pub fn new(otlp: Option<&Url>, lines: bool) -> Result<Self, Error> {
        let outbox = otlp.map(exporter).transpose()?;
        Ok(Self {
            lines,
            outbox,
            lost: AtomicU64::new(0),
        })
    }

    /// What the caller's headers say that its request is a part of.
    pub(crate) fn parent(&self, headers: &HeaderMap) -> Option<Parent> {
        self.outbox.as_ref()?;
        Parent::parse(headers.get("traceparent")?.to_str().ok()?)
    }

    /// Tells of a request that has been answered.
    pub(super) fn add(&self, record: &Record, end: Timestamp, took: Duration) {
        if self.lines {
            info!(connection = record.route.name, "{}", line(record, took));
        }
        let Some(outbox) = &self.outbox else { return };
        let sent = span(record, end, took).map(|span| outbox.try_send(Order::Post(span)));
        if !matches!(sent, Some(Ok(()))) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many spans were lost because the collector could not keep up.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until what was told is posted.
    pub async fn flush(&self) {
        let Some(outbox) = &self.outbox else { return };
        let (done, is_done) = oneshot::channel();
        if outbox.send(Order::Flush(done)).await.is_ok() {
            // If it has ended there is nothing to wait for.
            drop(is_done.await);
        }
    }
}

impl Parent {
    /// `00-TRACE-SPAN-FLAGS`, in hexadecimal; ids of zeros are none.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (_version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
        let is_id = |id: &str, length| {
            let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
            id.len() == length && id.bytes().all(hex) && id.bytes().any(|b| b != b'0')
        };
        (is_id(trace, 32) && is_id(span, 16)).then(|| Self {
            trace: trace.to_owned(),
            span: span.to_owned(),
        })
    }
}

fn line(record: &Record, took: Duration) -> String {
    let refused = record
        .refused
        .map_or(String::new(), |it| format!(" ({it})"));
    format!(
        "{} {} {}{refused}, {} ms, for {}",
        record.method,
        record.path,
        record.status.as_u16(),
        took.as_millis(),
        record.caller.name
    )
}

/// A span as OTLP has it in JSON; `None` if there is no randomness for its id.
fn span(record: &Record, end: Timestamp, took: Duration) -> Option<Value> {
    let nanos = |at: i128| at.to_string();
    let end = end.as_nanosecond();
    let begun = end - i128::try_from(took.as_nanos()).unwrap_or(0);
    let trace = match &record.parent {
        Some(parent) => parent.trace.clone(),
        None => id::<16>()?,
    };
    let status = record.status.as_u16();
    let attributes = [
        ("http.request.method", record.method.as_str()),
        ("url.path", &record.path),
        ("evergrant.connection", &record.route.name),
        ("evergrant.caller", &record.caller.name),
        (
            "evergrant.realm",
            record.route.realm.as_deref().unwrap_or(""),
        ),
        (
            "evergrant.requestid",
            record.requestid.as_deref().unwrap_or(""),
        ),
        ("error.type", record.refused.unwrap_or("")),
    ];
    let attributes = attributes.iter().filter(|(_, value)| !value.is_empty());
    let mut attributes: Vec<Value> = attributes
        .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
        .collect();
    attributes.push(
        json!({"key": "http.response.status_code", "value": {"intValue": status.to_string()}}),
    );
    Some(json!({
        "traceId": trace,
        "spanId": id::<8>()?,
        "parentSpanId": record.parent.as_ref().map_or("", |parent| &parent.span),
        "name": format!("{} {}", record.method, record.route.name),
        // A server's, as the collector counts kinds; and of statuses, 2 is an error's.
        "kind": 2,
        "startTimeUnixNano": nanos(begun),
        "endTimeUnixNano": nanos(end),
        "attributes": attributes,
        "status": if status >= 500 { json!({"code": 2}) } else { json!({}) },
    }))
}

fn id<const BYTES: usize>() -> Option<String> {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A task that posts spans.
fn exporter(otlp: &Url) -> Result<mpsc::Sender<Order>, Error> {
    let url = otlp.join("v1/traces").map_err(|error| {
        let what = format!("{otlp} is no collector's address");
        Error::setting(what, "mend otlp in [serve]", error)
    })?;
    let post = Post::new(&url, None)?;
    let (outbox, orders) = mpsc::channel(MOST_WAITING);
    tokio::spawn(export(post, orders));
    Ok(outbox)
}

async fn export(post: Post, mut orders: mpsc::Receiver<Order>) {
    let mut fails = false;
    while let Some(first) = orders.recv().await {
        let mut spans = Vec::new();
        let mut flushed = Vec::new();
        let mut take = |order: Order| match order {
            Order::Post(span) => {
                spans.push(span);
                true
            }
            Order::Flush(done) => {
                flushed.push(done);
                false
            }
        };
        let gather = async {
            let mut goes_on = take(first);
            let mut count = 1;
            while goes_on && count < TOGETHER {
                let Some(order) = orders.recv().await else {
                    return;
                };
                goes_on = take(order);
                count += 1;
            }
        };
        // What was gathered by then is posted.
        drop(tokio::time::timeout(GATHERED, gather).await);
        if !spans.is_empty() {
            let posted = post.send(&request(&spans), 0).await;
            if let Err(error) = &posted
                && !fails
            {
                warn!("spans can't be sent: {error}");
            }
            fails = posted.is_err();
        }
        for done in flushed {
            // Whoever does not wait any more need not know.
            let _ = done.send(());
        }
    }
}

fn request(spans: &[Value]) -> String {
    let service = json!([{"key": "service.name", "value": {"stringValue": "evergrant"}}]);
    json!({"resourceSpans": [{
        "resource": {"attributes": service},
        "scopeSpans": [{"scope": {"name": "evergrant.gateway"}, "spans": spans}],
    }]})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_taken_if_it_is_well_formed() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let parsed = Parent::parse(&format!("00-{trace}-{span}-01")).unwrap();
        assert_eq!((&*parsed.trace, &*parsed.span), (trace, span));
        for bad in [
            String::new(),
            "00-1-2-01".to_owned(),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}"),
        ] {
            assert_eq!(Parent::parse(&bad), None, "{bad}");
        }
    }
}

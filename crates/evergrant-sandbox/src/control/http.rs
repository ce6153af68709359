//! The controls over HTTP, below `/_sandbox`: JSON in, JSON out.
//!
//! No authorization: whoever reaches the sandbox may control it, which is why it listens on loopback unless told
//! otherwise. These requests are neither logged nor counted, and no fault strikes them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::{Method, StatusCode};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Control;
use crate::answer::{self, Answer, JSON};
use crate::call::Call;
use crate::company::{Change, Deed};
use crate::fault::Fault;
use crate::host::Environment;
use crate::intuit::Intuit;
use crate::lock::{hold, read, write};
use crate::registry::Client;
use crate::schema::Kind;
use crate::webhook::Webhook;

/// Method, path below `/_sandbox`, and what it does, as `GET /_sandbox` lists them.
const CONTROLS: &[(&str, &str, &str)] = &[
    (
        "GET",
        "/clock",
        "what the clock shows, and whether it stands still",
    ),
    (
        "POST",
        "/clock",
        "{\"advance\": seconds or \"24h\"} or {\"set\": time} and/or {\"freeze\": bool}",
    ),
    ("GET", "/settings", "the settings in force"),
    ("PATCH", "/settings", "changes the settings that are named"),
    ("POST", "/expire", "ends every access token"),
    ("POST", "/revoke", "revokes every grant"),
    ("GET", "/grants", "all grants, tokens by fingerprint"),
    (
        "POST",
        "/grants",
        "issues a grant: {\"realm\": id, \"client_id\": id}, or nothing for the main company",
    ),
    ("GET", "/clients", "the registered clients, without secrets"),
    (
        "POST",
        "/clients",
        "registers keys: {\"client_id\", \"client_secret\", \"redirect_uris\", \"environment\"}",
    ),
    ("GET", "/companies", "the companies and their environments"),
    (
        "POST",
        "/companies",
        "opens a company or moves it: {\"realm\", \"environment\": \"sandbox\" or \"production\"}",
    ),
    ("GET", "/webhooks", "who is told of changes"),
    (
        "POST",
        "/webhooks",
        "tells of changes: {\"url\", \"format\": \"cloudevents\" or \"legacy\", \"verifier\", \"entities\"}",
    ),
    ("DELETE", "/webhooks", "tells nobody any more"),
    (
        "GET",
        "/webhooks/deliveries",
        "what was delivered, and what is owed",
    ),
    (
        "POST",
        "/webhooks/test",
        "tells of what did not happen: {\"entity\", \"id\", \"operation\": \"create\", …}",
    ),
    ("GET", "/faults", "the faults still armed"),
    (
        "POST",
        "/faults",
        "arms a fault, or a list of them: {\"where\", \"method\", \"path\", \"what\", \"times\", \"percent\", \"seed\"}",
    ),
    ("DELETE", "/faults", "disarms all faults"),
    (
        "GET",
        "/counters",
        "counts since the start or the last reset",
    ),
    (
        "GET",
        "/requests",
        "the latest requests, tokens by fingerprint",
    ),
    ("GET", "/snapshot", "the whole state, tokens included"),
    ("PUT", "/snapshot", "goes back to such a state"),
    (
        "POST",
        "/snapshot",
        "keeps the state in memory, as {\"name\"} if there is a body",
    ),
    ("POST", "/restore", "goes back to a state that was kept"),
    (
        "POST",
        "/reset",
        "puts everything back to the way it was at the start",
    ),
    ("GET", "", "this list"),
];

/// Whether a path belongs to the controls.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix("/_sandbox")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request to the controls.
pub(crate) fn answer(intuit: &Arc<Intuit>, call: &Call) -> Answer {
    let control = Control::new(Arc::clone(intuit));
    if call.method != Method::GET {
        intuit.changes.fetch_add(1, Ordering::Relaxed);
    }
    if is_for_snapshot(call) {
        return answer::plain(StatusCode::OK, JSON, control.snapshot());
    }
    let (status, body) = match perform(&control, intuit, call) {
        Ok(body) => (StatusCode::OK, body),
        Err(Unusable::NoSuchControl) => (
            StatusCode::NOT_FOUND,
            json!({"error": "no such control", "controls": list()}),
        ),
        Err(Unusable::Body(reason)) => (StatusCode::BAD_REQUEST, json!({"error": reason})),
    };
    answer::plain(status, JSON, format!("{body:#}\n"))
}

/// Whether the whole state is asked for, which goes out as the text that it is: a tree of it would take many times its
/// room.
fn is_for_snapshot(call: &Call) -> bool {
    call.method == Method::GET && below(call) == "/snapshot"
}

/// The path below `/_sandbox`.
fn below(call: &Call) -> &str {
    let rest = call.path().strip_prefix("/_sandbox").unwrap_or_default();
    rest.trim_end_matches('/')
}

enum Unusable {
    NoSuchControl,
    Body(String),
}

fn perform(control: &Control, intuit: &Intuit, call: &Call) -> Result<Value, Unusable> {
    match (&call.method, below(call)) {
        (&Method::GET, "") => Ok(list()),
        (&Method::GET, "/clock") => Ok(clock(intuit)),
        (&Method::POST, "/clock") => set_clock(control, intuit, &body(call)?),
        (&Method::GET, "/settings") => Ok(shown(&control.settings())),
        (&Method::PATCH, "/settings") => patch_settings(control, body(call)?),
        (&Method::POST, "/expire") => Ok(done(|| control.expire_access_tokens())),
        (&Method::POST, "/revoke") => Ok(done(|| control.revoke_grants())),
        (&Method::GET, "/grants") => Ok(shown(&control.grants())),
        (&Method::POST, "/grants") => issue_grant(control, intuit, call),
        (&Method::GET, "/clients") => Ok(clients(intuit)),
        (&Method::POST, "/clients") => Ok(register(intuit, body(call)?)),
        (&Method::GET, "/companies") => Ok(companies(intuit)),
        (&Method::POST, "/companies") => Ok(open_company(intuit, &body(call)?)),
        (&Method::GET, "/webhooks") => Ok(shown(&control.webhooks())),
        (&Method::POST, "/webhooks") => add_webhook(control, body(call)?),
        (&Method::DELETE, "/webhooks") => Ok(done(|| control.clear_webhooks())),
        (&Method::GET, "/webhooks/deliveries") => Ok(shown(&control.webhook_deliveries())),
        (&Method::POST, "/webhooks/test") => Ok(send_test(intuit, body(call)?)),
        (&Method::GET, "/faults") => Ok(shown(&control.faults())),
        (&Method::POST, "/faults") => add_faults(control, call),
        (&Method::DELETE, "/faults") => Ok(done(|| control.clear_faults())),
        (&Method::GET, "/counters") => Ok(shown(&control.counters())),
        (&Method::GET, "/requests") => Ok(shown(&control.requests())),
        (&Method::PUT, "/snapshot") => restore(control, &String::from_utf8_lossy(&call.body)),
        (&Method::POST, "/snapshot") => keep_snapshot(control, intuit, call),
        (&Method::POST, "/restore") => go_back(control, intuit, call),
        (&Method::POST, "/reset") => Ok(done(|| control.reset())),
        _ => Err(Unusable::NoSuchControl),
    }
}

fn list() -> Value {
    let controls = CONTROLS
        .iter()
        .map(|(method, path, does)| (format!("{method} /_sandbox{path}"), json!(does)));
    Value::Object(controls.collect())
}

fn clock(intuit: &Intuit) -> Value {
    json!({"now": intuit.clock.now().to_string(), "frozen": intuit.clock.is_frozen()})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance: Option<Step>,
    set: Option<Timestamp>,
    freeze: Option<bool>,
}

/// How far the clock is to go.
#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    /// Negative to go back.
    Seconds(i64),
    /// As people write it: `60min`, `24h`, `101d`, `5 years`.
    Words(String),
}

impl Step {
    /// Where it leads from `now`; no step leads beyond the end of time.
    fn from(&self, now: Timestamp) -> Result<Timestamp, Unusable> {
        let by = match self {
            Self::Seconds(seconds) => Span::new().try_seconds(*seconds),
            Self::Words(words) => words.parse(),
        };
        let by = by.map_err(|error| Unusable::Body(error.to_string()))?;
        let zoned = now.to_zoned(TimeZone::UTC);
        Ok(zoned.saturating_add(by).timestamp())
    }
}

fn set_clock(control: &Control, intuit: &Intuit, change: &ClockChange) -> Result<Value, Unusable> {
    if change.advance.is_some() && change.set.is_some() {
        return Err(Unusable::Body(
            "advance and set exclude each other".to_owned(),
        ));
    }
    if let Some(frozen) = change.freeze {
        control.freeze(frozen);
    }
    if let Some(to) = change.set {
        control.set_time(to);
    }
    if let Some(step) = &change.advance {
        control.set_time(step.from(control.now())?);
    }
    Ok(clock(intuit))
}

fn patch_settings(
    control: &Control,
    patch: serde_json::Map<String, Value>,
) -> Result<Value, Unusable> {
    let patched = control.settings().patched(patch);
    let settings = patched.map_err(|error| Unusable::Body(error.to_string()))?;
    control.change_settings(|current| *current = settings);
    Ok(shown(&settings))
}

fn issue_grant(control: &Control, intuit: &Intuit, call: &Call) -> Result<Value, Unusable> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Request {
        realm: Option<String>,
        client_id: Option<String>,
    }
    let request: Request = if call.body.is_empty() {
        Request::default()
    } else {
        body(call)?
    };
    let realm = request.realm.as_deref().unwrap_or(intuit.main_realm());
    let client = request.client_id.as_deref().unwrap_or(&intuit.client.id);
    if read(&intuit.registry).client(client).is_none() {
        return Err(Unusable::Body("client_id is not registered".to_owned()));
    }
    Ok(control.issue_grant_to(realm, client))
}

/// Clients by id and world; secrets are not shown.
fn clients(intuit: &Intuit) -> Value {
    let registry = read(&intuit.registry);
    let shown = |client: &Client| {
        json!({
            "client_id": client.id,
            "environment": client.environment,
            "redirect_uris": client.redirect_uris,
        })
    };
    registry.clients().iter().map(shown).collect()
}

fn register(intuit: &Intuit, client: Client) -> Value {
    write(&intuit.registry).register(client);
    clients(intuit)
}

fn companies(intuit: &Intuit) -> Value {
    let registry = read(&intuit.registry);
    let shown =
        |realm: String| json!({"environment": registry.environment(&realm), "realm": realm});
    intuit.realms().into_iter().map(shown).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCompany {
    realm: String,
    environment: Option<Environment>,
}

fn open_company(intuit: &Intuit, company: &NewCompany) -> Value {
    intuit.open_company(&company.realm);
    write(&intuit.registry).bind(&company.realm, company.environment);
    companies(intuit)
}

/// All of a list or none of it.
fn add_faults(control: &Control, call: &Call) -> Result<Value, Unusable> {
    let faults: Vec<Fault> = match body(call)? {
        list @ Value::Array(_) => from_value(list)?,
        fault => vec![from_value(fault)?],
    };
    if let Some(problem) = faults.iter().find_map(Fault::problem) {
        return Err(Unusable::Body(problem.to_owned()));
    }
    for fault in faults {
        control.add_fault(fault);
    }
    Ok(shown(&control.faults()))
}

fn add_webhook(control: &Control, webhook: Webhook) -> Result<Value, Unusable> {
    control.add_webhook(webhook).map_err(Unusable::Body)?;
    Ok(shown(&control.webhooks()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestEvent {
    realm: Option<String>,
    entity: String,
    id: String,
    operation: Deed,
}

fn send_test(intuit: &Intuit, event: TestEvent) -> Value {
    let realm = event.realm.as_deref().unwrap_or(intuit.main_realm());
    let change = Change {
        entity: Kind::by_name(&event.entity).map_or("", |kind| kind.name),
        id: event.id,
        deed: event.operation,
        at: intuit.clock.now(),
    };
    done(|| intuit.publish(realm, &[change]))
}

fn restore(control: &Control, snapshot: &str) -> Result<Value, Unusable> {
    let restored = control.restore(snapshot);
    restored.map_err(|error| Unusable::Body(error.to_string()))?;
    Ok(json!({"done": true}))
}

/// Keeps the state in memory under a name; the empty one unless the body gives another.
fn keep_snapshot(control: &Control, intuit: &Intuit, call: &Call) -> Result<Value, Unusable> {
    let name = snapshot_name(call)?;
    let snapshot = control.snapshot();
    hold(&intuit.snapshots).insert(name, Arc::from(snapshot));
    Ok(json!({"done": true}))
}

fn go_back(control: &Control, intuit: &Intuit, call: &Call) -> Result<Value, Unusable> {
    let name = snapshot_name(call)?;
    let snapshot = hold(&intuit.snapshots).get(&name).cloned();
    let snapshot = snapshot.ok_or_else(|| Unusable::Body("no such snapshot".to_owned()))?;
    restore(control, &snapshot)
}

fn snapshot_name(call: &Call) -> Result<String, Unusable> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Request {
        name: String,
    }
    if call.body.is_empty() {
        return Ok(String::new());
    }
    body(call).map(|request: Request| request.name)
}

fn done(act: impl FnOnce()) -> Value {
    act();
    json!({"done": true})
}

fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Unusable> {
    serde_json::from_slice(&call.body).map_err(|error| Unusable::Body(error.to_string()))
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Unusable> {
    serde_json::from_value(value).map_err(|error| Unusable::Body(error.to_string()))
}

/// None of these types can fail to become JSON.
fn shown(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

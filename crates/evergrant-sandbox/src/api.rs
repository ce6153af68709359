//! The accounting API: `/v3/company/{realm}/…`.
//!
//! The order of checks is that of Intuit's layers: access token, company, limits, then the accounting service.

use std::sync::{Arc, RwLock};

use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Map, Value};

use crate::answer::{self, Answer};
use crate::book::{Deed, LoggedRequest};
use crate::call::Call;
use crate::company::Company;
use crate::fingerprint::Fingerprint;
use crate::grant::Verdict;
use crate::intuit::Intuit;
use crate::lock::{hold, read, write};
use crate::query;
use crate::refusal::{Refusal, ServiceFault};
use crate::schema::{COMPANY_INFO, Kind};
use crate::settings::Denial;
use crate::time::envelope_time;

/// The longest request id that Intuit takes.
const REQUEST_ID_LIMIT: usize = 50;

/// Answers a request to the API.
pub(crate) fn answer(intuit: &Intuit, call: &Call, entry: &mut LoggedRequest) -> Answer {
    respond(intuit, call, entry).unwrap_or_else(|refusal| refusal.answer(call))
}

fn respond(intuit: &Intuit, call: &Call, entry: &mut LoggedRequest) -> Result<Answer, Refusal> {
    let rest = call.path().strip_prefix("/v3/company/").unwrap_or_default();
    let (realm, rest) = rest.split_once('/').unwrap_or((rest, ""));
    authenticate(intuit, call, realm, entry)?;
    let company = intuit.company(realm).ok_or(Refusal::WrongRealm)?;
    limit(intuit, call, realm)?;
    let segments: Vec<&str> = rest.split('/').collect();
    let body = match (&call.method, segments.as_slice()) {
        (&Method::GET, ["query"]) => run_query(&company, call, call.query("query"), entry)?,
        (&Method::POST, ["query"]) => {
            let text = String::from_utf8_lossy(&call.body).into_owned();
            run_query(&company, call, Some(text), entry)?
        }
        (&Method::GET, [path, id]) => {
            read_entity(&company, call, kind(call, path)?, (realm, id), entry)?
        }
        (&Method::POST, [path]) => write_entity(&company, call, kind(call, path)?, entry)?,
        _ => return Err(ServiceFault::unsupported_path(call).into()),
    };
    Ok(answer::service_success(call, body))
}

fn authenticate(
    intuit: &Intuit,
    call: &Call,
    realm: &str,
    entry: &mut LoggedRequest,
) -> Result<(), Refusal> {
    let token = call.bearer().ok_or(Refusal::MalformedToken)?;
    let verdict = hold(&intuit.grants).judge(token, realm, call.now);
    entry.access_token = match verdict {
        Verdict::Live(print)
        | Verdict::WrongRealm(print)
        | Verdict::NoScope(print)
        | Verdict::Expired(print) => Some(print),
        Verdict::Unknown => Some(Fingerprint::of(token)),
    };
    match verdict {
        Verdict::Live(_) => intuit.suits(call, token, realm)?,
        Verdict::Unknown => return Err(Refusal::MalformedToken),
        Verdict::Expired(_) => return Err(Refusal::expired(token)),
        Verdict::NoScope(_) => return Err(Refusal::NotAuthorized),
        Verdict::WrongRealm(_) => return Err(Refusal::WrongRealm),
    }
    match intuit.settings().denial {
        None => Ok(()),
        Some(Denial::NotAuthorized) => Err(Refusal::NotAuthorized),
        Some(Denial::WrongCluster) => Err(Refusal::WrongCluster),
        Some(Denial::NoAccess) => Err(Refusal::NoAccess),
    }
}

fn limit(intuit: &Intuit, call: &Call, realm: &str) -> Result<(), Refusal> {
    let settings = intuit.settings();
    if !settings.limits || hold(&intuit.limiter).admits(realm, call.now) {
        return Ok(());
    }
    Err(Refusal::Throttled {
        form: settings.throttle_form,
        retry_after: settings.retry_after,
    })
}

fn kind(call: &Call, path: &str) -> Result<&'static Kind, ServiceFault> {
    Kind::by_path(path).ok_or_else(|| ServiceFault::unsupported_path(call))
}

/// The company's own entity is asked for by the company's realm id.
fn read_entity(
    company: &Arc<RwLock<Company>>,
    call: &Call,
    kind: &Kind,
    (realm, id): (&str, &str),
    entry: &mut LoggedRequest,
) -> Result<Bytes, ServiceFault> {
    let id = if kind.path == COMPANY_INFO.path && id == realm {
        "1"
    } else {
        id
    };
    let text = read(company).read(kind, id)?.text.clone();
    entry.deed = Deed::Read;
    Ok(enveloped(call, kind.class.name, &text))
}

fn run_query(
    company: &Arc<RwLock<Company>>,
    call: &Call,
    text: Option<String>,
    entry: &mut LoggedRequest,
) -> Result<Bytes, ServiceFault> {
    let text = text.ok_or_else(|| ServiceFault::missing("query"))?;
    let response = query::answer(&read(company), &text)?;
    entry.deed = Deed::Query;
    Ok(enveloped(call, "QueryResponse", response.as_bytes()))
}

/// Creates or updates; a request id that was answered before gets the same answer and changes nothing.
fn write_entity(
    company: &Arc<RwLock<Company>>,
    call: &Call,
    kind: &'static Kind,
    entry: &mut LoggedRequest,
) -> Result<Bytes, ServiceFault> {
    let request_id = call.query("requestid");
    if request_id
        .as_ref()
        .is_some_and(|id| id.len() > REQUEST_ID_LIMIT)
    {
        return Err(ServiceFault::request_id_too_long());
    }
    let operation = call.query("operation");
    if !kind.writable {
        return Err(ServiceFault::unsupported_operation(
            operation.as_deref().unwrap_or("update"),
        ));
    }
    if let Some(operation) = operation.filter(|operation| operation != "update") {
        return Err(ServiceFault::unsupported_operation(&operation));
    }
    let sent = parse(&call.body)?;
    let mut company = write(company);
    if let Some(reply) = request_id.as_ref().and_then(|id| company.reply(id)) {
        return Ok(reply);
    }
    let body = enveloped(
        call,
        kind.class.name,
        &company.write(kind, &sent, call.now)?.text,
    );
    entry.deed = Deed::Write;
    if let Some(request_id) = request_id {
        company.remember_reply(request_id, body.clone());
    }
    Ok(body)
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, ServiceFault> {
    serde_json::from_slice(body)
        .map_err(|_| ServiceFault::invalid_property("failed to parse json object; a property"))
}

/// `{"name":content,"time":"…"}`
fn enveloped(call: &Call, name: &str, content: &[u8]) -> Bytes {
    let time = envelope_time(call.now);
    let mut body = Vec::with_capacity(content.len() + name.len() + time.len() + 16);
    for part in [
        b"{\"",
        name.as_bytes(),
        b"\":",
        content,
        b",\"time\":\"",
        time.as_bytes(),
        b"\"}",
    ] {
        body.extend_from_slice(part);
    }
    body.into()
}

//! The way to the hosts: name, route, certificate, clock, and the company itself.

use std::sync::Arc;

use evergrant::{
    AccessToken, Body, Clock as _, Connection, ConnectionId, Generation, Grant, Keeper,
    MemoryStore, OAuthClient, Provider, Refusal, SystemClock, TokenSet,
};
use evergrant_quickbooks::{Client, ErrorKind};
use http::header::DATE;
use http::{Request, Response};
use jiff::SignedDuration;
use jiff::fmt::rfc2822;
use url::Url;

use super::Finding;
use crate::config::Settings;
use crate::context;
use crate::failure::{Failure, Result};
use crate::report;

/// How far this machine's clock may be off before expiry times mean little.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Looks.
pub(super) async fn look(
    settings: &Settings,
    connection: Option<&Connection>,
    findings: &mut Vec<Finding>,
) {
    let endpoints = context::endpoints(settings);
    let api = reach(settings, &endpoints.base_url).await;
    let is_reached = api.is_ok();
    findings.extend(api.unwrap_or_else(|failed| vec![failed]));
    if endpoints.token_url.origin() != endpoints.base_url.origin() {
        let token = reach(settings, &endpoints.token_url).await;
        findings.extend(token.unwrap_or_else(|failed| vec![failed]));
    }
    if let Some(connection) = connection.filter(|_| is_reached) {
        let asked = company(settings, connection).await;
        findings.push(asked.unwrap_or_else(|failure| failed(&failure, "the company")));
    }
}

/// Asks a host for anything at all. Any answer shows that it is there and is trusted.
async fn reach(settings: &Settings, url: &Url) -> Result<Vec<Finding>, Finding> {
    let host = url.origin().ascii_serialization();
    let answer = ask(settings, url).await;
    let answer = answer.map_err(|failure| failed(&failure, &host))?;
    let mut findings = vec![Finding::ok(format!("{host} answers and is trusted"))];
    findings.extend(skewed(&answer, &host));
    Ok(findings)
}

/// Sends a GET with a placeholder in a token's place, the same way as every call is sent.
async fn ask(settings: &Settings, url: &Url) -> Result<Response<Body>> {
    let provider = Provider {
        api_origins: vec![url.clone()],
        judge_refusal: |_, _| Refusal::NotTheToken,
        ..context::provider(settings)
    };
    let id = ConnectionId::new("doctor");
    let store = MemoryStore::new();
    store.insert(placeholder(&id, &provider));
    let client = OAuthClient {
        id: String::new(),
        secret: None,
    };
    let mut builder = Keeper::builder(Arc::new(store)).provider(provider, client);
    if let Some(pem) = context::authority(settings)? {
        builder = builder.trust_pem(pem);
    }
    let request = Request::get(url.as_str()).body(Body::default());
    let request = request.map_err(|error| {
        Failure::config(format!("{url} can't be asked"), "check that URL").because(error)
    })?;
    Ok(builder.build()?.client(&id).send(request).await?)
}

fn placeholder(id: &ConnectionId, provider: &Provider) -> Connection {
    Connection {
        id: id.clone(),
        provider: provider.name.clone(),
        realm: None,
        grant: Grant::Live(TokenSet {
            access: Some(AccessToken::new("placeholder")),
            access_expires: None,
            refresh: None,
            refresh_expires: None,
            grant_expires: None,
            obtained: None,
        }),
        generation: Generation::default(),
        attempt: None,
        refusals: Vec::new(),
    }
}

/// Compares this machine's clock with the answer's.
fn skewed(answer: &Response<Body>, host: &str) -> Option<Finding> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    let theirs = rfc2822::parse(date).ok()?.timestamp();
    let skew = SystemClock.now().duration_since(theirs);
    if skew.abs() <= SKEW {
        let what = format!("this machine's clock agrees with that of {host}");
        return Some(Finding::ok(what));
    }
    let way = if skew.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    Some(Finding::warn(
        format!(
            "this machine's clock is {} s {way} that of {host}",
            skew.abs().as_secs()
        ),
        "set it (NTP): expiry times are reckoned with it",
    ))
}

/// Asks for the company with the access token that is there, if that may still live.
async fn company(settings: &Settings, connection: &Connection) -> Result<Finding> {
    let tokens = connection.tokens();
    let is_over = tokens
        .access_expires
        .is_some_and(|end| end <= SystemClock.now());
    if tokens.access.is_none() || is_over || matches!(connection.grant, Grant::Lapsed { .. }) {
        return Ok(Finding::ok(
            "the company was not asked: no access token lives just now",
        ));
    }
    let Some(realm) = settings.layer.realm.as_ref().or(connection.realm.as_ref()) else {
        return Ok(Finding::warn(
            "no company is given",
            "set --realm or EVERGRANT_REALM",
        ));
    };
    let provider = Provider {
        judge_refusal: |_, _| Refusal::NotTheToken,
        ..context::provider(settings)
    };
    let keeper = context::keeper(settings, &provider)?.build()?;
    let base_url = context::endpoints(settings).base_url;
    let client = Client::new(
        keeper.client(&settings.connection),
        base_url,
        realm.as_str(),
    );
    match client.company_info().await {
        Ok(_) => Ok(Finding::ok(format!("company {realm} answers"))),
        Err(error) if error.kind() == ErrorKind::Unauthorized => Ok(Finding::warn(
            "the access token is refused",
            "the next call refreshes it; nothing is to be done now",
        )),
        Err(error) => Err(error.into()),
    }
}

fn failed(failure: &Failure, of: &str) -> Finding {
    let exit = failure.exit();
    match failure {
        Failure::Keeper(error) => Finding::fail(
            exit,
            report::chain(error),
            "check that URL, the network and --ca-file",
        ),
        Failure::Api(error) => Finding::fail(exit, format!("{of}: {error}"), error.advice()),
        Failure::Own(own) => Finding::fail(exit, own.what.clone(), own.mend.clone()),
        Failure::Told(_) => Finding::fail(exit, of, ""),
    }
}

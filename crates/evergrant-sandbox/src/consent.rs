//! The authorize endpoint: a page that asks for consent, and the way back to the client.
//!
//! A page without scripts; its form posts back to the very address that was asked for, which is checked again.
//! `_sandbox=approve` or `_sandbox=deny` in the query answers for the user, `_realm` chooses the company, so that
//! a script can pass without a browser.

use hyper::header::{HeaderValue, LOCATION};
use hyper::{Method, StatusCode, Uri};

use crate::answer::{self, Answer};
use crate::call::Call;
use crate::grant::{CODE_LIFE, Challenge, Code, Consent};
use crate::intuit::Intuit;
use crate::lock::{hold, read};
use crate::oauth::Form;
use crate::random;
use crate::registry::Registry;
use crate::settings::Settings;
use crate::time::saturating_add;

pub(crate) const PATH: &str = "/connect/oauth2";
/// The address that some clients of 2026 use.
const OTHER_PATH: &str = "/connect/oauth2/companyselection";

/// Scopes about the user; a consent to these alone concerns no company.
const USER_SCOPES: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "intuit_name",
];
/// Scopes about a company, besides those that begin with `com.intuit.quickbooks.`.
const COMPANY_SCOPES: [&str; 7] = [
    "app-foundations.custom-dimensions.read",
    "app-foundations.custom-field-definitions",
    "app-foundations.custom-field-definitions.read",
    "indirect-tax.tax-calculation.quickbooks",
    "payroll.compensation.read",
    "project-management.project",
    "time-tracking.time-entry",
];

const PAGE: &str = include_str!("consent.html");
const OBJECTION: &str = include_str!("objection.html");

/// Whether the page is found at this path.
pub(crate) fn is_page(path: &str) -> bool {
    path == PATH || path == OTHER_PATH
}

/// Shows the page, or carries out what the user chose on it.
pub(crate) fn answer(intuit: &Intuit, call: &Call) -> Answer {
    let request = match Request::check(call, &read(&intuit.registry), &intuit.settings()) {
        Ok(request) => request,
        Err(Objection::Page(reason)) => return objection(reason),
        Err(Objection::Return {
            redirect_uri,
            state,
            error,
        }) => {
            return send_back(&redirect_uri, &[("error", error), ("state", &state)]);
        }
    };
    match choice(intuit, call) {
        Some(Choice::Connect { realm }) => connect(intuit, call, request, realm),
        Some(Choice::Cancel) => send_back(
            &request.redirect_uri,
            &[("error", "access_denied"), ("state", &request.state)],
        ),
        None => answer::page(StatusCode::OK, page(intuit, call, &request)),
    }
}

/// A request for consent that is in order.
struct Request {
    client: String,
    redirect_uri: String,
    state: String,
    scopes: Vec<String>,
    challenge: Option<Challenge>,
}

/// What is wrong with a request for consent.
enum Objection {
    /// The client cannot be trusted with the news: it is shown to the user.
    Page(&'static str),
    Return {
        redirect_uri: String,
        state: String,
        error: &'static str,
    },
}

enum Choice {
    Connect { realm: Option<String> },
    Cancel,
}

impl Request {
    fn check(call: &Call, registry: &Registry, settings: &Settings) -> Result<Self, Objection> {
        let parameter = |name: &str| call.query(name).filter(|value| !value.is_empty());
        let client = parameter("client_id").and_then(|id| registry.client(&id).cloned());
        let Some(client) = client else {
            return Err(Objection::Page("The client_id is unknown."));
        };
        let redirect_uri = parameter("redirect_uri").unwrap_or_default();
        let is_registered =
            client.redirect_uris.is_empty() || client.redirect_uris.contains(&redirect_uri);
        if !is_registered || !is_suitable(&redirect_uri, settings.only_localhost) {
            return Err(Objection::Page(
                "The redirect_uri is not one that this client may use.",
            ));
        }
        let state = parameter("state").unwrap_or_default();
        if state.is_empty() && !settings.state_is_optional {
            return Err(Objection::Page("The state is missing."));
        }
        let back = |error| Objection::Return {
            redirect_uri: redirect_uri.clone(),
            state: state.clone(),
            error,
        };
        if parameter("response_type").as_deref() != Some("code") {
            return Err(back("unsupported_response_type"));
        }
        let scopes: Vec<String> = parameter("scope")
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        if scopes.is_empty() || !scopes.iter().all(|scope| is_known_scope(scope)) {
            return Err(back("invalid_scope"));
        }
        let challenge = match (
            parameter("code_challenge"),
            parameter("code_challenge_method").as_deref(),
        ) {
            (None, _) => None,
            (Some(value), None | Some("plain")) => Some(Challenge::Plain(value)),
            (Some(value), Some("S256")) => Some(Challenge::S256(value)),
            (Some(_), Some(_)) => return Err(back("invalid_request")),
        };
        Ok(Self {
            client: client.id,
            redirect_uri,
            state,
            scopes,
            challenge,
        })
    }

    /// Whether the consent is about a company at all.
    fn concerns_company(&self) -> bool {
        self.scopes.iter().any(|scope| is_company_scope(scope))
    }
}

fn choice(intuit: &Intuit, call: &Call) -> Option<Choice> {
    let realm = call.query("_realm");
    match call.query("_sandbox").as_deref() {
        Some("approve") => return Some(Choice::Connect { realm }),
        Some("deny") => return Some(Choice::Cancel),
        _ if intuit.settings().auto_approve => return Some(Choice::Connect { realm }),
        _ => {}
    }
    if call.method != Method::POST {
        return None;
    }
    let form = Form::parse(call)?;
    match form.get("choice")? {
        "connect" => Some(Choice::Connect {
            realm: form.get("realm").map(str::to_owned),
        }),
        "cancel" => Some(Choice::Cancel),
        _ => None,
    }
}

/// Gives the client a code for the company chosen, or for the first one.
fn connect(intuit: &Intuit, call: &Call, request: Request, realm: Option<String>) -> Answer {
    let realm = realm.unwrap_or_else(|| intuit.main_realm().to_owned());
    if intuit.company(&realm).is_none() {
        return objection("There is no such company.");
    }
    if !read(&intuit.registry).opens(&request.client, &realm) {
        return objection("The client's keys are not for companies like this one.");
    }
    let expires = saturating_add(call.now, CODE_LIFE);
    let value = random::authorization_code(expires);
    let granted = request.concerns_company().then(|| realm.clone());
    let mut parameters = vec![("code", value.as_str()), ("state", request.state.as_str())];
    if granted.is_some() {
        parameters.push(("realmId", realm.as_str()));
    }
    let answer = send_back(&request.redirect_uri, &parameters);
    let consent = Consent {
        client: request.client,
        realm: granted,
        scopes: request.scopes,
    };
    let (redirect_uri, challenge) = (request.redirect_uri, request.challenge);
    let code = Code {
        consent,
        redirect_uri,
        challenge,
        expires,
        redeemed: None,
    };
    hold(&intuit.grants).offer(value, code);
    answer
}

/// Intuit takes https and plain http to the own machine, neither with query nor fragment.
fn is_suitable(redirect_uri: &str, only_localhost: bool) -> bool {
    if redirect_uri.contains(['#', '?']) {
        return false;
    }
    let Ok(uri) = redirect_uri.parse::<Uri>() else {
        return false;
    };
    let is_loopback = match uri.host() {
        Some("localhost") => true,
        Some("127.0.0.1" | "[::1]") => !only_localhost,
        _ => false,
    };
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => is_loopback,
        _ => false,
    }
}

fn is_known_scope(scope: &str) -> bool {
    USER_SCOPES.contains(&scope) || is_company_scope(scope)
}

fn is_company_scope(scope: &str) -> bool {
    scope.starts_with("com.intuit.quickbooks.") || COMPANY_SCOPES.contains(&scope)
}

fn send_back(redirect_uri: &str, parameters: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()))
        .finish();
    let mut answer = answer::empty(StatusCode::FOUND);
    let headers = answer.headers_mut();
    headers.insert(LOCATION, answer::text(&format!("{redirect_uri}?{query}")));
    headers.insert(
        hyper::header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    answer
}

fn page(intuit: &Intuit, call: &Call, request: &Request) -> String {
    let item = |scope: &String| format!("<li>{}</li>", escaped(scope));
    let scopes: String = request.scopes.iter().map(item).collect();
    let companies = if request.concerns_company() {
        company_choice(intuit)
    } else {
        String::new()
    };
    let action = format!("{PATH}?{}", call.uri.query().unwrap_or_default());
    let values = [
        ("client", escaped(&request.client)),
        ("scopes", scopes),
        ("companies", companies),
        ("action", escaped(&action)),
        ("redirect", escaped(&request.redirect_uri)),
    ];
    fill(PAGE, &values)
}

/// The companies to choose from, the main one chosen already.
fn company_choice(intuit: &Intuit) -> String {
    let option = |realm: String| {
        let checked = if realm == intuit.main_realm() {
            " checked"
        } else {
            ""
        };
        let name = intuit
            .company(&realm)
            .and_then(|company| read(&company).name());
        let (realm, name) = (
            escaped(&realm),
            escaped(name.as_deref().unwrap_or("Company")),
        );
        format!(
            "<label><input type=\"radio\" name=\"realm\" value=\"{realm}\"{checked}> {name} ({realm})</label>\n"
        )
    };
    let options: String = intuit.realms().into_iter().map(option).collect();
    format!("<fieldset><legend>Company</legend>\n{options}</fieldset>")
}

fn objection(reason: &str) -> Answer {
    answer::page(
        StatusCode::BAD_REQUEST,
        fill(OBJECTION, &[("reason", reason.to_owned())]),
    )
}

/// Puts values in the places of a template, in one pass, so that a value cannot contain a place.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        page.push_str(before);
        let value = values
            .iter()
            .find(|(place, _)| *place == name)
            .map_or("", |(_, value)| value.as_str());
        page.push_str(value);
        rest = after;
    }
    page + rest
}

fn escaped(text: &str) -> String {
    let escape = |each| match each {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_https_or_loopback() {
        for good in [
            "https://app.example/cb",
            "http://localhost:8000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:1/cb",
        ] {
            assert!(is_suitable(good, false), "{good}");
        }
        for bad in [
            "http://app.example/cb",
            "https://app.example/cb#x",
            "https://app.example/cb?x=1",
            "app:/cb",
            "",
            "/cb",
        ] {
            assert!(!is_suitable(bad, false), "{bad}");
        }
    }

    #[test]
    fn values_cannot_break_out_of_the_page() {
        assert_eq!(
            escaped(r#"<a href="x">'&'"#),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;"
        );
        assert_eq!(
            fill(
                "<p>{{one}}{{two}}</p>",
                &[("one", "{{two}}".to_owned()), ("two", "2".to_owned())]
            ),
            "<p>{{two}}2</p>"
        );
        assert_eq!(fill("{{missing}}.", &[]), ".");
    }
}

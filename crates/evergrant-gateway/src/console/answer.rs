//! The console's requests: which page, which change, and back to a page.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use evergrant::{Clock as _, SystemClock};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use url::Url;

use super::{COOKIE_NAME, Console, FORM_LIMIT, Session, is_own, page, session_age};
use crate::access::{Preset, Rights};
use crate::body::Reply;
use crate::{Gateway, Route, chain};

type Form = HashMap<String, String>;

impl Console {
    /// Whether the path is the console's, or one that consent returns to.
    pub(crate) fn takes(&self, gateway: &Gateway, path: &str) -> bool {
        path == "/console"
            || path.starts_with("/console/")
            || gateway
                .routes()
                .values()
                .any(|route| route.callback.path() == path)
    }

    /// The answer to a request for such a path.
    pub(crate) async fn answer(
        &self,
        gateway: &Gateway,
        parts: &Parts,
        body: Incoming,
    ) -> Response<Reply> {
        let response = match parts.uri.path().strip_prefix("/console") {
            None => self.callback(gateway, parts).await,
            Some("/style.css") => file(page::STYLE, "text/css; charset=utf-8"),
            Some("/live.js") => file(page::LIVE, "text/javascript; charset=utf-8"),
            Some("/login") => self.login(gateway, parts),
            Some(path) => match self.session(&parts.headers) {
                None => html(StatusCode::UNAUTHORIZED, &page::locked()),
                Some(session) if parts.method == Method::GET => {
                    self.look(gateway, &session, path).await
                }
                Some(session) => self.change(gateway, &session, parts, path, body).await,
            },
        };
        secured(gateway, response)
    }

    fn login(&self, gateway: &Gateway, parts: &Parts) -> Response<Reply> {
        let link = parts
            .uri
            .query()
            .and_then(|query| query.strip_prefix("token="));
        let Some(cookie) = link.and_then(|link| self.open_session(link)) else {
            return html(StatusCode::UNAUTHORIZED, &page::locked());
        };
        let secure = if gateway.url.starts_with("https") {
            "; Secure"
        } else {
            ""
        };
        let value = format!(
            "{COOKIE_NAME}={cookie}; Path=/console; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
            session_age().as_secs()
        );
        let mut response = redirect("/console");
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(SET_COOKIE, value);
        }
        response
    }

    async fn look(&self, gateway: &Gateway, session: &Session, path: &str) -> Response<Reply> {
        let text = match path {
            "" | "/" => page::front(gateway, &self.events(None), session).await,
            "/keys" => page::keys(gateway, session, None),
            _ => match named(gateway, path) {
                Some((route, "")) => {
                    page::connection(&route, &self.events(Some(&route.name)), session).await
                }
                _ => return html(StatusCode::NOT_FOUND, &page::missing()),
            },
        };
        html(StatusCode::OK, &text)
    }

    /// Every change: of this session's own forms only.
    async fn change(
        &self,
        gateway: &Gateway,
        session: &Session,
        parts: &Parts,
        path: &str,
        body: Incoming,
    ) -> Response<Reply> {
        let form = form(body).await;
        if parts.method != Method::POST || !is_own(session, &form) {
            let text = page::trouble("This form is not of your session", "Open the page anew.");
            return html(StatusCode::FORBIDDEN, &text);
        }
        match path {
            "/logout" => {
                self.close_session(&parts.headers);
                redirect("/console")
            }
            "/keys" => add_key(gateway, session, &form),
            "/keys/revoke" => {
                let id = form.get("id").map(String::as_str).unwrap_or_default();
                match gateway.keys.file().revoke(id) {
                    Ok(_) => redirect("/console/keys"),
                    Err(error) => trouble(&error),
                }
            }
            _ => match named(gateway, path) {
                Some((route, "/connect")) => self.connect(&route).await,
                _ => html(StatusCode::NOT_FOUND, &page::missing()),
            },
        }
    }

    /// Sends the browser to the provider's consent page.
    async fn connect(&self, route: &Route) -> Response<Reply> {
        let record = route.keeper.connection(&route.id).await.ok();
        let provider = record.map_or_else(|| route.provider.clone(), |it| it.provider);
        let begun = route
            .keeper
            .begin_connect(&route.id, &provider, &route.callback);
        match begun {
            Ok(consent) => {
                let response = redirect(consent.url().as_str());
                self.begin(&route.name, consent);
                response
            }
            Err(error) => trouble(&error),
        }
    }

    /// Consent was given, or not: the provider has sent the browser back.
    async fn callback(&self, gateway: &Gateway, parts: &Parts) -> Response<Reply> {
        let routes = gateway.routes();
        let answered = routes.values().find_map(|route| {
            let mut url: Url = route.callback.clone();
            url.set_query(parts.uri.query());
            let (name, consent) = self.answered(&url)?;
            Some((url, routes.get(&name)?, consent))
        });
        let Some((url, route, consent)) = answered else {
            let text = page::trouble(
                "Nobody here waits for this consent",
                "Begin again on the connection's page; a consent is answered once, within half an hour.",
            );
            return html(StatusCode::BAD_REQUEST, &text);
        };
        let granted = url.query_pairs().find(|(name, _)| name == "realmId");
        if let (Some(expected), Some((_, granted))) = (&route.realm, granted)
            && *expected != granted
        {
            let what = format!("Consent was given for company {granted}, not for {expected}");
            let text = page::trouble(&what, "Nothing was changed. Choose the right company.");
            return html(StatusCode::BAD_REQUEST, &text);
        }
        match route.keeper.finish_connect(consent, &url).await {
            Ok(_) => redirect(&format!("/console/connections{}", route.path)),
            Err(error) => trouble(&error),
        }
    }
}

/// The connection that a path names, and what follows it.
fn named<'a>(gateway: &Gateway, path: &'a str) -> Option<(Arc<Route>, &'a str)> {
    let path = path.strip_prefix("/connections")?;
    gateway.routes().values().find_map(|route| {
        let rest = path.strip_prefix(route.path.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| (Arc::clone(route), rest))
    })
}

fn add_key(gateway: &Gateway, session: &Session, form: &Form) -> Response<Reply> {
    let field = |name: &str| form.get(name).map(|text| text.trim()).unwrap_or_default();
    let name = field("name");
    if name.is_empty() {
        let text = page::trouble("The key has no name", "Say who will hold it.");
        return html(StatusCode::BAD_REQUEST, &text);
    }
    let connection = Some(field("connection")).filter(|name| gateway.route(name).is_some());
    let now = SystemClock.now();
    let days: Option<i64> = field("days").parse().ok();
    let time = days.map(|days| jiff::SignedDuration::from_hours(days.clamp(1, 36_500) * 24));
    let rights = Rights {
        preset: match field("preset") {
            "full" => Preset::Full,
            _ => Preset::ReadOnly,
        },
        connections: connection.into_iter().map(str::to_owned).collect(),
        expires: time.and_then(|time| now.saturating_add(time).ok()),
        ..Rights::full()
    };
    match gateway.keys.file().add(name, rights, now) {
        Ok((_, key)) => html(StatusCode::OK, &page::keys(gateway, session, Some(&key))),
        Err(error) => trouble(&error),
    }
}

async fn form(body: Incoming) -> Form {
    let read = Limited::new(body, FORM_LIMIT).collect().await;
    let bytes = read
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    url::form_urlencoded::parse(&bytes).into_owned().collect()
}

fn trouble(error: &(dyn std::error::Error + 'static)) -> Response<Reply> {
    let text = page::trouble("That did not work", &chain(error));
    html(StatusCode::BAD_GATEWAY, &text)
}

fn html(status: StatusCode, text: &str) -> Response<Reply> {
    let mut response = Response::new(Reply::own(Bytes::copy_from_slice(text.as_bytes())));
    *response.status_mut() = status;
    let media = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, media);
    response
}

fn file(text: &'static str, media: &'static str) -> Response<Reply> {
    let mut response = Response::new(Reply::own(text));
    let media = HeaderValue::from_static(media);
    response.headers_mut().insert(CONTENT_TYPE, media);
    response
}

fn redirect(to: &str) -> Response<Reply> {
    let mut response = Response::new(Reply::own(Bytes::new()));
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// What keeps other pages out: no script but our own file, no frame, forms to ourselves and to consent
/// pages only.
fn secured(gateway: &Gateway, mut response: Response<Reply>) -> Response<Reply> {
    let routes = gateway.routes();
    let consents: BTreeSet<&str> = routes
        .values()
        .map(|route| route.consents.as_str())
        .collect();
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' {}",
        consents.into_iter().collect::<Vec<_>>().join(" ")
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert("content-security-policy", policy);
    }
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

//! The console: the gateway's connections, keys and stories for a person with a browser.
//!
//! Server-rendered pages that need no script; the one there is shows what changes without a reload. A
//! person is let in by a link that works once and that `evergrant console` makes with a secret that only
//! the gateway's user can read; a session is a cookie from then on. Every change is a POST with the
//! session's own token in it, so that no other page can make one. Keys open nothing here, and a session
//! opens no API.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evergrant::{Clock as _, Consent, Notice, SystemClock};
use http::header::{COOKIE, HeaderMap};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::disk;
use crate::keys::{random, same};

mod answer;
mod page;

/// How long a link may lie around before it is opened.
const LINK_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long somebody stays logged in.
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// How long a person may take at the provider's consent page.
const CONSENT_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// How many events are remembered for the front page.
const EVENTS: usize = 50;
const COOKIE_NAME: &str = "evergrant_session";
/// The most that a form of ours is long.
const FORM_LIMIT: usize = 16 * 1024;

/// What the console knows besides what the gateway does.
pub struct Console {
    secret: hmac::Key,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the hash of the cookie.
    sessions: HashMap<Vec<u8>, Session>,
    /// Links that were opened.
    opened: HashSet<String>,
    consents: Vec<Pending>,
    events: VecDeque<Told>,
}

#[derive(Clone)]
struct Session {
    /// What every form of the session's carries.
    token: String,
    until: Timestamp,
}

/// A consent that was begun here.
struct Pending {
    connection: String,
    consent: Consent,
    begun: Timestamp,
}

/// An event, as the front page tells it.
#[derive(Clone)]
struct Told {
    at: Timestamp,
    connection: String,
    text: String,
}

impl Console {
    /// With the secret in the gateway's folder, which is made if it is not there.
    ///
    /// # Errors
    /// If it can't be read or made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            secret: secret(folder)?,
            state: Mutex::default(),
        })
    }

    /// Remembers an event for the front page.
    pub fn note(&self, notice: &Notice, text: &str) {
        let mut state = self.state();
        state.events.truncate(EVENTS - 1);
        state.events.push_front(Told {
            at: notice.at,
            connection: notice.connection.to_string(),
            text: text.to_owned(),
        });
    }

    /// Lets in whoever brings a link that nobody has opened: the cookie.
    fn open_session(&self, link: &str) -> Option<String> {
        let now = SystemClock.now();
        if !is_valid(&self.secret, link, now) {
            return None;
        }
        let mut state = self.state();
        if !state.opened.insert(link.to_owned()) {
            return None;
        }
        state.sessions.retain(|_, session| session.until > now);
        let cookie = random::<32>().ok()?;
        let session = Session {
            token: random::<24>().ok()?,
            until: now.saturating_add(SESSION_LIFE).ok()?,
        };
        state.sessions.insert(hashed(&cookie), session);
        Some(cookie)
    }

    fn close_session(&self, headers: &HeaderMap) {
        if let Some(cookie) = cookie(headers) {
            self.state().sessions.remove(&hashed(&cookie));
        }
    }

    /// Whose browser it is, if somebody's who was let in.
    fn session(&self, headers: &HeaderMap) -> Option<Session> {
        let state = self.state();
        let session = state.sessions.get(&hashed(&cookie(headers)?))?;
        (session.until > SystemClock.now()).then(|| session.clone())
    }

    fn begin(&self, connection: &str, consent: Consent) {
        let now = SystemClock.now();
        let mut state = self.state();
        state.forget(now);
        state.consents.push(Pending {
            connection: connection.to_owned(),
            consent,
            begun: now,
        });
    }

    /// The consent that a callback answers. It is used up by that.
    fn answered(&self, callback: &url::Url) -> Option<(String, Consent)> {
        let mut state = self.state();
        state.forget(SystemClock.now());
        let at = state
            .consents
            .iter()
            .position(|it| it.consent.is_answered_by(callback))?;
        let pending = state.consents.swap_remove(at);
        Some((pending.connection, pending.consent))
    }

    fn events(&self, of: Option<&str>) -> Vec<Told> {
        let state = self.state();
        let wanted = |told: &&Told| of.is_none_or(|name| told.connection == name);
        state.events.iter().filter(wanted).cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, now: Timestamp) {
        self.consents
            .retain(|it| now.duration_since(it.begun) < CONSENT_LIFE);
    }
}

/// What a link carries: when it ends, chance, and the proof that both are ours.
///
/// # Errors
/// If the gateway's secret can't be read or there is no randomness.
pub fn link_token(folder: &Path) -> io::Result<String> {
    let now = SystemClock.now();
    let end = now.saturating_add(LINK_LIFE).unwrap_or(now).as_second();
    let claim = format!("{end}.{}", random::<12>()?);
    let proof = hmac::sign(&secret(folder)?, claim.as_bytes());
    Ok(format!("{claim}.{}", URL_SAFE_NO_PAD.encode(proof)))
}

fn is_valid(secret: &hmac::Key, link: &str, now: Timestamp) -> bool {
    let Some((claim, proof)) = link.rsplit_once('.') else {
        return false;
    };
    let Ok(proof) = URL_SAFE_NO_PAD.decode(proof) else {
        return false;
    };
    let end = claim.split('.').next().and_then(|end| end.parse().ok());
    hmac::verify(secret, claim.as_bytes(), &proof).is_ok()
        && end.is_some_and(|end: i64| end > now.as_second())
}

fn secret(folder: &Path) -> io::Result<hmac::Key> {
    let path = secret_path(folder);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            disk::private_folder(folder)?;
            let made = random::<32>()?;
            disk::replace(&path, &made)?;
            made
        }
        Err(error) => return Err(error),
    };
    Ok(hmac::Key::new(hmac::HMAC_SHA256, text.trim().as_bytes()))
}

fn secret_path(folder: &Path) -> PathBuf {
    folder.join("console.secret")
}

fn hashed(cookie: &str) -> Vec<u8> {
    digest(&SHA256, cookie.as_bytes()).as_ref().to_vec()
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let sent = headers.get_all(COOKIE).iter();
    let pairs = sent.filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE_NAME).then(|| value.to_owned())
    })
}

/// Whether a form carries its session's token.
fn is_own(session: &Session, form: &HashMap<String, String>) -> bool {
    let sent = form.get("token").map(String::as_bytes).unwrap_or_default();
    same(sent, session.token.as_bytes())
}

/// For how long a browser keeps the cookie.
fn session_age() -> Duration {
    SESSION_LIFE.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lets_in_once_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let console = Console::open(folder.path()).unwrap();
        let link = link_token(folder.path()).unwrap();
        let late = SystemClock.now() + LINK_LIFE + SignedDuration::from_secs(1);
        assert!(!is_valid(&console.secret, &link, late));
        let forged = link.replacen('1', "9", 1);
        assert!(console.open_session(&forged).is_none());
        let cookie = console.open_session(&link).unwrap();
        assert!(console.open_session(&link).is_none());
        let sent = format!("a=b; {COOKIE_NAME}={cookie}").parse().unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, sent)]);
        assert!(console.session(&headers).is_some());
        console.close_session(&headers);
        assert!(console.session(&headers).is_none());
    }

    #[test]
    fn a_form_without_the_sessions_token_is_not_its_own() {
        let session = Session {
            token: "right".to_owned(),
            until: Timestamp::MAX,
        };
        let form = |token: &str| HashMap::from([("token".to_owned(), token.to_owned())]);
        assert!(is_own(&session, &form("right")));
        assert!(!is_own(&session, &form("wrong")) && !is_own(&session, &HashMap::new()));
    }
}

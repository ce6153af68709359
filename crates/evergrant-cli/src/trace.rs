//! Tells on stderr what the keeper does, as it happens.
//!
//! The keeper's notices are the one source: `-v` shows them as exchanges, the demo as steps, and
//! otherwise only the one thing that must not pass in silence is told: tokens that could not be
//! saved yet. No notice carries a secret, and headers come redacted.

use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use evergrant::{Clock as _, Event, Fingerprint, Notice, Refusal, SystemClock};
use evergrant_gateway::span::local_second;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::Log;

mod service;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// Warnings only.
    Quiet,
    /// Each exchange, with its headers (`-v`).
    Exchanges,
    /// A numbered line for each step (the demo).
    Steps,
}

impl Voice {
    /// The listener to give to a keeper.
    pub(crate) fn listener(self) -> impl Fn(&Notice) + Send + Sync + 'static {
        let steps = Mutex::new(Steps::default());
        move |notice| match self {
            Self::Quiet => tell(warning(&notice.event)),
            Self::Exchanges => tell(exchange(&notice.event).or_else(|| warning(&notice.event))),
            Self::Steps => {
                let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
                tell(steps.line(&notice.event).or_else(|| warning(&notice.event)));
            }
        }
    }
}

/// Shows on stderr what our own libraries log: the gateway's lines if it `serves`, `all` that there is
/// if that is asked for. Other crates are left out: at this level they may print headers, and with them
/// tokens.
pub(crate) fn show_logs(serves: bool, all: bool) {
    if !serves && !all {
        return;
    }
    let ours = Targets::new().with_target("evergrant", LevelFilter::DEBUG);
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .with_filter(ours.with_target(service::TARGET, LevelFilter::OFF));
    let service = Targets::new().with_target(service::TARGET, LevelFilter::INFO);
    // Fails only if logs are shown already.
    drop(
        tracing_subscriber::registry()
            .with(service::Lines.with_filter(service))
            .with(all.then_some(lines))
            .try_init(),
    );
}

/// A line of a server's log, with the time and whose it is, in the form that `[serve]` sets.
pub(crate) fn log(connection: Option<&str>, text: &str) {
    let now = SystemClock.now();
    tell(Some(match FORM.get() {
        Some(Log::Json) => json!({
            "at": format!("{now:.3}"),
            "connection": connection,
            "message": text,
        })
        .to_string(),
        _ => match connection {
            Some(name) => format!("{} {name}: {text}", local_second(now)),
            None => format!("{} {text}", local_second(now)),
        },
    }));
}

/// The form of the log from now on; the first call counts.
pub(crate) fn log_as(form: Log) {
    // It is set already.
    let _ = FORM.set(form);
}

/// How lines of the log are written.
static FORM: OnceLock<Log> = OnceLock::new();

/// One or more lines to stderr, at once, so that other processes' lines do not get between.
pub(crate) fn tell(text: Option<String>) {
    if let Some(text) = text {
        let mut stderr = std::io::stderr().lock();
        // When stderr is gone there is nobody left to tell.
        drop(
            stderr
                .write_all(text.as_bytes())
                .and_then(|()| stderr.write_all(b"\n")),
        );
    }
}

fn warning(event: &Event) -> Option<String> {
    match event {
        Event::Undurable { detail } => Some(format!(
            "evergrant: warning: the new tokens can't be saved yet and are held in memory: {detail}"
        )),
        _ => None,
    }
}

fn exchange(event: &Event) -> Option<String> {
    Some(match event {
        Event::Sending {
            method,
            url,
            headers,
            ..
        } => format!("> {method} {url}{}", lines('>', headers)),
        Event::Answered {
            status,
            headers,
            took,
        } => format!(
            "< {status} ({} ms){}",
            took.as_millis(),
            lines('<', headers)
        ),
        Event::Unanswered { reason, took } => {
            format!("* no answer after {} ms: {reason}", took.as_millis())
        }
        Event::Refused { refusal } => format!("* {}", blame(*refusal)),
        Event::Leased => "* lease taken: nobody else refreshes this connection now".to_owned(),
        Event::Reread { generation } => format!("* read again: generation {generation}"),
        Event::Spending {
            reason,
            refresh,
            replays,
        } => {
            let again = if *replays > 0 { " again" } else { "" };
            format!("* refresh, because {reason}: spending refresh token {refresh}{again}")
        }
        Event::Saved {
            place,
            generation,
            access: Some(access),
            ..
        } => format!("* new access token {access}, saved as generation {generation} in {place}"),
        Event::Saved {
            place, generation, ..
        } => format!("* saved as generation {generation} in {place}"),
        Event::Refreshed { generation, .. } => format!("* generation {generation} is in use"),
        Event::Released => "* lease given back".to_owned(),
        Event::RefreshFailed { detail, .. } => format!("* the refresh failed: {detail}"),
        Event::Adopted { generation } => {
            format!("* generation {generation}, saved by somebody else, is used")
        }
        Event::Lapsed { lapse } => format!("* the grant is over: {lapse}"),
        Event::Connected { generation } => format!("* connected: generation {generation}"),
        Event::Disconnected => "* disconnected".to_owned(),
        _ => return None,
    })
}

fn lines(mark: char, headers: &HeaderMap) -> String {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("\n{mark} {name}: {}", shown(name, value)));
    lines.collect()
}

/// A header's value as it may be shown: cookies open sessions as tokens do.
pub(crate) fn shown(name: &http::HeaderName, value: &http::HeaderValue) -> String {
    if *name == http::header::SET_COOKIE || *name == http::header::COOKIE {
        return "[redacted]".to_owned();
    }
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn blame(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Token => "the access token is expired or unknown",
        Refusal::Unclear => "the answer does not say why",
        Refusal::NotTheToken => "the token is good, but may not do this",
    }
}

/// The demo's steps: remembers what a line needs from the lines before it.
#[derive(Debug, Default)]
struct Steps {
    told: u32,
    requests: u32,
    spent: Option<Fingerprint>,
}

impl Steps {
    fn line(&mut self, event: &Event) -> Option<String> {
        let text = self.text(event)?;
        self.told += 1;
        Some(format!("{:>3}  {text}", self.told))
    }

    fn text(&mut self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Sending {
                method,
                url,
                generation: Some(_),
                ..
            } => {
                self.requests += 1;
                let again = if self.requests > 1 { ", again" } else { "" };
                format!("{method} {}{again}", url.path())
            }
            Event::Sending { method, url, .. } => format!("{method} {}", url.path()),
            Event::Answered { status, .. } if *status == StatusCode::UNAUTHORIZED => return None,
            Event::Answered { status, took, .. } => {
                format!("{status}, after {} ms", took.as_millis())
            }
            Event::Unanswered { reason, .. } => format!("no answer: {reason}"),
            Event::Refused { refusal } => format!("401 Unauthorized: {}", blame(*refusal)),
            Event::Spending {
                reason, refresh, ..
            } => {
                self.spent = Some(refresh.clone());
                format!(
                    "refresh, because {reason}; the attempt is on record, refresh token {refresh} goes"
                )
            }
            Event::Saved {
                place,
                generation,
                refresh,
                access: Some(access),
            } => format!(
                "new access token {access}, {}; saved and synced as generation {generation} in {place}",
                self.rotation(refresh.as_ref())
            ),
            Event::RefreshFailed { detail, .. } => format!("the refresh failed: {detail}"),
            Event::Lapsed { lapse } => format!("the grant is over: {lapse}"),
            _ => return None,
        })
    }

    fn rotation(&self, now: Option<&Fingerprint>) -> String {
        match (now, &self.spent) {
            (Some(now), Some(before)) if now != before => {
                format!("refresh token rotated from {before} to {now}")
            }
            (_, Some(before)) => format!("refresh token {before} stays for now"),
            (_, None) => "no refresh token was spent".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use evergrant::{Generation, Reason, RefreshToken};
    use http::header::{HeaderValue, SET_COOKIE};

    use super::*;

    #[test]
    fn an_exchange_shows_headers_but_no_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert("intuit_tid", HeaderValue::from_static("1-abc"));
        headers.insert(SET_COOKIE, HeaderValue::from_static("sid=planted"));
        let text = exchange(&Event::Answered {
            status: StatusCode::OK,
            headers,
            took: Duration::from_millis(7),
        });
        let text = text.unwrap();
        assert!(text.starts_with("< 200 OK (7 ms)\n< "), "{text}");
        assert!(
            text.contains("intuit_tid: 1-abc") && !text.contains("planted"),
            "{text}"
        );
    }

    #[test]
    fn steps_are_numbered_and_say_what_rotated() {
        let [old, new] = ["old", "new"].map(|token| RefreshToken::new(token).fingerprint());
        let mut steps = Steps::default();
        let spending = steps.line(&Event::Spending {
            reason: Reason::Rejected,
            refresh: old.clone(),
            replays: 0,
        });
        assert!(
            spending
                .unwrap()
                .starts_with("  1  refresh, because the API refused")
        );
        let saved = |refresh| Event::Saved {
            place: "t.json".to_owned(),
            generation: Generation(2),
            refresh: Some(refresh),
            access: Some(new.clone()),
        };
        let rotated = steps.line(&saved(new.clone())).unwrap();
        assert!(
            rotated.contains(&format!("rotated from {old} to {new}")),
            "{rotated}"
        );
        let stays = steps.line(&saved(old.clone())).unwrap();
        assert!(
            stays.starts_with("  3") && stays.contains("stays"),
            "{stays}"
        );
        let quiet = steps.line(&Event::Reread {
            generation: Generation(1),
        });
        assert_eq!(quiet, None);
    }
}

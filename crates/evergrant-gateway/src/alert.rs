//! Alerts: somebody is told once when a human is needed, and once when it is mended.
//!
//! What is told is decided by a pure function on the keeper's notices; it is delivered by a task of its
//! own, to a command, a URL and a file, so that nothing waits for it. A delivery that fails is tried
//! again a few times and then told in the log.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use evergrant::{ConnectionId, ErrorKind, Event, Notice};
use serde::Serialize;
use tokio::sync::mpsc;
use tracing::warn;

use crate::post::Post;
use crate::program;

/// How often a URL is tried.
const TRIES: u32 = 4;
/// How long a program may take. The next alert waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whom to tell when a human is needed.
pub struct Alerts {
    /// A program and its arguments; it gets the alert as JSON on stdin.
    pub command: Vec<String>,
    /// A URL to which it is posted as JSON.
    pub post: Option<Post>,
    /// A file to which it is appended, a line each.
    pub file: Option<PathBuf>,
    /// A runway shorter than so many days is told.
    pub days: u16,
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Alert {
    at: String,
    connection: String,
    alert: Kind,
    message: String,
    what_to_do: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Lapsed,
    ShortRunway,
    Stalled,
    Recovered,
}

/// Takes notices in; cheap to call.
#[derive(Debug, Clone)]
pub struct Bell(mpsc::UnboundedSender<Notice>);

impl Bell {
    /// Rings where it is said; `None` if that is nowhere. It must be called in a runtime, where
    /// deliveries are made.
    pub fn hang(alerts: Alerts) -> Option<Self> {
        if alerts.command.is_empty() && alerts.post.is_none() && alerts.file.is_none() {
            return None;
        }
        let (sender, notices) = mpsc::unbounded_channel();
        tokio::spawn(listen(alerts, notices));
        Some(Self(sender))
    }

    /// Takes in a notice.
    pub fn take(&self, notice: &Notice) {
        // It ends only with the program.
        drop(self.0.send(notice.clone()));
    }
}

async fn listen(alerts: Alerts, mut notices: mpsc::UnboundedReceiver<Notice>) {
    let mut told = HashMap::new();
    while let Some(notice) = notices.recv().await {
        let Some(alert) = decide(&mut told, &notice, alerts.days) else {
            continue;
        };
        let Ok(text) = serde_json::to_string(&alert) else {
            continue;
        };
        let there = async {
            if let Some(post) = &alerts.post {
                deliver(post, &text, notice.at.as_second()).await;
            }
        };
        tokio::join!(deliver_here(&alerts, &text), there);
    }
}

async fn deliver(post: &Post, text: &str, at: i64) {
    let mut pause = Duration::from_secs(1);
    for attempt in 1..=TRIES {
        let Err(error) = post.send(text, at).await else {
            return;
        };
        if attempt == TRIES {
            complain("the alert's webhook failed", Err(error));
            return;
        }
        tokio::time::sleep(pause).await;
        pause *= 4;
    }
}

/// What to tell of a notice. `told` remembers what is the trouble with whom.
fn decide(told: &mut HashMap<ConnectionId, Kind>, notice: &Notice, days: u16) -> Option<Alert> {
    let login = format!(
        "a human must consent again: evergrant login -c {}",
        notice.connection
    );
    let (kind, message, what_to_do) = match &notice.event {
        // Who keeps the grant finds what a caller has found before, or another process has.
        Event::Lapsed { lapse }
        | Event::Stalled {
            kind: ErrorKind::Lapsed(lapse),
            ..
        } => (Kind::Lapsed, format!("lapsed: {lapse}"), login),
        Event::Expiring { warning, .. } if warning.days <= days => (
            Kind::ShortRunway,
            format!("{}, in less than {} days", warning.end, warning.days),
            login,
        ),
        Event::Stalled { detail, .. } => (
            Kind::Stalled,
            format!("it can't be kept alive: {detail}"),
            format!("look with: evergrant explain {}", notice.connection),
        ),
        Event::Refreshed { .. } if told.get(&notice.connection) != Some(&Kind::ShortRunway) => (
            Kind::Recovered,
            "it is kept alive again".to_owned(),
            String::new(),
        ),
        Event::Connected { .. } | Event::Adopted { .. } => (
            Kind::Recovered,
            "there is a new grant".to_owned(),
            String::new(),
        ),
        _ => return None,
    };
    let before = match kind {
        Kind::Recovered => Some(told.remove(&notice.connection)?),
        kind => told.insert(notice.connection.clone(), kind),
    };
    if before == Some(kind) {
        return None;
    }
    Some(Alert {
        at: notice.at.to_string(),
        connection: notice.connection.to_string(),
        alert: kind,
        message,
        what_to_do,
    })
}

/// To the file first: it can't hang.
async fn deliver_here(alerts: &Alerts, text: &str) {
    if let Some(path) = &alerts.file {
        let open = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path);
        let written = open.and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()));
        complain("the alert's file can't be written", written);
    }
    if !alerts.command.is_empty() {
        let ran = program::run(&alerts.command, text, PATIENCE).await;
        complain("the alert's command failed", ran);
    }
}

fn complain<E: std::fmt::Display>(what: &str, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        warn!("{what}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use evergrant::{End, Generation, Lapse, Reason, Warning};
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn notice(event: Event) -> Notice {
        Notice {
            at: Timestamp::UNIX_EPOCH,
            connection: ConnectionId::new("acme"),
            event,
        }
    }

    fn lapsed() -> Event {
        Event::Lapsed {
            lapse: Lapse::Revoked,
        }
    }

    fn stalled(kind: ErrorKind) -> Event {
        Event::Stalled {
            kind,
            detail: String::new(),
        }
    }

    fn refreshed() -> Event {
        Event::Refreshed {
            reason: Reason::Idle,
            rotated: false,
            generation: Generation(2),
            expires: None,
        }
    }

    fn expiring(days: u16) -> Event {
        Event::Expiring {
            warning: Warning {
                end: End::Hard,
                days,
                at: Timestamp::MAX,
            },
            left: SignedDuration::ZERO,
        }
    }

    #[test]
    fn trouble_is_told_once_and_its_end_once() {
        let mut told = HashMap::new();
        let connected = || Event::Connected {
            generation: Generation(3),
        };
        for (event, expected) in [
            (refreshed(), None),
            (lapsed(), Some(Kind::Lapsed)),
            (lapsed(), None),
            (stalled(ErrorKind::Lapsed(Lapse::Revoked)), None),
            (stalled(ErrorKind::Store), Some(Kind::Stalled)),
            (connected(), Some(Kind::Recovered)),
            (refreshed(), None),
            (expiring(30), None),
            (expiring(14), Some(Kind::ShortRunway)),
            (refreshed(), None),
            (expiring(7), None),
            (connected(), Some(Kind::Recovered)),
        ] {
            let alert = decide(&mut told, &notice(event.clone()), 14);
            assert_eq!(alert.map(|it| it.alert), expected, "{event:?}");
        }
    }
}

//! Hands events on, to a program's stdin or to a URL, until they are taken.
//!
//! A few at a time, and one after the other where they are about one object. What fails is tried again
//! after a second, then two, then four, at last every quarter of an hour; after 30 days, when Intuit
//! itself no longer knows what has changed, it is given up.

use std::sync::Arc;
use std::time::Duration;

use evergrant::{Clock as _, SystemClock};
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tracing::warn;

use super::{Event, Intake, count};
use crate::Gateway;
use crate::post::Post;
use crate::program;
use crate::server::DRAIN;

/// How many events are handed on at the same time.
const AT_ONCE: usize = 4;
/// How long a program may take over an event.
const PATIENCE: Duration = Duration::from_secs(300);
/// When an event is given up.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Who takes events.
#[derive(Clone)]
pub enum Handler {
    /// A program and its arguments.
    Command(Vec<String>),
    /// A URL.
    Url(Arc<Post>),
}

/// An event's number, and why it was not taken.
type Outcome = (u64, Event, u32, Result<(), String>);

impl Handler {
    /// Hands on what is in the queue until it is to stop.
    pub(super) async fn run(
        &self,
        intake: &Intake,
        gateway: &Gateway,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some((n, event, failures)) = intake.queue.next()
            {
                let text = text(&event, gateway);
                let handler = self.clone();
                running.spawn(async move { (n, event, failures, handler.hand(&text).await) });
            }
            let due = intake.queue.due().filter(|_| running.len() < AT_ONCE);
            let waited = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                Some(Ok(outcome)) = running.join_next() => settle(intake, outcome),
                () = intake.queue.stirred() => {}
                () = waited => {}
            }
        }
        let all = async {
            while let Some(Ok(outcome)) = running.join_next().await {
                settle(intake, outcome);
            }
        };
        // What does not end in time is stopped, and handed on again after the next start.
        drop(timeout(DRAIN, all).await);
    }

    async fn hand(&self, text: &str) -> Result<(), String> {
        match self {
            Self::Url(post) => {
                let now = SystemClock.now().as_second();
                post.send(text, now)
                    .await
                    .map_err(|error| error.to_string())
            }
            Self::Command(command) => program::run(command, text, PATIENCE).await,
        }
    }
}

/// What a handler gets: the event, and the connection by which its object can be read.
fn text(event: &Event, gateway: &Gateway) -> String {
    let routes = gateway.routes();
    let route = routes
        .values()
        .find(|route| route.realm.as_deref() == Some(&event.realm));
    let mut value = serde_json::to_value(event).unwrap_or_default();
    value["connection"] = route.map_or(Value::Null, |route| route.name.clone().into());
    value.to_string()
}

fn settle(intake: &Intake, (n, event, failures, outcome): Outcome) {
    let Err(why) = outcome else {
        count(&intake.counts.handed, 1);
        return intake.queue.done(n);
    };
    count(&intake.counts.failed, 1);
    let what = format!("{} {} {}", event.entity, event.id, event.action);
    if SystemClock.now().duration_since(event.taken) > LIFE {
        warn!("the event {what} is given up after 30 days: {why}");
        return intake.queue.done(n);
    }
    let wait = intake.queue.failed(n);
    // The first, second, fourth, eighth … failure is told.
    if (failures + 1).is_power_of_two() {
        warn!(
            "the event {what} was not taken ({} in a row, again in {} s): {why}",
            failures + 1,
            wait.as_secs()
        );
    }
}

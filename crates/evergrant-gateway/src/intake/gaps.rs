//! Finds what Intuit did not tell: asks each company from time to time what has changed.
//!
//! At the start, since nobody listened before, and then every few hours. How far a company's changes
//! are known is written into the queue together with the events that were found, so nothing is passed
//! over if the process dies in between. A company that is asked for the first time has no gap yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evergrant::{Clock as _, SystemClock};
use evergrant_quickbooks::{Client, EntityKind, Operation};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::warn;

use super::{Intake, event};
use crate::{Gateway, Route, chain};

/// How often it is looked whether a company is due.
const LOOK: Duration = Duration::from_secs(2);
/// When one that could not be asked is asked again.
const AGAIN: Duration = Duration::from_secs(300);
/// What is younger is left to Intuit, which may be about to tell it.
const GRACE: Duration = Duration::from_secs(60);
/// What was written just before the last answer may not have been in it yet.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// Intuit looks back 30 days.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(30 * 24 - 1);

/// When to ask, and of what.
pub(super) struct Gaps {
    every: Option<Duration>,
    kinds: Vec<EntityKind>,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Gaps {
    pub(super) fn new(every: Option<Duration>, named: &[EntityKind]) -> Self {
        let captured = |kind: &EntityKind| kind.allows(Operation::Cdc);
        let asked = match named {
            [] => EntityKind::ALL,
            named => named,
        };
        Self {
            every,
            kinds: asked.iter().copied().filter(captured).collect(),
        }
    }

    /// Asks whoever is due until it is to stop.
    pub(super) async fn run(
        &self,
        intake: &Intake,
        gateway: &Gateway,
        mut stop: watch::Receiver<bool>,
    ) {
        let Some(every) = self.every.filter(|_| !self.kinds.is_empty()) else {
            return;
        };
        let mut due: BTreeMap<String, Instant> = BTreeMap::new();
        let mut silent = BTreeSet::new();
        loop {
            for route in gateway.routes().values() {
                let now = Instant::now();
                let Some(realm) = &route.realm else { continue };
                if due.get(realm).is_some_and(|due| *due > now) {
                    continue;
                }
                let asked = tokio::select! {
                    biased;
                    _ = stop.wait_for(|stop| *stop) => return,
                    asked = self.ask(intake, route, realm) => asked,
                };
                let wait = match asked {
                    Ok(()) => {
                        silent.remove(realm);
                        every
                    }
                    Err(error) => {
                        if silent.insert(realm.clone()) {
                            complain(&route.name, error.as_ref());
                        }
                        AGAIN.min(every)
                    }
                };
                due.insert(realm.clone(), now + wait);
            }
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn ask(&self, intake: &Intake, route: &Route, realm: &str) -> Result<(), Failed> {
        let now = SystemClock.now();
        let known = intake.queue.mark(realm);
        let since = since(known, now);
        if known.is_some_and(|known| known < since) {
            let name = &route.name;
            warn!("{name}: nobody has listened for 30 days; older changes can't be found");
        }
        let grace = GRACE.min(self.every.unwrap_or(GRACE));
        let client = Client::new(route.client.clone(), route.base.parse()?, realm);
        let _turn = match &route.limit {
            Some(limit) => Some(limit.admit("webhooks").await.map_err(|_| "no turn")?),
            None => None,
        };
        let changes = client.cdc(&self.kinds, since).await?;
        if !changes.cut.is_empty() {
            let cut: Vec<&str> = changes.cut.iter().map(|kind| kind.name()).collect();
            warn!(
                "{}: so much has changed that deletions may be missing of: {}",
                route.name,
                cut.join(", ")
            );
        }
        let until = changes.time.as_ref().map_or(now, jiff::Zoned::timestamp);
        let until = until.checked_sub(grace).unwrap_or(until);
        let until = known.map_or(until, |known| known.max(until));
        let mut events = event::found(&changes, realm, known.unwrap_or(now), now);
        events.retain(|event| event.at.is_none_or(|at| at <= until));
        let mark = Some((realm.to_owned(), until));
        intake.take(events, mark).await?;
        Ok(())
    }
}

/// From when on to ask.
fn since(known: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let before = |at: Timestamp, by| at.checked_sub(by).unwrap_or(at);
    match known {
        None => now,
        Some(known) => before(known, OVERLAP).max(before(now, LOOK_BACK)),
    }
}

fn complain(connection: &str, error: &(dyn std::error::Error + 'static)) {
    warn!(
        "{connection}: can't be asked what has changed, which goes on being tried: {}",
        chain(error)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_begins_a_little_before_its_mark_and_no_company_has_one_at_first() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(since(None, now), now);
        let known = now - SignedDuration::from_hours(2);
        assert_eq!(since(Some(known), now), known - OVERLAP);
        let long_ago = now - SignedDuration::from_hours(24 * 60);
        assert_eq!(since(Some(long_ago), now), now - LOOK_BACK);
    }
}

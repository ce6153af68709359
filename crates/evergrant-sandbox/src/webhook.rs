//! Webhooks: who is told of changes, and which deliveries are still owed; pure but for `courier`.
//!
//! As at Intuit since 2026: an endpoint that does not answer 200 is asked again on a schedule that ends in every six
//! hours, and what happens meanwhile waits behind the event that it has not acknowledged. The sandbox's clock says
//! when it is time, so a test sees the whole schedule by moving it.

pub(crate) mod courier;
mod payload;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use payload::Event;

/// Waits after the first, second, … failure; the last one is for all that follow.
const WAITS: [SignedDuration; 9] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_secs(20),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(20),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(4),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(6),
];

/// How many finished deliveries an endpoint remembers.
const REMEMBERED: usize = 100;

/// An endpoint that is told of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to post: plain http.
    pub url: String,
    /// How to word it.
    #[serde(default)]
    pub format: WebhookFormat,
    /// The key of the signature.
    #[serde(default = "default_verifier")]
    pub verifier: String,
    /// Names of entities it is told about; all that Intuit has webhooks for if empty.
    #[serde(default)]
    pub entities: Vec<String>,
}

/// The body of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFormat {
    /// An array of CloudEvents, Intuit's form since 2026.
    #[default]
    CloudEvents,
    /// `{"eventNotifications": […]}`, the form before.
    Legacy,
}

/// One delivery, as the control interface shows it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// Where it goes.
    pub url: String,
    /// The body, the same at each attempt.
    pub body: String,
    /// Sandbox times of the attempts so far, each with the status answered; none for no answer.
    pub attempts: Vec<(Timestamp, Option<u16>)>,
    /// Whether it was acknowledged.
    pub acknowledged: bool,
    /// When the next attempt is due; none if there is none or it waits behind another delivery.
    pub due: Option<Timestamp>,
}

/// All endpoints and what is owed to them.
#[derive(Default)]
pub(crate) struct Webhooks {
    endpoints: Vec<Endpoint>,
    /// Raised when endpoints go, so that a late outcome finds nothing of what it belonged to.
    generation: u64,
}

struct Endpoint {
    hook: Webhook,
    owed: VecDeque<Delivery>,
    done: VecDeque<Delivery>,
}

struct Delivery {
    body: String,
    attempts: Vec<(Timestamp, Option<u16>)>,
    due: Timestamp,
    under_way: bool,
}

/// A post to be made now.
pub(crate) struct Attempt {
    endpoint: usize,
    generation: u64,
    at: Timestamp,
    pub(crate) url: String,
    pub(crate) verifier: String,
    pub(crate) body: String,
}

impl Webhook {
    /// What is wrong with it, if it cannot be told anything.
    pub(crate) fn problem(&self) -> Option<String> {
        let is_plain = courier::authority(&self.url).is_some();
        if !is_plain {
            return Some("url must be an http address: the sandbox posts without TLS".to_owned());
        }
        let unknown = self
            .entities
            .iter()
            .find(|name| !payload::has_webhooks(name))?;
        Some(format!("there are no webhooks for {unknown}"))
    }

    fn wants(&self, event: &Event) -> bool {
        let entity = event.change.entity;
        let is_wanted = |name: &String| name == entity;
        payload::has_webhooks(entity)
            && (self.entities.is_empty() || self.entities.iter().any(is_wanted))
    }
}

impl Webhooks {
    pub(crate) fn add(&mut self, hook: Webhook) {
        self.endpoints.push(Endpoint {
            hook,
            owed: VecDeque::new(),
            done: VecDeque::new(),
        });
    }

    /// Forgets endpoints and what is owed to them.
    pub(crate) fn clear(&mut self) {
        self.endpoints.clear();
        self.generation += 1;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.endpoints.is_empty()
    }

    pub(crate) fn list(&self) -> Vec<Webhook> {
        let hooks = self.endpoints.iter().map(|endpoint| endpoint.hook.clone());
        hooks.collect()
    }

    /// All deliveries still remembered, for each endpoint the oldest first.
    pub(crate) fn deliveries(&self) -> Vec<WebhookDelivery> {
        self.endpoints.iter().flat_map(Endpoint::shown).collect()
    }

    /// Owes a delivery of these changes in one company to everyone who wants one.
    pub(crate) fn tell(&mut self, realm: &str, events: &[Event], now: Timestamp) {
        for endpoint in &mut self.endpoints {
            let wanted: Vec<&Event> = events
                .iter()
                .filter(|event| endpoint.hook.wants(event))
                .collect();
            if wanted.is_empty() {
                continue;
            }
            let body = match endpoint.hook.format {
                WebhookFormat::CloudEvents => payload::cloud_events(realm, &wanted),
                WebhookFormat::Legacy => payload::legacy(realm, &wanted),
            };
            endpoint.owed.push_back(Delivery {
                body,
                attempts: Vec::new(),
                due: now,
                under_way: false,
            });
        }
    }

    /// The posts that are due, which count as under way from now on.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Attempt> {
        let generation = self.generation;
        let due = |(index, endpoint): (usize, &mut Endpoint)| {
            let first = endpoint.owed.front_mut()?;
            if first.under_way || first.due > now {
                return None;
            }
            first.under_way = true;
            Some(Attempt {
                endpoint: index,
                generation,
                at: now,
                url: endpoint.hook.url.clone(),
                verifier: endpoint.hook.verifier.clone(),
                body: first.body.clone(),
            })
        };
        self.endpoints
            .iter_mut()
            .enumerate()
            .filter_map(due)
            .collect()
    }

    /// When the next post is due, if one is owed and none is under way for its endpoint.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let first = |endpoint: &Endpoint| {
            let first = endpoint.owed.front()?;
            (!first.under_way).then_some(first.due)
        };
        self.endpoints.iter().filter_map(first).min()
    }

    /// Notes what came of an attempt.
    pub(crate) fn settle(&mut self, attempt: &Attempt, status: Option<u16>, now: Timestamp) {
        if attempt.generation != self.generation {
            return;
        }
        let Some(endpoint) = self.endpoints.get_mut(attempt.endpoint) else {
            return;
        };
        let Some(first) = endpoint.owed.front_mut() else {
            return;
        };
        first.under_way = false;
        first.attempts.push((attempt.at, status));
        if status == Some(200) {
            endpoint.acknowledge(now);
            return;
        }
        let failures = first.attempts.len().min(WAITS.len());
        first.due = crate::time::saturating_add(attempt.at, WAITS[failures - 1]);
    }
}

impl Endpoint {
    /// The first delivery is done, and the next one's time has come.
    fn acknowledge(&mut self, now: Timestamp) {
        self.done.extend(self.owed.pop_front());
        if self.done.len() > REMEMBERED {
            self.done.pop_front();
        }
        if let Some(next) = self.owed.front_mut() {
            next.due = now;
        }
    }

    fn shown(&self) -> Vec<WebhookDelivery> {
        let shown = |delivery: &Delivery, acknowledged, due| WebhookDelivery {
            url: self.hook.url.clone(),
            body: delivery.body.clone(),
            attempts: delivery.attempts.clone(),
            acknowledged,
            due,
        };
        let done = self.done.iter().map(|delivery| shown(delivery, true, None));
        let owed =
            self.owed.iter().enumerate().map(|(place, delivery)| {
                shown(delivery, false, (place == 0).then_some(delivery.due))
            });
        done.chain(owed).collect()
    }
}

fn default_verifier() -> String {
    "evergrant-sandbox-verifier".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::{Change, Deed};

    fn event(entity: &'static str) -> Event {
        Event {
            change: Change {
                entity,
                id: "12".to_owned(),
                deed: Deed::Create,
                at: Timestamp::UNIX_EPOCH,
            },
            id: "e".to_owned(),
        }
    }

    fn hooks(entities: &[&str]) -> Webhooks {
        let mut webhooks = Webhooks::default();
        webhooks.add(Webhook {
            url: "http://localhost:1/".to_owned(),
            format: WebhookFormat::Legacy,
            verifier: "v".to_owned(),
            entities: entities.iter().map(|name| (*name).to_owned()).collect(),
        });
        webhooks
    }

    #[test]
    fn failures_are_tried_again_on_intuits_schedule() {
        let mut webhooks = hooks(&[]);
        let mut now = Timestamp::UNIX_EPOCH;
        webhooks.tell("1", &[event("Invoice")], now);
        let mut waits = Vec::new();
        for _ in 0..11 {
            let attempt = webhooks.due(now).pop().unwrap();
            assert!(webhooks.due(now).is_empty(), "under way already");
            webhooks.settle(&attempt, Some(500), now);
            let next = webhooks.next().unwrap();
            waits.push(next.duration_since(now).as_secs());
            assert!(webhooks.due(next - SignedDuration::from_secs(1)).is_empty());
            now = next;
        }
        let hour = 3600;
        let expected = [
            10,
            20,
            30,
            300,
            1200,
            2 * hour,
            4 * hour,
            6 * hour,
            6 * hour,
        ];
        assert_eq!(waits[..9], expected);
        assert_eq!(waits[9..], [6 * hour, 6 * hour]);
    }

    #[test]
    fn later_events_wait_for_the_first() {
        let mut webhooks = hooks(&[]);
        let now = Timestamp::UNIX_EPOCH;
        webhooks.tell("1", &[event("Invoice")], now);
        webhooks.tell("1", &[event("Customer")], now);
        let first = webhooks.due(now).pop().unwrap();
        webhooks.settle(&first, None, now);
        assert!(webhooks.due(now).is_empty());
        let later = now + SignedDuration::from_secs(10);
        let again = webhooks.due(later).pop().unwrap();
        assert_eq!(again.body, first.body);
        webhooks.settle(&again, Some(200), later);
        let second = webhooks.due(later).pop().unwrap();
        assert!(second.body.contains("Customer"), "{}", second.body);
        let shown = webhooks.deliveries();
        assert!(shown[0].acknowledged && shown[0].attempts.len() == 2);
        assert!(!shown[1].acknowledged);
    }

    #[test]
    fn nobody_is_told_what_they_did_not_ask_for() {
        let mut webhooks = hooks(&["Customer"]);
        let now = Timestamp::UNIX_EPOCH;
        webhooks.tell("1", &[event("Invoice")], now);
        webhooks.tell("1", &[event("TaxRate")], now);
        assert!(webhooks.next().is_none());
    }

    #[test]
    fn an_outcome_that_comes_after_the_endpoints_are_gone_changes_nothing() {
        let mut webhooks = hooks(&[]);
        let now = Timestamp::UNIX_EPOCH;
        webhooks.tell("1", &[event("Invoice")], now);
        let attempt = webhooks.due(now).pop().unwrap();
        webhooks.clear();
        webhooks.add(hooks(&[]).list().remove(0));
        webhooks.tell("1", &[event("Customer")], now);
        webhooks.settle(&attempt, Some(200), now);
        assert!(!webhooks.deliveries()[0].acknowledged);
    }

    #[test]
    fn impossible_webhooks_are_named() {
        let hook = |url: &str, entity: &str| Webhook {
            url: url.to_owned(),
            format: WebhookFormat::default(),
            verifier: default_verifier(),
            entities: vec![entity.to_owned()],
        };
        assert_eq!(hook("http://localhost:80/x", "Invoice").problem(), None);
        assert!(hook("https://localhost/x", "Invoice").problem().is_some());
        assert!(hook("localhost", "Invoice").problem().is_some());
        assert!(hook("http://localhost/", "Report").problem().is_some());
    }
}

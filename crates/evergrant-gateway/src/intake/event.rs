//! What has happened to an object, as it waits in the queue and as a handler gets it.

use evergrant_quickbooks::webhook;
use evergrant_quickbooks::{Changes, Entity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that has happened to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The company.
    pub realm: String,
    /// The object's kind: `Invoice`.
    pub entity: String,
    /// Its id.
    pub id: String,
    /// `created`, `updated`, `deleted`, `merged`, `voided`, `emailed`, or another word of Intuit's.
    pub action: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Of a merge, the id of the object that is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_id: Option<String>,
    /// What two deliveries of one event have in common.
    pub key: String,
    /// How it came to be known.
    pub source: Source,
    /// When we took it in.
    pub taken: Timestamp,
}

/// How an event came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Intuit told it.
    Webhook,
    /// We asked what had changed: it is made up from that.
    Cdc,
}

impl Event {
    /// One that Intuit told.
    pub(super) fn told(event: &webhook::Event, taken: Timestamp) -> Self {
        Self {
            realm: event.realm.as_str().to_owned(),
            entity: event.name.clone(),
            id: event.id.clone(),
            action: event.action.to_string(),
            at: event.at.as_ref().map(jiff::Zoned::timestamp),
            deleted_id: event.deleted_id.clone(),
            key: event.key.clone(),
            source: Source::Webhook,
            taken,
        }
    }

    /// The object it is about, as a key.
    pub(super) fn object(&self) -> String {
        [&*self.realm, &self.entity, &self.id].join("|")
    }
}

/// An event for each change that was found in the company `realm`; `since` tells what was made from
/// what was changed.
pub(super) fn found(
    changes: &Changes,
    realm: &str,
    since: Timestamp,
    taken: Timestamp,
) -> Vec<Event> {
    let changed = changes.changed.iter().map(|entity| {
        let [created, updated] = [entity.created(), entity.updated()];
        let is_new = created.is_some_and(|created| {
            let untouched = updated.is_some_and(|updated| updated == created);
            untouched || created.timestamp() >= since
        });
        (entity, if is_new { "created" } else { "updated" })
    });
    let deleted = changes.deleted.iter().map(|entity| (entity, "deleted"));
    let all = changed.chain(deleted);
    all.filter_map(|(entity, action)| made_up(entity, action, realm, taken))
        .collect()
}

fn made_up(entity: &Entity, action: &str, realm: &str, taken: Timestamp) -> Option<Event> {
    let id = entity.id()?;
    let at = entity.updated().map(|at| at.timestamp());
    let moment = at.map_or_else(String::new, |at| at.to_string());
    Some(Event {
        key: ["cdc", realm, entity.name(), &id, action, &moment].join("|"),
        realm: realm.to_owned(),
        entity: entity.name().to_owned(),
        id,
        action: action.to_owned(),
        at,
        deleted_id: None,
        source: Source::Cdc,
        taken,
    })
}

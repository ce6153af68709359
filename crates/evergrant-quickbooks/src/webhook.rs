//! Webhooks: whether a delivery is Intuit's, and what it tells.
//!
//! The signature is over the bytes as they came, so they are checked before anything is parsed.
//! There are two formats, the older with the company beside each list of events and CloudEvents with
//! the company in each event; both become [`Event`]s. A delivery may mix companies, repeat itself
//! and be late: route by [`Event::realm`], leave out what has an [`Event::key`] that you have seen,
//! and read the object itself, since an event says only that something has happened to it.

use std::fmt;

use jiff::Zoned;
use ring::hmac;
use serde::Deserialize;

use crate::entity::time;
use crate::json::without_mark;
use crate::{EntityKind, RealmId};

/// The longest delivery that is looked at.
const LONGEST: usize = 16 * 1024 * 1024;

/// The header in which Intuit sends the signature.
pub const SIGNATURE_HEADER: &str = "intuit-signature";

/// Something that has happened to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The company.
    pub realm: RealmId,
    /// The name of the object's kind, as far as it is known how it is written: `Invoice`.
    pub name: String,
    /// Its kind, if we know it.
    pub kind: Option<EntityKind>,
    /// Its id.
    pub id: String,
    /// What has happened.
    pub action: Action,
    /// When, with the offset that Intuit wrote; `None` if it can't be read.
    pub at: Option<Zoned>,
    /// Of a merge, the id of the object that is no more.
    pub deleted_id: Option<String>,
    /// What two deliveries of the same event have in common, and other events don't.
    pub key: String,
}

/// What has happened to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
    /// Another one was merged into it.
    Merged,
    /// It was voided.
    Voided,
    /// It was mailed.
    Emailed,
    /// Something else, in Intuit's word.
    Other(String),
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is not signed with this verifier token: not from Intuit, or not for this app.
    #[error("the signature is not that of this app's verifier token")]
    Signature,
    /// It is signed, and in neither of the two formats.
    #[error("the delivery is in no format that is known: {0}")]
    Format(String),
}

/// The events of a delivery with the body `body`, as it came, if `signature` (the header
/// [`SIGNATURE_HEADER`]) is that of the app's verifier token. The time it takes does not tell how
/// much of a wrong signature is right.
///
/// # Errors
/// [`Refused`]: answer the delivery with a 401, or with a 200 if it is of no known format, lest it
/// hold up the following ones.
pub fn verify(verifier_token: &str, signature: &str, body: &[u8]) -> Result<Vec<Event>, Refused> {
    let signature = decode(signature.trim()).ok_or(Refused::Signature)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, verifier_token.as_bytes());
    hmac::verify(&key, body, &signature).map_err(|_| Refused::Signature)?;
    parse(body)
}

/// The signature that Intuit would send with `body`: for tests and simulations.
pub fn sign(verifier_token: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, verifier_token.as_bytes());
    encode(hmac::sign(&key, body).as_ref())
}

/// The events of a delivery whose signature has been verified.
///
/// # Errors
/// [`Refused::Format`].
pub fn parse(body: &[u8]) -> Result<Vec<Event>, Refused> {
    let body = without_mark(body).trim_ascii_start();
    if body.len() > LONGEST {
        return Err(Refused::Format("it is too long".to_owned()));
    }
    let format = |error: serde_json::Error| Refused::Format(error.to_string());
    if body.first() == Some(&b'[') {
        let events: Vec<CloudEvent> = serde_json::from_slice(body).map_err(format)?;
        return Ok(events.into_iter().filter_map(CloudEvent::read).collect());
    }
    let delivery: Delivery = serde_json::from_slice(body).map_err(format)?;
    Ok(delivery.read())
}

#[derive(Deserialize)]
struct CloudEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    time: String,
    #[serde(rename = "intuitentityid")]
    entity: String,
    #[serde(rename = "intuitaccountid")]
    realm: String,
}

impl CloudEvent {
    /// `None` if its type is of another product.
    fn read(self) -> Option<Event> {
        let mut parts = self.kind.split('.');
        let (product, name, verb) = (parts.next()?, parts.next()?, parts.next()?);
        if product != "qbo" {
            return None;
        }
        let kind: Option<EntityKind> = name.parse().ok();
        Some(Event {
            realm: self.realm.into(),
            name: kind.map_or_else(|| name.to_owned(), |kind| kind.name().to_owned()),
            kind,
            id: self.entity,
            action: Action::of(verb),
            at: time(&self.time),
            deleted_id: None,
            key: self.id,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    event_notifications: Vec<Notification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    realm_id: String,
    data_change_event: Option<DataChange>,
}

#[derive(Deserialize)]
struct DataChange {
    #[serde(default)]
    entities: Vec<Changed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    id: String,
    operation: String,
    name: String,
    #[serde(default)]
    last_updated: String,
    deleted_id: Option<String>,
}

impl Delivery {
    fn read(self) -> Vec<Event> {
        let mut events = Vec::new();
        for notification in self.event_notifications {
            let changes = notification.data_change_event.map(|change| change.entities);
            let realm = notification.realm_id;
            events.extend(
                changes
                    .into_iter()
                    .flatten()
                    .map(|change| change.read(&realm)),
            );
        }
        events
    }
}

impl Changed {
    fn read(self, realm: &str) -> Event {
        Event {
            key: [
                realm,
                &self.name,
                &self.id,
                &self.operation,
                &self.last_updated,
            ]
            .join("|"),
            realm: realm.into(),
            kind: self.name.parse().ok(),
            action: Action::of(&self.operation),
            at: time(&with_colon(&self.last_updated)),
            name: self.name,
            id: self.id,
            deleted_id: self.deleted_id,
        }
    }
}

impl Action {
    fn of(verb: &str) -> Self {
        match verb.to_ascii_lowercase().as_str() {
            "create" | "created" => Self::Created,
            "update" | "updated" => Self::Updated,
            "delete" | "deleted" => Self::Deleted,
            "merge" | "merged" => Self::Merged,
            "void" | "voided" => Self::Voided,
            "emailed" => Self::Emailed,
            _ => Self::Other(verb.to_owned()),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Merged => "merged",
            Self::Voided => "voided",
            Self::Emailed => "emailed",
            Self::Other(verb) => verb,
        })
    }
}

/// An offset like `-0700` with the colon that it should have.
fn with_colon(text: &str) -> String {
    match text
        .len()
        .checked_sub(5)
        .and_then(|at| text.split_at_checked(at))
    {
        Some((before, offset)) if offset.starts_with(['+', '-']) && offset.is_char_boundary(3) => {
            format!("{before}{}:{}", &offset[..3], &offset[3..])
        }
        _ => text.to_owned(),
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()
}

fn encode(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"{"eventNotifications":[{"realmId":"310687","dataChangeEvent":{"entities":[{"id":"1234","operation":"Create","name":"Account","lastUpdated":"2025-09-08T20:52:31.657Z"},{"id":"2","operation":"Merge","name":"Vendor","lastUpdated":"2025-09-08T13:52:31-0700","deletedId":"7"}]}},{"realmId":"9","dataChangeEvent":{"entities":[]}}]}"#;
    const CLOUD: &str = r#"[{"specversion":"1.0","id":"88cd52aa-33b6-4351-9aa4-47572edbd068","source":"intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=","type":"qbo.salesreceipt.voided.v1","datacontenttype":"application/json","time":"2025-09-10T21:31:25.179851517Z","intuitentityid":"1234","intuitaccountid":"310687","data":{}},{"id":"2","type":"qbo.novelty.polished.v1","time":"x","intuitentityid":"5","intuitaccountid":"8"},{"id":"3","type":"payments.charge.created.v1","intuitentityid":"5","intuitaccountid":"8"}]"#;

    #[test]
    fn the_older_format() {
        let events = parse(OLD.as_bytes()).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].kind, Some(EntityKind::Account));
        assert_eq!(
            (events[0].realm.as_str(), &*events[0].id),
            ("310687", "1234")
        );
        assert_eq!(events[0].action, Action::Created);
        assert_eq!(
            events[0].key,
            "310687|Account|1234|Create|2025-09-08T20:52:31.657Z"
        );
        assert_eq!(events[1].action, Action::Merged);
        assert_eq!(events[1].deleted_id.as_deref(), Some("7"));
        let at = events[1].at.as_ref().unwrap();
        assert_eq!(at.timestamp().to_string(), "2025-09-08T20:52:31Z");
        assert_eq!(at.offset().seconds(), -7 * 3600);
    }

    #[test]
    fn cloud_events() {
        let events = parse(CLOUD.as_bytes()).unwrap();
        assert_eq!(events.len(), 2, "another product's event is none of ours");
        assert_eq!(events[0].kind, Some(EntityKind::SalesReceipt));
        assert_eq!(events[0].name, "SalesReceipt");
        assert_eq!(events[0].action, Action::Voided);
        assert_eq!(events[0].key, "88cd52aa-33b6-4351-9aa4-47572edbd068");
        let at = events[0].at.as_ref().unwrap();
        assert_eq!(at.timestamp().to_string(), "2025-09-10T21:31:25.179851517Z");
        assert_eq!((events[1].kind, &*events[1].name), (None, "novelty"));
        assert_eq!(events[1].action, Action::Other("polished".to_owned()));
        assert_eq!(
            events[1].realm.as_str(),
            "8",
            "each event has a company of its own"
        );
    }

    #[test]
    fn only_what_is_signed_is_read() {
        // The second test case of RFC 4231.
        let rfc = sign("Jefe", b"what do ya want for nothing?");
        assert_eq!(rfc, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
        let body = CLOUD.as_bytes();
        let signature = sign("token", body);
        assert_eq!(verify("token", &signature, body).unwrap().len(), 2);
        for (token, signature, body) in [
            ("other", signature.as_str(), body),
            ("token", "", body),
            ("token", "not base64!", body),
            ("token", &signature[..20], body),
            ("token", signature.as_str(), &body[1..]),
        ] {
            assert_eq!(verify(token, signature, body), Err(Refused::Signature));
        }
    }

    #[test]
    fn what_is_signed_and_unknown_is_refused() {
        for body in ["", "{}", "[1]", "null", "<x>", "[{}]"] {
            let signature = sign("token", body.as_bytes());
            let refused = verify("token", &signature, body.as_bytes());
            assert!(matches!(refused, Err(Refused::Format(_))), "{body}");
        }
    }
}

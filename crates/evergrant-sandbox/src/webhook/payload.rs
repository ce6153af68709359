//! What a delivery says: Intuit's CloudEvents, and the form before them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::company::{Change, Deed};

/// The entities that Intuit has webhooks for.
const ENTITIES: [&str; 28] = [
    "Account",
    "Bill",
    "BillPayment",
    "Budget",
    "Class",
    "CreditMemo",
    "Currency",
    "Customer",
    "Department",
    "Deposit",
    "Employee",
    "Estimate",
    "Invoice",
    "Item",
    "JournalCode",
    "JournalEntry",
    "Payment",
    "PaymentMethod",
    "Preferences",
    "Purchase",
    "PurchaseOrder",
    "RefundReceipt",
    "SalesReceipt",
    "Term",
    "TimeActivity",
    "Transfer",
    "Vendor",
    "VendorCredit",
];

/// What sent the event, in a form that means nothing but to Intuit.
const SOURCE: &str = "evergrant-sandbox";

/// A change to be told.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) change: Change,
    /// Unlike that of any other event.
    pub(crate) id: String,
}

/// The verb of CloudEvents, and that of the form before them.
fn verbs(deed: Deed) -> (&'static str, &'static str) {
    match deed {
        Deed::Create => ("created", "Create"),
        Deed::Update => ("updated", "Update"),
        Deed::Delete => ("deleted", "Delete"),
        Deed::Void => ("voided", "Void"),
        Deed::Emailed => ("emailed", "Emailed"),
    }
}

pub(crate) fn has_webhooks(entity: &str) -> bool {
    ENTITIES.contains(&entity)
}

/// An array of CloudEvents.
pub(super) fn cloud_events(realm: &str, events: &[&Event]) -> String {
    let source = format!("intuit.{}", STANDARD.encode(SOURCE));
    let one = |event: &&Event| {
        let Change {
            entity,
            id,
            deed,
            at,
        } = &event.change;
        let (entity, (verb, _)) = (entity.to_ascii_lowercase(), verbs(*deed));
        json!({
            "specversion": "1.0",
            "id": event.id,
            "source": source,
            "type": format!("qbo.{entity}.{verb}.v1"),
            "datacontenttype": "application/json",
            "time": at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string(),
            "intuitentityid": id,
            "intuitaccountid": realm,
            "data": {},
        })
    };
    events.iter().map(one).collect::<Value>().to_string()
}

/// The form before CloudEvents.
pub(super) fn legacy(realm: &str, events: &[&Event]) -> String {
    let one = |event: &&Event| {
        let Change {
            entity,
            id,
            deed,
            at,
        } = &event.change;
        json!({
            "name": entity,
            "id": id,
            "operation": verbs(*deed).1,
            "lastUpdated": at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        })
    };
    let entities: Value = events.iter().map(one).collect();
    json!({"eventNotifications": [{
        "realmId": realm,
        "dataChangeEvent": {"entities": entities},
    }]})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            change: Change {
                entity: "Account",
                id: "1234".to_owned(),
                deed: Deed::Create,
                at: "2025-09-10T21:31:25.179851517Z".parse().unwrap(),
            },
            id: "88cd52aa-33b6-4351-9aa4-47572edbd068".to_owned(),
        }
    }

    #[test]
    fn cloud_events_are_worded_as_announced() {
        let text = cloud_events("310687", &[&event()]);
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body[0]["type"], "qbo.account.created.v1");
        assert_eq!(body[0]["time"], "2025-09-10T21:31:25.179851517Z");
        assert_eq!(body[0]["intuitentityid"], "1234");
        assert_eq!(body[0]["intuitaccountid"], "310687");
        assert!(body[0]["source"].as_str().unwrap().starts_with("intuit."));
    }

    #[test]
    fn the_old_form_is_as_it_was() {
        let body: Value = serde_json::from_str(&legacy("1", &[&event()])).unwrap();
        let told = &body["eventNotifications"][0];
        assert_eq!(told["realmId"], "1");
        assert_eq!(
            told["dataChangeEvent"]["entities"][0],
            json!({"name": "Account", "id": "1234", "operation": "Create", "lastUpdated": "2025-09-10T21:31:25.179Z"})
        );
    }
}

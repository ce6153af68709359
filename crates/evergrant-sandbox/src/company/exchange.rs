//! Exchange rates. They have no ids that clients know: a rate is that of a currency on a day, until the next is set.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Company, Deed, Writing, body, update};
use crate::json::{self, Members};
use crate::refusal::ServiceFault;
use crate::schema::Kind;
use crate::time::{pacific_date, record_time};

impl Company {
    /// The rate of a currency on a day, or the last before it; one if none was ever set.
    pub(crate) fn exchange_rate(
        &self,
        currency: &str,
        day: Option<&str>,
        now: Timestamp,
    ) -> Result<String, ServiceFault> {
        if self.currency_name(currency).is_none() {
            return Err(ServiceFault::invalid_reference());
        }
        let today = pacific_date(now).to_string();
        let day = day.unwrap_or(&today);
        if day.parse::<jiff::civil::Date>().is_err() {
            return Err(ServiceFault::illegal_date("asofdate", day));
        }
        let known = self
            .rates(currency)
            .filter(|(_, date)| date.as_str() <= day)
            .max_by(|one, two| one.1.cmp(&two.1));
        let record = known.and_then(|(id, _)| self.store.get(Kind::named("ExchangeRate"), id));
        match record {
            Some(record) => Ok(record.text.to_string()),
            None => Ok(json::text(
                &json!({"SourceCurrencyCode": currency, "TargetCurrencyCode": self.home_currency(),
                "Rate": 1, "AsOfDate": day, "domain": "QBO", "sparse": false, "SyncToken": "0",
                "MetaData": {"LastUpdatedTime": record_time(now)}}),
            )),
        }
    }

    fn rates(&self, currency: &str) -> impl Iterator<Item = (u64, String)> {
        let records = self.store.shelf(Kind::named("ExchangeRate")).records.iter();
        let of_currency = records.filter(move |(_, record)| {
            record
                .scalar("SourceCurrencyCode")
                .is_some_and(|it| it == currency)
        });
        of_currency.map(|(id, record)| {
            (
                *id,
                record.scalar("AsOfDate").unwrap_or_default().into_owned(),
            )
        })
    }
}

/// Sets the rate of a currency on a day.
pub(super) fn write(
    company: &mut Company,
    kind: &'static Kind,
    sent: &Members,
    writing: &Writing,
) -> Result<String, ServiceFault> {
    let (mut members, currency) = fitted(company, kind, sent)?;
    let today = pacific_date(writing.now).to_string();
    let day = members
        .entry("AsOfDate")
        .or_insert(json!(today))
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let known = company
        .rates(&currency)
        .find(|(_, date)| *date == day)
        .map(|(id, _)| id);
    let old = known.and_then(|id| company.store.members(kind, id));
    if let Some(old) = old.as_ref().filter(|_| sent.contains_key("SyncToken")) {
        company.check_version(old, sent)?;
    }
    let id = known.unwrap_or_else(|| company.store.next_id(super::store::sequence(kind)));
    let time = record_time(writing.now);
    let home = company.home_currency();
    let head =
        json!({"TargetCurrencyCode": home, "domain": "QBO", "sparse": false, "Id": id.to_string()});
    members.extend(head.as_object().cloned().unwrap_or_default());
    let version = old.as_ref().and_then(|old| old.get("SyncToken").cloned());
    members.insert(
        "SyncToken".into(),
        version.clone().unwrap_or_else(|| json!("0")),
    );
    let created = old
        .as_ref()
        .and_then(|old| old.get("MetaData")?.get("CreateTime").cloned());
    members.insert(
        "MetaData".into(),
        json!({"CreateTime": created.unwrap_or_else(|| json!(time)), "LastUpdatedTime": time}),
    );
    if version.is_some() {
        update::bump(&mut members, writing.now);
    }
    company.store.put(kind, id, members);
    company.note_change(
        kind,
        id,
        if known.is_some() {
            Deed::Update
        } else {
            Deed::Create
        },
        writing.now,
    );
    company.shown(kind, id)
}

/// What was sent, and the currency that it is about.
fn fitted(
    company: &Company,
    kind: &'static Kind,
    sent: &Members,
) -> Result<(Members, String), ServiceFault> {
    let members = body::fit(&kind.class, sent)?;
    for name in ["SourceCurrencyCode", "Rate"] {
        if !body::is_given(&members, name) {
            return Err(ServiceFault::missing(name));
        }
    }
    let currency = members
        .get("SourceCurrencyCode")
        .map(json::plain)
        .unwrap_or_default();
    match company.currency_name(&currency) {
        Some(_) => Ok((members, currency)),
        None => Err(ServiceFault::invalid_reference()),
    }
}

/// What a company may use, as the entitlement service writes it.
pub(crate) fn entitlements() -> String {
    let features = [
        "Expenses",
        "Invoicing",
        "Inventory",
        "Projects",
        "TimeTracking",
    ];
    let features = features.iter().enumerate().map(|(id, name)| {
        format!(
            "<Entitlement id=\"{}\"><name>{name}</name><term>On</term></Entitlement>",
            id + 1
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<EntitlementsResponse \
         xmlns=\"http://schema.intuit.com/finance/v3\"><QboCompany>true</QboCompany><PlanName>QuickBooks Online Plus</PlanName>\
         <MaxUsers>5</MaxUsers><CurrentUsers>1</CurrentUsers><DaysRemainingTrial>0</DaysRemainingTrial>{}</EntitlementsResponse>",
        features.collect::<String>(),
    )
}

/// The value of a member as a number, whether it came as one or as text.
pub(super) fn numeric(members: &Members, name: &str) -> Option<f64> {
    members
        .get(name)
        .and_then(|value: &Value| json::plain(value).trim().parse().ok())
}

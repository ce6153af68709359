//! An answer that is a success, and the two shapes that successes have: one entity, or the rows of
//! a query.

use std::fmt;

use bytes::Bytes;
use evergrant::SentRequest;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Exchange, intuit_tid, is_page};
use crate::fault::Fault;
use crate::json::{member, without_mark};
use crate::{Entity, EntityKind, Error, ErrorKind, Json, Result, xml};

/// An answer, whole.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// What was asked, `Authorization` redacted.
    pub request: SentRequest,
    /// The status: a success.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
}

impl Response {
    /// The id under which Intuit knows this exchange.
    pub fn intuit_tid(&self) -> Option<&str> {
        intuit_tid(&self.headers)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Unexpected`](crate::ErrorKind::Unexpected) if it is something else.
    pub fn json(&self) -> Result<Json> {
        Json::parse(&self.body).map_err(|_| self.unexpected("not JSON"))
    }

    /// Whether it is a failure under a success's status: a fault, or a web page where an answer
    /// should be.
    pub(crate) fn hides_failure(&self, wants_json: bool) -> bool {
        Fault::parse(&self.body).is_some() || wants_json && is_page(&self.body)
    }

    /// The entity of this kind in it.
    pub(crate) fn entity(&self, kind: EntityKind) -> Result<Entity> {
        let json = match kind {
            EntityKind::Entitlements => {
                xml::entity(kind, &self.body).map_or_else(|| self.json(), Ok)
            }
            _ => self.json(),
        }?;
        let found = member(json.raw(), kind.member()).filter(|found| is_object(found));
        // These come without an envelope.
        let bare = matches!(kind, EntityKind::TaxService | EntityKind::Entitlements);
        let found = found.or_else(|| Some(json.raw()).filter(|it| bare && is_object(it)));
        let found = found.ok_or_else(|| self.unexpected(&format!("no {kind} in it")))?;
        Ok(Entity::found(kind.member().to_owned(), found.into()))
    }

    /// The result of a query in it.
    pub(crate) fn rows(&self) -> Result<QueryResponse> {
        // What is passed over is not looked at, so that it is text is made sure of before.
        let text = std::str::from_utf8(without_mark(&self.body));
        let text = text.map_err(|_| self.unexpected("not JSON"))?;
        let envelope: Result<Envelope, _> = serde_json::from_str(text);
        let envelope = envelope.map_err(|_| self.unexpected("not JSON, or no QueryResponse"))?;
        let rows = envelope.response;
        rows.ok_or_else(|| self.unexpected("no QueryResponse in it"))
    }

    pub(crate) fn into_exchange(self) -> Exchange {
        Exchange::new(self.request, self.status, self.headers, &self.body, false)
    }

    /// A part of the answer as if it were all of it.
    pub(crate) fn part(&self, part: &Json) -> Exchange {
        let mut answer = self.clone();
        answer.body = Bytes::copy_from_slice(part.as_text().as_bytes());
        answer.into_exchange()
    }

    pub(crate) fn failed(&self, kind: ErrorKind, context: &str) -> Error {
        Error::failed(kind, self.clone().into_exchange(), context)
    }

    pub(crate) fn unexpected(&self, what: &str) -> Error {
        let context = format!("{}: the answer has {what}", self.status);
        Error::unexpected(self.clone().into_exchange(), context)
    }
}

/// Shows sizes and names, not contents: books hold personal data, and `Debug` ends up in logs.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("intuit_tid", &self.intuit_tid())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a query selected.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct QueryResponse {
    /// The rows, in the server's order; none for a `select count(*)`.
    pub entities: Vec<Entity>,
    /// The position of the first row, counted from 1; `None` without rows.
    pub start_position: Option<u64>,
    /// How many rows came: not how many were allowed. `None` without rows.
    pub max_results: Option<u64>,
    /// How many there are in all; certain for a `select count(*)` only.
    pub total_count: Option<u64>,
}

impl QueryResponse {
    pub(crate) fn read(response: &RawValue) -> Option<Self> {
        serde_json::from_str(response.get()).ok()
    }
}

/// What surrounds the rows. They are read in one go with it: a page is a megabyte or two.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "QueryResponse")]
    response: Option<QueryResponse>,
}

impl<'de> Deserialize<'de> for QueryResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = QueryResponse;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rows of a query")
    }

    /// Every array is one of rows, whatever kind it is named after.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<QueryResponse, A::Error> {
        let mut read = QueryResponse::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "startPosition" => read.start_position = count(map.next_value()?),
                "maxResults" => read.max_results = count(map.next_value()?),
                "totalCount" => read.total_count = count(map.next_value()?),
                _ => map.next_value_seed(Rows {
                    name: &name,
                    rows: &mut read.entities,
                })?,
            }
        }
        Ok(read)
    }
}

fn count(value: &RawValue) -> Option<u64> {
    serde_json::from_str(value.get()).ok()
}

/// Takes the elements of an array in where they stand; anything but an array has none.
struct Rows<'a> {
    name: &'a str,
    rows: &'a mut Vec<Entity>,
}

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Json>()? {
            self.rows.push(Entity::found(self.name.to_owned(), row));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        IgnoredAny.visit_map(map).map(drop)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

#[cfg(test)]
pub(crate) mod tests {
    use http::Method;
    use url::Url;

    use super::*;

    pub(crate) fn response(body: &str) -> Response {
        Response {
            request: SentRequest {
                method: Method::GET,
                url: Url::parse("https://h.example/v3/company/1/x").unwrap(),
                headers: HeaderMap::new(),
            },
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn an_entity_is_taken_out_as_it_is() {
        let body = r#"{"SalesReceipt":{"TotalAmt":639.00,"Id":"7"},"time":"x"}"#;
        let entity = response(body).entity(EntityKind::SalesReceipt).unwrap();
        assert_eq!(entity.json().as_text(), r#"{"TotalAmt":639.00,"Id":"7"}"#);
        assert_eq!(entity.kind(), Some(EntityKind::SalesReceipt));
        let renamed = r#"{"CreditCardPaymentTxn":{"Id":"1"}}"#;
        let entity = response(renamed)
            .entity(EntityKind::CreditCardPayment)
            .unwrap();
        assert_eq!(entity.kind(), Some(EntityKind::CreditCardPayment));
    }

    #[test]
    fn query_responses_have_four_shapes() {
        let rows = r#"{"QueryResponse":{"Employee":[{"Id":"55"},{"Id":"58"}],"startPosition":1,"maxResults":2},"time":"x"}"#;
        let rows = response(rows).rows().unwrap();
        let ids: Vec<_> = rows.entities.iter().filter_map(Entity::id).collect();
        assert_eq!(ids, ["55", "58"]);
        assert_eq!(
            (rows.start_position, rows.max_results, rows.total_count),
            (Some(1), Some(2), None)
        );

        let count = response(r#"{"QueryResponse":{"totalCount":2},"time":"x"}"#)
            .rows()
            .unwrap();
        assert_eq!((count.entities.len(), count.total_count), (0, Some(2)));

        let none = response(r#"{"QueryResponse":{},"time":"x"}"#)
            .rows()
            .unwrap();
        assert_eq!((none.entities.len(), none.start_position), (0, None));

        let unknown = response(r#"{"QueryResponse":{"Warnings":{},"Novelty":[{"Id":"1"}]}}"#)
            .rows()
            .unwrap();
        assert_eq!(unknown.entities[0].name(), "Novelty");
        assert_eq!(unknown.entities[0].kind(), None);
    }

    #[test]
    fn other_answers_are_unexpected() {
        for body in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"Vendor":{}}"#,
            r#"{"Employee":[]}"#,
            r#"{"QueryResponse":7}"#,
        ] {
            for error in [
                response(body).entity(EntityKind::Employee).unwrap_err(),
                response(body).rows().unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Unexpected, "{body}");
            }
        }
        let error = response("{}").entity(EntityKind::Employee).unwrap_err();
        assert_eq!(
            error.to_string(),
            "200 OK: the answer has no Employee in it"
        );
    }

    #[test]
    fn a_fault_in_another_encoding_is_no_empty_result() {
        let mut answer = response("");
        answer.body = Bytes::from_static(
            b"{\"QueryResponse\":{\"Fault\":{\"Error\":[{\"Message\":\"Zo\xeb\",\"code\":\"6190\"}]}}}",
        );
        assert_eq!(answer.rows().unwrap_err().kind(), ErrorKind::Unexpected);
        assert!(answer.hides_failure(true));
        assert!(Fault::parse(&answer.body).unwrap().has(6190));
    }

    #[test]
    fn a_success_can_hide_a_failure() {
        for (body, json, hides) in [
            (r#"{"Fault":{"Error":[{"code":"6190"}]}}"#, true, true),
            (r#"{"Fault":{"Error":[{"code":"6190"}]}}"#, false, true),
            ("<!doctype html><p>We'll be back soon", true, true),
            ("<!doctype html><p>report", false, false),
            (r#"{"Employee":{"Fault":{}}}"#, true, false),
            ("%PDF-1.4", false, false),
            ("", true, false),
        ] {
            assert_eq!(response(body).hides_failure(json), hides, "{body}");
        }
    }
}

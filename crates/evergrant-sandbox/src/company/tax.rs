//! The tax service: a tax code made together with its rates, which can't be made alone; and tax that is paid.

use serde_json::{Value, json};

use super::exchange::numeric;
use super::{Company, Deed, Writing, body, refs};
use crate::json::{self, Cents, Members};
use crate::refusal::ServiceFault;
use crate::schema::Kind;
use crate::time::{pacific_date, record_time};

impl Company {
    /// Makes a tax code and the rates that it names and that are not there yet.
    pub(crate) fn make_tax_code(
        &mut self,
        sent: &Members,
        writing: &Writing,
    ) -> Result<String, ServiceFault> {
        let service = Kind::named("TaxService");
        // A client library sends an id with everything, and this has none.
        let mut sent = sent.clone();
        sent.remove("Id");
        let mut members = body::fit(&service.class, &sent)?;
        body::check_required(service, &members)?;
        let name = members.get("TaxCode").map(json::plain).unwrap_or_default();
        let (codes, rates) = (Kind::named("TaxCode"), Kind::named("TaxRate"));
        if self.store.bearer(codes, &name).is_some() {
            return Err(ServiceFault::duplicate_name());
        }
        let mut details: Vec<Members> = members
            .get("TaxRateDetails")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|it| it.as_object().cloned())
            .collect();
        details
            .iter()
            .try_for_each(|detail| self.check_rate(detail))?;
        let mut listed = Vec::new();
        for (order, detail) in details.iter_mut().enumerate() {
            if !body::is_given(detail, "TaxRateId") {
                let made = self.make(rates, &rate(detail), writing);
                detail.insert("TaxRateId".into(), json!(made.to_string()));
            }
            let id = detail.get("TaxRateId").cloned();
            listed.push(json!({"TaxRateRef": {"value": id, "name": detail.get("TaxRateName")}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": order}));
        }
        let applies = |what: &str| {
            details
                .iter()
                .all(|detail| detail.get("TaxApplicableOn").is_none_or(|it| it == what))
        };
        let (on_sales, on_purchases) = if applies("Purchase") && !applies("Sales") {
            (json!([]), json!(listed))
        } else {
            (json!(listed), json!([]))
        };
        let code = json!({"Name": name, "Description": name, "Active": true, "Taxable": true, "TaxGroup": true,
            "SalesTaxRateList": {"TaxRateDetail": on_sales}, "PurchaseTaxRateList": {"TaxRateDetail": on_purchases}});
        let id = self.make(codes, &code, writing);
        members.insert("TaxCodeId".into(), json!(id.to_string()));
        members.insert("TaxRateDetails".into(), json!(details));
        Ok(json::text(&body::arranged(&service.class, members)))
    }

    /// Pays sales tax from an account, as people do in a browser: clients can only read such payments.
    pub(crate) fn pay_tax(
        &mut self,
        account: &str,
        amount: Cents,
        writing: &Writing,
    ) -> Result<u64, ServiceFault> {
        let kind = Kind::named("TaxPayment");
        let mut payment = json!({"PaymentDate": pacific_date(writing.now).to_string(), "PaymentAccountRef": {"value": account},
            "PaymentAmount": json::amount(amount), "Description": "Sales tax", "Refund": false});
        if let Value::Object(members) = &mut payment {
            refs::resolve(self, &kind.class, members, None)?;
        }
        let id = self.make(kind, &payment, writing);
        let entry = match self.store.members(kind, id) {
            Some(members) => self.book(kind, &members, None, writing)?,
            None => None,
        };
        self.ledger.set((kind.index, id), entry);
        Ok(id)
    }

    /// A rate is one that is there, or has a name of its own, a percentage and an agency.
    fn check_rate(&self, detail: &Members) -> Result<(), ServiceFault> {
        if let Some(id) = detail.get("TaxRateId").map(json::plain) {
            return self
                .store
                .find(Kind::named("TaxRate"), &id)
                .map(drop)
                .ok_or_else(ServiceFault::invalid_reference);
        }
        for name in ["TaxRateName", "RateValue", "TaxAgencyId"] {
            if !body::is_given(detail, name) {
                return Err(ServiceFault::missing(name));
            }
        }
        let agency = detail
            .get("TaxAgencyId")
            .map(json::plain)
            .unwrap_or_default();
        if self.store.find(Kind::named("TaxAgency"), &agency).is_none() {
            return Err(ServiceFault::invalid_reference());
        }
        let name = detail
            .get("TaxRateName")
            .map(json::plain)
            .unwrap_or_default();
        match self.store.bearer(Kind::named("TaxRate"), &name) {
            Some(_) => Err(ServiceFault::duplicate_name()),
            None => Ok(()),
        }
    }

    /// Puts an entity of a kind that clients can't create into its place.
    fn make(&mut self, kind: &'static Kind, made: &Value, writing: &Writing) -> u64 {
        let id = self.store.next_id(super::store::sequence(kind));
        let time = record_time(writing.now);
        let mut members = made.as_object().cloned().unwrap_or_default();
        let head = json!({"domain": "QBO", "sparse": false, "Id": id.to_string(), "SyncToken": "0",
            "MetaData": {"CreateTime": time, "LastUpdatedTime": time}});
        members.extend(head.as_object().cloned().unwrap_or_default());
        self.store.put(kind, id, members);
        self.note_change(kind, id, Deed::Create, writing.now);
        id
    }
}

fn rate(detail: &Members) -> Value {
    let percent = numeric(detail, "RateValue").unwrap_or(0.0);
    json!({"Name": detail.get("TaxRateName"), "Description": detail.get("TaxRateName"), "Active": true, "RateValue": percent,
        "AgencyRef": {"value": detail.get("TaxAgencyId").map(json::plain)}, "SpecialTaxType": "NONE", "DisplayType": "ReadOnly"})
}

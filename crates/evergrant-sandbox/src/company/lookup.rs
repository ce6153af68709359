//! What the books and the lines ask of a company: accounts, items, taxes, currencies, preferences.

use serde_json::{Value, json};

use super::Company;
use crate::json;
use crate::ledger::Side;
use crate::ledger::accounts::Role;
use crate::lock::hold;
use crate::schema::Kind;

impl Company {
    /// The account that the books use for something, if there is one.
    pub(crate) fn account_for(&self, role: Role) -> Option<u32> {
        if let Some(known) = hold(&self.roles).get(&role) {
            return Some(*known);
        }
        let (subtype, _, account_type) = role.description();
        let accounts = || self.store.shelf(Kind::named("Account")).records.iter();
        let is = |record: &super::Record, name: &str, value: &str| {
            record.scalar(name).is_some_and(|it| it == value)
        };
        let by_subtype =
            accounts().find(|(_, record)| record.active && is(record, "AccountSubType", subtype));
        let by_type = || match role {
            Role::Receivable | Role::Payable | Role::Income | Role::Expense | Role::GoodsSold => {
                accounts()
                    .find(|(_, record)| record.active && is(record, "AccountType", account_type))
            }
            _ => None,
        };
        let found = by_subtype
            .or_else(by_type)
            .and_then(|(id, _)| u32::try_from(*id).ok())?;
        hold(&self.roles).insert(role, found);
        Some(found)
    }

    pub(super) fn forget_roles(&self) {
        hold(&self.roles).clear();
    }

    /// Whose open balance an account's postings change.
    pub(crate) fn side(&self, account: u32) -> Side {
        match self
            .text(Kind::named("Account"), u64::from(account), "AccountType")
            .as_deref()
        {
            Some("Accounts Receivable") => Side::Receivable,
            Some("Accounts Payable") => Side::Payable,
            _ => Side::Neither,
        }
    }

    pub(crate) fn item_reference(&self, item: u64, name: &str) -> Option<u32> {
        let record = self.store.get(Kind::named("Item"), item)?;
        json::unquoted(json::at(&record.text, &[name, "value"])?)
            .parse()
            .ok()
    }

    pub(crate) fn item_number(&self, item: u64, name: &str) -> f64 {
        let record = self.store.get(Kind::named("Item"), item);
        let number = record.and_then(|record| json::member(&record.text, name)?.parse().ok());
        number.unwrap_or(0.0)
    }

    /// Whether an item's quantity on hand is counted.
    pub(crate) fn item_is_stocked(&self, item: u64) -> bool {
        let record = self.store.get(Kind::named("Item"), item);
        record.is_some_and(|record| json::member(&record.text, "TrackQtyOnHand") == Some("true"))
    }

    /// The account of the agency of a tax rate.
    pub(crate) fn tax_account(&self, rate: u64) -> Option<u32> {
        let rate = self.store.get(Kind::named("TaxRate"), rate)?;
        let agency = json::unquoted(json::at(&rate.text, &["AgencyRef", "value"])?);
        let agency = self.store.find(Kind::named("TaxAgency"), &agency)?;
        let name = format!("{} Payable", agency.scalar("DisplayName")?);
        let (_, account) = self.store.bearer(Kind::named("Account"), &name)?;
        u32::try_from(account).ok()
    }

    /// The rates of a tax code, with their percentages.
    pub(crate) fn tax_rates(&self, code: &str) -> Vec<(String, f64)> {
        let Some(code) = self.store.find(Kind::named("TaxCode"), code) else {
            return Vec::new();
        };
        let members = json::parsed(&code.text);
        let details = members
            .get("SalesTaxRateList")
            .and_then(|list| list["TaxRateDetail"].as_array());
        let rate = |detail: &Value| {
            let id = detail["TaxRateRef"]["value"].as_str()?;
            let rate = self.store.find(Kind::named("TaxRate"), id)?;
            Some((
                id.to_owned(),
                json::member(&rate.text, "RateValue")?.parse().ok()?,
            ))
        };
        details.into_iter().flatten().filter_map(rate).collect()
    }

    /// Whether a line with this tax code is taxed.
    pub(crate) fn is_taxing(&self, code: &str) -> bool {
        let code = self.store.find(Kind::named("TaxCode"), code);
        code.is_some_and(|code| json::member(&code.text, "Taxable") == Some("true"))
    }

    pub(crate) fn home_currency(&self) -> String {
        let preferences = self.store.get(Kind::named("Preferences"), 1);
        let code = preferences
            .and_then(|it| json::at(&it.text, &["CurrencyPrefs", "HomeCurrency", "value"]));
        code.map_or_else(
            || "USD".to_owned(),
            |code| json::unquoted(code).into_owned(),
        )
    }

    /// A currency's name, if the company uses it.
    pub(crate) fn currency_name(&self, code: &str) -> Option<String> {
        let kind = Kind::named("CompanyCurrency");
        let named = self
            .store
            .bearer(kind, code)
            .and_then(|(_, id)| self.text(kind, id, "Name"));
        match code {
            _ if named.is_some() => named,
            "USD" => Some("United States Dollar".to_owned()),
            _ if code == self.home_currency() => Some(code.to_owned()),
            _ => None,
        }
    }

    /// The item of a sale's line that names none: the first service.
    pub(crate) fn default_item(&self) -> Option<(String, String)> {
        let items = &self.store.shelf(Kind::named("Item")).records;
        let service = |record: &super::Record| {
            record.active && record.scalar("Type").is_some_and(|it| it == "Service")
        };
        let (id, record) = items.iter().find(|(_, record)| service(record))?;
        Some((id.to_string(), record.scalar("Name")?.into_owned()))
    }

    /// The lines that a bundle stands for.
    pub(crate) fn bundle_lines(&self, bundle: &str, quantity: f64) -> Vec<Value> {
        let Some(bundle) = self.store.find(Kind::named("Item"), bundle) else {
            return Vec::new();
        };
        let members = json::parsed(&bundle.text);
        let parts = members
            .get("ItemGroupDetail")
            .and_then(|detail| detail["ItemGroupLine"].as_array());
        let line = |part: &Value| {
            let item = self
                .store
                .find(Kind::named("Item"), part["ItemRef"]["value"].as_str()?)?;
            let price: f64 = json::member(&item.text, "UnitPrice")
                .and_then(|price| price.parse().ok())
                .unwrap_or(0.0);
            let quantity = part["Qty"].as_f64().unwrap_or(1.0) * quantity;
            Some(
                json!({"Amount": json::amount(json::to_cents(price * quantity)), "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": part["ItemRef"], "UnitPrice": price, "Qty": quantity}}),
            )
        };
        parts.into_iter().flatten().filter_map(line).collect()
    }

    /// What a payment settles, and how much of each.
    pub(crate) fn settled_by(&self, key: super::Key) -> Vec<(super::Key, json::Cents)> {
        let kind = &Kind::all()[key.0];
        if !matches!(kind.name, "Payment" | "BillPayment") {
            return Vec::new();
        }
        self.effects(kind, key.1)
    }

    /// Whether a bill was paid by credit card.
    pub(crate) fn is_by_card(&self, bill_payment: u64) -> bool {
        self.text(Kind::named("BillPayment"), bill_payment, "PayType")
            .is_some_and(|it| it == "CreditCard")
    }

    /// A preference by the names that lead to it.
    pub(crate) fn preference(&self, path: &[&str]) -> Option<String> {
        let preferences = self.store.get(Kind::named("Preferences"), 1)?;
        json::at(&preferences.text, path).map(|text| json::unquoted(text).into_owned())
    }

    /// A preference that has a name only.
    pub(crate) fn other_preference(&self, name: &str) -> Option<String> {
        let preferences = self.store.members(Kind::named("Preferences"), 1)?;
        let named = preferences.get("OtherPrefs")?["NameValue"].as_array()?;
        let found = named.iter().find(|it| it["Name"] == name)?;
        found["Value"].as_str().map(str::to_owned)
    }

    fn text(&self, kind: &'static Kind, id: u64, name: &str) -> Option<String> {
        let record = self.store.get(kind, id)?;
        record.scalar(name).map(std::borrow::Cow::into_owned)
    }
}

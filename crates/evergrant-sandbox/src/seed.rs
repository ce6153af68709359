//! The companies that the sandbox begins with, read from JSON.
//!
//! ```json
//! {"companies": [{"realm": "1", "user": "Who connected it", "Employee": [{"Id": "1", "…": "…"}]}]}
//! ```
//! Entities stand there as the API returns them, by kind.

mod growth;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::company::recurring;
use crate::json;
use crate::schema::Kind;

pub(crate) use growth::{Growth, grow};

/// What the sandbox's companies hold when it starts.
#[derive(Debug, Clone)]
pub struct Seed {
    pub(crate) companies: Vec<CompanySeed<'static>>,
}

/// One company of a seed. It may be as large as the books that come of it, so when it is read from text its entities
/// stay there.
#[derive(Debug, Clone)]
pub(crate) struct CompanySeed<'a> {
    pub(crate) realm: String,
    pub(crate) user: String,
    /// The business that is made up when the books are opened.
    pub(crate) generate: Option<Growth>,
    /// What a snapshot keeps besides the entities.
    pub(crate) state: State,
    /// By the name of their kind.
    pub(crate) entities: BTreeMap<String, Vec<Cow<'a, RawValue>>>,
}

/// What entities do not say of their company.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct State {
    /// The last id given, by sequence.
    pub(crate) last: BTreeMap<String, u64>,
    /// When what was deleted was deleted, in milliseconds since 1970, by kind and id.
    pub(crate) deleted: BTreeMap<String, BTreeMap<u64, i64>>,
    /// What goods sold were booked with, in hundredths, by kind and id of the transaction.
    pub(crate) costs: BTreeMap<String, BTreeMap<u64, Vec<i64>>>,
}

/// Why a seed cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedError(String);

impl Seed {
    /// The built-in company, realm 123146096291789: a garden business with two years of transactions that end today.
    /// Employee 58 is Bill Miller.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a file of this crate that a test reads")]
    pub fn sample() -> Self {
        Self::from_json(include_str!("seed/company.json")).expect("the built-in seed is valid")
    }

    /// The built-in company with so many transactions, and customers in proportion. The same `seed` makes the same
    /// business on the same day.
    #[must_use]
    pub fn generated(transactions: u32, seed: u64) -> Self {
        let mut generated = Self::sample();
        for company in &mut generated.companies {
            company.generate = Some(Growth {
                transactions,
                seed,
                only: None,
            });
        }
        generated
    }

    /// The same, with all that is made up of one kind: `Invoice`.
    ///
    /// # Errors
    /// When none of that kind are made up.
    pub fn of_only(mut self, kind: &str) -> Result<Self, SeedError> {
        let Some(kind) = Growth::kind(kind) else {
            return Err(SeedError(format!("no {kind} is ever made up")));
        };
        for growth in self
            .companies
            .iter_mut()
            .filter_map(|it| it.generate.as_mut())
        {
            growth.only = Some(kind.to_owned());
        }
        Ok(self)
    }

    /// Reads a seed from JSON.
    ///
    /// # Errors
    /// When the text is no such JSON, holds no company, or an entity of it has an unknown kind or no numeric id.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File<'a> {
            #[serde(borrow)]
            companies: Vec<CompanySeed<'a>>,
        }
        let file: File =
            serde_json::from_str(text).map_err(|error| SeedError(error.to_string()))?;
        CompanySeed::check(&file.companies)?;
        let companies = file.companies.into_iter();
        Ok(Self {
            companies: companies.map(CompanySeed::into_owned).collect(),
        })
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self::sample()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for CompanySeed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = BTreeMap::deserialize(deserializer)?;
        Self::read(members).map_err(D::Error::custom)
    }
}

impl<'a> CompanySeed<'a> {
    fn read(mut members: BTreeMap<String, &'a RawValue>) -> Result<Self, serde_json::Error> {
        let mut take = |name| members.remove(name).map(RawValue::get);
        let needed = |name, text: Option<&str>| {
            let text = text.ok_or_else(|| serde_json::Error::missing_field(name))?;
            serde_json::from_str(text)
        };
        let realm = needed("realm", take("realm"))?;
        let user = needed("user", take("user"))?;
        let generate = serde_json::from_str(take("generate").unwrap_or("null"))?;
        let state = serde_json::from_str(take("_state").unwrap_or("{}"))?;
        let entities = members.into_iter().map(|(kind, list)| {
            let list: Vec<&RawValue> = serde_json::from_str(list.get())?;
            Ok((kind, list.into_iter().map(Cow::Borrowed).collect()))
        });
        Ok(Self {
            realm,
            user,
            generate,
            state,
            entities: entities.collect::<Result<_, serde_json::Error>>()?,
        })
    }

    /// Makes sure that there are companies and that their entities can be told apart.
    pub(crate) fn check(companies: &[Self]) -> Result<(), SeedError> {
        if companies.is_empty() {
            return Err(SeedError("there is no company".to_owned()));
        }
        for (name, entities) in companies.iter().flat_map(|company| &company.entities) {
            let Some(kind) = Kind::by_name(name).filter(|kind| kind.name == name) else {
                return Err(SeedError(format!("{name} is no kind of entity known here")));
            };
            if !entities.iter().all(|entity| is_numbered(kind, entity)) {
                return Err(SeedError(format!(
                    "every {name} needs an Id, a number in quotes"
                )));
            }
        }
        Ok(())
    }

    fn into_owned(self) -> CompanySeed<'static> {
        let owned = |entity: Cow<RawValue>| Cow::Owned(entity.into_owned());
        let entities = self.entities.into_iter();
        CompanySeed {
            realm: self.realm,
            user: self.user,
            generate: self.generate,
            state: self.state,
            entities: entities
                .map(|(kind, list)| (kind, list.into_iter().map(owned).collect()))
                .collect(),
        }
    }
}

fn is_numbered(kind: &Kind, entity: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(rename = "Id", borrow)]
        id: Cow<'a, str>,
    }
    if kind.is_wrapper() {
        let wrapper = json::parsed(entity.get());
        let template = recurring::inner(kind, &wrapper).unwrap_or(&wrapper);
        let id = template.get("Id").and_then(Value::as_str);
        return id.is_some_and(|id| kind.number(id).is_some());
    }
    serde_json::from_str(entity.get()).is_ok_and(|head: Head| kind.number(&head.id).is_some())
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad seed: {}", self.0)
    }
}

impl std::error::Error for SeedError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::Company;

    #[test]
    fn the_sample_is_valid() {
        let sample = Seed::sample();
        assert_eq!(sample.companies[0].realm, "123146096291789");
        assert_eq!(sample.companies[0].entities["Employee"].len(), 12);
    }

    #[test]
    fn as_many_of_one_kind_alone_are_made_up_as_are_asked_for() {
        for asked in [0, 1, 40] {
            let seed = Seed::generated(asked, 1).of_only("invoice").unwrap();
            let mut company = Company::open(&seed.companies[0], jiff::Timestamp::UNIX_EPOCH);
            company.grow();
            let count = |name| company.store.shelf(Kind::named(name)).records.len();
            assert_eq!((count("Invoice"), count("Payment")), (asked as usize, 0));
        }
        assert!(Seed::generated(40, 1).of_only("spaceship").is_err());
    }

    #[test]
    fn bad_seeds_are_named() {
        let problem = |text: &str| Seed::from_json(text).unwrap_err().to_string();
        assert!(problem("{").starts_with("bad seed: "));
        assert!(problem(r#"{"companies":[]}"#).contains("no company"));
        let company =
            |rest: &str| format!(r#"{{"companies":[{{"realm":"1","user":"U",{rest}}}]}}"#);
        assert!(problem(&company(r#""Employe":[]"#)).contains("Employe is no kind"));
        assert!(problem(&company(r#""Employee":[{"Id":58}]"#)).contains("needs an Id"));
    }
}

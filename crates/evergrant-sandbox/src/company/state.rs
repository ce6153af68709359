//! Opening books from a seed, and writing them down so that they can be opened again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::store::{GROUPS, Key, Record, Store, sequence};
use super::{Company, Links, Writing, links, recurring};
use crate::json::{self, Members};
use crate::ledger::Ledger;
use crate::schema::{Kind, Sort};
use crate::seed::{CompanySeed, State};

impl Company {
    /// Opens the books with what the seed says.
    pub(crate) fn open(seed: &CompanySeed<'_>, now: Timestamp) -> Self {
        let mut company = Self {
            user: seed.user.clone(),
            store: Store::new(),
            ledger: Ledger::default(),
            links: Links::default(),
            roles: std::sync::Mutex::default(),
            replies: std::collections::HashMap::new(),
            changes: Vec::new(),
            growth: seed.generate.clone().map(|growth| (growth, now)),
        };
        for (kind, entities) in seed
            .entities
            .iter()
            .filter_map(|(name, it)| Some((Kind::by_name(name)?, it)))
        {
            for entity in entities {
                company.place(kind, json::parsed(entity.get()));
            }
        }
        company.restore(&seed.state);
        let writing = Writing {
            now,
            allows_duplicate_numbers: true,
        };
        for (kind, id) in company.booked() {
            company.book_again(kind, id, seed, &writing);
        }
        company.changes = Vec::new();
        company
    }

    /// The company as a seed that opens it again.
    pub(crate) fn snapshot<'a>(&'a self, realm: &'a str) -> Snapshot<'a> {
        Snapshot {
            company: self,
            realm,
        }
    }

    fn state(&self) -> State {
        let mut state = State {
            last: self.store.last_ids(),
            ..State::default()
        };
        for kind in Kind::all() {
            let deleted = &self.store.shelf(kind).deleted;
            if !deleted.is_empty() {
                state.deleted.insert(kind.name.to_owned(), deleted.clone());
            }
        }
        for ((kind, id), entry) in self
            .ledger
            .entries()
            .filter(|(_, entry)| !entry.moves.is_empty())
        {
            let kind = &Kind::all()[kind];
            // What was bought is booked at its price; what was sold, at its cost.
            // A sale asks what it costs to take goods out, the others what it costs to put them in.
            let sign = if kind.name == "Item" || kind.name == "InventoryAdjustment" {
                1
            } else {
                -1
            };
            let costs = entry
                .moves
                .iter()
                .map(|change| sign * change.stock.value)
                .collect();
            state
                .costs
                .entry(kind.name.to_owned())
                .or_default()
                .insert(id, costs);
        }
        state
    }

    fn place(&mut self, kind: &'static Kind, entity: Members) {
        let head = recurring::inner(kind, &entity).unwrap_or(&entity);
        let Some(id) = head.get("Id").and_then(|id| kind.number(id.as_str()?)) else {
            return;
        };
        for group in head
            .values()
            .filter_map(|value| value.get("Id")?.as_str()?.parse().ok())
        {
            self.store.notice_id(GROUPS, group);
        }
        self.store.put(kind, id, entity);
    }

    fn restore(&mut self, state: &State) {
        for (name, ids) in &state.deleted {
            let Some(kind) = Kind::by_name(name) else {
                continue;
            };
            for (id, at) in ids {
                self.store.bury(kind, *id, *at);
            }
        }
        for (name, last) in &state.last {
            let known = Kind::all().iter().map(sequence).chain([GROUPS]);
            for sequence in known.filter(|known| known == name) {
                self.store.notice_id(sequence, *last);
            }
        }
    }

    /// What has entries, in the order in which it is booked.
    fn booked(&self) -> Vec<(&'static Kind, u64)> {
        let mut booked = Vec::new();
        for kind in Kind::all() {
            let rank = match (kind.sort, kind.name) {
                (_, "Account") => 0,
                (_, "Item") => 1,
                (Sort::Transaction, "RecurringTransaction") => continue,
                (Sort::Transaction, _) => 2,
                _ => continue,
            };
            for (id, record) in &self.store.shelf(kind).records {
                let date = record.scalar("TxnDate").unwrap_or_default().into_owned();
                booked.push((rank, date, *id, kind));
            }
        }
        booked.sort_by(|one, two| (one.0, &one.1, one.2).cmp(&(two.0, &two.1, two.2)));
        booked
            .into_iter()
            .map(|(_, _, id, kind)| (kind, id))
            .collect()
    }

    fn book_again(
        &mut self,
        kind: &'static Kind,
        id: u64,
        seed: &CompanySeed<'_>,
        writing: &Writing,
    ) {
        let Some(members) = self.store.members(kind, id) else {
            return;
        };
        let key: Key = (kind.index, id);
        let effects = links::effects(kind, &members);
        self.links.add(key, &effects);
        let costs = seed
            .state
            .costs
            .get(kind.name)
            .and_then(|costs| costs.get(&id));
        // A seed is taken at its word: what can't be booked is shown and books nothing.
        if let Ok(entry) = self.book(kind, &members, costs.map(Vec::as_slice), writing) {
            self.ledger.set(key, entry);
        }
    }
}

/// A company to be written down.
pub(crate) struct Snapshot<'a> {
    company: &'a Company,
    realm: &'a str,
}

impl Serialize for Snapshot<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut snapshot = serializer.serialize_map(None)?;
        snapshot.serialize_entry("realm", self.realm)?;
        snapshot.serialize_entry("user", &self.company.user)?;
        snapshot.serialize_entry("_state", &self.company.state())?;
        if let Some((growth, _)) = &self.company.growth {
            snapshot.serialize_entry("generate", growth)?;
        }
        for kind in Kind::all() {
            let records = &self.company.store.shelf(kind).records;
            if !records.is_empty() {
                snapshot.serialize_entry(kind.name, &Texts(records))?;
            }
        }
        snapshot.end()
    }
}

/// Entities, written as they lie in the store: a tree of all would take many times their room.
struct Texts<'a>(&'a BTreeMap<u64, Record>);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values().map(|record| json::raw(&record.text)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ledger::Entry;
    use crate::seed::Seed;

    pub(in crate::company) fn written(company: &Company) -> String {
        serde_json::to_string(&company.snapshot("1")).unwrap()
    }

    /// A company opened from another one's snapshot.
    pub(in crate::company) fn opened(company: &Company, now: Timestamp) -> Company {
        let text = format!(r#"{{"companies":[{}]}}"#, written(company));
        Company::open(&Seed::from_json(&text).unwrap().companies[0], now)
    }

    pub(in crate::company) fn entries(company: &Company) -> Vec<(Key, Entry)> {
        let entries = company.ledger.entries();
        entries.map(|(key, entry)| (key, entry.clone())).collect()
    }

    #[test]
    fn thousands_of_transactions_come_back_from_a_snapshot() {
        let seed = Seed::generated(3000, 11);
        let mut company = Company::open(&seed.companies[0], Timestamp::UNIX_EPOCH);
        company.grow();
        let snapshot = written(&company);
        let again = opened(&company, Timestamp::UNIX_EPOCH);
        assert!(written(&again) == snapshot);
        assert!(entries(&again) == entries(&company));
        // A file may hold numbers as other programs write them.
        let tree: Value = serde_json::from_str(&snapshot).unwrap();
        let text = json!({"companies": [tree]}).to_string();
        let again = Company::open(
            &Seed::from_json(&text).unwrap().companies[0],
            Timestamp::UNIX_EPOCH,
        );
        assert!(written(&again) == snapshot);
        assert!(entries(&again) == entries(&company));
    }
}

//! Where entities lie: by kind and id, as text, with the indexes that a company needs.
//!
//! What is put here is right already; the store checks nothing and knows no rule of QuickBooks but which kinds
//! share a sequence of ids and which share names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::company::body::arranged;
use crate::json::{self, Members};
use crate::packed::Packed;
use crate::schema::{Kind, LAST_WORD, Sort};
use crate::time::moment;

/// Which entity: its kind's place in the table, and its id.
pub(crate) type Key = (usize, u64);

/// All entities of a company.
pub(crate) struct Store {
    /// By the kind's place in the table.
    shelves: Vec<Shelf>,
    /// The last id given, by sequence.
    last: HashMap<&'static str, u64>,
    /// Who bears a name, by scope and name in lower case.
    names: HashMap<(&'static str, String), Key>,
    /// Transactions by kind and document number; of several with one number, the latest.
    numbers: HashMap<u64, u64>,
    /// The highest document number of a sales form that is a number.
    last_number: u64,
    /// Who names this one as its parent.
    children: HashMap<Key, BTreeSet<u64>>,
}

/// All entities of one kind by id.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) records: Packed<u64, Record>,
    /// When each was made, as `order_of` has it, and its id: the order in which clients page through all of them.
    by_creation: Packed<(i64, u64), ()>,
    /// When each was changed last, as its record has it, and its id.
    by_change: Packed<(i64, u64), ()>,
    /// When each deleted one was deleted, in milliseconds since 1970.
    pub(crate) deleted: BTreeMap<u64, i64>,
}

/// One entity.
pub(crate) struct Record {
    /// Compact JSON in the order of the class.
    pub(crate) text: Box<str>,
    /// `MetaData.LastUpdatedTime` in milliseconds since 1970.
    pub(crate) updated: i64,
    /// Whether `Active` is not false.
    pub(crate) active: bool,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            shelves: Kind::all().iter().map(|_| Shelf::default()).collect(),
            last: HashMap::new(),
            names: HashMap::new(),
            numbers: HashMap::new(),
            last_number: 1000,
            children: HashMap::new(),
        }
    }

    pub(crate) fn shelf(&self, kind: &Kind) -> &Shelf {
        &self.shelves[kind.index]
    }

    pub(crate) fn get(&self, kind: &Kind, id: u64) -> Option<&Record> {
        self.shelves[kind.index].records.get(&id)
    }

    /// The entity's text, if the id is a number and there is one.
    pub(crate) fn find(&self, kind: &Kind, id: &str) -> Option<&Record> {
        self.get(kind, id.parse().ok()?)
    }

    pub(crate) fn members(&self, kind: &Kind, id: u64) -> Option<Members> {
        self.get(kind, id).map(|record| json::parsed(&record.text))
    }

    /// Puts an entity into its place, in the class's order.
    pub(crate) fn put(&mut self, kind: &'static Kind, id: u64, members: Members) {
        self.forget(kind, id);
        let parent = parent(&members);
        if let Some(name) = scoped_name(kind, |name| members.get(name)?.as_str().map(str::to_owned))
        {
            self.names.insert(name, (kind.index, id));
        }
        if let Some(number) = members.get("DocNumber").and_then(Value::as_str) {
            self.numbers.insert(number_key(kind, number), id);
            if is_numbered(kind) {
                self.last_number = self.last_number.max(number.parse().unwrap_or(0));
            }
        }
        if let Some(parent) = parent {
            self.children
                .entry((kind.index, parent))
                .or_default()
                .insert(id);
        }
        self.notice_id(sequence(kind), id);
        let record = Record::new(&arranged(&kind.class, members));
        let shelf = &mut self.shelves[kind.index];
        shelf.deleted.remove(&id);
        shelf.by_creation.insert((record.made(), id), ());
        shelf.by_change.insert((record.updated, id), ());
        shelf.records.insert(id, record);
    }

    /// Moves an entity's text to where there is room now.
    pub(crate) fn settle(&mut self, kind: &Kind, id: u64) {
        if let Some(record) = self.shelves[kind.index].records.get_mut(&id) {
            record.text = record.text.clone();
        }
    }

    /// Takes an entity away and remembers when.
    pub(crate) fn bury(&mut self, kind: &'static Kind, id: u64, at: i64) {
        self.forget(kind, id);
        self.shelves[kind.index].records.remove(&id);
        self.shelves[kind.index].deleted.insert(id, at);
        self.notice_id(sequence(kind), id);
    }

    pub(crate) fn next_id(&mut self, sequence: &'static str) -> u64 {
        let last = self.last.entry(sequence).or_insert(0);
        *last += 1;
        *last
    }

    /// Makes sure that an id is not given again.
    pub(crate) fn notice_id(&mut self, sequence: &'static str, id: u64) {
        if id == LAST_WORD {
            return;
        }
        let last = self.last.entry(sequence).or_insert(0);
        *last = id.max(*last);
    }

    /// The last id given, by sequence.
    pub(crate) fn last_ids(&self) -> BTreeMap<String, u64> {
        self.last
            .iter()
            .map(|(name, last)| ((*name).to_owned(), *last))
            .collect()
    }

    pub(crate) fn next_number(&self) -> String {
        self.last_number.saturating_add(1).to_string()
    }

    /// Who bears the name, of the kinds that share names with `kind`.
    pub(crate) fn bearer(&self, kind: &Kind, name: &str) -> Option<Key> {
        self.names.get(&(scope(kind), name.to_lowercase())).copied()
    }

    /// The transaction of this kind with this document number.
    pub(crate) fn numbered(&self, kind: &Kind, number: &str) -> Option<u64> {
        let id = *self.numbers.get(&number_key(kind, number))?;
        let record = self.get(kind, id)?;
        (json::scalar(&record.text, "DocNumber")? == number).then_some(id)
    }

    pub(crate) fn children(&self, key: Key) -> impl Iterator<Item = u64> {
        self.children.get(&key).into_iter().flatten().copied()
    }

    /// Takes an entity out of the indexes.
    fn forget(&mut self, kind: &'static Kind, id: u64) {
        let Some(record) = self.shelves[kind.index].records.get(&id) else {
            return;
        };
        let (text, made, updated) = (&record.text, record.made(), record.updated);
        let name = scoped_name(kind, |name| {
            json::scalar(text, name).map(std::borrow::Cow::into_owned)
        });
        let number = json::scalar(text, "DocNumber").map(|number| number_key(kind, &number));
        let parent = json::at(text, &["ParentRef", "value"]).map(json::unquoted);
        let parent = parent.and_then(|id| id.parse().ok());
        if let Some(name) = name.filter(|name| self.names.get(name) == Some(&(kind.index, id))) {
            self.names.remove(&name);
        }
        if let Some(number) = number.filter(|number| self.numbers.get(number) == Some(&id)) {
            self.numbers.remove(&number);
        }
        if let Some(parent) = parent
            && let Some(children) = self.children.get_mut(&(kind.index, parent))
        {
            children.remove(&id);
        }
        let shelf = &mut self.shelves[kind.index];
        shelf.by_creation.remove(&(made, id));
        shelf.by_change.remove(&(updated, id));
    }
}

impl Shelf {
    /// The ids of what was made at a moment or later, of all if there is none, by when it was made.
    pub(crate) fn made_from(&self, moment: Option<Timestamp>) -> impl Iterator<Item = u64> {
        let first = (order_of(moment), 0);
        self.by_creation.range(first..).map(|((_, id), ())| *id)
    }

    /// The ids of all, the latest change first.
    pub(crate) fn latest_first(&self) -> impl Iterator<Item = u64> {
        self.by_change.keys().rev().map(|(_, id)| *id)
    }
}

impl Record {
    fn new(members: &Members) -> Self {
        let meta = members.get("MetaData");
        let updated = || moment(meta?.get("LastUpdatedTime")?.as_str()?);
        Self {
            updated: updated().map_or(0, Timestamp::as_millisecond),
            active: members.get("Active") != Some(&json!(false)),
            text: json::text(members).into_boxed_str(),
        }
    }

    /// Where `MetaData.CreateTime` stands among those of others. It is read anew each time, since a million of them
    /// would take room.
    fn made(&self) -> i64 {
        let time = json::at(&self.text, &["MetaData", "CreateTime"]);
        order_of(time.and_then(|time| moment(&json::unquoted(time))))
    }

    /// The text of a scalar member.
    pub(crate) fn scalar(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        json::scalar(&self.text, name)
    }
}

/// Kinds that share a sequence of ids: all transactions, and all that have display names.
pub(crate) fn sequence(kind: &'static Kind) -> &'static str {
    match kind.sort {
        Sort::Transaction => "Transaction",
        _ if kind.is_person() => "Name",
        _ => kind.name,
    }
}

/// The sequence of the ids of addresses and the like.
pub(crate) const GROUPS: &str = "Address";

/// Sales forms share one sequence of document numbers.
pub(crate) fn is_numbered(kind: &Kind) -> bool {
    matches!(
        kind.name,
        "Invoice" | "SalesReceipt" | "CreditMemo" | "RefundReceipt" | "Estimate"
    )
}

/// The parent that an entity names.
pub(crate) fn parent(members: &Members) -> Option<u64> {
    json::reference(members, "ParentRef")?.parse().ok()
}

fn scope(kind: &Kind) -> &'static str {
    let kind = &Kind::all()[kind.index];
    if kind.is_person() { "Name" } else { kind.name }
}

/// The name that must be its own, with the scope in which it must.
fn scoped_name(
    kind: &'static Kind,
    text_of: impl Fn(&str) -> Option<String>,
) -> Option<(&'static str, String)> {
    let name = match kind.name {
        "CompanyCurrency" => text_of("Code"),
        "Budget" | "CustomerType" => None,
        _ if kind.is_person() => text_of("DisplayName"),
        _ if kind.is_list() => text_of("FullyQualifiedName")
            .or_else(|| text_of("Name"))
            .or_else(|| text_of("DisplayName")),
        _ => None,
    };
    name.map(|name| (scope(kind), name.to_lowercase()))
}

/// Moments as numbers in the same order, in microseconds; what is not known comes first.
fn order_of(moment: Option<Timestamp>) -> i64 {
    moment.map_or(i64::MIN, Timestamp::as_microsecond)
}

fn number_key(kind: &Kind, number: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind.index, number).hash(&mut hasher);
    hasher.finish()
}

//! The entities of the accounting API: their members in the order in which Intuit writes them, their types, and
//! what may be done with them.
//!
//! The table is data (`schema/model.txt`, which explains its own form); this module reads it once and answers
//! questions about it. Nothing here knows what an entity means: that stands in `company` and `ledger`.

mod model;

use std::sync::LazyLock;

use serde_json::Value;

pub(crate) use model::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::read(include_str!("schema/model.txt")));

/// A kind of entity.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its place in the table.
    pub(crate) index: usize,
    /// Its name in bodies and queries.
    pub(crate) name: &'static str,
    /// As in paths.
    pub(crate) path: &'static str,
    /// The member that holds it in answers; the name, but for two.
    pub(crate) root: &'static str,
    pub(crate) sort: Sort,
    operations: &'static str,
    pub(crate) class: Class,
    /// Members of each group of which one at least is needed to create it.
    pub(crate) needs_any_of: Vec<Vec<&'static str>>,
    /// A member whose value says which other member is needed.
    pub(crate) needs_by: Option<NeedsBy>,
    /// Members that it has from the start.
    pub(crate) start: Vec<(&'static str, Value)>,
}

/// `(value, needed member)` by the member that is asked.
#[derive(Debug)]
pub(crate) struct NeedsBy {
    pub(crate) member: &'static str,
    pub(crate) cases: Vec<(&'static str, &'static str)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// What others refer to; made inactive instead of deleted.
    List,
    Transaction,
    Supporting,
}

/// What may be done with a kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Read,
    Update,
    SparseUpdate,
    Delete,
    Void,
    Query,
    ChangeData,
    Batch,
}

/// An entity's or a group's members, under the name that Intuit's faults call it by.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) members: Vec<Member>,
}

/// A member of a class.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Whether it holds several.
    pub(crate) several: bool,
    /// Whether it is needed to create what it is in.
    pub(crate) required: bool,
    /// Whether clients may set it.
    pub(crate) writable: bool,
    /// Whether it stays as it was created.
    pub(crate) fixed: bool,
    /// The longest text, in characters.
    pub(crate) longest: Option<usize>,
}

/// What a member holds, or each of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    /// Text that is taken and never shown again.
    Masked,
    /// A decimal number written as text.
    Id,
    Flag,
    /// An amount of money: two decimals.
    Money,
    Number,
    Integer,
    /// `YYYY-MM-DD`.
    Date,
    /// A time with offset.
    Time,
    /// The place of an enumeration in the table.
    Choice(usize),
    /// The place of a list of kinds in the table.
    Reference(usize),
    /// The place of a class in the table.
    Group(usize),
    /// Taken and forgotten.
    Any,
}

/// What stands for an id that is a word though all low numbers may be ids; no sequence goes on from it.
pub(crate) const LAST_WORD: u64 = u64::MAX;

impl Kind {
    pub(crate) fn all() -> &'static [Self] {
        &MODEL.kinds
    }

    pub(crate) fn by_path(path: &str) -> Option<&'static Self> {
        MODEL.kinds.iter().find(|kind| kind.path == path)
    }

    /// By the name in a query or a batch; case does not matter.
    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        let place = MODEL
            .names
            .get(name)
            .or_else(|| MODEL.names.get(&name.to_ascii_lowercase()))?;
        MODEL.kinds.get(*place)
    }

    /// A kind that this crate's own code names.
    #[expect(
        clippy::expect_used,
        reason = "a name in this crate's code that its tests use"
    )]
    pub(crate) fn named(name: &str) -> &'static Self {
        Self::by_name(name).expect("a kind of the table")
    }

    pub(crate) fn allows(&self, operation: Operation) -> bool {
        self.operations.contains(operation.letter())
    }

    /// The number that an id stands for; three tax codes have words for ids, as in every American company.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        match (self.name, id) {
            ("TaxCode", "TAX") => Some(0),
            ("TaxCode", "NON") => Some(1),
            ("TaxCode", "CustomSalesTax") => Some(LAST_WORD),
            _ => id.parse().ok(),
        }
    }

    /// Whether some of its ids are words: see [`Self::number`].
    pub(crate) fn has_words_for_ids(&self) -> bool {
        self.name == "TaxCode"
    }

    /// Whether an entity of it is another's template, in a wrapper.
    pub(crate) fn is_wrapper(&self) -> bool {
        self.name == "RecurringTransaction"
    }

    /// Whether it has a unique `DisplayName`: customers, vendors, employees.
    pub(crate) fn is_person(&self) -> bool {
        matches!(self.name, "Customer" | "Vendor" | "Employee")
    }

    pub(crate) fn is_list(&self) -> bool {
        self.sort == Sort::List
    }

    /// The member that names it: `DisplayName`, `Name` or none.
    pub(crate) fn naming(&self) -> Option<&'static str> {
        ["DisplayName", "Name"]
            .into_iter()
            .find(|name| self.is_list() && self.class.has(name))
    }
}

impl Operation {
    /// As in the table.
    fn letter(self) -> char {
        match self {
            Self::Create => 'C',
            Self::Read => 'R',
            Self::Update => 'U',
            Self::SparseUpdate => 'S',
            Self::Delete => 'D',
            Self::Void => 'V',
            Self::Query => 'Q',
            Self::ChangeData => 'X',
            Self::Batch => 'B',
        }
    }
}

impl Class {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// A member by its name in a query; case does not matter.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.name.eq_ignore_ascii_case(name))
    }
}

impl Shape {
    /// The class of a group.
    pub(crate) fn class(self) -> Option<&'static Class> {
        match self {
            Self::Group(place) => MODEL.class(place),
            _ => None,
        }
    }

    /// The values of an enumeration.
    pub(crate) fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Choice(place) => &MODEL.choices[place].1,
            _ => &[],
        }
    }

    /// The kinds that a reference may name; none if it names nothing that the API has.
    pub(crate) fn targets(self) -> &'static [&'static Kind] {
        match self {
            Self::Reference(place) => MODEL.targets(place),
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(Kind::all().len(), 43);
        let members: usize = Kind::all()
            .iter()
            .map(|kind| kind.class.members.len())
            .sum();
        assert_eq!(members, 1457);
        for kind in Kind::all() {
            for name in kind.needs_any_of.iter().flatten() {
                assert!(kind.class.has(name), "{} {name}", kind.name);
            }
            for (name, _) in &kind.start {
                assert!(kind.class.has(name), "{} {name}", kind.name);
            }
        }
    }

    #[test]
    fn shapes_are_what_they_say() {
        let invoice = Kind::named("invoice");
        assert_eq!((invoice.path, invoice.sort), ("invoice", Sort::Transaction));
        let customer = invoice.class.find("CustomerRef").unwrap();
        assert!(customer.required);
        assert_eq!(customer.shape.targets()[0].name, "Customer");
        let lines = invoice.class.find("Line").unwrap();
        assert!(lines.several && lines.required);
        let line = lines.shape.class().unwrap();
        let group = line.find("GroupLineDetail").unwrap().shape.class().unwrap();
        assert_eq!(
            group.find("Line").unwrap().shape.class().unwrap().name,
            "Line"
        );
        let nested = Kind::named("RecurringTransaction")
            .class
            .find("Bill")
            .unwrap();
        assert_eq!(nested.shape.class().unwrap().name, "Bill");
        let account = Kind::named("Account").class.find("AccountType").unwrap();
        assert!(account.shape.choices().contains(&"Cost of Goods Sold"));
        assert_eq!(
            Kind::by_name("CreditCardPaymentTxn").unwrap().path,
            "creditcardpayment"
        );
        assert!(invoice.allows(Operation::Void));
        assert!(!Kind::named("TaxRate").allows(Operation::Create));
    }
}

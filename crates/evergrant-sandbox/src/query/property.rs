//! Properties: names in a query, followed through the table, and the values that they have in an entity.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::company::recurring;
use crate::json;
use crate::refusal::ServiceFault;
use crate::schema::{Class, Kind, Shape};
use crate::time::moment;

/// What Intuit can't filter by though it is a scalar or a reference; with an entity, of that one only.
const NOT_QUERYABLE: [(&str, &str); 4] = [
    ("", "DepartmentRef"),
    ("", "AccountRef"),
    ("Deposit", "TotalAmt"),
    ("PurchaseOrder", "CustomerRef"),
];

/// Lists whose elements conditions may be about: any of them has to meet one.
const SEARCHED_LISTS: [(&str, &str); 1] = [("Attachable", "AttachableRef")];

/// Members that are kept with the ledger and not with their entity.
const LIVE: [&str; 5] = [
    "Balance",
    "BalanceWithJobs",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "QtyOnHand",
];

/// A path to a scalar in an entity, such as `MetaData.CreateTime`; a reference stands for its id.
#[derive(Clone)]
pub(super) struct Property {
    /// The list in whose elements it is looked for.
    pub(super) list: Option<&'static str>,
    pub(super) path: Vec<&'static str>,
    pub(super) shape: Shape,
}

/// A value in a form that can be compared.
#[derive(Debug, Clone)]
pub(super) enum Key {
    Absent,
    Flag(bool),
    Number(f64),
    Moment(Timestamp),
    /// In lower case, since comparison ignores case.
    Text(String),
}

impl Property {
    /// What a condition may be about.
    pub(super) fn condition(kind: &'static Kind, name: &str) -> Result<Self, ServiceFault> {
        let property = Self::find(kind, name).or_else(|| Self::in_list(kind, name));
        let property = property.ok_or_else(|| not_found(kind, name))?;
        let is_barred = NOT_QUERYABLE.iter().any(|(entity, member)| {
            (entity.is_empty() || *entity == kind.name) && property.path[0] == *member
        });
        if is_barred || !property.is_scalar() || property.shape == Shape::Masked {
            return Err(ServiceFault::query_meaning(&format!(
                "property '{name}' is not queryable"
            )));
        }
        Ok(property)
    }

    /// What may be selected or sorted by.
    pub(super) fn column(kind: &'static Kind, name: &str) -> Result<Self, ServiceFault> {
        let property =
            Self::find(kind, name).filter(|property| property.is_scalar() && name != "InvoiceLink");
        property.ok_or_else(|| not_found(kind, name))
    }

    pub(super) fn active() -> Self {
        Self {
            list: None,
            path: vec!["Active"],
            shape: Shape::Flag,
        }
    }

    /// Follows a dotted name through the table; case does not matter.
    fn find(kind: &'static Kind, name: &str) -> Option<Self> {
        if kind.is_wrapper() {
            return Self::of_template(kind, name);
        }
        let property = Self::within(&kind.class, name)?;
        let shape = match property.shape {
            Shape::Id if kind.has_words_for_ids() => Shape::Text,
            shape => shape,
        };
        Some(Self { shape, ..property })
    }

    /// A member of what is wrapped, of whatever kind, or which kind that is.
    fn of_template(wrapper: &'static Kind, name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case(recurring::TYPE) {
            return Some(Self {
                list: None,
                path: vec![recurring::TYPE],
                shape: Shape::Text,
            });
        }
        let templates = wrapper.class.members.iter();
        let mut classes = templates.filter_map(|member| member.shape.class());
        classes.find_map(|class| Self::within(class, name))
    }

    /// A member of a list's elements.
    fn in_list(kind: &'static Kind, name: &str) -> Option<Self> {
        let (list, rest) = name.split_once('.')?;
        let list = kind.class.member(list)?;
        let is_searched = SEARCHED_LISTS.contains(&(kind.name, list.name));
        let found = is_searched.then(|| Self::within(list.shape.class()?, rest));
        Some(Self {
            list: Some(list.name),
            ..found??
        })
    }

    fn within(class: &'static Class, name: &str) -> Option<Self> {
        let mut class = class;
        let mut path = Vec::new();
        let mut steps = name.split('.').peekable();
        while let Some(step) = steps.next() {
            let member = class.member(step)?;
            path.push(member.name);
            let shape = if member.several {
                Shape::Any
            } else {
                member.shape
            };
            match (steps.peek(), shape) {
                (None, Shape::Reference(_)) => {
                    path.push("value");
                    return Some(Self {
                        list: None,
                        path,
                        shape: Shape::Text,
                    });
                }
                // What clients ask of a mail address is its text.
                (None, shape) if shape.class().is_some_and(|it| it.name == "EmailAddress") => {
                    path.push("Address");
                    return Some(Self {
                        list: None,
                        path,
                        shape: Shape::Text,
                    });
                }
                (None, shape) => {
                    return Some(Self {
                        list: None,
                        path,
                        shape,
                    });
                }
                (Some(part), Shape::Reference(_)) => {
                    let part = ["value", "name", "type"]
                        .into_iter()
                        .find(|known| known.eq_ignore_ascii_case(part))?;
                    path.push(part);
                    return Some(Self {
                        list: None,
                        path,
                        shape: Shape::Text,
                    });
                }
                (Some(_), shape) => class = shape.class()?,
            }
        }
        None
    }

    fn is_scalar(&self) -> bool {
        !matches!(
            self.shape,
            Shape::Group(_) | Shape::Reference(_) | Shape::Any
        )
    }

    pub(super) fn is_live(&self) -> bool {
        LIVE.contains(&self.path[0])
    }

    /// The value in an entity's JSON.
    pub(super) fn key(&self, entity: &str) -> Key {
        let Some(value) = json::at(entity, &self.path).filter(|value| *value != "null") else {
            return Key::Absent;
        };
        let text = json::unquoted(value);
        Key::new(self.shape, &text).unwrap_or_else(|| Key::Text(text.to_lowercase()))
    }

    /// The value as text, whatever it is.
    pub(super) fn text(&self, entity: &str) -> Key {
        json::at(entity, &self.path).map_or(Key::Absent, |value| {
            Key::Text(json::unquoted(value).to_lowercase())
        })
    }

    /// Copies the value into `row`, inside the groups it stands in; a reference is copied whole.
    pub(super) fn copy(&self, entity: &str, row: &mut Map<String, Value>) {
        let is_reference = self.path.len() > 1 && self.path[self.path.len() - 1] == "value";
        let path = if is_reference {
            &self.path[..self.path.len() - 1]
        } else {
            self.path.as_slice()
        };
        let value = json::at(entity, path).and_then(|text| serde_json::from_str(text).ok());
        let (Some(value), [groups @ .., last]) = (value, path) else {
            return;
        };
        let mut target = row;
        for group in groups {
            let Value::Object(inner) = target.entry(*group).or_insert_with(|| json!({})) else {
                return;
            };
            target = inner;
        }
        target.insert((*last).to_owned(), value);
    }
}

impl Key {
    /// A value of this shape; none if the text is no such value.
    pub(super) fn new(shape: Shape, text: &str) -> Option<Self> {
        match shape {
            Shape::Flag => text.to_lowercase().parse().ok().map(Self::Flag),
            Shape::Money | Shape::Number | Shape::Integer | Shape::Id => {
                let number: f64 = text.trim().parse().ok()?;
                number.is_finite().then_some(Self::Number(number))
            }
            Shape::Date | Shape::Time => moment(text).map(Self::Moment),
            _ => Some(Self::Text(text.to_lowercase())),
        }
    }

    /// The id that it is.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a whole number"
    )]
    pub(super) fn id(&self) -> Option<u64> {
        match self {
            Self::Number(number) if *number >= 0.0 && number.fract() == 0.0 && *number < 1e15 => {
                Some(*number as u64)
            }
            _ => None,
        }
    }

    /// The moment that it is.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        match self {
            Self::Moment(moment) => Some(*moment),
            _ => None,
        }
    }

    /// What is absent comes first; values of one property are of one sort.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Flag(one), Self::Flag(two)) => one.cmp(two),
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Moment(one), Self::Moment(two)) => one.cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Absent, Self::Absent) => Ordering::Equal,
            (Self::Absent, _) => Ordering::Less,
            (_, Self::Absent) => Ordering::Greater,
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Values that do not suit their property have an order all the same.
    fn rank(&self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Flag(_) => 1,
            Self::Number(_) => 2,
            Self::Moment(_) => 3,
            Self::Text(_) => 4,
        }
    }
}

/// Whether `text` matches a pattern in which `%` stands for any run of characters.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('%') else {
        return text == pattern;
    };
    let Some(mut left) = text.strip_prefix(head) else {
        return false;
    };
    let Some((middle, tail)) = rest.rsplit_once('%') else {
        return left.ends_with(rest);
    };
    for part in middle.split('%') {
        let Some(found) = left.find(part) else {
            return false;
        };
        left = &left[found + part.len()..];
    }
    left.ends_with(tail)
}

fn not_found(kind: &Kind, name: &str) -> ServiceFault {
    ServiceFault::query_meaning(&format!(
        "Property {name} not found for Entity {}",
        kind.name
    ))
}

//! What is known of the API's entities, their members and the reports: the reference, offline.
//!
//! It is read from a table that `cargo xtask codegen` makes of `schema/quickbooks.json`, as are the
//! types of `model`. The table is as good as its sources: members that Intuit's
//! reference does not show are in it, marked as not documented, and enumerations may have grown. So
//! it serves to help and to warn, and nothing that comes from QuickBooks is refused because of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::EntityKind;

static SCHEMA: LazyLock<Schema> = LazyLock::new(read);

/// The schema.
pub fn get() -> &'static Schema {
    &SCHEMA
}

/// All that is known.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct Schema {
    /// The edition of the API that it describes.
    pub minor_version: u32,
    /// The member of a line that holds the details of each `DetailType`.
    pub line_details: BTreeMap<String, String>,
    /// The entities, by name.
    pub entities: Vec<EntitySchema>,
    /// The types of nested objects.
    pub types: BTreeMap<String, ObjectSchema>,
    /// The enumerations and the values known of them.
    pub enums: BTreeMap<String, Vec<String>>,
    /// The reports, by name.
    pub reports: Vec<ReportSchema>,
    /// The query parameters of reports.
    pub report_parameters: BTreeMap<String, ReportParameter>,
}

/// An entity.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct EntitySchema {
    /// Its name: `SalesReceipt`.
    pub name: String,
    /// Its part of a URL: `salesreceipt`.
    pub path: String,
    /// The member that holds it in an answer.
    pub member: String,
    /// `transaction`, `name-list` or `supporting`.
    pub kind: String,
    /// What may be done to it: `create`, `sparse_update`…
    pub operations: Vec<String>,
    /// The details that its lines may have; `None` if it has no lines or nobody knows.
    pub lines: Option<Vec<String>>,
    /// Of each group, one member must be given to create it.
    #[serde(default)]
    pub create_any_of: Vec<Vec<String>>,
    /// Its members.
    pub fields: Vec<Field>,
}

/// A nested object.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct ObjectSchema {
    /// Of each group, one member must be given to create it.
    #[serde(default)]
    pub create_any_of: Vec<Vec<String>>,
    /// Its members.
    pub fields: Vec<Field>,
}

/// A member of an entity or a nested object.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
#[non_exhaustive]
pub struct Field {
    /// Its name.
    pub name: String,
    /// `string`, `decimal`, `integer`, `boolean`, `date`, `datetime`, `id`, `ref`, or the name of a
    /// nested type, an enumeration or an entity.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is an array of that.
    pub array: bool,
    /// Whether it must be given to create.
    pub required: bool,
    /// Whether it must be given to create under some condition.
    pub conditional: bool,
    /// Whether the server alone sets it.
    pub read_only: bool,
    /// Whether it can be set by a create alone.
    pub immutable: bool,
    /// Whether Intuit advises against it.
    pub deprecated: bool,
    /// Whether Intuit's reference pages show it.
    pub documented: bool,
    /// Whether queries are known not to filter by it.
    pub not_filterable: bool,
    /// Whether queries are known not to sort by it.
    pub not_sortable: bool,
    /// The longest text that it takes, in characters.
    pub max_len: Option<u32>,
    /// The entities that it may refer to.
    pub to: Vec<String>,
    /// The minor version that brought it.
    pub since: Option<u32>,
    /// The values that the API takes, where they are fewer than its enumeration has.
    pub values: Vec<String>,
}

/// A report.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct ReportSchema {
    /// Its name, as its path has it.
    pub name: String,
    /// The parameters that it takes; `None` if nobody knows.
    pub parameters: Option<Vec<String>>,
    /// The country whose companies alone have it: `FR`.
    pub locale: Option<String>,
}

/// A query parameter of reports.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct ReportParameter {
    /// `date`, `enum`, `id-list`, `name-list`, `boolean`, `integer` or `string`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The values of an `enum`.
    #[serde(default)]
    pub values: Vec<String>,
}

impl Schema {
    /// The entity of this kind.
    pub fn entity(&self, kind: EntityKind) -> Option<&EntitySchema> {
        self.entities
            .iter()
            .find(|entity| entity.name == kind.name())
    }

    /// The nested type of this name.
    pub fn object(&self, name: &str) -> Option<&ObjectSchema> {
        self.types.get(name)
    }

    /// The values known of the enumeration of this name.
    pub fn enumeration(&self, name: &str) -> Option<&[String]> {
        self.enums.get(name).map(Vec::as_slice)
    }

    /// The report of this name; its case matters to QuickBooks, but not here.
    pub fn report(&self, name: &str) -> Option<&ReportSchema> {
        let same = |report: &&ReportSchema| report.name.eq_ignore_ascii_case(name);
        self.reports.iter().find(same)
    }

    /// The member of `kind` at a dotted path, in any case: `BillAddr.City`, `Line.Amount`.
    pub fn find(&self, kind: EntityKind, path: &str) -> Option<&Field> {
        let mut steps = path.split('.');
        let mut found = field(&self.entity(kind)?.fields, steps.next()?)?;
        for step in steps {
            found = field(self.fields_of(&found.kind)?, step)?;
        }
        Some(found)
    }

    /// The members of the nested type or entity of this name.
    pub fn fields_of(&self, name: &str) -> Option<&[Field]> {
        let nested = self.types.get(name).map(|object| &object.fields);
        let entity = || self.entities.iter().find(|entity| entity.name == name);
        let fields = nested.or_else(|| entity().map(|entity| &entity.fields));
        fields.map(Vec::as_slice)
    }
}

fn field<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
}

#[expect(
    clippy::expect_used,
    reason = "the table is part of the program, and a test reads it"
)]
fn read() -> Schema {
    serde_json::from_str(include_str!("schema/table.json")).expect("the table is in order")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    #[test]
    fn members_are_found_by_path() {
        let schema = get();
        let city = schema.find(EntityKind::Invoice, "billaddr.City").unwrap();
        assert_eq!((city.name.as_str(), city.kind.as_str()), ("City", "string"));
        let amount = schema.find(EntityKind::Invoice, "Line.Amount").unwrap();
        assert_eq!(amount.kind, "decimal");
        let customer = schema.find(EntityKind::Invoice, "CustomerRef").unwrap();
        assert_eq!(customer.to, ["Customer"]);
        for none in ["", "Nothing", "Line.Nothing", "TotalAmt.x"] {
            assert!(schema.find(EntityKind::Invoice, none).is_none(), "{none}");
        }
    }

    #[test]
    fn every_type_that_is_named_is_there() {
        let schema = get();
        let scalars = "string decimal integer boolean date datetime id ref";
        let nested = schema.types.values().map(|object| &object.fields);
        let all = schema.entities.iter().map(|entity| &entity.fields);
        for field in all.chain(nested).flatten() {
            let known = scalars.split(' ').any(|scalar| scalar == field.kind)
                || schema.enums.contains_key(&field.kind)
                || schema.fields_of(&field.kind).is_some();
            assert!(known, "{}: {}", field.name, field.kind);
            for entity in &field.to {
                assert!(entity.parse::<EntityKind>().is_ok(), "{entity}");
            }
        }
        for report in &schema.reports {
            for parameter in report.parameters.iter().flatten() {
                assert!(
                    schema.report_parameters.contains_key(parameter),
                    "{parameter}"
                );
            }
        }
    }

    #[test]
    fn kinds_are_those_of_the_schema() {
        let schema = get();
        assert_eq!(schema.entities.len(), EntityKind::ALL.len());
        for &kind in EntityKind::ALL {
            let entity = schema.entity(kind).unwrap();
            assert_eq!(
                (kind.path(), kind.member()),
                (&*entity.path, &*entity.member)
            );
            let named: Vec<&str> = kind.operations().iter().map(|o| o.name()).collect();
            assert_eq!(named, entity.operations, "{kind}");
        }
        assert_eq!(Operation::SparseUpdate.name(), "sparse_update");
    }
}

//! The types that a shape makes: records with names of their own, and the ways to their values.

use super::names::{self, Taken};
use super::shape::{Member, Shape};

/// Names that mean something in one of the languages, or in the code that goes with the types.
const RESERVED: [&str; 60] = [
    "Any",
    "Array",
    "Boolean",
    "Box",
    "Buffer",
    "Byte",
    "Char",
    "Class",
    "Console",
    "Convert",
    "DataClass",
    "Date",
    "DateOnly",
    "DateTime",
    "DateTimeOffset",
    "Day",
    "Decimal",
    "Default",
    "Dict",
    "Display",
    "Double",
    "Enum",
    "Error",
    "Exception",
    "False",
    "File",
    "Float",
    "Function",
    "Id",
    "Int",
    "Integer",
    "Json",
    "JsonElement",
    "JsonSerializer",
    "List",
    "Long",
    "Map",
    "Math",
    "None",
    "Number",
    "Object",
    "Option",
    "Optional",
    "Program",
    "Promise",
    "RawValue",
    "Record",
    "Reference",
    "Result",
    "Self",
    "Set",
    "Some",
    "String",
    "Symbol",
    "Timestamp",
    "True",
    "Type",
    "Uri",
    "Vec",
    "Void",
];

/// What is to be written.
#[derive(Debug)]
pub(super) struct Model {
    /// What the document is called, if it is not a record.
    pub(super) name: String,
    /// What the whole document is.
    pub(super) root: Type,
    /// The records, each before those inside it.
    pub(super) records: Vec<Record>,
}

/// An object with known members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

/// A member of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// As JSON has it.
    pub(super) name: String,
    /// As the language has it; see [`Model::identified`].
    pub(super) ident: String,
    pub(super) of: Type,
    pub(super) optional: bool,
}

/// What a value is, in words that every language has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Boolean,
    Integer,
    Decimal,
    Text,
    Date,
    Timestamp,
    Id,
    Reference,
    Any,
    List(Box<Self>),
    /// The record of this name.
    Record(String),
}

/// One step of the way to a value.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Field(Field),
    /// To `value` or `name` of a reference.
    OfReference(&'static str),
    /// To the first element of a list, which is of this type.
    First(Type),
}

/// The way to a value that is neither record nor list.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// `Line[0].Amount`.
    pub(super) path: String,
    pub(super) steps: Vec<Step>,
    /// What is there.
    pub(super) of: Type,
}

impl Model {
    /// The types of `shape`, the whole being called `name`.
    pub(super) fn of(shape: Shape, name: &str) -> Self {
        let mut naming = Naming {
            taken: Taken::with(&RESERVED),
            records: Vec::new(),
        };
        let mut name = names::pascal(name);
        if !naming.taken.is_free(&name) {
            name.push_str("Data");
        }
        let root = naming.typed(shape, &name, "");
        Self {
            name,
            root,
            records: naming.records,
        }
    }

    /// The same with names for the fields: each is `style`d, and none that is `taken` in its record.
    pub(super) fn identified(
        mut self,
        taken: impl Fn(&Record) -> Taken,
        style: impl Fn(&str) -> String,
    ) -> Self {
        for record in &mut self.records {
            let mut taken = taken(record);
            for field in &mut record.fields {
                field.ident = taken.free(&style(&field.name));
            }
        }
        self
    }

    /// The same without the fields that a language can't read.
    pub(super) fn without_fields(mut self, unreadable: impl Fn(&str) -> bool) -> Self {
        for record in &mut self.records {
            record.fields.retain(|field| !unreadable(&field.name));
        }
        self
    }

    /// Whether a type is used anywhere.
    pub(super) fn uses(&self, wanted: &Type) -> bool {
        let fields = self.records.iter().flat_map(|record| &record.fields);
        let mut types = fields.map(|field| &field.of).chain([&self.root]);
        types.any(|of| of.innermost() == wanted)
    }

    /// The ways to all values, of lists to those of the first element.
    pub(super) fn ways(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        let start = Way {
            path: String::new(),
            steps: Vec::new(),
            of: self.root.clone(),
        };
        self.follow(start, &mut ways);
        ways
    }

    fn follow(&self, way: Way, found: &mut Vec<Way>) {
        match way.of.clone() {
            Type::Record(name) => {
                let record = self.records.iter().find(|record| record.name == name);
                for field in record.into_iter().flat_map(|record| &record.fields) {
                    let step = Step::Field(field.clone());
                    self.follow(way.by(&member(&field.name), step, field.of.clone()), found);
                }
            }
            Type::List(element) => {
                self.follow(
                    way.by("[0]", Step::First((*element).clone()), *element),
                    found,
                );
            }
            Type::Reference => {
                found.push(way.by(".value", Step::OfReference("value"), Type::Id));
                found.push(way.by(".name", Step::OfReference("name"), Type::Text));
            }
            _ => found.push(way),
        }
    }
}

/// `name` as a step of a path.
fn member(name: &str) -> String {
    if name.is_empty() || name.contains(['.', '[', ']', '"', '\\']) {
        return format!("[{}]", serde_json::Value::from(name));
    }
    format!(".{name}")
}

impl Way {
    fn by(&self, text: &str, step: Step, of: Type) -> Self {
        let path = format!("{}{text}", self.path);
        let mut steps = self.steps.clone();
        steps.push(step);
        Self {
            path: path.strip_prefix('.').unwrap_or(&path).to_owned(),
            steps,
            of,
        }
    }
}

impl Type {
    /// What a list holds, however deep; of any other type itself.
    pub(super) fn innermost(&self) -> &Self {
        match self {
            Self::List(element) => element.innermost(),
            other => other,
        }
    }
}

/// The records so far.
struct Naming {
    taken: Taken,
    records: Vec<Record>,
}

impl Naming {
    fn typed(&mut self, shape: Shape, name: &str, parent: &str) -> Type {
        match shape {
            Shape::Boolean => Type::Boolean,
            Shape::Integer => Type::Integer,
            Shape::Decimal => Type::Decimal,
            Shape::Text => Type::Text,
            Shape::Date => Type::Date,
            Shape::Timestamp => Type::Timestamp,
            Shape::Id => Type::Id,
            Shape::Reference => Type::Reference,
            Shape::Null | Shape::Any => Type::Any,
            Shape::List(element) => Type::List(Box::new(self.typed(
                *element,
                &names::singular(name),
                parent,
            ))),
            Shape::Object(members) => Type::Record(self.record(members, name, parent)),
        }
    }

    /// The name of the record with these members: one that is there already, if it is the same.
    fn record(&mut self, members: Vec<Member>, name: &str, parent: &str) -> String {
        let mut wanted = names::pascal(name);
        let at = self.records.len();
        if !self.taken.is_free(&wanted) {
            wanted = format!("{parent}{wanted}");
        }
        let given = self.taken.free(&wanted);
        self.records.push(Record {
            name: given.clone(),
            fields: Vec::new(),
        });
        let fields: Vec<Field> = members
            .into_iter()
            .map(|member| Field {
                of: self.typed(member.shape, &member.name, &given),
                name: member.name,
                ident: String::new(),
                optional: member.optional,
            })
            .collect();
        let plain = names::pascal(name);
        let same = |known: &Record| {
            !fields.is_empty() && known.fields == fields && known.name.ends_with(&plain)
        };
        if let Some(known) = self.records[..at].iter().find(|known| same(known)) {
            let known = known.name.clone();
            self.records.truncate(at);
            return known;
        }
        self.records[at].fields = fields;
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(sample: &str) -> Model {
        let sample = serde_json::from_str(sample).unwrap();
        Model::of(super::super::shape::infer(&[sample]), "thing")
    }

    #[test]
    fn records_that_are_the_same_share_a_name_and_others_do_not() {
        let model = model(
            r#"{"A": {"Addr": {"City": "x"}}, "B": {"Addr": {"City": "y"}}, "C": {"Addr": {"Zip": 1}}}"#,
        );
        let names: Vec<&str> = model.records.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Thing", "A", "Addr", "B", "C", "CAddr"]);
        assert_eq!(
            model.records[3].fields[0].of,
            Type::Record("Addr".to_owned())
        );
    }

    #[test]
    fn ways_lead_to_every_value() {
        let model = model(
            r#"{"Id": "1", "Line": [{"Amount": 1.5, "ItemRef": {"value": "2"}}], "Odd.Name": [[true]], "E": {}}"#,
        );
        let paths: Vec<String> = model.ways().into_iter().map(|way| way.path).collect();
        assert_eq!(
            paths,
            [
                "Id",
                "Line[0].Amount",
                "Line[0].ItemRef.value",
                "Line[0].ItemRef.name",
                "[\"Odd.Name\"][0][0]"
            ]
        );
        assert!(model.uses(&Type::Decimal) && !model.uses(&Type::Timestamp));
    }

    #[test]
    fn a_document_need_not_be_an_object() {
        let list = model("[{\"Id\": \"1\"}]");
        assert_eq!(
            list.root,
            Type::List(Box::new(Type::Record("Thing".to_owned())))
        );
        assert_eq!(model("7").ways()[0].path, "");
    }
}

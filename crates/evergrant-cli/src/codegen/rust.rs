//! Rust, with serde.

use super::model::{Model, Record, Step, Type, Way};
use super::names::{self, Taken};

const KEYWORDS: [&str; 39] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "match", "mod", "move", "mut", "priv", "pub", "ref", "return", "self",
    "static", "struct", "super", "trait", "true",
];
const MORE_KEYWORDS: [&str; 12] = [
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    "union", "macro",
];

const DECIMAL: &str = r#"
/// A number, exact: it is read from its text and never was a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decimal(pub rust_decimal::Decimal);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = Box::<serde_json::value::RawValue>::deserialize(from)?;
        let text = number.get().trim_matches('"');
        let read = rust_decimal::Decimal::from_str_exact(text);
        let read = read.or_else(|_| rust_decimal::Decimal::from_scientific(text));
        read.map(Self).map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
"#;

const ID: &str = r#"
/// Names an object. A string even where it looks like a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct Id(pub String);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
"#;

const REFERENCE: &str = r#"
/// Leads to another object.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Reference {
    /// The object's id.
    pub value: Id,
    /// What it is called.
    pub name: Option<String>,
    /// Its kind, where that is not clear from the context.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}
"#;

/// The code for a model.
pub(super) fn write(model: Model) -> String {
    let reserved = [&KEYWORDS[..], &MORE_KEYWORDS].concat();
    let model = &model.identified(|_| Taken::with(&reserved), names::snake);
    let uses = |of: Type| model.uses(&of);
    let (decimal, reference) = (uses(Type::Decimal), uses(Type::Reference));
    let time = uses(Type::Date) || uses(Type::Timestamp);
    let mut code = header(decimal, time);
    for record in &model.records {
        code.push_str(&declared(record));
    }
    let root = typed(&model.root);
    if !matches!(model.root, Type::Record(_)) {
        code.push_str(&format!(
            "\n/// The whole document.\npub type {} = {root};\n",
            model.name
        ));
    }
    for (used, text) in [
        (reference, REFERENCE),
        (reference || uses(Type::Id), ID),
        (decimal, DECIMAL),
    ] {
        if used {
            code.push_str(text);
        }
    }
    code.push_str(&reading(&root));
    code.push_str(&snippet(model, &root));
    code
}

fn header(decimal: bool, time: bool) -> String {
    let mut dependencies = vec![r#"serde = { version = "1", features = ["derive"] }"#];
    dependencies.push(match decimal {
        true => r#"serde_json = { version = "1", features = ["raw_value"] }"#,
        false => r#"serde_json = "1""#,
    });
    if decimal {
        dependencies.insert(0, r#"rust_decimal = "1""#);
    }
    if time {
        dependencies.insert(0, r#"jiff = { version = "0.2", features = ["serde"] }"#);
    }
    let dependencies = dependencies.join("\n//! ");
    format!(
        "//! Written by evergrant codegen. It needs these lines in Cargo.toml:\n//!\n//! ```toml\n\
         //! [dependencies]\n//! {dependencies}\n//! ```\n\nuse std::io::Write;\n\nuse serde::Deserialize;\n"
    )
}

fn declared(record: &Record) -> String {
    let fields: String = record
        .fields
        .iter()
        .map(|field| {
            let name = &field.ident;
            let of = match (field.optional, typed(&field.of)) {
                (true, of) => format!("Option<{of}>"),
                (false, of) => of,
            };
            let (json, doc) = (literal(&field.name), one_line(&field.name));
            let rename = match *name == field.name {
                true => String::new(),
                false => format!("    #[serde(rename = {json})]\n"),
            };
            format!("    /// `{doc}`.\n{rename}    pub {name}: {of},\n")
        })
        .collect();
    format!(
        "\n/// An object with the members below; others are passed over.\n\
         #[derive(Debug, Clone, PartialEq, Deserialize)]\npub struct {} {{\n{fields}}}\n",
        record.name
    )
}

fn typed(of: &Type) -> String {
    match of {
        Type::Boolean => "bool".to_owned(),
        Type::Integer => "i64".to_owned(),
        Type::Decimal => "Decimal".to_owned(),
        Type::Text => "String".to_owned(),
        Type::Date => "jiff::civil::Date".to_owned(),
        Type::Timestamp => "jiff::Timestamp".to_owned(),
        Type::Id => "Id".to_owned(),
        Type::Reference => "Reference".to_owned(),
        Type::Any => "serde_json::Value".to_owned(),
        Type::List(element) => format!("Vec<{}>", typed(element)),
        Type::Record(name) => name.clone(),
    }
}

fn reading(root: &str) -> String {
    format!(
        "\n/// Reads a document.\n///\n/// # Errors\n/// If it is not JSON, or has another shape.\n\
         pub fn read(text: &str) -> serde_json::Result<{root}> {{\n    serde_json::from_str(text)\n}}\n"
    )
}

/// A line for each value, and a program around them.
fn snippet(model: &Model, root: &str) -> String {
    let lines: String = model.ways().iter().map(shown).collect();
    format!(
        "\n/// Prints each value that is there by its path; of lists the first element's.\n///\n\
         /// # Errors\n/// If `out` does not take it.\n\
         pub fn show(root: &{root}, out: &mut impl Write) -> std::io::Result<()> {{\n{lines}    Ok(())\n}}\n\
         \n/// Reads a document from standard input and shows it.\n\
         pub fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
         let text = std::io::read_to_string(std::io::stdin())?;\n    \
         show(&read(&text)?, &mut std::io::stdout().lock())?;\n    Ok(())\n}}\n"
    )
}

fn shown(way: &Way) -> String {
    let path = way.path.replace('{', "{{").replace('}', "}}");
    let (place, certain) = place(way);
    if certain {
        let line = literal(&format!("{path} = {{}}"));
        return format!("    writeln!(out, {line}, {place})?;\n");
    }
    let line = literal(&format!("{path} = {{value}}"));
    format!("    if let Some(value) = {place} {{\n        writeln!(out, {line})?;\n    }}\n")
}

/// How a value is reached: a place if it is there for certain, else an option of a reference.
fn place(way: &Way) -> (String, bool) {
    let mut place = "root".to_owned();
    let mut certain = true;
    for step in &way.steps {
        let (name, optional) = match step {
            Step::First(_) => {
                place = match certain {
                    true => format!("{place}.first()"),
                    false => format!("{place}.and_then(|it| it.first())"),
                };
                certain = false;
                continue;
            }
            Step::OfReference("value") => ("value".to_owned(), false),
            Step::OfReference(name) => ((*name).to_owned(), true),
            Step::Field(field) => (field.ident.clone(), field.optional),
        };
        place = match (certain, optional) {
            (true, false) => format!("{place}.{name}"),
            (true, true) => format!("{place}.{name}.as_ref()"),
            (false, false) => format!("{place}.map(|it| &it.{name})"),
            (false, true) => format!("{place}.and_then(|it| it.{name}.as_ref())"),
        };
        certain &= !optional;
    }
    (place, certain)
}

/// A string literal of Rust.
fn literal(text: &str) -> String {
    format!("{text:?}")
}

/// `text` where a line break would end a comment.
fn one_line(text: &str) -> String {
    text.escape_debug().to_string().replace('`', "'")
}
